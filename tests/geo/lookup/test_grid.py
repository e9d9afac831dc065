"""The grid against the polygons themselves: any valid polygons, any points."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon

from geo.lookup.grid import PolygonGrid
from geo.lookup.grid_tables import MAX_EDGES, UNRESOLVED

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Pairs = set[tuple[int, int]]


def star(rng: np.random.Generator, x: float, y: float, radius: float, corners: int) -> Polygon:
    """Return a polygon around a place; it may miss the place, or be invalid."""
    angle = np.sort(rng.uniform(0, 2 * np.pi, corners))
    reach = radius * rng.uniform(0.3, 1.0, corners)
    return Polygon(np.stack([x + reach * np.cos(angle), y + reach * np.sin(angle)], axis=1))


def scattered(rng: np.random.Generator) -> list[shapely.Geometry]:
    """Overlapping polygons of any size."""
    places = rng.uniform(-10, 10, (rng.integers(1, 20), 2))
    return [star(rng, x, y, 10 ** rng.uniform(-3, 1), int(rng.integers(3, 30))) for x, y in places]


def with_holes(rng: np.random.Generator) -> list[shapely.Geometry]:
    """Rings around others that fill their holes exactly, or do not."""
    found: list[shapely.Geometry] = []
    for x in range(3):
        inner = star(rng, 10.0 * x, 0.0, 1.0, 12)
        outer = shapely.transform(inner, lambda c, x=x: [10.0 * x, 0.0] + 3 * (c - [10.0 * x, 0]))
        ring = Polygon(outer.exterior, [inner.exterior])
        if ring.is_valid:
            found += [ring, inner] if rng.random() < 0.5 else [ring]
    return found


def of_parts(rng: np.random.Generator) -> list[shapely.Geometry]:
    """Islands of one polygon among those of another."""
    parts = [[star(rng, 5.0 * i, 5.0 * j, 2.4, 9) for i in range(4)] for j in range(4)]
    return [MultiPolygon(parts[0] + parts[2]), MultiPolygon(parts[1] + parts[3])]


def slivers(rng: np.random.Generator) -> list[shapely.Geometry]:
    """Strips far thinner than a cell, some along a meridian or parallel."""
    found: list[shapely.Geometry] = []
    for _ in range(10):
        start, end = rng.uniform(-10, 10, (2, 2))
        if rng.random() < 0.4:
            end[rng.integers(2)] = start[0] if rng.random() < 0.5 else start[1]
        side = (end - start)[::-1] * [-1, 1] * 10 ** rng.uniform(-12, -2)
        found.append(Polygon([start, end, end + side, start + side]))
    return found


def partition(rng: np.random.Generator) -> list[shapely.Geometry]:
    """Neighbours that share their edges vertex for vertex, as regions do."""
    count = int(rng.integers(2, 8))
    nodes = np.stack(np.meshgrid(np.arange(count), np.arange(count)), axis=-1).astype(float)
    nodes += rng.uniform(-0.3, 0.3, nodes.shape) * (rng.random() < 0.7)
    return [
        Polygon([nodes[i, j], nodes[i, j + 1], nodes[i + 1, j + 1], nodes[i + 1, j]])
        for i in range(count - 1)
        for j in range(count - 1)
    ]


KINDS = [scattered, with_holes, of_parts, slivers, partition]


def places_near(polygons: Sequence[shapely.Geometry], rng: np.random.Generator) -> Floats:
    """Vertices, points of edges and next to them, and points all over."""
    vertices = shapely.get_coordinates(polygons)
    edges = shapely.get_coordinates([shapely.segmentize(p.boundary, 0.37) for p in polygons])
    low, high = vertices.min(axis=0) - 1, vertices.max(axis=0) + 1
    nudged = np.nextafter(vertices, rng.uniform(low, high, vertices.shape))
    beside = edges + rng.normal(0, 1, edges.shape) * 10 ** rng.uniform(-15, 0, (len(edges), 1))
    return np.vstack([vertices, nudged, edges, beside, rng.uniform(low, high, (2000, 2))])


def asked(polygons: Sequence[shapely.Geometry], lon: Floats, lat: Floats) -> Pairs:
    return {
        (int(i), number)
        for number, polygon in enumerate(polygons)
        for i in np.flatnonzero(shapely.intersects_xy(polygon, lon, lat))
    }


def found(grid: PolygonGrid, lon: Floats, lat: Floats) -> Pairs:
    numbers = grid.find_many(lon=lon, lat=lat)
    unknown = np.flatnonzero(numbers == UNRESOLVED)
    point, polygon = grid.query_exact(lon=lon[unknown], lat=lat[unknown])
    pairs = {(int(unknown[i]), int(j)) for i, j in zip(point, polygon, strict=True)}
    for i in np.flatnonzero(numbers != UNRESOLVED):
        pairs |= {(int(i), j) for j in grid.tables.sets[numbers[i]]}
    return pairs


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), kinds=st.sets(st.sampled_from(KINDS), min_size=1))
def test_random_polygons(seed: int, kinds: set[object]) -> None:
    rng = np.random.default_rng(seed)
    polygons = [p for kind in KINDS if kind in kinds for p in kind(rng) if p.is_valid]
    if not polygons:
        return
    lon, lat = (column.copy() for column in places_near(polygons, rng).T)
    grid = PolygonGrid(np.array(polygons, dtype=object))
    assert found(grid, lon, lat) == asked(polygons, lon, lat)
    one_by_one = [grid.find(lon=x, lat=y) for x, y in zip(lon.tolist(), lat.tolist(), strict=True)]
    assert one_by_one == grid.find_many(lon=lon, lat=lat).tolist()


@pytest.mark.parametrize("shift", [0.0, 1e-7, 100.0, 1e7])
def test_squares_on_the_borders_of_cells(shift: float) -> None:
    squares = [shapely.box(x, y, x + 1, y + 1) for x in range(5) for y in range(5)]
    polygons = np.array([shapely.transform(s, lambda c: c + shift) for s in squares], dtype=object)
    grid = PolygonGrid(polygons)
    lon, lat = places_near(polygons.tolist(), np.random.default_rng(1)).T
    assert found(grid, lon, lat) == asked(polygons.tolist(), lon, lat)


def test_an_edge_through_the_corners_of_cells() -> None:
    """As many cells along as across make the diagonal go through one corner after another."""
    below, above = Polygon([(0, 0), (100, 0), (100, 100)]), Polygon([(0, 0), (100, 100), (0, 100)])
    grid = PolygonGrid(np.array([below, above], dtype=object))
    assert grid.tables.rows == grid.tables.columns
    rng = np.random.default_rng(3)
    lon = rng.uniform(0, 100, 50_000)
    lat = lon + rng.normal(0, 1, 50_000) * 10 ** rng.uniform(-15, 1, 50_000)
    assert found(grid, lon, lat) == asked([below, above], lon, lat)


def test_a_whole_cell_answers_without_asking() -> None:
    rng = np.random.default_rng(2)
    grid = PolygonGrid(np.array(partition(rng), dtype=object))
    lon, lat = rng.uniform(0, 3, (2, 100_000))
    assert np.mean(grid.find_many(lon=lon, lat=lat) == UNRESOLVED) < 1e-3


def test_where_many_edges_meet_the_polygons_are_asked() -> None:
    angles = np.linspace(0, 2 * np.pi, 4 * MAX_EDGES + 1)
    rim = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    wedges = [Polygon([(0, 0), one, two]) for one, two in pairwise(rim)]
    grid = PolygonGrid(np.array(wedges, dtype=object))
    assert grid.find(lon=1e-9, lat=2e-9) == UNRESOLVED
    assert grid.find(lon=0.5, lat=0.01) != UNRESOLVED


@pytest.mark.parametrize("place", [(np.nan, 0.5), (0.5, np.nan), (np.inf, 0.5), (0.5, -np.inf)])
@pytest.mark.parametrize("polygons", [[shapely.box(0, 0, 1, 1)], [], [Polygon()]])
def test_points_that_are_not_finite(place: tuple[float, float], polygons: list[Polygon]) -> None:
    grid = PolygonGrid(np.array(polygons, dtype=object))
    lon, lat = np.array([place]).T
    assert grid.find(lon=place[0], lat=place[1]) == grid.find_many(lon=lon, lat=lat)[0] == 0
    assert grid.tables.sets[0] == ()


@pytest.mark.parametrize("far", [1e9, -1e9, 1e300, -1e308])
def test_faraway_points(far: float) -> None:
    grid = PolygonGrid(np.array([shapely.box(0, 0, 1, 1)], dtype=object))
    for lon, lat in ((far, 0.5), (0.5, far), (far, far)):
        assert grid.find(lon=lon, lat=lat) == 0
        assert grid.find_many(lon=np.array([lon]), lat=np.array([lat])).tolist() == [0]


def test_the_same_polygons_give_the_same_tables() -> None:
    polygons = np.array(scattered(np.random.default_rng(5)), dtype=object)
    one, two = PolygonGrid(polygons).tables, PolygonGrid(polygons).tables
    assert one.sets == two.sets
    assert one.nbytes == two.nbytes
    for name in ("cells", "entries", "lines"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
