"""The map of what changed, as text; what it does is tested in tests/browser."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from geo.symbology import CHANGE_BREAKS_PERCENT, CHANGE_COLOURS
from maps.interactive.change_map import change_map_html
from maps.interactive.folium_map import SCRIPTS, STYLES
from tests.renewed import ADDED, NEW_ROAD, OFFICIAL, REDRAWN, REMOVED, renewal
from tests.uses import USE_CODES
from tests.written_maps import Elements, check_asks_for_nothing, check_policy, data_of, styles_of

if TYPE_CHECKING:
    from geo.editions.compare import Difference

HOSTILE = "<img src=x onerror=alert(1)>\"'`${1}</script><!--<script>"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Difference:
    return renewal(tmp_path_factory.mktemp("renewed") / "2023")


@pytest.fixture(scope="module")
def page(found: Difference) -> str:
    return change_map_html(found)


@pytest.fixture(scope="module")
def script(page: str) -> str:
    """The script that makes the map: the last of the file."""
    return Elements(page).texts["script"][-1]


def described(script: str) -> dict[str, dict[str, Any]]:
    """Return what the map knows of each region."""
    layers = data_of(script)[: len(USE_CODES)]
    return {one["id"]: one["properties"] for layer in layers for one in layer["features"]}


def facts(script: str) -> dict[str, Any]:
    [data] = re.findall(r"\.\.\.(\{.*\}),\n", script)
    told: dict[str, Any] = json.loads(data)["facts"]
    return told


def test_the_same_data_give_the_same_bytes(found: Difference, page: str) -> None:
    assert change_map_html(found) == page
    assert not re.search(r"_[0-9a-f]{32}\b", page)


def test_the_file_asks_for_nothing_and_allows_what_is_in_it_alone(page: str) -> None:
    check_asks_for_nothing(page)
    check_policy(page)
    elements = Elements(page)
    own = 3  # what maps of percentages share, its own, and the data
    assert len(elements.all("script")) == len(SCRIPTS) + own
    assert len(elements.all("style")) == len(STYLES) + 1


def test_the_title_names_city_years_and_both_documents(page: str) -> None:
    elements = Elements(page)
    assert elements.all("html") == [{"lang": "zh-CN"}]
    assert elements.texts["title"] == ["驻马店市标定地价变动 2022 → 2023"]
    assert page.count("驻政〔2023〕13号 → 虚政〔2023〕1号") == 2  # in Chinese and English


def test_every_region_of_either_edition_is_there(found: Difference, script: str) -> None:
    regions = described(script)
    assert {code: one["state"] for code, one in regions.items()} == {
        ADDED: "added",
        REMOVED: "removed",
        **{one.after.code: "common" for one in found.common},
    }
    assert len(regions) == 67
    for layer in data_of(script)[: len(USE_CODES)]:  # a label finds room before those that follow
        states = [one["properties"]["state"] for one in layer["features"]]
        assert states == sorted(states, key=["added", "removed", "common"].index)


def test_colours_tell_what_is_said(found: Difference, script: str) -> None:
    regions = described(script)
    styles: dict[str, dict[str, Any]] = {}
    for layer in range(len(USE_CODES)):
        styles |= styles_of(script, layer)
    used = set()
    for one in found.common:
        said = regions[one.after.code]["percent"]
        assert said == pytest.approx(100 * one.price_change, abs=0.0501)
        rank = sum(abs(said) >= least for least in CHANGE_BREAKS_PERCENT)
        colour = CHANGE_COLOURS[3 + rank if said > 0 else 3 - rank]
        assert styles[one.after.code]["fillColor"] == colour
        used.add(colour)
    assert used == set(CHANGE_COLOURS)
    assert {colour["fillColor"] for colour in (styles[ADDED], styles[REMOVED])} == {"#ffffff"}
    assert (styles[ADDED]["fillOpacity"], styles[REMOVED]["fillOpacity"]) == (1, 0)


def test_what_changed_of_a_region_is_told(found: Difference, script: str) -> None:
    regions = described(script)
    common = {one.after.code: one for one in found.common}
    moved, before = regions[REDRAWN], common[REDRAWN].before
    values = {name: both for name, *both in moved["values"]}
    was, now = (one.record for one in (before, common[REDRAWN].after))
    assert values == {
        "ground_price_cny_m2": [was.ground_price_cny_m2, now.ground_price_cny_m2],
        "floor_price_cny_m2": [was.floor_price_cny_m2] * 2,  # told even if it is the same
        "bound_east": ["京广铁路", NEW_ROAD],
    }
    outline = moved["redrawn"]["outline"]["coordinates"][0]
    assert len(outline) == len(before.polygon.exterior.coords)
    assert outline[0] == pytest.approx(before.polygon.exterior.coords[0], abs=5.1e-7)
    old_ha, new_ha = moved["redrawn"]["hectares"]
    assert new_ha == pytest.approx(0.9 * old_ha, rel=1e-2)
    assert moved["redrawn"]["percent"] == pytest.approx(10, abs=1.5)
    other = {name: both for name, *both in regions[OFFICIAL]["values"]}
    assert other["plot_ratio"] == [3.2, 9.5]
    assert other["geometry_source"] == ["schematic", "official"]
    assert regions[OFFICIAL]["geometry_source"] == "official"
    assert {code for code, one in regions.items() if "redrawn" in one} == {REDRAWN, OFFICIAL}
    terms = dict(regions[ADDED]["values"])
    assert terms["ground_price_cny_m2"] == found.added[0].record.ground_price_cny_m2
    assert terms["bound_east"] == "京广铁路"
    assert dict(regions[REMOVED]["values"])["ground_price_cny_m2"] == 4520


def test_each_use_is_summed_up(found: Difference, script: str) -> None:
    told = facts(script)["summaries"]
    assert set(told) == {one.use.code for one in found.uses} == set(USE_CODES)
    for one in found.uses:
        assert told[one.use.code]["regions"] == one.regions
        assert told[one.use.code]["median"] == round(100 * one.median, 1)


def test_the_map_credits_and_says_what_is_inferred(found: Difference, script: str) -> None:
    assert facts(script)["attribution"] == "© OpenStreetMap contributors, ODbL 1.0"
    assert facts(script)["schematic"] is True
    assert found.spellings == {"栢城路": "柏城路"}


def test_names_cannot_become_html(found: Difference, page: str) -> None:
    edition = dataclasses.replace(found.after, city=HOSTILE, document=HOSTILE)
    first, *others = found.common
    record = dataclasses.replace(first.after.record, standard_parcel=HOSTILE, development=HOSTILE)
    changed = dataclasses.replace(first, after=dataclasses.replace(first.after, record=record))
    taken = dataclasses.replace(
        found, after=edition, common=(changed, *others), attribution=HOSTILE
    )
    elements = Elements(change_map_html(taken))
    assert elements.texts["title"] == [f"{HOSTILE}标定地价变动 2022 → 2023"]
    assert [tag for tag, _ in elements.found] == [tag for tag, _ in Elements(page).found]
    own = elements.texts["script"][-1]
    assert not re.search(r"[<>]", "".join(re.findall(r"_add\(.*", own)))
    assert described(own)[changed.after.code]["standard_parcel"] == HOSTILE
