"""Regions in the middle of layouts: where the lines are, beside each other, and how they move."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geo import open_edition
from geo.crs import metric
from geo.network.evidence import Observation
from geo.survey.answers import shares_of
from geo.survey.condition import conditioned
from geo.survey.redraw import moves_m, outlines

EDITION = open_edition()
LAYOUTS = shares_of(EDITION).layouts
OUTLINES = outlines(EDITION, LAYOUTS)


def test_outlines_are_regions() -> None:
    for region in EDITION.regions:
        drawn = OUTLINES[region.code]
        assert drawn.is_valid
        assert drawn.area > 1e5
    off_m = [
        OUTLINES[region.code].centroid.distance(
            metric(region.polygon, EDITION.parcels.metric_crs).centroid
        )
        for region in EDITION.regions
    ]
    # Half of the layouts on either side is not where all facts fit best, but near it; but for a few
    # regions of which nobody knows on which side of the city they are.
    assert np.median(off_m) < 400


def test_neighbours_share_their_edge() -> None:
    one, other = OUTLINES["411700S50001"], OUTLINES["411700S50002"]  # north of it
    assert one.intersection(other).area < 0.001 * one.area
    assert shapely.shortest_line(one, other).length < 1.0
    shared = one.boundary.buffer(0.5).intersection(other.boundary).length
    assert shared > 1_000


def test_only_what_was_seen_moves_regions() -> None:
    assert set(moves_m(OUTLINES, outlines(EDITION, LAYOUTS)).values()) == {0.0}
    easting_m, northing_m = OUTLINES["411700S50001"].exterior.coords[0]
    place = Observation("", "中华大道", easting_m + 800, northing_m + 250, 0.0, 15.0, None)
    moved = conditioned(LAYOUTS, [place], np.random.default_rng(0))
    found = moves_m(OUTLINES, outlines(EDITION, moved))
    assert found["411700S50001"] > 60
    assert found["411700S50001"] > found["411700G60011"]
    assert found.keys() == OUTLINES.keys()
    assert max(found.values()) == pytest.approx(250, abs=200)
