"""Draws positions of all lines by Markov chains, one for each layout.

All chains advance together as columns of arrays. They start far apart, from orders drawn at random
among those the statements allow, and statements count little at first, so that orders change
freely; as they come to count in full, the chains of a small group that fit better replace the
others of that group. Besides single lines, blocks of neighbours move together, neighbours change
places, and all lines on one side of another draw nearer to it or move away: single moves alone
would keep a chain near its start, and hardly change how wide a city is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geo.layouts.layouts import AXES
from geo.network.ensemble.courses import bendings
from geo.network.ensemble.plausibility import (
    Places,
    Spacing,
    Statements,
    draw_spacing,
    spacing_energy,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy.typing as npt

    from geo.crs import FloatArray
    from geo.gazette.constraints import OrderConstraints
    from geo.network.ensemble.courses import Bending
    from geo.network.ensemble.observed import Observed

    Watch = Callable[[range], Iterable[int]]

_SWEEPS: Final = 240
_COOLING: Final = 0.4  # share of the sweeps
_HOT: Final = 0.02  # share of the statements' energy that counts at first
GROUP: Final = 4
"""How many chains compete. More would fit better, but come from fewer starts, and be too sure of
cities that are unlike what is assumed here."""
_FEWEST: Final = 0.5  # share of a group that must count, or the better ones are multiplied
_STEPS_M: Final = (20.0, 1_500.0)  # of moves, evenly in their logarithm
_STRETCHES: Final = (0.02, 0.5)  # of the logarithm of distances
_JUMP: Final = 0.5  # share of moves to anywhere that the statements allow
_BEYOND_M: Final = 3_000.0  # how far beyond all others such a move may lead
_BLOCKS: Final = 4  # moves of blocks an axis and sweep
_SPACINGS: Final = 3  # moves of the spacing a sweep
_SPACING_STEPS: Final = (0.2, 0.2, 0.25, 600.0)
_SPACING_MOVED: Final = 0.6  # chance of each part of a spacing to move
_START_GUESS_M: Final = 4_000.0


@dataclass(frozen=True, slots=True)
class Drawn:
    """Positions of all lines, drawn.

    Attributes
    ----------
    positions_m : ndarray, shape (lines, layouts)
        Grid coordinates, metres from the city's centre.
    bending : ndarray of int, shape (layouts,)
        Which of `bendings` each layout has.
    trace_m : ndarray, shape (sweeps, lines, layouts)
        The positions after each sweep that was not cooling, to tell whether the chains have mixed.
    """

    positions_m: FloatArray
    bending: npt.NDArray[np.int64]
    trace_m: FloatArray


def draw_positions(
    constraints: OrderConstraints,
    observed: Observed,
    count: int,
    rng: np.random.Generator,
    *,
    sweeps: int = _SWEEPS,
    watch: Watch = iter,
) -> Drawn:
    """Draw positions of all lines in the proportions in which they are plausible.

    Parameters
    ----------
    constraints : OrderConstraints
    observed : Observed
    count : int
        Number of layouts.
    rng : numpy.random.Generator
    sweeps : int, optional
        How often every line is moved.
    watch : callable, optional
        Yields the numbers of the sweeps that it is given, and may show how far it is.
    """
    groups = -(-count // GROUP)
    chains = _Chains(constraints, observed, groups * GROUP, rng)
    cooling = int(_COOLING * sweeps)
    trace = []
    for sweep in watch(range(sweeps)):
        if sweep <= cooling:
            chains.weigh(_HOT ** (1 - sweep / max(cooling, 1)))
        chains.sweep()
        if sweep >= cooling:
            trace.append(chains.positions_m[:, :count].copy())
    return Drawn(chains.positions_m[:, :count], chains.bending[:count], np.array(trace))


class _Chains:
    def __init__(
        self,
        constraints: OrderConstraints,
        observed: Observed,
        count: int,
        rng: np.random.Generator,
    ) -> None:
        self.weight = _HOT
        self._rng = rng
        self._log_share = np.zeros(count)
        self._observed = observed
        self._statements = Statements(constraints, observed)
        self._places = Places(observed)
        self._bendings = bendings(observed)
        axis_of_seen = observed.axis[self._bendings[0].observed]
        self._seen_of = [np.flatnonzero(axis_of_seen == k) for k in range(len(AXES))]
        self._number = {int(line): i for i, line in enumerate(self._bendings[0].observed)}
        self._spacing = draw_spacing(count, rng)
        self.positions_m = _start(observed, self._statements, self._spacing, count, rng)
        self._columns = np.arange(count)
        self.bending = rng.integers(0, len(self._bendings), count)
        self._take_bendings()

    def weigh(self, weight: float) -> None:
        """Let statements count more, and multiply the chains of each group that fit better.

        Resampling as in Del Moral, Doucet and Jasra (2006), *Sequential Monte Carlo Samplers*.
        """
        self._log_share -= (weight - self.weight) * self._statements.energy(self.positions_m)
        self.weight = weight
        logs = self._log_share.reshape(-1, GROUP)
        share = np.exp(logs - logs.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        if 1.0 / (share**2).sum(axis=1).mean() > _FEWEST * GROUP and weight < 1.0:
            return
        # Systematic resampling: each chain is kept as often as its share of its group, up to one.
        steps = (self._rng.random((len(share), 1)) + np.arange(GROUP)) / GROUP
        chosen = (share.cumsum(axis=1)[:, None] < steps[:, :, None]).sum(axis=2)
        first = GROUP * np.arange(len(share))[:, None]
        kept = (first + np.minimum(chosen, GROUP - 1)).ravel()
        self.positions_m = self.positions_m[:, kept]
        self._spacing = Spacing(*(one[:, kept] for one in self._spacing.arrays))
        self.bending = self.bending[kept]
        self._take_bendings()
        self._log_share = np.zeros(kept.size)

    def sweep(self) -> None:
        """Move every line once, some blocks and neighbours, and what is common to all."""
        for line in self._rng.permutation(len(self.positions_m)).tolist():
            self._move_line(line)
        for axis in range(len(AXES)):
            energy = self._axis_energy(self.positions_m, axis)
            for _ in range(_BLOCKS):
                energy = self._move_block(axis, energy)
                energy = self._stretch(axis, energy)
            self._exchange(axis, energy)
        for _ in range(_SPACINGS):
            self._move_spacing()
        self._draw_bendings()

    def _move_line(self, line: int) -> None:
        here = self.positions_m[line]
        there, possible = self._proposal(line)
        energy = self._line_energy(line, np.stack([here, there]))
        accepted = possible & self._accepts(energy[0] - energy[1])
        here[accepted] = there[accepted]

    def _proposal(self, line: int) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
        """Return where to move a line; the way back is as likely."""
        here, rng = self.positions_m[line], self._rng
        there = here + self._step_m()
        if line in self._number:
            return there, np.ones(here.shape, dtype=bool)
        low, high = self._statements.room_m(self.positions_m, line)
        others = self.positions_m[self._places.others(line)]
        if len(others):
            low = np.where(np.isfinite(low), low, others.min(axis=0) - _BEYOND_M)
            high = np.where(np.isfinite(high), high, others.max(axis=0) + _BEYOND_M)
        low, high = np.maximum(low, -1e5), np.minimum(high, 1e5)
        low, high = np.minimum(low, high), np.maximum(low, high)
        jumps = rng.random(here.size) < _JUMP
        anywhere = low + rng.random(here.size) * (high - low)
        inside = (here >= low) & (here <= high)
        return np.where(jumps, anywhere, there), ~jumps | inside

    def _move_block(self, axis: int, energy: FloatArray) -> FloatArray:
        """Move some lines that follow each other together, or all above one."""
        lines = np.flatnonzero(self._observed.axis == axis)
        if not lines.size:
            return energy
        mine = self.positions_m[lines]
        rank = mine.argsort(axis=0).argsort(axis=0)
        ends = np.sort(self._rng.integers(0, len(lines), (2, self._columns.size)), axis=0)
        last = np.where(self._rng.random(self._columns.size) < 0.5, len(lines), ends[1])
        moved = mine + self._step_m() * ((rank >= ends[0]) & (rank <= last))
        kept = (moved.argsort(axis=0).argsort(axis=0) == rank).all(axis=0)
        return self._try(axis, lines, moved, energy, np.where(kept, 0.0, -np.inf))

    def _stretch(self, axis: int, energy: FloatArray) -> FloatArray:
        """Draw all lines on one side of a line nearer to it, or push them away."""
        lines = np.flatnonzero(self._observed.axis == axis)
        if not lines.size:
            return energy
        mine, count = self.positions_m[lines], self._columns.size
        pivot_m = mine[self._rng.integers(0, len(lines), count), self._columns]
        sign = np.where(self._rng.random(count) < 0.5, 1.0, -1.0)
        farther = sign * (mine - pivot_m) > 0
        low, high = np.log(_STRETCHES)
        logs = np.exp(self._rng.uniform(low, high, count)) * self._rng.standard_normal(count)
        moved = np.where(farther, pivot_m + (mine - pivot_m) * np.exp(logs), mine)
        # So many lines move apart that a stretched layout stands for a larger volume of layouts.
        return self._try(axis, lines, moved, energy, logs * farther.sum(axis=0))

    def _exchange(self, axis: int, energy: FloatArray) -> None:
        """Let two neighbours change places."""
        lines = self._places.bounding(axis)
        if len(lines) < 2:
            return
        mine = self.positions_m[lines]
        order = mine.argsort(axis=0)
        first = self._rng.integers(0, len(lines) - 1, self._columns.size)
        one, other = order[first, self._columns], order[first + 1, self._columns]
        moved = mine.copy()
        moved[one, self._columns] = mine[other, self._columns]
        moved[other, self._columns] = mine[one, self._columns]
        self._try(axis, lines, moved, energy, np.zeros(self._columns.size))

    def _try(
        self,
        axis: int,
        lines: npt.NDArray[np.int64],
        moved: FloatArray,
        energy: FloatArray,
        log_volume: FloatArray,
    ) -> FloatArray:
        there = self.positions_m.copy()
        there[lines] = moved
        energy_there = self._axis_energy(there, axis)
        accepted = self._accepts(energy - energy_there + log_volume)
        self.positions_m[:, accepted] = there[:, accepted]
        found: FloatArray = np.where(accepted, energy_there, energy)
        return found

    def _move_spacing(self) -> None:
        rng, shape = self._rng, self._spacing.typical.shape
        moved = [
            np.where(rng.random(shape) < _SPACING_MOVED, step * rng.standard_normal(shape), 0.0)
            for step in _SPACING_STEPS
        ]
        old = self._spacing
        new = Spacing(
            old.typical + moved[0],
            old.spread * np.exp(moved[1]),
            old.growth + moved[2],
            old.middle_m + moved[3],
        )
        gain = spacing_energy(old) - spacing_energy(new)
        for axis in range(len(AXES)):
            gain[axis] += self._places.row_energy(self.positions_m, axis, old.of(axis))
            gain[axis] -= self._places.row_energy(self.positions_m, axis, new.of(axis))
        accepted = np.log(rng.random(shape)) < gain
        self._spacing = Spacing(
            *(np.where(accepted, n, o) for n, o in zip(new.arrays, old.arrays, strict=True))
        )

    def _draw_bendings(self) -> None:
        """Draw how strongly each layout bends, given its positions."""
        seen = self.positions_m[self._bendings[0].observed]
        logs = np.array([_log_likelihood(one, seen) for one in self._bendings])
        shares = np.exp(logs - logs.max(axis=0)).cumsum(axis=0)
        chosen = (shares < self._rng.random(self._columns.size) * shares[-1]).sum(axis=0)
        self.bending = np.minimum(chosen, len(self._bendings) - 1)
        self._take_bendings()

    def _take_bendings(self) -> None:
        """Keep the precision of each layout's own bending: shape (observed, observed, layouts)."""
        precision = np.array([one.precision for one in self._bendings])
        self._precision = np.ascontiguousarray(precision[self.bending].transpose(1, 2, 0))
        self._linear = np.array([one.linear for one in self._bendings])[self.bending].T
        # Points on lines of one axis tell nothing of the other's.
        self._axis_precision = [self._precision[np.ix_(mine, mine)] for mine in self._seen_of]

    def _line_energy(self, line: int, at_m: FloatArray) -> FloatArray:
        axis = int(self._observed.axis[line])
        energy = self.weight * self._statements.line_energy(self.positions_m, line, at_m)
        energy += self._places.line_energy(self.positions_m, line, at_m, self._spacing.of(axis))
        number = self._number.get(line)
        if number is not None:
            row = self._precision[number]
            seen = self.positions_m[self._bendings[0].observed]
            others = (row * seen).sum(axis=0) - row[number] * seen[number]
            energy += at_m * (0.5 * row[number] * at_m + others - self._linear[number])
        return energy

    def _axis_energy(self, positions_m: FloatArray, axis: int) -> FloatArray:
        """Return all that depends on the lines of one axis."""
        energy = self.weight * self._statements.axis_energy(positions_m, axis)
        energy += self._places.axis_energy(positions_m, axis, self._spacing.of(axis))
        mine = self._seen_of[axis]
        seen = positions_m[self._bendings[0].observed[mine]]
        pulled = (self._axis_precision[axis] * seen).sum(axis=1)
        energy += (seen * (0.5 * pulled - self._linear[mine])).sum(axis=0)
        return energy

    def _step_m(self) -> FloatArray:
        count = self._columns.size
        low, high = np.log(_STEPS_M)
        scale = np.exp(self._rng.uniform(low, high, count))
        step: FloatArray = scale * self._rng.standard_normal(count)
        return step

    def _accepts(self, gain: FloatArray) -> npt.NDArray[np.bool_]:
        accepted: npt.NDArray[np.bool_]
        accepted = np.log(self._rng.random(gain.size)) < gain
        return accepted


