"""Many parcels at once are worth what each is alone, and are refused for the same reason."""

import math
from datetime import date
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import AppraisalError, CoefficientMissingError
from geo.model import INDUSTRIAL, RESIDENTIAL
from geo.valuation.appraisal import appraise
from geo.valuation.cells import AREA_UNITS, decimals, read_areas, read_cells, read_day
from geo.valuation.coefficients import NO_COEFFICIENTS, Coefficients
from geo.valuation.parcel import Parcel, read_number
from geo.valuation.sums import Sums
from geo.valuation.table import Parcels, Reasons, TableValuer
from tests.factories import EDITION, record

_SOURCE: Final = {"source": "invented"}
_COSTS: Final = {"七通一平": "150", "六通一平": "125.50", "三通一平": "20"}
COEFFICIENTS: Final = Coefficients.model_validate(
    {
        "edition": EDITION.id,
        "synthetic": True,
        "uses": {
            "commercial": {
                "tenure": {"method": "capitalised", "rate": "0.06", **_SOURCE},
                "plot_ratio": {
                    "method": "table",
                    "table": [("0.5", "0.3333"), ("2.4", "1"), ("7", "9000.5")],
                    **_SOURCE,
                },
                "date": {
                    "method": "index",
                    "index": [("2029-01-01", "100"), ("2031-01-01", "102.402")],
                    "until": "2031-12-31",
                    **_SOURCE,
                },
                "development": {"method": "costs", "costs_cny_m2": _COSTS, **_SOURCE},
            },
            "residential": {
                "tenure": {"method": "linear", **_SOURCE},
                "date": {
                    "method": "monthly_rate",
                    "rate": "-0.0123",
                    "since": "2029-01-01",
                    "until": "2033-01-01",
                    **_SOURCE,
                },
                "development": {"method": "none", **_SOURCE},
            },
        },
    }
)
RECORDS: Final = (
    record("S50001"),
    record("S50002", ground_price_cny_m2=90, plot_ratio=1.23456789012, tenure_years=None),
    record("S50003", plot_ratio=None, development=None),
    record("S50004", ground_price_cny_m2=9_000_000, plot_ratio=0.7),
    record("Z70001", use=RESIDENTIAL, tenure_years=70, plot_ratio=1.7, development="六通一平"),
    record("G60001", use=INDUSTRIAL, tenure_years=50),
)

_PARCELS: Final = st.lists(
    st.tuples(
        st.integers(0, len(RECORDS) - 1),
        st.none() | st.sampled_from(["2.4", "7", "0.0001"]) | st.decimals("0.1", "50", places=2),
        st.none() | st.sampled_from(["40", "0.0001"]) | st.decimals("0.5", "80", places=1),
        st.none() | st.dates(date(2028, 12, 1), date(2033, 3, 1)) | st.just(date(2030, 1, 1)),
        st.none() | st.sampled_from([*_COSTS, "八通一平"]),
        st.none() | st.sampled_from(["0.0001", "1000000000"]) | st.decimals("1", "1e9", places=4),
    ),
    max_size=12,
)


