"""The polygons that can be nearest to a point outside all of them, Gauss-Kruger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from pyproj import Geod
from shapely import STRtree

if TYPE_CHECKING:
    from shapely import Polygon

    from geo.lookup.regions import Geometries, Indices

_GEOD: Final = Geod(ellps="GRS80")


class NearestPolygons:
    """Search for the polygons that can be nearest to the points of an area.

    Immutable, and safe to share between threads.

    Parameters
    ----------
    polygons : ndarray of Polygon, shape (m,)
        Gauss-Kruger.
    numbers : ndarray of int64, shape (k,)
        Those of them that are searched, ascending.
    """

    def __init__(self, polygons: Geometries, numbers: Indices) -> None:
        self._numbers = numbers
        self._tree = STRtree(polygons[numbers])

    def find(self, area: shapely.Polygon) -> tuple[int, ...]:
        """Find the polygons that are nearest to some point of an area, and maybe others.

        Parameters
        ----------
        area : Polygon
            Gauss-Kruger.

        Returns
        -------
        tuple of int
            Their numbers, ascending.
        """
        # From no point of the area is the middle's nearest polygon farther than this more.
        half_m = shapely.minimum_bounding_radius(area)
        _, distances_m = self._tree.query_nearest(area.centroid, return_distance=True)
        found = self._tree.query(area, predicate="dwithin", distance=distances_m[0] + half_m)
        return tuple(sorted(self._numbers[found].tolist()))


def geodesic_m(polygon: Polygon, *, lon: float, lat: float) -> float:
    """Return the distance along the ellipsoid to the nearest vertex: near enough for far points.

    Parameters
    ----------
    polygon : Polygon
        WGS84.
    lon, lat : float
        WGS84 degrees.
    """
    lons, lats = shapely.get_coordinates(polygon).T
    _, _, distances_m = _GEOD.inv(lons, lats, np.full(lons.shape, lon), np.full(lons.shape, lat))
    return float(np.min(distances_m))
