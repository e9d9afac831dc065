"""``landprice join``: files with points to the same files with prices.

``files`` reads, answers and writes; ``formats`` knows the formats of tables, ``geometry`` and
``geopackage`` those with geometry. ``cluster/`` does the same on a Dask cluster.
"""
