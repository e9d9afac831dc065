"""The formulas of the coefficient method, each on `Decimal`.

Sources: tenure, capitalised: 北京's method, and 吉安's printed table, which it equals at 6.5 %;
tenure, linear: 厦门 2017; interpolation between entries of a table: 北京, 吉安; index ratio: 北京.
"""

from __future__ import annotations

from bisect import bisect_right
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

FACTOR_PLACES: Final = 4
"""Decimals of a factor for tenure or plot ratio, as tables of coefficients print them."""
INDEX_PLACES: Final = 5
"""Decimals of a factor for the date: an index of three decimals, over 100."""
PRICE_PLACES: Final = 2
"""Decimals of an amount in yuan."""


def rounded(value: Decimal, places: int) -> Decimal:
    """Round half up, as the gazette does."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def capitalised_tenure(*, remaining_years: Decimal, full_years: Decimal, rate: Decimal) -> Decimal:
    """Return the share of the price of a full tenure that remaining years are worth.

    Parameters
    ----------
    remaining_years, full_years : Decimal
        Years, more than 0.
    rate : Decimal
        Land capitalisation rate (土地还原率), a year; more than 0.

    Returns
    -------
    Decimal
        [1 − 1/(1+r)^m] / [1 − 1/(1+r)^n], not rounded.

    Examples
    --------
    >>> years = {"remaining_years": Decimal(20), "full_years": Decimal(50)}
    >>> round(capitalised_tenure(**years, rate=Decimal("0.06")), 4)
    Decimal('0.7277')
    """
    growth = 1 + rate
    return (1 - growth**-remaining_years) / (1 - growth**-full_years)


def linear_tenure(*, remaining_years: Decimal, full_years: Decimal) -> Decimal:
    """Return the share of a full tenure that remaining years are: m/n."""
    return remaining_years / full_years


def interpolated(table: Sequence[tuple[Decimal, Decimal]], at: Decimal) -> Decimal:
    """Return the value of a table: linear between entries, and that of the nearer end outside.

    Parameters
    ----------
    table : sequence of (Decimal, Decimal)
        Places, ascending, and values.
    at : Decimal
    """
    place = bisect_right(table, at, key=lambda entry: entry[0])
    if place == 0:
        return table[0][1]
    if place == len(table):
        return table[-1][1]
    (low, low_value), (high, high_value) = table[place - 1], table[place]
    return low_value + (high_value - low_value) * (at - low) / (high - low)


def months_between(first: date, second: date) -> int:
    """Return the whole months from one day to another; negative if the second is the earlier."""
    if second < first:
        return -months_between(second, first)
    months = 12 * (second.year - first.year) + second.month - first.month
    return months - (second.day < first.day)
