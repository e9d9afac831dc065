"""The polygons that can be nearest to a point outside all of them, Gauss-Kruger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely
from shapely import STRtree

if TYPE_CHECKING:
    from geo.lookup.regions import Geometries, Indices


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
