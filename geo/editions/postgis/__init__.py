"""A PostGIS database that several services share as their source of editions.

A *publication* is a set of editions that is in force at once, numbered from 1. ``publish`` adds
one and takes it back, ``fetch`` reads one as files, ``watch`` tells when another is in force, and
``migrate`` brings the tables up to date (``schema/``, for PostgreSQL 14 and PostGIS 3 or newer).

Needs the extra ``postgis``, without which nothing here can be imported.
"""

from geo.errors import StoreError

try:
    import psycopg  # noqa: F401 - whether it is there
except ImportError as error:
    raise StoreError(
        "A database as the store of editions needs psycopg:"
        ' install it with pip install "zhumadian-landprice[postgis]".',
        code="store_extra_missing",
    ) from error
