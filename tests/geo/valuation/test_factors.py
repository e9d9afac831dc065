from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.valuation.factors import (
    capitalised_tenure,
    interpolated,
    linear_tenure,
    months_between,
    rounded,
)

# 吉安 prints these for commerce (fact; see the source named in geo.valuation.factors).
JIAN_TABLE = [
    (Decimal(ratio), Decimal(factor))
    for ratio, factor in (("1.0", "0.8387"), ("1.4", "1"), ("2.0", "1.2987"), ("3.0", "1.7677"))
]


def test_tenure_of_twenty_of_fifty_years() -> None:
    years = {"remaining_years": Decimal(20), "full_years": Decimal(50)}
    assert rounded(capitalised_tenure(**years, rate=Decimal("0.06")), 3) == Decimal("0.728")
    assert linear_tenure(**years) == Decimal("0.4")


@pytest.mark.parametrize("years", [1, 2, 3, 4, 5, 10, 20, 30, 39])
def test_tenure_at_six_and_a_half_percent(years: int) -> None:
    """By whole numbers alone: (1 − 1.065^−m) / (1 − 1.065^−40), with 1.065 = 213/200."""
    m, n = years, 40
    numerator = (213**m - 200**m) * 213**n
    denominator = (213**n - 200**n) * 213**m
    ten_thousandths = (2 * 10_000 * numerator + denominator) // (2 * denominator)
    found = capitalised_tenure(
        remaining_years=Decimal(years), full_years=Decimal(40), rate=Decimal("0.065")
    )
    assert rounded(found, 4) == Decimal(ten_thousandths).scaleb(-4)


@pytest.mark.parametrize(
    ("ratio", "factor"),
    [
        ("0.2", "0.8387"),  # clamped
        ("1.0", "0.8387"),
        ("1.2", "0.9194"),  # 0.91935
        ("1.4", "1.0000"),
        ("1.7", "1.1494"),  # 1.14935
        ("2.0", "1.2987"),
        ("2.5", "1.5332"),
        ("3.0", "1.7677"),
        ("8", "1.7677"),  # clamped
    ],
)
def test_plot_ratio_at_and_between_entries_and_outside(ratio: str, factor: str) -> None:
    assert rounded(interpolated(JIAN_TABLE, Decimal(ratio)), 4) == Decimal(factor)


_RATES = st.decimals("0.001", "0.3", places=4)
_YEARS = st.decimals("0.1", "70", places=2)


@given(_YEARS, _YEARS, _RATES)
def test_more_years_are_worth_more(one: Decimal, other: Decimal, rate: Decimal) -> None:
    few, many = sorted([one, other])
    by_rate = [
        capitalised_tenure(remaining_years=years, full_years=Decimal(70), rate=rate)
        for years in (few, many)
    ]
    by_years = [
        linear_tenure(remaining_years=years, full_years=Decimal(70)) for years in (few, many)
    ]
    for less, more in (by_rate, by_years):
        assert 0 < less <= more <= 1
        assert (few == many) == (less == more)


@given(_YEARS, _RATES)
def test_years_to_come_are_worth_less_than_those_before(years: Decimal, rate: Decimal) -> None:
    full = {"remaining_years": years, "full_years": Decimal(70)}
    assert capitalised_tenure(**full, rate=rate) >= linear_tenure(**full) - Decimal("1e-20")


@given(st.decimals("0", "10", places=3), st.decimals("0", "10", places=3))
def test_a_denser_plot_is_not_worth_less(one: Decimal, other: Decimal) -> None:
    low, high = sorted([one, other])
    assert interpolated(JIAN_TABLE, low) <= interpolated(JIAN_TABLE, high)


@pytest.mark.parametrize(
    ("first", "second", "months"),
    [
        ("2022-01-01", "2022-01-01", 0),
        ("2022-01-01", "2022-02-01", 1),
        ("2022-01-15", "2022-02-14", 0),
        ("2022-01-31", "2022-03-01", 1),
        ("2022-01-01", "2024-07-20", 30),
        ("2022-01-01", "2021-12-31", 0),
        ("2022-01-01", "2021-12-01", -1),
    ],
)
def test_whole_months(first: str, second: str, months: int) -> None:
    assert months_between(date.fromisoformat(first), date.fromisoformat(second)) == months


def test_rounding_is_half_up() -> None:
    assert rounded(Decimal("0.125"), 2) == Decimal("0.13")
    assert rounded(Decimal("-0.125"), 2) == Decimal("-0.13")
