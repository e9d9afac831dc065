"""Where a region may be, and where it surely is, if each of its lines is off by its accuracy.

Everything is measured in Gauss-Kruger.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from shapely import LineString, Polygon, STRtree

from geo.model import RING_ORDER, Side

if TYPE_CHECKING:
    import numpy.typing as npt

    from geo.crs import FloatArray
    from geo.lookup.regions import Geometries, RegionTable

_SIDES: Final = tuple(Side)
_RING_PLACES: Final = [_SIDES.index(side) for side in RING_ORDER]
_MIN_TURN: Final = 0.05
"""Sine of the least angle between neighbouring sides for which their lines' crossing is a bound."""
_ROUNDING_M: Final = 1e-3

_EXTENSION_M: Final = 50_000.0  # how far a side is thought to go on beyond its corners

_MARGIN_M: Final = 0.05
"""Between the two cores and the true one: more than the straight lines between their vertices are
off in degrees (a few millimetres) and rounding together."""
_STEP_M: Final = 250.0
_ARC_STEPS: Final = 32  # of a quarter circle


def are_certain(distances_m: FloatArray, certain_from_m: FloatArray) -> npt.NDArray[np.bool_]:
    """Tell which points their regions hold wherever the lines run within their accuracy.

    Parameters
    ----------
    distances_m : ndarray of float64, shape (n, 4)
        From each point to each side of the region that holds it.
    certain_from_m : ndarray of float64, shape (n, 4)
        The distance from which on a place is certain; infinite for free regions.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    certain: npt.NDArray[np.bool_] = np.logical_and.reduce(distances_m >= certain_from_m, axis=1)
    return certain


class PossibleExtents:
    """The places that each region could hold, computed where they are asked for.

    Safe to share between threads.

    Parameters
    ----------
    table : RegionTable
    """

    def __init__(self, table: RegionTable) -> None:
        sides_m, accuracy_m = table.main_sides_m, table.accuracy_m

        def extent(i: int) -> shapely.Geometry:
            if table.has_other_rings[i]:  # whose place is known: official
                return shapely.buffer(table.polygons_m[i], accuracy_m[i].max())
            return possible_extent(sides_m[i], accuracy_m[i])

        self._extent = functools.cache(extent)
        bounds, bounded = _bounds_m(sides_m, accuracy_m)
        bounded &= ~table.has_other_rings
        for i in np.flatnonzero(~bounded).tolist():
            bounds[i] = self._extent(i).bounds
        self._tree = STRtree(shapely.box(*bounds.T))

    def find(self, area: Polygon) -> tuple[tuple[int, ...], tuple[int, ...], Geometries]:
        """Find the regions that could hold places of an area.

        Parameters
        ----------
        area : Polygon
            Gauss-Kruger.

        Returns
        -------
        everywhere : tuple of int
            The regions that could hold all of the area.
        partly : tuple of int
            Those that could hold a part of it.
        extents : ndarray of Polygon
            The extents of `partly`.
        """
        numbers = np.sort(self._tree.query(area))
        extents = np.array([self._extent(i) for i in numbers.tolist()], dtype=object)
        covers = shapely.covers(extents, area)
        partly = ~covers & shapely.intersects(extents, area)
        return tuple(numbers[covers].tolist()), tuple(numbers[partly].tolist()), extents[partly]


def _bounds_m(
    sides_m: Geometries, accuracy_m: FloatArray
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Enclose the possible extents of many regions without computing them.

    Each side lies to the left of the straight line through its outermost vertex, and its accuracy
    moves that line outwards. The four crossings of neighbouring lines enclose the extent.

    Returns
    -------
    bounds : ndarray of float64, shape (m, 4)
        West, south, east, north, Gauss-Kruger.
    bounded : ndarray of bool, shape (m,)
        False where neighbouring lines hardly cross, so that the bounds say nothing.
    """
    count = len(sides_m)
    outwards, reach = np.zeros((4, count, 2)), np.zeros((4, count))
    for k, place in enumerate(_RING_PLACES):
        lines = sides_m[:, place]
        first = shapely.get_coordinates(shapely.get_point(lines, 0))
        along = shapely.get_coordinates(shapely.get_point(lines, -1)) - first
        along /= np.hypot(*along.T)[:, None]
        outwards[k] = np.column_stack([along[:, 1], -along[:, 0]])
        vertices, line = shapely.get_coordinates(lines, return_index=True)
        farthest = np.full(count, -np.inf)
        np.maximum.at(farthest, line, (vertices * outwards[k][line]).sum(axis=1))
        reach[k] = farthest + accuracy_m[:, place] + _ROUNDING_M
    next_outwards, next_reach = np.roll(outwards, -1, axis=0), np.roll(reach, -1, axis=0)
    (ax, ay), (bx, by) = np.moveaxis(outwards, 2, 0), np.moveaxis(next_outwards, 2, 0)
    turn = ax * by - bx * ay  # sine of the angle between two sides
    bounded = np.logical_and.reduce(turn > _MIN_TURN)
    with np.errstate(divide="ignore", invalid="ignore"):
        x, y = (reach * by - next_reach * ay) / turn, (ax * next_reach - bx * reach) / turn
    bounds = np.column_stack([x.min(axis=0), y.min(axis=0), x.max(axis=0), y.max(axis=0)])
    return bounds, bounded


