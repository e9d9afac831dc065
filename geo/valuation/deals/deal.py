"""A transaction, and what it is compared with."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from geo.errors import AppraisalError
from geo.model import LIKELY
from geo.valuation.factors import PRICE_PLACES, rounded
from geo.valuation.parcel import Bounds, check_number, read_number

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from geo.errors import GeoError
    from geo.model import Use

PRICE: Final = "price"
"""Name of the price in errors, whatever its unit."""


class PriceUnit(StrEnum):
    """What a price of a deal is in."""

    YUAN_M2 = "yuan_m2"  # 元/平方米, of land
    WAN_MU = "wan_mu"  # 万元/亩, of land
    YUAN = "yuan"  # 元, in all
    WAN = "wan"  # 万元, in all

    @property
    def is_total(self) -> bool:
        """Whether it is for the whole parcel, whose area must be known."""
        return self in {PriceUnit.YUAN, PriceUnit.WAN}


_IN_YUAN: Final[Mapping[PriceUnit, Decimal]] = {
    PriceUnit.YUAN_M2: Decimal(1),
    PriceUnit.WAN_MU: Decimal(15),  # 10 000 yuan over 2000/3 m²
    PriceUnit.YUAN: Decimal(1),
    PriceUnit.WAN: Decimal(10_000),
}
_BOUNDS: Final[Mapping[PriceUnit, Bounds]] = {
    PriceUnit.YUAN_M2: Bounds(10**7, 2, " yuan per m²"),
    PriceUnit.WAN_MU: Bounds(10**6, 4, " × 10 000 yuan per mu"),
    PriceUnit.YUAN: Bounds(10**13, 2, " yuan"),
    PriceUnit.WAN: Bounds(10**9, 6, " × 10 000 yuan"),
}


def read_price(text: str, unit: PriceUnit, area_m2: Decimal | None) -> Decimal:
    """Read the price of a deal.

    Parameters
    ----------
    text : str
        Digits, with a point before decimals and nothing between thousands.
    unit : PriceUnit
    area_m2 : Decimal or None
        Of the land, which a price in all needs.

    Returns
    -------
    Decimal
        Ground price, yuan per m² of land, rounded to the fen where it was divided.

    Raises
    ------
    AppraisalError
        It is no number, too large, too fine or not more than 0, or there is no area.
    """
    given = read_number(PRICE, text, _BOUNDS[unit])
    yuan = given * _IN_YUAN[unit]
    if not unit.is_total:
        return rounded(yuan, PRICE_PLACES)
    if area_m2 is None:
        raise AppraisalError(
            f"area_m2 is missing; the price is for the whole parcel ({unit}), so give its area.",
            code="missing",
            field="area_m2",
        )
    price = rounded(yuan / area_m2, PRICE_PLACES)
    check_number("price_cny_m2", price)
    return price


class Outlier(StrEnum):
    """How far a deal lies from the others of its use."""

    NONE = "none"
    OUTLIER = "outlier"  # beyond 1.5 interquartile ranges of a quartile
    EXTREME = "extreme"  # beyond 3


class ComparedDeal(NamedTuple):
    """A deal with the value that it is compared with.

    Attributes
    ----------
    row : int
        Of the table, the first one being 1.
    name : str or None
        What the table calls it.
    use : Use
    date : datetime.date
        Of the deal.
    price_cny_m2, standard_cny_m2, value_cny_m2 : Decimal
        What was paid, the standard price of the likeliest region, and that price adjusted to the
        parcel and the day; yuan per m² of land.
    code : str
        The likeliest region of the use.
    probability : float
        That it holds the parcel.
    edition : str
        Of the standard price.
    by_index : bool
        Whether no edition was in force on the day, and prices were carried there by an index.
    unadjusted : bool
        Whether a coefficient is missing, so that the value is the standard price as it stands.
    lonlat : tuple of (float, float) or None
        WGS84 degrees; None where only a region was named.
    outlier : Outlier
    """

    row: int
    name: str | None
    use: Use
    date: date
    price_cny_m2: Decimal
    standard_cny_m2: Decimal
    value_cny_m2: Decimal
    code: str
    probability: float
    edition: str
    by_index: bool = False
    unadjusted: bool = False
    lonlat: tuple[float, float] | None = None
    outlier: Outlier = Outlier.NONE

    @property
    def deviation(self) -> float:
        """Price over value, less 1: 0.1 if 10 % more was paid than the land is valued at."""
        return float(self.price_cny_m2 / self.value_cny_m2 - 1)

    @property
    def sure(self) -> bool:
        """Whether its region is likely enough for the deal to count as one of that region."""
        return self.probability >= LIKELY


class NotValued(NamedTuple):
    """A deal that cannot be compared.

    Attributes
    ----------
    row : int
        Of the table, the first one being 1.
    name : str or None
    reason : GeoError
    """

    row: int
    name: str | None
    reason: GeoError
