"""Where a region may be, given that each of its lines may be off by its accuracy; in EPSG:4547."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from shapely import LineString, Polygon

from geo.model import RING_ORDER

if TYPE_CHECKING:
    from geo.model import Side

_EXTENSION_M: Final = 50_000.0  # how far a side is thought to go on beyond its corners

_MARGIN_M: Final = 0.05
"""Between the two cores and the true one: more than the straight lines between their vertices are
off in degrees (a few millimetres) and rounding together."""
_STEP_M: Final = 250.0
_ARC_STEPS: Final = 32  # of a quarter circle


def possible_extent(sides: dict[Side, LineString], accuracy_m: dict[Side, float]) -> Polygon:
    """Return all places a region could hold if each of its lines moved outwards by its accuracy.

    Parameters
    ----------
    sides : dict of Side to LineString
        Counterclockwise, EPSG:4547.
    accuracy_m : dict of Side to float

    Returns
    -------
    Polygon
        EPSG:4547.
    """
    extent = None
    for side in RING_ORDER:
        inner = _inner_half_plane(sides[side]).buffer(accuracy_m[side])
        extent = inner if extent is None else extent.intersection(inner)
    return extent


def certain_cores(
    polygon: Polygon, sides: dict[Side, LineString], accuracy_m: dict[Side, float]
) -> tuple[shapely.Geometry, shapely.Geometry]:
    """Enclose the places that a region holds wherever its lines run within their accuracy.

    Parameters
    ----------
    polygon : Polygon
        The region, EPSG:4547.
    sides : dict of Side to LineString
        EPSG:4547.
    accuracy_m : dict of Side to float

    Returns
    -------
    inner, outer : Geometry
        EPSG:4547, possibly empty. In the inner one all points of the region are certain, outside
        the outer one none; in between the distances have to be measured. They are 0.1 m apart, and
        0.03 % of the accuracy around bends.
    """
    # The chords of a buffer's arcs lie inside the true circle.
    reach = 1.0 / math.cos(math.pi / (4 * _ARC_STEPS))
    inner = outer = polygon
    outer = outer.buffer(_MARGIN_M, join_style="mitre")
    for side, line in sides.items():
        far_m = (accuracy_m[side] + _MARGIN_M) * reach
        inner = inner.difference(line.buffer(far_m, quad_segs=_ARC_STEPS))
        near_m = max(accuracy_m[side] - _MARGIN_M, 0.0)
        outer = outer.difference(line.buffer(near_m, quad_segs=_ARC_STEPS))
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
