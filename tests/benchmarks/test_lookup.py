"""Lookup against exhaustive search over the same polygons, in the same run.

The figures are ratios of medians: how many times faster the index is than asking every polygon.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely

from geo.index import RegionIndex
from geo.parcels import read_parcels

if TYPE_CHECKING:
    import numpy.typing as npt
    from pytest_benchmark.fixture import BenchmarkFixture

    Degrees = npt.NDArray[np.float64]

REGIONS = read_parcels(Path(__file__).resolve().parents[2] / "data/parcels.geojson").regions
INDEX = RegionIndex(REGIONS)
POLYGONS = np.array([region.polygon for region in INDEX.regions], dtype=object)
EXTENT = shapely.total_bounds(POLYGONS)
PLACES = np.random.default_rng(7).uniform(EXTENT[:2], EXTENT[2:], (100_000, 2))


def ask_index(lon: Degrees, lat: Degrees) -> int:
    return len(INDEX.query(lon=lon, lat=lat)[0])


def ask_every_polygon(lon: Degrees, lat: Degrees) -> int:
    return sum(int(shapely.intersects_xy(polygon, lon, lat).sum()) for polygon in POLYGONS)


@pytest.mark.parametrize("ask", [ask_index, ask_every_polygon])
@pytest.mark.parametrize("count", [1_000, 100_000])
def test_many_points(benchmark: BenchmarkFixture, ask: object, count: int) -> None:
    benchmark.group = f"{count} points"
    lon, lat = PLACES[:count].T.copy()
    assert callable(ask)
    assert benchmark(ask, lon, lat) == ask_every_polygon(lon, lat)


@pytest.mark.parametrize("place", ["in the middle of a region", "on a corner", "far away"])
def test_one_point(benchmark: BenchmarkFixture, place: str) -> None:
    benchmark.group = "one point, with distances and certainty"
    region = INDEX.regions[1]
    lon, lat = {
        "in the middle of a region": region.polygon.representative_point().coords[0],
        "on a corner": region.polygon.exterior.coords[0],
        "far away": (0.0, 0.0),
    }[place]
    found = benchmark(INDEX.matches, lon=lon, lat=lat)
    assert bool(found) == (place != "far away")
