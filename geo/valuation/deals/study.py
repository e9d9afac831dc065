"""A comparison of deals with all that a reader must know of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.model import Edition, Record
    from geo.valuation.deals.comparison import Comparison
    from geo.valuation.deals.deal import PriceUnit


class UsedEdition(NamedTuple):
    """An edition that deals were compared with.

    Attributes
    ----------
    edition : Edition
    deals : int
        How many.
    synthetic : bool or None
        Whether its coefficients are invented; None without any.
    """

    edition: Edition
    deals: int
    synthetic: bool | None


@dataclass(frozen=True)
class Study:
    """A comparison of deals, and what it rests on.

    Attributes
    ----------
    comparison : Comparison
    source : str
        What the table is called.
    columns : mapping of str to str
        The column of the table that each property of a deal was read from.
    price_unit : PriceUnit
        Of the prices in the table.
    unadjusted : bool
        Whether deals whose coefficient is missing were compared with the price as it stands.
    editions : tuple of UsedEdition
    records : mapping of str to Record
        Of the regions, by their codes; of the latest of these editions that has them.
    attribution : str
        Whom to credit.
    """

    comparison: Comparison
    source: str
    columns: Mapping[str, str]
    price_unit: PriceUnit
    unadjusted: bool
    editions: tuple[UsedEdition, ...]
    records: Mapping[str, Record]
    attribution: str
