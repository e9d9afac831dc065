"""The gazette's text to records: the shipped table, the whole issue, pages, and every refusal."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import EditionError, GazetteError
from geo.gazette.notice import Notice, read_notice
from geo.gazette.rows import text_rows
from geo.gazette.table import Anomaly, Gazette, SheetPrice, read_gazette
from geo.model import COMMERCIAL, INDUSTRIAL, RESIDENTIAL, Edition, FourBounds, Record
from tests.factories import EDITION
from tests.paths import DATA, GAZETTE_ISSUE
from tests.uses import USES

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = DATA / "gazette"
SHIPPED_NOTICE = read_notice(SHIPPED / "2022.toml")
SHIPPED_TABLE = (SHIPPED / "2022.tsv").read_text(encoding="utf-8")

# Everything below of the city 990000 is synthetic.
FIELDS = (
    "serial",
    "use",
    "code",
    "bounds",
    "standard_parcel",
    "parcel_location",
    "right_type",
    "parcel_area_m2",
    "plot_ratio",
    "development",
    "tenure_years",
    "ground_price_cny_m2",
    "floor_price_cny_m2",
)
HEADERS = (
    "序号",
    "用途",
    "标定区域编号",
    "标定区域四至",
    "标准宗地名称",
    "土地位置",
    "权利类型",
    "土地面积(m2)",
    "设定容积率",
    "设定开发程度",
    "设定使用年期",
    "地面单价(元/m2)",
    "楼面单价(元/m2)",
)

OPTIONAL = (
    "standard_parcel",
    "parcel_location",
    "right_type",
    "parcel_area_m2",
    "plot_ratio",
    "development",
    "tenure_years",
    "floor_price_cny_m2",
)
HEADER = "\t".join(HEADERS)
SHEET_HEADER = "序号\t标定区域\t标定地价"
WRONG_LENGTH = "the row has {} cells instead of 13, and the first that does not fit is here"
CODE = re.compile(r"[0-9]{6}[A-Z][0-9]{5}")


PATTERN = "9901[0-9]{2}-S[0-9]{3}"


def notice(*, commercial: int = 0, residential: int = 0, industrial: int = 0) -> Notice:
    """Return a synthetic city's notice."""
    return Notice(
        edition=replace(EDITION, city="样城市", admin_code="990000"),
        counts={
            COMMERCIAL: commercial,
            RESIDENTIAL: residential,
            INDUSTRIAL: industrial,
        },
        centre_lon=114.0,
        centre_lat=33.0,
    )


def cells(serial: int, /, **changed: str) -> list[str]:
    """Return the cells of a synthetic commercial row."""
    good = {
        "serial": str(serial),
        "use": "商服用地",
        "code": f"990000S5{serial:04}",
        "bounds": "东至丁路、西至甲路、南至一街、北至四街",
        "standard_parcel": "样宗地",
        "parcel_location": "乙路与二街交叉口东南角",
        "right_type": "出让",
        "parcel_area_m2": "3298.21",
        "plot_ratio": "2.5",
        "development": "七通一平",
        "tenure_years": "40",
        "ground_price_cny_m2": "4520",
        "floor_price_cny_m2": "1808",
    }
    assert changed.keys() <= good.keys()
    return list((good | changed).values())


def row(serial: int, /, **changed: str) -> str:
    return "\t".join(cells(serial, **changed))


def read(
    *lines: str, commercial: int, residential: int = 0, code_pattern: str | None = None
) -> Gazette:
    announced = notice(commercial=commercial, residential=residential)
    announced = replace(announced, code_pattern=code_pattern)
    return read_gazette(text_rows("\n".join(lines)), announced)


def problems(*lines: str, commercial: int = 3) -> list[str]:
    """Return the problems of a table that must be refused, one a line."""
    with pytest.raises(GazetteError) as caught:
        read(*lines, commercial=commercial)
    assert caught.value.code == "gazette_damaged"
    return str(caught.value).split("\n")


def header(**changed: str) -> str:
    return "\t".join(changed.get(field, word) for field, word in zip(FIELDS, HEADERS, strict=True))


def prose_of(text: str) -> list[str]:
    return [line for line in text.split("\n") if "\t" not in line]


@pytest.fixture(scope="module")
def shipped() -> Gazette:
    return read_gazette(text_rows(SHIPPED_TABLE), SHIPPED_NOTICE)


@pytest.fixture(scope="module")
def issue() -> str:
    """Return the pages of the gazette issue that hold the tables, with the damage of the scan."""
    return GAZETTE_ISSUE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def whole(issue: str) -> Gazette:
    return read_gazette(text_rows(issue), SHIPPED_NOTICE)


