"""What an asker knows: read, judged by the notice's words, and weighed by the layouts."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
import pytest

from geo.crs import from_wgs84
from geo.errors import KnownError
from geo.lookup.edition import OpenEdition
from geo.lookup.known import MOST_FACTS, SIDES, Fact, Judged, Words
from geo.lookup.price import PriceResult, price_at
from geo.model import Certainty, FourBounds, Side
from geo.network.ensemble.draw import LAYOUTS
from geo.parcels import PARCELS_FILE, Parcels
from tests.factories import EDITION, rectangle, region
from tests.paths import DATA

if TYPE_CHECKING:
    from geo.model import Region, Use


@functools.cache
def shipped() -> OpenEdition:
    return OpenEdition.read(DATA / PARCELS_FILE)


def asked(
    *known: str, use: Use | str | None = None, lon: float = 114.02, lat: float = 32.955
) -> PriceResult:
    return price_at(shipped(), lon=lon, lat=lat, use=use, known=known)


def words() -> Words:
    return shipped().point_index.words


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("north_of:开源大道", Fact(Side.NORTH, "开源大道")),
        (" south_of:开源大道 ", Fact(Side.SOUTH, "开源大道")),
        ("开源大道以北", Fact(Side.NORTH, "开源大道")),
        ("开源大道北侧", Fact(Side.NORTH, "开源大道")),
        ("开源大道北", Fact(Side.NORTH, "开源大道")),
        ("京广铁路以东", Fact(Side.EAST, "京广铁路")),
        # Short, old and other names.
        ("east_of:文明路", Fact(Side.EAST, "文明大道")),
        ("east_of:铜山大道", Fact(Side.EAST, "驿城大道")),
        ("north_of:栢城路", Fact(Side.NORTH, "柏城路")),
        ("前进大道以西规划路以西", Fact(Side.WEST, "前进大道以西规划路")),
    ],
)
def test_facts_are_read(text: str, fact: Fact) -> None:
    assert words().read_facts([text]) == (fact,)
    assert words().read_facts([str(fact), text]) == (fact,)


@pytest.mark.parametrize(
    ("texts", "code", "said"),
    [
        (["开源大道"], "fact_unreadable", "known is '开源大道'; it must be a side and a line"),
        ([""], "fact_unreadable", "known is ''; it must be a side and a line"),
        (["above:开源大道"], "fact_unreadable", "such as north_of:开源大道."),
        (["north_of:" + "路" * 10_000], "fact_unreadable", "it must be a side and a line"),
        (["north_of:雪山路"], "unknown_line", "names no line 雪山路; did you mean 雪松路 or "),
        (["north_of:Xyz"], "unknown_line", "names no line Xyz; it names none like it."),
        (
            ["east_of:开源大道"],
            "side_unknown",
            "开源大道 runs east-west; a place is north or south of it.",
        ),
        (
            ["京广铁路以北"],
            "side_unknown",
            "京广铁路 runs north-south; a place is east or west of it.",
        ),
        (
            ["north_of:开源大道", "south_of:开源大道"],
            "facts_contradict",
            "known has north_of:开源大道 and south_of:开源大道, which cannot both be true",
        ),
        (
            ["south_of:雪松大道", "east_of:京广铁路", "north_of:置地大道"],
            "facts_contradict",
            "by the notice 雪松大道 lies south of 置地大道.",
        ),
        (["north_of:开源大道"] * 50, "too_many_facts", "50 times; give at most 20 facts."),
    ],
)
def test_facts_that_cannot_be_used(texts: list[str], code: str, said: str) -> None:
    with pytest.raises(KnownError) as caught:
        words().read_facts(texts)
    assert (caught.value.code, caught.value.field) == (code, "known")
    assert said in str(caught.value)
    assert str(caught.value).count(".") <= 2
    assert len(str(caught.value)) < 250


def test_as_many_facts_as_may_be() -> None:
    lines = [line for line, axis in words().lines.axes.items() if Side.NORTH in axis.sides]
    assert len(words().read_facts([f"north_of:{line}" for line in lines[:MOST_FACTS]])) == 20


def bounds_as_facts(one: Region) -> list[str]:
    inner = {Side.EAST: "west", Side.WEST: "east", Side.SOUTH: "north", Side.NORTH: "south"}
    return [f"{inner[side]}_of:{line}" for side, line in one.record.bounds]


def test_all_four_bounds_settle_every_region_wherever_it_is_drawn() -> None:
    """Also far from there: what is known beats the drawing."""
    for one in shipped().regions:
        for lon, lat in ((114.02, 32.955), (113.97, 33.07)):
            found = asked(*bounds_as_facts(one), lon=lon, lat=lat, use=one.use).prices
            codes = [price.code for price in found]
            assert one.code in codes
            for price in found:  # others only where they overlap by the notice's own words
                assert price.probability == 1.0
                assert price.certainty in {Certainty.INSIDE, Certainty.ON_BOUNDARY}
            assert len(codes) == 1 or set(codes) <= {"411700S50011", "411700S50020"}


def test_lines_farther_in_settle_a_region_too() -> None:
    inner = ["north_of:雪松大道", "south_of:团结路", "east_of:正阳路", "west_of:京广铁路"]
    [price] = asked(*inner, use="commercial").prices
    assert (price.code, price.probability) == ("411700S50002", 1.0)


def test_a_region_on_the_other_side_is_out_of_the_question() -> None:
    before, after = asked(use="commercial"), asked("north_of:练江河", use="commercial")
    assert before.prices[0].code == "411700S50017"
    assert [price.code for price in after.prices] == ["411700S50010"]
    assert after.prices[0].alternatives == ()
    assert after.known is not None
    assert after.known.facts == ("north_of:练江河",)
    assert 20 <= after.known.layouts < after.known.of == LAYOUTS
    assert not after.known.by_words


def test_too_few_layouts_leave_the_words() -> None:
    found = asked("south_of:建设大道")
    assert found.known is not None
    assert found.known.by_words
    assert "411700S50017" not in {price.code for price in found.prices}  # drawn there


def test_facts_that_say_nothing_new_change_nothing() -> None:
    known = asked("west_of:迎宾大道", use="commercial")
    assert known.prices[0].probability == pytest.approx(asked().prices[0].probability, abs=0.03)
    assert known.known is not None
    assert known.known.layouts == LAYOUTS


def test_answers_follow_from_the_true_side() -> None:
    """Asked again with either side that the question offers, the answer is surer on average."""
    rng = np.random.default_rng(5)
    west, south, east, north = shipped().extent
    gains = []
    for lon, lat in zip(rng.uniform(west, east, 60), rng.uniform(south, north, 60), strict=True):
        first = asked(lon=float(lon), lat=float(lat), use="commercial")
        if first.question is None:
            continue
        sides = [side for side, _ in first.question.sides]
        assert {frozenset(sides)} <= {
            frozenset({Side.EAST, Side.WEST}),
            frozenset({Side.NORTH, Side.SOUTH}),
        }
        best = max(_best(first), first.chances[0].none_probability)
        for side, likely in first.question.sides:
            fact = f"{side}_of:{first.question.line}"
            then = asked(fact, lon=float(lon), lat=float(lat), use="commercial")
            gains.append(max(_best(then), then.chances[0].none_probability) - best)
            if likely and then.prices:
                assert likely[0].probability == pytest.approx(_best(then), abs=0.4)
    assert len(gains) > 40
    assert np.mean(gains) > 0.1


def _best(result: PriceResult) -> float:
    return max((price.probability for price in result.prices), default=0.0)


def sure_facts(edition: OpenEdition, *, lon: float, lat: float) -> tuple[Fact, ...]:
    """Return on which side of a line a place lies in all but a few layouts, for every such line."""
    layouts = edition.layouts
    assert layouts is not None
    place_m = np.subtract(
        from_wgs84(lon=lon, lat=lat, crs=edition.parcels.metric_crs), layouts.centre_m
    )
    facts = []
    for k, axis in enumerate(layouts.axes):
        before = axis.at(place_m[1 - k : 2 - k])[0] <= place_m[k]
        for number, share in zip(axis.numbers, before.mean(axis=1), strict=True):
            if share >= 0.995 or share <= 0.005:
                facts.append(Fact(SIDES[k][int(share < 0.5)], layouts.names[number]))
    return tuple(facts)


def test_no_answer_contradicts_the_notices_order() -> None:
    """What all layouts agree on excludes regions by the notice's words: those are not offered."""
    edition = shipped()
    west, south, east, north = edition.extent
    named, against = 0, []
    places = np.random.default_rng(3).uniform((west, south), (east, north), (200, 2))
    for lon, lat in [(114.020, 33.0165), *places.tolist()]:
        excluded = words().judge(sure_facts(edition, lon=lon, lat=lat)).excluded
        codes = {edition.regions[i].code for i in excluded}
        for price in price_at(edition, lon=lon, lat=lat).prices:
            for one, share in [(price.region, price.probability), *price.alternatives]:
                named += 1
                against += [share] if one.code in codes else []
    # Single layouts let a statement go, which may be wrong, so a little is left.
    assert max(against) < 0.05
    assert len(against) < 0.05 * named


