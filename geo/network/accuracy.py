"""How far each line could move from where it is drawn without breaking a fact.

Written in the displacement of a line from its drawn course at each station, every fact is a
difference constraint: *this displacement is at most that one plus so many metres*. The drawn
network satisfies them all, so none of the metres is negative, and the widest displacement that the
facts allow together is the length of a shortest path from what was observed. No solver is needed,
and the path itself is the reason for the number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo.gazette.constraints import MIN_SPACING_M
from geo.model import Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    from geo.gazette.constraints import Precedence
    from geo.model import Axis
    from geo.network.evidence import Observation, ObservedLine

DIRECTION_TOLERANCE: Final = 0.12
"""Tangent of the angle, 7°, by which a true line's direction may differ from the drawn one.

An assumption. Observed streets of this city turn by up to 19° from one quarter to the next, and
drawn lines follow what is observed of that. The calibration over synthetic cities
(``tests/calibration.py``) measures how well it holds.
"""

MAX_REGION_SIDE_M: Final = 4_000.0
"""No region is wider or higher than this, or than half as much again as it is drawn where the
gazette's order demands more; nor does the published area reach further beyond the outermost drawn
line. An assumption that keeps the interval of a line that is open on one side finite."""

_SOURCE: Final = 0  # node of everything observed; the stations follow
_NEXT_TO_NOTHING_M: Final = 1e-6  # a sparse graph takes an edge of weight 0 for none


@dataclass(frozen=True, slots=True)
class Interval:
    """How far a line may move at each of its stations, in metres across its axis.

    Attributes
    ----------
    below_m, above_m : ndarray, shape (n,)
        To the west and east for a north-south line, to the south and north for an east-west one.
    """

    below_m: npt.NDArray[np.float64]
    above_m: npt.NDArray[np.float64]

    @property
    def half_m(self) -> npt.NDArray[np.float64]:
        """Half the interval at each station: the line's accuracy."""
        return (self.below_m + self.above_m) / 2


def allowed_intervals(
    *,
    courses: Mapping[str, npt.NDArray[np.float64]],
    stations_m: npt.NDArray[np.float64],
    statements: Sequence[Precedence],
    sides: Iterable[tuple[str, str]],
    observations: Iterable[Observation],
    centrelines: Iterable[ObservedLine],
    axis: Axis,
) -> dict[str, Interval]:
    """Compute the interval each line of one axis could move in.

    Parameters
    ----------
    courses : mapping of str to ndarray, shape (n,)
        The drawn lines: Gauss-Kruger coordinate across the axis at each station.
    stations_m : ndarray, shape (n,)
        Gauss-Kruger coordinate along the axis.
    statements : sequence of Precedence
        Order of these lines.
    sides : iterable of (str, str)
        Opposite bounds of one region, lower coordinate first.
    observations : iterable of Observation
    centrelines : iterable of ObservedLine
    axis : Axis
    """
    constraints = _Displacements(courses, stations_m)
    for fact in statements:
        gap_m = courses[fact.after] - courses[fact.before]
        constraints.no_closer(fact.before, fact.after, np.maximum(gap_m - MIN_SPACING_M, 0.0))
    for low, high in sides:
        gap_m = courses[high] - courses[low]
        constraints.no_farther(low, high, np.maximum(MAX_REGION_SIDE_M - gap_m, 0.5 * gap_m))
    lowest_m = np.min(list(courses.values()), axis=0) - MAX_REGION_SIDE_M
    highest_m = np.max(list(courses.values()), axis=0) + MAX_REGION_SIDE_M
    for name, across_m in courses.items():
        constraints.observed(name, across_m - lowest_m, highest_m - across_m)
    for point in observations:
        drawn_m = np.interp(point.along_m(axis), stations_m, courses[point.line])
        miss_m = point.across_m(axis) - float(drawn_m)
        distance_m = np.abs(stations_m - point.along_m(axis))
        below_m, above_m = _room(miss_m, point.error_m)
        away_m = DIRECTION_TOLERANCE * distance_m
        constraints.observed(
            point.line,
            away_m + (np.inf if point.limit in {Side.WEST, Side.SOUTH} else below_m),
            away_m + (np.inf if point.limit in {Side.EAST, Side.NORTH} else above_m),
        )
    for line in centrelines:
        misses_m = np.abs(line.across_m(axis, stations_m) - courses[line.line])
        error_m = np.where(np.isnan(misses_m), np.inf, line.error_m + misses_m)
        constraints.observed(line.line, error_m, error_m)
    return constraints.widest()


