"""True lines broken up the way maps draw them: carriageways, crossovers, spurs, gaps, pieces."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely import LineString
from shapely.ops import substring

if TYPE_CHECKING:
    import numpy.typing as npt


def broken_up(
    truth: LineString,
    rng: np.random.Generator,
    *,
    aside_m: float = 8.0,
    gap_m: float = 40.0,
    spur_m: float = 60.0,
) -> list[LineString]:
    """Return the pieces that a map might have of a line.

    Parameters
    ----------
    truth : LineString
        In metres, at least 600 m long.
    rng : Generator
    aside_m : float
        From the line to each of its two carriageways; 0 for a single carriageway.
    gap_m, spur_m : float
        Length of the gaps, and the greatest length of the spurs.

    Returns
    -------
    list of LineString
        In random order and direction, with crossovers and spurs every few hundred metres; one
        gap through all carriageways and one in a single carriageway, away from the ends.
    """
    length_m = truth.length
    sides = (-aside_m, aside_m) if aside_m else (0.0,)
    tracks = [truth.offset_curve(side) if side else truth for side in sides]
    pieces: list[LineString] = []
    gap_at_m = rng.uniform(0.25, 0.4) * length_m
    lone_gap_at_m = rng.uniform(0.6, 0.75) * length_m
    for number, track in enumerate(tracks):
        gaps = [gap_at_m, *([lone_gap_at_m] if number == 0 and len(tracks) > 1 else [])]
        cuts = [0.0, *(m for at in gaps for m in (at, at + gap_m)), length_m]
        for start, end in zip(cuts[::2], cuts[1::2], strict=True):
            pieces += _split(_between(track, truth, start, end), rng)
    for at_m in np.arange(100.0, length_m - 100.0, 220.0) + rng.uniform(0, 60):
        if abs(at_m - gap_at_m - gap_m / 2) < gap_m + 30:
            continue
        foot, across = _frame(truth, float(at_m))
        if aside_m:
            pieces.append(LineString([foot - aside_m * across, foot + aside_m * across]))
        side = rng.choice([-1.0, 1.0])
        reach_m = aside_m + rng.uniform(10.0, spur_m)
        pieces.append(LineString([foot + side * aside_m * across, foot + side * reach_m * across]))
    order = rng.permutation(len(pieces))
    return [pieces[k].reverse() if rng.random() < 0.5 else pieces[k] for k in order]


def _between(track: LineString, truth: LineString, start_m: float, end_m: float) -> LineString:
    places = [
        track.project(shapely.line_interpolate_point(truth, m))
        if 0 < m < truth.length
        else m and track.length
        for m in (start_m, end_m)
    ]
    return substring(track, *places)


def _split(line: LineString, rng: np.random.Generator) -> list[LineString]:
    inner = np.sort(rng.uniform(0.05, 0.95, int(rng.integers(0, 6)))) * line.length
    places = [0.0, *inner, line.length]
    return [substring(line, a, b) for a, b in itertools.pairwise(places)]


def _frame(
    line: LineString, at_m: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return a place on a line and the unit vector across the line there."""
    foot = np.array(line.interpolate(at_m).coords[0])
    ahead = np.array(line.interpolate(at_m + 0.5).coords[0]) - foot
    return foot, np.array([-ahead[1], ahead[0]]) / np.hypot(*ahead)
