"""Coordinates of many points, read from columns of a table."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyproj
import shapely

from geo.crs import WGS84, Crs, check_datum
from geo.errors import CoordinateError, TableError, missing
from geo.lookup.written import read_coordinate, read_pair

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from geo.crs import FloatArray
    from geo.errors import GeoError

    Problems = dict[int, GeoError]

    class Known(Protocol):
        """Tells where points lie for which answers are known."""

        def __call__(self, *, lon: FloatArray, lat: FloatArray) -> npt.NDArray[np.bool_]:
            """Return an array of shape (n,)."""


# Plain decimal numbers; what else Python takes for a number is read one by one.
_NUMBER: Final = r"^-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"

_KNOWN_CRS: Final = {
    ("EPSG", "4326"): Crs.WGS84,
    ("OGC", "CRS84"): Crs.WGS84,
    **{("EPSG", crs.removeprefix("epsg:")): crs for crs in Crs if crs.startswith("epsg:")},
}


_LON: Final = ("lon", "lng", "long", "longitude", "经度", "东经")
_LAT: Final = ("lat", "latitude", "纬度", "北纬")
_PAIR: Final = (
    *("坐标", "经纬度", "经纬度坐标"),
    *("location", "coordinate", "coordinates", "lnglat", "lonlat"),
)

DEGREES: Final = frozenset({Crs.WGS84, Crs.CGCS2000, Crs.EPSG_4490})
"""Systems that files declare of coordinates in degrees, be they of GCJ-02 or BD-09."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """Coordinates as they were given.

    Attributes
    ----------
    lon, lat : ndarray of float64, shape (n,)
        In the CRS that the caller states; NaN where they could not be read.
    problems : dict of int to GeoError
        Why, by row.
    latitude_first : int
        How many were written latitude first without saying so.
    words : tuple of (str or None) or None
        The words by which places were given, row by row; None where coordinates were.
    known : tuple of (str or None) or None
        What is known of the places, row by row, facts with semicolons between them.
    """

    lon: FloatArray
    lat: FloatArray
    problems: Problems
    latitude_first: int = 0
    words: tuple[str | None, ...] | None = None
    known: tuple[str | None, ...] | None = None

    def take(self, rows: npt.NDArray[np.int64]) -> Points:
        """Return the points of some rows, in the order of these."""
        places = {row: place for place, row in enumerate(rows.tolist())}
        words, known = (
            None if texts is None else tuple(texts[row] for row in places)
            for texts in (self.words, self.known)
        )
        return replace(
            self,
            lon=self.lon[rows],
            lat=self.lat[rows],
            problems={places[i]: one for i, one in self.problems.items() if i in places},
            words=words,
            known=known,
        )


def find_columns(schema: pa.Schema, *, lon: str | None, lat: str | None) -> tuple[str, str]:
    """Find the columns with the coordinates, and refuse a table without.

    Parameters
    ----------
    schema : pyarrow.Schema
    lon, lat : str or None
        Names of the columns, one name for a column with both in one text; None for the columns
        that are called like coordinates: ``lon``, ``LNG``, ``经度``, or ``坐标`` for both.

    Returns
    -------
    lon, lat : str
        One name if both are in one column.

    Raises
    ------
    TableError
        A column is not there, is there twice, or can hold no numbers.
    """
    if lon is None and lat is None and not _called(schema, _LON) and not _called(schema, _LAT):
        lon = lat = one_called(schema, _PAIR)
    lon, lat = lon or one_called(schema, _LON), lat or one_called(schema, _LAT)
    lon, lat = lon or _LON[0], lat or _LAT[0]
    for field, name in (("lon", lon), ("lat", lat)):
        count = len(schema.get_all_field_indices(name))
        if count != 1:
            there = "is not in" if count == 0 else "is there more than once among"
            columns = ", ".join(schema.names)
            raise TableError(f"The column {name!r} for {field} {there} the columns {columns}.")
        kind = schema.field(name).type
        if not (_is_number(kind) or _is_text(kind)):
            raise TableError(f"The column {name!r} for {field} has {kind}; it must have numbers.")
        if lon == lat and _is_number(kind):
            raise TableError(
                f"The column {name!r} has {kind}; for both coordinates it must have text."
            )
    return lon, lat


def _called(schema: pa.Schema, titles: Sequence[str]) -> list[str]:
    """Return the columns with one of the titles in any letters; the first alone if it is there."""
    if titles[0] in schema.names:
        return [titles[0]]
    plain = [unicodedata.normalize("NFKC", name).strip().casefold() for name in schema.names]
    return [name for name, one in zip(schema.names, plain, strict=True) if one in titles]


def one_called(schema: pa.Schema, titles: Sequence[str]) -> str | None:
    """Return the column with one of some titles, in any letters; None if there is none.

    Parameters
    ----------
    schema : pyarrow.Schema
    titles : sequence of str
        In NFKC and lower case; the first is taken before the others.

    Raises
    ------
    TableError
        Several columns may be meant.
    """
    found = list(dict.fromkeys(_called(schema, titles)))
    if len(found) > 1:
        raise TableError(f"The columns {' and '.join(found)} may both be meant; name one of them.")
    return found[0] if found else None


def read_points(table: pa.RecordBatch, *, lon: str, lat: str, known: Known | None = None) -> Points:
    """Read the coordinates of a table's rows.

    Parameters
    ----------
    table : pyarrow.RecordBatch
        With the columns that `find_columns` found; their text is read as `read_coordinate` does.
    lon, lat : str
        Names of the columns; one name for a column with both, as `read_pair` reads them.
    known : callable, optional
        Tells where answers are known; of two numbers of which only the second would lie there as a
        longitude, it is the longitude.
    """
    problems: Problems = {}
    if lon == lat:
        return _pairs(table.column(lon).cast(pa.string()), problems, known)
    lat_deg = _numbers(table.column(lat), "lat", problems)
    lon_deg = _numbers(table.column(lon), "lon", problems)  # last: its problem is reported first
    return Points(lon=lon_deg, lat=lat_deg, problems=problems)


def read_texts(table: pa.RecordBatch, name: str) -> tuple[str | None, ...]:
    """Read a column of text; blanks are None.

    Raises
    ------
    TableError
        The table has no such column, or it has no text.
    """
    count = len(table.schema.get_all_field_indices(name))
    if count != 1 or not _is_text(table.schema.field(name).type):
        there = "has no text" if count == 1 else "is not in" if not count else "is twice among"
        columns = "" if count == 1 else f" the columns {', '.join(table.schema.names)}"
        raise TableError(f"The column {name!r} {there}{columns}.")
    texts = table.column(name).cast(pa.string()).to_pylist()
    return tuple(text if text and text.strip() else None for text in texts)


def geometry_points(geometries: npt.NDArray[np.object_]) -> Points:
    """Read points from geometries.

    Parameters
    ----------
    geometries : ndarray of shapely.Geometry or None, shape (n,)

    Returns
    -------
    Points
        Heights are left out; several points are one if there is only one of them. What is missing,
        empty or no point is a problem of its row.
    """
    lon, lat = np.full(len(geometries), np.nan), np.full(len(geometries), np.nan)
    single = shapely.get_num_geometries(geometries) == 1
    geometries = np.where(single, shapely.get_geometry(geometries, 0), geometries)
    good = (shapely.get_type_id(geometries) == 0) & ~shapely.is_empty(geometries)
    lon[good], lat[good] = shapely.get_x(geometries[good]), shapely.get_y(geometries[good])
    problems: Problems = {
        i: missing("geometry")
        if geometries[i] is None or geometries[i].is_empty
        else not_a_point(f"a {geometries[i].geom_type}")
        for i in np.flatnonzero(~good).tolist()
    }
    return Points(lon=lon, lat=lat, problems=problems)


def not_a_point(what: str) -> CoordinateError:
    """Return the error of a geometry that is something else."""
    message = f"geometry is {what}; it must be a point."
    return CoordinateError(message, code="not_a_point", field="geometry")


def declared_crs(
    declared: pyproj.CRS, extent: tuple[float, float, float, float]
) -> tuple[Crs, pyproj.Transformer | None]:
    """Find how to read coordinates of the CRS that a table declares.

    Parameters
    ----------
    declared : pyproj.CRS
    extent : tuple of float
        West, south, east and north edge of where answers are known, WGS84 degrees.

    Returns
    -------
    crs : Crs
        CRS of the coordinates, after the transformer if there is one.
    transformer : pyproj.Transformer or None
        To `crs`, x before y.

    Raises
    ------
    TableError
        PROJ knows no way, or no accurate one, from there to WGS84.
    """
    known = _KNOWN_CRS.get(declared.to_authority() or ("", ""))
    if known is not None:
        return known, None
    try:
        check_datum(declared, extent)
        return Crs.WGS84, pyproj.Transformer.from_crs(declared, WGS84, always_xy=True)
    except CoordinateError as error:
        raise TableError(f"The geometry: {error}") from error
    except pyproj.exceptions.ProjError as error:
        raise TableError(
            f"The geometry is in {declared.name}, from which PROJ knows no way to WGS84."
        ) from error


def is_in_degrees(declared: pyproj.CRS) -> bool:
    """Tell whether a declared CRS is what files of GCJ-02 and BD-09 declare."""
    return _KNOWN_CRS.get(declared.to_authority() or ("", "")) in DEGREES


def _is_number(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(types.is_floating(kind) or types.is_integer(kind) or types.is_decimal(kind))


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    types = pa.types
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_null(kind))


def _numbers(column: pa.Array, field: str, problems: Problems) -> FloatArray:
    if not _is_number(column.type):
        return _read(column.cast(pa.string()), field, problems)
    numbers = column.cast(pa.float64(), safe=False)
    if numbers.null_count:
        gone = np.flatnonzero(numbers.is_null().to_numpy(zero_copy_only=False))
        problems.update(dict.fromkeys(gone.tolist(), missing(field)))
    values: FloatArray = numbers.to_numpy(zero_copy_only=False)
    return values


def _read(text: pa.Array, field: str, problems: Problems) -> FloatArray:
    plain = pc.fill_null(pc.match_substring_regex(text, _NUMBER), fill_value=False)
    numbers = pc.if_else(plain, text, None).cast(pa.float64()).to_numpy(zero_copy_only=False)
    values: FloatArray = np.array(numbers)
    for i in np.flatnonzero(~plain.to_numpy(zero_copy_only=False)).tolist():
        try:
            values[i] = read_coordinate(text[i].as_py() or "", field)
        except CoordinateError as error:
            problems[i] = error
    return values


def _pairs(text: pa.Array, problems: Problems, known: Known | None) -> Points:
    lon, lat = np.full(len(text), np.nan), np.full(len(text), np.nan)
    unnamed = np.zeros(len(text), dtype=bool)
    for i, value in enumerate(text.to_pylist()):
        try:
            pair = read_pair(value or "")
        except CoordinateError as error:
            problems[i] = error
            continue
        lon[i], lat[i], unnamed[i] = pair.first, pair.second, not pair.named
    if known is None:
        return Points(lon=lon, lat=lat, problems=problems)
    swapped = unnamed & ~known(lon=lon, lat=lat) & known(lon=lat, lat=lon)
    lon, lat = np.where(swapped, lat, lon), np.where(swapped, lon, lat)
    return Points(lon=lon, lat=lat, problems=problems, latitude_first=int(swapped.sum()))
