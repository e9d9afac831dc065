"""Places every line of an edition at one position, by mixed-integer program.

The unknowns are one coordinate a line, in metres across its axis. The gazette's statements and the
observed positions are constraints; among all the layouts they allow, the one with the most even
spacing is taken. What cannot all hold is relaxed at a price and reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from geo.errors import NetworkError
from geo.gazette.constraints import MIN_SPACING_M, LineOrder
from geo.model import Axis

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo.gazette.constraints import Disjoint, Distance, OrderConstraints, Precedence

TYPICAL_SPACING_M: Final = 800.0
"""Distance of neighbouring named lines at which a layout costs nothing: the median here between
lines that were both observed."""

_LIMIT_M: Final = 60_000.0  # no city's table reaches further from its centre
# Where the charge for uneven spacing is approximated, as multiples of the typical distance. The
# program that chooses how regions lie apart needs it only roughly; the last one shares out room.
_COARSE: Final = (0.5, 2.0)
_FINE: Final = tuple(float(ratio) for ratio in np.geomspace(0.1, 10.0, 41))

# Prices, per metre except the overlap. The order of magnitude is what matters: a statement of the
# gazette outweighs an observation, that outweighs the usual distance of two roads, and that
# outweighs even spacing.
_STATEMENT_PRICE: Final = 1000.0
_OBSERVATION_PRICE: Final = 10_000.0  # divided by the observation's error in metres
_SPACING_PRICE: Final = 20.0
_OVERLAP_PRICE: Final = 1e7
# Where statements and bounds can only hold together if two streets were one, one of them is let go.
_LET_GO_PRICE: Final = 50_000.0
_LOOSE_BOUND_PRICE: Final = 60_000.0  # regions that overlap as printed
_CENTRE_PRICE: Final = 0.02
_TIME_LIMIT_S = 60.0  # a city of 66 regions takes a fraction of a second
_SURE_M: Final = 50.0  # no observation counts as better than this
_SOLVED_M: Final = 0.01  # rounding of the solver's answer


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a line was observed, for the program.

    Attributes
    ----------
    line : str
    low_m, high_m : float
        The line lies between the two, Gauss-Kruger coordinate across its axis; may be infinite.
    error_m : float
        How well that is known; of two observations that cannot both hold, the worse one gives way.
    """

    line: str
    low_m: float
    high_m: float
    error_m: float


@dataclass(frozen=True, slots=True)
class Positions:
    """The layout that was found.

    Attributes
    ----------
    metres : dict of str to float
        Gauss-Kruger coordinate across the axis, by line.
    relaxed : tuple of str
        Statements and observations that could not hold, in words.
    let_go : frozenset of Precedence
        Statements that do not count, because two different streets would have to be one.
    """

    metres: dict[str, float]
    relaxed: tuple[str, ...]
    let_go: frozenset[Precedence] = frozenset()


def solve_positions(
    constraints: OrderConstraints, anchors: Sequence[Anchor], centre_m: Mapping[str, float]
) -> Positions:
    """Find the most even layout that the statements and observations allow.

    Parameters
    ----------
    constraints : OrderConstraints
    anchors : sequence of Anchor
    centre_m : mapping of str to float
        For every line the coordinate of the city's centre across its axis, Gauss-Kruger; lines that
        nothing else holds are drawn towards it.

    Raises
    ------
    NetworkError
        The solver finds no layout in time.
    """
    ways, let_go = _cheapest_ways(constraints, anchors, centre_m)
    # A second program with the choices made is linear, and free of the big-M rounding.
    program = _Program(constraints, anchors, centre_m, _FINE, let_go)
    for before, after in sorted(ways):
        program.keep_order(before, after, 0.0, _STATEMENT_PRICE)
        program.keep_order(before, after, MIN_SPACING_M, _SPACING_PRICE)
    for before, after in _unrelated_neighbours(constraints, program.solve()):
        program.keep_order(before, after, MIN_SPACING_M, _SPACING_PRICE)
    metres = program.solve()
    return Positions(
        # Lines at one position are one line there; the solver's rounding must not part them.
        metres={name: round(value, 2) for name, value in metres.items()},
        relaxed=tuple(_relaxed(constraints, anchors, ways, metres)),
        let_go=let_go,
    )


