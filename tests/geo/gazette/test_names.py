"""Names of lines: two spellings of one name are folded, what is no single line is refused."""

from __future__ import annotations

import pytest

from geo.gazette.bounds import read_bounds
from geo.gazette.names import HAND_IN_POLYGONS, fold, nearly_equal, read_line_name
from geo.model import FourBounds
from tests.paths import DATA

FOUR = FourBounds(east="丁路", west="甲路", south="一街", north="四街")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "文明大道。",
            "文明大道．",
            "文明大道.",
            "文明大道，",
            "文明大道、",
            "文明大道；",
            "文明大道：",
        ),
        *(" 文明大道", "文明 大道", "文明\u3000大道", "文明\u00a0大道", "文明\n大道", "文明\t大道"),
        *("文明\u200b大道", "\ufeff文明大道", "文明\u00ad大道", "文明大道\u200d", "文明\ufe0f大道"),
        *(
            "⽂明⼤道",
            "文明⼤道",
            "“文明大道”",
            "「文明大道」",
            "《文明大道》",
            "文明大道·",
            "*文明大道*",
        ),
    ],
)
def test_one_name_in_two_spellings(text: str) -> None:
    assert fold(text) == "文明大道"
    assert read_line_name(text) == "文明大道"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("⻢庄路", "马庄路"),
        ("⻓江路", "长江路"),
        ("Ｇ１０７", "G107"),
        ("１０７国道", "107国道"),
        ("\uf937", "路"),
    ],
)
def test_compatibility_characters(text: str, name: str) -> None:
    assert fold(text) == name


@pytest.mark.parametrize(
    "name",
    [
        *("文明大道", "和平路", "京广铁路", "石武高铁", "练江河", "规划七街", "练江大道以南规划路"),
        *(
            "前进大道以西规划路",
            "G107",
            "107国道",
            "东三环",
            "北环",
            "长江",
            "人民渠",
            "京港澳高速",
        ),
        *(
            "小区东路",
            "市界路",
            "公园路",
            "学校路",
            "湖滨路",
            "工厂街",
            "护城河",
            "沙颍河大堤",
            "京广线",
        ),
    ],
)
def test_names_of_lines(name: str) -> None:
    assert read_line_name(name) == name


@pytest.mark.parametrize("word", ["东", "西", "南", "北", "中"])
def test_a_section_is_its_line(word: str) -> None:
    assert read_line_name(f"文明大道{word}段") == "文明大道"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        *(
            (f"文明大道{end}", "a side of a line")
            for end in (
                "东侧",
                "西边",
                "以东",
                "南侧100米",
                "以北50m",
                "东侧约30米",
                "东",
                "两侧",
                "附近",
            )
        ),
        *(
            (f"文明大道{end}", "an area or its edge")
            for end in (
                "范围内",
                "范围内的地块",
                "边线",
                "中心线",
                "红线",
                "沿线",
                "用地",
                "片区",
                "边界",
            )
        ),
        *(
            (name, "an area or its edge")
            for name in (
                "刘庄村",
                "水库",
                "龙湖",
                "某公司",
                "一中学校",
                "市界",
                "山体",
                "农田",
                "雪松街道",
                "东站广场",
            )
        ),
        *(
            (f"文明大道{end}", "a remark in brackets")
            for end in (
                "（规划）",
                "(规划)",
                "(东段)",
                "【在建】",
                "(",
                "〔规划〕",
            )
        ),
        *(
            (name, "several lines")
            for name in (
                "甲路、乙路",
                "甲路—乙路",
                "甲路-乙路",
                "甲路和乙路",
                "甲路与乙路",
                "甲路 乙路",
                "甲路/乙路",
                "甲路/乙路",
                "京广高铁和乙路",
                "甲路至乙路",
                "甲路接乙路",
                "甲路→乙路",
            )
        ),
        *(
            (name, "a kind of line")
            for name in (
                "规划路",
                "道路",
                "规划道路",
                "现状路",
                "无名路",
                "河",
                "河流",
                "铁路",
                "高速公路",
                "支路",
                "沟渠",
            )
        ),
        ("甲路乙路之间", "an area"),
        ("文明", "does not end as the name"),
        ("。", "is missing"),
        ("", "is missing"),
    ],
)
def test_what_is_no_single_line_is_refused(text: str, found: str) -> None:
    with pytest.raises(ValueError, match=found) as caught:
        read_line_name(text)
    said = str(caught.value)
    assert HAND_IN_POLYGONS in said or "evidence.toml" in said or "missing" in said


