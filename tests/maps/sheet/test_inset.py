"""The inset of a sheet shows how sure the map is, where it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely

from geo import open_edition, price_at
from geo.crs import from_wgs84, metric
from geo.model import COMMERCIAL, LIKELY, SURE
from maps.certainty import certainty_grid
from maps.sheet.inset import certainty_inset
from tests.uses import USES

if TYPE_CHECKING:
    from geo.model import Use
    from geo.parcels import Parcels
    from maps.certainty import CertaintyGrid
    from maps.sheet.draw import Sheet


@pytest.mark.parametrize("use", USES)
def test_levels_fill_the_inset_without_overlap(
    use: Use, parcels: Parcels, certainty: CertaintyGrid
) -> None:
    regions = [region for region in parcels.regions if region.use == use]
    inset = certainty_inset(certainty, regions, parcels.metric_crs)
    frame = shapely.box(0, 0, inset.width_mm, inset.map_mm)
    assert sum(area.area for area in inset.levels) == pytest.approx(frame.area, rel=1e-6)
    assert shapely.union_all(inset.levels).area == pytest.approx(frame.area, rel=1e-6)
    assert frame.buffer(1e-6).covers(inset.outlines)
    polygons = metric(np.array([region.polygon for region in regions]), parcels.metric_crs)
    west, south, east, north = shapely.total_bounds(polygons)
    assert (east - west) * 1000 / inset.scale < inset.width_mm <= 66
    assert (north - south) * 1000 / inset.scale < inset.map_mm <= 66


def test_levels_are_those_of_answers(parcels: Parcels, certainty: CertaintyGrid) -> None:
    edition = open_edition()
    regions = [region for region in parcels.regions if region.use == COMMERCIAL]
    inset = certainty_inset(certainty, regions, parcels.metric_crs)
    polygons = metric(np.array([region.polygon for region in regions]), parcels.metric_crs)
    west, south, *_ = shapely.total_bounds(polygons)
    least_mm = 400 * 1000 / inset.scale  # the inset begins as far before the regions
    right = 0
    places = np.random.default_rng(4).uniform(edition.extent[:2], edition.extent[2:], (200, 2))
    for lon, lat in places.tolist():
        easting_m, northing_m = from_wgs84(lon=lon, lat=lat, crs=parcels.metric_crs)
        spot = shapely.Point(
            (easting_m - west) * 1000 / inset.scale + least_mm,
            (northing_m - south) * 1000 / inset.scale + least_mm,
        )
        result = price_at(edition, lon=lon, lat=lat, use=COMMERCIAL)
        likely = max([result.chances[0].none_probability, *(p.probability for p in result.prices)])
        level = sum(likely >= limit for limit in (0.5, LIKELY, SURE))
        found = [number for number, area in enumerate(inset.levels) if area.intersects(spot)]
        right += found == [] or level in found
    assert right > 0.93 * len(places)  # a cell has the level of its corner, 50 m away at most


def test_sheets_say_what_its_colours_mean(sheets: dict[Use, Sheet]) -> None:
    for sheet in sheets.values():
        assert {"此图的把握", "99% 以上", "80% 以上", "50% 以上", "不到 50%"} <= set(
            sheet.canvas.texts()
        )


def test_an_edition_without_layouts_has_none() -> None:
    assert certainty_grid(replace(open_edition(), layouts=None)) is None
