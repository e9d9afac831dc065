"""Which observations may be mistaken, and why."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from geo.crs import Crs, from_wgs84, to_wgs84
from geo.layouts.layouts import AXES
from geo.survey.condition import seen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo.crs import FloatArray
    from geo.layouts.layouts import Layouts
    from geo.network.evidence import Observation

_OUTSIDE: Final = 0.005  # share of layouts on either side beyond which a place is out of reach
_FAR: Final = 3.0  # times the error of an observation
_TURN: Final = 0.2  # by how much a line may bend between two observations of it, m a m
_NEAR_M: Final = 1_500.0
_BETTER: Final = 12.0  # twice the log of how much likelier the other reading is: e**6
_FITS: Final = 4.0  # squared standard deviations an observation, at most
_SHRUNK: Final = 0.1  # of the covariance of some hundreds of layouts, towards its diagonal

_CHINESE: Final = tuple(
    (re.compile(english), chinese)
    for english, chinese in (
        (
            r"(.+) would lie (\d+) m outside of where all else allows it",
            r"\1会在其他依据所允许的范围之外 \2 米",
        ),
        (r"(.+) would lie (\d+) m from where (.+) has it", r"\1会与 \3 所记相差 \2 米"),
        (
            r"the places fit much better if they are (\S+), not (\S+); say which \(.+\)",
            r"这些地点若按 \1 而不是 \2 理解会合适得多，请说明是哪一种",
        ),
        (r"noted on the field page; to be confirmed", "外业页面所记，待确认"),
    )
)


def in_chinese(reason: str) -> str:
    """Return a reason in Chinese; as it is if it is none of those that are given here."""
    for pattern, chinese in _CHINESE:
        if match := pattern.fullmatch(reason):
            return match.expand(chinese)
    return reason


def outside(layouts: Layouts, observation: Observation) -> str:
    """Say how far a line was seen from wherever layouts have it; empty if it is among them."""
    in_layouts, observed = seen(layouts, [observation])
    low_m, high_m = np.quantile(in_layouts[0], [_OUTSIDE, 1 - _OUTSIDE])
    off_m = max(low_m - observed[0], observed[0] - high_m)
    if off_m <= _FAR * observation.error_m:
        return ""
    return f"{observation.line} would lie {off_m:.0f} m outside of where all else allows it"


def contradiction(
    layouts: Layouts, observation: Observation, known: Mapping[str, Sequence[Observation]]
) -> str:
    """Say which other observation of the same line a new one contradicts; empty if none.

    Parameters
    ----------
    layouts : Layouts
    observation : Observation
    known : mapping of str to sequence of Observation
        Others, by the ids of their observations.
    """
    axis = AXES[layouts.place[observation.line][0]]
    for name, others in known.items():
        for other in others:
            if other.line != observation.line:
                continue
            along_m = abs(observation.along_m(axis) - other.along_m(axis))
            across_m = abs(observation.across_m(axis) - other.across_m(axis))
            error_m = float(np.hypot(observation.error_m, other.error_m))
            if along_m <= _NEAR_M and across_m > _FAR * error_m + _TURN * along_m:
                return f"{observation.line} would lie {across_m:.0f} m from where {name} has it"
    return ""


def other_system(layouts: Layouts, observations: Sequence[Observation], crs: Crs, zone: Crs) -> str:
    """Say which other coordinate system would explain all observations of a file much better.

    Phones have WGS84, map services of China GCJ-02 or BD-09, some hundreds of metres apart, and
    people mix them up.

    Parameters
    ----------
    layouts : Layouts
    observations : sequence of Observation
        Gauss-Kruger, as read in `crs`.
    crs : Crs
    zone : Crs
        The city's, in metres.
    """
    if not observations:
        return ""
    in_layouts, _ = seen(layouts, observations)
    errors_m = np.array([one.error_m for one in observations])
    spread = np.atleast_2d(np.cov(in_layouts))
    spread = (1 - _SHRUNK) * spread + _SHRUNK * np.diag(np.diag(spread)) + np.diag(errors_m**2)
    misfits = {crs: _misfit(layouts, observations, spread)}
    for other in (Crs.WGS84, Crs.GCJ02, Crs.BD09):
        if other is not crs:
            misfits[other] = _misfit(layouts, _as_if(observations, crs, other, zone), spread)
    best = min(misfits, key=misfits.__getitem__)
    fits = misfits[best] <= _FITS * len(observations)
    if best is crs or not fits or misfits[crs] - misfits[best] < _BETTER:
        return ""
    return f"the places fit much better if they are {best}, not {crs}; say which (--crs {best})"


def _misfit(layouts: Layouts, observations: Sequence[Observation], spread: FloatArray) -> float:
    """Return the squared distance of observations from the layouts' middle, by their spread."""
    in_layouts, observed = seen(layouts, observations)
    off_m = observed - in_layouts.mean(axis=1)
    return float(off_m @ np.linalg.solve(spread, off_m))


def _as_if(
    observations: Sequence[Observation], crs: Crs, other: Crs, zone: Crs
) -> list[Observation]:
    """Return observations as they would be, had their numbers been of another system."""
    easting_m = np.array([one.easting_m for one in observations])
    northing_m = np.array([one.northing_m for one in observations])
    lon, lat = to_wgs84(lon=easting_m, lat=northing_m, crs=zone)
    given_lon, given_lat = from_wgs84(lon=lon, lat=lat, crs=crs)
    lon, lat = to_wgs84(lon=given_lon, lat=given_lat, crs=other)
    moved_m = np.stack(from_wgs84(lon=lon, lat=lat, crs=zone), axis=1).tolist()
    return [
        replace(one, easting_m=east_m, northing_m=north_m)
        for one, (east_m, north_m) in zip(observations, moved_m, strict=True)
    ]
