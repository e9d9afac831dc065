"""Points as geometry columns of tables: WKB, and the CRS that a file declares."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyproj
import shapely

from geo.crs import WGS84, Crs, to_wgs84
from geo.errors import TableError
from geo.lookup.points import Points, declared_crs, geometry_points, is_in_degrees, not_a_point

if TYPE_CHECKING:
    from geo.crs import FloatArray

GEO_KEY: Final = b"geo"
"""Key of GeoParquet's metadata."""

UNKNOWN_KIND: Final = "Unknown"
"""Kind of geometries that a table does not state."""
_VERSION: Final = "1.1.0"
_DEFAULT_CRS: Final = "OGC:CRS84"
_POINT: Final = np.dtype([("order", "u1"), ("kind", "<u4"), ("x", "<f8"), ("y", "<f8")])
"""A point in WKB, little-endian and without height: what nearly every program writes."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """The column of a table that holds its geometries, as WKB with x before y.

    Attributes
    ----------
    column : str
    kind : str
        Such as ``Point``; ``Unknown`` where the table does not say or has several.
    crs : pyproj.CRS or None
        None where the table does not say.
    """

    column: str
    kind: str
    crs: pyproj.CRS | None


WGS84_POINTS: Final = Geometry("geom", "Point", pyproj.CRS(WGS84))
"""The geometry that is made of coordinates."""


def parquet_geometry(schema: pa.Schema) -> Geometry | None:
    """Find the geometry of GeoParquet.

    Returns
    -------
    Geometry or None
        None for a table that is not GeoParquet.

    Raises
    ------
    TableError
        What the table says of its geometry cannot be understood, or it is not WKB.
    """
    text = (schema.metadata or {}).get(GEO_KEY)
    if text is None:
        return None
    try:
        content = json.loads(text)
        name = content["primary_column"]
        column = content["columns"][name]
        encoding, kinds = column["encoding"], set(column.get("geometry_types", ()))
        # Absent it has a meaning, which null has not.
        crs = column.get("crs", _DEFAULT_CRS)
        declared = None if crs is None else pyproj.CRS.from_user_input(crs)
        schema.field(name)
    except (ValueError, KeyError, TypeError, pyproj.exceptions.CRSError) as error:
        raise TableError("Its GeoParquet metadata cannot be understood.") from error
    if encoding != "WKB":
        raise TableError(f"The geometry {name!r} is encoded as {encoding}; it must be WKB.")
    return Geometry(name, kinds.pop() if len(kinds) == 1 else UNKNOWN_KIND, declared)


def parquet_metadata(geometry: Geometry) -> dict[bytes, bytes]:
    """Return what makes a Parquet file GeoParquet.

    Returns
    -------
    dict of bytes to bytes
        Metadata of the schema.
    """
    column = {
        "encoding": "WKB",
        "geometry_types": [] if geometry.kind == UNKNOWN_KIND else [geometry.kind],
        "crs": None if geometry.crs is None else geometry.crs.to_json_dict(),
    }
    columns = {geometry.column: column}
    content = {"version": _VERSION, "primary_column": geometry.column, "columns": columns}
    return {GEO_KEY: json.dumps(content, ensure_ascii=False).encode()}


class GeometryReader:
    """Reads the points of a geometry column.

    Parameters
    ----------
    geometry : Geometry
    crs : Crs or None
        CRS of a geometry that declares none; or GCJ-02 or BD-09, which files can only declare as
        something else.
    extent : tuple of float
        West, south, east and north edge of where answers are known, WGS84 degrees.

    Attributes
    ----------
    crs : Crs
        CRS of the points that are read: that of the geometry if it is a `Crs`, else WGS84.
    remark : str
        What the user should know of it; else empty.

    Raises
    ------
    TableError
        The geometries are no points; or their CRS is neither declared nor given, or is both, or
        has no way to WGS84 that PROJ knows.
    """

    reads_geometry = True

    def __init__(
        self, geometry: Geometry, crs: Crs | None, extent: tuple[float, float, float, float]
    ) -> None:
        self.remark = ""
        self._column = geometry.column
        self._projection: pyproj.Transformer | None = None
        if geometry.kind != UNKNOWN_KIND and "Point" not in geometry.kind:
            raise TableError(f"The geometry {geometry.column!r} has {geometry.kind}s, not points.")
        if geometry.crs is None:
            if crs is None:
                raise TableError("The geometry declares no CRS; state the one it is in (--crs).")
            self.crs = crs
        elif crs in {Crs.GCJ02, Crs.BD09} and is_in_degrees(geometry.crs):
            # No file can declare these two, which have no code.
            self.crs = crs
            self.remark = f"The geometry declares {geometry.crs.name}; it is read as {crs}."
        elif crs is not None:
            raise TableError(
                f"The geometry declares that it is in {geometry.crs.name}; leave out --crs."
            )
        else:
            self.crs, self._projection = declared_crs(geometry.crs, extent)

    def __call__(self, batch: pa.RecordBatch) -> Points:
        """Read points.

        Returns
        -------
        Points
            In `crs`. What is null, empty or no point is a problem of its row.
        """
        points = wkb_points(batch.column(self._column))
        if self._projection is None:
            return points
        lon, lat = self._projection.transform(points.lon, points.lat)
        return Points(lon=lon, lat=lat, problems=points.problems)


def wkb_points(column: pa.Array) -> Points:
    """Read points from WKB.

    Parameters
    ----------
    column : pyarrow.Array
        Binary.

    Returns
    -------
    Points
        Heights are left out; several points are one if there is only one of them. What is null,
        empty or no point is a problem of its row.
    """
    column = column.cast(pa.large_binary())
    count = len(column)
    lon, lat = np.full(count, np.nan), np.full(count, np.nan)
    sized = pc.fill_null(pc.equal(pc.binary_length(column), _POINT.itemsize), fill_value=False)
    rows = np.flatnonzero(sized.to_numpy(zero_copy_only=False))
    found = _records(column if len(rows) == count else column.filter(sized))
    plain = (found["order"] == 1) & (found["kind"] == 1)
    lon[rows[plain]], lat[rows[plain]] = found["x"][plain], found["y"][plain]
    others = np.flatnonzero(np.isnan(lon) | np.isnan(lat))
    if not len(others):
        return Points(lon=lon, lat=lat, problems={})
    wkb = column.take(pa.array(others)).to_numpy(zero_copy_only=False)
    geometries = shapely.from_wkb(wkb, on_invalid="ignore")
    found = geometry_points(geometries)
    lon[others], lat[others] = found.lon, found.lat
    problems = {
        int(others[i]): not_a_point("no WKB")
        if geometries[i] is None and wkb[i] is not None
        else problem
        for i, problem in found.problems.items()
    }
    return Points(lon=lon, lat=lat, problems=problems)


def in_degrees(points: Points, crs: Crs) -> tuple[FloatArray, FloatArray]:
    """Convert points to WGS84.

    Parameters
    ----------
    points : Points
    crs : Crs
        CRS of the points.

    Returns
    -------
    lon, lat : ndarray of float64, shape (n,)
        WGS84 degrees; NaN where there is no point.
    """
    lon, lat = to_wgs84(lon=points.lon, lat=points.lat, crs=crs)
    bad = ~(np.isfinite(lon) & np.isfinite(lat))
    lon[bad] = lat[bad] = np.nan
    return lon, lat


def points_wkb(*, lon: FloatArray, lat: FloatArray) -> pa.BinaryArray:
    """Write points as WKB.

    Parameters
    ----------
    lon, lat : ndarray of float64, shape (n,)
        NaN where there is no point.

    Returns
    -------
    pyarrow.BinaryArray
        Null where there is no point.
    """
    records = np.empty(len(lon), _POINT)
    records["order"] = records["kind"] = 1
    records["x"], records["y"] = lon, lat
    kind = pa.binary(_POINT.itemsize)
    data = pa.Array.from_buffers(kind, len(lon), [None, pa.py_buffer(records)])
    there = pa.array(~(np.isnan(lon) | np.isnan(lat)))
    return pc.if_else(there, data, None).cast(pa.binary())


def _records(column: pa.LargeBinaryArray) -> Any:  # noqa: ANN401 - a structured array
    """Return values of the size of a point as one array."""
    _, offsets, data = column.buffers()
    ends = np.frombuffer(offsets, np.int64)
    first, last = ends[column.offset], ends[column.offset + len(column)]
    return np.frombuffer(data if data is not None else b"", np.uint8)[first:last].view(_POINT)
