"""Invented deals: places, terms and prices are all synthetic."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geo.valuation.appraisal import appraise
from geo.valuation.factors import PRICE_PLACES, rounded
from geo.valuation.parcel import Parcel

if TYPE_CHECKING:
    from datetime import date

    from app.web.edition import LoadedEdition

NOISE: Final = 0.1
"""Standard deviation of the logarithm of price over value."""


def invented_deals(
    edition: LoadedEdition,
    count: int,
    *,
    day: date,
    bias: dict[str, float] | None = None,
    seed: int = 1,
) -> list[dict[str, Any]]:
    """Return deals in the regions of an edition at their values, with noise.

    Parameters
    ----------
    edition : LoadedEdition
        With coefficients.
    count : int
    day : date
        Of all deals.
    bias : dict of str to float, optional
        By how much more is paid in a region.
    seed : int, optional

    Returns
    -------
    list of dict
        Each with ``id``, ``code``, ``lon`` and ``lat`` of a place in its region as drawn, ``use``,
        ``date``, ``price_cny_m2``, ``plot_ratio`` and ``remaining_years``.
    """
    rng = np.random.default_rng(seed)
    regions = edition.regions
    assert edition.coefficients is not None
    found = []
    for number in range(count):
        region = regions[int(rng.integers(len(regions)))]
        record = region.record
        tenure = record.tenure_years or 40
        plot_ratio = Decimal(int(rng.integers(10, 36))) / 10
        years = Decimal(int(rng.integers(tenure // 2, tenure + 1)))
        coefficients = edition.coefficients.of(region.use)
        parcel = Parcel(plot_ratio=plot_ratio, remaining_years=years, date=day)
        value = appraise(record, parcel, coefficients, edition.parcels.edition).amounts
        factor = np.exp(rng.normal(0, NOISE)) * (1 + (bias or {}).get(region.code, 0))
        price = rounded(value.ground_price_cny_m2 * Decimal(float(factor)), PRICE_PLACES)
        middle = region.polygon.representative_point()
        found.append(
            {
                "id": f"虚构-{number + 1}",
                "code": region.code,
                "lon": middle.x,
                "lat": middle.y,
                "use": region.use.label,
                "date": day.isoformat(),
                "price_cny_m2": price,
                "plot_ratio": plot_ratio,
                "remaining_years": years,
            }
        )
    return found
