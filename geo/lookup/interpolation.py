"""Values between the corners of cells, and how far off they may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from geo.crs import FloatArray


def interpolation_error(values: FloatArray) -> FloatArray:
    """Return by how much values between the corners of each cell may be off.

    Parameters
    ----------
    values : ndarray, shape (n + 1, n + 1, k)
        At the corners.

    Returns
    -------
    ndarray, shape (n, n, k)
        An eighth of the second differences, as of a parabola, the largest of the four corners'.
    """
    bent = np.zeros(values.shape)
    for axis in (0, 1):
        second = np.abs(np.diff(values, 2, axis=axis)) / 8
        bent += np.pad(second, [(1, 1) if k == axis else (0, 0) for k in range(3)], mode="edge")
    found: FloatArray = np.maximum.reduce(
        [bent[:-1, :-1], bent[:-1, 1:], bent[1:, :-1], bent[1:, 1:]]
    )
    return found


def planes(
    south_west: FloatArray, south_east: FloatArray, north_west: FloatArray, north_east: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return a, b, c, d of the value ``a + b x + (c + d x) y`` between the corners of a cell.

    There x and y are from 0 to 1, to the east and north.
    """
    east, north = south_east - south_west, north_west - south_west
    return south_west, east, north, (north_east - north_west) - east


def between(
    x: float | FloatArray,
    y: float | FloatArray,
    a: FloatArray,
    b: FloatArray,
    c: FloatArray,
    d: FloatArray,
) -> FloatArray:
    """Interpolate within cells, see `planes`."""
    found = d * x
    found += c
    found *= y
    found += b * x
    found += a
    return found


def rounded_shares(values: FloatArray) -> FloatArray:
    """Round to three decimals, as all answers do."""
    found = values * 1000
    found += 0.5
    np.floor(found, out=found)
    found /= 1000
    return found
