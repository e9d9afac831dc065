"""How plausible the positions of all lines are together, as an energy: minus its logarithm.

Lines of one axis follow each other at distances that are log-normal with heavy tails (Student's t
of the logarithm), typically smaller in the middle of a city; how large and how uneven is drawn for
each layout, because cities differ. Statements and regions that lie apart are almost certain, and
each may be let go at a price: a gazette names the nearest big road, and its table has misprints.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geo.layouts.layouts import AXES
from geo.network.ensemble.observed import DEVIATION

if TYPE_CHECKING:
    import numpy.typing as npt

    from geo.crs import FloatArray
    from geo.gazette.constraints import Distance, OrderConstraints
    from geo.network.ensemble.observed import Limit, Observed

_FREEDOM: Final = 8.0  # degrees of Student's t
_STATEMENT_PRICE: Final = 5.0  # of letting one go: about 1 in 150 is loose
_BEYOND_PRICE: Final = 0.02  # each further standard deviation, so that there is a way back
_STATEMENT_DEVIATION_M: Final = 30.0
_GAP_SHARE: Final = 0.3  # of a statement's gap: a parcel may be long and narrow
_CENTRE_DEVIATION_M: Final = 1_500.0  # of the middle of all lines
_SIDE_STREET_DEVIATION_M: Final = 6_000.0  # of a line that bounds no region
_OBLIQUE: Final = 0.04  # of a distance: streets cross at up to some 20 degrees from the square
_LIMIT_DEVIATION_M: Final = 100.0  # added to a limit's own
# Observed places are places in the city that the notice covers, or just outside.
_OUTSKIRTS_M: Final = 300.0
_OUTSKIRTS_DEVIATION_M: Final = 500.0
_ELSEWHERE: Final = float(np.log(0.01 / 20_000.0))  # logarithm of the density far outside
_USUAL_M: Final = 8_000.0
_ALONE: Final = 0.5  # of a place's weight: several lie along one street, so they tell less
# A notice covers one city; without this, distances that grow outwards would go on growing.
_WIDEST_M: Final = (25_000.0, 1_000.0)  # the least, and for each line
_WIDEST_DEVIATION_M: Final = 4_000.0


@dataclass(frozen=True, slots=True)
class Spacing:
    """How lines follow each other, by axis and layout; each array has shape (2, layouts).

    Attributes
    ----------
    typical : ndarray
        Logarithm of the typical distance in metres, at the middle.
    spread : ndarray
        Scale of the distances' logarithms.
    growth : ndarray
        How fast distances grow outwards: by ``(1 + r / 1 km) ** growth``.
    middle_m : ndarray
        Where they are smallest, metres from the centre.
    """

    typical: FloatArray
    spread: FloatArray
    growth: FloatArray
    middle_m: FloatArray

    @property
    def arrays(self) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """All four, in order."""
        return self.typical, self.spread, self.growth, self.middle_m

    def of(self, axis: int) -> Spacing:
        """Return that of one axis, with arrays of shape (layouts,)."""
        return Spacing(*(array[axis] for array in self.arrays))


_TYPICAL: Final = (float(np.log(700.0)), 0.3)
_SPREAD: Final = (float(np.log(0.6)), 0.5)  # of its logarithm
_GROWTH: Final = (0.2, 0.4)
_MIDDLE_M: Final = (0.0, 1_500.0)


def draw_spacing(count: int, rng: np.random.Generator) -> Spacing:
    """Draw how lines follow each other in some cities, before anything is known of them."""
    values = [
        mean + deviation * rng.standard_normal((len(AXES), count))
        for mean, deviation in (_TYPICAL, _SPREAD, _GROWTH, _MIDDLE_M)
    ]
    return Spacing(values[0], np.exp(values[1]), values[2], values[3])


def spacing_energy(spacing: Spacing) -> FloatArray:
    """Return the energy of a spacing itself."""
    logs = (spacing.typical, np.log(spacing.spread), spacing.growth, spacing.middle_m)
    priors = (_TYPICAL, _SPREAD, _GROWTH, _MIDDLE_M)
    total = np.zeros(spacing.typical.shape)
    for value, (mean, deviation) in zip(logs, priors, strict=True):
        total += 0.5 * ((value - mean) / deviation) ** 2
    return total


def gap_energy(low_m: FloatArray, high_m: FloatArray, spacing: Spacing) -> FloatArray:
    """Return the energy of two lines being neighbours."""
    log_gap = np.log(np.maximum(high_m - low_m, 1.0))
    out_km = np.abs(0.5 * (low_m + high_m) - spacing.middle_m) / 1_000.0
    z = (log_gap - spacing.typical - spacing.growth * np.log1p(out_km)) / spacing.spread
    tail = 0.5 * (_FREEDOM + 1) * np.log1p(z * z / _FREEDOM)
    energy: FloatArray = tail + log_gap + np.log(spacing.spread)
    return energy


def price(excess: FloatArray, most: FloatArray | float) -> FloatArray:
    """Return what it costs to miss by so many standard deviations; little more beyond a price."""
    square = 0.5 * excess * excess
    beyond = most + _BEYOND_PRICE * (excess - np.sqrt(2 * most))
    found: FloatArray = np.where(square < most, square, beyond)
    return found


class Statements:
    """The order that the gazette states, and the regions that must lie apart.

    Parameters
    ----------
    constraints : OrderConstraints
    observed : Observed
    """

    def __init__(self, constraints: OrderConstraints, observed: Observed) -> None:
        number = {name: i for i, name in enumerate(observed.names)}
        order = constraints.order
        self.before = np.array([number[one.before] for one in order], dtype=np.int64)
        self.after = np.array([number[one.after] for one in order], dtype=np.int64)
        self._gap_m = np.array([_GAP_SHARE * one.gap_m for one in order])[:, None]
        self._most = _STATEMENT_PRICE * np.array([one.weight for one in order])[:, None]
        far = constraints.distances
        self._far_before = np.array([number[one.before] for one in far], dtype=np.int64)
        self._far_after = np.array([number[one.after] for one in far], dtype=np.int64)
        self._far_m = np.array([one.metres for one in far])[:, None]
        self._far_deviation_m = np.array([[_distance_deviation_m(one)] for one in far])
        self._far_most = _STATEMENT_PRICE * np.array([one.weight for one in far])[:, None]
        ways = [
            [(number[before], number[after]) for before, after in pair.ways]
            for pair in constraints.disjoint
        ]
        # Pairs with fewer ways repeat one.
        padded = np.array([[one[min(j, len(one) - 1)] for j in range(4)] for one in ways])
        self._ways = padded.reshape(-1, 4, 2).astype(np.int64)
        self._of_axis = [np.flatnonzero(observed.axis[self.before] == k) for k in range(len(AXES))]
        self._far_of_axis = [
            np.flatnonzero(observed.axis[self._far_before] == k) for k in range(len(AXES))
        ]
        lines = range(len(observed.names))
        self._as_before = [np.flatnonzero(self.before == line) for line in lines]
        self._as_after = [np.flatnonzero(self.after == line) for line in lines]
        self._apart = [np.flatnonzero((self._ways == line).any(axis=(1, 2))) for line in lines]

    def energy(self, positions_m: FloatArray) -> FloatArray:
        """Return the energy of all lines, for positions of shape (lines, layouts)."""
        total = self._order_energy(positions_m, 0) + self._order_energy(positions_m, 1)
        return total + self._apart_energy(positions_m)

    def axis_energy(self, positions_m: FloatArray, axis: int) -> FloatArray:
        """Return all that depends on the lines of one axis."""
        return self._order_energy(positions_m, axis) + self._apart_energy(positions_m)

    def _order_energy(self, positions_m: FloatArray, axis: int) -> FloatArray:
        facts, far = self._of_axis[axis], self._far_of_axis[axis]
        short = self._gap_m[facts] - (
            positions_m[self.after[facts]] - positions_m[self.before[facts]]
        )
        total: FloatArray = _missed(short, self._most[facts]).sum(axis=0)
        if far.size:
            far_m = positions_m[self._far_after[far]] - positions_m[self._far_before[far]]
            off = np.abs(far_m - self._far_m[far]) / self._far_deviation_m[far]
            total = total + price(off, self._far_most[far]).sum(axis=0)
        return total

    def _apart_energy(self, positions_m: FloatArray) -> FloatArray:
        total = np.zeros(positions_m.shape[1])
        if len(self._ways):
            short = positions_m[self._ways[..., 0]] - positions_m[self._ways[..., 1]]
            total = total + _missed(short.min(axis=1)).sum(axis=0)
        return total

    def line_energy(self, positions_m: FloatArray, line: int, at_m: FloatArray) -> FloatArray:
        """Return what depends on one line, were it at some places instead.

        Parameters
        ----------
        positions_m : ndarray, shape (lines, layouts)
        line : int
        at_m : ndarray, shape (places, layouts)
        """
        total = np.zeros(at_m.shape)
        if (facts := self._as_before[line]).size:
            room = positions_m[self.after[facts]] - self._gap_m[facts]
            total += _missed(at_m[:, None] - room, self._most[facts]).sum(axis=1)
        if (facts := self._as_after[line]).size:
            room = positions_m[self.before[facts]] + self._gap_m[facts]
            total += _missed(room - at_m[:, None], self._most[facts]).sum(axis=1)
        for other, sign, facts in (
            (self._far_after, -1.0, np.flatnonzero(self._far_before == line)),
            (self._far_before, 1.0, np.flatnonzero(self._far_after == line)),
        ):
            if facts.size:
                far_m = sign * (at_m[:, None] - positions_m[other[facts]])
                off = np.abs(far_m - self._far_m[facts]) / self._far_deviation_m[facts]
                total += price(off, self._far_most[facts]).sum(axis=1)
        if (pairs := self._apart[line]).size:
            before, after = self._ways[pairs, :, 0], self._ways[pairs, :, 1]
            here = at_m[:, None, None]
            low = np.where((before == line)[..., None], here, positions_m[before])
            high = np.where((after == line)[..., None], here, positions_m[after])
            total += _missed((low - high).min(axis=2)).sum(axis=1)
        return total

    def room_m(self, positions_m: FloatArray, line: int) -> tuple[FloatArray, FloatArray]:
        """Return between which places statements let a line lie; infinite where none does."""
        size = positions_m.shape[1]
        before, after = self._as_after[line], self._as_before[line]
        low = (
            positions_m[self.before[before]].max(axis=0) if before.size else np.full(size, -np.inf)
        )
        high = positions_m[self.after[after]].min(axis=0) if after.size else np.full(size, np.inf)
        return low, high


def _missed(short_m: FloatArray, most: FloatArray | float = _STATEMENT_PRICE) -> FloatArray:
    return price(np.maximum(short_m, 0.0) / _STATEMENT_DEVIATION_M, most)


def _distance_deviation_m(far: Distance) -> float:
    """Return how far off a distance may be: a street is longer than the way straight across."""
    return math.hypot(DEVIATION * far.error_m, _OBLIQUE * far.metres)


class Places:
    """Where the lines of a city lie as a whole: spacing, middle, extent, limits.

    Parameters
    ----------
    observed : Observed
    """

    def __init__(self, observed: Observed) -> None:
        self._is_bounding = observed.is_bounding
        self._axis = observed.axis
        self._bounding = [
            np.flatnonzero((observed.axis == k) & observed.is_bounding) for k in range(len(AXES))
        ]
        self._side = np.flatnonzero(~observed.is_bounding)
        self._seen_m = observed.seen_m
        self._limits = observed.limits

    def bounding(self, axis: int) -> npt.NDArray[np.int64]:
        """Return the numbers of the lines of an axis that bound regions."""
        return self._bounding[axis]

    def others(self, line: int) -> npt.NDArray[np.int64]:
        """Return the other lines of the same axis that bound regions."""
        found = self._bounding[int(self._axis[line])]
        others: npt.NDArray[np.int64] = found[found != line]
        return others

    def axis_energy(self, positions_m: FloatArray, axis: int, spacing: Spacing) -> FloatArray:
        """Return all that depends on the lines of one axis, for its spacing.

        Parameters
        ----------
        positions_m : ndarray, shape (lines, layouts)
        axis : int
        spacing : Spacing
            Its arrays have shape (layouts,).
        """
        lines, total = self._bounding[axis], np.zeros(positions_m.shape[1])
        if lines.size:
            total += self.row_energy(positions_m, axis, spacing)
            mine = positions_m[lines]
            total += 0.5 * (mine.mean(axis=0) / _CENTRE_DEVIATION_M) ** 2
            total += self._extent_energy(axis, mine.min(axis=0), mine.max(axis=0))
        side = self._side[self._axis[self._side] == axis]
        total += 0.5 * ((positions_m[side] / _SIDE_STREET_DEVIATION_M) ** 2).sum(axis=0)
        for limit in self._limits:
            if self._axis[limit.line] == axis:
                total += _limit_energy(limit, positions_m[limit.line])
        return total

    def row_energy(self, positions_m: FloatArray, axis: int, spacing: Spacing) -> FloatArray:
        """Return the energy of all distances of neighbours on one axis."""
        row = np.sort(positions_m[self._bounding[axis]], axis=0)
        energy: FloatArray = gap_energy(row[:-1], row[1:], spacing).sum(axis=0)
        return energy

    def line_energy(
        self, positions_m: FloatArray, line: int, at_m: FloatArray, spacing: Spacing
    ) -> FloatArray:
        """Return what depends on one line, were it at some places instead; see `Statements`."""
        total = np.zeros(at_m.shape)
        for limit in self._limits:
            if limit.line == line:
                total += _limit_energy(limit, at_m)
        others = positions_m[self.others(line)]
        if not self._is_bounding[line]:
            return total + 0.5 * (at_m / _SIDE_STREET_DEVIATION_M) ** 2
        middle_m = (others.sum(axis=0) + at_m) / (len(others) + 1)
        total += 0.5 * (middle_m / _CENTRE_DEVIATION_M) ** 2
        if not len(others):
            return total + self._extent_energy(int(self._axis[line]), at_m, at_m)
        lowest, highest = others.min(axis=0), others.max(axis=0)
        total += self._extent_energy(
            int(self._axis[line]), np.minimum(lowest, at_m), np.maximum(highest, at_m)
        )
        away = others - at_m[:, None]
        low = at_m + np.where(away < 0, away, -np.inf).max(axis=1)
        high = at_m + np.where(away >= 0, away, np.inf).min(axis=1)
        has_low, has_high = np.isfinite(low), np.isfinite(high)
        low, high = np.where(has_low, low, at_m - 1.0), np.where(has_high, high, at_m + 1.0)
        before, behind, whole = gap_energy(
            np.stack([low, at_m, low]), np.stack([at_m, high, high]), spacing
        )
        total += has_low * before + has_high * behind - (has_low & has_high) * whole
        return total

    def _extent_energy(self, axis: int, low_m: FloatArray, high_m: FloatArray) -> FloatArray:
        """Return the energy of the lines' extent: observed places lie in it, rarely outside."""
        seen_m = self._seen_m[axis].reshape(-1, *(1,) * low_m.ndim)
        outside_m = np.maximum(low_m - seen_m, 0.0) + np.maximum(seen_m - high_m, 0.0)
        excess = np.maximum(outside_m - _OUTSKIRTS_M, 0.0) / _OUTSKIRTS_DEVIATION_M
        width_m = high_m - low_m + 2 * _OUTSKIRTS_M
        least_m, each_m = _WIDEST_M
        widest_m = max(least_m, each_m * self._bounding[axis].size)
        inside = -0.5 * excess * excess - _ALONE * np.log(width_m / _USUAL_M) - np.log(_USUAL_M)
        energy: FloatArray = -np.logaddexp(inside, _ELSEWHERE).sum(axis=0)
        energy += 0.5 * (np.maximum(width_m - widest_m, 0.0) / _WIDEST_DEVIATION_M) ** 2
        return energy


def _limit_energy(limit: Limit, at_m: FloatArray) -> FloatArray:
    beyond_m = at_m - limit.across_m if limit.is_before else limit.across_m - at_m
    excess = np.maximum(beyond_m, 0.0) / (limit.deviation_m + _LIMIT_DEVIATION_M)
    energy: FloatArray = 0.5 * excess * excess
    return energy
