"""``landprice join``: files with points to the same files with prices.

``files`` plans and runs a join, and ``one_file`` reads, answers and writes each file. ``kinds``
lists the kinds of files, of which ``formats`` knows the tables, ``workbook`` those of Excel and
``layers`` those of GDAL. ``cluster/`` does the same on a Dask cluster. What is appended are
prices (``rows``), or the values of parcels (``valued``, by each edition in ``by_edition``).
"""
