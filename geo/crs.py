"""Coordinate systems that callers use in China, each to and from WGS84.

WGS84 is what the product stores and serves; it measures in the 3-degree Gauss-Kruger zone of
CGCS2000 in which a city lies (`gauss_kruger`). CGCS2000 differs from WGS84 by centimetres and is
treated as equal to it, under both of its names.
Longitude comes before latitude and easting before northing, whatever order the EPSG registry
declares.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar, cast, overload

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.aoi import AreaOfInterest
from pyproj.enums import TransformDirection
from pyproj.transformer import TransformerGroup

from geo.errors import CoordinateError
from geo.gcj02 import (
    bd09_from_gcj02,
    gcj02_from_bd09,
    gcj02_from_wgs84,
    wgs84_from_gcj02,
)

_Geometry = TypeVar("_Geometry", bound=shapely.Geometry | NDArray[np.object_])

FloatArray = NDArray[np.float64]
"""Coordinates of many points, shape (n,)."""

WGS84 = "EPSG:4326"
"""The CRS of every stored and served coordinate."""


class Crs(StrEnum):
    """Coordinate systems a caller may state, spelled as the HTTP API spells them.

    The first five have ``lon`` and ``lat`` in degrees. The others are the 3-degree Gauss-Kruger
    zones of CGCS2000, in which ``lon`` is the easting and ``lat`` the northing, in metres: zones 25
    to 45 (central meridians 75 to 135 E) are 4513 to 4533 with the zone number before the easting,
    and 4534 to 4554 without it.
    """

    WGS84 = "wgs84"
    CGCS2000 = "cgcs2000"
    GCJ02 = "gcj02"
    BD09 = "bd09"
    EPSG_4490 = "epsg:4490"
    EPSG_4513 = "epsg:4513"
    EPSG_4514 = "epsg:4514"
    EPSG_4515 = "epsg:4515"
    EPSG_4516 = "epsg:4516"
    EPSG_4517 = "epsg:4517"
    EPSG_4518 = "epsg:4518"
    EPSG_4519 = "epsg:4519"
    EPSG_4520 = "epsg:4520"
    EPSG_4521 = "epsg:4521"
    EPSG_4522 = "epsg:4522"
    EPSG_4523 = "epsg:4523"
    EPSG_4524 = "epsg:4524"
    EPSG_4525 = "epsg:4525"
    EPSG_4526 = "epsg:4526"
    EPSG_4527 = "epsg:4527"
    EPSG_4528 = "epsg:4528"
    EPSG_4529 = "epsg:4529"
    EPSG_4530 = "epsg:4530"
    EPSG_4531 = "epsg:4531"
    EPSG_4532 = "epsg:4532"
    EPSG_4533 = "epsg:4533"
    EPSG_4534 = "epsg:4534"
    EPSG_4535 = "epsg:4535"
    EPSG_4536 = "epsg:4536"
    EPSG_4537 = "epsg:4537"
    EPSG_4538 = "epsg:4538"
    EPSG_4539 = "epsg:4539"
    EPSG_4540 = "epsg:4540"
    EPSG_4541 = "epsg:4541"
    EPSG_4542 = "epsg:4542"
    EPSG_4543 = "epsg:4543"
    EPSG_4544 = "epsg:4544"
    EPSG_4545 = "epsg:4545"
    EPSG_4546 = "epsg:4546"
    EPSG_4547 = "epsg:4547"
    EPSG_4548 = "epsg:4548"
    EPSG_4549 = "epsg:4549"
    EPSG_4550 = "epsg:4550"
    EPSG_4551 = "epsg:4551"
    EPSG_4552 = "epsg:4552"
    EPSG_4553 = "epsg:4553"
    EPSG_4554 = "epsg:4554"


_DEGREES = ((-180.0, 180.0), (-90.0, 90.0))
# 1 000 km either side of the central meridian (false easting 500 000 m, perhaps behind the zone
# number) is some ten degrees of longitude at 33 N, far beyond the zone's own 1.5, and
# still refuses two mistakes: an easting with the zone number where none belongs or without it
# where it does, and a northing given as the easting, since China's begin near 2 000 000 m (18 N).
# Northings run from 1 km north of the equator, so that no degrees are among them, to the pole,
# 10 002 km by the meridian.
_NORTHINGS_M = (1_000.0, 10_000_000.0)
_FIRST_ZONE, _LAST_ZONE = 25, 45
_ZONE_WIDTH_DEG = 3
_ZONES = {
    zone: (Crs(f"epsg:{4534 + zone - _FIRST_ZONE}"), Crs(f"epsg:{4513 + zone - _FIRST_ZONE}"))
    for zone in range(_FIRST_ZONE, _LAST_ZONE + 1)
}
_METRES = {
    crs: ((before_m - 500_000.0, before_m + 1_500_000.0), _NORTHINGS_M)
    for zone, pair in _ZONES.items()
    for crs, before_m in zip(pair, (0.0, zone * 1e6), strict=True)
}
IN_DEGREES = frozenset(Crs) - _METRES.keys()
_Shift = Callable[..., tuple[Any, Any]]

_FROM_WGS84: dict[Crs, tuple[_Shift, ...]] = {
    Crs.GCJ02: (gcj02_from_wgs84,),
    Crs.BD09: (gcj02_from_wgs84, bd09_from_gcj02),
}
_TO_WGS84: dict[Crs, tuple[_Shift, ...]] = {
    Crs.GCJ02: (wgs84_from_gcj02,),
    Crs.BD09: (gcj02_from_bd09, wgs84_from_gcj02),
}


def _plain(name: str) -> str:
    return re.sub(r"[^0-9a-z]", "", name.casefold())


_CRS_NAMES = {
    **{_plain(crs): crs for crs in Crs},
    **{_plain(crs).removeprefix("epsg"): crs for crs in (Crs.EPSG_4490, *_METRES)},
    "epsg4326": Crs.WGS84,
    "4326": Crs.WGS84,
    "crs84": Crs.WGS84,
    "ogccrs84": Crs.WGS84,
    "wgs84ll": Crs.WGS84,  # Baidu's names
    "gcj02ll": Crs.GCJ02,
    "bd09ll": Crs.BD09,
}


def parse_crs(name: str) -> Crs:
    """Read the name of a coordinate system, in any letter case and punctuation.

    Parameters
    ----------
    name : str
        One of the values of `Crs`, a `Crs`, or another usual name: ``EPSG:4326``, ``GCJ-02``.

    Raises
    ------
    CoordinateError
        With code ``unknown_crs`` and field ``crs``, if there is no such name.
    """
    try:
        return _CRS_NAMES[_plain(name)]
    except KeyError:
        degrees = ", ".join(crs for crs in Crs if crs not in _METRES)
        message = (
            f"crs is {name[:40]!r}, which is none of {degrees}, nor a 3-degree Gauss-Kruger zone of"
            f" CGCS2000 ({Crs.EPSG_4513} to {Crs.EPSG_4554})."
        )
        raise CoordinateError(message, code="unknown_crs", field="crs") from None


def coordinate_ranges(crs: Crs) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return from where to where coordinates of `crs` can be.

    Returns
    -------
    lon, lat : tuple of (float, float)
        As `check_range` describes them.
    """
    return _METRES.get(crs, _DEGREES)


