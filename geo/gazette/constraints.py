"""Constraints on the order of lines, and what follows from them, before anything is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy.typing as npt

    from geo.gazette.locations import Location
    from geo.model import Axis, FourBounds


MIN_SPACING_M: Final = 150.0
"""Two different lines keep this distance unless the statements force them together.

An assumption about cities, not a statement of the gazette: a street block is rarely narrower.
"""


@dataclass(frozen=True, slots=True)
class Precedence:
    """One line lies before another: west of it, or south of it.

    Attributes
    ----------
    before, after : str
        Names of the two lines, of one axis.
    gap_m : float
        The least distance between them that the statement itself demands, in metres; 0 where
        it holds as well if the two are one line (a crossing may lie on a region's edge).
    said_by : str
        Where the statement comes from.
    weight : float
        How much it counts: as often as the gazette's table states it; less than 1 for what
        somebody else states.
    """

    before: str
    after: str
    gap_m: float
    said_by: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Distance:
    """How far one line lies from another, as somebody other than the gazette says.

    Attributes
    ----------
    before, after : str
        Names of the two lines, of one axis.
    metres, error_m : float
        Measured along a street that crosses both.
    said_by : str
    weight : float
        As that of a `Precedence`.
    """

    before: str
    after: str
    metres: float
    error_m: float
    said_by: str
    weight: float


@dataclass(frozen=True, slots=True)
class Disjoint:
    """Two regions of one use do not overlap.

    Attributes
    ----------
    codes : tuple of (str, str)
    ways : tuple of (str, str)
        Pairs (before, after) of lines, any one of which keeps the regions apart.
    doubted : tuple of Precedence
        Statements that all ways contradict, unless two different streets were one. One of them is
        loose (a parcel across the street from the one that is named), or a bound of the regions
        is, and they overlap as printed.
    """

    codes: tuple[str, str]
    ways: tuple[tuple[str, str], ...]
    doubted: tuple[Precedence, ...] = ()


@dataclass(frozen=True)
class OrderConstraints:
    """Everything an edition says about its lines.

    Attributes
    ----------
    bounds : dict of str to FourBounds
        Canonical names of each region's four lines, by code.
    locations : dict of str to Location
        Each standard parcel's location with canonical names, by code.
    axes : dict of str to Axis
        Every line whose axis is known: those of the bounds first, in the gazette's order, then
        those that only locations name.
    bounding : tuple of str
        The lines that bound regions.
    stated : tuple of Precedence
        What the gazette states.
    implied : tuple of Precedence
        What follows from that because regions of one use lie apart.
    disjoint : tuple of Disjoint
        Pairs of regions that none of these keeps apart, with the ways that are open.
    overlapping : tuple of (str, str)
        Pairs of regions of one use that overlap by the gazette's own text: no way is open.
    contradictions : tuple of str
        Statements that cannot be true beside the others, in words.
    outside : tuple of Precedence
        What others than the gazette state.
    distances : tuple of Distance
        What others than the gazette state.
    """

    bounds: dict[str, FourBounds]
    locations: dict[str, Location]
    axes: dict[str, Axis]
    bounding: tuple[str, ...]
    stated: tuple[Precedence, ...]
    implied: tuple[Precedence, ...]
    disjoint: tuple[Disjoint, ...]
    overlapping: tuple[tuple[str, str], ...]
    contradictions: tuple[str, ...]
    outside: tuple[Precedence, ...] = ()
    distances: tuple[Distance, ...] = ()

    @property
    def order(self) -> tuple[Precedence, ...]:
        """Everything known of the order of lines: what is stated and what follows."""
        return self.stated + self.implied + self.outside

    def lines_of(self, axis: Axis) -> list[str]:
        """Return the names of all lines of an axis."""
        return [name for name, its_axis in self.axes.items() if its_axis is axis]


class LineOrder:
    """Which line surely lies before which: the transitive closure of statements."""

    def __init__(self, names: Iterable[str], precedes: Iterable[Precedence]) -> None:
        self._index = {name: i for i, name in enumerate(names)}
        size = len(self._index)
        self._before: npt.NDArray[np.bool_] = np.zeros((size, size), dtype=bool)
        for fact in precedes:
            self.add(fact.before, fact.after)

    def add(self, before: str, after: str) -> None:
        """Add a statement and all that follows from it."""
        i, j = self._index[before], self._index[after]
        if not self._before[i, j]:
            upstream = self._before[:, i].copy()
            upstream[i] = True
            downstream = self._before[j].copy()
            downstream[j] = True
            self._before |= np.outer(upstream, downstream)

    def holds(self, before: str, after: str) -> bool:
        """Tell whether one line surely lies before another."""
        return bool(self._before[self._index[before], self._index[after]])

    def neighbours(self) -> Iterator[tuple[str, str]]:
        """Yield pairs (before, after) with no third line known to lie between them."""
        names = list(self._index)
        steps = self._before.astype(np.int32)
        for i, j in np.argwhere(self._before & ~(steps @ steps > 0)):
            yield names[i], names[j]


class StrictOrder:
    """Which line lies before which at a distance, so that the two cannot be one."""

    def __init__(self, names: Iterable[str], precedes: Sequence[Precedence]) -> None:
        names = list(names)
        reach = LineOrder(names, precedes)
        self._pairs = {
            (a, b)
            for fact in precedes
            if fact.gap_m > 0
            for a in names
            if a == fact.before or reach.holds(a, fact.before)
            for b in names
            if b == fact.after or reach.holds(fact.after, b)
        }

    def holds(self, before: str, after: str) -> bool:
        """Tell whether one line lies before another and apart from it."""
        return (before, after) in self._pairs
