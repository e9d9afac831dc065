"""The shipped table with one cell disturbed: never another bound or price without a word."""

from __future__ import annotations

import functools
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from geo.build.audit import known_reason, read_exceptions
from geo.errors import GazetteError
from geo.gazette.doubts import doubts
from geo.gazette.notice import read_notice
from geo.gazette.order import read_order
from geo.gazette.rows import text_rows
from geo.gazette.table import Gazette, read_gazette
from geo.network.evidence import read_evidence
from tests.metric import METRIC
from tests.paths import DATA

if TYPE_CHECKING:
    from collections.abc import Callable

    from geo.gazette.constraints import OrderConstraints

    Cells = list[str]
    Disturb = Callable[[Cells], None]

NOTICE = read_notice(DATA / "gazette/2022.toml")
ALIASES = read_evidence(DATA / "network", NOTICE.edition.admin_code, METRIC).aliases
EXCEPTIONS = read_exceptions(DATA / "gazette/2022.exceptions.toml")
TABLE = [line.split("\t") for line in (DATA / "gazette/2022.tsv").read_text("utf-8").splitlines()]
USE, CODE, BOUNDS, LOCATION, AREA, RATIO, TENURE, GROUND, FLOOR = 1, 2, 3, 5, 7, 8, 10, 11, 12
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
TRADITIONAL = str.maketrans(
    "东广铁华门学驿开兴业汝阳练团结创复鲁龙马风飞车长乐园区丰",
    "東廣鐵華門學驛開興業汝陽練團結創復魯龍馬風飛車長樂園區豐",
)
LOOK_ALIKES = str.maketrans(
    "京文学富驿前兴天石中竹白薄雪置开慎", "亰攵斈冨驲湔兮夭右申竺自簿雷罝幵镇"
)
NEW_NAMES = {"商服用地": "商业服务业用地", "住宅用地": "居住用地", "工业用地": "工矿用地"}
NEXT_USE = dict(zip(NEW_NAMES, [*list(NEW_NAMES)[1:], "商服用地"], strict=True))


def cell(column: int, change: Callable[[str], str]) -> Disturb:
    def disturb(cells: Cells) -> None:
        cells[column] = change(cells[column])

    return disturb


def bounds(old: str, new: str) -> Disturb:
    return cell(BOUNDS, lambda text: text.replace(old, new, 1))


def look_alike(text: str, first: int) -> str:
    """Change one character, the first that has a look-alike."""
    for i in range(first, len(text)):
        if (other := text[i].translate(LOOK_ALIKES)) != text[i]:
            return text[:i] + other + text[i + 1 :]
    return text


def exchanged(one: int, other: int) -> Disturb:
    def disturb(cells: Cells) -> None:
        cells[one], cells[other] = cells[other], cells[one]

    return disturb


