"""Columns by their titles, in any order, and numbers in the units of their columns."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from geo.errors import GazetteError
from geo.gazette.cells import read_number
from geo.gazette.columns import read_header
from geo.gazette.rows import text_rows
from geo.gazette.table import Gazette, read_gazette
from tests.geo.gazette.test_table import notice

if TYPE_CHECKING:
    from geo.model import Record

BOUNDS = "东至丁路、西至甲路、南至一街、北至四街"
SHORT = ("编号", "范围", "用地类型", "地价")


def read(*rows: tuple[str, ...], commercial: int = 1) -> Gazette:
    text = "\n".join("\t".join(row) for row in rows)
    return read_gazette(text_rows(text), notice(commercial=commercial))


def read_one(header: str, cell: str, *others: tuple[str, str]) -> Record:
    """Read a table of one row with a column besides those that must be there."""
    columns = [("编号", "990000S50001"), ("四至", BOUNDS), ("用途", "商服用地"), *others]
    if "价" not in header:
        columns.append(("地面单价(元/m2)", "4520"))
    columns.append((header, cell))
    titles, cells = zip(*columns, strict=True)
    [record] = read(titles, cells).records
    return record


def refusal(*rows: tuple[str, ...]) -> str:
    with pytest.raises(GazetteError) as caught:
        read(*rows)
    return str(caught.value)


def test_a_table_with_the_least_columns() -> None:
    gazette = read(SHORT, ("990000S50001", BOUNDS, "商服用地", "4520"))
    [record] = gazette.records
    assert (record.ground_price_cny_m2, record.plot_ratio, record.tenure_years) == (
        4520,
        None,
        None,
    )
    assert [anomaly.message for anomaly in gazette.anomalies] == [
        "the header 地价 is taken for the price of land (地面单价)",
        "ground_price_cny_m2 has no unit and is taken as 元/平方米",
    ]


@pytest.mark.parametrize(
    ("header", "field", "cell", "value"),
    [
        ("容积率", "plot_ratio", "2.5", 2.5),
        ("设定容积率", "plot_ratio", "≤2", 2.0),
        ("标准容积率", "plot_ratio", "２．５", 2.5),
        ("土地面积(平方米)", "parcel_area_m2", "3,298.21", 3298.21),
        ("面积（㎡）", "parcel_area_m2", "3298.21", 3298.21),
        ("宗地面积(亩)", "parcel_area_m2", "3", 2000.0),
        ("宗地面积（公顷）", "parcel_area_m2", "1.5", 15_000.0),
        ("土地面积", "parcel_area_m2", "3298.21平方米", 3298.21),
        ("使用年限", "tenure_years", "40年", 40),
        ("设定使用年期（年）", "tenure_years", "40", 40),
        ("楼面地价", "floor_price_cny_m2", "1808元/㎡", 1808),
        ("楼面单价（万元/亩）", "floor_price_cny_m2", "120.5", 1808),
        ("坐落", "parcel_location", "乙路与二街交叉口东南角", "乙路与二街交叉口东南角"),
        ("标准宗地", "standard_parcel", "样宗地", "样宗地"),
        ("土地使用权类型", "right_type", "出让", "出让"),
        ("开发程度", "development", "七通一平", "七通一平"),
    ],
)
def test_usual_titles_and_units(header: str, field: str, cell: str, value: object) -> None:
    ground = [("地面单价(元/m2)", "4520")] if "价" in header else []
    assert getattr(read_one(header, cell, *ground), field) == value


@pytest.mark.parametrize(
    ("header", "cell", "price"),
    [
        ("地面单价(元/平方米)", "4520", 4520),
        ("地面单价（元／㎡）", "4,520", 4520),
        ("地面单价 元/m²", "4520.00", 4520),
        ("标定地价（单位：元/平方米）", "4520元/平方米", 4520),
        ("单位地面地价(万元/亩)", "301.3333", 4520),
        ("地面地价(万元／亩)", "20", 300),
        ("地面单价(万元/公顷)", "4520", 4520),
        ("地面单价(元/亩)", "200000", 300),
        ("土地单价", "20万元/亩", 300),
        ("地面单价(元/m2)", "4520元", 4520),
    ],
)
def test_prices_become_yuan_per_square_metre(header: str, cell: str, price: int) -> None:
    assert read_one(header, cell).ground_price_cny_m2 == price


def test_a_unit_above_the_table_counts() -> None:
    rows = (("单位：万元/亩",), SHORT, ("990000S50001", BOUNDS, "商服用地", "20"))
    assert read(*rows).records[0].ground_price_cny_m2 == 300


@pytest.mark.parametrize(
    ("header", "cell", "said"),
    [
        ("地面单价(美元/平方米)", "4520", "the unit of 地面单价(美元/平方米) is not known"),
        ("地面单价(元)", "4520", "the unit of 地面单价(元) is not known"),
        ("地面单价(元/套)", "4520", "the unit of 地面单价(元/套) is not known"),
        ("地面单价(元/m2)", "301万元/亩", "has another unit than the header"),
        ("地面单价(元/m2)", "4520美元", "the unit '美元' is not known"),
        ("地面单价(元/m2)", "4520*", "the unit '*' is not known"),
        ("地面单价(元/m2)", "4000-4520", "is a range"),
        ("地面单价(元/m2)", "4000～4520元", "is a range"),
        ("地面单价(元/m2)", "约4520", "is not a positive number"),
        ("地面单价(元/m2)", "/", "is not a positive number"),
        ("地面单价(元/m2)", "0.2", "is not a positive whole number"),
    ],
)
def test_a_price_in_doubt_is_refused(header: str, cell: str, said: str) -> None:
    titles = ("编号", "四至", "用途", header)
    assert said in refusal(titles, ("990000S50001", BOUNDS, "商服用地", cell))


@pytest.mark.parametrize("cell", ["1.0-2.0", "1.0—2", "1.0~2.0", "1至2", "1.0－2.0"])
def test_a_range_of_plot_ratios_is_refused(cell: str) -> None:
    titles = ("编号", "四至", "用途", "地面单价(元/m2)", "容积率")
    said = refusal(titles, ("990000S50001", BOUNDS, "商服用地", "4520", cell))
    assert said.endswith("is a range; which number the price is for would be a guess")


def test_columns_in_any_order_are_the_same_table() -> None:
    titles = ("用途", "四至", "编号", "楼面单价(元/m2)", "地面单价(元/m2)", "容积率", "备注")
    cells = ("商服用地", BOUNDS, "990000S50001", "1808", "4520", "2.5", "x")
    expected = read(titles, cells)
    assert expected.anomalies[0].message == "the column 备注 is not read"
    for turn in range(1, len(titles)):
        turned = read(titles[turn:] + titles[:turn], cells[turn:] + cells[:turn])
        assert turned.records == expected.records


def test_two_columns_of_one_meaning_are_refused() -> None:
    titles = (*SHORT, "位置", "坐落")
    said = refusal(titles, ("990000S50001", BOUNDS, "商服用地", "4520", "甲", "乙"))
    assert "the columns 位置 and 坐落 both say parcel_location" in said


def test_a_header_of_two_rows() -> None:
    upper = ("编号", "四至", "用途", "标定地价（元/平方米）", "标定地价（元/平方米）")
    lower = ("编号", "四至", "用途", "地面", "楼面")
    for under in (lower, ("", "", "", "地面单价", "楼面单价")):
        gazette = read(upper, under, ("990000S50001", BOUNDS, "商服用地", "4520", "1808"))
        [record] = gazette.records
        assert (record.ground_price_cny_m2, record.floor_price_cny_m2) == (4520, 1808)
        assert gazette.anomalies == ()


def test_the_use_may_stand_above_the_rows() -> None:
    titles = ("序号", "编号", "四至", "地面单价(元/m2)")
    gazette = read_gazette(
        text_rows(
            "\n".join(
                "\t".join(row)
                for row in (
                    ("一、商业服务业用地",),
                    titles,
                    ("1", "990000S50001", BOUNDS, "4520"),
                    ("2", "990000S50002", BOUNDS, "4520"),
                    ("二、居住用地",),
                    titles,
                    ("1", "990000Z50001", BOUNDS, "3000"),
                )
            )
        ),
        notice(commercial=2, residential=1),
    )
    assert [record.use.code for record in gazette.records] == [
        "commercial",
        "commercial",
        "residential",
    ]


def test_numbering_may_begin_again_with_each_use() -> None:
    titles = ("序号", "用途", "编号", "四至", "地面单价(元/m2)")
    text = "\n".join(
        "\t".join(row)
        for row in (
            titles,
            ("1", "商服用地", "990000S50001", BOUNDS, "4520"),
            ("2", "商服用地", "990000S50002", BOUNDS, "4520"),
            ("1", "居住用地", "990000Z50001", BOUNDS, "3000"),
        )
    )
    assert len(read_gazette(text_rows(text), notice(commercial=2, residential=1)).records) == 3


def test_what_holds_of_every_row_is_said_once() -> None:
    titles = ("编号", "四至", "用途", "地面单价(元/m2)")
    rows = [(f"990000S5000{i}", BOUNDS, "商服用地", "4520.00") for i in range(1, 9)]
    gazette = read(titles, *rows, commercial=8)
    assert [str(anomaly) for anomaly in gazette.anomalies] == [
        "line 2: ground_price_cny_m2 is printed with decimals, as in all 8 rows"
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [("4,520", 4520), ("1,234,567.5", Fraction("1234567.5")), ("4520.50", Fraction("4520.5"))],
)
def test_numbers_are_exact(text: str, value: Fraction) -> None:
    assert read_number(text).value == value


@pytest.mark.parametrize("text", ["4,52", "45,20", ",520", "4520,", "4.5.2", "0450", "四千"])
def test_odd_numbers_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a positive number|is a range"):
        read_number(text)


def test_a_row_without_what_every_table_has_is_no_header() -> None:
    assert read_header(("序号", "用途", "地面单价(元/m2)")) is None
    assert read_header(("标定地价", "3000", "3000")) is None
