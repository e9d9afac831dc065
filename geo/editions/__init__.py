"""Published editions: the files of several cities and years that are in force together."""