def possible_extent(sides_m: Geometries, accuracy_m: FloatArray) -> Polygon:
    """Return all places a region could hold if each of its lines moved outwards by its accuracy.

    Parameters
    ----------
    sides_m : ndarray of LineString, shape (4,)
        In the order of `Side`, counterclockwise, Gauss-Kruger.
    accuracy_m : ndarray of float64, shape (4,)

    Returns
    -------
    Polygon
        Gauss-Kruger.
    """
    inner = [_inner_half_plane(sides_m[k]).buffer(accuracy_m[k]) for k in _RING_PLACES]
    return functools.reduce(shapely.intersection, inner)


def certain_cores(
    polygon_m: shapely.Geometry, sides_m: Geometries, accuracy_m: FloatArray
) -> tuple[shapely.Geometry, shapely.Geometry]:
    """Enclose the places that a region holds wherever its lines run within their accuracy.

    Parameters
    ----------
    polygon_m : Polygon or MultiPolygon
        The region, Gauss-Kruger.
    sides_m : ndarray of LineString or MultiLineString, shape (4,)
        Gauss-Kruger.
    accuracy_m : ndarray of float64, shape (4,)

    Returns
    -------
    inner, outer : Geometry
        Gauss-Kruger, possibly empty. In the inner one all points of the region are certain, outside
        the outer one none; in between the distances have to be measured. They are 0.1 m apart, and
        0.03 % of the accuracy around bends.
    """
    # The chords of a buffer's arcs lie inside the true circle.
    reach = 1.0 / math.cos(math.pi / (4 * _ARC_STEPS))
    inner, outer = polygon_m, polygon_m.buffer(_MARGIN_M, join_style="mitre")
    for line, off_m in zip(sides_m, accuracy_m.tolist(), strict=True):
        inner = inner.difference(line.buffer((off_m + _MARGIN_M) * reach, quad_segs=_ARC_STEPS))
        outer = outer.difference(line.buffer(max(off_m - _MARGIN_M, 0.0), quad_segs=_ARC_STEPS))
    return shapely.segmentize(inner, _STEP_M), shapely.segmentize(outer, _STEP_M)


def _inner_half_plane(side: LineString) -> Polygon:
    """Everything to the left of a side that goes straight on beyond its ends."""
    points = shapely.get_coordinates(side)
    along = (points[-1] - points[0]) / np.hypot(*(points[-1] - points[0]))
    left = np.array([-along[1], along[0]])
    extended = np.vstack(
        [points[0] - _EXTENSION_M * along, points, points[-1] + _EXTENSION_M * along]
    )
    far = extended[[-1, 0]] + 2 * _EXTENSION_M * left
    return Polygon(np.vstack([extended, far])).buffer(0)
