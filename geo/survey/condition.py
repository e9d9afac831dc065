"""Layouts that agree with what was observed since they were drawn, at once but not exactly.

An ensemble Kalman update moves every layout towards the observations, each line as far as it
varies together with the observed ones (G. Evensen, Data Assimilation: The Ensemble Kalman Filter,
2nd edition, 2009, chapter 4, with perturbed observations). Drawing the layouts anew is exact; this
takes milliseconds, and knows nothing of the gazette's order but what the layouts have of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.crs import FloatArray
    from geo.layouts.layouts import AxisLayouts, Layouts


class Sighting(NamedTuple):
    """A place where a line was seen.

    Attributes
    ----------
    line : str
        Canonical name.
    easting_m, northing_m : float
        Gauss-Kruger.
    error_m : float
        Standard deviation of the place across the line.
    """

    line: str
    easting_m: float
    northing_m: float
    error_m: float


def seen(layouts: Layouts, sightings: Sequence[Sighting]) -> tuple[FloatArray, FloatArray]:
    """Return where layouts have lines, and where they were seen.

    Returns
    -------
    in_layouts : ndarray, shape (sightings, layouts)
        Metres from the centre across each line's axis.
    observed : ndarray, shape (sightings,)
    """
    in_layouts, observed = [], []
    for line, easting_m, northing_m, _ in sightings:
        k, i = layouts.place[line]
        place_m = easting_m - layouts.centre_m[0], northing_m - layouts.centre_m[1]
        axis = layouts.axes[k]
        in_layouts.append(axis.at(np.array([place_m[1 - k]]), np.array([i]))[0, 0])
        observed.append(place_m[k])
    return np.array(in_layouts, dtype=np.float64), np.array(observed)


def conditioned(
    layouts: Layouts, sightings: Sequence[Sighting], rng: np.random.Generator
) -> Layouts:
    """Return layouts moved to where lines were seen.

    Parameters
    ----------
    layouts : Layouts
    sightings : sequence of Sighting
        Of lines that the layouts have.
    rng : Generator
        For the errors of the observations, which differ from layout to layout.
    """
    if not sightings:
        return layouts
    in_layouts, observed = seen(layouts, sightings)
    errors_m = np.array([sighting.error_m for sighting in sightings])[:, None]
    varied = in_layouts - in_layouts.mean(axis=1, keepdims=True)
    spread = varied @ varied.T / (layouts.count - 1) + np.diag(errors_m[:, 0] ** 2)
    missed_m = observed[:, None] + errors_m * rng.standard_normal(in_layouts.shape) - in_layouts
    pull = np.linalg.solve(spread, missed_m)

    def moved(axis: AxisLayouts) -> AxisLayouts:
        across_m = axis.across_m.reshape(-1, layouts.count).astype(np.float64)
        together = (across_m - across_m.mean(axis=1, keepdims=True)) @ varied.T
        across_m += (together / (layouts.count - 1)) @ pull
        return replace(axis, across_m=across_m.reshape(axis.across_m.shape).astype(np.float32))

    one, other = layouts.axes
    return replace(layouts, axes=(moved(one), moved(other)))
