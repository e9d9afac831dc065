from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

import pytest

from geo.editions.basis import Basis, edition_on
from geo.editions.catalogue import Catalogue
from geo.lookup.edition import OpenEdition, open_edition
from geo.lookup.price import price_at
from geo.lookup.result import Alternative
from geo.model import COMMERCIAL, Use
from geo.parcels import PARCELS_FILE
from geo.valuation.appraisal import Amounts
from geo.valuation.candidates import Valuation, candidates_at, value
from geo.valuation.coefficients import NO_COEFFICIENTS
from geo.valuation.parcel import Parcel
from tests.editions import small_edition
from tests.factories import EDITION, LAT, LON, rectangle, region

SQUARE: Final = rectangle(lon=114.3, lat=33.0)


def of(*shares: tuple[int, float], none: float = 0.0) -> Valuation:
    regions = [
        Alternative(region(f"S5000{number}", SQUARE, ground_price_cny_m2=price), share)
        for number, (price, share) in enumerate(shares)
    ]
    parcel = Parcel(area_m2=Decimal(100))
    return value(COMMERCIAL, regions, none, parcel, NO_COEFFICIENTS, EDITION)


def ground(amounts: Amounts | None) -> str:
    assert amounts is not None
    return str(amounts.ground_price_cny_m2)


def test_the_mean_is_over_the_regions_that_may_hold_it() -> None:
    found = of((1000, 0.2), (2000, 0.6), none=0.2)
    assert [str(one.probability) for one in found.candidates] == ["0.600", "0.200"]
    assert ground(found.expected) == "1750.00"
    assert found.expected is not None
    assert found.expected.total_cny == Decimal("175000.00")
    assert found.none_probability == Decimal("0.200")
    assert (ground(found.low), ground(found.high)) == ("1000.00", "2000.00")


def test_the_range_holds_with_95_percent() -> None:
    found = of((3000, 0.03), (2000, 0.5), (1000, 0.46), (9, 0.01))
    assert (ground(found.low), ground(found.high)) == ("1000.00", "2000.00")


def test_one_region_is_its_own_range() -> None:
    found = of((1000, 1.0))
    assert {ground(one) for one in (found.low, found.expected, found.high)} == {"1000.00"}


def test_no_region() -> None:
    found = of((1000, 0.0), none=1.0)
    assert (found.candidates, found.expected, found.low, found.high) == ((), None, None, None)


@pytest.mark.parametrize("use", open_edition().uses)
def test_candidates_of_a_place_are_those_of_its_answer(use: Use) -> None:
    edition = open_edition()
    for lon in (LON, 114.05, 113.97, 115.0):
        result = price_at(edition, lon=lon, lat=LAT)
        regions, none = candidates_at(result, use)
        priced = [price for price in result.prices if price.use == use]
        if priced:
            assert regions[0] == (priced[0].region, priced[0].probability)
        total = sum(one.probability for one in regions) + none
        # Unlikely ones are left out, and without a price only the nearest is known. Regions that
        # overlap in some layouts may both hold a place.
        assert not priced or 0.985 <= total <= 1.1


def catalogue(folder: Path, *years: int) -> Catalogue[OpenEdition]:
    """Of an invented city."""
    paths = [folder / f"{year}.geojson" for year in years]
    for year, path in zip(years, paths, strict=True):
        path.write_bytes(small_edition(year=year)[PARCELS_FILE])
    return Catalogue.of(map(OpenEdition.read, paths))


@pytest.mark.parametrize(
    ("day", "year", "basis"),
    [
        (None, 2022, Basis.NEWEST),
        (date(2022, 4, 1), 2022, Basis.IN_FORCE),
        (date(2022, 3, 31), 2021, Basis.IN_FORCE),
        (date(2021, 4, 1), 2021, Basis.IN_FORCE),
        (date(2021, 3, 31), 2021, Basis.BY_INDEX),
        (date(1999, 1, 1), 2021, Basis.BY_INDEX),
    ],
)
def test_which_edition_a_past_value_is_derived_from(
    tmp_path: Path, day: date | None, year: int, basis: Basis
) -> None:
    edition, why = edition_on(catalogue(tmp_path, 2021, 2022), "999900", day)
    assert (edition.parcels.edition.valuation_date.year, why) == (year, basis)
