"""Deals in groups: which count where, and what is said of them. All deals are synthetic."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from geo.errors import AppraisalError
from geo.model import COMMERCIAL, RESIDENTIAL, Use
from geo.valuation.deals.comparison import LEAST_FOR_SPREAD, LEAST_TESTED, Comparison, compare
from geo.valuation.deals.deal import (
    ComparedDeal,
    NotValued,
    Outlier,
    PriceUnit,
    read_price,
)
from geo.valuation.deals.verdict import Verdict


def deal(
    row: int,
    ratio: float,
    *,
    code: str = "S1",
    use: Use = COMMERCIAL,
    probability: float = 1.0,
) -> ComparedDeal:
    """A deal at a price of so many times its value of 1000."""
    return ComparedDeal(
        *(row, None, use, date(2024, 5, 1)),
        *(Decimal(str(round(1000 * ratio, 2))), Decimal(900), Decimal(1000)),
        *(code, probability, "411700-2022"),
    )


def alike(count: int, ratio: float, **others: object) -> list[ComparedDeal]:
    return [deal(i, ratio + i / 1000, **others) for i in range(count)]  # type: ignore[arg-type]


def test_no_deals() -> None:
    found = compare([])
    assert found == Comparison((), (), (), (), None)
    assert found.groups == ()


def test_an_unsure_deal_counts_for_its_use_alone() -> None:
    deals = [deal(1, 1.0), deal(2, 1.1, probability=0.799), deal(3, 1.2, probability=0.8)]
    found = compare(deals)
    assert [(one.code, one.deals, one.unsure) for one in found.groups] == [
        (None, 3, 1),
        (None, 3, 1),
        ("S1", 2, 0),
    ]
    assert found.regions[0].median == pytest.approx(0.1)


def test_groups_are_in_the_order_of_uses_and_codes() -> None:
    deals = [
        deal(1, 1, code="Z2", use=RESIDENTIAL),
        deal(2, 1, code="S9"),
        deal(3, 1, code="S1"),
        deal(4, 1, code="Z1", use=RESIDENTIAL),
    ]
    found = compare(deals)
    assert [one.use for one in found.uses] == [COMMERCIAL, RESIDENTIAL]
    assert [one.code for one in found.regions] == ["S1", "S9", "Z1", "Z2"]


def test_few_deals_tell_nothing() -> None:
    for count in (LEAST_FOR_SPREAD - 1, LEAST_FOR_SPREAD, LEAST_TESTED - 1, LEAST_TESTED):
        [one] = compare(alike(count, 1.2)).regions
        assert (one.spread is None) is (count < LEAST_FOR_SPREAD)
        assert (one.verdict is Verdict.TOO_FEW) is (count < LEAST_TESTED)
        assert (one.p_value is None) is (count < LEAST_TESTED)


def test_all_deals_on_one_side_deviate() -> None:
    above = compare(alike(LEAST_TESTED, 1.2))
    assert {one.verdict for one in above.groups} == {Verdict.ABOVE}
    # Three tests of one p-value: everything, the use and the region.
    assert above.regions[0].p_value == pytest.approx(2 / 2**LEAST_TESTED)
    assert above.regions[0].corrected_p_value == pytest.approx(3 * 2 / 2**LEAST_TESTED)
    below = compare(alike(LEAST_TESTED, 0.8))
    assert {one.verdict for one in below.groups} == {Verdict.BELOW}
    assert below.deviating == below.groups


def test_deals_at_their_values_do_not_deviate() -> None:
    """However uneven the few others are."""
    deals = [*(deal(i, 1.0) for i in range(100)), *alike(20, 1.1)]
    assert {one.verdict for one in compare(deals).groups} == {Verdict.NOT_SHOWN}


def test_outliers_are_of_their_use_and_count() -> None:
    rng = np.random.default_rng(3)
    deals = [deal(i, 1 + float(rng.uniform(-0.1, 0.1))) for i in range(50)]
    deals += [deal(50, 1.5), deal(51, 9.0), deal(52, 9.0, code="Z1", use=RESIDENTIAL)]
    found = compare(deals)
    assert [(one.row, one.outlier) for one in found.outliers] == [
        (51, Outlier.EXTREME),
        (50, Outlier.EXTREME),
    ]
    assert found.uses[0].deals == 52


def test_nothing_is_dropped() -> None:
    reason = AppraisalError("x.", code="no_region", field="lon")
    found = compare([deal(2, 1.0)], [NotValued(3, "b", reason), NotValued(1, None, reason)])
    assert found.rows == 3
    assert [one.row for one in found.not_valued] == [1, 3]


@pytest.mark.parametrize(
    ("text", "unit", "area_m2", "price"),
    [
        ("4415", PriceUnit.YUAN_M2, None, "4415.00"),
        ("4415.25", PriceUnit.YUAN_M2, None, "4415.25"),
        ("294.3", PriceUnit.WAN_MU, None, "4414.50"),  # 2 943 000 yuan over 666.67 m²
        ("1000", PriceUnit.YUAN, "3", "333.33"),
        ("0.1", PriceUnit.WAN, "3", "333.33"),
    ],
)
def test_prices_in_every_unit(text: str, unit: PriceUnit, area_m2: str | None, price: str) -> None:
    found = read_price(text, unit, None if area_m2 is None else Decimal(area_m2))
    assert str(found) == price


@pytest.mark.parametrize(
    ("text", "unit", "area_m2", "code", "says"),
    [
        ("4415.1234567", PriceUnit.YUAN_M2, None, "too_many_decimals", "at most 2 decimals"),
        ("0", PriceUnit.YUAN_M2, None, "out_of_range", "more than 0"),
        ("-5", PriceUnit.YUAN_M2, None, "out_of_range", "price is -5"),
        ("10000001", PriceUnit.YUAN_M2, None, "out_of_range", "at most 10000000 yuan per m²"),
        ("1e99", PriceUnit.YUAN_M2, None, "out_of_range", "1.000E+99"),
        ("4,415", PriceUnit.YUAN_M2, None, "not_a_number", "'4,415'"),
        ("nan", PriceUnit.YUAN_M2, None, "not_a_number", "'nan'"),
        ("1000", PriceUnit.YUAN, None, "missing", "area_m2 is missing"),
        ("0.01", PriceUnit.YUAN, "1000000", "out_of_range", "price_cny_m2 is 0.00"),
        ("1e9", PriceUnit.WAN, "0.0001", "out_of_range", "price_cny_m2"),
    ],
)
def test_prices_that_cannot_be(
    text: str, unit: PriceUnit, area_m2: str | None, code: str, says: str
) -> None:
    with pytest.raises(AppraisalError) as raised:
        read_price(text, unit, None if area_m2 is None else Decimal(area_m2))
    assert raised.value.code == code
    assert says in str(raised.value)
