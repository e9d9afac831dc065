"""The schematic network: where lines run when nobody has surveyed them.

Order and positions come from the gazette's own statements (`positions`), courses from what
was observed: an observed line runs through its points and turns as the streets around it
(`bends`); a line that nobody observed is blended between its observed neighbours, so it
bends as they bend. How far each line may be off is computed afterwards (`accuracy`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import isotonic_regression

from geo.crs import from_wgs84
from geo.model import Axis, Side
from geo.network.accuracy import DIRECTION_TOLERANCE, allowed_intervals
from geo.network.bends import StationGrid, fit_bends
from geo.network.positions import Anchor, solve_positions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from geo.gazette.constraints import OrderConstraints
    from geo.gazette.notice import Notice
    from geo.network.evidence import Evidence, Observation, ObservedLine

STATION_SPACING_M: Final = 250.0
"""Distance of the vertices of a drawn line."""

_REACH_M: Final = 15_000.0  # how far beyond the evidence bends are drawn, before positions exist
_MARGIN_M: Final = 1_500.0  # how far beyond the outermost line a line is drawn
_ROUNDS: Final = 8  # of drawing wider; each adds less
_LEAST_SHARE: Final = 0.4  # of the distance of two observed lines, kept where they draw near


@dataclass(frozen=True)
class DrawnLine:
    """A line as the schematic network draws it.

    Attributes
    ----------
    name : str
    axis : Axis
    stations_m : ndarray, shape (n,)
        Gauss-Kruger northings for a north-south line, eastings for an east-west one, increasing.
    across_m : ndarray, shape (n,)
        Gauss-Kruger coordinate across the axis at each station.
    accuracy_m : ndarray, shape (n,)
        How far the true line may be from there, across the axis.
    source : str
        What holds the line in place.
    """

    name: str
    axis: Axis
    stations_m: npt.NDArray[np.float64]
    across_m: npt.NDArray[np.float64]
    accuracy_m: npt.NDArray[np.float64]
    source: str


@dataclass(frozen=True)
class Schematic:
    """The schematic network of one edition.

    Attributes
    ----------
    lines : dict of str to DrawnLine
        Every line that is mentioned, also those that bound no region.
    relaxed : tuple of str
        Statements and observations that could not hold, in words.
    """

    lines: dict[str, DrawnLine]
    relaxed: tuple[str, ...]


def draw_schematic(constraints: OrderConstraints, evidence: Evidence, notice: Notice) -> Schematic:
    """Draw every line that an edition mentions.

    Parameters
    ----------
    constraints : OrderConstraints
    evidence : Evidence
    notice : Notice
        Its centre places a city of which nothing was observed.

    Raises
    ------
    NetworkError
        No layout of the lines was found.
    """
    observed = _Observed(constraints, evidence, notice)
    layout = solve_positions(
        constraints,
        observed.anchors(),
        {name: observed.centre_m[axis] for name, axis in constraints.axes.items()},
    )
    names_of = {
        axis: sorted(constraints.lines_of(axis), key=lambda name: (layout.metres[name], name))
        for axis in Axis
    }
    grid = _grid(layout.metres, constraints.axes)
    for _ in range(_ROUNDS):
        courses_of = {
            axis: _blend(
                names, layout.metres, observed.courses(axis, grid.stations_m(axis)), grid, axis
            )
            for axis, names in names_of.items()
        }
        if (wider := _holding(courses_of, grid)) is grid:
            break
        grid = wider
    lines: dict[str, DrawnLine] = {}
    for axis, courses in courses_of.items():
        stations_m = grid.stations_m(axis)
        intervals = allowed_intervals(
            courses=courses,
            stations_m=stations_m,
            statements=[
                fact
                for fact in constraints.order
                if constraints.axes[fact.before] is axis and fact not in layout.let_go
            ],
            sides=_opposite_bounds(constraints, axis),
            observations=[o for o in evidence.observations if o.line in courses],
            centrelines=[c for c in evidence.centrelines if c.line in courses],
            axis=axis,
        )
        for name in names_of[axis]:
            lines[name] = DrawnLine(
                name=name,
                axis=axis,
                stations_m=stations_m,
                across_m=courses[name],
                accuracy_m=intervals[name].half_m,
                source=observed.source(name),
            )
    return Schematic(lines, layout.relaxed)


def _opposite_bounds(constraints: OrderConstraints, axis: Axis) -> list[tuple[str, str]]:
    if axis is Axis.NS:
        return [(four.west, four.east) for four in constraints.bounds.values()]
    return [(four.south, four.north) for four in constraints.bounds.values()]


@dataclass(frozen=True)
class _Course:
    """An observed line along all stations, and how well it is known at each."""

    across_m: npt.NDArray[np.float64]
    error_m: npt.NDArray[np.float64]


class _Observed:
    """The lines that were observed, and their courses."""

    def __init__(self, constraints: OrderConstraints, evidence: Evidence, notice: Notice) -> None:
        self._axes = constraints.axes
        self._centrelines = {c.line: c for c in evidence.centrelines if c.line in constraints.axes}
        self._points: dict[str, list[Observation]] = {}
        self._limits: list[Observation] = []
        for point in evidence.observations:
            if point.line not in constraints.axes:
                continue
            if point.limit is not None:
                self._limits.append(point)
            elif point.line not in self._centrelines:
                self._points.setdefault(point.line, []).append(point)
        places = [(p.easting_m, p.northing_m) for p in evidence.observations]
        if not places:
            places = [_middle(c) for c in self._centrelines.values()]
        if not places:
            centre = {"lon": notice.centre_lon, "lat": notice.centre_lat}
            places = [from_wgs84(**centre, crs=notice.metric_crs)]
        easting_m, northing_m = np.median(places, axis=0)
        self.centre_m = {Axis.NS: float(easting_m), Axis.EW: float(northing_m)}
        box = np.array(places)
        self._grid = StationGrid(
            eastings_m=_stations(box[:, 0].min() - _REACH_M, box[:, 0].max() + _REACH_M),
            northings_m=_stations(box[:, 1].min() - _REACH_M, box[:, 1].max() + _REACH_M),
        )
        self._bends = fit_bends(self._points, constraints.axes, self._grid)

    def anchors(self) -> list[Anchor]:
        """Return where the program must place the observed lines.

        A line with a course is taken where it crosses the middle of the city; how well it is
        known there follows from the distance to its nearest point.
        """
        anchors = []
        for axis in Axis:
            middle_m = np.array([self.centre_m[axis.other]])
            for line, course in self.courses(axis, middle_m).items():
                place_m = float(course.across_m[0])
                anchors.append(Anchor(line, place_m, place_m, float(course.error_m[0])))
        for limit in self._limits:
            at_m = limit.across_m(self._axes[limit.line])
            below = limit.limit in {Side.WEST, Side.SOUTH}
            low_m, high_m = (-np.inf, at_m) if below else (at_m, np.inf)
            anchors.append(Anchor(limit.line, low_m, high_m, limit.error_m))
        return anchors

    def courses(self, axis: Axis, stations_m: npt.NDArray[np.float64]) -> dict[str, _Course]:
        """Return the course of every observed line of an axis at the given stations."""
        found = {}
        for line, centreline in self._centrelines.items():
            if self._axes[line] is axis:
                found[line] = _centreline_course(centreline, axis, stations_m)
        for line, points in self._points.items():
            if self._axes[line] is axis:
                across_m = np.interp(stations_m, self._grid.stations_m(axis), self._bends[line])
                errors_m = [
                    point.error_m + DIRECTION_TOLERANCE * np.abs(stations_m - point.along_m(axis))
                    for point in points
                ]
                found[line] = _Course(across_m, np.min(errors_m, axis=0))
        return found

    def source(self, line: str) -> str:
        """Say what holds a line in place."""
        if line in self._centrelines:
            return self._centrelines[line].source
        if line in self._points:
            return "control points " + ", ".join(point.id for point in self._points[line])
        return "order alone"


def _centreline_course(
    centreline: ObservedLine, axis: Axis, stations_m: npt.NDArray[np.float64]
) -> _Course:
    """Sample a centreline at stations; beyond its ends it runs straight along the axis."""
    across_m = centreline.across_m(axis, stations_m)
    known = np.flatnonzero(~np.isnan(across_m))
    if not known.size:  # shorter than the distance of two stations
        along_m, at_m = _middle(centreline)[:: -1 if axis is Axis.NS else 1]
        distance_m = np.abs(stations_m - along_m)
        across_m = np.full(stations_m.shape, at_m)
    else:
        nearest = known[np.abs(np.subtract.outer(stations_m, stations_m[known])).argmin(axis=1)]
        distance_m = np.abs(stations_m - stations_m[nearest])
        across_m = across_m[nearest]
    return _Course(across_m, centreline.error_m + DIRECTION_TOLERANCE * distance_m)


def _blend(
    names: Sequence[str],
    metres: Mapping[str, float],
    observed: Mapping[str, _Course],
    grid: StationGrid,
    axis: Axis,
) -> dict[str, npt.NDArray[np.float64]]:
    """Draw all lines of one axis in their order: the observed ones first, the others between."""
    stations_m = grid.stations_m(axis)
    known = [name for name in names if name in observed]
    if not known:
        size = stations_m.size
        return {name: np.full(size, metres[name]) for name in names}
    knots_m = np.array([metres[name] for name in known])
    least_m = _LEAST_SHARE * (knots_m - knots_m[0])
    across_m = np.array([observed[name].across_m for name in known])
    weights = np.array([1.0 / np.maximum(observed[name].error_m, 1.0) ** 2 for name in known])
    for k in range(stations_m.size):  # observed lines that were extrapolated must not cross
        ordered = isotonic_regression(across_m[:, k] - least_m, weights=weights[:, k])
        across_m[:, k] = ordered.x + least_m
    courses = {}
    for name in names:
        if name in observed:
            courses[name] = across_m[known.index(name)]
            continue
        at_m = metres[name]
        above = int(np.searchsorted(knots_m, at_m))
        low, high = max(above - 1, 0), min(above, len(known) - 1)
        width_m = knots_m[high] - knots_m[low]
        share = (at_m - knots_m[low]) / width_m if width_m else 0.0
        beyond_m = at_m - knots_m[low] if low == high else 0.0
        courses[name] = (1 - share) * across_m[low] + share * across_m[high] + beyond_m
    return courses


def _grid(metres: Mapping[str, float], axes: Mapping[str, Axis]) -> StationGrid:
    """Lay the stations over all lines and a margin."""

    def span(axis: Axis) -> npt.NDArray[np.float64]:
        places = [metres[name] for name in axes if axes[name] is axis]
        return _stations(min(places) - _MARGIN_M, max(places) + _MARGIN_M)

    return StationGrid(eastings_m=span(Axis.NS), northings_m=span(Axis.EW))


def _holding(
    courses_of: Mapping[Axis, Mapping[str, npt.NDArray[np.float64]]], grid: StationGrid
) -> StationGrid:
    """Return a grid as wide as the courses run; the same one if it is.

    In a city that lies at an angle to the axes lines run farther across than where they pass the
    city's middle, and those that they cross must reach as far.
    """

    def span(axis: Axis) -> npt.NDArray[np.float64]:
        stations_m = grid.stations_m(axis)
        crossed = np.array(list(courses_of[axis.other].values()))
        low_m, high_m = crossed.min(), crossed.max()
        if stations_m[0] <= low_m and high_m <= stations_m[-1]:
            return stations_m
        return _stations(
            min(stations_m[0], low_m - _MARGIN_M), max(stations_m[-1], high_m + _MARGIN_M)
        )

    eastings_m, northings_m = span(Axis.EW), span(Axis.NS)
    if eastings_m is grid.eastings_m and northings_m is grid.northings_m:
        return grid
    return StationGrid(eastings_m=eastings_m, northings_m=northings_m)


def _stations(low_m: float, high_m: float) -> npt.NDArray[np.float64]:
    first, last = np.floor(low_m / STATION_SPACING_M), np.ceil(high_m / STATION_SPACING_M)
    return np.arange(first, last + 1) * STATION_SPACING_M


def _middle(centreline: ObservedLine) -> tuple[float, float]:
    easting_m, northing_m = np.median(np.concatenate(centreline.pieces), axis=0)
    return float(easting_m), float(northing_m)
