"""The polygons that can be nearest to a point outside all of them, EPSG:4547."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from shapely import STRtree

if TYPE_CHECKING:
    import numpy.typing as npt

_SQUARE_M: Final = 400.0
_HALF_DIAGONAL_M: Final = math.hypot(_SQUARE_M, _SQUARE_M) / 2

Square = tuple[float, float]
"""Column and row of a square of 400 m, EPSG:4547."""


def square_at(*, easting_m: float, northing_m: float) -> Square:
    """Return the square that holds a point.

    Parameters
    ----------
    easting_m, northing_m : float
        EPSG:4547, finite.

    Returns
    -------
    Square
    """
    return easting_m // _SQUARE_M, northing_m // _SQUARE_M


class NearestPolygons:
    """Search for the polygons that can be nearest to the points of a square.

    Immutable after construction, and safe to share between threads.

    Parameters
    ----------
    polygons : ndarray of Polygon, shape (m,)
        EPSG:4547.
    numbers : ndarray of int, shape (k,)
        Those of them that are searched, ascending.
    """

    def __init__(self, polygons: npt.NDArray[np.object_], numbers: npt.NDArray[np.int64]) -> None:
        self._numbers = numbers
        self._tree = STRtree(polygons[numbers])

    def find(self, square: Square) -> list[int]:
        """Find the polygons that are nearest to some point of a square, and maybe others.

        Parameters
        ----------
        square : Square

        Returns
        -------
        list of int
            Their numbers, ascending.
        """
        west_m, south_m = (_SQUARE_M * one for one in square)
        area = shapely.box(west_m, south_m, west_m + _SQUARE_M, south_m + _SQUARE_M)
        # From no point of the square is the middle's nearest polygon farther than this more.
        _, distances_m = self._tree.query_nearest(area.centroid, return_distance=True)
        reach_m = distances_m[0] + _HALF_DIAGONAL_M
        found = self._tree.query(area, predicate="dwithin", distance=reach_m)
        numbers: list[int] = np.sort(self._numbers[found]).tolist()
        return numbers