def _cheapest_ways(
    constraints: OrderConstraints, anchors: Sequence[Anchor], centre_m: Mapping[str, float]
) -> tuple[set[tuple[str, str]], frozenset[Precedence]]:
    """Choose one way to keep each open pair of regions apart, and the statements to let go.

    Pairs that cannot be kept apart are left.
    """
    if not constraints.disjoint:
        return set(), frozenset()
    doubted = frozenset(fact for pair in constraints.disjoint for fact in pair.doubted)
    program = _Program(constraints, anchors, centre_m, _COARSE, doubted)
    for fact in sorted(doubted, key=_sides):
        program.keep_order_or_let_go(fact)
    for pair in constraints.disjoint:
        program.keep_apart(pair)
    metres = program.solve()
    ways = set()
    for pair in constraints.disjoint:
        room_m, way = max(
            (metres[after] - metres[before], (before, after)) for before, after in pair.ways
        )
        if room_m > _room_between_m(pair) - _SOLVED_M:
            ways.add(way)
    return ways, frozenset(f for f in doubted if metres[f.after] - metres[f.before] < -_SOLVED_M)


def _room_between_m(pair: Disjoint) -> float:
    """Return how far apart two lines must lie to keep a pair of regions apart.

    Of lines that a doubted statement orders it is known that they are two.
    """
    return MIN_SPACING_M if pair.doubted else 0.0


def _sides(fact: Precedence) -> tuple[str, str]:
    return fact.before, fact.after


def _unrelated_neighbours(
    constraints: OrderConstraints, metres: Mapping[str, float]
) -> list[tuple[str, str]]:
    """Find boundary lines that lie side by side.

    Nothing is stated about many of these pairs, and nothing keeps them apart; yet they are
    different lines.
    """
    found: list[tuple[str, str]] = []
    for axis in Axis:
        names = [name for name in constraints.bounding if constraints.axes[name] is axis]
        names.sort(key=lambda name: (round(metres[name], 2), name))
        found += pairwise(names)
    return found


def _relaxed(
    constraints: OrderConstraints,
    anchors: Sequence[Anchor],
    ways: set[tuple[str, str]],
    metres: Mapping[str, float],
) -> list[str]:
    found = [f"{one} and {two} overlap" for one, two in constraints.overlapping]
    found += [
        f"{pair.codes[0]} and {pair.codes[1]} overlap"
        for pair in constraints.disjoint
        if not ways.intersection(pair.ways)
    ]
    for fact in constraints.order:
        short_m = fact.gap_m - (metres[fact.after] - metres[fact.before])
        if short_m > _SOLVED_M:
            found.append(
                f"{fact.before} before {fact.after} ({fact.said_by}) lacks {short_m:.0f} m"
            )
    for far in constraints.distances:
        off_m = abs(metres[far.after] - metres[far.before] - far.metres)
        if off_m > far.error_m + _SOLVED_M:
            found.append(
                f"{far.before} to {far.after} {far.metres:.0f} m ({far.said_by}) is {off_m:.0f} m"
                " off"
            )
    for anchor in anchors:
        miss_m = max(anchor.low_m - metres[anchor.line], metres[anchor.line] - anchor.high_m)
        if miss_m > max(anchor.error_m, _SOLVED_M):
            found.append(f"{anchor.line} is drawn {miss_m:.0f} m from where it was observed")
    return found


