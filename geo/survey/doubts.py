"""Which observations may be mistaken, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from geo.crs import Crs, from_wgs84, to_wgs84
from geo.survey.condition import seen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo.crs import FloatArray
    from geo.layouts.layouts import Layouts
    from geo.survey.condition import Sighting

_OUTSIDE: Final = 0.005  # share of layouts on either side beyond which a place is out of reach
_FAR: Final = 3.0  # times the error of an observation
_TURN: Final = 0.2  # by how much a line may bend between two observations of it, m a m
_NEAR_M: Final = 1_500.0
_BETTER: Final = 12.0  # twice the log of how much likelier the other reading is: e**6
_FITS: Final = 4.0  # squared standard deviations an observation, at most
_SHRUNK: Final = 0.1  # of the covariance of some hundreds of layouts, towards its diagonal


def outside(layouts: Layouts, sighting: Sighting) -> str:
    """Say how far a line was seen from wherever layouts have it; empty if it is among them."""
    in_layouts, observed = seen(layouts, [sighting])
    low_m, high_m = np.quantile(in_layouts[0], [_OUTSIDE, 1 - _OUTSIDE])
    off_m = max(low_m - observed[0], observed[0] - high_m)
    if off_m <= _FAR * sighting.error_m:
        return ""
    return f"{sighting.line} would lie {off_m:.0f} m outside of where all else allows it"


def contradiction(
    layouts: Layouts, sighting: Sighting, known: Mapping[str, Sequence[Sighting]]
) -> str:
    """Say which other observation of the same line a new one contradicts; empty if none.

    Parameters
    ----------
    layouts : Layouts
    sighting : Sighting
    known : mapping of str to sequence of Sighting
        Others, by the ids of their observations.
    """
    k, _ = layouts.place[sighting.line]
    mine_m = (sighting.easting_m, sighting.northing_m)
    for name, others in known.items():
        for other in others:
            if other.line != sighting.line:
                continue
            theirs_m = (other.easting_m, other.northing_m)
            along_m, across_m = abs(mine_m[1 - k] - theirs_m[1 - k]), abs(mine_m[k] - theirs_m[k])
            error_m = float(np.hypot(sighting.error_m, other.error_m))
            if along_m <= _NEAR_M and across_m > _FAR * error_m + _TURN * along_m:
                return f"{sighting.line} would lie {across_m:.0f} m from where {name} has it"
    return ""


def other_system(layouts: Layouts, sightings: Sequence[Sighting], crs: Crs, zone: Crs) -> str:
    """Say which other coordinate system would explain all observations of a file much better.

    Phones have WGS84, map services of China GCJ-02 or BD-09, some hundreds of metres apart, and
    people mix them up.

    Parameters
    ----------
    layouts : Layouts
    sightings : sequence of Sighting
        Gauss-Kruger, as read in `crs`.
    crs : Crs
    zone : Crs
        The city's, in metres.
    """
    if not sightings:
        return ""
    in_layouts, _ = seen(layouts, sightings)
    errors_m = np.array([one.error_m for one in sightings])
    spread = np.atleast_2d(np.cov(in_layouts))
    spread = (1 - _SHRUNK) * spread + _SHRUNK * np.diag(np.diag(spread)) + np.diag(errors_m**2)
    misfits = {crs: _misfit(layouts, sightings, spread)}
    for other in (Crs.WGS84, Crs.GCJ02, Crs.BD09):
        if other is not crs:
            misfits[other] = _misfit(layouts, _as_if(sightings, crs, other, zone), spread)
    best = min(misfits, key=misfits.__getitem__)
    fits = misfits[best] <= _FITS * len(sightings)
    if best is crs or not fits or misfits[crs] - misfits[best] < _BETTER:
        return ""
    return f"the places fit much better if they are {best}, not {crs}; say which (--crs {best})"


def _misfit(layouts: Layouts, sightings: Sequence[Sighting], spread: FloatArray) -> float:
    """Return the squared distance of observations from the layouts' middle, by their spread."""
    in_layouts, observed = seen(layouts, sightings)
    off_m = observed - in_layouts.mean(axis=1)
    return float(off_m @ np.linalg.solve(spread, off_m))


def _as_if(sightings: Sequence[Sighting], crs: Crs, other: Crs, zone: Crs) -> list[Sighting]:
    """Return sightings as they would be, had their numbers been of another system."""
    easting_m = np.array([one.easting_m for one in sightings])
    northing_m = np.array([one.northing_m for one in sightings])
    lon, lat = to_wgs84(lon=easting_m, lat=northing_m, crs=zone)
    given_lon, given_lat = from_wgs84(lon=lon, lat=lat, crs=crs)
    lon, lat = to_wgs84(lon=given_lon, lat=given_lat, crs=other)
    moved_m = np.stack(from_wgs84(lon=lon, lat=lat, crs=zone), axis=1).tolist()
    return [
        one._replace(easting_m=east_m, northing_m=north_m)
        for one, (east_m, north_m) in zip(sightings, moved_m, strict=True)
    ]
