"""Statistics of ratios, against numbers worked out by hand and against other ways to compute."""

from __future__ import annotations

import math
import statistics
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.valuation.deals.statistics import fences_passed, holm, sign_test, spread

AMOUNTS = st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)), min_size=1, max_size=40)
P_VALUES = st.lists(st.floats(0, 1), max_size=20)


def test_spread_by_hand() -> None:
    """Ratios 0.8, 0.9, 1, 1.1, 1.25 of values to prices of 100, 100, 200, 100 and 40."""
    values, prices = np.array([80.0, 90, 200, 110, 50]), np.array([100.0, 100, 200, 100, 40])
    found = spread(values, prices)
    # Median 1; distances 0.2, 0.1, 0, 0.1, 0.25 have the mean 0.13.
    assert found.cod == pytest.approx(13)
    # Mean ratio 1.01; 530 over 540.
    assert found.prd == pytest.approx(1.01 / (530 / 540))
    # Deviations -0.2, -1/11, 0, 1/9, 0.25: the second and the fourth are the quartiles.
    assert found.quartiles == pytest.approx((-1 / 11, 1 / 9))


@given(AMOUNTS)
def test_spread_by_another_way(amounts: list[tuple[int, int]]) -> None:
    ratios = [Fraction(value, price) for value, price in amounts]
    middle = statistics.median(ratios)
    cod = 100 * statistics.mean(abs(ratio - middle) for ratio in ratios) / middle
    whole = Fraction(sum(value for value, _ in amounts), sum(price for _, price in amounts))
    values, prices = np.array(amounts, dtype=float).T
    found = spread(values, prices)
    assert found.cod == pytest.approx(float(cod), rel=1e-9, abs=1e-9)
    assert found.prd == pytest.approx(float(statistics.mean(ratios) / whole))
    if len(amounts) > 1:
        deviations = [float(1 / ratio - 1) for ratio in ratios]
        low, _, high = statistics.quantiles(deviations, method="inclusive")
        assert found.quartiles == pytest.approx((low, high), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("signs", "p_value"),
    [
        ([1, 1, 1, 1], 2 / 16),
        ([-1, -1, -1, -1, -1], 2 / 32),
        ([1, 1, 1, -1], 2 * (1 + 4) / 16),
        ([1, -1], 1.0),
        ([0, 0, 0], 1.0),
        ([0, 1, 1, 1, 0, 1], 2 / 16),
    ],
)
def test_sign_test_by_hand(signs: list[int], p_value: float) -> None:
    assert sign_test(0.1 * np.array(signs)) == pytest.approx(p_value)


@given(st.integers(0, 60), st.integers(0, 60))
def test_sign_test_by_counting(above: int, below: int) -> None:
    """Twice the share of all orders of signs that are as uneven."""
    n, few = above + below, min(above, below)
    as_uneven = Fraction(2 * sum(math.comb(n, k) for k in range(few + 1)), 2**n)
    found = sign_test(np.array([0.5] * above + [-0.5] * below))
    assert found == pytest.approx(float(min(as_uneven, Fraction(1))))


@given(P_VALUES)
def test_holm_by_its_definition(p_values: list[float]) -> None:
    """The largest of (m − j + 1) p over the ranks up to one's own, and no more than 1."""
    ranked = sorted(p_values)
    m = len(p_values)
    found = holm(p_values)
    for own, corrected in zip(p_values, found, strict=True):
        rank = max(place for place, one in enumerate(ranked) if one == own)
        lowest = min(place for place, one in enumerate(ranked) if one == own)
        at_most = max(min(1.0, (m - place) * ranked[place]) for place in range(rank + 1))
        at_least = max(min(1.0, (m - place) * ranked[place]) for place in range(lowest + 1))
        assert at_least - 1e-12 <= corrected <= at_most + 1e-12


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_outliers_by_hand() -> None:
    """Quartiles 1 and 1.2 of the first: fences at 0.7 and 1.5, and at 0.4 and 1.8."""
    ratios = np.array([1.0, 1.0, 1.1, 1.2, 1.2, 0.69, 1.51, 0.39, 1.81, 1.0, 1.2, 1.0, 1.2])
    assert np.quantile(ratios, (0.25, 0.75)) == pytest.approx((1.0, 1.2))
    assert fences_passed(ratios).tolist() == [0, 0, 0, 0, 0, 1, 1, 2, 2, 0, 0, 0, 0]


def test_one_deal_is_no_outlier() -> None:
    assert fences_passed(np.array([3.0])).tolist() == [0]
