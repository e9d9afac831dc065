"""A parcel's location in words: each form, the shipped table's locations, and round trips."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.gazette.locations import Location, opposite, read_location
from geo.gazette.notice import read_notice
from geo.gazette.rows import text_rows
from geo.gazette.table import read_gazette
from geo.model import Axis, Side
from tests.paths import DATA

SHIPPED = DATA / "gazette"
WORDS = {"东": Side.EAST, "西": Side.WEST, "南": Side.SOUTH, "北": Side.NORTH}
CORNERS = ("东南", "东北", "西南", "西北")
# What a location says beside the names of its lines.
FORM_WORDS = re.compile(
    r"[东西南北中]段|交叉口|围合区域内?|[东西南北]邻|[东西南北]+[角侧]?$|[与和、,]"
)


def sides(words: str) -> frozenset[Side]:
    return frozenset(WORDS[word] for word in words)


def crossing(first: str, second: str, corner: str = "") -> Location:
    return Location(lines=(first, second), crossing=(first, second), corner=sides(corner))


def beside(*pairs: tuple[str, Side], unread: tuple[str, ...] = ()) -> Location:
    return Location(lines=tuple(name for name, _ in pairs), beside=pairs, unread=unread)


def block(*lines: str) -> Location:
    return Location(lines=lines, block=lines)


@pytest.fixture(scope="module")
def shipped() -> dict[str, str]:
    """Return the location in words of every region of the shipped table, by code."""
    table = (SHIPPED / "2022.tsv").read_text(encoding="utf-8")
    records = read_gazette(text_rows(table), read_notice(SHIPPED / "2022.toml")).records
    return {record.code: record.parcel_location or "" for record in records}


class TestShippedTable:
    def test_all_but_two_are_read_in_full(self, *, shipped: dict[str, str]) -> None:
        assert len(shipped) == 66
        unread = {code: read_location(text).unread for code, text in shipped.items()}
        assert {code: pieces for code, pieces in unread.items() if pieces} == {
            "411700Z70012": ("发达成场东侧",),  # a shop
            "411700G60006": ("现状支路南侧",),  # a side road without a name
        }

    def test_every_location_names_a_line(self, *, shipped: dict[str, str]) -> None:
        assert all(read_location(text).lines for text in shipped.values())

    def test_forms(self, *, shipped: dict[str, str]) -> None:
        def form(location: Location) -> str:
            if location.block:
                return "block"
            return "crossing" if location.crossing else "beside"

        forms = Counter(form(read_location(text)) for text in shipped.values())
        assert forms == {"crossing": 57, "beside": 6, "block": 3}

    def test_nothing_but_names_and_words_of_the_forms_is_passed_over(
        self, *, shipped: dict[str, str]
    ) -> None:
        for code, text in shipped.items():
            location = read_location(text)
            rest = text
            for known in (*location.lines, *location.unread):
                assert known in rest, code
                rest = rest.replace(known, "", 1)
            words = re.split("[、,]", rest)
            assert [FORM_WORDS.sub("", word) for word in words] == [""] * len(words), code

    def test_no_name_holds_a_word_of_the_forms(self, *, shipped: dict[str, str]) -> None:
        names = {name for text in shipped.values() for name in read_location(text).lines}
        assert "解放大道" in names
        assert not [name for name in names if re.search("[与、,侧角邻段]|交叉|围合|现状", name)]

    def test_corners_are_those_in_the_words(self, *, shipped: dict[str, str]) -> None:
        without = []
        for code, text in shipped.items():
            location = read_location(text)
            if location.crossing:
                said = re.search(r"([东西][南北])[角侧]?$", text)
                assert location.corner == sides(said[1] if said else ""), code
                without += [] if location.corner else [code]
        assert without == ["411700S50026", "411700Z70014"]


class TestCrossing:
    @pytest.mark.parametrize("corner", CORNERS)
    @pytest.mark.parametrize("end", ["角", "侧", ""])
    @pytest.mark.parametrize("middle", ["交叉口", ""])
    @pytest.mark.parametrize("joint", ["与", "和"])
    def test_with_a_corner(self, *, joint: str, middle: str, corner: str, end: str) -> None:
        text = f"甲大道{joint}乙路{middle}{corner}{end}"
        assert read_location(text) == crossing("甲大道", "乙路", corner)

    @pytest.mark.parametrize("text", ["甲大道与乙路交叉口", "甲大道和乙路"])
    def test_without_a_corner(self, *, text: str) -> None:
        assert read_location(text) == crossing("甲大道", "乙路")

    @pytest.mark.parametrize(
        "first", ["甲铁路", "甲高铁", "甲河", "甲街", "甲道", "和甲路", "甲一路"]
    )
    def test_of_any_kind_of_line(self, *, first: str) -> None:
        assert read_location(f"{first}与和乙路交叉口东南角") == crossing(first, "和乙路", "东南")
        assert read_location(f"乙路和{first}西北侧") == crossing("乙路", first, "西北")

    def test_with_a_planned_line(self) -> None:
        text = "甲大道以西规划路与乙路交叉口东南角"
        assert read_location(text) == crossing("甲大道以西规划路", "乙路", "东南")

    def test_with_one_side_only_is_not_read(self) -> None:
        text = "甲路与乙路交叉口南侧"
        assert read_location(text) == Location(unread=(text,))

    def test_with_a_side_road_as_found_on_site_names_one_line(self) -> None:
        assert "现状支路" not in read_location("现状支路与乙路交叉口东南角").lines

    def test_of_three_lines_invents_no_line(self) -> None:
        assert "甲路、乙路" not in read_location("甲路、乙路与丙路交叉口东南角").lines


class TestBeside:
    @pytest.mark.parametrize("word", WORDS)
    def test_side_of_one_line(self, *, word: str) -> None:
        assert read_location(f"甲大道{word}侧") == beside(("甲大道", WORDS[word]))

    @pytest.mark.parametrize("part", ["东", "西", "南", "北", "中"])
    def test_a_part_of_the_line_is_no_part_of_its_name(self, *, part: str) -> None:
        assert read_location(f"甲大道{part}段西侧") == beside(("甲大道", Side.WEST))

    @pytest.mark.parametrize("comma", ["、", "，", ","])
    def test_sides_of_two_lines(self, *, comma: str) -> None:
        expected = beside(("甲大道", Side.EAST), ("乙路", Side.SOUTH))
        assert read_location(f"甲大道东侧{comma}乙路南侧") == expected

    @pytest.mark.parametrize("line", ["甲铁路", "甲高铁", "甲河", "甲街", "甲道", "和甲路"])
    def test_any_kind_of_line(self, *, line: str) -> None:
        assert read_location(f"{line}北侧") == beside((line, Side.NORTH))

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("甲路东侧、某商场南侧", beside(("甲路", Side.EAST), unread=("某商场南侧",))),
            ("现状支路南侧，甲路东侧", beside(("甲路", Side.EAST), unread=("现状支路南侧",))),
            ("北邻现状河、甲路东侧", beside(("甲路", Side.EAST), unread=("北邻现状河",))),
            ("甲路东侧、甲路旁", beside(("甲路", Side.EAST), unread=("甲路旁",))),
            ("某商场", Location(unread=("某商场",))),
            ("", Location()),
        ],
    )
    def test_pieces_about_no_line_are_kept_as_unread(
        self, *, text: str, expected: Location
    ) -> None:
        assert read_location(text) == expected

    @pytest.mark.parametrize("joint", ["与", "和"])
    def test_one_side_of_two_lines_invents_no_line(self, *, joint: str) -> None:
        assert f"甲路{joint}乙路" not in read_location(f"甲路{joint}乙路南侧").lines


class TestNeighbours:
    @pytest.mark.parametrize("word", WORDS)
    def test_the_parcel_lies_on_the_other_side_of_its_neighbour(self, *, word: str) -> None:
        assert read_location(f"{word}邻甲路") == beside(("甲路", opposite(WORDS[word])))

    def test_beside_and_between(self) -> None:
        expected = beside(("甲路", Side.EAST), ("一街", Side.NORTH), ("二街", Side.SOUTH))
        assert read_location("甲路东侧、南邻一街、北邻二街") == expected


class TestBlock:
    @pytest.mark.parametrize(
        "text",
        [
            "一街、二街、甲路、乙路围合区域",
            "一街、二街、甲路、乙路围合区域内",
            "一街、二街、甲路和乙路围合区域内",
            "一街与二街、甲路与乙路围合区域",
        ],
    )
    def test_names_every_line_around_it(self, *, text: str) -> None:
        assert read_location(text) == block("一街", "二街", "甲路", "乙路")

    def test_a_name_may_hold_the_word_and(self) -> None:
        text = "和甲路、乙河和和丙道、甲高铁、和丁街围合区域"
        assert read_location(text) == block("和甲路", "乙河", "和丙道", "甲高铁", "和丁街")

    def test_a_high_speed_line_before_the_word_and(self) -> None:
        text = "一街、二街、甲高铁和乙路围合区域"
        assert read_location(text) == block("一街", "二街", "甲高铁", "乙路")

    def test_a_side_road_as_found_on_site_is_no_line(self) -> None:
        text = "现状支路、二街、甲路、乙路围合区域"
        assert "现状支路" not in read_location(text).lines


class TestSideOf:
    @pytest.mark.parametrize("corner", CORNERS)
    def test_corner_of_a_crossing(self, *, corner: str) -> None:
        location = crossing("甲路", "一街", corner)
        assert location.side_of("甲路", Axis.NS) is WORDS[corner[0]]
        assert location.side_of("一街", Axis.EW) is WORDS[corner[1]]

    def test_crossing_without_a_corner_says_none(self) -> None:
        location = crossing("甲路", "一街")
        assert location.side_of("甲路", Axis.NS) is None
        assert location.side_of("一街", Axis.EW) is None

    def test_beside(self) -> None:
        location = beside(("甲路", Side.WEST), ("一街", Side.NORTH))
        assert location.side_of("甲路", Axis.NS) is Side.WEST
        assert location.side_of("一街", Axis.EW) is Side.NORTH

    @pytest.mark.parametrize("side", Side)
    def test_a_side_along_the_line_is_none(self, *, side: Side) -> None:
        location = beside(("甲路", side))
        along = {Axis.NS: {Side.SOUTH, Side.NORTH}, Axis.EW: {Side.EAST, Side.WEST}}
        for axis in Axis:
            assert location.side_of("甲路", axis) is (None if side in along[axis] else side)

    @pytest.mark.parametrize(
        "location",
        [
            crossing("甲路", "一街", "东南"),
            beside(("甲路", Side.EAST)),
            block("甲路", "乙路", "一街", "二街"),
            Location(),
        ],
    )
    def test_a_line_that_is_not_named_has_none(self, *, location: Location) -> None:
        assert location.side_of("丙路", Axis.NS) is None
        assert location.side_of("丙路", Axis.EW) is None

    def test_a_block_says_none(self) -> None:
        assert block("甲路", "乙路", "一街", "二街").side_of("甲路", Axis.NS) is None


def test_opposite() -> None:
    assert {side: opposite(side) for side in Side} == {
        Side.EAST: Side.WEST,
        Side.WEST: Side.EAST,
        Side.SOUTH: Side.NORTH,
        Side.NORTH: Side.SOUTH,
    }


NAMES = st.builds(
    "{}{}".format,
    st.text("甲乙丙丁东西南北中一二三", min_size=1, max_size=3),
    st.sampled_from(["路", "大道", "街", "河", "铁路", "高铁"]),
)
ENDS = st.sampled_from(
    [("", "")] + [(corner, end) for corner in CORNERS for end in ("角", "侧", "")]
)


class TestRoundTrip:
    """Whatever is put in the words of a form is read back from them."""

    @given(
        first=NAMES,
        second=NAMES,
        joint=st.sampled_from("与和"),
        middle=st.sampled_from(["", "交叉口"]),
        end=ENDS,
    )
    @settings(deadline=None)
    def test_crossing(
        self, first: str, second: str, joint: str, middle: str, end: tuple[str, str]
    ) -> None:
        corner, tail = end
        text = f"{first}{joint}{second}{middle}{corner}{tail}"
        assert read_location(text) == crossing(first, second, corner)

    @given(
        said=st.lists(
            st.tuples(NAMES, st.sampled_from("东西南北"), st.booleans()),
            min_size=1,
            max_size=4,
            unique_by=lambda piece: piece[0],
        )
    )
    @settings(deadline=None)
    def test_beside_and_neighbours(self, said: list[tuple[str, str, bool]]) -> None:
        text = "、".join(
            f"{word}邻{name}" if is_neighbour else f"{name}{word}侧"
            for name, word, is_neighbour in said
        )
        expected = [
            (name, opposite(WORDS[word]) if is_neighbour else WORDS[word])
            for name, word, is_neighbour in said
        ]
        assert read_location(text) == beside(*expected)

    @given(lines=st.lists(NAMES, min_size=2, max_size=5))
    @settings(deadline=None)
    def test_block(self, lines: list[str]) -> None:
        assert read_location(f"{'、'.join(lines)}围合区域内") == block(*lines)

    @given(text=st.text("甲乙路道街河铁高东西南北侧角与和、，,邻段围合区域内交叉口现状"))
    @settings(deadline=None)
    def test_nothing_is_read_that_is_not_written(self, text: str) -> None:
        location = read_location(text)
        assert all(line in text for line in location.lines)
        assert set(location.unread) <= set(re.split("[、，,]", text))
        assert len(location.beside) + len(location.unread) <= len(re.split("[、，,]", text))
        assert bool(location.crossing) + bool(location.block) + bool(location.beside) <= 1
