"""Areas by probability: true to the answers, nested, and only of what is inferred."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import shapely

from geo import open_edition
from geo.exports.areas import LEVELS, LikelyArea, likely_areas
from geo.lookup.edition import OpenEdition
from geo.model import GeometrySource
from tests.exports import shipped_areas

EDITION = open_edition()
BLUR = 0.03  # of values between corners, and of simplified outlines


def probability(code: str, *, lon: float, lat: float) -> float:
    shares = EDITION.field.at(lon=lon, lat=lat)
    by_code = {
        EDITION.regions[i].code: share
        for i, share in zip(shares.regions, shares.shares, strict=True)
    }
    return by_code.get(code, 0.0)


def test_each_region_has_the_levels_that_it_reaches() -> None:
    found: dict[str, list[LikelyArea]] = {}
    for area in shipped_areas():
        found.setdefault(area.region.code, []).append(area)
    assert list(found) == [region.code for region in EDITION.regions]
    for areas in found.values():
        assert [area.at_least for area in areas] == list(LEVELS[: len(areas)])
        for outer, inner in pairwise(areas):
            beyond = shapely.difference(inner.area, shapely.buffer(outer.area, 1e-5))
            assert shapely.area(beyond) < 0.01 * inner.area.area
    assert any(len(areas) == len(LEVELS) for areas in found.values())


@pytest.mark.parametrize("level", LEVELS)
def test_answers_agree_with_the_areas(level: float) -> None:
    rng = np.random.default_rng(5)
    areas = [area for area in shipped_areas() if area.at_least == level]
    inside: list[float] = []
    outside: list[float] = []
    for area in areas:
        west, south, east, north = area.area.bounds
        for lon, lat in rng.uniform((west, south), (east, north), (20, 2)).tolist():
            said = probability(area.region.code, lon=lon, lat=lat)
            (inside if area.area.contains(shapely.Point(lon, lat)) else outside).append(said)
    assert np.quantile(inside, 0.02) >= level - BLUR
    assert np.quantile(outside, 0.98) <= level + BLUR


def test_areas_can_be_drawn() -> None:
    for area in shipped_areas():
        assert area.area.is_valid
        assert area.area.geom_type == "MultiPolygon"


def test_official_regions_have_none_nor_has_an_edition_without_layouts() -> None:
    parcels = EDITION.parcels
    assert likely_areas(OpenEdition.of(parcels).field) == ()
    first, *others = parcels.regions
    official = replace(first, geometry_source=GeometrySource.OFFICIAL)
    mixed = replace(parcels, regions=(official, *others))
    codes = {
        area.region.code for area in likely_areas(OpenEdition.of(mixed, EDITION.layouts).field)
    }
    assert codes == {region.code for region in others}
