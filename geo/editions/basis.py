"""Which edition a value is derived from: that in force on its date, or the nearest by an index."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from geo.errors import AppraisalError, NoEditionError
from geo.lookup.edition import OpenEdition
from geo.lookup.price import check_in_force
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
    first, *later = catalogue.by_city[city]
    passed = [one for one in later if one.parcels.edition.effective_from <= day]
    edition = passed[-1] if passed else first
    return edition, basis_of(edition, day)


def basis_of(edition: OpenEdition, day: date | None) -> Basis:
    """Return why a value on a day may be derived from an edition."""
    if day is None:
        return Basis.NEWEST
    try:
        check_in_force(edition, day)
    except NoEditionError:
        return Basis.BY_INDEX
    return Basis.IN_FORCE


def check_carried(
    basis: Basis, coefficients: UseCoefficients, edition: Edition, day: date | None
) -> None:
    """Refuse a day on which no edition was in force and to which no index carries the prices.

    Parameters
    ----------
    basis : Basis
    coefficients : UseCoefficients
        Of the use.
    edition : Edition
        As `edition_on` returned it for the day.
    day : date or None

    Raises
    ------
    AppraisalError
        There is neither an edition nor an index.
    """
    if basis is Basis.BY_INDEX and not isinstance(coefficients.date, (DateIndex, MonthlyRate)):
        raise AppraisalError(
            f"date is {day}, when no edition was in force, and no index carries the prices of"
            f" {edition.id} there.",
            code="no_edition",
            field="date",
        )
