"""Publications, read back as the files that were published."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Final

import psycopg

from geo.atomic.files import atomic_path
from geo.editions.manifest import digest
from geo.editions.postgis.connection import connected
from geo.editions.postgis.content import EDITION_ID, FILE_NAME, sha256_of
from geo.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from geo.editions.postgis.connection import Connection

_FILES: Final = """
    SELECT pe.edition_id, pe.edition, f.name, f.content
    FROM landprice.publication_edition AS pe
    LEFT JOIN landprice.edition_file AS f USING (edition)
    WHERE pe.publication = %s ORDER BY 1, 3
"""


def current(dsn: str) -> int | None:
    """Return the number of the publication in force; None if nothing was published yet.

    Parameters
    ----------
    dsn : str
        As for `geo.editions.postgis.connection.connected`; to read, membership in the role
        ``landprice_reader`` is enough.

    Raises
    ------
    StoreError
        The database cannot be reached, or refuses.
    """
    with connected(dsn, autocommit=True) as connection:
        return current_number(connection)


def current_number(connection: Connection) -> int | None:
    """Do the same on a connection that commits every statement."""
    try:
        found = connection.execute("SELECT number FROM landprice.current_publication").fetchone()
    except psycopg.errors.UndefinedTable:
        return None
    return None if found is None else int(found[0])


def current_ids(dsn: str) -> list[str]:
    """Return what the editions in force are called; parameters and errors as for `current`."""
    with connected(dsn, autocommit=True) as connection:
        rows = connection.execute("SELECT id FROM landprice.current_edition ORDER BY id").fetchall()
        return [str(row[0]) for row in rows]


def fetch(dsn: str, number: int, folder: Path) -> None:
    """Write all files of a publication, each as ``folder/<edition id>/<file>``.

    Parameters
    ----------
    dsn : str
        As for `current`.
    number : int
    folder : Path
        Must be missing or empty. It is there complete or, after an error, not at all.

    Raises
    ------
    StoreError
        There is no such publication, or what is in the database is not what was published; or the
        database cannot be reached, or refuses.
    OSError
        A file cannot be written.
    """
    with atomic_path(folder) as draft, connected(dsn) as connection:
        draft.mkdir()
        rows = connection.cursor(binary=True).stream(_FILES, [number])  # a file at a time in memory
        for (id_, edition), files in groupby(rows, key=itemgetter(0, 1)):
            written = {}
            for *_, name, content in files:
                # They become paths, so that they are names is not left to the database.
                if EDITION_ID.fullmatch(id_) and FILE_NAME.fullmatch(name or ""):
                    (draft / id_).mkdir(exist_ok=True)
                    (draft / id_ / name).write_bytes(content)
                    written[name] = sha256_of(content)
            if digest(written) != edition:
                raise StoreError(
                    f"The files of edition {id_} in the database are not those that were published:"
                    " publish it again.",
                    code="store_damaged",
                )
        if not any(draft.iterdir()):
            raise StoreError(
                f"There is no publication {number} in the database.", code="unknown_publication"
            )
