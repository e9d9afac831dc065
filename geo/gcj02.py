"""The shifts of GCJ-02 and BD-09, in which maps of China are published.

GCJ-02 has no published definition. This is the formula in open circulation (for one,
https://github.com/googollee/eviltransform); BD-09 is Baidu's further turn of GCJ-02 (for one,
https://github.com/wandergis/coordtransform).
"""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Degrees = TypeVar("Degrees", float, NDArray[np.float64])

# The customary box of the open GCJ-02 formula, degrees.
_WEST, _SOUTH, _EAST, _NORTH = 72.004, 0.8293, 137.8347, 55.8271
# 0.1 mm: more than an inverse errs by, so that a point on the edge itself comes back.
_EDGE_TOLERANCE_DEG: Final = 1e-9

_KRASOVSKY_RADIUS_M: Final = 6_378_245.0
_KRASOVSKY_ECCENTRICITY_SQUARED: Final = 0.00669342162296594323

# Each step leaves at most 3.2 % of the error (the steepest slope of BD-09's turn; GCJ-02 is
# flatter, except for a kink at 105 E that costs less than a micrometre). The error is below 2 km at
# the start, so six steps leave micrometres at worst.
_INVERSE_STEPS: Final = 6

# The same formulas for one point: arrays of one take eight times as long.
_FLOATS: Final = SimpleNamespace(
    sin=math.sin,
    cos=math.cos,
    sqrt=math.sqrt,
    hypot=math.hypot,
    atan2=math.atan2,
    degrees=math.degrees,
    radians=math.radians,
    clip=lambda value, least, most: min(max(value, least), most),
    where=lambda condition, yes, no: yes if condition else no,
)
_ARRAYS: Final = SimpleNamespace(
    sin=np.sin,
    cos=np.cos,
    sqrt=np.sqrt,
    hypot=np.hypot,
    atan2=np.arctan2,
    degrees=np.degrees,
    radians=np.radians,
    clip=np.clip,
    where=np.where,
)


# Baidu's own metres: by the least northing of a band of 15 degrees, a polynomial for the latitude.
# Source: Baidu's map script, as quoted in many open projects; the bands are 60 to 15 degrees north.
_BAIDU_BANDS: Final = {
    5_591_021.0: (
        (-3.030883460898826e-8, 8.98305509983578e-6),
        (
            0.30071316287616,
            59.74293618442277,
            7.357984074871,
            -25.38371002664745,
            13.45380521110908,
            -3.29883767235584,
            0.32710905363475,
        ),
        6_856_817.37,
    ),
    3_481_989.83: (
        (-1.981981304930552e-8, 8.983055099779535e-6),
        (
            0.03278182852591,
            40.31678527705744,
            0.65659298677277,
            -4.44255534477492,
            0.85341911805263,
            0.12923347998204,
            -0.04625736007561,
        ),
        4_482_777.06,
    ),
    1_678_043.12: (
        (3.09191371068437e-9, 8.983055096812155e-6),
        (
            6.995724062e-05,
            23.10934304144901,
            -0.00023663490511,
            -0.6321817810242,
            -0.00663494467273,
            0.03430082397953,
            -0.00466043876332,
        ),
        2_555_164.4,
    ),
}