@settings(max_examples=400)
@given(_PARCELS, st.sampled_from([COEFFICIENTS, None]))
def test_each_is_worth_what_it_is_alone(
    rows: list[tuple[Any, ...]], coefficients: Coefficients | None
) -> None:
    region, ratios, years, days, levels, areas = (
        [row[place] for row in rows] for place in range(6)
    )

    def texts(values: list[Any]) -> pa.Array:
        return pa.array([None if one is None else str(one) for one in values], pa.string())

    parcels = Parcels(
        plot_ratio=read_cells(texts(ratios), lambda text: read_number("plot_ratio", text)),
        remaining_years=read_cells(texts(years), lambda text: read_number("remaining_years", text)),
        date=read_cells(pa.array(days, pa.date32()), read_day),
        development=read_cells(texts(levels), str),
        area=read_areas(texts(areas), AREA_UNITS["m2"]),
    )
    reasons = Reasons(len(rows))
    valuer = TableValuer(RECORDS, coefficients, EDITION)
    found = valuer.value(np.array(region, np.int64), parcels, reasons)
    sentences = reasons.texts().to_pylist()
    for row, number in enumerate(region):
        one = RECORDS[number]
        own = NO_COEFFICIENTS if coefficients is None else coefficients.of(one.use)
        alone = Parcel(
            plot_ratio=None if ratios[row] is None else Decimal(ratios[row]),
            remaining_years=None if years[row] is None else Decimal(years[row]),
            date=days[row],
            development=levels[row],
            area_m2=None if areas[row] is None else Decimal(areas[row]),
        )
        refusal = None
        try:
            appraisal = appraise(one, alone, own, EDITION)
        except (AppraisalError, CoefficientMissingError) as error:
            refusal = str(error)
        assert sentences[row] == refusal
        if refusal is not None:
            continue
        if row in found.wide:
            again = found.wide[row]
            assert (again.amounts, again.steps) == (appraisal.amounts, appraisal.steps)
            continue
        steps = [Decimal(int(one[row])) for one in found[:4]]
        assert [one.scaleb(-places) for one, places in zip(steps, (4, 4, 5, 2), strict=True)] == [
            step.value for step in appraisal.steps
        ]
        ground, floor, total = (Decimal(int(one[row])).scaleb(-2) for one in found[4:7])
        assert ground == appraisal.amounts.ground_price_cny_m2
        assert (floor if found.has_floor[row] else None) == appraisal.amounts.floor_price_cny_m2
        assert (total if areas[row] is not None else None) == appraisal.amounts.total_cny


def test_what_64_bits_do_not_hold_is_exact_too() -> None:
    rows = 2
    text = pa.array(["1000000000"] * rows)
    parcels = Parcels(
        plot_ratio=read_cells(pa.array(["7", None]), lambda text: read_number("plot_ratio", text)),
        remaining_years=read_cells(pa.nulls(rows, pa.string()), Decimal),
        date=read_cells(pa.nulls(rows, pa.date32()), read_day),
        development=read_cells(pa.nulls(rows, pa.string()), str),
        area=read_areas(text, AREA_UNITS["m2"]),
    )
    reasons = Reasons(rows)
    found = TableValuer(RECORDS, COEFFICIENTS, EDITION).value(np.array([3, 3]), parcels, reasons)
    assert set(found.wide) == {0, 1}
    totals = [found.wide[row].amounts.total_cny for row in range(rows)]
    assert all(total is not None and total > 2**63 / 10**6 for total in totals)
    # 9 000 000 × 10⁹ m²: as many hundredths as 64 bits hold, and half as many again
    assert totals[1] == Decimal("9e15")
    sums = Sums()
    wide = [(row, int((total or 0) * 100)) for row, total in enumerate(totals)]
    sums.add(
        [("commercial", "S50004")],
        np.zeros(rows, np.int64),
        valued=reasons.none,
        area_e4=parcels.area.e4,
        total_fen=found.total,
        wide_fen=wide,
    )
    assert sums.all().total_cny == sum(total or 0 for total in totals)
    column = decimals(found.total, 2, np.array([True, True]), wide)
    column.validate(full=True)
    assert column.to_pylist() == totals


_AREA_TEXTS: Final = (
    st.decimals("0", "2e9", places=4).map(lambda one: f"{one:f}")
    | st.integers(0, 2 * 10**9).map(str)
    | st.sampled_from(["", " ", "-3", "1e3", "5,000", "5000㎡", "0.00001", "一", "1_0", "+7.50"])
)


@given(st.lists(_AREA_TEXTS | st.none()), st.sampled_from(list(AREA_UNITS)))
def test_areas_as_text_are_read_as_one_is(texts: list[str | None], name: str) -> None:
    unit = AREA_UNITS[name]
    found = read_areas(pa.array(texts, pa.string()), unit)
    for row, text in enumerate(texts):
        problem, e4 = None, 0
        if text is not None and text.strip():
            try:
                value = read_number(unit.field, text, unit.bounds)
                m2 = {"m2": value, "mu": value * 2000 / 3, "ha": value * 10_000}[name]
                e4 = int((m2 * 10_000).quantize(Decimal(1), rounding="ROUND_HALF_UP"))
            except AppraisalError as error:
                problem = str(error)
        assert found.e4[row] == e4
        number = found.unread.of[row]
        assert (None if number < 0 else found.unread.problems[number]) == problem


