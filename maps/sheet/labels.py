"""Where labels go: inside regions, beside them on a leader line, and along boundary lines.

Pure geometry in mm on paper. A label is taken as the rectangle that its characters fill.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import shapely
from shapely import LineString, Point, Polygon, affinity

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

_GRID_MM: Final = 1.0  # places inside a region are tried this far apart
_ALONG_MM: Final = 3.0  # places along a line
_AROUND_MM: Final = 4.0  # rings of places around a region
_AROUND_REACH_MM: Final = 80.0
_MAX_BEND_MM: Final = 0.9  # a straight label strays this far from its line at most
_ENOUGH_ROOM_MM: Final = 12.0  # beyond this, more room around a label does not make it better


class Along(NamedTuple):
    """A label on a line: the middle of its text, and its angle, counterclockwise from east."""

    x: float
    y: float
    rotation_deg: float


def rectangle(
    x: float, y: float, width: float, height: float, rotation_deg: float = 0.0
) -> Polygon:
    """Return the rectangle of a label around its middle."""
    upright = shapely.box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    return affinity.rotate(upright, rotation_deg) if rotation_deg else upright


def place_inside(
    area: shapely.Geometry, width: float, height: float, taken: Sequence[shapely.Geometry]
) -> Point | None:
    """Find the place for a label in an area that leaves it most room on all sides.

    Parameters
    ----------
    area : Polygon or MultiPolygon
    width, height : float
    taken : sequence of Geometry
        What the label must not touch.

    Returns
    -------
    Point or None
        The label's middle; None if it has no room.
    """
    if area.is_empty:
        return None
    west, south, east, north = area.bounds
    x = np.arange(west + width / 2, east - width / 2, _GRID_MM)
    y = np.arange(south + height / 2, north - height / 2, _GRID_MM)
    if not x.size or not y.size:
        return None
    middles = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    half = np.array([width / 2, height / 2])
    boxes = shapely.box(*(middles - half).T, *(middles + half).T)
    shapely.prepare(area)
    fits = shapely.contains_properly(area, boxes)
    if taken:
        tree = shapely.STRtree(list(taken))
        hit, _ = tree.query(boxes, predicate="intersects")
        fits[hit] = False
    if not fits.any():
        return None
    boxes, middles = boxes[fits], middles[fits]
    room = np.minimum(shapely.distance(area.boundary, boxes), _ENOUGH_ROOM_MM)
    off_centre = np.hypot(*(middles - shapely.get_coordinates(area.centroid)[0]).T)
    return Point(middles[np.lexsort((off_centre, -np.floor(room)))[0]])


def place_beside(
    region: Polygon,
    width: float,
    height: float,
    taken: Sequence[shapely.Geometry],
    frame: Polygon,
) -> tuple[Point, LineString] | None:
    """Find the nearest free place for a label around a region that is too small for it.

    Parameters
    ----------
    region : Polygon
    width, height : float
    taken : sequence of Geometry
        What the label must not touch; its leader line may cross it.
    frame : Polygon
        What the label must lie in.

    Returns
    -------
    tuple of (Point, LineString) or None
        The label's middle, and the leader line from the region's inside to the label's edge.
    """
    anchor = region.representative_point()
    tree = shapely.STRtree(list(taken))
    for distance in np.arange(_AROUND_MM, _AROUND_REACH_MM, _AROUND_MM):
        for angle in np.arange(0, 2 * math.pi, math.pi / 8):
            x = anchor.x + (distance + width / 2) * math.cos(angle)
            y = anchor.y + (distance + height / 2) * math.sin(angle)
            box = rectangle(x, y, width, height)
            if (
                frame.contains_properly(box)
                and not region.intersects(box)
                and not tree.query(box, predicate="intersects").size
            ):
                end = shapely.shortest_line(box, anchor).coords[0]
                return Point(x, y), LineString([anchor.coords[0], end])
    return None


def place_along(
    line: LineString,
    length: float,
    height: float,
    taken: Sequence[shapely.Geometry],
    *,
    spacing: float,
) -> list[Along]:
    """Find places for a name along a line, on the line.

    Parameters
    ----------
    line : LineString
    length, height : float
        Size of the name along the line and across it.
    taken : sequence of Geometry
        What the name must not touch.
    spacing : float
        The name is repeated about this often.

    Returns
    -------
    list of Along
        Empty if there is no place. Angles are from −90° to 90°.
    """
    middles = np.arange(length / 2, line.length - length / 2, _ALONG_MM)
    if not middles.size:
        return []
    first = middles - length / 2
    starts, ends = _points(line, first), _points(line, first + length)
    centres = (starts + ends) / 2
    bends = np.max(
        [
            np.hypot(*(starts + part * (ends - starts) - _points(line, first + part * length)).T)
            for part in (0.2, 0.35, 0.5, 0.65, 0.8)
        ],
        axis=0,
    )
    places = [
        Along(float(x), float(y), _upright(math.degrees(math.atan2(dy, dx))))
        for (x, y), (dx, dy) in zip(centres, ends - starts, strict=True)
    ]
    boxes = np.array([rectangle(p.x, p.y, length, height, p.rotation_deg) for p in places])
    free = bends <= _MAX_BEND_MM
    if taken:
        hit, _ = shapely.STRtree(list(taken)).query(boxes, predicate="intersects")
        free[hit] = False
    chosen: list[Along] = []
    for target in _targets(line.length, spacing):
        open_ = np.flatnonzero(free)
        if open_.size:
            best = int(open_[np.argmin(np.abs(middles[open_] - target))])
            chosen.append(places[best])
            free &= np.abs(middles - middles[best]) > max(length, spacing / 2)
    return chosen


def _points(line: LineString, along: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    points: npt.NDArray[np.float64]
    points = shapely.get_coordinates(shapely.line_interpolate_point(line, along))
    return points


def _targets(length: float, spacing: float) -> npt.NDArray[np.float64]:
    count = max(1, round(length / spacing))
    targets: npt.NDArray[np.float64] = (np.arange(count) + 0.5) * length / count
    return targets


def _upright(degrees: float) -> float:
    """Turn an angle by half a turn if text would stand on its head."""
    return (degrees + 90.0) % 180.0 - 90.0