def gcj02_from_wgs84(*, lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Shift points in the box; leave all others as they are.

    Parameters
    ----------
    lon, lat : float or ndarray of float64, shape (n,)
        WGS84 degrees.

    Returns
    -------
    lon, lat : float or ndarray of float64, shape (n,)
        GCJ-02 degrees; floats for floats, arrays for arrays.
    """
    east, north = _gcj02_shift_deg(lon, lat)
    inside = _in_china(lon, lat, tolerance_deg=0.0)
    where = _maths(lon).where
    return where(inside, lon + east, lon), where(inside, lat + north, lat)


def wgs84_from_gcj02(*, lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Find the points of the box that are shifted to these; leave all others as they are.

    Parameters
    ----------
    lon, lat : float or ndarray of float64, shape (n,)
        GCJ-02 degrees.

    Returns
    -------
    lon, lat : float or ndarray of float64, shape (n,)
        WGS84 degrees; floats for floats, arrays for arrays.
    """
    origin_lon, origin_lat = _unshifted(lon, lat, _gcj02_shift_deg)
    inside = _in_china(origin_lon, origin_lat, tolerance_deg=_EDGE_TOLERANCE_DEG)
    where = _maths(lon).where
    return where(inside, origin_lon, lon), where(inside, origin_lat, lat)


def bd09_from_gcj02(*, lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Turn points, wherever they are.

    Parameters
    ----------
    lon, lat : float or ndarray of float64, shape (n,)
        GCJ-02 degrees.

    Returns
    -------
    lon, lat : float or ndarray of float64, shape (n,)
        BD-09 degrees; floats for floats, arrays for arrays.
    """
    east, north = _bd09_shift_deg(lon, lat)
    return lon + east, lat + north


def gcj02_from_bd09(*, lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Find the points that are turned to these.

    Parameters
    ----------
    lon, lat : float or ndarray of float64, shape (n,)
        BD-09 degrees.

    Returns
    -------
    lon, lat : float or ndarray of float64, shape (n,)
        GCJ-02 degrees; floats for floats, arrays for arrays.
    """
    return _unshifted(lon, lat, _bd09_shift_deg)


def _maths(lon: object) -> Any:  # noqa: ANN401 - functions of one kind of numbers
    return _FLOATS if isinstance(lon, float) else _ARRAYS


def _unshifted(
    lon: Degrees,
    lat: Degrees,
    shift_deg: Callable[[Degrees, Degrees], tuple[Degrees, Degrees]],
) -> tuple[Degrees, Degrees]:
    """Find the points that are moved to these, by fixed-point iteration."""
    origin_lon, origin_lat = lon, lat
    for _ in range(_INVERSE_STEPS):
        east, north = shift_deg(origin_lon, origin_lat)
        origin_lon, origin_lat = lon - east, lat - north
    return origin_lon, origin_lat


def _in_china(lon: Degrees, lat: Degrees, *, tolerance_deg: float) -> Any:  # noqa: ANN401 - or an array of bool
    in_lon = (lon >= _WEST - tolerance_deg) & (lon <= _EAST + tolerance_deg)
    return in_lon & (lat >= _SOUTH - tolerance_deg) & (lat <= _NORTH + tolerance_deg)


def _gcj02_shift_deg(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Return how far GCJ-02 moves WGS84 points: metres east and north, turned into degrees."""
    m = _maths(lon)
    # Beyond the box the edge's shift holds: the formula runs wild there and its inverse with it.
    lon, lat = m.clip(lon, _WEST, _EAST), m.clip(lat, _SOUTH, _NORTH)
    x, y = lon - 105.0, lat - 35.0

    def wave(angle: Degrees, amplitude: float) -> Degrees:
        found: Degrees = amplitude * 2.0 / 3.0 * m.sin(math.pi * angle)
        return found

    ripple = wave(6.0 * x, 20.0) + wave(2.0 * x, 20.0)
    root = m.sqrt(abs(x))
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple
    east_m += wave(x, 20.0) + wave(x / 3.0, 40.0) + wave(x / 12.0, 150.0) + wave(x / 30.0, 300.0)
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple
    north_m += wave(y, 20.0) + wave(y / 3.0, 40.0) + wave(y / 12.0, 160.0) + wave(y / 30.0, 320.0)

    phi = m.radians(lat)
    w_squared = 1.0 - _KRASOVSKY_ECCENTRICITY_SQUARED * m.sin(phi) ** 2
    parallel_radius_m = _KRASOVSKY_RADIUS_M * m.cos(phi) / m.sqrt(w_squared)
    meridian_radius_m = (
        _KRASOVSKY_RADIUS_M * (1.0 - _KRASOVSKY_ECCENTRICITY_SQUARED) / w_squared**1.5
    )
    return m.degrees(east_m / parallel_radius_m), m.degrees(north_m / meridian_radius_m)


def _bd09_shift_deg(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Return how far BD-09 moves GCJ-02 points, which it treats as plane polar coordinates."""
    m = _maths(lon)
    wave_number = math.pi * 3000.0 / 180.0
    radius = m.hypot(lon, lat) + 0.00002 * m.sin(wave_number * lat)
    angle = m.atan2(lat, lon) + 0.000003 * m.cos(wave_number * lon)
    return radius * m.cos(angle) + 0.0065 - lon, radius * m.sin(angle) + 0.006 - lat


def bd09_from_metres(*, easting_m: float, northing_m: float) -> tuple[float, float]:
    """Turn Baidu's own metres, as the links of its map have them, into BD-09 degrees.

    Parameters
    ----------
    easting_m, northing_m : float
        Metres of Baidu's Mercator map, 15 to 60 degrees north.

    Returns
    -------
    lon, lat : float
        BD-09 degrees; outside of these latitudes those of the nearest band.
    """
    least = next((least for least in _BAIDU_BANDS if northing_m >= least), min(_BAIDU_BANDS))
    (offset, scale), factors, height_m = _BAIDU_BANDS[least]
    part = northing_m / height_m
    return offset + scale * easting_m, sum(f * part**k for k, f in enumerate(factors))
