"""How the lines of a city bend, as Gaussian processes, and courses drawn from them.

A line is where a smooth function of the place, the *grid coordinate*, has the line's own value, its
*position*. For lines of one axis the function is the coordinate across that axis plus a field
that all lines of the axis share (the quarters' turns and waves), plus a deviation of the line's own
along its course. Both are Gaussian processes, so observed points bear on positions linearly, and a
course between them is drawn exactly (Matheron's rule; Wilson et al. 2021, *Pathwise Conditioning of
Gaussian Processes*). How much a city turns is not known beforehand: several strengths are tried.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from geo.layouts.layouts import between

if TYPE_CHECKING:
    import numpy.typing as npt

    from geo.crs import FloatArray
    from geo.network.ensemble.observed import AxisPoints, Observed

    _Place = tuple[FloatArray, FloatArray]

_SHARED: Final = ((0.06, 0.25), (0.13, 0.35), (0.28, 0.25), (0.5, 0.15))
"""Standard deviations of the slope of the shared field, as tangents, and how likely each is."""
_OWN: Final = ((0.008, 0.4), (0.03, 0.4), (0.09, 0.2))
"""The same of a line's own deviation."""
_SHARED_REACH_M: Final = 2_500.0
_OWN_REACH_M: Final = 1_500.0
_TILT: Final = 0.15  # standard deviation of the slope of a whole axis
_NUGGET_M: Final = 1.0  # keeps covariances invertible
_JITTER: Final = 1e-6  # the same for kernels of height 1
_NODES_M: Final = 1_000.0
_ROUNDS: Final = 6  # of the fixed point; the field's slope is mostly well below 1


@dataclass(frozen=True, slots=True)
class Bending:
    """Strength of bends, and what the observed points say of positions if it is right.

    The logarithm of the points' likelihood is
    ``linear @ p - p @ precision @ p / 2 + constant``, for positions p of the observed lines.

    Attributes
    ----------
    shared, own : float
        Standard deviations of slopes.
    observed : ndarray of int, shape (n,)
        Numbers of the observed lines.
    precision : ndarray, shape (n, n)
    linear : ndarray, shape (n,)
    constant : float
        Also holds how likely the strength is before anything was observed.
    """

    shared: float
    own: float
    observed: npt.NDArray[np.int64]
    precision: FloatArray
    linear: FloatArray
    constant: float


def bendings(observed: Observed) -> list[Bending]:
    """Return every strength of bends with what the points say under it."""
    lines = np.unique(np.concatenate([points.line for points in observed.points]))
    place = {int(line): i for i, line in enumerate(lines)}
    found = []
    for (shared, shared_share), (own, own_share) in product(_SHARED, _OWN):
        precision = np.zeros((lines.size, lines.size))
        linear, constant = np.zeros(lines.size), float(np.log(shared_share * own_share))
        for points in observed.points:
            if not points.line.size:
                continue
            factor = cho_factor(_covariance(points, shared, own))
            design = np.zeros((points.line.size, lines.size))
            design[np.arange(points.line.size), [place[int(one)] for one in points.line]] = 1.0
            weighed = cho_solve(factor, points.across_m)
            precision += design.T @ cho_solve(factor, design)
            linear += design.T @ weighed
            constant -= float(np.log(np.diag(factor[0])).sum() + 0.5 * points.across_m @ weighed)
        found.append(Bending(shared, own, lines, precision, linear, constant))
    return found


def draw_courses(
    observed: Observed,
    axis: int,
    positions_m: FloatArray,
    bending: Bending,
    stations_m: FloatArray,
    rng: np.random.Generator,
) -> FloatArray:
    """Draw the lines of one axis, given their positions.

    Parameters
    ----------
    observed : Observed
    axis : int
    positions_m : ndarray, shape (lines, layouts)
        Of all lines.
    bending : Bending
    stations_m : ndarray, shape (stations,)
        Along the axis, metres from the centre.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (layouts, lines of the axis, stations)
        Metres from the centre across the axis.
    """
    lines = np.flatnonzero(observed.axis == axis)
    points = observed.points[axis]
    count = positions_m.shape[1]
    low, high = positions_m[lines].min() - _NODES_M, positions_m[lines].max() + _NODES_M
    nodes_m = np.arange(np.floor(low / _NODES_M), np.ceil(high / _NODES_M) + 1) * _NODES_M
    field = _field(nodes_m, stations_m, bending.shared, count, rng)
    seen = (points.across_m, points.along_m)
    own = np.empty((lines.size, stations_m.size, count))
    own_there = np.zeros((points.line.size, count))
    for j, line in enumerate(lines):
        here = np.flatnonzero(points.line == line)
        both_m = np.concatenate([stations_m, points.along_m[here]])
        drawn = _draws(_along(both_m, both_m, bending.own), count, rng)
        own[j], own_there[here] = drawn[: stations_m.size], drawn[stations_m.size :]
    if points.line.size:
        error_m = points.deviation_m[:, None] * rng.standard_normal((points.line.size, count))
        wanted = positions_m[points.line] - points.across_m[:, None]
        missing = wanted - _at(field, nodes_m, stations_m, seen) - own_there + error_m
        factor = cho_factor(_covariance(points, bending.shared, bending.own))
        solved = cho_solve(factor, missing)
        grid = tuple(one.ravel() for one in np.meshgrid(nodes_m, stations_m, indexing="ij"))
        field += (_shared((grid[0], grid[1]), seen, bending.shared) @ solved).reshape(field.shape)
        for j, line in enumerate(lines):
            here = np.flatnonzero(points.line == line)
            own[j] += _along(stations_m, points.along_m[here], bending.own) @ solved[here]
    target = positions_m[lines][:, None] - own
    return _where(target, field, nodes_m).transpose(2, 0, 1)


