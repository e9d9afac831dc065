"""Draws layouts of all lines: positions first, then courses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from geo.layouts.layouts import AXES, AxisLayouts, Layouts
from geo.network.ensemble.courses import bendings, draw_courses
from geo.network.ensemble.mixing import effective_draws, split_r_hat
from geo.network.ensemble.observed import DEVIATION, observed_of
from geo.network.ensemble.sampler import GROUP, draw_positions

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from geo.crs import FloatArray
    from geo.gazette.constraints import OrderConstraints
    from geo.gazette.notice import Notice
    from geo.network.ensemble.courses import Bending
    from geo.network.ensemble.observed import Observed
    from geo.network.ensemble.sampler import Drawn, Watch
    from geo.network.evidence import Evidence, ObservedLine

LAYOUTS: Final = 600
"""How many layouts an ensemble has, unless told otherwise."""

_STATIONS_M: Final = 1_000.0
_FINE_M: Final = 50.0
_MARGIN_M: Final = 1_500.0  # how far beyond the outermost lines a line is drawn
_FEW: Final = 24  # layouts
_ROUNDS: Final = 4  # of drawing wider; each adds less
_RARELY: Final = 0.002  # share of the drawn lines on either side that may lie farther out
_OFFSET: Final = 0.8  # of a centreline's error, common to all its length; the rest changes along it
_WIGGLE_M: Final = 2_000.0  # over which the rest changes
_DIRECTION: Final = 0.06  # standard deviation of the tangent by which a line turns beyond its end


def draw_layouts(
    constraints: OrderConstraints,
    evidence: Evidence,
    notice: Notice,
    *,
    count: int = LAYOUTS,
    seed: int = 0,
    watch: Watch = iter,
) -> Layouts:
    """Draw layouts of all lines in the proportions in which they are plausible.

    Parameters
    ----------
    constraints : OrderConstraints
    evidence : Evidence
    notice : Notice
    count : int, optional
    seed : int, optional
        The same seed gives the same layouts.
    watch
        As for `draw_positions`.
    """
    rng = np.random.default_rng(seed)
    observed = observed_of(constraints, evidence, notice)
    drawn = draw_positions(constraints, observed, count, rng, watch=watch)
    strengths = bendings(observed)
    stations_m = _stations(drawn, observed, strengths, np.random.default_rng([seed, 1]))
    across_m = tuple(
        np.empty((stations_m[k].size, int((observed.axis == k).sum()), count), dtype=np.float32)
        for k in range(len(AXES))
    )
    for number in np.unique(drawn.bending).tolist():
        mine = drawn.bending == number
        for k in range(len(AXES)):
            across_m[k][:, :, mine] = draw_courses(
                observed, k, drawn.positions_m[:, mine], strengths[number], stations_m[k], rng
            ).transpose(2, 1, 0)
    axes = [_axis(observed, k, stations_m[k], across_m[k]) for k in range(len(AXES))]
    for line in evidence.centrelines:
        if line.line in constraints.axes:
            number = observed.names.index(line.line)
            _take_centreline(axes[observed.axis[number]], number, line, observed, rng)
    return Layouts(
        names=observed.names,
        is_bounding=observed.is_bounding,
        centre_m=observed.centre_m,
        axes=(axes[0], axes[1]),
        other_names={
            name: line
            for name, line in (evidence.map_names | evidence.aliases).items()
            if line in constraints.axes
        },
        r_hat=split_r_hat(drawn.trace_m),
        effective=effective_draws(drawn.positions_m, GROUP),
    )


def _axis(
    observed: Observed, k: int, stations_m: FloatArray, across_m: npt.NDArray[np.float32]
) -> AxisLayouts:
    numbers = np.flatnonzero(observed.axis == k)
    fine_m = np.arange(stations_m[0], stations_m[-1] + _FINE_M / 2, _FINE_M)
    courses_m = np.zeros((fine_m.size, numbers.size), dtype=np.float32)
    return AxisLayouts(numbers, stations_m, across_m, fine_m, courses_m)


def _take_centreline(
    axis: AxisLayouts,
    number: int,
    line: ObservedLine,
    observed: Observed,
    rng: np.random.Generator,
) -> None:
    """Put a line where its centreline runs, give or take its error."""
    k = int(observed.axis[number])
    i = int(np.flatnonzero(axis.numbers == number)[0])
    across_m = line.across_m(AXES[k], axis.fine_m + observed.centre_m[1 - k]) - observed.centre_m[k]
    known = np.flatnonzero(~np.isnan(across_m))
    if not known.size:  # shorter than the distance of two stations
        return
    axis.courses_m[:, i] = np.interp(axis.fine_m, axis.fine_m[known], across_m[known])
    count = axis.across_m.shape[2]
    apart_m = np.subtract.outer(axis.stations_m, axis.stations_m)
    bell = np.exp(-(apart_m**2) / (2 * _WIGGLE_M**2)) + 1e-9 * np.eye(axis.stations_m.size)
    wiggle = np.linalg.cholesky(bell) @ rng.standard_normal((axis.stations_m.size, count))
    off = _OFFSET * rng.standard_normal(count) + np.sqrt(1 - _OFFSET**2) * wiggle
    first_m, last_m = axis.fine_m[known[[0, -1]]]
    beyond_m = np.stack([first_m - axis.stations_m, axis.stations_m - last_m])
    turns = _DIRECTION * rng.standard_normal((2, 1, count))
    axis.across_m[:, i] = DEVIATION * line.error_m * off
    axis.across_m[:, i] += (turns * np.maximum(beyond_m, 0.0)[:, :, None]).sum(axis=0)


def _stations(
    drawn: Drawn, observed: Observed, strengths: Sequence[Bending], rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Lay stations along each axis, over all places that lines of the other can reach.

    In a city that lies at an angle to the axes lines run farther across than where they pass the
    city's middle; some layouts are drawn to see how far.
    """
    reach_m = [
        np.quantile(_of_axis(drawn.positions_m, observed, k), [_RARELY, 1 - _RARELY])
        for k in range(len(AXES))
    ]
    stations_m = _over(reach_m)
    number = drawn.bending[0]
    few = drawn.positions_m[:, drawn.bending == number][:, :_FEW]
    for _ in range(_ROUNDS):
        for k in range(len(AXES)):
            courses = draw_courses(observed, k, few, strengths[number], stations_m[k], rng)
            if courses.size:
                edges = np.stack([courses.min(axis=(1, 2)), courses.max(axis=(1, 2))])
                low_m, high_m = np.median(edges, axis=1)
                reach_m[k] = np.array([min(reach_m[k][0], low_m), max(reach_m[k][1], high_m)])
        wider_m = _over(reach_m)
        if [one.size for one in wider_m] == [one.size for one in stations_m]:
            break
        stations_m = wider_m
    return stations_m


def _of_axis(positions_m: FloatArray, observed: Observed, axis: int) -> FloatArray:
    mine: FloatArray = positions_m[observed.axis == axis]
    return mine if mine.size else np.zeros(1)


def _over(reach_m: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Return the stations along each axis, over where lines of the other reach."""
    one, other = (
        np.arange(
            np.floor((low_m - _MARGIN_M) / _STATIONS_M),
            np.ceil((high_m + _MARGIN_M) / _STATIONS_M) + 1,
        )
        * _STATIONS_M
        for low_m, high_m in reversed(reach_m)
    )
    return one, other
