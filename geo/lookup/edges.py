"""How likely it is that regions hold places, from how far each of their sides may be off.

For regions whose lines are not in an ensemble of layouts, as official ones are not: each side is
off by a normal error, one for all its length, and a side that two regions share is off for both, so
what one of them loses the other gains.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from shapely import LineString, Polygon, STRtree

if TYPE_CHECKING:
    from geo.crs import FloatArray
    from geo.lookup.regions import Geometries, Indices, RegionTable

DEVIATIONS: Final = 2.0
"""How many standard deviations an accuracy is: an error is smaller with 95 %."""

_REACH: Final = 3.5 / DEVIATIONS  # accuracies, beyond which nothing is likely any more
_EXTENSION_M: Final = 50_000.0  # how far a side is thought to go on beyond its corners
_LEAST_M: Final = 1e-3


class EdgeShares:
    """Probabilities of regions from the accuracy of their sides.

    Safe to share between threads.

    Parameters
    ----------
    table : RegionTable
    numbers : ndarray of int
        The regions of which it is asked.
    """

    def __init__(self, table: RegionTable, numbers: Indices) -> None:
        self._table = table
        self._numbers = numbers
        reach_m = _REACH * table.accuracy_m[numbers].max(axis=1, initial=0.0)
        self.reach_m = float(reach_m.max(initial=0.0))
        west, south, east, north = shapely.bounds(table.polygons_m[numbers]).T
        boxes = (west - reach_m, south - reach_m, east + reach_m, north + reach_m)
        self._tree = STRtree(shapely.box(*boxes))
        self._extended = functools.cache(self._extended_sides)

    def near(self, west_m: float, south_m: float, east_m: float, north_m: float) -> Indices:
        """Return the numbers of regions that may hold a place of a rectangle, Gauss-Kruger."""
        found: Indices = self._numbers[
            np.sort(self._tree.query(shapely.box(west_m, south_m, east_m, north_m)))
        ]
        return found

    def shares(
        self, regions: Indices, *, easting_m: FloatArray, northing_m: FloatArray
    ) -> FloatArray:
        """Return how likely regions hold places, Gauss-Kruger; shape (places, regions)."""
        places = shapely.points(easting_m, northing_m)
        found = np.empty((len(places), len(regions)))
        for k, number in enumerate(regions.tolist()):
            found[:, k] = self._of_region(number, places)
        return found

    def _of_region(self, number: int, places: Geometries) -> FloatArray:
        table = self._table
        polygon, deviation_m = (
            table.polygons_m[number],
            np.maximum(table.accuracy_m[number] / DEVIATIONS, _LEAST_M),
        )
        shapely.prepare(polygon)
        inside = shapely.contains(polygon, places)
        off_m = shapely.distance(table.sides_m[number], places[:, None])
        if not inside.all():
            outside = np.flatnonzero(~inside)
            off_m[outside] = self._beyond_m(number, places[outside], off_m[outside])
        east, west, south, north = _normal(off_m / deviation_m).T
        shares: FloatArray = np.maximum(east + west - 1, 0.0) * np.maximum(south + north - 1, 0.0)
        return shares

    def _beyond_m(self, number: int, places: Geometries, off_m: FloatArray) -> FloatArray:
        """Return how far places outside lie from each side, negative beyond it; shape (n, 4)."""
        found = off_m
        if not self._table.has_other_rings[number]:
            lines, halves = self._extended(number)
            inner = shapely.contains(halves, places[:, None])
            found = shapely.distance(lines, places[:, None]) * np.where(inner, 1.0, -1.0)
        # Where bends or rings leave a place on no side's far side, it lies beyond the nearest.
        nowhere = np.flatnonzero((found > 0).all(axis=1))
        nearest = off_m[nowhere].argmin(axis=1)
        found[nowhere, nearest] = -off_m[nowhere, nearest]
        return found

    def _extended_sides(self, number: int) -> tuple[Geometries, Geometries]:
        """Return the sides as they go straight on at their ends, and what lies to their left."""
        lines, halves = zip(*map(_extended, self._table.main_sides_m[number]), strict=True)
        shapely.prepare(np.array(halves, dtype=object))
        return np.array(lines, dtype=object), np.array(halves, dtype=object)


def _extended(side: LineString) -> tuple[LineString, Polygon]:
    points = shapely.get_coordinates(side)
    along = (points[-1] - points[0]) / np.hypot(*(points[-1] - points[0]))
    left = np.array([-along[1], along[0]])
    line = np.vstack([points[0] - _EXTENSION_M * along, points, points[-1] + _EXTENSION_M * along])
    far = line[[-1, 0]] + 2 * _EXTENSION_M * left
    return LineString(line), Polygon(np.vstack([line, far])).buffer(0)


_erf: Final = np.vectorize(math.erf, otypes=[np.float64])


def _normal(deviations: FloatArray) -> FloatArray:
    """Return the normal distribution function."""
    found: FloatArray = 0.5 * (1.0 + _erf(deviations / math.sqrt(2.0)))
    return found
