"""Which edition a value is derived from: that in force on its date, or the nearest by an index."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from geo.errors import AppraisalError, NoEditionError
from geo.lookup.edition import OpenEdition
from geo.valuation.coefficients import DateIndex, MonthlyRate

if TYPE_CHECKING:
    from datetime import date

    from geo.editions.catalogue import Catalogue
    from geo.model import Edition
    from geo.valuation.coefficients import UseCoefficients

_Edition = TypeVar("_Edition", bound=OpenEdition)


class Basis(StrEnum):
    """Why an edition is the one that a value is derived from."""

    NEWEST = "newest"  # no day was asked for
    IN_FORCE = "in_force"  # it was in force on the day
    BY_INDEX = "by_index"  # none was; its prices are carried to the day by their index


def edition_on(
    catalogue: Catalogue[_Edition], city: str, day: date | None
) -> tuple[_Edition, Basis]:
    """Return the edition of a city that a value on a day is derived from, and why.

    Parameters
    ----------
    catalogue : Catalogue
    city : str
        Administrative code.
    day : date or None
        None for the newest edition that is in force today.

    Returns
    -------
    OpenEdition
        If none was in force on the day, the first one after it, or else the last one before it.
    Basis
    """
    if day is None:
        return catalogue.in_force(city), Basis.NEWEST
    try:
        return catalogue.in_force(city, day), Basis.IN_FORCE
    except NoEditionError:
        first, *_ = own = catalogue.by_city[city]
        passed = [one for one in own if one.parcels.edition.effective_from <= day]
        return (passed[-1] if passed else first), Basis.BY_INDEX


def check_carried(
    basis: Basis, day: date | None, coefficients: UseCoefficients, edition: Edition
) -> None:
    """Refuse a value for a day to which nothing carries the prices of an edition.

    Parameters
    ----------
    basis : Basis
        Why the edition is the one to value by.
    day : date or None
    coefficients : UseCoefficients
        Of the use.
    edition : Edition

    Raises
    ------
    AppraisalError
        The edition was not in force on the day, and the use has no index.
    """
    if basis is Basis.BY_INDEX and not isinstance(coefficients.date, (DateIndex, MonthlyRate)):
        raise AppraisalError(
            f"date is {day}, when no edition was in force, and no index carries the prices of"
            f" {edition.id} there.",
            code="no_edition",
            field="date",
        )