class TestShippedTable:
    def test_has_the_announced_regions_of_each_use(self, *, shipped: Gazette) -> None:
        assert Counter(record.use for record in shipped.records) == {
            COMMERCIAL: 27,
            RESIDENTIAL: 27,
            INDUSTRIAL: 12,
        }

    def test_is_clean(self, *, shipped: Gazette) -> None:
        assert shipped.anomalies == ()
        assert shipped.sheet_prices == ()

    def test_first_row(self, *, shipped: Gazette) -> None:
        assert shipped.records[0] == Record(
            code="411700S50001",
            use=COMMERCIAL,
            bounds=FourBounds(east="京广铁路", west="文明大道", south="中华大道", north="雪松大道"),
            standard_parcel="中乐国际公馆沿街商铺",
            parcel_location="解放大道与骏马路东南侧",
            right_type="出让",
            parcel_area_m2=3298.21,
            plot_ratio=2.0,
            development="七通一平",
            tenure_years=40,
            ground_price_cny_m2=4520,
            floor_price_cny_m2=2260,
        )

    def test_records_stand_in_the_order_of_the_table(self, *, shipped: Gazette) -> None:
        in_the_table = [line.split("\t")[2] for line in SHIPPED_TABLE.splitlines()[1:]]
        assert [record.code for record in shipped.records] == in_the_table

    def test_tenure_is_the_legal_maximum_of_the_use(self, *, shipped: Gazette) -> None:
        assert {(record.use, record.tenure_years) for record in shipped.records} == {
            (COMMERCIAL, 40),
            (RESIDENTIAL, 70),
            (INDUSTRIAL, 50),
        }

    def test_floor_price_is_the_ground_price_over_the_plot_ratio(self, *, shipped: Gazette) -> None:
        for record in shipped.records:
            assert record.plot_ratio
            half_up = int(record.ground_price_cny_m2 / record.plot_ratio + 0.5)
            expected = None if record.use is INDUSTRIAL else half_up
            assert record.floor_price_cny_m2 == expected, record.code


class TestWholeIssue:
    def test_gives_the_records_of_the_shipped_table(
        self, *, whole: Gazette, shipped: Gazette
    ) -> None:
        assert len(whole.records) == 66
        assert whole.records == shipped.records

    def test_anomalies_name_the_lines_they_are_on(self, *, whole: Gazette, issue: str) -> None:
        lines = issue.split("\n")
        headers = [
            number
            for number, line in enumerate(lines, start=1)
            if line.startswith("序号\t") and line.count("\t") == 12
        ]
        repeated = [odd.line for odd in whole.anomalies if "repeated" in odd.message]
        assert repeated == headers[1:]
        for odd in whole.anomalies:
            if misprint := re.search("reads (.+), it should", odd.message):
                assert misprint[1] in lines[odd.line - 1].split("\t")
            elif location := re.search("the location (.+) is read as", odd.message):
                assert location[1] in lines[odd.line - 1].split("\t")

    def test_each_misprint_and_mended_location_is_reported(self, *, whole: Gazette) -> None:
        messages = Counter(odd.message for odd in whole.anomalies)
        assert messages == {
            "the header is repeated after a page break": 6,
            "the header reads 标区区域编号, it should read 标定区域编号": 2,
            "the header reads 标区区域四至, it should read 标定区域四至": 1,
            "the location 雪松大道、天中山大道、文化路 and 学院路围合区域内 is read as"
            " 雪松大道、天中山大道、文化路和学院路围合区域内": 1,
            "the location 中原大道东侧, 东平路南侧 is read as 中原大道东侧,东平路南侧": 1,
        }

    def test_sheet_prices_are_those_printed_under_the_maps(
        self, *, whole: Gazette, issue: str
    ) -> None:
        lines = issue.split("\n")
        assert len(whole.sheet_prices) == 52
        assert Counter(price.code[:8] for price in whole.sheet_prices) == {
            "411700Z7": 40,
            "411700G6": 12,
        }
        for price in whole.sheet_prices:
            printed = lines[price.line - 1].split("\t")
            assert printed[1] == price.code
            assert printed[-1] == str(price.price_cny_m2)

    def test_sheet_prices_may_be_wrong(self, *, whole: Gazette) -> None:
        true_price = {record.code: record.ground_price_cny_m2 for record in whole.records}
        industrial = [price for price in whole.sheet_prices if price.code[6] == "G"]
        assert {
            price.code: (price.price_cny_m2, true_price[price.code])
            for price in industrial
            if price.price_cny_m2 != true_price[price.code]
        } == {
            "411700G60001": (381, 361),
            "411700G60010": (384, 364),
            "411700G60012": (369, 360),
        }
        assert {price.price_cny_m2 for price in whole.sheet_prices if price.code[6] == "Z"} == {
            3000
        }

    def test_prose_alone_is_no_table(self, *, issue: str) -> None:
        with pytest.raises(GazetteError, match="no table of standard land prices found"):
            read_gazette(text_rows("\n".join(prose_of(issue))), SHIPPED_NOTICE)

    def test_prose_under_a_header_is_no_row(self, *, issue: str) -> None:
        text = "\n".join([HEADER, *prose_of(issue)])
        with pytest.raises(GazetteError) as caught:
            read_gazette(text_rows(text), SHIPPED_NOTICE)
        assert str(caught.value).split("\n") == [
            "商服用地: 0 regions, but the edition announces 27",
            "住宅用地: 0 regions, but the edition announces 27",
            "工业用地: 0 regions, but the edition announces 12",
        ]

    def test_without_its_prose_it_says_the_same(self, *, whole: Gazette, issue: str) -> None:
        kept = [line for line in issue.split("\n") if "\t" in line or line.startswith("附件")]
        bare = read_gazette(text_rows("\n".join(kept)), SHIPPED_NOTICE)
        assert bare.records == whole.records
        assert [(price.code, price.price_cny_m2) for price in bare.sheet_prices] == [
            (price.code, price.price_cny_m2) for price in whole.sheet_prices
        ]
        assert [odd.message for odd in bare.anomalies] == [odd.message for odd in whole.anomalies]


def test_uses_are_ranked_as_the_notice_lists_them() -> None:
    in_order = [COMMERCIAL, RESIDENTIAL, INDUSTRIAL]
    assert [USES.index(use) for use in in_order] == [0, 1, 2]
    assert [use.label for use in in_order] == ["商服用地", "住宅用地", "工业用地"]


