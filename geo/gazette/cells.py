"""Reads single cells of a gazette's table: numbers with their units, and texts."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final

NONE: Final = frozenset({"/", "\\", "-", "--", "---", "—", "——", "–", "无", "无规定"})
"""What stands in a cell that has nothing to say."""

_NUMBER: Final = re.compile(
    r"(?P<limit>[≤<≥>]=?|不[大高]于|不[小低]于)?"
    r"(?P<digits>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,15})(?P<decimals>\.[0-9]{1,10})?(?P<unit>[^0-9.,]*(?:m2)?[^0-9.,]*)"
)
_RANGE: Final = re.compile(r"[0-9.,]+[^0-9.,]{0,4}[-—–―~～至到][0-9.,]+[^0-9.,]{0,4}")


def folded(cell: str) -> str:
    """Fold width variants (m² to m2, （ to () and drop white space and invisible characters."""
    text = unicodedata.normalize("NFKC", cell)
    return "".join(c for c in text if unicodedata.category(c)[0] not in "CZ")


@dataclass(frozen=True, slots=True)
class Number:
    """A number as a cell gives it, exactly.

    Attributes
    ----------
    value : Fraction
    unit : str
        Folded; empty if the cell has none.
    limit : str
        ``≤`` and the like before it; else empty.
    """

    value: Fraction
    unit: str
    limit: str


def read_number(cell: str) -> Number:
    """Read a positive number.

    Parameters
    ----------
    cell : str
        With or without thousands separators, decimals and a unit.

    Raises
    ------
    ValueError
        It is no positive number, or a range of numbers.
    """
    text = folded(cell)
    if not text:
        raise ValueError("the cell is empty")
    if _RANGE.fullmatch(text):
        raise ValueError(
            f"{cell[:40]!r} is a range; which number the price is for would be a guess"
        )
    match = _NUMBER.fullmatch(text)
    if not match:
        raise ValueError(f"{cell[:40]!r} is not a positive number")
    digits, decimals = match["digits"], match["decimals"] or ""
    if (digits.startswith("0") and digits != "0") or digits.startswith("0,"):
        raise ValueError(f"{cell[:40]!r} is not a positive number")
    value = Fraction(digits.replace(",", "") + decimals)
    if value <= 0:
        raise ValueError(f"{cell[:40]!r} is not a positive number")
    return Number(value, match["unit"], match["limit"] or "")


def rounded(value: Fraction) -> int:
    """Round half up to a whole number."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))
