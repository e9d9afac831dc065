"""``landprice join``: files with points to the same files with prices."""