class TestCells:
    def test_width_and_spaces_around_a_cell_do_not_matter(self) -> None:
        spaced = "\t".join(f" {cell}\u3000" for cell in cells(1))
        assert read(HEADER, spaced, commercial=1) == read(HEADER, row(1), commercial=1)

    @pytest.mark.parametrize("cell", ["--", "—", "——"])
    def test_a_dash_is_no_floor_price(self, *, cell: str) -> None:
        gazette = read(HEADER, row(1, floor_price_cny_m2=cell), commercial=1)
        assert gazette.records[0].floor_price_cny_m2 is None

    @pytest.mark.parametrize(
        "cell",
        [
            "东至丁路、西至甲路、南至一街、北至四街",
            "北至四街，南至一街，西至甲路，东至丁路",
            "西至甲路,东至丁路；北至四街;南至一街",
            "东至丁路、 西至甲路 、南至一街、北至四街、",
        ],
    )
    def test_bounds_in_any_order_and_punctuation(self, *, cell: str) -> None:
        bounds = read(HEADER, row(1, bounds=cell), commercial=1).records[0].bounds
        assert bounds == FourBounds(east="丁路", west="甲路", south="一街", north="四街")

    @pytest.mark.parametrize(
        ("printed", "expected"),
        [
            ("甲路 and 乙路交叉口", "甲路和乙路交叉口"),
            ("甲路and乙路交叉口", "甲路和乙路交叉口"),
            ("甲路东侧, 一街南侧", "甲路东侧,一街南侧"),
            ("甲路 东侧", "甲路东侧"),
        ],
    )
    def test_a_location_is_mended_and_reported(self, *, printed: str, expected: str) -> None:
        gazette = read(HEADER, row(1, parcel_location=printed), commercial=1)
        assert gazette.records[0].parcel_location == expected
        assert gazette.anomalies == (Anomaly(2, f"the location {printed} is read as {expected}"),)

    def test_a_space_after_an_enumeration_comma_is_mended(self) -> None:
        gazette = read(HEADER, row(1, parcel_location="甲路东侧、 一街南侧"), commercial=1)
        assert gazette.records[0].parcel_location == "甲路东侧、一街南侧"