class _Program:
    """A mixed-integer program that grows row by row."""

    def __init__(
        self,
        constraints: OrderConstraints,
        anchors: Sequence[Anchor],
        centre_m: Mapping[str, float],
        tangents: Sequence[float],
        without: frozenset[Precedence],
    ) -> None:
        self._tangents = tangents
        self._costs: list[float] = []
        self._lower: list[float] = []
        self._upper: list[float] = []
        self._integral: list[int] = []
        self._rows: list[dict[int, float]] = []
        self._least: list[float] = []
        self._loose: dict[str, int] = {}  # columns of regions with a loose bound
        # Positions are counted from the city's centre, for the solver's sake.
        self._centre_m = {name: centre_m[name] for name in constraints.axes}
        self._line = {name: self._add(-_LIMIT_M, _LIMIT_M) for name in constraints.axes}
        for fact in constraints.order:
            if fact not in without:
                price = fact.weight * _STATEMENT_PRICE
                self.keep_order(fact.before, fact.after, fact.gap_m, price)
        for far in constraints.distances:
            self._keep_distance(far)
        for fact in constraints.implied:
            self.keep_order(fact.before, fact.after, MIN_SPACING_M, _SPACING_PRICE)
        # Only what is stated tells how lines follow each other; two regions that must lie apart
        # may do so at any distance.
        stated = [fact for fact in constraints.stated if fact not in without]
        for before, after in LineOrder(constraints.axes, stated).neighbours():
            self._space_evenly(before, after)
        for anchor in anchors:
            self._hold(anchor)
        for name in constraints.axes:
            distance = self._add(0.0, np.inf, _CENTRE_PRICE)
            self._require({distance: 1.0, self._line[name]: 1.0}, 0.0)
            self._require({distance: 1.0, self._line[name]: -1.0}, 0.0)

    def keep_order(self, before: str, after: str, gap_m: float, price: float) -> None:
        slack = self._add(0.0, np.inf, price)
        self._require({self._line[after]: 1.0, self._line[before]: -1.0, slack: 1.0}, gap_m)

    def keep_order_or_let_go(self, fact: Precedence) -> None:
        let_go = self._add(0.0, 1.0, fact.weight * _LET_GO_PRICE, integral=True)
        row = {self._line[fact.after]: 1.0, self._line[fact.before]: -1.0, let_go: 2 * _LIMIT_M}
        self._require(row, fact.gap_m)

    def keep_apart(self, pair: Disjoint) -> None:
        if pair.doubted:
            choice = {self._loose_bound(code): 1.0 for code in pair.codes}
        else:
            choice = {self._add(0.0, 1.0, _OVERLAP_PRICE, integral=True): 1.0}
        for before, after in pair.ways:
            chosen = self._add(0.0, 1.0, integral=True)
            choice[chosen] = 1.0
            row = {self._line[after]: 1.0, self._line[before]: -1.0, chosen: -2 * _LIMIT_M}
            self._require(row, _room_between_m(pair) - 2 * _LIMIT_M)
        self._require(choice, 1.0)

    def solve(self) -> dict[str, float]:
        columns = np.concatenate([list(row) for row in self._rows])
        values = np.concatenate([list(row.values()) for row in self._rows])
        starts = np.cumsum([0, *(len(row) for row in self._rows)])
        matrix = csr_array((values, columns, starts), shape=(len(self._rows), len(self._costs)))
        solution = milp(
            np.array(self._costs),
            constraints=LinearConstraint(matrix, np.array(self._least), np.inf),
            integrality=np.array(self._integral),
            bounds=Bounds(np.array(self._lower), np.array(self._upper)),
            options={"mip_rel_gap": 1e-4, "time_limit": _TIME_LIMIT_S},
        )
        if solution.x is None:
            raise NetworkError(f"no layout of the lines was found: {solution.message}")
        return {
            name: float(solution.x[column]) + self._centre_m[name]
            for name, column in self._line.items()
        }

    def _space_evenly(self, before: str, after: str) -> None:
        """Charge a distance w with w/T + T/w - 2, T the typical one, by tangents from below.

        The charge is least at T and the same for half and for twice T; it grows without bound
        towards zero, so a long row of lines shares out the shortage instead of closing one gap.
        """
        self.keep_order(before, after, MIN_SPACING_M, _SPACING_PRICE)
        charge = self._add(0.0, np.inf, TYPICAL_SPACING_M)
        for ratio in self._tangents:
            slope = (1.0 - 1.0 / ratio**2) / TYPICAL_SPACING_M
            at_zero = 2.0 / ratio - 2.0
            row = {charge: 1.0, self._line[after]: -slope, self._line[before]: slope}
            self._require({k: v for k, v in row.items() if v}, at_zero)

    def _loose_bound(self, code: str) -> int:
        if code not in self._loose:
            self._loose[code] = self._add(0.0, 1.0, _LOOSE_BOUND_PRICE, integral=True)
        return self._loose[code]

    def _keep_distance(self, far: Distance) -> None:
        slack = self._add(0.0, np.inf, far.weight * _STATEMENT_PRICE)
        before, after = self._line[far.before], self._line[far.after]
        self._require({after: 1.0, before: -1.0, slack: 1.0}, far.metres - far.error_m)
        self._require({after: -1.0, before: 1.0, slack: 1.0}, -far.metres - far.error_m)

    def _hold(self, anchor: Anchor) -> None:
        slack = self._add(0.0, np.inf, _OBSERVATION_PRICE / max(anchor.error_m, _SURE_M))
        line, centre_m = self._line[anchor.line], self._centre_m[anchor.line]
        if np.isfinite(anchor.low_m):
            self._require({line: 1.0, slack: 1.0}, anchor.low_m - centre_m)
        if np.isfinite(anchor.high_m):
            self._require({line: -1.0, slack: 1.0}, centre_m - anchor.high_m)

    def _add(self, low: float, high: float, cost: float = 0.0, *, integral: bool = False) -> int:
        self._costs.append(cost)
        self._lower.append(low)
        self._upper.append(high)
        self._integral.append(int(integral))
        return len(self._costs) - 1

    def _require(self, row: dict[int, float], at_least: float) -> None:
        self._rows.append(row)
        self._least.append(at_least)
