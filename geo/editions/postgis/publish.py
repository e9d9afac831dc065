"""Publishing: editions into the database, whole or not at all, and back to what was before."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, Final

import shapely
from psycopg import sql
from shapely import MultiPolygon

from geo.editions.catalogue import check_together
from geo.editions.postgis.content import read_content, sha256_of
from geo.editions.postgis.migrate import publishing
from geo.errors import StoreError
from geo.model import Edition
from geo.parcels import flat_properties

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geo.editions.postgis.connection import Connection
    from geo.editions.postgis.content import Content
    from geo.model import Region
    from geo.network.files import Line

CHANNEL: Final = "landprice_publication"
"""Where PostgreSQL notifies of the number of the publication that has come into force."""

_EPSG: Final = 4490
"""CGCS2000 in degrees, equal to the files' WGS84 within centimetres."""


def publish(dsn: str, editions: Sequence[Mapping[str, bytes]], *, keep: bool = True) -> int:
    """Publish editions: they are in force at once, together, or nothing has changed.

    Parameters
    ----------
    dsn : str
        As for `geo.editions.postgis.connection.connected`. The user owns the tables, which are
        made or brought up to date first.
    editions : sequence of mapping of str to bytes
        The files of each by name, see `geo.editions.postgis.content.read_content`.
    keep : bool, optional
        Whether editions of other cities and years stay in force. One of the same city and year is
        replaced in any case.

    Returns
    -------
    int
        The number of the new publication, one more than the highest so far.

    Raises
    ------
    ParcelsError, NetworkError, PriceClassesError
        A file is damaged, or is not of its edition.
    CatalogueError
        Two editions of a city would be in force at the same time.
    StoreError
        Two of the editions are of one city and year, or there are none; or the database cannot be
        reached, or refuses.
    """
    contents = [read_content(files) for files in editions]
    ids = [content.id for content in contents]
    if not ids or len(set(ids)) < len(ids):
        raise StoreError(
            f"The editions to publish are {', '.join(ids) or 'none'}; they must be one or more,"
            " each of another city or year.",
            code="editions_to_publish",
        )
    with publishing(dsn) as connection:
        for content in contents:
            _store(connection, content)
        number = _add_publication(connection)
        rows = [(number, content.id, content.sha256) for content in contents]
        _copy(connection, "publication_edition", ("publication", "edition_id", "edition"), rows)
        if keep:
            connection.execute(
                "INSERT INTO landprice.publication_edition (publication, edition_id, edition)"
                " SELECT %s, id, sha256 FROM landprice.current_edition WHERE id <> ALL (%s)",
                [number, ids],
            )
        _check_together(connection, number)
        _activate(connection, number)
    return number


def rollback(dsn: str) -> int:
    """Bring the publication back into force that was before the current one was published.

    Nothing is deleted, and numbers are never used again.

    Returns
    -------
    int
        Its number.

    Raises
    ------
    StoreError
        There is none; or the database cannot be reached, or refuses.
    """
    with publishing(dsn) as connection:
        found = connection.execute("SELECT previous FROM landprice.current_publication").fetchone()
        if found is None or found[0] is None:
            raise StoreError(
                "There is no publication before the current one to go back to.",
                code="store_no_previous",
            )
        _activate(connection, found[0])
        return int(found[0])


def _add_publication(connection: Connection) -> int:
    (number,) = connection.execute(
        "INSERT INTO landprice.publication (number, previous) VALUES"
        " ((SELECT coalesce(max(number), 0) + 1 FROM landprice.publication),"
        " (SELECT number FROM landprice.current_publication)) RETURNING number"
    ).fetchone() or (0,)
    return int(number)


def _check_together(connection: Connection, number: int) -> None:
    names = [field.name for field in fields(Edition)]
    columns = sql.SQL(", ").join(sql.Identifier("e", name) for name in names)
    query = sql.SQL(
        "SELECT {} FROM landprice.publication_edition AS pe"
        " JOIN landprice.edition AS e ON e.sha256 = pe.edition WHERE pe.publication = %s"
    ).format(columns)
    editions = [Edition(*row) for row in connection.execute(query, [number])]
    check_together(editions, editions[0].admin_code)


def _activate(connection: Connection, number: int) -> None:
    connection.execute("INSERT INTO landprice.activation (publication) VALUES (%s)", [number])
    connection.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(number)])


def _store(connection: Connection, content: Content) -> None:
    """Write an edition, unless the same files are there already."""
    parcels, sha256 = content.parcels, content.sha256
    facts = {
        "sha256": sha256,
        "id": content.id,
        **asdict(parcels.edition),
        "attribution": parcels.attribution,
    }
    there = connection.execute("SELECT FROM landprice.edition WHERE sha256 = %s", [sha256])
    if there.rowcount:
        return
    _copy(connection, "edition", facts, [facts.values()])
    files = [(sha256, name, sha256_of(file), file) for name, file in content.files.items()]
    _copy(connection, "edition_file", ("edition", "name", "sha256", "content"), files)
    regions = [{"edition": sha256, **_region_row(region)} for region in parcels.regions]
    _copy(connection, "region", regions[0], [row.values() for row in regions])
    if content.lines:
        lines = [{"edition": sha256, **_line_row(line)} for line in content.lines]
        _copy(connection, "line", lines[0], [row.values() for row in lines])
    connection.execute("ANALYZE landprice.region, landprice.line")


def _region_row(region: Region) -> dict[str, Any]:
    polygon, crossing = region.polygon, region.parcel_crossing
    several = polygon if isinstance(polygon, MultiPolygon) else MultiPolygon([polygon])
    return {
        **flat_properties(region),
        "geom": _ewkb(several),
        "parcel": None if crossing is None else _ewkb(shapely.Point(crossing)),
    }


def _line_row(line: Line) -> dict[str, Any]:
    return {
        "name": line.name,
        "kind": line.kind,
        "axis": line.axis,
        "accuracy_m": line.accuracy_m,
        "source": line.source,
        "geom": _ewkb(line.geometry),
    }


def _ewkb(geometry: shapely.Geometry) -> str:
    """Return a WGS84 geometry as PostGIS reads it, every bit of its coordinates kept."""
    placed = shapely.set_srid(geometry, _EPSG)
    return str(shapely.to_wkb(placed, hex=True, include_srid=True))


def _copy(
    connection: Connection, table: str, columns: Iterable[str], rows: Iterable[Iterable[Any]]
) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier("landprice", table), names)
    with connection.cursor() as cursor, cursor.copy(into) as copy:
        for row in rows:
            copy.write_row(list(row))