def check_range(*, lon: float, lat: float, crs: Crs) -> None:
    """Refuse a coordinate that cannot be one of `crs`.

    Parameters
    ----------
    lon, lat : float
        Degrees in -180 to 180 and -90 to 90; or easting and northing in metres, within 1 000 km
        of the central meridian and 1 to 10 000 km north of the equator. In EPSG:4513 to 4533 the
        easting carries the zone number, as 38 in EPSG:4526.
    crs : Crs

    Raises
    ------
    CoordinateError
        With code ``not_finite`` for NaN or an infinity, ``degrees`` with field ``crs`` for degrees
        in a projected system, else ``out_of_range``; the field is ``lon`` if that one is at fault,
        else ``lat``.
    """
    lon_range, lat_range = coordinate_ranges(crs)
    if crs in _METRES and abs(lon) <= 180 and abs(lat) <= 180:
        message = f"crs is {crs}, which has metres, but lon {lon} and lat {lat} are degrees."
        raise CoordinateError(message, code="degrees", field="crs")
    for field, value, (low, high) in (("lon", lon, lon_range), ("lat", lat, lat_range)):
        if not low <= value <= high:
            message = f"{field} must be from {low:.0f} to {high:.0f} in {crs}, but is {value}."
            code = "out_of_range" if math.isfinite(value) else "not_finite"
            raise CoordinateError(message, code=code, field=field)


