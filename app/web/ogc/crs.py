"""Coordinate systems of the OGC API, by the URIs that name them.

A URI stands for the axis order that the system declares: all but CRS84 have latitude or northing
first. pygeoapi would project by ``shapely.ops.transform``, which is deprecated, and a bbox by two
of its corners alone, which misses features along the edge of a projection's zone. Projecting here
also makes these coordinates the same as everywhere else in this product.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import shapely

from geo.crs import Crs, from_wgs84, to_wgs84, with_zone_number

CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
"""WGS84, longitude before latitude: what is stored, and what is served unless asked otherwise."""

_EPSG: Final = "http://www.opengis.net/def/crs/EPSG/0/"
_NORTH_FIRST: Final = {
    f"{_EPSG}4326": Crs.WGS84,
    **{f"{_EPSG}{crs.removeprefix('epsg:')}": crs for crs in Crs if crs.startswith("epsg:")},
}

_PIECES: Final = 32  # of an edge that is straight in a projection and bent on the ellipsoid


def served_crs(zone: Crs) -> tuple[str, ...]:
    """Return what ``crs``, ``bbox-crs`` and ``filter-crs`` may be.

    Parameters
    ----------
    zone : Crs
        The Gauss-Kruger zone of the city, without zone number.
    """
    systems = {Crs.WGS84, Crs.EPSG_4490, zone, with_zone_number(zone)}
    return (CRS84, *(uri for uri, crs in _NORTH_FIRST.items() if crs in systems))


def to_served(geometries: Any, uri: str) -> Any:  # noqa: ANN401
    """Bring geometries into a served system.

    Parameters
    ----------
    geometries : shapely.Geometry or ndarray of shapely.Geometry
        WGS84, longitude before latitude.
    uri : str
        One of `served_crs`.

    Returns
    -------
    shapely.Geometry or ndarray of shapely.Geometry
        In the axis order of the system.
    """
    if uri == CRS84:
        return geometries

    def project(lon: Any, lat: Any) -> tuple[Any, Any]:  # noqa: ANN401
        easting, northing = from_wgs84(lon=lon, lat=lat, crs=_NORTH_FIRST[uri])
        return northing, easting

    return shapely.transform(geometries, project, interleaved=False)


def from_served(geometry: shapely.Geometry, uri: str) -> shapely.Geometry:
    """Bring a geometry from a served system to WGS84, longitude before latitude.

    Parameters
    ----------
    geometry : shapely.Geometry
        In the axis order of the system.
    uri : str
        One of `served_crs`.

    Returns
    -------
    shapely.Geometry

    Raises
    ------
    ValueError
        A coordinate is not finite, or has no place in the system.
    """
    if uri != CRS84:
        crs = _NORTH_FIRST[uri]
        first, second, last_first, last_second = geometry.bounds
        size = max(last_first - first, last_second - second)
        if size > 0 and np.isfinite(size):
            geometry = shapely.segmentize(geometry, size / _PIECES)

        def project(northing: Any, easting: Any) -> tuple[Any, Any]:  # noqa: ANN401
            return to_wgs84(lon=easting, lat=northing, crs=crs)

        geometry = shapely.transform(geometry, project, interleaved=False)
    if not np.isfinite(shapely.get_coordinates(geometry)).all():
        raise ValueError("A coordinate has no place in the CRS.")
    return geometry
