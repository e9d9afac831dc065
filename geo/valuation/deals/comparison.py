"""Deals in groups, and which groups deviate from the standard price."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from geo.model import uses_of
from geo.valuation.deals.deal import ComparedDeal, Outlier
from geo.valuation.deals.statistics import Spread, fences_passed, holm, sign_test, spread
from geo.valuation.deals.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from geo.model import Use
    from geo.valuation.deals.deal import NotValued
    from geo.valuation.deals.statistics import Floats

LEAST_FOR_SPREAD: Final = 5
"""Deals from which on the spread of a group is told: fewer tell nothing of it (IAAO)."""
LEAST_TESTED: Final = 10
"""Deals from which on it is tested whether a group deviates."""
LEVEL: Final = 0.05
"""Most probability that any group of a comparison is said to deviate which does not."""


class Group(NamedTuple):
    """Deals of one use and region, of one use, or all.

    Attributes
    ----------
    use : Use or None
        None for all deals.
    code : str or None
        Of the region; None for all of the use.
    deals : int
    unsure : int
        How many of them have an unsure region; 0 for a region, where these do not count.
    unadjusted : int
        How many are compared with the standard price as it stands.
    median : float
        Of the deviations.
    spread : Spread or None
        None for fewer than `LEAST_FOR_SPREAD` deals.
    p_value, corrected_p_value : float or None
        Of the sign test, and corrected after Holm for all groups that are tested; None for fewer
        than `LEAST_TESTED` deals.
    verdict : Verdict
    """

    use: Use | None
    code: str | None
    deals: int
    unsure: int
    unadjusted: int
    median: float
    spread: Spread | None
    p_value: float | None
    corrected_p_value: float | None
    verdict: Verdict


@dataclass(frozen=True)
class Comparison:
    """Deals compared with the standard land price.

    Attributes
    ----------
    deals : tuple of ComparedDeal
        In the order of the table.
    not_valued : tuple of NotValued
        In the order of the table.
    regions, uses : tuple of Group
        By use, and by region.
    everything : Group or None
        None without deals that could be valued.
    """

    deals: tuple[ComparedDeal, ...]
    not_valued: tuple[NotValued, ...]
    regions: tuple[Group, ...]
    uses: tuple[Group, ...]
    everything: Group | None

    @property
    def rows(self) -> int:
        """How many rows the table has."""
        return len(self.deals) + len(self.not_valued)

    @property
    def groups(self) -> tuple[Group, ...]:
        """All groups: everything, uses, regions."""
        everything = () if self.everything is None else (self.everything,)
        return (*everything, *self.uses, *self.regions)

    @property
    def deviating(self) -> tuple[Group, ...]:
        """The groups that deviate."""
        return tuple(one for one in self.groups if one.verdict in {Verdict.ABOVE, Verdict.BELOW})

    @property
    def outliers(self) -> tuple[ComparedDeal, ...]:
        """The deals that lie far from the others of their use, those that deviate most first."""
        found = [deal for deal in self.deals if deal.outlier is not Outlier.NONE]
        return tuple(sorted(found, key=lambda deal: -abs(math.log1p(deal.deviation))))


def compare(deals: Iterable[ComparedDeal], not_valued: Iterable[NotValued] = ()) -> Comparison:
    """Compare deals with the standard land price, in groups.

    A group deviates if so many of its deals lie on one side of their values that chance seldom does
    it: an exact sign test of the median deviation, two-sided, corrected after Holm for all groups
    with at least `LEAST_TESTED` deals, at `LEVEL`. It says nothing of how large a deviation is, and
    holds for deals that do not depend on each other. Amounts count per m² of land, so that a large
    parcel weighs as much as a small one. Outliers are named and not left out.

    Parameters
    ----------
    deals : iterable of ComparedDeal
        One whose region is unsure counts for its use and for everything, not for a region.
    not_valued : iterable of NotValued, optional
        Deals that cannot be compared.
    """
    found = _with_outliers(sorted(deals, key=lambda deal: deal.row))
    by_use, by_region = defaultdict(list), defaultdict(list)
    for deal in found:
        by_use[deal.use].append(deal)
        if deal.sure:
            by_region[deal.use, deal.code].append(deal)
    uses = uses_of(by_use)
    order = sorted(by_region, key=lambda key: (uses.index(key[0]), key[1]))
    groups = _judged(
        [
            *([_group(found, None, None)] if found else []),
            *(_group(by_use[use], use, None) for use in uses),
            *(_group(by_region[key], *key) for key in order),
        ]
    )
    everything, rest = (groups[0], groups[1:]) if found else (None, [])
    return Comparison(
        tuple(found),
        tuple(sorted(not_valued, key=lambda one: one.row)),
        tuple(rest[len(uses) :]),
        tuple(rest[: len(uses)]),
        everything,
    )


def _with_outliers(deals: Sequence[ComparedDeal]) -> list[ComparedDeal]:
    marks = tuple(Outlier)
    marked = list(deals)
    for use in dict.fromkeys(deal.use for deal in deals):
        places = [place for place, deal in enumerate(deals) if deal.use == use]
        values, prices = _amounts([deals[place] for place in places])
        for place, passed in zip(places, fences_passed(values / prices).tolist(), strict=True):
            marked[place] = deals[place]._replace(outlier=marks[passed])
    return marked


def _amounts(deals: Sequence[ComparedDeal]) -> tuple[Floats, Floats]:
    values = np.array([float(deal.value_cny_m2) for deal in deals])
    return values, np.array([float(deal.price_cny_m2) for deal in deals])


def _group(deals: Sequence[ComparedDeal], use: Use | None, code: str | None) -> Group:
    values, prices = _amounts(deals)
    deviations = np.array([deal.deviation for deal in deals])
    tested = len(deals) >= LEAST_TESTED
    return Group(
        use,
        code,
        len(deals),
        sum(not deal.sure for deal in deals),
        sum(deal.unadjusted for deal in deals),
        float(np.median(deviations)),
        spread(values, prices) if len(deals) >= LEAST_FOR_SPREAD else None,
        sign_test(deviations) if tested else None,
        None,
        Verdict.TOO_FEW,
    )


def _judged(groups: Sequence[Group]) -> list[Group]:
    """Say of all groups together which deviate."""
    tested = [one for one in groups if one.p_value is not None]
    corrected = iter(holm([one.p_value for one in tested if one.p_value is not None]))
    judged = []
    for one in groups:
        if one.p_value is None:
            judged.append(one)
            continue
        p_value = next(corrected)
        verdict = Verdict.NOT_SHOWN
        if p_value < LEVEL and one.median:  # of 0 where many deals are just as valued
            verdict = Verdict.ABOVE if one.median > 0 else Verdict.BELOW
        judged.append(one._replace(corrected_p_value=p_value, verdict=verdict))
    return judged