def _log_likelihood(bending: Bending, seen_m: FloatArray) -> FloatArray:
    square = (seen_m * (bending.precision @ seen_m)).sum(axis=0)
    found: FloatArray = bending.linear @ seen_m - 0.5 * square + bending.constant
    return found


def _start(
    observed: Observed,
    statements: Statements,
    spacing: Spacing,
    count: int,
    rng: np.random.Generator,
) -> FloatArray:
    """Return positions to start from: orders that the statements allow, drawn at random."""
    positions_m = np.empty((len(observed.names), count))
    for axis in range(len(AXES)):
        lines = np.flatnonzero(observed.axis == axis)
        if not lines.size:
            continue
        points = observed.points[axis]
        target = {
            int(line): float(points.across_m[points.line == line].mean())
            for line in np.unique(points.line)
        }
        earlier: dict[int, set[int]] = {int(line): set() for line in lines}
        for before, after in zip(statements.before, statements.after, strict=True):
            if int(after) in earlier:
                earlier[int(after)].add(int(before))
        for column in range(count):
            order = _some_order(earlier, target, rng)
            log_gaps = spacing.typical[axis, column] + spacing.spread[
                axis, column
            ] * rng.standard_normal(len(order))
            at_m = np.cumsum(np.exp(np.clip(log_gaps, 0.0, 9.0)))
            known = [i for i, line in enumerate(order) if line in target]
            middle = [target[order[i]] - at_m[i] for i in known]
            at_m += np.median(middle) if middle else -at_m.mean()
            positions_m[order, column] = at_m
    return positions_m


def _some_order(
    earlier: dict[int, set[int]], target: dict[int, float], rng: np.random.Generator
) -> list[int]:
    """Draw one order of lines; observed ones mostly in the order in which they were observed."""
    left, order = set(earlier), []
    while left:
        ready = sorted(line for line in left if not earlier[line] & left) or sorted(left)
        guesses = [target.get(line, rng.normal(0.0, _START_GUESS_M)) for line in ready]
        by_guess = rng.random() < 0.7
        chosen = int(np.argmin(guesses)) if by_guess else int(rng.integers(len(ready)))
        order.append(ready[chosen])
        left.discard(ready[chosen])
    return order
