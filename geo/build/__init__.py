"""Lines to regions, and the checks of a whole edition: ``landprice build`` and ``audit``."""