class TestDamagedCell:
    """A table of three rows whose second, on line 3, has one bad cell."""

    @pytest.mark.parametrize("field", ["serial", "code", "bounds", "ground_price_cny_m2"])
    def test_empty(self, *, field: str) -> None:
        found = problems(HEADER, row(1), row(2, **{field: ""}), row(3))
        assert len(found) == 1
        assert found[0].startswith(f"line 3, {field}: ")

    @pytest.mark.parametrize("field", OPTIONAL)
    def test_blank_is_none_and_remarked_upon(self, *, field: str) -> None:
        gazette = read(HEADER, row(1), row(2, **{field: " "}), commercial=2)
        assert getattr(gazette.records[1], field) is None
        assert gazette.anomalies == (Anomaly(3, f"{field} is blank and taken as none"),)

    @pytest.mark.parametrize("field", OPTIONAL)
    @pytest.mark.parametrize("cell", ["/", "--", "—", "——", "-", "\\", "无", "／"])
    def test_a_mark_for_none_is_none(self, *, field: str, cell: str) -> None:
        gazette = read(HEADER, row(1), row(2, **{field: cell}), commercial=2)
        assert getattr(gazette.records[1], field) is None
        assert gazette.anomalies == ()

    def test_a_blank_use_is_that_of_the_row_above(self) -> None:
        gazette = read(
            HEADER,
            row(1),
            row(2, use=""),
            row(3, use="住宅用地"),
            row(4, use=""),
            commercial=2,
            residential=2,
        )
        assert [record.use.label for record in gazette.records] == ["商服用地"] * 2 + [
            "住宅用地"
        ] * 2
        assert gazette.anomalies == (
            Anomaly(3, "the use is blank and taken as 商服用地, as above"),
            Anomaly(5, "the use is blank and taken as 住宅用地, as above"),
        )

    def test_a_blank_use_at_the_top(self) -> None:
        assert problems(HEADER, row(1, use=""), commercial=1) == [
            "line 2, use: there is no use, neither in a column nor in a caption"
        ]

    @pytest.mark.parametrize(
        ("field", "cell"),
        [
            ("serial", "二"),
            ("serial", "2.0"),
            ("use", "农用地"),
            ("use", "commercial"),
            ("code", "990000S5002"),
            ("code", "990000S500020"),
            ("code", "990000s50002"),
            ("code", "99000S500002"),
            ("code", "第二号"),
            ("bounds", "城区"),
            ("bounds", "东至丁路、西至甲路、南至一街"),
            ("bounds", "东至丁路、东至甲路、南至一街、北至四街"),
            ("bounds", "东至丁路、西至甲路、南至一街、北至四街、北至五街"),
            ("bounds", "东至、西至甲路、南至一街、北至四街"),
            ("bounds", "东至甲路、西至甲路、南至一街、北至四街"),
            ("bounds", "东至丁路、西至甲路、南至一街、北至一街"),
            *[
                (field, cell)
                for field in ("parcel_area_m2", "plot_ratio")
                for cell in (
                    "约三亩",
                    "32,98.21",
                    "nan",
                    "inf",
                    "-inf",
                    "1e999",
                    "-1.5",
                    "0",
                    "1.0-2",
                )
            ],
            *[
                (field, cell)
                for field in ("tenure_years", "ground_price_cny_m2", "floor_price_cny_m2")
                for cell in (
                    "四十",
                    "45,20",
                    "nan",
                    "inf",
                    "-40",
                    "0",
                    "040",
                    "1e3",
                    "40~50",
                    "≤40",
                )
            ],
            ("ground_price_cny_m2", "--"),
            ("tenure_years", "40.5"),
            ("tenure_years", "400"),
            ("plot_ratio", "250"),
        ],
    )
    def test_that_does_not_fit_its_column(self, *, field: str, cell: str) -> None:
        found = problems(HEADER, row(1), row(2, **{field: cell}), row(3))
        assert len(found) == 1
        assert found[0].startswith(f"line 3, {field}: {cell!r}")

    @pytest.mark.parametrize(
        "cell",
        ["东至甲路、西至甲路、南至一街、北至四街", "东至丁路、西至甲路、南至一街、北至一街"],
    )
    def test_one_line_on_two_opposite_sides(self, *, cell: str) -> None:
        (found,) = problems(HEADER, row(1), row(2, bounds=cell), row(3))
        assert found == f"line 3, bounds: {cell!r} names one line on two opposite sides"

    def test_code_of_another_city(self) -> None:
        assert problems(HEADER, row(1), row(2, code="410100S50002"), row(3)) == [
            "line 3, code: 410100S50002 is not a code of 样城市 (990000)"
        ]

    def test_codes_of_a_pattern_of_their_own(self) -> None:
        rows = [row(1, code="9901 02-S001"), row(2, code="９９０１０３-S002")]
        found = read(HEADER, *rows, commercial=2, code_pattern=PATTERN)
        assert [record.code for record in found.records] == ["990102-S001", "990103-S002"]

    @pytest.mark.parametrize(
        ("pattern", "code", "message"),
        [
            (PATTERN, "990000S50002", f"is not like code_pattern {PATTERN}"),
            ("S.*", "S/1", "is no code of at most 31 digits, capital letters, "),
        ],
    )
    def test_code_unlike_the_pattern(self, *, pattern: str, code: str, message: str) -> None:
        with pytest.raises(GazetteError) as refused:
            read(HEADER, row(1, code=code), commercial=1, code_pattern=pattern)
        assert str(refused.value).startswith(f"line 2, code: {code!r} {message}")

    @pytest.mark.parametrize("name", ["=1+1", "+86", "@SUM(A1)", "-1", "＝1+1", "= cmd"])
    @pytest.mark.parametrize("field", ["standard_parcel", "parcel_location", "development"])
    def test_text_that_a_spreadsheet_would_compute(self, *, field: str, name: str) -> None:
        (found,) = problems(HEADER, row(1), row(2, **{field: name}), row(3))
        assert found == f"line 3, {field}: {name!r} begins as a formula of a spreadsheet does"

    @pytest.mark.parametrize("line", ["=1+1", "@SUM", "+路"])
    def test_lines_that_a_spreadsheet_would_compute(self, *, line: str) -> None:
        bounds = f"东至{line}、西至甲路、南至一街、北至四街"
        assert problems(HEADER, row(1), row(2, bounds=bounds), row(3))

    def test_code_that_was_given_before(self) -> None:
        again = "990000S50001"
        assert problems(HEADER, row(1), row(2, code=again), row(3, code=again)) == [
            "line 3, code: 990000S50001 stands on line 2 already",
            "line 4, code: 990000S50001 stands on line 2 already",
        ]

    @pytest.mark.parametrize("serial", ["1", "3", "20"])
    def test_serial_that_does_not_follow(self, *, serial: str) -> None:
        found = problems(HEADER, row(1), row(2, serial=serial))
        assert found == [f"line 3, serial: {serial} follows 1"]

    def test_serial_gap_is_reported_once(self) -> None:
        assert problems(HEADER, row(1), row(3), row(4)) == ["line 3, serial: 3 follows 1"]

    def test_first_serial_is_one(self) -> None:
        assert problems(HEADER, row(2), row(3)) == ["line 2, serial: 2 follows 0"]

    @pytest.mark.parametrize("space", [" ", "\u3000"])
    def test_bound_without_a_name(self, *, space: str) -> None:
        bounds = f"东至{space}、西至甲路、南至一街、北至四街"
        (found,) = problems(HEADER, row(1), row(2, bounds=bounds), row(3))
        assert found.startswith("line 3, bounds: ")

    @pytest.mark.parametrize("code", ["990000S5000二", "990000S5000٢"])
    def test_code_in_digits_of_another_script(self, *, code: str) -> None:
        (found,) = problems(HEADER, row(1), row(2, code=code), row(3))
        assert found.startswith("line 3, code: ")

    @pytest.mark.parametrize("field", ["parcel_area_m2", "plot_ratio"])
    def test_number_with_underscores(self, *, field: str) -> None:
        (found,) = problems(HEADER, row(1), row(2, **{field: "32_98"}), row(3))
        assert found.startswith(f"line 3, {field}: ")


