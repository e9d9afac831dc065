"""What others than the gazette say of its lines: read, added to its order, refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from geo.build.sources import read_sources
from geo.errors import NetworkError
from geo.gazette.constraints import Distance, Precedence
from geo.gazette.order import read_order
from geo.model import Axis, FourBounds
from geo.network.evidence import constraints_of, read_evidence
from geo.network.positions import solve_positions
from geo.network.statements import (
    STATEMENTS,
    Kind,
    Statement,
    other_names,
    read_statements,
    with_statements,
)
from tests.factories import record
from tests.metric import METRIC
from tests.paths import DATA

if TYPE_CHECKING:
    from pathlib import Path

    from geo.gazette.constraints import OrderConstraints

HEADER = "id,kind,lines,along,towards,value_m,error_m,since,strength,statement,source\n"
ORDER = "t1,order,甲路<乙路<丙路,一街,east,,,,good,stops,synthetic"
LENGTH = "t2,length,丙路<丁路,二街,west,1200,50,,strong,a street's length,synthetic"


@pytest.fixture
def gazette() -> OrderConstraints:
    """A synthetic gazette of one region, from 甲路 to 丙路 and from 一街 to 二街."""
    four = FourBounds(east="丙路", west="甲路", south="一街", north="二街")
    return read_order([record("990000S00001", bounds=four, parcel_location="某商场")], {})


def read(folder: Path, *rows: str) -> tuple[Statement, ...]:
    path = folder / STATEMENTS
    path.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    return read_statements(path)


def test_orders_and_lengths_join_those_of_the_gazette(
    gazette: OrderConstraints, tmp_path: Path
) -> None:
    told = with_statements(gazette, read(tmp_path, ORDER, LENGTH), {})
    assert told.outside == (
        Precedence("甲路", "乙路", 150.0, "statement t1", 0.5),
        Precedence("乙路", "丙路", 150.0, "statement t1", 0.5),
        # Westwards 丁路 comes after 丙路, so it lies west of it.
        Precedence("丁路", "丙路", 150.0, "statement t2", 0.8),
    )
    assert told.distances == (Distance("丁路", "丙路", 1200.0, 50.0, "statement t2", 0.8),)
    assert (told.axes["乙路"], told.axes["丁路"]) == (Axis.NS, Axis.NS)
    assert told.bounding == gazette.bounding
    assert told.stated == gazette.stated
    assert told.order[-3:] == told.outside


def test_lines_stand_as_far_apart_as_a_length_says(
    gazette: OrderConstraints, tmp_path: Path
) -> None:
    told = with_statements(gazette, read(tmp_path, ORDER, LENGTH), {})
    metres = solve_positions(told, [], dict.fromkeys(told.axes, 0.0)).metres
    assert 1150.0 <= metres["丙路"] - metres["丁路"] <= 1250.0
    assert metres["甲路"] + 150.0 <= metres["乙路"] <= metres["丙路"] - 150.0


def test_other_names_of_lines_are_known(gazette: OrderConstraints, tmp_path: Path) -> None:
    row = ORDER.replace("甲路<", "甲大道<").replace("一街", "第一街")
    told = with_statements(gazette, read(tmp_path, row), {"甲大道": "甲路", "第一街": "一街"})
    assert told.outside[0].before == "甲路"
    assert told.axes.keys() == {*gazette.axes, "乙路"}


def test_the_gazette_stands_against_what_others_say(
    gazette: OrderConstraints, tmp_path: Path
) -> None:
    told = with_statements(gazette, read(tmp_path, ORDER.replace("east", "west")), {})
    assert told.outside[-1] == Precedence("乙路", "甲路", 150.0, "statement t1", 0.5)
    assert not told.contradictions  # 丙路 before 乙路 before 甲路 is said in two steps
    opposite = LENGTH.replace("丁路", "甲路").replace("west", "east")
    told = with_statements(gazette, read(tmp_path, opposite), {})
    assert told.outside == ()
    assert told.contradictions == (
        "丙路 before 甲路 (statement t2): the gazette says the opposite",
    )


@pytest.mark.parametrize(
    ("row", "line", "axis"),
    [
        ("t3,crossing,甲路;三街,,,,,,good,,", "三街", Axis.EW),
        ("t3,crossing,三街;甲路,,,,,,good,,", "三街", Axis.EW),
        ("t3,extent,一街;戊路,,,,,,good,,", "戊路", Axis.NS),
    ],
)
def test_a_line_that_crosses_another_runs_across_it(
    gazette: OrderConstraints, tmp_path: Path, row: str, line: str, axis: Axis
) -> None:
    assert with_statements(gazette, read(tmp_path, row), {}).axes[line] is axis


def test_names_of_old_and_short_ones(tmp_path: Path) -> None:
    statements = read(
        tmp_path,
        "r1,rename,老路;新路,,,,,2018-06,strong,,",
        # 新路 was the name of 别路 until another road took it: today it is that other road.
        "r2,rename,新路;别路,,,,,2018-06,strong,,",
        "r3,short,甲大路;甲路,,,,,,good,,",
    )
    assert other_names(statements) == {"老路": "新路", "甲大路": "甲路"}
    assert [one.kind for one in statements] == [Kind.RENAME, Kind.RENAME, Kind.SHORT]


def test_a_name_cannot_stand_for_two_lines(tmp_path: Path) -> None:
    statements = read(
        tmp_path, "r1,short,甲大路;甲路,,,,,,good,,", "r2,short,甲大路;乙路,,,,,,good,,"
    )
    with pytest.raises(NetworkError, match=r"r2: 甲大路 stands for 甲路 and for 乙路"):
        other_names(statements)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (ORDER.replace("order", "rank"), "kind is 'rank'; it must be order, length, "),
        (ORDER.replace("good", "sure"), "strength is 'sure'; it must be strong or good"),
        (ORDER.replace("east", "right"), "towards is 'right'; it must be "),
        (ORDER.replace("east", ""), "towards is ''; it must be "),
        (ORDER.replace("甲路<乙路<丙路", "甲路"), "lines is '甲路'; order takes 2 or more names"),
        (ORDER.replace("甲路<乙路", "甲路<<乙路"), "names must stand between the signs <"),
        (LENGTH.replace("1200", "1.2 km"), "value_m is '1.2 km'; it must be 0 or more metres"),
        (LENGTH.replace("50", "-50"), "error_m is '-50'; it must be 0 or more metres"),
        (LENGTH.replace("1200", "nan"), "value_m is 'nan'"),
        ("t4,crossing,甲路;乙路;丙路,,,,,,good,,", "crossing takes 2 names"),
        ("t5,order", "the row ends before lines"),
    ],
)
def test_rows_that_cannot_be_read(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(NetworkError, match=r"^statements\.csv, line 3: ") as caught:
        read(tmp_path, LENGTH, row)
    assert said in str(caught.value)


def test_a_column_that_lacks(tmp_path: Path) -> None:
    path = tmp_path / STATEMENTS
    path.write_text("id,kind\nt1,order\n", encoding="utf-8")
    with pytest.raises(NetworkError, match=r"^statements\.csv, line 2: no column 'lines'"):
        read_statements(path)


def test_text_that_is_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / STATEMENTS
    path.write_bytes((HEADER + ORDER).encode("gbk"))
    with pytest.raises(NetworkError, match=r"^statements\.csv: not readable as UTF-8"):
        read_statements(path)


def test_neighbours_along_a_street_do_not_run_across_each_other(
    gazette: OrderConstraints, tmp_path: Path
) -> None:
    said = read(tmp_path, ORDER.replace("乙路", "二街"))
    with pytest.raises(NetworkError, match="t1: 二街 would run north-south, and runs across that"):
        with_statements(gazette, said, {})


class TestShippedStatements:
    evidence = read_evidence(DATA / "network", "411700", METRIC)

    def test_every_row_is_read(self) -> None:
        ids = {one.id for one in self.evidence.statements}
        assert ids == {f"s{number:02}" for number in range(1, 17)}

    def test_today_a_name_means_the_road_that_has_it_now(self) -> None:
        assert self.evidence.aliases["铜山大道"] == "驿城大道"
        assert self.evidence.aliases["华骏大道"] == "兴业大道"
        assert "驿城大道" not in self.evidence.aliases

    def test_nothing_contradicts_the_gazette(self) -> None:
        sources = read_sources(DATA, None, None)
        told = constraints_of(sources.gazette.records, sources.evidence)
        assert told.contradictions == ()
        assert Precedence("中华大道", "解放大道", 150.0, "statement s01", 0.8) in told.outside
