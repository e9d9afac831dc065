"""Layouts of synthetic cities: courses, what was observed of them, and how true shares are."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from geo.gazette.order import read_order
from geo.layouts.layouts import AXES
from geo.model import Axis
from geo.network.ensemble.draw import draw_layouts
from geo.network.evidence import Evidence
from tests.calibration import ask_ensemble
from tests.synthetic import City, random_city
from tests.unlike import KINDS

if TYPE_CHECKING:
    from geo.crs import FloatArray
    from geo.gazette.constraints import OrderConstraints
    from geo.layouts.layouts import Layouts


@cache
def some_city() -> tuple[City, OrderConstraints]:
    city = random_city(11, 0.5)
    return city, read_order(city.sources().gazette.records, {})


@cache
def drawn() -> Layouts:
    city, constraints = some_city()
    return draw_layouts(constraints, city.evidence, city.notice, count=120, seed=3)


def line_m(layouts: Layouts, name: str, along_m: float) -> FloatArray:
    """Return where a line runs in each layout, Gauss-Kruger across its axis."""
    k, i = layouts.place[name]
    at_m = np.array([along_m - layouts.centre_m[1 - k]])
    found: FloatArray = layouts.axes[k].at(at_m)[0, i] + layouts.centre_m[k]
    return found


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


def test_a_city_of_which_nothing_was_observed() -> None:
    city, constraints = some_city()
    layouts = draw_layouts(constraints, Evidence(), city.notice, count=40, seed=1)
    assert all(np.isfinite(one.across_m).all() for one in layouts.axes)
    k, i = layouts.place[constraints.bounding[0]]
    assert layouts.axes[k].across_m[:, i].std() > 300.0


def test_the_same_seed_gives_the_same_layouts() -> None:
    city, constraints = some_city()
    one, two, other = (
        draw_layouts(constraints, city.evidence, city.notice, count=10, seed=seed)
        for seed in (1, 1, 2)
    )
    for k in range(len(AXES)):
        assert np.array_equal(one.axes[k].across_m, two.axes[k].across_m)
    assert not np.array_equal(one.axes[0].across_m[:, 0], other.axes[0].across_m[:, 0])


def test_lines_with_centrelines_are_known_along_all_their_course() -> None:
    city, constraints = some_city()
    line = city.evidence.centrelines[0]
    evidence = replace(city.evidence, observations=(), centrelines=(line,))
    layouts = draw_layouts(constraints, evidence, city.notice, count=60, seed=4)
    axis = constraints.axes[line.line]
    misses = []
    for along_m in np.quantile(city.truth[line.line][:, 1 - AXES.index(axis)], [0.3, 0.5, 0.7]):
        true_m = city.true_across_m(line.line, axis, np.array([along_m]))[0]
        misses.append(line_m(layouts, line.line, float(along_m)) - true_m)
    # Each layout is off by the line's own error, whatever the other lines do.
    assert np.std(misses) == pytest.approx(0.6 * line.error_m, rel=0.3)
    assert np.abs(np.mean(misses)) < line.error_m


def test_a_long_line_is_off_together() -> None:
    city, constraints = some_city()
    line = replace(city.evidence.centrelines[0], error_m=100.0)
    evidence = replace(city.evidence, observations=(), centrelines=(line,))
    layouts = draw_layouts(constraints, evidence, city.notice, count=60, seed=4)
    here, there = (line_m(layouts, line.line, at) for at in (3_649_500.0, 3_650_500.0))
    if constraints.axes[line.line] is AXES[1]:
        here, there = (line_m(layouts, line.line, at) for at in (499_500.0, 500_500.0))
    assert np.corrcoef(here, there)[0, 1] > 0.7


def test_lines_of_a_turned_city_are_known_to_their_ends() -> None:
    """They run so far across there that stations about the city's middle would not reach."""
    off = []
    for seed in (1000, 1003):
        city = KINDS["ribbon"](seed, 0.75)
        sources = city.sources()
        order = read_order(sources.gazette.records, {})
        layouts = draw_layouts(order, sources.evidence, sources.notice, count=100, seed=seed)
        for name in city.lines[Axis.EW]:
            k, line = layouts.place[name]
            eastings_m = np.quantile(city.truth[name][:, 0], [0.05, 0.95])
            at_m = layouts.axes[k].at(eastings_m - layouts.centre_m[0], np.array([line]))[:, 0]
            true_m = city.true_across_m(name, Axis.EW, eastings_m) - layouts.centre_m[1]
            off += ((true_m - at_m.mean(axis=1)) / at_m.std(axis=1)).tolist()
    assert np.sqrt(np.mean(np.square(off))) < 1.3
    assert np.abs(off).max() < 4


@pytest.mark.slow
@pytest.mark.parametrize(("observed_share", "cities"), [(0.25, 2), (0.75, 1)])
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