class TestDamagedRow:
    @pytest.mark.parametrize(
        ("dropped", "misfit"),
        [
            ("serial", "serial"),
            ("use", "use"),
            ("code", "code"),
            ("bounds", "bounds"),
            # Text fits every text column, so the first misfit stands further on.
            ("standard_parcel", "plot_ratio"),
            ("parcel_location", "plot_ratio"),
            ("right_type", "plot_ratio"),
            ("parcel_area_m2", "plot_ratio"),
            ("plot_ratio", "plot_ratio"),
            # No price is a tenure.
            ("development", "tenure_years"),
            ("tenure_years", "tenure_years"),
            ("ground_price_cny_m2", "floor_price_cny_m2"),
            ("floor_price_cny_m2", "floor_price_cny_m2"),
        ],
    )
    def test_missing_cell(self, *, dropped: str, misfit: str) -> None:
        short = cells(2)
        del short[FIELDS.index(dropped)]
        found = problems(HEADER, row(1), "\t".join(short), row(3))
        assert found == [f"line 3, {misfit}: {WRONG_LENGTH.format(12)}"]

    def test_cell_too_many(self) -> None:
        found = problems(HEADER, row(1), f"{row(2)}\t备注", row(3))
        assert found == [f"line 3, floor_price_cny_m2: {WRONG_LENGTH.format(14)}"]

    def test_tab_that_became_a_space(self) -> None:
        found = problems(HEADER, row(1), row(2).replace("\t", " ", 1), row(3))
        assert found == [f"line 3, serial: {WRONG_LENGTH.format(12)}"]

    def test_row_that_lost_its_tabs(self) -> None:
        found = problems(HEADER, row(1), row(2).replace("\t", " "))
        assert len(found) == 1
        assert found[0].startswith("line 3, row: '2 商服用地 990000S50002 ")
        assert found[0].endswith(" is not separated by tabs")

    def test_row_that_lost_its_tabs_and_its_code(self) -> None:
        found = problems(HEADER, row(1), row(2, code="").replace("\t", " "))
        assert len(found) == 1
        assert found[0].startswith("line 3, row: ")

    def test_rows_after_one_that_lost_its_tabs_are_still_read(self) -> None:
        found = problems(HEADER, row(1), row(2).replace("\t", ""), row(3, plot_ratio="0"))
        assert [problem.partition(":")[0] for problem in found] == [
            "line 3, row",
            "line 4, plot_ratio",
            "line 4, serial",
        ]

    def test_all_problems_are_listed_at_once(self) -> None:
        found = problems(
            HEADER,
            row(1, parcel_area_m2="nan"),
            row(2, use="农用地", ground_price_cny_m2="", code="410100S50002"),
            row(4),
            "\t".join(cells(5)[:-1]),
            row(6).replace("\t", " "),
        )
        assert [problem.partition(":")[0] for problem in found] == [
            "line 2, parcel_area_m2",
            "line 3, use",
            "line 3, ground_price_cny_m2",
            "line 3, code",
            "line 4, serial",
            "line 5, floor_price_cny_m2",
            "line 6, row",
        ]


class TestCounts:
    @pytest.mark.parametrize("announced", [0, 1, 3])
    def test_that_differ_from_the_announced(self, *, announced: int) -> None:
        assert problems(HEADER, row(1), row(2), commercial=announced) == [
            f"商服用地: 2 regions, but the edition announces {announced}"
        ]

    def test_wrong_use_is_missed_in_one_and_found_in_the_other(self) -> None:
        assert problems(HEADER, row(1), row(2, use="住宅用地"), row(3)) == [
            "商服用地: 2 regions, but the edition announces 3",
            "住宅用地: 1 regions, but the edition announces 0",
        ]

    def test_are_not_doubted_while_rows_are_damaged(self) -> None:
        found = problems(HEADER, row(1, plot_ratio="x"), commercial=3)
        assert found == ["line 2, plot_ratio: 'x' is not a positive number"]

    def test_that_agree(self) -> None:
        gazette = read(HEADER, row(1), row(2, use="住宅用地"), commercial=1, residential=1)
        assert [record.use for record in gazette.records] == [COMMERCIAL, RESIDENTIAL]


class TestPages:
    def test_repeated_header_is_an_anomaly_on_its_line(self) -> None:
        gazette = read(HEADER, row(1), "", " ", HEADER, row(2), HEADER, row(3), commercial=3)
        assert len(gazette.records) == 3
        assert gazette.anomalies == (
            Anomaly(5, "the header is repeated after a page break"),
            Anomaly(7, "the header is repeated after a page break"),
        )

    def test_misprints_of_every_header_are_anomalies(self) -> None:
        gazette = read(
            header(code="标区区域编号"),
            row(1),
            header(code="标区区域编号", bounds="标区区域四至"),
            row(2),
            commercial=2,
        )
        assert len(gazette.records) == 2
        assert [str(odd) for odd in gazette.anomalies] == [
            "line 1: the header reads 标区区域编号, it should read 标定区域编号",
            "line 3: the header is repeated after a page break",
            "line 3: the header reads 标区区域编号, it should read 标定区域编号",
            "line 3: the header reads 标区区域四至, it should read 标定区域四至",
        ]

    def test_header_with_a_column_too_many_is_an_anomaly(self) -> None:
        gazette = read(f"{HEADER}\t备注", row(1), commercial=1)
        assert gazette.anomalies == (Anomaly(1, "the column 备注 is not read"),)

    def test_width_variants_are_no_misprints(self) -> None:
        odd = header(
            serial=" 序 号",
            parcel_area_m2="土地面积（m²）",
            ground_price_cny_m2="地面单价(元/m ²)",
        )
        assert read(odd, row(1), commercial=1).anomalies == ()

    def test_lines_are_counted_alike_with_carriage_returns(self) -> None:
        lines = ["正文", HEADER, row(1), HEADER, row(2)]
        text = "\r\n".join(lines)
        assert read_gazette(text_rows(text), notice(commercial=2)) == read(*lines, commercial=2)

    def test_a_form_feed_between_pages_is_no_line(self) -> None:
        gazette = read(HEADER, row(1), f"\f{HEADER}", row(2), commercial=2)
        assert [odd.line for odd in gazette.anomalies] == [3]


