from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import AppraisalError, CoefficientMissingError
from geo.model import COMMERCIAL, INDUSTRIAL, FourBounds, Record
from geo.valuation.appraisal import Appraisal, Rule, appraise
from geo.valuation.coefficients import NO_COEFFICIENTS, UseCoefficients
from geo.valuation.parcel import Parcel, read_number
from tests.factories import EDITION

# Synthetic, but for the numbers that a test names.
RECORD: Final = Record(
    code="999900S50001",
    use=COMMERCIAL,
    bounds=FourBounds("甲路", "乙路", "丙路", "丁路"),
    plot_ratio=1.4,
    development="七通一平",
    tenure_years=50,
    ground_price_cny_m2=710,
)
COEFFICIENTS: Final = UseCoefficients.model_validate(
    {
        "tenure": {"method": "capitalised", "rate": "0.06", "source": "invented"},
        "plot_ratio": {
            "method": "table",
            "table": [("1.0", "0.8387"), ("1.4", "1"), ("2.0", "1.4369"), ("3.0", "1.7677")],
            "source": "invented",
        },
        "date": {
            "method": "index",
            "index": [("2030-01-01", "100"), ("2031-01-01", "102.402")],
            "until": "2031-12-31",
            "source": "invented",
        },
        "development": {
            "method": "costs",
            "costs_cny_m2": {"七通一平": "150", "六通一平": "125.50"},
            "source": "invented",
        },
        "factors": {"临街": {"value": "1.0285", "source": "invented"}},
    }
)


def valued(parcel: Parcel, record: Record = RECORD) -> Appraisal:
    return appraise(record, parcel, COEFFICIENTS, EDITION)


def number(value: str) -> Decimal:
    return Decimal(value)


def test_the_product_of_eight_factors() -> None:
    """710 × 1.02402 × 0.9950 × 1.4369 × 1.0285 × 0.98 × 1.02 × 1.05 × 1.02 = 1144.6."""
    found = valued(
        Parcel(
            remaining_years=number("48.57"),
            plot_ratio=number("2.0"),
            date=date(2031, 6, 30),
            area_m2=number("1000"),
            factors=(
                ("临街", None),
                ("形状", number("0.98")),
                ("面积", number("1.02")),
                ("朝向", number("1.05")),
                ("环境", number("1.02")),
            ),
        )
    )
    factors = [str(step.value) for step in found.steps if step.name != "development"]
    assert factors == [
        *("0.9950", "1.4369", "1.02402", "1.0285", "0.98", "1.02", "1.05", "1.02"),
    ]
    assert round(found.amounts.ground_price_cny_m2, 1) == number("1144.6")
    # 1144.5543…; the floor price and the total follow from it as it is rounded
    assert [str(amount) for amount in found.amounts] == ["1144.55", "572.28", "1144550.00"]


def test_the_standard_parcel_is_worth_the_standard_price() -> None:
    same = Parcel(plot_ratio=number("1.40"), remaining_years=number("50"), development="七通一平")
    for parcel in (Parcel(), same):
        found = appraise(RECORD, parcel, NO_COEFFICIENTS, EDITION)
        assert {step.rule for step in found.steps} == {Rule.AS_STANDARD}
        assert [str(one) for one in found.amounts if one] == ["710.00", "507.14"]


def test_what_counts_is_the_ratio_to_the_standard_parcel() -> None:
    dense = replace(RECORD, plot_ratio=2.0)
    step = valued(Parcel(plot_ratio=number("3.0")), dense).steps[1]
    assert (step.value, step.formula) == (number("1.2302"), "K(3.0) / K(2.0) = 1.7677 / 1.4369")


def test_development_is_added_after_the_factors() -> None:
    found = valued(Parcel(development="六通一平", factors=(("临街", None),)))
    assert found.steps[-1].value == number("-24.50")
    assert found.steps[-1].formula == "六通一平 − 七通一平 = 125.50 − 150"
    assert found.amounts.ground_price_cny_m2 == number("705.74")  # 710 × 1.0285 − 24.5 = 705.735


def test_formulas_have_the_numbers() -> None:
    found = valued(Parcel(remaining_years=number("20"), date=date(2031, 1, 1)))
    assert found.steps[0].formula == "(1 − 1/1.06^20) / (1 − 1/1.06^50)"
    assert found.steps[0].value == number("0.7277")
    assert found.steps[2].formula == "102.402 / 100"


def test_a_monthly_rate_is_compound() -> None:
    rate = {"method": "monthly_rate", "rate": "0.002", "since": "2029-01-01", "until": "2032-01-01"}
    by_month = UseCoefficients.model_validate({"date": {**rate, "source": "invented"}})
    for day, factor in (("2030-11-30", "1.02018"), ("2029-12-01", "0.99800")):
        found = appraise(RECORD, Parcel(date=date.fromisoformat(day)), by_month, EDITION)
        assert found.steps[2].value == number(factor)


def test_industrial_land_has_no_floor_price() -> None:
    record = replace(RECORD, use=INDUSTRIAL, plot_ratio=1.0)
    none = UseCoefficients.model_validate({"plot_ratio": {"method": "none", "source": "invented"}})
    found = appraise(record, Parcel(plot_ratio=number("1.5")), none, EDITION)
    assert found.steps[1].rule is Rule.NONE
    assert found.amounts.floor_price_cny_m2 is None


