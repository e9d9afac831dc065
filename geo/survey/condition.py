"""Layouts that agree with what was observed since they were drawn, at once but not exactly.

An ensemble Kalman update moves every layout towards the observations, each line as far as it
varies together with the observed ones (G. Evensen, Data Assimilation: The Ensemble Kalman Filter,
2nd edition, 2009, chapter 4, with perturbed observations). Drawing the layouts anew is exact; this
takes milliseconds, and knows nothing of the gazette's order but what the layouts have of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geo.layouts.layouts import AXES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.crs import FloatArray
    from geo.layouts.layouts import AxisLayouts, Layouts
    from geo.network.evidence import Observation


def seen(layouts: Layouts, observations: Sequence[Observation]) -> tuple[FloatArray, FloatArray]:
    """Return where layouts have lines, and where they were seen.

    Returns
    -------
    in_layouts : ndarray, shape (observations, layouts)
        Metres from the centre across each line's axis.
    observed : ndarray, shape (observations,)
    """
    in_layouts, observed = [], []
    for one in observations:
        k, i = layouts.place[one.line]
        along_m = one.along_m(AXES[k]) - layouts.centre_m[1 - k]
        in_layouts.append(layouts.axes[k].at(np.array([along_m]), np.array([i]))[0, 0])
        observed.append(one.across_m(AXES[k]) - layouts.centre_m[k])
    return np.array(in_layouts, dtype=np.float64), np.array(observed)


def conditioned(
    layouts: Layouts, observations: Sequence[Observation], rng: np.random.Generator
) -> Layouts:
    """Return layouts moved to where lines were seen.

    Parameters
    ----------
    layouts : Layouts
    observations : sequence of Observation
        Of lines that the layouts have; `error_m` is taken for a standard deviation.
    rng : Generator
        For the errors of the observations, which differ from layout to layout.
    """
    if not observations:
        return layouts
    in_layouts, observed = seen(layouts, observations)
    errors_m = np.array([one.error_m for one in observations])[:, None]
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
