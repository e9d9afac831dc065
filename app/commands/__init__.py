"""The commands of ``landprice``: one module each, imported when its command is called."""