class TestColumnsInAnotherOrder:
    def test_prices_are_not_exchanged_silently(self) -> None:
        exchanged = [*cells(1)[:11], "1808", "4520"]
        header_ = "\t".join([*HEADERS[:11], HEADERS[12], HEADERS[11]])
        gazette = read(header_, "\t".join(exchanged), commercial=1)
        assert gazette.records == read(HEADER, row(1), commercial=1).records


class TestEndOfTheTable:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            "东至丁路、西至甲路、南至一街、北至四街。",
            "附件 1\n样城市标定地价公示信息表",
            row(1),
            f"{SHEET_HEADER}\n1\t990000S50001\t3000",
            HEADER.replace("\t", " "),
        ],
    )
    def test_text_without_a_table(self, *, text: str) -> None:
        found = problems(text)
        headers = "、".join(SHEET_HEADER.split("\t")) if SHEET_HEADER in text else "none"
        wanted = "标定区域编号、标定区域四至、地面单价(元/平方米)"
        message = f"a header must have at least {wanted}; headers found: {headers}"
        assert found == [f"no table of standard land prices found: {message}"]

    def test_a_page_footer_is_passed_over(self) -> None:
        gazette = read(HEADER, row(1), "样城市人民政府", row(2), commercial=2)
        assert len(gazette.records) == 2

    def test_a_table_of_another_kind_ends_it(self) -> None:
        gazette = read(HEADER, row(1), "其他\t表格", row(2), commercial=1)
        assert len(gazette.records) == 1

    @pytest.mark.parametrize("end", ["附件 2", "附件 2：990000S50002等区域图"])
    def test_nothing_after_it_is_a_row(self, *, end: str) -> None:
        gazette = read(HEADER, row(1), end, row(2), "其他\t表格", "东至何处", commercial=1)
        assert [record.code for record in gazette.records] == ["990000S50001"]

    def test_codes_and_bounds_in_prose_outside_it_are_no_damage(self) -> None:
        prose = "990000S50001 东至丁路、西至甲路"
        gazette = read(prose, HEADER, row(1), "附件 2", prose, commercial=1)
        assert len(gazette.records) == 1
        assert gazette.anomalies == ()

    def test_a_header_after_prose_goes_on_with_it(self) -> None:
        gazette = read(HEADER, row(1), "第 2 页", HEADER, row(2), commercial=2)
        assert len(gazette.records) == 2


class TestSheetPrices:
    def test_rows_under_a_map_are_prices_and_never_records(self) -> None:
        gazette = read(
            HEADER,
            row(1),
            "附件 2",
            SHEET_HEADER,
            "1\t990000S50001\t3000",
            "序号\t标定区域编号\t标定区域名称\t标定地价 元/平方米\t备注",
            "2\t990000S50009\t样公司\t0.8\t381",
            commercial=1,
        )
        assert [record.code for record in gazette.records] == ["990000S50001"]
        assert gazette.records[0].ground_price_cny_m2 == 4520
        assert gazette.sheet_prices == (
            SheetPrice(line=5, code="990000S50001", price_cny_m2=3000),
            SheetPrice(line=7, code="990000S50009", price_cny_m2=381),
        )

    def test_their_header_ends_the_table_by_itself(self) -> None:
        gazette = read(HEADER, row(1), SHEET_HEADER, "1\t990000S50001\t3000", commercial=1)
        assert gazette.sheet_prices == (SheetPrice(4, "990000S50001", 3000),)

    @pytest.mark.parametrize(
        "line",
        [
            "1\t990000S50001\t三千",
            "1\t990000S50001\t-3000",
            "1\t990000S50001\t",
            "1\t990000S5001\t3000",
            "990000S50001\t3000",
            "标定地价\t3000\t3000",
        ],
    )
    def test_other_tabbed_lines_are_passed_over(self, *, line: str) -> None:
        gazette = read(HEADER, row(1), "附件 2", SHEET_HEADER, line, commercial=1)
        assert gazette.sheet_prices == ()

    def test_a_price_of_thousands_of_digits_does_no_harm(self) -> None:
        line = f"1\t990000S50001\t{'9' * 5000}"
        assert read(HEADER, row(1), "附件 2", SHEET_HEADER, line, commercial=1).records


@dataclass(frozen=True)
class Damage:
    """What befalls one cell of a table given as rows of cells."""

    line: int
    column: int
    kind: str
    junk: str

    def apply(self, table: list[list[str]]) -> None:
        line = table[self.line]
        column = min(self.column, len(line) - 1)
        match self.kind:
            case "replace":
                line[column] = self.junk
            case "insert":
                line.insert(column, self.junk)
            case "drop" if len(line) > 1:
                del line[column]
            case "join" if column:
                line[column - 1 : column + 1] = [f"{line[column - 1]} {line[column]}"]
            case "lose tabs":
                line[:] = [" ".join(line)]
            case "swap":
                line[column], line[0] = line[0], line[column]


