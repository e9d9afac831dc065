"""Bands of lines: as far as a line bounds regions, as wide as the layouts spread."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geo import open_edition
from geo.network.evidence import Observation
from geo.survey.answers import crossing_m, shares_of
from geo.survey.condition import conditioned
from geo.survey.redraw import outlines
from geo.survey.spread import spreads
from maps.certainty import certainty_grid, quick_grid

EDITION = open_edition()
SHARES = shares_of(EDITION)
LAYOUTS = SHARES.layouts
DRAWN = outlines(EDITION, LAYOUTS)
SPREADS = {one.name: one for one in spreads(EDITION, LAYOUTS, DRAWN)}


def test_every_line_of_the_regions_has_a_band() -> None:
    spellings = EDITION.parcels.spellings
    named = {
        name for region in EDITION.regions for _, name in region.record.bounds.renamed(spellings)
    }
    assert SPREADS.keys() == named


def test_a_line_bounds_its_regions_from_end_to_end() -> None:
    region = EDITION.regions[0]
    west = region.record.bounds.renamed(EDITION.parcels.spellings).west
    middle_m = shapely.linestrings(SPREADS[west].middle_m)
    edge = DRAWN[region.code].boundary
    # A line a quarter of a kilometre at a time, against the corners that a region has on it.
    assert shapely.intersection(edge, middle_m.buffer(20)).length > 0.15 * edge.length


@pytest.mark.parametrize("lines", [("文明大道", "置地大道")])
def test_nine_of_ten_layouts_lie_in_the_band(lines: tuple[str, str]) -> None:
    at_m = crossing_m(LAYOUTS, lines).T + np.array(LAYOUTS.centre_m)
    for name in lines:
        band = shapely.polygons(SPREADS[name].band_m)
        _, south_m, _, north_m = band.bounds
        inside = shapely.covers(band, shapely.points(at_m)).mean()
        assert 0.8 < inside < 0.97
        assert south_m < north_m


def test_a_line_that_was_seen_has_a_narrow_band() -> None:
    name = "文明大道"
    easting_m, northing_m = SPREADS[name].middle_m[3].tolist()
    seen = Observation("", name, easting_m + 30, northing_m, 0.0, 15.0, None)
    moved = conditioned(LAYOUTS, [seen], np.random.default_rng(0))
    after = {one.name: one for one in spreads(EDITION, moved, outlines(EDITION, moved))}
    assert after[name].error_m < SPREADS[name].error_m
    middle_m = shapely.linestrings(after[name].middle_m)
    assert middle_m.distance(shapely.points(easting_m + 30, northing_m)) < 30


def test_the_quick_grid_is_the_certainty_of_the_map() -> None:
    exact, quick = certainty_grid(EDITION), quick_grid(EDITION, SHARES)
    assert exact is not None
    assert quick.bounds == exact.bounds
    for use, levels in quick.levels.items():
        wide = exact.levels[use].reshape(levels.shape[0], 5, levels.shape[1], 5)
        apart = np.abs(np.median(wide, axis=(1, 3)) - levels)
        assert (apart <= 1).mean() > 0.99
        assert (apart < 0.5).mean() > 0.9