def test_a_sure_answer_asks_nothing() -> None:
    sure = price_at(shipped(), lon=114.0127, lat=32.9930)
    assert {price.certainty for price in sure.prices} == {Certainty.INSIDE}
    assert sure.question is None
    assert sure.known is None


def test_without_layouts_the_words_still_count() -> None:
    rings = [rectangle(lon=114.0, lat=32.9), rectangle(lon=114.01, lat=32.9)]
    four = FourBounds(east="乙路", west="甲路", south="一街", north="二街")
    beside = FourBounds(east="丙路", west="乙路", south="一街", north="二街")
    regions = (
        region("S50001", rings[0], bounds=four, parcel_location="某商场"),
        region("S50002", rings[1], bounds=beside, parcel_location="某商场"),
    )
    words = Words(regions, {})
    assert words.judge([Fact(Side.EAST, "乙路")]) == Judged(frozenset({0}), frozenset())
    inside = words.read_facts(["乙路以东", "丙路以西", "一街以北", "二街以南"])
    assert words.judge(inside) == Judged(frozenset({0}), frozenset({1}))
    parcels = Parcels(EDITION, regions, "", inputs={}, spellings={})
    edition = OpenEdition.of(parcels)
    [price] = price_at(edition, lon=114.005, lat=32.905, known=list(map(str, inside))).prices
    assert (price.region, price.probability, price.drawn) == (regions[1], 1.0, False)


def test_no_question_has_an_answer_that_would_be_refused() -> None:
    """Whatever is answered, by chance here, the next question can be answered either way."""
    rng = np.random.default_rng(5)
    west, south, east, north = shipped().extent
    asked = 0
    for lon, lat in rng.uniform((west, south), (east, north), (40, 2)).tolist():
        known: list[str] = []
        for _ in range(6):
            result = price_at(shipped(), lon=lon, lat=lat, known=known)
            if result.question is None:
                break
            facts = [f"{side}_of:{result.question.line}" for side, _ in result.question.sides]
            for fact in facts:
                price_at(shipped(), lon=lon, lat=lat, known=[*known, fact])
            known.append(facts[int(rng.integers(2))])
            asked += 1
    assert asked > 60