def _field(
    nodes_m: FloatArray,
    stations_m: FloatArray,
    slope: float,
    count: int,
    rng: np.random.Generator,
) -> FloatArray:
    """Draw the shared field before anything is known; shape (nodes, stations, count).

    Its covariance is a product of one across and one along, so two small factors do.
    """
    across, along = (
        np.linalg.cholesky(_bell(one, one, _SHARED_REACH_M) + _JITTER * np.eye(one.size))
        for one in (nodes_m, stations_m)
    )
    drawn = rng.standard_normal((count, nodes_m.size, stations_m.size))
    tilt = _TILT * rng.standard_normal(count)
    field = slope * _SHARED_REACH_M * (across @ drawn @ along.T).transpose(1, 2, 0)
    found: FloatArray = field + stations_m[None, :, None] * tilt
    return found


def _at(
    field: FloatArray, nodes_m: FloatArray, stations_m: FloatArray, places: _Place
) -> FloatArray:
    """Return a field at places between its nodes and stations; shape (places, layouts)."""
    (node, part), (station, rest) = (
        between(one, at) for one, at in zip((nodes_m, stations_m), places, strict=True)
    )
    low = field[node, station] * (1 - part[:, None]) + field[node + 1, station] * part[:, None]
    high = field[node, station + 1] * (1 - part[:, None])
    high = high + field[node + 1, station + 1] * part[:, None]
    found: FloatArray = low * (1 - rest[:, None]) + high * rest[:, None]
    return found


def _where(target: FloatArray, field: FloatArray, nodes_m: FloatArray) -> FloatArray:
    """Find the coordinate across the axis at which it and the field together reach a target.

    Parameters
    ----------
    target : ndarray, shape (lines, stations, layouts)
    field : ndarray, shape (nodes, stations, layouts)
    nodes_m : ndarray, shape (nodes,)
    """
    across_m = target.copy()
    station, layout = np.arange(target.shape[1])[:, None], np.arange(target.shape[2])
    for last in (False,) * (_ROUNDS - 1) + (True,):
        node, part = between(nodes_m, across_m)
        there = field[node, station, layout] * (1 - part) + field[node + 1, station, layout] * part
        # Half a step at a time, which also converges where the field is steep.
        across_m = target - there if last else 0.5 * (across_m + target - there)
    return across_m


def _covariance(points: AxisPoints, shared: float, own: float) -> FloatArray:
    place = (points.across_m, points.along_m)
    same_line = points.line[:, None] == points.line
    found: FloatArray = (
        _shared(place, place, shared)
        + _along(points.along_m, points.along_m, own) * same_line
        + np.diag(points.deviation_m**2)
    )
    return found


def _shared(place: _Place, other: _Place, slope: float) -> FloatArray:
    """Return the covariance of the shared field at places, each given across and along."""
    found = (slope * _SHARED_REACH_M) ** 2 * _bell(place[0], other[0], _SHARED_REACH_M)
    found *= _bell(place[1], other[1], _SHARED_REACH_M)
    found += _TILT**2 * np.multiply.outer(place[1], other[1])
    return found


def _along(along_m: FloatArray, other_m: FloatArray, slope: float) -> FloatArray:
    return (slope * _OWN_REACH_M) ** 2 * _bell(along_m, other_m, _OWN_REACH_M)


def _bell(one_m: FloatArray, other_m: FloatArray, reach_m: float) -> FloatArray:
    """Return the squared exponential kernel."""
    found: FloatArray = np.exp(-(np.subtract.outer(one_m, other_m) ** 2) / (2 * reach_m**2))
    return found


def _draws(covariance: FloatArray, count: int, rng: np.random.Generator) -> FloatArray:
    """Draw from a Gaussian process; shape (places, count)."""
    covariance[np.diag_indices_from(covariance)] += _NUGGET_M**2
    drawn: FloatArray = np.linalg.cholesky(covariance) @ rng.standard_normal(
        (len(covariance), count)
    )
    return drawn
