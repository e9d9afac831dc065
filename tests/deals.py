"""Invented deals: places, terms and prices are all synthetic."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from app.settings import Settings
from app.web.serving.keeper import read_served
from app.web.valuation.compare.study import DealQuestion, compare_file
from geo.valuation.appraisal import appraise
from geo.valuation.factors import PRICE_PLACES, rounded
from geo.valuation.parcel import Parcel

if TYPE_CHECKING:
    from pathlib import Path

    from app.web.edition import LoadedEdition
    from geo.valuation.deals.study import Study

BIASED: Final = "411700S50002"
HOSTILE: Final = "<img src=x onerror=alert(1)>\"'`${1}</script><!--<script>"
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


def invented_study(data: Path, folder: Path) -> Study:
    """Compare some hundreds of deals in a folder with the editions of another.

    One region is dearer than its price by 60 %, one deal lies far off, three cannot be valued, and
    the name of one is hostile.
    """
    served = read_served(Settings(data=data))
    deals = invented_deals(served.edition, 700, day=date(2024, 5, 1), bias={BIASED: 0.6})
    deals[0] |= {"id": HOSTILE, "price_cny_m2": 99_000}
    deals[1] |= {"id": HOSTILE, "price_cny_m2": "1.1234567"}
    deals[2] |= {"remaining_years": -3}
    deals[3] |= {"use": "林地", "id": "=1+1"}
    path = folder / "成交.csv"
    write_deals(path, deals, "code")
    study, _ = compare_file(served, path, DealQuestion())
    return study


def write_deals(path: Path, deals: list[dict[str, Any]], *left_out: str) -> str:
    """Write deals as CSV, without some of their columns."""
    names = [name for name in deals[0] if name not in left_out]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(deals)
    return str(path)
