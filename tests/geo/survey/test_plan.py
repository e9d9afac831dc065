"""Which crossings to observe: at corners of regions, and better than any others."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest

from geo import open_edition
from geo.build.edition import build
from geo.errors import NothingToObserveError
from geo.gazette.order import read_order
from geo.lookup.edition import OpenEdition
from geo.model import Axis
from geo.network.ensemble.draw import draw_layouts
from geo.network.evidence import Observation
from geo.survey.plan import Plan, plan
from tests.synthetic import City, random_city

if TYPE_CHECKING:
    from geo.layouts.layouts import Layouts


@pytest.fixture(scope="module")
def edition() -> OpenEdition:
    return open_edition()


@pytest.fixture(scope="module")
def planned(edition: OpenEdition) -> Plan:
    return plan(edition, most=3)


def test_crossings_are_corners_that_exist(edition: OpenEdition, planned: Plan) -> None:
    corners = set()
    for region in edition.regions:
        four = region.record.bounds.renamed(edition.parcels.spellings)
        corners |= set(product((four.west, four.east), (four.south, four.north)))
    lines = [one.lines for one in planned.crossings]
    assert len(set(lines)) == len(lines) == 3
    assert set(lines) <= corners
    assert not any("规划" in name for pair in lines for name in pair)
    assert [one.rank for one in planned.crossings] == [1, 2, 3]


def test_each_settles_more(planned: Plan) -> None:
    shares = [planned.settled, *(one.settled for one in planned.crossings)]
    assert 0.1 < shares[0] < shares[-1] < 1
    assert shares[-1] > shares[0] + 0.08


def test_places_are_where_lines_cross(edition: OpenEdition, planned: Plan) -> None:
    west, south, east, north = edition.extent
    for one in planned.crossings:
        assert west - 0.02 < one.lon < east + 0.02
        assert south - 0.02 < one.lat < north + 0.02
        assert 20 < one.radius_m < 6000


def test_it_is_the_same_each_time(edition: OpenEdition, planned: Plan) -> None:
    first = plan(edition, most=1)
    assert first.crossings == planned.crossings[:1]
    assert plan(edition, most=1, seed=1) != first


def test_it_ends_at_the_target(edition: OpenEdition, planned: Plan) -> None:
    target = planned.crossings[0].settled
    assert plan(edition, most=4, target=target).crossings == planned.crossings[:1]
    assert plan(edition, most=4, target=0.01).crossings == ()


def test_it_serves_the_places_that_are_given(edition: OpenEdition) -> None:
    corner = np.array([[114.068, 33.007], [114.066, 33.009], [114.064, 33.005]])
    found = plan(edition, most=2, places=corner)
    assert found.settled < found.crossings[-1].settled
    for one in found.crossings:
        assert np.hypot(one.lon - 114.066, one.lat - 33.007) < 0.04


def test_a_walk_has_the_same_crossings(edition: OpenEdition, planned: Plan) -> None:
    walk, length_m = planned.walk(edition.parcels.metric_crs)
    assert sorted(walk.crossings, key=lambda one: one.rank) == list(planned.crossings)
    assert 2_000 < length_m < 60_000


def test_without_layouts_there_is_nothing_to_plan(edition: OpenEdition) -> None:
    bare = OpenEdition.of(edition.parcels, None)
    with pytest.raises(NothingToObserveError, match="landprice build") as refused:
        plan(bare, most=3)
    assert refused.value.code == "nothing_to_observe"


def redrawn(city: City, pairs: list[tuple[str, str]]) -> Layouts:
    """Draw a city's layouts anew, once some crossings were observed where they truly are."""
    sources = city.sources()
    northing_m = float(np.mean([course[:, 1].mean() for course in city.truth.values()]))
    observations = list(sources.evidence.observations)
    for ns, ew in pairs:
        north = northing_m
        for _ in range(6):
            east = float(city.true_across_m(ns, Axis.NS, np.array([north]))[0])
            north = float(city.true_across_m(ew, Axis.EW, np.array([east]))[0])
        observations += [
            Observation(f"{ns}{ew}", line, east, north, 0.0, 15.0, None) for line in (ns, ew)
        ]
    evidence = replace(sources.evidence, observations=tuple(observations))
    order = read_order(sources.gazette.records, {})
    return draw_layouts(order, evidence, sources.notice, count=150, seed=2)


@pytest.mark.slow
def test_planned_crossings_settle_more_than_others() -> None:
    by_plan: list[float] = []
    by_chance: list[float] = []
    foreseen: list[float] = []
    for seed in (21, 22):
        city = random_city(seed, 0.25)
        parcels = build(city.sources()).parcels
        edition = OpenEdition.of(parcels, redrawn(city, []))
        found = plan(edition, most=5)
        foreseen.append(found.crossings[-1].settled)
        every = sorted({(b.west, b.south) for b in (r.record.bounds for r in parcels.regions)})
        chosen = np.random.default_rng(seed).choice(len(every), 5, replace=False).tolist()
        for shares, pairs in (
            (by_plan, [one.lines for one in found.crossings]),
            (by_chance, [every[i] for i in chosen]),
        ):
            after = OpenEdition.of(parcels, redrawn(city, pairs))
            shares.append(plan(after, most=1, target=0.0).settled)
    assert np.mean(by_plan) > np.mean(by_chance) + 0.02
    assert np.mean(foreseen) == pytest.approx(np.mean(by_plan), abs=0.12)