TELLING_JUNK = [
    *("", " ", "--", "0", "-1", "1", "66", "nan", "inf", "1e400", "9" * 5000),
    *("411700S50001", "410100S50001", "411700S5", "住宅用地", "工业用地", "农用地"),
    *(
        "序号",
        "四至",
        "附件",
        "附件 2",
        "标定区域四至",
        "东至",
        "东至甲路、西至乙路、南至丙路、北至丁路",
    ),
    *("东至甲路、西至甲路、南至丙路、北至丁路", "a and b", "\n", "\r", "\x0b", "\f", "\u2028"),
]
DAMAGES = st.lists(
    st.builds(
        Damage,
        line=st.integers(0, 66),
        column=st.integers(0, 12),
        kind=st.sampled_from(["replace", "insert", "drop", "join", "lose tabs", "swap"]),
        junk=st.sampled_from(TELLING_JUNK) | st.text(max_size=12),
    ),
    min_size=1,
    max_size=4,
)


def is_valid(record: Record) -> bool:
    """Tell whether a record keeps what the table's columns promise."""
    numbers = [record.parcel_area_m2, record.plot_ratio, record.tenure_years]
    numbers += [record.ground_price_cny_m2, record.floor_price_cny_m2 or 1]
    words = [record.standard_parcel, record.parcel_location, record.right_type, record.development]
    names = [name for _, name in record.bounds]
    return (
        CODE.fullmatch(record.code) is not None
        and record.code.startswith("411700")
        and all(number is None or 0 < number < float("inf") for number in numbers)
        and "" not in words
        and all(names)
        and record.bounds.east != record.bounds.west
        and record.bounds.south != record.bounds.north
    )


class TestAnyDamage:
    @given(damages=DAMAGES)
    @settings(deadline=None, max_examples=150)
    def test_gives_the_valid_table_or_a_refusal(self, damages: list[Damage]) -> None:
        table = [line.split("\t") for line in SHIPPED_TABLE.splitlines()]
        for damage in damages:
            damage.apply(table)
        text = "\n".join("\t".join(line) for line in table)
        try:
            records = read_gazette(text_rows(text), SHIPPED_NOTICE).records
        except GazetteError:
            return
        assert len({record.code for record in records}) == len(records) == 66
        assert Counter(record.use for record in records) == SHIPPED_NOTICE.counts
        assert all(map(is_valid, records))

    @given(
        pieces=st.lists(
            st.sampled_from(["\t", "\n", HEADER, "附件", "东至", "990000S50001", "7", row(1)])
            | st.text(max_size=5)
        )
    )
    @settings(deadline=None)
    def test_text_without_the_announced_rows_is_refused(self, pieces: list[str]) -> None:
        with pytest.raises(GazetteError):
            read_gazette(text_rows("".join(pieces)), notice(commercial=66))


NOTICE_KEYS = {
    "city": '"样城市"',
    "admin_code": '"990000"',
    "title": '"标题"',
    "document": '"样政〔2022〕1号"',
    "publisher": '"样局"',
    "valuation_date": "2022-01-01",
    "effective_from": "2022-04-24",
    "centre.lon": "114",
    "centre.lat": "33.5",
    "counts.commercial": "1",
    "counts.residential": "2",
    "counts.industrial": "3",
    "maps.title": '"样城市{use}图"',
    "maps.compiler": '"样局"',
    "maps.date": '"2022-12"',
}
STRINGS = ("city", "admin_code", "title", "document", "publisher", "maps.title", "maps.compiler")
DATES = ("valuation_date", "effective_from")
NUMBERS = ("centre.lon", "centre.lat")
COUNTS = ("counts.commercial", "counts.residential", "counts.industrial")


def notice_file(folder: Path, keys: dict[str, str]) -> Path:
    path = folder / "notice.toml"
    path.write_text("\n".join(f"{key} = {value}" for key, value in keys.items()), encoding="utf-8")
    return path


def called(key: str) -> str:
    """Return what messages call a key."""
    table, _, name = key.rpartition(".")
    return f"{name} of {table}" if table else name


def refused_notice(path: Path) -> str:
    with pytest.raises(EditionError) as caught:
        read_notice(path)
    assert caught.value.code == "edition_invalid"
    return str(caught.value)


