"""Places a scanned map on the ground by some points that are known on both."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from geo.errors import SurveyError

if TYPE_CHECKING:
    from geo.crs import FloatArray

MOST_POINTS: Final = 6
_SAME: Final = 1e-6  # of the spread of points, below which they lie on one line


class Fit(StrEnum):
    """What a scan may be off by."""

    SIMILARITY = "similarity"
    """Moved, turned and scaled: a map that lay flat. Two points are enough, three are checked."""
    AFFINE = "affine"
    """Also stretched and sheared: paper that has shrunk one way. Four points are checked."""


@dataclass(frozen=True)
class Georeference:
    """Where a scan lies.

    Attributes
    ----------
    matrix : ndarray, shape (2, 3)
        From column, row and 1 to easting and northing, Gauss-Kruger.
    residuals_m : ndarray, shape (points,)
        How far each point is off after the fit.
    rms_m : float or None
        Root of their mean square, by the points that are not needed; None if all are.
    """

    matrix: FloatArray
    residuals_m: FloatArray
    rms_m: float | None

    def to_ground(self, pixels: FloatArray) -> FloatArray:
        """Return easting and northing of columns and rows, both of shape (n, 2)."""
        placed: FloatArray = pixels @ self.matrix[:, :2].T + self.matrix[:, 2]
        return placed

    def to_pixels(self, places_m: FloatArray) -> FloatArray:
        """Return columns and rows of easting and northing, both of shape (n, 2)."""
        off_m = (places_m - self.matrix[:, 2]).T
        return np.asarray(np.linalg.solve(self.matrix[:, :2], off_m).T, dtype=np.float64)

    @property
    def metres_a_pixel(self) -> float:
        """Scale: the root of the ground's area that a pixel covers."""
        return float(np.sqrt(abs(np.linalg.det(self.matrix[:, :2]))))


def georeference(pixels: FloatArray, places_m: FloatArray, fit: Fit) -> Georeference:
    """Find where a scan lies, by least squares.

    Parameters
    ----------
    pixels : ndarray, shape (points, 2)
        Columns and rows, counted downwards from the upper left corner.
    places_m : ndarray, shape (points, 2)
        Easting and northing of the same, Gauss-Kruger.
    fit : Fit

    Raises
    ------
    SurveyError
        There are too few or too many points, or they lie on one line or one spot.
    """
    least = 2 if fit is Fit.SIMILARITY else 3
    count = len(pixels)
    if not least <= count <= MOST_POINTS:
        raise SurveyError(
            f"there are {count} control points; {fit} needs {least} to {MOST_POINTS}.",
            code="control_points",
        )
    for what, points in (("on the scan", pixels), ("on the ground", places_m)):
        spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
        if spread[least - 2] <= _SAME * max(float(np.abs(points).max()), 1.0):
            shape = "on one spot" if fit is Fit.SIMILARITY else "on one line"
            raise SurveyError(
                f"the control points lie {shape} {what}; choose some that are far apart.",
                code="control_points",
            )
    middle, middle_m = pixels.mean(axis=0), places_m.mean(axis=0)
    # Rows count downwards and northing upwards, so that a map that lies flat is mirrored.
    column, row = (pixels - middle).T
    one, none = np.ones(count), np.zeros(count)
    if fit is Fit.SIMILARITY:
        east = np.column_stack([column, row, one, none])
        north = np.column_stack([-row, column, none, one])
        (a, b, east_m, north_m), *_ = np.linalg.lstsq(
            np.concatenate([east, north]), (places_m - middle_m).T.ravel(), rcond=None
        )
        turned = np.array([[a, b], [b, -a]])
        shift_m = np.array([east_m, north_m])
    else:
        found, *_ = np.linalg.lstsq(
            np.column_stack([column, row, one]), places_m - middle_m, rcond=None
        )
        turned, shift_m = found[:2].T, found[2]
    matrix = np.column_stack([turned, middle_m + shift_m - turned @ middle])
    off_m = pixels @ turned.T + matrix[:, 2] - places_m
    residuals_m = np.hypot(*off_m.T)
    spare = count - least
    rms_m = float(np.sqrt((residuals_m**2).sum() / spare)) if spare else None
    return Georeference(matrix, residuals_m, rms_m)