@given(st.lists(st.floats() | st.decimals("0.0001", "1e9", places=4).map(float)))
def test_areas_as_floats_are_the_decimals_that_they_show(values: list[float]) -> None:
    found = read_areas(pa.array(values, pa.float64()), AREA_UNITS["m2"])
    for row, value in enumerate(values):
        problem, e4 = None, 0
        if not math.isnan(value):  # which is empty
            try:
                e4 = int(read_number("area_m2", repr(value)) * 10_000)
            except AppraisalError:
                problem = "refused"
        assert found.e4[row] == e4, value
        number = found.unread.of[row]
        assert (number >= 0 and found.unread.problems[number] is not None) == bool(problem), value


def test_areas_of_other_types() -> None:
    for column in (
        pa.array([5000, None, 0], pa.int32()),
        pa.array([Decimal("5000.00"), None, Decimal(0)], pa.decimal128(10, 2)),
        pa.array([5000.0, None, 0], pa.float32()),
        pa.array(["5000", None, "0"]).dictionary_encode(),
    ):
        found = read_areas(column, AREA_UNITS["m2"])
        assert found.e4.tolist() == [50_000_000, 0, 0], column.type
        assert found.unread.of.tolist()[:2] == [-1, -1]
        assert "more than 0" in str(found.unread.problems[found.unread.of[2]])


@pytest.mark.parametrize(
    "text",
    [
        *("2024-02-29", "2024/2/29", "2024.2.29", "2024年2月29日", "2024-02-29 00:00:00"),
        *("2024-02-29T00:00:00.000+08:00", "2024-02-29T00:00:00Z"),
    ],
)
def test_days(text: str) -> None:
    assert read_day(text) == date(2024, 2, 29)


@pytest.mark.parametrize(
    "text", ["2023-02-29", "29.2.2024", "2024-02/29", "20240229", "2024-02-28T16:00:00Z", "45351"]
)
def test_what_is_no_day(text: str) -> None:
    with pytest.raises(AppraisalError, match="it must be a day such as 2024-02-29") as caught:
        read_day(text)
    assert repr(text) in str(caught.value)


def test_cells_that_are_the_same_are_read_once() -> None:
    seen = []

    def read(text: str) -> str:
        seen.append(text)
        return text

    column = pa.array(["a", "b", None, "a", " b ", ""] * 100)
    found = read_cells(column, read)
    assert sorted(seen) == ["a", "b", "b"]
    assert [found.at(row) for row in range(6)] == ["a", "b", None, "a", "b", None]


def test_sums_are_exact_where_floats_are_not() -> None:
    rows = 100_000
    totals = np.full(rows, 9_007_199_254_740_993, np.int64)  # 2**53 + 1, which is no float
    sums = Sums()
    groups = [("commercial", "S50001"), ("commercial", "")]
    valued = np.arange(rows) % 2 == 0
    sums.add(
        groups,
        (~valued).astype(np.int64),
        valued=valued,
        area_e4=np.full(rows, 12_345, np.int64),
        total_fen=totals,
    )
    good, bad = sums.by_region[groups[0]], sums.by_region[groups[1]]
    assert (good.rows, good.valued, good.not_valued) == (50_000, 50_000, 0)
    assert good.total_cny == Decimal("90071992547409.93") * 50_000
    assert good.area_m2 == Decimal("1.2345") * 50_000
    assert (bad.rows, bad.valued, bad.total_cny) == (50_000, 0, Decimal(0))
    assert bad.mean_price_cny_m2 is None
    assert sums.by_use() == {"commercial": good.plus(bad)}


def test_the_first_reason_stays() -> None:
    reasons = Reasons(3)
    reasons.add(["a", None], np.array([0, 1, -1]))
    reasons.add(["b"], np.array([0, 0]), np.array([0, 2]))
    assert reasons.texts().to_pylist() == ["a", None, "b"]
    assert reasons.none.tolist() == [False, True, False]
