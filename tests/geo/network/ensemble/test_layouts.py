"""Layouts of synthetic cities and of the shipped one: courses, sides, weights."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from geo.gazette.order import read_order
from geo.network.ensemble.layouts import (
    Layouts,
    draw_layouts,
    layout_weights,
    lines_before,
    region_holds,
)
from geo.network.ensemble.observed import AXES
from geo.network.evidence import Evidence
from tests.calibration import ask_ensemble
from tests.synthetic import City, random_city
from tests.unlike import KINDS

if TYPE_CHECKING:
    from geo.gazette.constraints import OrderConstraints


@cache
def some_city() -> tuple[City, OrderConstraints]:
    city = random_city(11, 0.5)
    return city, read_order(city.sources().gazette.records, {})


@cache
def drawn() -> Layouts:
    city, constraints = some_city()
    return draw_layouts(constraints, city.evidence, city.notice, count=120, seed=3)


def line_m(layouts: Layouts, name: str, along_m: float) -> np.ndarray:
    """Return where a line runs in each layout, Gauss-Kruger across its axis."""
    number = layouts.names.index(name)
    k = int(layouts.axis[number])
    row = int((layouts.axis[:number] == k).sum())
    courses = layouts.across_m[k][:, row]
    stations_m = layouts.stations_m[k] + layouts.centre_m[1 - k]
    return np.array([np.interp(along_m, stations_m, one) for one in courses]) + layouts.centre_m[k]


def test_observed_lines_run_through_their_points() -> None:
    city, constraints = some_city()
    centrelines = {one.line for one in city.evidence.centrelines}
    misses = []
    for point in city.evidence.observations:
        if point.line not in centrelines:
            axis = constraints.axes[point.line]
            found_m = line_m(drawn(), point.line, point.along_m(axis))
            misses.append(np.abs(found_m - point.across_m(axis)) / point.error_m)
    assert len(misses) > 5
    assert np.median(misses) < 1.0
    assert np.quantile(misses, 0.9) < 2.0


def test_lines_of_an_axis_keep_their_order_along_their_courses() -> None:
    city, _ = some_city()
    for k, axis in enumerate(AXES):
        names = [name for name in drawn().names if name in city.lines[axis]]
        along_m = drawn().centre_m[1 - k] + np.array([-2_000.0, 0.0, 2_000.0])
        for west, east in pairwise(names):
            ways = [line_m(drawn(), west, at) < line_m(drawn(), east, at) for at in along_m]
            before = np.array(ways)
            agrees = (before == before[1]).all(axis=0)
            assert agrees.mean() > 0.6


def test_sides_are_those_of_each_line_by_itself() -> None:
    layouts = drawn()
    rng = np.random.default_rng(12)
    places_m = np.array(layouts.centre_m) + rng.uniform(-5_000.0, 5_000.0, (7, 2))
    before = lines_before(layouts, easting_m=places_m[:, 0], northing_m=places_m[:, 1])
    assert before.shape == (len(layouts.names), layouts.count, 7)
    for number, name in enumerate(layouts.names):
        k = int(layouts.axis[number])
        for i, place in enumerate(places_m):
            found_m = line_m(layouts, name, place[1 - k])
            near = np.abs(found_m - place[k]) < 0.01
            assert np.array_equal(before[number, :, i][~near], (found_m <= place[k])[~near])


def test_regions_hold_what_lies_between_their_lines() -> None:
    city, constraints = some_city()
    layouts = drawn()
    code, four = next(iter(constraints.bounds.items()))
    easting_m, northing_m = np.array([[500_000.0, 503_000.0], [3_650_000.0, 3_651_000.0]])
    before = lines_before(layouts, easting_m=easting_m, northing_m=northing_m)
    holds = region_holds(layouts, before, {code: four})[code]
    for k in range(layouts.count):
        for i in range(2):
            west, east, south, north = (
                line_m(layouts, name, along[i])[k]
                for name, along in (
                    (four.west, northing_m),
                    (four.east, northing_m),
                    (four.south, easting_m),
                    (four.north, easting_m),
                )
            )
            inside = west <= easting_m[i] < east and south <= northing_m[i] < north
            assert holds[k, i] == inside
    assert city.blocks


def test_weights_add_up_and_far_away_nothing_is_likely() -> None:
    _, constraints = some_city()
    layouts = drawn()
    east = np.array([0.0, 4_000.0, 60_000.0]) + layouts.centre_m[0]
    north = np.zeros(3) + layouts.centre_m[1]
    before = lines_before(layouts, easting_m=east, northing_m=north)
    weights = layout_weights(layouts, before)
    assert weights.sum(axis=0) == pytest.approx(1.0)
    assert (weights >= 0).all()
    assert np.ptp(weights[:, 2]) == pytest.approx(0.0)  # nobody's city reaches there
    held = sum(one * weights for one in region_holds(layouts, before, constraints.bounds).values())
    assert np.asarray(held)[:, 2].sum() == 0.0


def test_a_city_of_which_nothing_was_observed() -> None:
    city, constraints = some_city()
    layouts = draw_layouts(constraints, Evidence(), city.notice, count=40, seed=1)
    assert all(np.isfinite(one).all() for one in layouts.across_m)
    number = layouts.names.index(constraints.bounding[0])
    k = int(layouts.axis[number])
    assert layouts.across_m[k][:, 0].std() > 300.0


def test_the_same_seed_gives_the_same_layouts() -> None:
    city, constraints = some_city()
    one, two, other = (
        draw_layouts(constraints, city.evidence, city.notice, count=10, seed=seed)
        for seed in (1, 1, 2)
    )
    for k in range(len(AXES)):
        assert np.array_equal(one.across_m[k], two.across_m[k])
    assert not np.array_equal(one.across_m[0][:, 0], other.across_m[0][:, 0])


def test_lines_with_centrelines_are_known_along_all_their_course() -> None:
    city, constraints = some_city()
    line = city.evidence.centrelines[0]
    evidence = replace(city.evidence, observations=(), centrelines=(line,))
    layouts = draw_layouts(constraints, evidence, city.notice, count=60, seed=4)
    axis = constraints.axes[line.line]
    for along_m in np.quantile(city.truth[line.line][:, 1 - AXES.index(axis)], [0.3, 0.5, 0.7]):
        true_m = city.true_across_m(line.line, axis, np.array([along_m]))[0]
        assert np.abs(line_m(layouts, line.line, along_m) - true_m).max() < 3 * line.error_m


@pytest.mark.slow
@pytest.mark.parametrize(("observed_share", "cities"), [(0.25, 4), (0.75, 2)])
def test_probabilities_are_true_also_of_cities_unlike_those_tuned_on(
    observed_share: float, cities: int
) -> None:
    """Over several cities of each kind: the answers of one city share its luck."""
    found = [
        ask_ensemble(
            range(300, 300 + cities),
            kind=kind,
            observed_share=observed_share,
            places=100,
            layouts=150,
        )
        for kind in KINDS
    ]
    said = np.concatenate([one.said for one in found])
    is_right = np.concatenate([one.is_right for one in found])
    assert said.mean() - is_right.mean() == pytest.approx(0.0, abs=0.08)
    sure = said >= 0.9
    assert sure.mean() > 0.05
    assert said[sure].mean() - is_right[sure].mean() < 0.06