def test_a_known_name_is_taken_as_it_is() -> None:
    assert read_line_name("龙湖 。", known={"龙湖"}) == "龙湖"


@pytest.mark.parametrize(
    "cell",
    [
        "东至丁路、西至甲路、南至一街、北至四街",
        "东至丁路、西至甲路、南至一街、北至四街。",
        "东至：丁路；西至：甲路；南至：一街；北至：四街；",
        "东至:丁路 西至:甲路 南至:一街 北至:四街",
        "东至丁路西至甲路南至一街北至四街",
        "东至丁路\n西至甲路\n南至一街\n北至四街",
        "北至四街,南至一街，东至丁路.西至甲路",
        "東至丁路、西至甲路、南至一街、北至四街",
        "东临丁路，西临甲路，南邻一街，北接四街",
        "东侧至丁路、西侧至甲路、南侧至一街、北侧至四街",
        "东 至 丁路、西 至 甲路、南 至 一街、北 至 四街",
    ],
)
def test_four_bounds_in_any_form(cell: str) -> None:
    assert read_bounds(cell) == FOUR


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("由丁路、甲路、一街、四街围合", "a ring of lines"),
        ("丁路—甲路—一街—四街—丁路围成的范围", "a ring of lines"),
        ("沿丁路、甲路", "a walk along lines"),
        ("丁路以东、甲路以西", "does not read"),
        ("以丁路为界", "does not read"),
        ("三级以外的区域", "does not read"),
        ("区域东至丁路、西至甲路、南至一街、北至四街", "begins with '区域'"),
        ("东至丁路、西至甲路、南至一街", "has no bound in the north"),
        ("东至丁路、东至甲路、南至一街、北至四街", "has two bounds in the east"),
        ("东至丁路、戊路、西至甲路、南至一街、北至四街", "several lines"),
        ("东至丁路、西至甲路、南至一街、北至四街、以及五街", "several lines"),
        ("东至丁路（甲路至乙路）、西至甲路、南至一街、北至四街", "a remark in brackets"),
        ("东至丁路、西至刘庄村、南至一街、北至四街", "west: '刘庄村' is an area"),
        ("", "does not read"),
    ],
)
def test_other_bounds_are_refused_with_what_was_found(cell: str, found: str) -> None:
    with pytest.raises(ValueError, match=found):
        read_bounds(cell)


def test_the_shipped_bounds_are_read_as_they_stand() -> None:
    table = (DATA / "gazette/2022.tsv").read_text(encoding="utf-8").splitlines()[1:]
    for cell in (line.split("\t")[3] for line in table):
        four = read_bounds(cell)
        assert cell == f"东至{four.east}、西至{four.west}、南至{four.south}、北至{four.north}"


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("文明大道", "文眀大道", True),
        ("文明大道", "文明太道", True),
        ("京廣鐵路", "京广铁路", True),
        ("驛城大道", "驿城大道", True),
        ("文明道", "文明大道", True),
        ("明文大道", "文明大道", True),
        ("文明大道", "文明大道", True),
        ("文明大道", "雪松大道", False),
        ("文明路", "文明大道", False),
        ("中华大道", "建设大道", False),
    ],
)
def test_nearly_equal(one: str, other: str, near: bool) -> None:
    assert nearly_equal(one, other) is near
    assert nearly_equal(other, one) is near
