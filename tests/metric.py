"""Metres as Zhumadian's data are measured in: central meridian 114 E."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from geo import crs
from geo.crs import Crs, from_wgs84, to_wgs84

if TYPE_CHECKING:
    import numpy as np
    import shapely
    from numpy.typing import NDArray

    from geo.crs import FloatArray

    Geometry = TypeVar("Geometry", bound=shapely.Geometry | NDArray[np.object_])
    Number = TypeVar("Number", float, FloatArray)

METRIC: Final = Crs.EPSG_4547

SYSTEMS: Final = (
    Crs.WGS84,
    Crs.CGCS2000,
    Crs.GCJ02,
    Crs.BD09,
    Crs.EPSG_4490,
    Crs.EPSG_4547,
    Crs.EPSG_4526,
)
"""The coordinate systems that may be used in the city: all degrees, and its own zone."""


def metric(geometry: Geometry) -> Geometry:
    """Project a WGS84 geometry to metres."""
    return crs.metric(geometry, METRIC)


def to_metric(*, lon: Number, lat: Number) -> tuple[Number, Number]:
    """Project WGS84 degrees to easting and northing."""
    return from_wgs84(lon=lon, lat=lat, crs=METRIC)


def from_metric(*, easting_m: Number, northing_m: Number) -> tuple[Number, Number]:
    """Bring easting and northing to WGS84 degrees."""
    return to_wgs84(lon=easting_m, lat=northing_m, crs=METRIC)