@pytest.mark.parametrize(
    ("parcel", "field"),
    [
        (Parcel(remaining_years=number("20")), "remaining_years"),
        (Parcel(plot_ratio=number("2")), "plot_ratio"),
        (Parcel(date=date(2031, 1, 1)), "date"),
        (Parcel(development="六通一平"), "development"),
        (Parcel(factors=(("临街", None),)), "factor"),
    ],
)
def test_a_missing_coefficient_is_named_and_never_one(parcel: Parcel, field: str) -> None:
    with pytest.raises(CoefficientMissingError, match=field) as caught:
        appraise(RECORD, parcel, NO_COEFFICIENTS, EDITION)
    assert caught.value.code == "coefficient_missing"
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("parcel", "says"),
    [
        (Parcel(development="八通一平"), "'八通一平'; commercial has 七通一平, 六通一平"),
        (Parcel(date=date(2029, 12, 31)), "2029-12-31.*from 2030-01-01 to 2031-12-31"),
        (Parcel(date=date(2032, 1, 1)), "2032-01-01.*from 2030-01-01 to 2031-12-31"),
        (Parcel(factors=(("角地", None),)), "'角地'.*but: 临街"),
    ],
)
def test_what_the_coefficients_do_not_reach(parcel: Parcel, says: str) -> None:
    with pytest.raises(CoefficientMissingError, match=says):
        valued(parcel)


@pytest.mark.parametrize(
    ("record", "missing"),
    [
        (replace(RECORD, plot_ratio=None), "plot ratio"),
        (replace(RECORD, development=None), "development"),
    ],
)
def test_a_region_that_does_not_say_what_its_price_is_for(record: Record, missing: str) -> None:
    parcel = Parcel(plot_ratio=number("2"), development="六通一平")
    with pytest.raises(CoefficientMissingError, match=f"says no {missing}"):
        valued(parcel, record)


def test_more_years_than_the_price_is_for() -> None:
    with pytest.raises(AppraisalError, match=r"remaining_years is 50\.5; it must be at most 50"):
        valued(Parcel(remaining_years=number("50.5")))


def test_a_value_that_is_used_up() -> None:
    cheap = replace(RECORD, ground_price_cny_m2=24)
    with pytest.raises(AppraisalError, match=r"comes to -0\.50") as caught:
        valued(Parcel(development="六通一平"), cheap)
    assert caught.value.field == "development"


def test_a_value_beyond_all_reason() -> None:
    with pytest.raises(AppraisalError, match="comes to more than"):
        valued(Parcel(factors=tuple((str(place), number("10")) for place in range(20))))


@pytest.mark.parametrize("name", ["tenure", "plot_ratio", "date", "development"])
def test_a_factor_is_not_called_as_a_step(name: str) -> None:
    with pytest.raises(AppraisalError, match=f"factor is called '{name}'"):
        Parcel(factors=((name, number("0.98")),))


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("remaining_years", "-3", "remaining_years is -3; it must be more than 0"),
        ("plot_ratio", "0", "plot_ratio is 0; it must be more than 0 and at most 50"),
        ("plot_ratio", "250", "at most 50"),
        ("area_m2", "1e12", "area_m2 is 1000000000000; it must be more than 0 and at most"),
        ("area_m2", "10.1234567", "area_m2 is 10.1234567; it may have at most 4 decimals"),
        ("remaining_years", "NaN", "'NaN'; it must be a number"),
        ("remaining_years", "1_0", "'1_0'; it must be a number"),
        ("remaining_years", "二十", "'二十'; it must be a number"),
        ("area_m2", "1,000", "'1,000'; it must be a number"),
        ("area_m2", "", "''; it must be a number"),
    ],
)
def test_numbers_that_cannot_be_meant(field: str, value: str, says: str) -> None:
    with pytest.raises(AppraisalError, match=says) as caught:
        read_number(field, value)
    assert caught.value.field == field


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), Decimal(0), Decimal(-1)])
def test_parcels_are_checked_however_they_are_made(value: Decimal) -> None:
    with pytest.raises(AppraisalError, match="plot_ratio"):
        Parcel(plot_ratio=value)
    with pytest.raises(AppraisalError, match="remaining_years"):
        Parcel(remaining_years=value)
    with pytest.raises(AppraisalError, match="area_m2"):
        Parcel(area_m2=value)
    with pytest.raises(AppraisalError, match="factor is"):
        Parcel(factors=(("临街", value),))
    with pytest.raises(AppraisalError, match="names '临街' twice"):
        Parcel(factors=(("临街", None), ("临街", None)))


_YEARS = st.decimals("0.5", "50", places=2)
_RATIOS = st.decimals("0.1", "6", places=2)


@given(_YEARS, _YEARS, _RATIOS, _RATIOS)
def test_monotone_in_years_and_plot_ratio(
    years: Decimal, more_years: Decimal, ratio: Decimal, more_ratio: Decimal
) -> None:
    years, more_years = sorted([years, more_years])
    ratio, more_ratio = sorted([ratio, more_ratio])
    low = valued(Parcel(remaining_years=years, plot_ratio=ratio, area_m2=number("777.7")))
    more = Parcel(remaining_years=more_years, plot_ratio=more_ratio, area_m2=number("777.7"))
    high = valued(more)
    assert low.amounts.ground_price_cny_m2 <= high.amounts.ground_price_cny_m2
    assert (low.amounts.total_cny or 0) <= (high.amounts.total_cny or 0)


@given(_YEARS, _RATIOS, st.decimals("0.1", "100000", places=2))
def test_no_float_in_money(years: Decimal, ratio: Decimal, area: Decimal) -> None:
    found = valued(Parcel(remaining_years=years, plot_ratio=ratio, area_m2=area))
    for amount in found.amounts:
        assert isinstance(amount, Decimal)
        assert amount.as_tuple().exponent == -2
    assert found.amounts.total_cny == (found.amounts.ground_price_cny_m2 * area).quantize(
        Decimal("0.01"), rounding="ROUND_HALF_UP"
    )
