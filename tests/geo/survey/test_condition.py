"""Layouts moved to what was seen: near it, no wider than before, and nearer to the truth."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from geo.gazette.order import read_order
from geo.layouts.layouts import AXES, Layouts
from geo.model import Axis
from geo.network.ensemble.draw import draw_layouts
from geo.network.evidence import Observation
from geo.survey.condition import conditioned, seen
from tests.synthetic import City, random_city

if TYPE_CHECKING:
    import numpy.typing as npt

ERROR_M = 15.0
SEED = 5


@pytest.fixture(scope="module")
def city() -> City:
    return random_city(SEED, 0.25)


@pytest.fixture(scope="module")
def layouts(city: City) -> Layouts:
    sources = city.sources()
    order = read_order(sources.gazette.records, {})
    return draw_layouts(order, sources.evidence, sources.notice, count=200, seed=SEED)


def observations_of(city: City, layouts: Layouts, count: int) -> list[Observation]:
    """See some lines where they truly are, on the meridian or parallel of the city's centre."""
    rng = np.random.default_rng(3)
    found = []
    for name in rng.permutation([name for name in layouts.names if name in city.truth])[:count]:
        axis = AXES[layouts.place[name][0]]
        easting_m, northing_m = layouts.centre_m
        along_m = northing_m if axis is Axis.NS else easting_m
        across_m = float(city.true_across_m(name, axis, np.array([along_m]))[0])
        place = (across_m, along_m) if axis is Axis.NS else (along_m, across_m)
        found.append(Observation("", name, *place, 0.0, ERROR_M, None))
    return found


def misses_m(city: City, layouts: Layouts) -> npt.NDArray[np.float64]:
    """Return how far each line is from the truth in each layout, at the centre."""
    places = observations_of(city, layouts, len(layouts.names))
    in_layouts, true_m = seen(layouts, places)
    missed_m: npt.NDArray[np.float64] = np.abs(in_layouts - true_m[:, None])
    return missed_m


def test_lines_come_to_where_they_were_seen(city: City, layouts: Layouts) -> None:
    observations = observations_of(city, layouts, 4)
    moved = conditioned(layouts, observations, np.random.default_rng(1))
    in_layouts, observed = seen(moved, observations)
    assert np.abs(in_layouts.mean(axis=1) - observed).max() < 2 * ERROR_M
    assert in_layouts.std(axis=1).max() < 2 * ERROR_M
    before, _ = seen(layouts, observations)
    assert np.median(before.std(axis=1)) > 5 * ERROR_M


def test_the_others_come_nearer_to_the_truth(city: City, layouts: Layouts) -> None:
    moved = conditioned(layouts, observations_of(city, layouts, 8), np.random.default_rng(1))
    assert misses_m(city, moved).mean() < 0.7 * misses_m(city, layouts).mean()


def test_without_observations_nothing_moves(layouts: Layouts) -> None:
    assert conditioned(layouts, [], np.random.default_rng(1)) is layouts


def test_it_is_the_same_each_time(city: City, layouts: Layouts) -> None:
    observations = observations_of(city, layouts, 3)
    one, other = (conditioned(layouts, observations, np.random.default_rng(7)) for _ in range(2))
    for a, b in zip(one.axes, other.axes, strict=True):
        assert (a.across_m == b.across_m).all()


def test_a_vague_observation_moves_little(city: City, layouts: Layouts) -> None:
    [sharp] = observations_of(city, layouts, 1)
    vague = replace(sharp, error_m=1e6)
    in_layouts, _ = seen(layouts, [sharp])
    after, _ = seen(conditioned(layouts, [vague], np.random.default_rng(1)), [sharp])
    assert np.abs(after - in_layouts).max() < 0.05 * in_layouts.std()
