"""The polygon that is nearest to a point outside all of them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    import numpy.typing as npt
    from shapely import Point

_CELL_M: Final = 400.0
_MAX_CELLS: Final = 1 << 16


class NearestPolygon:
    """Search for the polygon nearest to a point.

    Points of one square of 400 m share their candidates, which are found when the first of them
    is asked for. Safe to share between threads.

    Parameters
    ----------
    polygons : ndarray of Polygon, shape (m,)
        In metres.
    """

    def __init__(self, polygons: npt.NDArray[np.object_]) -> None:
        self._polygons = polygons
        self._candidates = functools.lru_cache(_MAX_CELLS)(self._find_candidates)

    def find(self, easting_m: float, northing_m: float, place: Point) -> tuple[int, float]:
        """Return the number of the nearest polygon, the lowest of several, and its distance.

        Parameters
        ----------
        easting_m, northing_m : float
            Finite.
        place : Point
            The same.

        Returns
        -------
        number : int
        distance_m : float
        """
        numbers, polygons = self._candidates(easting_m // _CELL_M, northing_m // _CELL_M)
        distances_m = shapely.distance(polygons, place).tolist()
        distance_m = min(distances_m)
        return numbers[distances_m.index(distance_m)], distance_m

    def _find_candidates(
        self, column: float, row: float
    ) -> tuple[list[int], npt.NDArray[np.object_]]:
        """Return the polygons that are nearest to some point of a square, and maybe others."""
        west_m, south_m = column * _CELL_M, row * _CELL_M
        square = shapely.box(west_m, south_m, west_m + _CELL_M, south_m + _CELL_M)
        # From no point of the square is the middle's nearest polygon farther than this more.
        half_m = np.hypot(_CELL_M, _CELL_M) / 2
        reach_m = shapely.distance(self._polygons, square.centroid).min() + half_m
        numbers = np.flatnonzero(shapely.distance(self._polygons, square) <= reach_m)
        return numbers.tolist(), self._polygons[numbers]
