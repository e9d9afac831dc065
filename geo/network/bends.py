"""How observed lines bend: a field of local turn, fitted to what was observed.

The streets of one quarter are turned by one angle. That angle, the turn, is a smooth field over
the city; every observed street follows it, and what is observed of a street tells the turn around
it. Fitted by least squares, so two streets that disagree meet in the middle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.linalg import spsolve

from geo.model import Axis

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from geo.network.evidence import Observation

_CELL_M: Final = 1000.0  # spacing of the nodes of the turn field

# Standard deviations; turns are tangents of angles, counted anticlockwise.
_OWN_TURN: Final = 0.1  # of one street's direction against the turn of its quarter
_TURN_CHANGE: Final = 0.15  # of the turn over one cell
_TURN: Final = 0.3  # of the turn itself, where nothing is observed


@dataclass(frozen=True)
class StationGrid:
    """Stations at which lines are drawn: northings along north-south lines, eastings along others.

    Attributes
    ----------
    eastings_m, northings_m : ndarray, shape (n,) and (m,)
        Gauss-Kruger, evenly spaced, increasing.
    """

    eastings_m: npt.NDArray[np.float64]
    northings_m: npt.NDArray[np.float64]

    def stations_m(self, axis: Axis) -> npt.NDArray[np.float64]:
        """Return the stations along lines of an axis."""
        return self.northings_m if axis is Axis.NS else self.eastings_m


def fit_bends(
    observations: Mapping[str, Sequence[Observation]], axes: Mapping[str, Axis], grid: StationGrid
) -> dict[str, npt.NDArray[np.float64]]:
    """Draw observed streets through their points, turned as the streets around them.

    Parameters
    ----------
    observations : mapping of str to sequence of Observation
        By line; each line has at least one.
    axes : mapping of str to Axis
    grid : StationGrid

    Returns
    -------
    dict of str to ndarray, shape (stations,)
        Gauss-Kruger coordinate across the axis at the stations along it, by line.
    """
    if not observations:
        return {}
    system = _LeastSquares()
    nodes = _TurnNodes(grid, system)
    nodes.smooth()
    curves = {}
    for line, points in observations.items():
        axis = axes[line]
        stations_m = grid.stations_m(axis)
        curve = curves[line] = system.unknowns(stations_m.size)
        for point in points:
            weights = _interpolation(stations_m, point.along_m(axis))
            row = {int(curve[k]): weight for k, weight in weights.items()}
            system.add(row, point.across_m(axis), max(point.error_m, 1.0))
        # A street that leans west going north rises going east: one turn, opposite slopes.
        sign = 1.0 if axis is Axis.NS else -1.0
        across_m = float(np.mean([point.across_m(axis) for point in points]))
        for k in range(stations_m.size - 1):
            step_m = stations_m[k + 1] - stations_m[k]
            middle_m = (stations_m[k] + stations_m[k + 1]) / 2
            place = (across_m, middle_m) if axis is Axis.NS else (middle_m, across_m)
            row = {int(curve[k + 1]): 1 / step_m, int(curve[k]): -1 / step_m}
            for node, weight in nodes.at(easting_m=place[0], northing_m=place[1]).items():
                row[node] = sign * weight
            system.add(row, 0.0, _OWN_TURN)
    solution = system.solve()
    return {line: solution[curve] for line, curve in curves.items()}


class _LeastSquares:
    """A sparse linear least-squares problem that grows row by row."""

    def __init__(self) -> None:
        self._size = 0
        self._rows: list[int] = []
        self._columns: list[int] = []
        self._values: list[float] = []
        self._right: list[float] = []

    def unknowns(self, count: int) -> npt.NDArray[np.int64]:
        self._size += count
        return np.arange(self._size - count, self._size)

    def add(self, row: Mapping[int, float], right: float, deviation: float) -> None:
        for column, value in row.items():
            self._rows.append(len(self._right))
            self._columns.append(column)
            self._values.append(value / deviation)
        self._right.append(right / deviation)

    def solve(self) -> npt.NDArray[np.float64]:
        shape = (len(self._right), self._size)
        matrix = coo_array((self._values, (self._rows, self._columns)), shape=shape).tocsc()
        solution: npt.NDArray[np.float64] = spsolve(
            (matrix.T @ matrix).tocsc(), matrix.T @ np.array(self._right)
        )
        return solution


class _TurnNodes:
    """The nodes of the turn field and how a place depends on them."""

    def __init__(self, grid: StationGrid, system: _LeastSquares) -> None:
        self._eastings_m = _nodes(grid.eastings_m)
        self._northings_m = _nodes(grid.northings_m)
        shape = (self._northings_m.size, self._eastings_m.size)
        self._system = system
        self._index = system.unknowns(shape[0] * shape[1]).reshape(shape)

    def smooth(self) -> None:
        for a, b in (
            (self._index[1:], self._index[:-1]),
            (self._index[:, 1:], self._index[:, :-1]),
        ):
            for i, j in zip(a.ravel(), b.ravel(), strict=True):
                self._system.add({int(i): 1.0, int(j): -1.0}, 0.0, _TURN_CHANGE)
        for i in self._index.ravel():
            self._system.add({int(i): 1.0}, 0.0, _TURN)

    def at(self, *, easting_m: float, northing_m: float) -> dict[int, float]:
        return {
            int(self._index[j, i]): wide * high
            for i, wide in _interpolation(self._eastings_m, easting_m).items()
            for j, high in _interpolation(self._northings_m, northing_m).items()
        }


def _nodes(stations_m: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.arange(stations_m[0], stations_m[-1] + _CELL_M, _CELL_M)


def _interpolation(stations_m: npt.NDArray[np.float64], at_m: float) -> dict[int, float]:
    """Weights of the two stations around a coordinate; the nearest one's beyond the ends."""
    last = stations_m.size - 1
    place = float(np.interp(at_m, stations_m, np.arange(stations_m.size)))
    k = min(int(place), last - 1)
    return {k: 1.0 - (place - k), k + 1: place - k}
