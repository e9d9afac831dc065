"""What is valued: how a parcel differs from the standard parcel of its region."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from geo.errors import AppraisalError

if TYPE_CHECKING:
    from datetime import date

STEPS: Final = ("tenure", "plot_ratio", "date", "development")
"""Names of the steps that every valuation has."""

_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?")


class Bounds(NamedTuple):
    """What a number of a parcel may be: more than 0, and not too much or too fine.

    Attributes
    ----------
    most : int
    places : int
        Most decimals.
    unit : str
    """

    most: int
    places: int
    unit: str = ""


BOUNDS: Final = {
    "plot_ratio": Bounds(50, 4),
    "remaining_years": Bounds(100, 4, " years"),
    "area_m2": Bounds(10**9, 4, " m²"),
    "factor": Bounds(10, 6),
    "price_cny_m2": Bounds(10**7, 2, " yuan per m²"),
}
"""By name of the number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A parcel; what is None is as the standard parcel has it.

    Attributes
    ----------
    plot_ratio : Decimal or None
    remaining_years : Decimal or None
        Of the land-use right (剩余使用年期).
    date : datetime.date or None
        For which it is valued (估价期日).
    development : str or None
        Development level (开发程度), such as 六通一平.
    area_m2 : Decimal or None
        Of the land.
    factors : tuple of (str, Decimal or None)
        Further factors by name; None for one that the coefficients have.

    Raises
    ------
    AppraisalError
        A number is not more than 0, too large or too fine; or a factor is named twice.
    """

    plot_ratio: Decimal | None = None
    remaining_years: Decimal | None = None
    date: date | None = None
    development: str | None = None
    area_m2: Decimal | None = None
    factors: tuple[tuple[str, Decimal | None], ...] = ()

    def __post_init__(self) -> None:
        """Check every number."""
        for field in ("plot_ratio", "remaining_years", "area_m2"):
            value = getattr(self, field)
            if value is not None:
                check_number(field, value)
        names = [name for name, _ in self.factors]
        for name, value in self.factors:
            if name in STEPS:
                raise AppraisalError(
                    f"factor is called {name!r}, which is a step of every valuation; call it"
                    " otherwise.",
                    code="factor_unreadable",
                    field="factor",
                )
            if names.count(name) > 1:
                raise AppraisalError(
                    f"factor names {name!r} twice; once is enough.",
                    code="repeated_factor",
                    field="factor",
                )
            if value is not None:
                check_number("factor", value, BOUNDS["factor"])


def check_number(field: str, value: Decimal, bounds: Bounds | None = None) -> None:
    """Refuse a number that cannot be meant.

    Parameters
    ----------
    field : str
    value : Decimal
    bounds : Bounds, optional
        Those of the field if they are not given.

    Raises
    ------
    AppraisalError
        It is not finite, not more than 0, too large, or has too many decimals.
    """
    most, places, unit = bounds or BOUNDS[field]
    if not value.is_finite() or not 0 < value <= most:
        raise AppraisalError(
            f"{field} is {shown(value)}; it must be more than 0 and at most {most}{unit}.",
            code="out_of_range",
            field=field,
        )
    exponent = value.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > places:
        raise AppraisalError(
            f"{field} is {shown(value)}; it may have at most {places} decimals.",
            code="too_many_decimals",
            field=field,
        )


def read_number(field: str, text: str, bounds: Bounds | None = None) -> Decimal:
    """Read a number of a parcel.

    Parameters
    ----------
    field : str
    text : str
        Digits, with a point before decimals and nothing between thousands.
    bounds : Bounds, optional
        Those of the field if they are not given.

    Raises
    ------
    AppraisalError
        It is no number, or as for `check_number`.
    """
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        raise AppraisalError(
            f"{field} is {text[:40]!r}; it must be a number, such as 2.5.",
            code="not_a_number",
            field=field,
        )
    value = Decimal(text)
    check_number(field, value, bounds)
    return value


def shown(value: Decimal) -> str:
    """Return a number as it is shown: without an exponent, unless it is very long."""
    text = f"{value:f}"
    return text if len(text) <= 30 else f"{value:.3E}"
