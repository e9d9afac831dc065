"""Coordinates of many points, read from columns of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyproj
import shapely

from geo.crs import WGS84, Crs, check_datum
from geo.errors import CoordinateError, TableError, missing, not_a_number

if TYPE_CHECKING:
    import numpy.typing as npt

    from geo.crs import FloatArray

    Problems = dict[int, CoordinateError]

# Plain decimal numbers; what else Python takes for a number is read one by one.
_NUMBER: Final = r"^-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"

_KNOWN_CRS: Final = {
    ("EPSG", "4326"): Crs.WGS84,
    ("OGC", "CRS84"): Crs.WGS84,
    **{("EPSG", crs.removeprefix("epsg:")): crs for crs in Crs if crs.startswith("epsg:")},
}


DEGREES: Final = frozenset({Crs.WGS84, Crs.CGCS2000, Crs.EPSG_4490})
"""Systems that files declare of coordinates in degrees, be they of GCJ-02 or BD-09."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """Coordinates as they were given.

    Attributes
    ----------
    lon, lat : ndarray of float64, shape (n,)
        In the CRS that the caller states; NaN where they could not be read.
    problems : dict of int to CoordinateError
        Why, by row.
    """

    lon: FloatArray
    lat: FloatArray
    problems: Problems


def check_columns(schema: pa.Schema, *, lon: str, lat: str) -> None:
    """Refuse a table without coordinates.

    Parameters
    ----------
    schema : pyarrow.Schema
    lon, lat : str
        Names of the columns.

    Raises
    ------
    TableError
        A column is not there, is there twice, or can hold no numbers.
    """
    for field, name in (("lon", lon), ("lat", lat)):
        count = len(schema.get_all_field_indices(name))
        if count != 1:
            there = "is not in" if count == 0 else "is there more than once among"
            columns = ", ".join(schema.names)
            raise TableError(f"The column {name!r} for {field} {there} the columns {columns}.")
        kind = schema.field(name).type
        if not (_is_number(kind) or _is_text(kind)):
            raise TableError(f"The column {name!r} for {field} has {kind}; it must have numbers.")


def read_points(table: pa.RecordBatch, *, lon: str, lat: str) -> Points:
    """Read the coordinates of a table's rows.

    Parameters
    ----------
    table : pyarrow.RecordBatch
        With the columns that `check_columns` asks for; their text is read as numbers.
    lon, lat : str
        Names of the columns.
    """
    problems: Problems = {}
    lat_deg = _numbers(table.column(lat), "lat", problems)
    lon_deg = _numbers(table.column(lon), "lon", problems)  # last: its problem is reported first
    return Points(lon=lon_deg, lat=lat_deg, problems=problems)


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
    problems = {
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
        raise TableError(f"Of the geometry {error}") from error
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
        value = text[i].as_py()
        if value is None or not value.strip():
            problems[i] = missing(field)
        elif (number := _number(value)) is None:
            problems[i] = not_a_number(field, value)
        else:
            values[i] = number
    return values


def _number(text: str) -> float | None:
    """Read what a single request may have, too: Python would also read 1_0 and １０."""
    text = text.strip()
    try:
        return float(text) if text.isascii() and "_" not in text else None
    except ValueError:
        return None