class TestNotice:
    def test_shipped(self) -> None:
        assert read_notice(SHIPPED / "2022.toml") == Notice(
            edition=Edition(
                city="驻马店市",
                admin_code="411700",
                title="驻马店市中心城区标定地价公示信息表",
                document="驻政〔2023〕13号",
                valuation_date=date(2022, 1, 1),
                effective_from=date(2023, 4, 24),
                publisher="驻马店市自然资源和规划局",
                map_title="驻马店市中心城区{use}标定区域与标定地价图",
                map_compiler="驻马店市自然资源和规划局",
                map_date="2022-12",
            ),
            counts={COMMERCIAL: 27, RESIDENTIAL: 27, INDUSTRIAL: 12},
            centre_lon=114.02,
            centre_lat=32.98,
        )

    def test_whole_numbers_are_read_as_degrees(self, *, tmp_path: Path) -> None:
        read = read_notice(notice_file(tmp_path, NOTICE_KEYS))
        assert (read.centre_lon, read.centre_lat) == (114.0, 33.5)
        assert type(read.centre_lon) is float
        assert read.counts == {COMMERCIAL: 1, RESIDENTIAL: 2, INDUSTRIAL: 3}

    @pytest.mark.parametrize("key", [key for key in NOTICE_KEYS if key not in COUNTS])
    def test_missing_key(self, *, key: str, tmp_path: Path) -> None:
        keys = {name: value for name, value in NOTICE_KEYS.items() if name != key}
        message = refused_notice(notice_file(tmp_path, keys))
        assert message.startswith(f"notice.toml: {called(key)} is missing; it must be ")
        assert "\n" not in message

    @pytest.mark.parametrize("table", ["centre", "counts", "maps"])
    def test_missing_table(self, *, table: str, tmp_path: Path) -> None:
        keys = {key: value for key, value in NOTICE_KEYS.items() if not key.startswith(table)}
        message = refused_notice(notice_file(tmp_path, keys))
        assert message == f"notice.toml: {table} is missing; it must be a table"

    def test_everything_that_is_missing_is_told_at_once(self, *, tmp_path: Path) -> None:
        message = refused_notice(notice_file(tmp_path, {"city": '""', "maps": "{}"}))
        assert message.splitlines()[:2] == [
            "notice.toml: city is empty; it must be a text",
            "notice.toml: admin_code is missing; it must be a text",
        ]
        assert len(message.splitlines()) == 12

    @pytest.mark.parametrize(
        ("key", "like"),
        [("code_patern", "code_pattern"), ("maps.titel", "maps.title"), ("cities", "city")],
    )
    def test_key_that_is_none(self, *, key: str, like: str, tmp_path: Path) -> None:
        message = refused_notice(notice_file(tmp_path, {key: '"x"'} | NOTICE_KEYS))
        assert message == f"notice.toml: {key} is no key; {like} is"

    @pytest.mark.parametrize(
        ("key", "value", "kind"),
        [
            *[(key, value, "a text") for key in STRINGS for value in ("411700", "true", "[]")],
            *[(key, value, "a date") for key in DATES for value in ('"2022-01-01"', "2022")],
            *[(key, value, "degrees") for key in NUMBERS for value in ('"114"', "true")],
            *[(key, value, "a int") for key in COUNTS for value in ('"1"', "1.0", "true")],
        ],
    )
    def test_wrong_type(self, *, key: str, value: str, kind: str, tmp_path: Path) -> None:
        message = refused_notice(notice_file(tmp_path, NOTICE_KEYS | {key: value}))
        name = key.rpartition(".")[2] if key in COUNTS else called(key)
        assert message.startswith(f"notice.toml: {name} is ")
        assert f"; it must be {kind}" in message

    @pytest.mark.parametrize(("key", "value"), [("centre.lon", "181"), ("centre.lat", "nan")])
    def test_centre_that_is_no_place(self, *, key: str, value: str, tmp_path: Path) -> None:
        message = refused_notice(notice_file(tmp_path, NOTICE_KEYS | {key: value}))
        assert message.startswith(f"notice.toml: centre: {key.rpartition('.')[2]} must be from ")

    @pytest.mark.parametrize("pattern", ['"[0-9"', "5"])
    def test_code_pattern_that_is_none(self, *, pattern: str, tmp_path: Path) -> None:
        # A key after the first table would be one of it.
        keys = {"code_pattern": pattern} | NOTICE_KEYS
        message = refused_notice(notice_file(tmp_path, keys))
        assert message.startswith("notice.toml: code_pattern is ")
        assert "; it must be a regular expression: " in message

    @pytest.mark.parametrize("code", ["41170", "4117000", "41170X", "411 700"])
    def test_admin_code_of_another_shape(self, *, code: str, tmp_path: Path) -> None:
        message = refused_notice(notice_file(tmp_path, NOTICE_KEYS | {"admin_code": f'"{code}"'}))
        assert message == f"notice.toml: admin_code is {code!r}; it must be six digits"

    @pytest.mark.parametrize("title", ["地价图", "{use}{use}图"])
    def test_map_title_names_the_use_once(self, *, title: str, tmp_path: Path) -> None:
        message = refused_notice(notice_file(tmp_path, NOTICE_KEYS | {"maps.title": f'"{title}"'}))
        assert message == f"notice.toml: title of maps is {title!r}; it must hold {{use}} once"

    @pytest.mark.parametrize("date_", ["2022", "2022-13", "2022-12-01", "二〇二二年十二月"])
    def test_map_date_that_is_no_month(self, *, date_: str, tmp_path: Path) -> None:
        message = refused_notice(notice_file(tmp_path, NOTICE_KEYS | {"maps.date": f'"{date_}"'}))
        assert message == f"notice.toml: date of maps is {date_!r}; it must be like 2022-12"

    def test_no_such_file(self, *, tmp_path: Path) -> None:
        assert refused_notice(tmp_path / "none.toml").startswith(
            "none.toml: not readable as TOML: "
        )

    @pytest.mark.parametrize("content", [b"city = ", b"\xff\xfe", "city = '城'".encode("gb18030")])
    def test_not_toml(self, *, content: bytes, tmp_path: Path) -> None:
        path = tmp_path / "notice.toml"
        path.write_bytes(content)
        assert refused_notice(path).startswith("notice.toml: not readable as TOML: ")

    @pytest.mark.parametrize("key", DATES)
    def test_date_with_a_time(self, *, key: str, tmp_path: Path) -> None:
        value = "2022-01-01T10:00:00"
        message = refused_notice(notice_file(tmp_path, NOTICE_KEYS | {key: value}))
        assert message.startswith(f"notice.toml: {key} is ")

    def test_admin_code_in_digits_of_another_script(self, *, tmp_path: Path) -> None:
        keys = NOTICE_KEYS | {"admin_code": '"４１１７００"'}
        assert "admin_code" in refused_notice(notice_file(tmp_path, keys))
