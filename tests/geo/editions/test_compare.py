"""What changed from one edition to the next. All editions but 2022's are synthetic."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from geo.editions.compare import compare, predecessors
from geo.errors import DifferentCitiesError
from geo.lookup.edition import OpenEdition
from geo.parcels import PARCELS_FILE
from tests.editions import another_city, write_edition
from tests.paths import DATA

if TYPE_CHECKING:
    from pathlib import Path

ADDED, REMOVED, MOVED, TERMS = "411700S50099", "411700S50001", "411700S50002", "411700Z70007"


def change(collection: dict[str, Any]) -> None:
    """Give one region another code, and change the ground or the terms of others."""
    for feature in collection["features"]:
        properties = feature["properties"]
        if feature["id"] == REMOVED:
            feature["id"] = properties["code"] = ADDED
        if feature["id"] == MOVED:
            properties["bound_east"] = "虚构大道"
            [ring] = feature["geometry"]["coordinates"]
            west = min(lon for lon, _ in ring)
            feature["geometry"]["coordinates"] = [
                [[round(west + 0.9 * (lon - west), 7), lat] for lon, lat in ring]
            ]
        if feature["id"] == TERMS:
            properties["plot_ratio"] = 9.5
            properties["tenure_years"] = 69
    collection["features"].sort(key=lambda feature: feature["id"])


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> tuple[OpenEdition, OpenEdition]:
    folder = write_edition(
        tmp_path_factory.mktemp("after") / "2023", 2023, share=0.1, change=change
    )
    before, after = (OpenEdition.read(one / PARCELS_FILE) for one in (DATA, folder))
    return before, after


def test_what_changed_is_named(editions: tuple[OpenEdition, OpenEdition]) -> None:
    found = compare(*editions)
    assert (found.before.id, found.after.id) == ("411700-2022", "411700-2023")
    assert [region.code for region in found.added] == [ADDED]
    assert [region.code for region in found.removed] == [REMOVED]
    changed = {one.after.code: one for one in found.changed}
    assert len(found.common) == len(changed) == 65  # all have other prices
    assert [code for code, one in changed.items() if one.redrawn] == [MOVED]
    moved = changed[MOVED]
    assert moved.area_m2 == pytest.approx(0.9 * moved.area_before_m2, rel=1e-3)
    assert moved.moved_share == pytest.approx(0.1, abs=0.02)
    assert moved.values["bound_east"] == ("京广铁路", "虚构大道")
    assert changed[TERMS].values["plot_ratio"] == (3.2, 9.5)
    assert changed[TERMS].values["tenure_years"] == (70, 69)
    assert changed[TERMS].values["ground_price_cny_m2"] == (5310, 5841)
    assert changed[TERMS].price_change == pytest.approx(0.1)


def test_each_use_is_summed_up(editions: tuple[OpenEdition, OpenEdition]) -> None:
    found = {one.use.code: one for one in compare(*editions).uses}
    assert {use: one.regions for use, one in found.items()} == {
        "commercial": 26,
        "residential": 27,
        "industrial": 12,
    }
    for one in found.values():
        assert one.lowest <= one.median <= one.highest
        assert one.median == pytest.approx(0.1, abs=2e-3)


def test_an_edition_does_not_differ_from_itself(
    editions: tuple[OpenEdition, OpenEdition],
) -> None:
    found = compare(editions[0], editions[0])
    assert (found.added, found.removed, found.changed) == ((), (), ())
    assert len(found.common) == 66
    assert {(one.lowest, one.median, one.highest) for one in found.uses} == {(0.0, 0.0, 0.0)}


def test_everyone_is_credited_once(editions: tuple[OpenEdition, OpenEdition]) -> None:
    before, after = editions
    assert compare(before, after).attribution == before.parcels.attribution
    parcels = dataclasses.replace(after.parcels, attribution="虚构测绘院", spellings={"旧": "新"})
    found = compare(before, dataclasses.replace(after, parcels=parcels))
    assert found.attribution == f"{before.parcels.attribution}; 虚构测绘院"
    assert found.spellings == {"栢城路": "柏城路", "旧": "新"}


def test_a_region_follows_that_of_its_code_or_of_its_ground(
    editions: tuple[OpenEdition, OpenEdition],
) -> None:
    found = {code: region.code for code, region in predecessors(*editions).items()}
    assert found.pop(ADDED) == REMOVED
    assert len(found) == 65
    assert all(code == was for code, was in found.items())


def test_a_region_on_new_ground_follows_none(
    editions: tuple[OpenEdition, OpenEdition], tmp_path: Path
) -> None:
    folder = another_city(
        tmp_path / "other", 2023, admin_code="999900", city="虚构市", east_deg=2.0
    )
    other = OpenEdition.read(folder / PARCELS_FILE)
    assert predecessors(editions[0], other) == {}
    with pytest.raises(DifferentCitiesError, match="411700-2022 and 999900-2023"):
        compare(editions[0], other)
