"""The tables, brought up to date by numbered SQL files, each of which is run once."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg

from geo.editions.postgis.connection import connected
from geo.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geo.editions.postgis.connection import Connection

_LOG: Final = logging.getLogger("landprice")
_FOLDER: Final = Path(__file__).parent
_MIGRATIONS: Final = {
    int(path.name.partition("_")[0]): path for path in sorted(_FOLDER.glob("schema/*.sql"))
}
_LOCK: Final = 0x6C616E647072
"""Key of the advisory lock that publishers hold: any number that no other program takes."""

_PATIENCE: Final = {
    "lock_timeout": "60s",
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
"""PostgreSQL's settings for a publisher, so that none that hangs or is gone stops others for
hours."""


def migrate(dsn: str) -> None:
    """Make the tables, or bring them up to date; whole or not at all.

    Publishing does so too. The role ``landprice_reader``, which may read and nothing else, is made
    if the user may make roles; otherwise a warning is logged that says what to do.

    Parameters
    ----------
    dsn : str
        As for `geo.editions.postgis.connection.connected`.

    Raises
    ------
    StoreError
        The database cannot be reached, has no PostGIS, refuses, or is of a newer version.
    """
    with publishing(dsn):
        pass


@contextmanager
def publishing(dsn: str) -> Iterator[Connection]:
    """Connect as the only publisher, with tables that are up to date, in one transaction.

    Raises
    ------
    StoreError
        As `migrate` does; or another publisher is at work for more than a minute.
    """
    with connected(dsn) as connection:
        connection.add_notice_handler(lambda notice: _LOG.warning("%s", notice.message_primary))
        for name, value in _PATIENCE.items():
            connection.execute("SELECT set_config(%s, %s, true)", [name, value])
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        _find_postgis(connection)
        _bring_up_to_date(connection)
        yield connection


def _find_postgis(connection: Connection) -> None:
    """Let PostGIS be found by name, in whatever schema it is."""
    where = (
        "SELECT set_config('search_path', quote_ident(nspname), true)"
        " FROM pg_extension JOIN pg_namespace AS n ON n.oid = extnamespace"
        " WHERE extname = 'postgis'"
    )
    if connection.execute(where).rowcount:
        return
    try:
        with connection.transaction():
            connection.execute("CREATE EXTENSION postgis")
    except psycopg.Error as error:
        raise StoreError(
            f"The database has no PostGIS ({error.diag.message_primary}): install it on the server"
            " (Debian: postgresql-postgis), and let an administrator run CREATE EXTENSION"
            " postgis in the database.",
            code="store_without_postgis",
        ) from None
    connection.execute(where)


def _bring_up_to_date(connection: Connection) -> None:
    done: set[int] = set()
    if connection.execute("SELECT FROM pg_tables WHERE schemaname = 'landprice'").rowcount:
        done = {
            number for (number,) in connection.execute("SELECT number FROM landprice.migration")
        }
    if newer := done - _MIGRATIONS.keys():
        raise StoreError(
            f"The tables in the database are of version {max(newer)}, this program writes version"
            f" {max(_MIGRATIONS)}: publish with the newer program that made them.",
            code="store_too_new",
        )
    for number, path in _MIGRATIONS.items():
        if number not in done:
            connection.execute(path.read_bytes())
            connection.execute(
                "INSERT INTO landprice.migration (number, name) VALUES (%s, %s)",
                [number, path.name],
            )
    connection.execute((_FOLDER / "reader.sql").read_bytes())