FOLDED: dict[str, Disturb] = {
    "full stop at the end": cell(BOUNDS, lambda text: text + "。"),
    "full stop between": bounds("、", "。"),
    "comma": bounds("、", "，"),
    "semicolon": bounds("、", "；"),
    "colon": bounds("至", "至："),
    "ideographic space": bounds("至", "至\u3000"),
    "order of the sides": cell(BOUNDS, lambda text: "、".join(reversed(text.split("、")))),
    "no separators": cell(BOUNDS, lambda text: text.replace("、", "")),
    "full-width price": cell(GROUND, lambda text: text.translate(FULL_WIDTH)),
    "separator of thousands": cell(GROUND, lambda text: f"{int(text):,}"),
    "unit of the price": cell(GROUND, lambda text: text + "元/平方米"),
    "unit of the tenure": cell(TENURE, lambda text: text + "年"),
    "new name of the use": cell(USE, NEW_NAMES.__getitem__),
}
REPORTED: dict[str, Disturb] = {
    "space in a name": bounds("大道", " 大道"),
    "zero-width space": bounds("道", "\u200b道"),
    "no-break space": bounds("路", "\u00a0路"),
    "Kangxi radical": bounds("文", "⽂"),
    "compatibility ideograph": bounds("路", "\uf937"),
    "section of a road": bounds("、", "南段、"),
    "traditional characters": cell(BOUNDS, lambda text: text.translate(TRADITIONAL)),
    "look-alike in a bound": cell(BOUNDS, lambda text: look_alike(text, 2)),
    "太 for 大": bounds("大", "太"),
    "price with decimals": cell(GROUND, lambda text: text + ".00"),
    "point in the price": cell(GROUND, lambda text: f"{text[:-1]}.{text[-1]}"),
    "no floor price": cell(FLOOR, lambda _: ""),
    "at most that plot ratio": cell(RATIO, lambda text: "≤" + text),
    "no plot ratio": cell(RATIO, lambda _: ""),
    "no area": cell(AREA, lambda _: ""),
    "no location": cell(LOCATION, lambda _: ""),
    "look-alike in a location": cell(LOCATION, lambda text: text.replace("路", "潞", 1)),
    "space in a location": cell(LOCATION, lambda text: f"{text[:2]} {text[2:]}"),
    "prices exchanged": exchanged(GROUND, FLOOR),
    "no use": cell(USE, lambda _: ""),
}
REFUSED: dict[str, Disturb] = {
    "planned": bounds("、", "（规划）、"),
    "side of a road": bounds("、", "东侧、"),
    "distance from a road": cell(BOUNDS, lambda text: text + "南侧100米"),
    "area": cell(BOUNDS, lambda text: text + "范围内"),
    "two lines": bounds("、", "和解放大道、"),
    "three lines": bounds("、", "—解放大道—团结路、"),
    "no bounds": cell(BOUNDS, lambda _: ""),
    "one bound missing": cell(BOUNDS, lambda text: text.rpartition("、")[0]),
    "letter in a price": cell(GROUND, lambda text: f"{text[:-1]}O"),
    "other unit": cell(GROUND, lambda text: text + "万元/亩"),
    "range of prices": cell(GROUND, lambda text: f"{text}-{int(text) + 100}"),
    "no price": cell(GROUND, lambda _: ""),
    "slash for a price": cell(GROUND, lambda _: "/"),
    "range of plot ratios": cell(RATIO, lambda text: f"1.0-{text}"),
    "comma in a plot ratio": cell(RATIO, lambda text: text.replace(".", ",") + ",0"),
    "area in another unit": cell(AREA, lambda text: text + "亩"),
    "other use": cell(USE, NEXT_USE.__getitem__),
    "code in lower case": cell(CODE, str.lower),
    "letters in a code": cell(CODE, lambda text: text.replace("0", "O")),
    "plot ratio and tenure exchanged": exchanged(RATIO, TENURE),
}
SAME_WORDS = {"traditional characters", "look-alike in a bound", "太 for 大", "Kangxi radical"}
SAME_WORDS |= {"space in a name", "zero-width space", "no-break space", "compatibility ideograph"}
SAME_WORDS |= {"look-alike in a location"}
"""Not every row has the characters that these change."""


def read(table: list[Cells]) -> tuple[Gazette, OrderConstraints, list[str]]:
    """Read a table, and return what is said about it as well."""
    known = {*ALIASES, *ALIASES.values()}
    rows = text_rows("\n".join("\t".join(cells) for cells in table))
    gazette = read_gazette(rows, NOTICE, known)
    order = read_order(gazette.records, ALIASES)
    words = [str(anomaly) for anomaly in gazette.anomalies]
    words += [
        doubt.message
        for doubt in doubts(gazette.records, order)
        if known_reason(doubt.key, EXCEPTIONS) is None
    ]
    return gazette, order, words


@functools.cache
def shipped() -> tuple[Gazette, OrderConstraints, list[str]]:
    return read(TABLE)


def outcome(disturb: Disturb, number: int) -> str:
    """Disturb a row and tell what came of it."""
    table = [list(cells) for cells in TABLE]
    disturb(table[number])
    if table == TABLE:
        return "same text"
    try:
        gazette, order, words = read(table)
    except GazetteError:
        return "refused"
    true, true_order, _ = shipped()
    if words:
        return "reported"
    prices = [record.ground_price_cny_m2 for record in gazette.records]
    assert prices == [record.ground_price_cny_m2 for record in true.records], "silent"
    gone, new = (
        true_order.axes.keys() - order.axes.keys(),
        order.axes.keys() - true_order.axes.keys(),
    )
    if len(gone) == len(new) == 1:  # one line under another name, which nothing else tells
        return "renamed"
    assert (order.bounds, order.stated) == (true_order.bounds, true_order.stated), "silent"
    return "folded"


def test_the_shipped_table_needs_no_word() -> None:
    assert shipped()[2] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [*FOLDED, *REPORTED, *REFUSED])
def test_one_cell_disturbed(name: str) -> None:
    disturb = (FOLDED | REPORTED | REFUSED)[name]
    rows = range(1, len(TABLE)) if name in SAME_WORDS else range(1, len(TABLE), 6)
    found = Counter(outcome(disturb, number) for number in rows)
    if name in FOLDED:
        assert set(found) == {"folded"} or set(found) == {"folded", "same text"}
    elif name in REFUSED:
        assert set(found) <= {"refused", "reported"}
        assert found["refused"]
    else:
        assert found["reported"]
        others = {"same text", "folded", "renamed"} if name in SAME_WORDS else set()
        assert set(found) <= {"reported", "refused"} | others
        assert found["renamed"] <= 1