def _room(miss_m: float, error_m: float) -> tuple[float, float]:
    """Return how far the line may move down and up when its drawn course misses a point.

    If it misses by more than the point's error, the facts contradict the point; then either may
    be wrong and the line may be anywhere between.
    """
    if abs(miss_m) > error_m:
        return error_m + abs(miss_m), error_m + abs(miss_m)
    return error_m - miss_m, error_m + miss_m


class _Displacements:
    """The graph of difference constraints between displacements at stations."""

    def __init__(
        self,
        courses: Mapping[str, npt.NDArray[np.float64]],
        stations_m: npt.NDArray[np.float64],
    ) -> None:
        count = stations_m.size
        self._nodes = {
            name: np.arange(1 + i * count, 1 + (i + 1) * count) for i, name in enumerate(courses)
        }
        self._size = 1 + len(self._nodes) * count
        # Edges (from, to, metres) that bound displacements from above; those that bound them from
        # below are the same ones turned round, except what was observed.
        self._edges: list[tuple[npt.NDArray[np.int64], ...]] = []
        self._metres: list[npt.NDArray[np.float64]] = []
        self._below: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]] = []
        self._above: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]] = []
        bend_m = DIRECTION_TOLERANCE * np.diff(stations_m)
        for nodes in self._nodes.values():
            self._add(nodes[:-1], nodes[1:], bend_m)
            self._add(nodes[1:], nodes[:-1], bend_m)

    def no_closer(self, before: str, after: str, slack_m: npt.NDArray[np.float64]) -> None:
        """Let the first line rise above the second's displacement by the slack at most."""
        self._add(self._nodes[after], self._nodes[before], slack_m)

    def no_farther(self, before: str, after: str, slack_m: npt.NDArray[np.float64]) -> None:
        """Let the second line rise above the first's displacement by the slack at most."""
        self._add(self._nodes[before], self._nodes[after], slack_m)

    def observed(
        self,
        line: str,
        below_m: npt.NDArray[np.float64],
        above_m: npt.NDArray[np.float64],
    ) -> None:
        """Bound a line's displacement by itself at every station."""
        self._below.append((self._nodes[line], below_m))
        self._above.append((self._nodes[line], above_m))

    def widest(self) -> dict[str, Interval]:
        starts = np.concatenate([start for start, _ in self._edges])
        ends = np.concatenate([end for _, end in self._edges])
        metres = np.concatenate(self._metres)
        above_m = self._shortest(starts, ends, metres, self._above)
        below_m = self._shortest(ends, starts, metres, self._below)
        return {
            name: Interval(below_m=below_m[nodes], above_m=above_m[nodes])
            for name, nodes in self._nodes.items()
        }

    def _add(
        self,
        starts: npt.NDArray[np.int64],
        ends: npt.NDArray[np.int64],
        metres: npt.NDArray[np.float64],
    ) -> None:
        self._edges.append((starts, ends))
        self._metres.append(metres)

    def _shortest(
        self,
        starts: npt.NDArray[np.int64],
        ends: npt.NDArray[np.int64],
        metres: npt.NDArray[np.float64],
        observed: Sequence[tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]],
    ) -> npt.NDArray[np.float64]:
        starts = np.concatenate([starts, *(np.full(n.shape, _SOURCE) for n, _ in observed)])
        ends = np.concatenate([ends, *(nodes for nodes, _ in observed)])
        metres = np.concatenate([metres, *(m for _, m in observed)])
        # Of several edges between two nodes the shortest counts; a sparse array would add them.
        order = np.lexsort((metres, ends, starts))
        first = np.ones(order.size, dtype=bool)
        first[1:] = (np.diff(starts[order]) != 0) | (np.diff(ends[order]) != 0)
        kept = order[first & np.isfinite(metres[order])]
        graph = csr_array(
            (metres[kept] + _NEXT_TO_NOTHING_M, (starts[kept], ends[kept])),
            shape=(self._size, self._size),
        )
        distances: npt.NDArray[np.float64] = dijkstra(graph, indices=_SOURCE)
        return distances
