"""Observed points as the ensemble takes them: metres from the city's centre, axis by axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geo.crs import from_wgs84
from geo.layouts.layouts import AXES
from geo.model import Side

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from geo.crs import FloatArray
    from geo.gazette.constraints import OrderConstraints
    from geo.gazette.notice import Notice
    from geo.model import Axis
    from geo.network.evidence import Evidence, Observation, ObservedLine

DEVIATION: Final = 0.6
"""Standard deviation of an error as a share of its bound: an even error has 1 / sqrt(3)."""
_LEAST_ERROR_M: Final = 15.0
_CENTRELINE_STEP_M: Final = 500.0
_MOST_OF_A_CENTRELINE: Final = 40


@dataclass(frozen=True, slots=True)
class AxisPoints:
    """Points at which lines of one axis were observed.

    Attributes
    ----------
    line : ndarray of int, shape (n,)
        Number of each point's line among all lines.
    across_m, along_m : ndarray, shape (n,)
        Gauss-Kruger metres from the city's centre, across the axis and along it.
    deviation_m : ndarray, shape (n,)
        Standard deviation of the line's distance from the point.
    """

    line: npt.NDArray[np.int64]
    across_m: FloatArray
    along_m: FloatArray
    deviation_m: FloatArray


@dataclass(frozen=True, slots=True)
class Limit:
    """A place that lies on one side of a line.

    Attributes
    ----------
    line : int
    across_m : float
        Of the place, metres from the city's centre across the line's axis.
    is_before : bool
        Whether the line lies before the place: west of it, or south of it.
    deviation_m : float
    """

    line: int
    across_m: float
    is_before: bool
    deviation_m: float


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything that was observed of an edition's lines.

    Attributes
    ----------
    names : tuple of str
        All lines that the edition mentions.
    axis : ndarray of int, shape (lines,)
        Place of each line's axis in `AXES`.
    is_bounding : ndarray of bool, shape (lines,)
    centre_m : pair of float
        Easting and northing of the city's centre, Gauss-Kruger.
    points : pair of AxisPoints
        By axis.
    limits : tuple of Limit
    seen_m : pair of ndarray
        Where points, not centrelines, were observed: eastings and northings from the centre.
    """

    names: tuple[str, ...]
    axis: npt.NDArray[np.int64]
    is_bounding: npt.NDArray[np.bool_]
    centre_m: tuple[float, float]
    points: tuple[AxisPoints, AxisPoints]
    limits: tuple[Limit, ...]
    seen_m: tuple[FloatArray, FloatArray]


def observed_of(constraints: OrderConstraints, evidence: Evidence, notice: Notice) -> Observed:
    """Collect what was observed of an edition's lines.

    Parameters
    ----------
    constraints : OrderConstraints
    evidence : Evidence
        A line with a centreline is known by that alone.
    notice : Notice
        Its centre is where metres are counted from.
    """
    names = tuple(constraints.axes)
    number = {name: i for i, name in enumerate(names)}
    centre_m = from_wgs84(lon=notice.centre_lon, lat=notice.centre_lat, crs=notice.metric_crs)
    centrelines = {one.line: one for one in evidence.centrelines if one.line in number}
    points: tuple[list[tuple[float, ...]], ...] = ([], [])
    seen: tuple[list[float], ...] = ([], [])
    limits = []
    for one in evidence.observations:
        axis = constraints.axes.get(one.line)
        if axis is None:
            continue
        k = AXES.index(axis)
        if one.limit is not None:
            limits.append(_limit(one, axis, number[one.line], centre_m[k]))
        elif one.line not in centrelines:
            across_m, along_m = (
                one.across_m(axis) - centre_m[k],
                one.along_m(axis) - centre_m[1 - k],
            )
            deviation_m = DEVIATION * max(one.error_m, _LEAST_ERROR_M)
            points[k].append((number[one.line], across_m, along_m, deviation_m))
            seen[1 - k].append(along_m)
    for name, centreline in centrelines.items():
        k = AXES.index(constraints.axes[name])
        deviation_m = DEVIATION * max(centreline.error_m, _LEAST_ERROR_M)
        points[k].extend(
            (number[name], across_m - centre_m[k], along_m - centre_m[1 - k], deviation_m)
            for across_m, along_m in _along(centreline, AXES[k])
        )
    bounding = set(constraints.bounding)
    return Observed(
        names=names,
        axis=np.array([AXES.index(constraints.axes[name]) for name in names]),
        is_bounding=np.array([name in bounding for name in names]),
        centre_m=(float(centre_m[0]), float(centre_m[1])),
        points=(_axis_points(points[0]), _axis_points(points[1])),
        limits=tuple(limits),
        seen_m=(np.array(seen[0]), np.array(seen[1])),
    )


def _limit(one: Observation, axis: Axis, line: int, centre_m: float) -> Limit:
    is_before = one.limit in {Side.WEST, Side.SOUTH}
    deviation_m = DEVIATION * max(one.error_m, _LEAST_ERROR_M)
    return Limit(line, one.across_m(axis) - centre_m, is_before, deviation_m)


def _along(centreline: ObservedLine, axis: Axis) -> Iterator[tuple[float, float]]:
    """Yield places on a centreline: across the axis, and along it."""
    along_m = np.concatenate(centreline.pieces)[:, 1 - AXES.index(axis)]
    low, high = float(along_m.min()), float(along_m.max())
    count = int(np.clip((high - low) / _CENTRELINE_STEP_M, 1, _MOST_OF_A_CENTRELINE)) + 1
    stations_m = np.linspace(low, high, count)
    for across_m, at_m in zip(centreline.across_m(axis, stations_m), stations_m, strict=True):
        if not np.isnan(across_m):
            yield float(across_m), float(at_m)


def _axis_points(rows: list[tuple[float, ...]]) -> AxisPoints:
    table = np.array(rows, dtype=float).reshape(-1, 4)
    return AxisPoints(table[:, 0].astype(np.int64), table[:, 1], table[:, 2], table[:, 3])
