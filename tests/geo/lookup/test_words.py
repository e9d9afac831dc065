"""Places in words: read as the notice writes them, and looked for in every layout."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from geo.errors import LocationError
from geo.lookup.edition import OpenEdition
from geo.lookup.in_words import place_of_words
from geo.lookup.price import price_at, price_in_words
from geo.lookup.shares import agreeing
from geo.lookup.words import Beside, facts_of, read_words, sides_of, spots_of
from geo.network.ensemble.draw import LAYOUTS
from geo.parcels import PARCELS_FILE
from tests.paths import DATA


@functools.cache
def shipped() -> OpenEdition:
    return OpenEdition.read(DATA / PARCELS_FILE)


def read(text: str) -> tuple[Beside, Beside]:
    return read_words(text, shipped().point_index.words.lines)


@pytest.mark.parametrize(
    ("text", "beside"),
    [
        (
            "文明大道与慎阳路交叉口西南角",
            (Beside(short=("文明大道",)), Beside(short=("慎阳路",))),
        ),
        ("文明大道与慎阳路交叉口", (Beside(at="文明大道"), Beside(at="慎阳路"))),
        # Short and old names, a prefix, spaces.
        ("文明路与纬二路东北角", (Beside(beyond=("文明大道",)), Beside(beyond=("慎阳路",)))),
        (
            "驻马店市驿城区文明路与置地大道交叉口东北角",
            (Beside(beyond=("文明大道",)), Beside(beyond=("置地大道",))),
        ),
        (" 文明大道东侧 ", (Beside(beyond=("文明大道",)), Beside())),
        ("文明大道东侧、置地大道南侧", (Beside(beyond=("文明大道",)), Beside(short=("置地大道",)))),
        (
            "南邻置地大道、北邻开源大道",
            (Beside(), Beside(beyond=("置地大道",), short=("开源大道",))),
        ),
        (
            "雪松大道、天中山大道、文化路和学院路围合区域",
            (Beside(enclosing=("天中山大道", "学院路")), Beside(enclosing=("雪松大道", "文化路"))),
        ),
    ],
)
def test_words_are_read(text: str, beside: tuple[Beside, Beside]) -> None:
    assert read(text) == beside


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("东门口", "location_unreadable", "of which '东门口' cannot be read"),
        ("", "location_unreadable", "at is '', of which '' cannot be read"),
        ("文明大道东侧、大槐树旁", "location_unreadable", "of which '大槐树旁' cannot be read"),
        ("文明大道与雪山路交叉口", "unknown_line", "no line 雪山路; did you mean 雪松路 or "),
        (
            "雪松大道东侧",
            "side_unknown",
            "雪松大道 runs east-west; a place is north or south of it.",
        ),
        ("文明大道与驿城大道交叉口", "no_crossing", "文明大道 and 驿城大道 run side by side"),
        ("路" * 10_000, "location_too_long", "at has 10000 characters; a location in words has at"),
    ],
)
def test_words_that_cannot_be_used(text: str, code: str, said: str) -> None:
    with pytest.raises(LocationError) as caught:
        read(text)
    assert (caught.value.code, caught.value.field) == (code, "at")
    assert said in str(caught.value)
    assert len(str(caught.value)) < 250


def test_every_parcel_asked_by_its_own_location_names_its_own_region() -> None:
    for region in shipped().regions:
        location = region.record.parcel_location or ""
        [price, *_] = price_in_words(shipped(), location, use=region.use).prices
        assert (price.code, price.probability) == (region.code, 1.0)


@pytest.mark.parametrize(
    "text",
    [
        "文明大道与雪松大道",
        "文明大道与雪松大道交汇处",
        "文明大道和雪松大道十字路口",
        "文明大道雪松大道交叉口",
        "文明大道/雪松大道",
        "文明大道×雪松大道",
        "文明路 雪松路口",
        "文明大道与雪松大道路口",
        "驻马店市驿城区文明路与雪松路交会处",
    ],
)
def test_other_words_for_a_crossing(text: str) -> None:
    assert read(text) == read("文明大道与雪松大道交叉口")


@pytest.mark.parametrize(
    "text",
    ["文明大道以东", "文明大道东边", "文明大道东面", "文明大道路东", "文明大道之东", "文明路东"],
)
def test_other_words_for_a_side(text: str) -> None:
    assert read(text) == read("文明大道东侧")
    assert read(f"{text}、雪松大道以南") == read("文明大道东侧、雪松大道南侧")


@pytest.mark.parametrize(
    "text", ["文明大道", "文明路", "文明大道123号", "驿城区文明大道12-3号院2号楼", "文明大道附近"]
)
def test_a_road_alone_is_beside_it(text: str) -> None:
    assert read(text) == (Beside(at="文明大道"), Beside())


def test_most_do_so_without_the_notice_saying_it() -> None:
    """By the layouts alone, as another place beside the same lines would be answered."""
    index, field = shipped().point_index, shipped().field
    found = []
    for number, region in enumerate(shipped().regions):
        beside = sides_of(index.words.locations[number], index.words.lines)
        asked = place_of_words(field, beside)
        assert asked is not None
        judged = index.words.judge(tuple(facts_of(beside)))
        shares = agreeing(asked.shares, judged, index._ranks)
        ranked = index._ranked(shares)[shipped().uses.index(region.use)]
        found.append(bool(ranked) and ranked[0][1] == number)
    assert sum(found) >= 55


def test_a_place_beside_a_crossing_lies_beside_it_in_every_layout() -> None:
    layouts = shipped().layouts
    assert layouts is not None
    spots = spots_of(layouts, read("文明大道与置地大道交叉口东北角"))
    for k, line in enumerate(("文明大道", "置地大道")):
        axis, number = layouts.place[line]
        assert axis == k
        assert spots.across_m[k].shape == (1, LAYOUTS)
        assert spots.before[k][..., number].all()
        along_m = spots.across_m[1 - k][0]
        at_m = layouts.axes[k].at(along_m)[np.arange(LAYOUTS), number, np.arange(LAYOUTS)]
        np.testing.assert_allclose(spots.across_m[k][0] - at_m, 60.0, atol=1.0)


def test_a_crossing_is_where_it_was_observed() -> None:
    """Control point p09 was observed at the north-west corner of 乐山路 and 置地大道."""
    found = price_in_words(shipped(), "乐山路与置地大道交叉口西北角").whereabouts
    assert found is not None
    east_m = (found.lon - 114.0213) * 93_500.0  # p09 in WGS84, some 30 m off the crossing
    north_m = (found.lat - 33.0039) * 111_000.0
    assert np.hypot(east_m, north_m) < 250.0
    assert found.radius_m < 300.0


def test_words_and_a_coordinate_there_agree() -> None:
    found = price_in_words(shipped(), "文明大道与置地大道交叉口东北角", use="commercial")
    assert found.at == "文明大道与置地大道交叉口东北角"
    there = price_at(shipped(), lon=found.lon, lat=found.lat, use="commercial")
    assert found.prices[0].code == there.prices[0].code
    assert found.prices[0].probability >= there.prices[0].probability


def test_without_layouts_a_coordinate_is_needed() -> None:
    edition = OpenEdition.of(shipped().parcels)
    with pytest.raises(LocationError, match=r"has no layouts\.parquet"):
        price_in_words(edition, "文明大道与慎阳路交叉口西南角")
