"""Records, lines, regions, lookup and coordinate systems."""
