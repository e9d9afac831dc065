"""Regions as faces between their four lines, with shared edges identical vertex for vertex.

Everything here is planar in WGS84 degrees: GeoJSON's edges are straight in longitude and latitude
(RFC 7946), and lookups answer for exactly the polygons in the file.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from shapely import LineString, Polygon

from geo.errors import NetworkError
from geo.model import FourBounds, Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt


_ONE_POINT_DEG: Final = 3e-7  # two vertices closer than this could change places when rounded


@dataclass(frozen=True, slots=True)
class Course:
    """The course of a line, with how far it may be off along it.

    Attributes
    ----------
    vertices : ndarray, shape (n, 2)
        WGS84 longitude and latitude.
    accuracy_m : ndarray, shape (n,)
        At each vertex.
    """

    vertices: npt.NDArray[np.float64]
    accuracy_m: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Face:
    """A region between its four lines.

    Attributes
    ----------
    polygon : Polygon
        WGS84, counterclockwise, starting at the south-west corner.
    corners : tuple of (int, int, int, int)
        Indices of the ring's south-west, south-east, north-east and north-west corner: where its
        south, east, north and west side begin.
    accuracy_m : dict of Side to float
        How far each side may be off, at its worst place.
    """

    polygon: Polygon
    corners: tuple[int, int, int, int]
    accuracy_m: dict[Side, float]


def draw_regions(
    bounds: Mapping[str, FourBounds], courses: Mapping[str, Course]
) -> dict[str, Face]:
    """Draw each region as the face between its four lines.

    Parameters
    ----------
    bounds : mapping of str to FourBounds
        Names of the lines, by code of the region.
    courses : mapping of str to Course
        By name; lines that bound no region are ignored.

    Raises
    ------
    NetworkError
        A line is missing, two lines of a region do not cross exactly once, or lines lie on the
        wrong side of a region; all regions with such a problem are named.
    """
    missing = sorted({name for four in bounds.values() for _, name in four} - courses.keys())
    if missing:
        raise NetworkError(f"no geometry for {len(missing)} of the lines: {'、'.join(missing)}")
    noded = _NodedLines(bounds, courses)
    faces: dict[str, Face] = {}
    problems = list(noded.problems)
    for code, four in bounds.items():
        if not noded.has_corners(four):
            continue
        face = noded.face(four)
        if face is None:
            problems.append(f"{code}: {describe(four)} enclose no region, one is on a wrong side")
        else:
            faces[code] = face
    if problems:
        raise NetworkError("\n".join(problems))
    return faces


def describe(bounds: FourBounds) -> str:
    """Return the four bounds in the gazette's form."""
    return f"东至{bounds.east}、西至{bounds.west}、南至{bounds.south}、北至{bounds.north}"


class _NodedLines:
    """Lines with a vertex at every corner of a region."""

    def __init__(self, bounds: Mapping[str, FourBounds], courses: Mapping[str, Course]) -> None:
        self.problems: list[str] = []
        self._courses = courses
        self._lines = {name: LineString(course.vertices) for name, course in courses.items()}
        self._corners: dict[tuple[str, str], shapely.Point] = {}
        # Two names can stand for one course; then a corner on either is a vertex of both.
        nodes: dict[bytes, set[tuple[float, float]]] = defaultdict(set)
        for code, four in bounds.items():
            for ns, ew in _corner_lines(four):
                corner = self._corner(code, ns, ew)
                if corner is not None:
                    for name in (ns, ew):
                        nodes[self._course_key(name)].add((corner.x, corner.y))
        self._noded = {
            name: _insert(courses[name], nodes[self._course_key(name)])
            for name in {name for four in bounds.values() for _, name in four}
        }

    def has_corners(self, four: FourBounds) -> bool:
        return all(pair in self._corners for pair in _corner_lines(four))

    def face(self, four: FourBounds) -> Face | None:
        """Return the face between four lines; None if they do not lie around one."""
        sw, se, ne, nw = (self._corners[pair] for pair in _corner_lines(four))
        if len({sw, se, ne, nw}) < 4:
            return None
        sides = {
            Side.SOUTH: self._cut(four.south, sw, se),
            Side.EAST: self._cut(four.east, se, ne),
            Side.NORTH: self._cut(four.north, ne, nw),
            Side.WEST: self._cut(four.west, nw, sw),
        }
        ring = np.concatenate([course.vertices[:-1] for course in sides.values()])
        middle = {side: course.vertices.mean(axis=0) for side, course in sides.items()}
        across = middle[Side.EAST] - middle[Side.WEST], middle[Side.NORTH] - middle[Side.SOUTH]
        polygon = Polygon(ring)
        if across[0][0] <= 0 or across[1][1] <= 0 or not polygon.is_valid:
            return None
        starts = np.cumsum([0, *(len(course.vertices) - 1 for course in sides.values())])
        return Face(
            polygon=polygon,
            corners=(int(starts[0]), int(starts[1]), int(starts[2]), int(starts[3])),
            accuracy_m={side: float(course.accuracy_m.max()) for side, course in sides.items()},
        )

    def _corner(self, code: str, ns: str, ew: str) -> shapely.Point | None:
        if (ns, ew) not in self._corners:
            crossing = self._lines[ns].intersection(self._lines[ew])
            if crossing.geom_type != "Point" or crossing.is_empty:
                times = shapely.get_num_geometries(crossing)
                how = f"cross {times} times" if times > 1 else "do not cross"
                self.problems.append(f"{code}: {ns} and {ew} {how}; a corner needs one crossing")
                return None
            near = (p for p in self._corners.values() if p.distance(crossing) < _ONE_POINT_DEG)
            self._corners[ns, ew] = next(near, crossing)
        return self._corners[ns, ew]

    def _cut(self, name: str, start: shapely.Point, end: shapely.Point) -> Course:
        course = self._noded[name]
        first = _vertex(course, start)
        last = _vertex(course, end)
        step = 1 if last >= first else -1
        indices = np.arange(first, last + step, step)
        return Course(course.vertices[indices], course.accuracy_m[indices])

    def _course_key(self, name: str) -> bytes:
        return self._courses[name].vertices.tobytes()


def _corner_lines(four: FourBounds) -> tuple[tuple[str, str], ...]:
    """Pairs (north-south line, east-west line) at the SW, SE, NE and NW corner."""
    return (
        (four.west, four.south),
        (four.east, four.south),
        (four.east, four.north),
        (four.west, four.north),
    )


def _insert(course: Course, corners: Iterable[tuple[float, float]]) -> Course:
    """Add corners as vertices, each at its place along the course.

    A vertex of the course next to a corner gives way to it.
    """
    line = LineString(course.vertices)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(course.vertices, axis=0).T))])
    corner_points = np.array(sorted(corners)).reshape(-1, 2)
    corners_along = shapely.line_locate_point(line, shapely.points(corner_points))
    gap = np.abs(np.subtract.outer(along, corners_along)).min(axis=1, initial=np.inf)
    kept = gap >= _ONE_POINT_DEG
    places = np.concatenate([along[kept], corners_along])
    order = np.argsort(places, kind="stable")
    return Course(
        vertices=np.concatenate([course.vertices[kept], corner_points])[order],
        accuracy_m=np.interp(places[order], along, course.accuracy_m),
    )


def _vertex(course: Course, point: shapely.Point) -> int:
    return int(np.flatnonzero((course.vertices == (point.x, point.y)).all(axis=1))[0])
