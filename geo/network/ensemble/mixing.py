"""Whether Markov chains have mixed: diagnostics of a trace, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from geo.crs import FloatArray


def split_r_hat(trace_m: FloatArray) -> FloatArray:
    """Return the split R-hat of each line's position: near 1 if the chains have mixed.

    Parameters
    ----------
    trace_m : ndarray, shape (sweeps, lines, layouts)
        Of `Drawn`.

    Returns
    -------
    ndarray, shape (lines,)
        Gelman et al., *Bayesian Data Analysis*, 3rd edition, section 11.4.
    """
    half = len(trace_m) // 2
    within, between = _variances(_split(trace_m))
    found: FloatArray = np.sqrt((half - 1) / half + between / within)
    return found


def effective_draws(positions_m: FloatArray, group: int) -> FloatArray:
    """Return how many independent draws each line's positions are worth.

    Parameters
    ----------
    positions_m : ndarray, shape (lines, layouts)
    group : int
        How many chains in a row competed with each other, so that several may come from one.

    Returns
    -------
    ndarray, shape (lines,)
        The number of layouts divided by the design effect of groups that are alike (Kish, *Survey
        Sampling*, 1965, section 5.4).
    """
    lines, layouts = positions_m.shape
    whole = layouts // group * group
    grouped = positions_m[:, :whole].reshape(lines, -1, group)
    variance = np.maximum(grouped.var(axis=(1, 2)), 1e-9)
    alike = 1.0 - grouped.var(axis=2, ddof=1).mean(axis=1) / variance
    found: FloatArray = layouts / (1.0 + (group - 1) * np.clip(alike, 0.0, 1.0))
    return found


def _split(trace_m: FloatArray) -> FloatArray:
    """Return two chains for each, its halves."""
    half = len(trace_m) // 2
    return np.concatenate([trace_m[:half], trace_m[half : 2 * half]], axis=2)


def _variances(chains: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the variance within chains and that of their means, by line."""
    within = np.maximum(chains.var(axis=0, ddof=1).mean(axis=1), 1e-9)
    return within, chains.mean(axis=0).var(axis=1, ddof=1)