@overload
def to_wgs84(*, lon: float, lat: float, crs: Crs) -> tuple[float, float]: ...
@overload
def to_wgs84(*, lon: FloatArray, lat: FloatArray, crs: Crs) -> tuple[FloatArray, FloatArray]: ...
def to_wgs84(
    *, lon: float | FloatArray, lat: float | FloatArray, crs: Crs
) -> tuple[float, float] | tuple[FloatArray, FloatArray]:
    """Convert points from `crs` to WGS84.

    Nothing is refused: a point that is not finite comes out not finite, and so does one that a
    projection cannot show, near the equator 90 degrees from its central meridian.

    Parameters
    ----------
    lon, lat : float or ndarray of shape (n,)
        Degrees, or easting and northing in metres if `crs` is projected.
    crs : Crs
        CRS of `lon` and `lat`.

    Returns
    -------
    lon, lat : float or ndarray of shape (n,)
        WGS84 degrees; floats for floats, new float64 arrays for arrays.

    Notes
    -----
    For GCJ-02 and BD-09, floats and arrays may differ in the last bits.

    This inverts `from_wgs84` to far below a millimetre, except for GCJ-02 and BD-09 on the edge of
    the box in which GCJ-02 shifts points (see `from_wgs84`). What decides is where the WGS84
    point lies, so every point of the box comes back. In strips just outside, as wide as the shift
    there (at most 740 m), a GCJ-02 coordinate belongs both to a shifted point inside and to the
    unshifted point outside, and the one inside is returned. In strips just inside, a GCJ-02
    coordinate may belong to no point at all; it is returned as it is.
    """
    if crs in _METRES:
        return _projected(lon, lat, crs.value, TransformDirection.INVERSE)
    return _shifted(lon, lat, _TO_WGS84.get(crs, ()))


@overload
def from_wgs84(*, lon: float, lat: float, crs: Crs) -> tuple[float, float]: ...
@overload
def from_wgs84(*, lon: FloatArray, lat: FloatArray, crs: Crs) -> tuple[FloatArray, FloatArray]: ...
def from_wgs84(
    *, lon: float | FloatArray, lat: float | FloatArray, crs: Crs
) -> tuple[float, float] | tuple[FloatArray, FloatArray]:
    """Convert points from WGS84 to `crs`.

    Nothing is refused: a point that is not finite comes out not finite, and so does one that a
    projection cannot show, near the equator 90 degrees from its central meridian.

    Parameters
    ----------
    lon, lat : float or ndarray of shape (n,)
        WGS84 degrees.
    crs : Crs
        CRS of the result.

    Returns
    -------
    lon, lat : float or ndarray of shape (n,)
        Degrees, or easting and northing in metres if `crs` is projected; floats for floats, new
        float64 arrays for arrays.

    Notes
    -----
    GCJ-02 is within 0.05 m of the example in Amap's documentation. By custom it shifts points in
    72.004 to 137.8347 E, 0.8293 to 55.8271 N and leaves all others as they are. BD-09 is applied
    everywhere. `geo.gcj02` has the sources.
    """
    if crs in _METRES:
        return _projected(lon, lat, crs.value, TransformDirection.FORWARD)
    return _shifted(lon, lat, _FROM_WGS84.get(crs, ()))


