"""A drive along a road as the course of its line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy.interpolate import make_smoothing_spline

from geo.errors import SurveyError
from geo.model import Axis

if TYPE_CHECKING:
    from geo.crs import FloatArray

SPACING_M: Final = 500.0
"""Between the places at which a course is kept."""

_BIN_M: Final = 10.0
_SMOOTH_M: Final = 100.0
"""Half the length over which a course is smoothed. Cross-validation of the track itself smooths too
little: its points are not independent."""
_END_M: Final = 40.0  # at either end, where nothing holds a spline
_LEAST_BINS: Final = 12
_ROUNDS: Final = 4  # of leaving out what lies off the road
_FAR: Final = 4.0  # times the noise
_MAD: Final = 1.4826  # from the median of absolute deviations to a standard deviation
_LEAST_NOISE_M: Final = 2.0


class Course(NamedTuple):
    """The course of a line as far as it was driven.

    Attributes
    ----------
    places_m : ndarray, shape (n, 2)
        Easting and northing, in the order of the coordinate along the line.
    noise_m : float
        Standard deviation of the track's points across it.
    """

    places_m: FloatArray
    noise_m: float

    def kept(self, axis: Axis) -> FloatArray:
        """Return some of its places, `SPACING_M` apart or less, both ends among them."""
        along = 1 if axis is Axis.NS else 0
        length_m = float(np.ptp(self.places_m[:, along]))
        count = max(2, int(np.ceil(length_m / SPACING_M)) + 1)
        chosen = np.linspace(0, len(self.places_m) - 1, count).round().astype(int)
        kept: FloatArray = self.places_m[chosen]
        return kept


def course_of(track_m: FloatArray, axis: Axis, line: str) -> Course:
    """Find the course of the road that somebody drove along, there or there and back.

    A smoothing spline across the line's axis, as smooth as roads are, fitted again without the
    points that lie off it, as where the car turned into another road.

    Parameters
    ----------
    track_m : ndarray, shape (n, 2)
        Easting and northing, Gauss-Kruger.
    axis : Axis
        In which direction the line runs.
    line : str
        For messages.

    Raises
    ------
    SurveyError
        It is too short, or runs across the line's direction.
    """
    along, across = (1, 0) if axis is Axis.NS else (0, 1)
    reach_m = np.quantile(track_m, [0.02, 0.98], axis=0) if len(track_m) else np.zeros((2, 2))
    length_m, width_m = (float(np.diff(reach_m[:, k])[0]) for k in (along, across))
    if length_m < _LEAST_BINS * _BIN_M:
        raise SurveyError(
            f"the track along {line} is {length_m:.0f} m long in the direction of the line; at"
            f" least {_LEAST_BINS * _BIN_M:.0f} m are needed.",
            code="track_too_short",
        )
    if width_m > 2 * length_m:
        raise SurveyError(
            f"the track runs {width_m:.0f} m across the direction of {line} and {length_m:.0f} m"
            " along it; it is another road's.",
            code="track_across",
        )
    kept = np.ones(len(track_m), dtype=bool)
    noise_m = np.inf
    for _ in range(_ROUNDS):
        number = np.floor(track_m[kept, along] / _BIN_M).astype(int)
        bins, place, count = np.unique(number, return_inverse=True, return_counts=True)
        if bins.size < _LEAST_BINS:
            raise SurveyError(
                f"the track along {line} has points on {bins.size * _BIN_M:.0f} m of it only; at"
                f" least {_LEAST_BINS * _BIN_M:.0f} m are needed.",
                code="track_too_short",
            )
        at_m = np.bincount(place, track_m[kept, along]) / count
        mean_m = np.bincount(place, track_m[kept, across]) / count
        # The equivalent kernel of a smoothing spline (B. W. Silverman, Spline smoothing, 1984).
        stiffness = _SMOOTH_M**4 * bins.size / (at_m[-1] - at_m[0])
        # A bin counts once, however long the car stood there.
        spline = make_smoothing_spline(at_m, mean_m, lam=stiffness)
        inside = (track_m[:, along] >= at_m[0]) & (track_m[:, along] <= at_m[-1])
        off_m = np.abs(track_m[:, across] - spline(track_m[:, along]))
        noise_m = max(_MAD * float(np.median(off_m[inside])), _LEAST_NOISE_M)
        kept = inside & (off_m <= _FAR * noise_m)
    stations_m = np.arange(at_m[0] + _END_M, at_m[-1] - _END_M, _BIN_M)
    columns = (stations_m, spline(stations_m)) if along == 0 else (spline(stations_m), stations_m)
    return Course(np.column_stack(columns), noise_m)
