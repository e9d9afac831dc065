"""Statistics of ratios, as assessors use them, and tests of many medians at once.

Sources: IAAO, Standard on Ratio Studies (2013): the ratio is assessed value over sale price; COD,
PRD, and outliers beyond 1.5 and 3 interquartile ranges of the quartiles. The sign test: Conover,
Practical Nonparametric Statistics, 3.4. Holm: A simple sequentially rejective multiple test
procedure, Scandinavian Journal of Statistics 6 (1979).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from scipy.stats import binomtest

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.floating[Any]]

FENCES_IQR: Final = (1.5, 3.0)
"""Interquartile ranges beyond a quartile from which on a ratio is an outlier, or an extreme one."""


class Spread(NamedTuple):
    """How much ratios differ.

    Attributes
    ----------
    quartiles : tuple of (float, float)
        Of the deviations.
    cod : float
        Coefficient of dispersion: mean distance of the ratios from their median, in percent of it.
    prd : float
        Price-related differential: mean ratio over the ratio of the sums. More than 1 if dear land
        is valued lower, relative to its price, than cheap land.
    """

    quartiles: tuple[float, float]
    cod: float
    prd: float


def spread(values: Floats, prices: Floats) -> Spread:
    """Describe how much prices differ from values.

    Parameters
    ----------
    values, prices : ndarray, shape (n,)
        More than 0; n of at least 1.

    Examples
    --------
    >>> found = spread(np.array([90.0, 100.0, 110.0]), np.array([100.0, 100.0, 100.0]))
    >>> round(found.cod, 4), round(found.prd, 4)
    (6.6667, 1.0)
    """
    ratios = values / prices
    middle = np.median(ratios)
    low, high = np.quantile(prices / values - 1, (0.25, 0.75))
    return Spread(
        (float(low), float(high)),
        float(100 * np.mean(np.abs(ratios - middle)) / middle),
        float(np.mean(ratios) / (values.sum() / prices.sum())),
    )


def sign_test(deviations: Floats) -> float:
    """Return how likely so uneven signs are if the median deviation is 0: two-sided, exact.

    Parameters
    ----------
    deviations : ndarray, shape (n,)
        Those of 0 are left out.

    Examples
    --------
    >>> sign_test(np.array([0.1, 0.2, 0.1, 0.3, 0.0]))  # 2 × 0.5⁴
    0.125
    """
    above, below = int((deviations > 0).sum()), int((deviations < 0).sum())
    return float(binomtest(above, above + below).pvalue) if above + below else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p-values of tests that are made together, after Holm.

    The probability that any group is said to deviate which does not is then no more than the level
    that they are compared with.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    corrected, before = [1.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        before = max(before, min(1.0, (len(order) - rank) * p_values[place]))
        corrected[place] = before
    return corrected


def fences_passed(ratios: Floats) -> npt.NDArray[np.int64]:
    """Return how many of the `FENCES_IQR` each ratio lies beyond: 0, 1 or 2."""
    low, high = np.quantile(ratios, (0.25, 0.75))
    beyond = np.maximum(low - ratios, ratios - high)
    passed: npt.NDArray[np.int64] = np.sum(
        [beyond > fence * (high - low) for fence in FENCES_IQR], axis=0
    )
    return passed