def _shifted(
    lon: float | FloatArray, lat: float | FloatArray, shifts: tuple[_Shift, ...]
) -> tuple[float, float] | tuple[FloatArray, FloatArray]:
    """Apply shifts one after another, to copies."""
    lon, lat = lon + 0.0, lat + 0.0
    if not shifts:
        return cast("tuple[float, float]", (lon, lat))  # or two arrays
    try:
        # The sine of an infinity is NaN, as it should be, and so is what overflows; neither needs
        # a warning.
        with np.errstate(invalid="ignore", over="ignore"):
            for shift in shifts:
                lon, lat = shift(lon=lon, lat=lat)
    except (ValueError, OverflowError):  # which floats raise in its place
        return math.nan, math.nan
    return cast("tuple[float, float]", (lon, lat))


@functools.cache
def _projection(crs: str) -> Transformer:
    """Return the projection from CGCS2000 degrees to `crs`.

    One Transformer may serve all threads: since pyproj 3.1 each thread that uses it gets its own
    PROJ object inside. From EPSG:4490, not from WGS84, the operation is the bare projection,
    whatever datum shift a later EPSG registry may put between the two.
    """
    return Transformer.from_crs("EPSG:4490", crs, always_xy=True)


def _projected(
    x: float | FloatArray, y: float | FloatArray, crs: str, direction: TransformDirection
) -> tuple[float, float] | tuple[FloatArray, FloatArray]:
    projected: tuple[float, float] | tuple[FloatArray, FloatArray]
    projected = _projection(crs).transform(x, y, direction=direction)
    return projected


def gauss_kruger(*, lon: float) -> Crs:
    """Return the 3-degree Gauss-Kruger zone of CGCS2000 in which a place lies.

    Lengths in it are right to 0.035 %: the scale grows with the distance from the central meridian,
    at 1.5 degrees on the equator to 1 + 167² / (2 · 6371²).

    Parameters
    ----------
    lon : float
        WGS84 degrees. Outside of China the nearest of its zones, from 75 to 135 E, is returned.

    Returns
    -------
    Crs
        Of EPSG:4534 to 4554: without the zone number before the easting.
    """
    zone = round(lon / _ZONE_WIDTH_DEG)
    return _ZONES[min(max(zone, _FIRST_ZONE), _LAST_ZONE)][0]


def central_meridian(zone: Crs) -> int:
    """Return the degrees east of a Gauss-Kruger zone's central meridian: 114 for EPSG:4547."""
    return next(_ZONE_WIDTH_DEG * number for number, pair in _ZONES.items() if zone in pair)


def with_zone_number(zone: Crs) -> Crs:
    """Return the zone's system that has the zone number before the easting: 4526 for 4547."""
    return dict(_ZONES.values())[zone]


def metric(geometry: _Geometry, crs: Crs) -> _Geometry:
    """Project a WGS84 geometry to metres."""
    projected: _Geometry = shapely.transform(
        geometry, lambda lon, lat: from_wgs84(lon=lon, lat=lat, crs=crs), interleaved=False
    )
    return projected


def check_datum(declared: CRS, bounds: tuple[float, ...]) -> None:
    """Refuse a coordinate system of which no accurate transformation to WGS84 is known.

    Of Beijing 1954 and Xian 1980, for example, the parameters are not public. PROJ then takes their
    degrees for those of WGS84 (*ballpark*), which is off by 50 to 130 m in China.

    Parameters
    ----------
    declared : pyproj.CRS
    bounds : tuple of float
        West, south, east and north edge of where the coordinates lie, about, in WGS84 degrees.

    Raises
    ------
    CoordinateError
        With code ``unknown_datum`` and field ``crs``.
    """
    base = declared.geodetic_crs
    if base is None or base.to_2d().equals(_CGCS2000, ignore_axis_order=True):
        return
    known = TransformerGroup(
        declared,
        WGS84,
        area_of_interest=AreaOfInterest(*np.clip(bounds, (-180, -90) * 2, (180, 90) * 2).tolist()),  # type: ignore[arg-type]
        allow_ballpark=False,
    )
    if not known.transformers:
        message = (
            f"it is in {declared.name}, from which no accurate transformation to WGS84 is known"
            " here; give the data in CGCS2000 (EPSG:4490) or WGS84."
        )
        raise CoordinateError(message, code="unknown_datum", field="crs")


_CGCS2000 = CRS("EPSG:4490")
