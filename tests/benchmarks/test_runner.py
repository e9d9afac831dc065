"""The runner's own arithmetic: answers, medians, bars and the table."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest

from geo.lookup.regions import RegionTable
from tests.benchmarks.inputs import MANY, extent, many_regions, points, regions
from tests.benchmarks.measure import (
    QUICK,
    Bar,
    Comparison,
    LackingError,
    Measured,
    Row,
    Scale,
    alternate,
    measure,
)
from tests.benchmarks.report import page, table
from tests.benchmarks.rows_bulk import regions_by_use
from tests.locks import ROOTS, in_force, read_pins, unmet
from tests.metric import METRIC
from tests.uses import USES


def comparison(bar: Bar | None, error: Exception | None = None) -> Comparison:
    def run(_: Scale) -> Measured:
        if error:
            raise error
        return Measured(2_000_000.0, 1_000.0, "points/s")

    return Comparison("key", "ours", "theirs", bar, run)


def test_the_first_region_of_each_use_is_the_answer() -> None:
    indexed = RegionTable(regions(), USES, METRIC).regions
    ranks = [USES.index(region.use) for region in indexed]
    second_use = ranks.index(1)
    pairs = ([0, 0, 0, 2], [second_use + 3, second_use + 1, 0, 2])
    found = regions_by_use(indexed, pairs, 3)
    assert found.dtype == np.int32
    assert found.tolist() == [[0, second_use + 1, -1], [-1, -1, -1], [2, -1, -1]]


def test_medians_of_what_is_measured_in_turn() -> None:
    """The first of each is not counted."""
    turn = count()
    assert alternate(lambda: next(turn), lambda: next(turn), 3) == (4, 5)


@pytest.mark.parametrize(
    ("bar", "met"),
    [
        (Bar(2_000), True),
        (Bar(2_001), False),
        (Bar(2_000, at_most=True), True),
        (Bar(1_999, at_most=True), False),
        (None, None),
    ],
)
def test_bars(bar: Bar | None, met: bool | None) -> None:
    assert measure(comparison(bar), QUICK).met is met


def test_the_table_shows_what_was_missed_and_what_was_not_measured() -> None:
    rows = [
        measure(comparison(Bar(3_000)), QUICK),
        measure(comparison(Bar(1.5, at_most=True)), QUICK),
        measure(comparison(None, LackingError("there is no wrk")), QUICK),
        measure(comparison(None, RuntimeError("it broke | here\nand there")), QUICK),
    ]
    assert [row.failed for row in rows] == [False, False, False, True]
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table(rows).splitlines()
    ]
    figures = ["ours", "2 M points/s", "theirs: 1 k points/s", "2000 ×"]
    assert lines[2] == [*figures, "≥ 3000 ×", "**missed**"]
    assert lines[3] == [*figures, "≤ 1.5 ×", "**missed**"]
    assert lines[4] == ["ours", "not measured: there is no wrk", "theirs", "", "", ""]
    assert lines[5] == ["ours", "failed: it broke / here", "theirs", "", "", ""]


def test_the_page_keeps_the_table_and_the_versions() -> None:
    rows = [Row(comparison(None), Measured(1.0, 2.0, "s"))]
    text = page(rows, Scale(), 60.0)
    assert table(rows) in text
    assert "| numpy | " in text
    assert "10,000,000 in memory" in text


def test_points_lie_in_the_extent_and_are_the_same_every_time() -> None:
    lon, lat = points(1_000)
    west, south, east, north = extent(regions())
    assert west <= lon.min() < lon.max() <= east
    assert south <= lat.min() < lat.max() <= north
    assert (lon == points(1_000)[0]).all()


def test_synthetic_regions_are_as_many_as_said() -> None:
    many = many_regions()
    assert len({region.code for region in many}) == len(many) == MANY
    west, south, east, north = extent(many)
    city_west, city_south, city_east, city_north = extent(regions())
    assert (east - west) / (city_east - city_west) == pytest.approx(39, abs=0.2)
    assert (north - south) / (city_north - city_south) == pytest.approx(39, abs=0.2)


def test_every_requirement_of_the_benchmarks_is_met_inside_their_lock() -> None:
    lock = "requirements-bench.lock"
    assert unmet(in_force(read_pins(lock), {}), ROOTS[lock], {}) == []
