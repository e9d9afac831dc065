"""The value of a parcel where it is not sure which region holds it."""

from __future__ import annotations

import operator
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from geo.lookup.ranking import within_range
from geo.lookup.result import Alternative
from geo.valuation.appraisal import Amounts, appraise
from geo.valuation.factors import PRICE_PLACES, rounded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from geo.lookup.price import PriceResult
    from geo.model import Edition, Use
    from geo.valuation.appraisal import Appraisal
    from geo.valuation.coefficients import UseCoefficients
    from geo.valuation.parcel import Parcel


class Candidate(NamedTuple):
    """The value by one region that may hold the parcel.

    Attributes
    ----------
    appraisal : Appraisal
    probability : Decimal
        That the region holds it, of three decimals.
    """

    appraisal: Appraisal
    probability: Decimal


class Valuation(NamedTuple):
    """What a parcel is worth, over all regions of its use that may hold it.

    Attributes
    ----------
    use : Use
    candidates : tuple of Candidate
        The likeliest first; none where no region may.
    none_probability : Decimal
        That no region of the use holds it.
    expected : Amounts or None
        Mean of the candidates by probability; None without candidates.
    low, high : Amounts or None
        Least and most of the likeliest candidates that together hold 95 % of the probability that
        any region does.
    """

    use: Use
    candidates: tuple[Candidate, ...]
    none_probability: Decimal
    expected: Amounts | None
    low: Amounts | None
    high: Amounts | None


def candidates_at(result: PriceResult, use: Use) -> tuple[tuple[Alternative, ...], float]:
    """Return the regions of a use that may hold a place, and how likely it is that none does.

    Parameters
    ----------
    result : PriceResult
        The prices at the place.
    use : Use
    """
    none = next(one.none_probability for one in result.chances if one.use == use)
    for price in result.prices:
        if price.use == use:
            return (Alternative(price.region, price.probability), *price.alternatives), none
    nearest = [
        Alternative(one.region, one.probability)
        for one in result.nearest
        if one.region.use == use and one.probability > 0
    ]
    return tuple(nearest), none


def value(
    use: Use,
    regions: Sequence[Alternative],
    none_probability: float,
    parcel: Parcel,
    coefficients: UseCoefficients,
    edition: Edition,
) -> Valuation:
    """Value a parcel by every region that may hold it.

    Parameters
    ----------
    use : Use
    regions : sequence of Alternative
        Of the use; one that is certain has the probability 1.
    none_probability : float
        That none holds it.
    parcel : Parcel
    coefficients : UseCoefficients
        Of the use.
    edition : Edition
        Of the regions.

    Raises
    ------
    CoefficientMissingError, AppraisalError
        As for `geo.valuation.appraisal.appraise`, for any of the regions.
    """
    candidates = sorted(
        (
            Candidate(appraise(one.region.record, parcel, coefficients, edition), _exact(one))
            for one in regions
            if one.probability > 0
        ),
        key=lambda one: (-one.probability, one.appraisal.record.code),
    )
    ranked = [(float(one.probability), place) for place, one in enumerate(candidates)]
    likely = [candidates[place].appraisal.amounts for place in within_range(ranked)]
    return Valuation(
        use,
        tuple(candidates),
        Decimal(f"{none_probability:.3f}"),
        _mean(candidates) if candidates else None,
        _each(likely, min) if likely else None,
        _each(likely, max) if likely else None,
    )


def _exact(one: Alternative) -> Decimal:
    return Decimal(f"{one.probability:.3f}")


def _mean(candidates: Sequence[Candidate]) -> Amounts:
    weights = [one.probability for one in candidates]
    total = sum(weights, Decimal(0))

    def mean(values: Sequence[Decimal]) -> Decimal:
        weighed = sum(map(operator.mul, weights, values), Decimal(0))
        return rounded(weighed / total, PRICE_PLACES)

    return _each([one.appraisal.amounts for one in candidates], mean)


def _each(found: Sequence[Amounts], make: Callable[[Sequence[Decimal]], Decimal]) -> Amounts:
    """Make one of several, amount by amount; None of what one of them lacks."""
    columns = ([value for value in one if value is not None] for one in zip(*found, strict=True))
    return Amounts._make(make(one) if len(one) == len(found) else None for one in columns)
