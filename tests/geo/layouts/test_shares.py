"""Shares of layouts against counting them one by one."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from geo.gazette.order import read_order
from geo.layouts.shares import RegionShares
from geo.network.ensemble.draw import draw_layouts
from tests.synthetic import random_city
from tests.uses import USES

if TYPE_CHECKING:
    from geo.layouts.layouts import Layouts


@cache
def asked() -> tuple[Layouts, RegionShares, list[int]]:
    city = random_city(11, 0.5)
    sources = city.sources()
    constraints = read_order(sources.gazette.records, {})
    layouts = draw_layouts(constraints, city.evidence, city.notice, count=60, seed=3)
    ranks = [USES.index(record.use) for record in sources.gazette.records]
    bounds = [constraints.bounds[record.code] for record in sources.gazette.records]
    return layouts, RegionShares(layouts, bounds, ranks, len(USES)), ranks


def line_m(layouts: Layouts, k: int, i: int, layout: int, along_m: float) -> float:
    axis = layouts.axes[k]
    inferred = np.interp(along_m, axis.stations_m, axis.across_m[:, i, layout])
    given = np.interp(along_m, axis.fine_m, axis.courses_m[:, i])
    return float(inferred + given)


@pytest.mark.parametrize("reach_m", [400.0, 6_000.0])
def test_shares_are_counted_layout_by_layout(reach_m: float) -> None:
    layouts, shares, ranks = asked()
    rng = np.random.default_rng(12)
    middle_m = rng.uniform(-2_000.0, 2_000.0, 2)
    places_m = middle_m + rng.uniform(-reach_m, reach_m, (9, 2))
    easting_m, northing_m = places_m.T + np.array(layouts.centre_m)[:, None]
    area = shares.area(easting_m.min(), northing_m.min(), easting_m.max(), northing_m.max())
    found, none = shares.shares(area, easting_m=easting_m, northing_m=northing_m)
    west, east, south, north = shares._sides
    for n, (x, y) in enumerate(places_m):
        held = np.zeros((len(ranks), layouts.count))
        weights = np.empty(layouts.count)
        for layout in range(layouts.count):
            before = [
                [
                    line_m(layouts, k, i, layout, (y, x)[k]) <= (x, y)[k]
                    for i in range(layouts.axes[k].numbers.size)
                ]
                for k in (0, 1)
            ]
            inside = all(
                any(before[k][i] for i in layouts.bounding(k))
                and not all(before[k][i] for i in layouts.bounding(k))
                for k in (0, 1)
            )
            weights[layout] = layouts.city[layout] if inside else layouts.elsewhere
            for r in range(len(ranks)):
                held[r, layout] = (
                    before[0][west[r]]
                    and not before[0][east[r]]
                    and before[1][south[r]]
                    and not before[1][north[r]]
                )
        weights /= weights.sum()
        expected = held @ weights
        assert found[n] == pytest.approx(expected[area.regions], abs=1e-5)
        assert np.delete(expected, area.regions).sum() == 0.0
        for rank in range(len(USES)):
            own = held[[r for r, one in enumerate(ranks) if one == rank]]
            assert none[n, rank] == pytest.approx(1 - own.any(axis=0) @ weights, abs=1e-5)


@pytest.mark.parametrize("turned", [0.0, 0.02])
def test_a_grid_is_answered_as_its_places_one_by_one(turned: float) -> None:
    """Its rows may lie a little at an angle, as those of longitude and latitude do."""
    layouts, shares, _ = asked()
    rng = np.random.default_rng(14)
    for middle_m in rng.uniform(-4_000.0, 4_000.0, (20, 2)) + layouts.centre_m:
        east_m, north_m = np.meshgrid(
            np.arange(-250.0, 251.0, 50.0), np.arange(-200.0, 201.0, 40.0)
        )
        easting_m = middle_m[0] + east_m - turned * north_m
        northing_m = middle_m[1] + north_m + turned * east_m
        area = shares.area(easting_m.min(), northing_m.min(), easting_m.max(), northing_m.max())
        found = shares.grid_shares(area, easting_m=easting_m, northing_m=northing_m)
        places = {"easting_m": easting_m.ravel(), "northing_m": northing_m.ravel()}
        for of_grid, one_by_one in zip(found, shares.shares(area, **places), strict=True):
            off = np.abs(of_grid - one_by_one)
            assert (off > 1e-9).sum() <= 1e-3 * off.size, "lines bend a little within a row"
            assert off.max(initial=0.0) < 2.5 / layouts.count


def test_far_away_nothing_is_likely() -> None:
    layouts, shares, _ = asked()
    east_m, north_m = layouts.centre_m[0] + 60_000.0, layouts.centre_m[1]
    area = shares.area(east_m, north_m, east_m, north_m)
    found, none = shares.shares(area, easting_m=np.array([east_m]), northing_m=np.array([north_m]))
    assert found.size == 0
    assert none.tolist() == [[1.0] * len(USES)]
