"""The index against exhaustive search, and what it says about certainty."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geo.build.edition import build
from geo.layouts.file import read_layouts
from geo.layouts.layouts import LAYOUTS_FILE
from geo.lookup.batch import CERTAINTIES, BatchIndex
from geo.lookup.field import ProbabilityField
from geo.lookup.point import PointIndex
from geo.lookup.regions import NONE, RegionTable
from geo.lookup.result import Found
from geo.model import COMMERCIAL, INDUSTRIAL, Certainty, Region, Side, Use
from geo.parcels import read_parcels
from tests.metric import METRIC, from_metric, metric, to_metric
from tests.paths import DATA
from tests.synthetic import CENTRE_M, regular_city
from tests.uses import USES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from geo.layouts.layouts import Layouts
    from geo.lookup.result import RegionPrice


class Index:
    """The lookups of one point and of many, in the same regions."""

    def __init__(self, regions: Sequence[Region], layouts: Layouts | None = None) -> None:
        table = RegionTable(regions, USES, METRIC)
        self.regions = table.regions
        field = ProbabilityField(table, layouts, PARCELS.spellings)
        self.point, self.batch = PointIndex(table, field, {}), BatchIndex(table, field)

    def prices(self, *, lon: float, lat: float) -> tuple[RegionPrice, ...]:
        return self.point.look_up(lon=lon, lat=lat).prices

    def drawn(self, *, lon: float, lat: float) -> list[RegionPrice]:
        """Return the prices of the regions that are drawn at a place, by use, then by code."""
        found = [price for price in self.prices(lon=lon, lat=lat) if price.drawn]
        return sorted(found, key=lambda price: (USES.index(price.use), price.code))


PARCELS = read_parcels(DATA / "parcels.geojson")
REGIONS = PARCELS.regions
LAYOUTS = read_layouts(DATA / LAYOUTS_FILE, parcels_sha256=PARCELS.sha256)
INDEX = Index(REGIONS, LAYOUTS)
EXTENT = shapely.total_bounds([region.polygon for region in REGIONS])
SCALE = 2**60  # makes every coordinate near the city a whole number, exactly

Pairs = set[tuple[int, int]]


def found_pairs(places: npt.NDArray[np.float64]) -> Pairs:
    """Every region that holds each place, of shape (n, 2); one by one and all at once."""
    numbers = {region.code: number for number, region in enumerate(INDEX.regions)}
    pairs = {
        (i, numbers[region.code])
        for i, (lon, lat) in enumerate(places.tolist())
        for region in (price.region for price in INDEX.drawn(lon=lon, lat=lat))
    }
    lon, lat = places.T
    np.testing.assert_array_equal(INDEX.batch.locate(lon=lon, lat=lat), lowest(pairs, len(places)))
    return pairs


def lowest(pairs: Pairs, count: int) -> npt.NDArray[np.int32]:
    """The region of each use with the lowest code, shape (count, uses)."""
    found = np.full((count, len(USES)), NONE, dtype=np.int32)
    for i, number in sorted(pairs, reverse=True):
        found[i, USES.index(INDEX.regions[number].use)] = number
    return found


class ExactRegion:
    """A closed polygon in whole numbers: no rounding anywhere."""

    def __init__(self, region: Region) -> None:
        ring = shapely.get_coordinates(region.polygon.exterior).tolist()
        self.ring = [(exact(x), exact(y)) for x, y in ring]
        xs, ys = zip(*self.ring, strict=True)
        self.box = (min(xs), min(ys), max(xs), max(ys))

    def holds(self, x: int, y: int) -> bool:
        west, south, east, north = self.box
        if not (west <= x <= east and south <= y <= north):
            return False
        inside = False
        x1, y1 = self.ring[0]
        for x2, y2 in self.ring[1:]:
            turn = (x2 - x1) * (y - y1) - (x - x1) * (y2 - y1)
            if turn == 0 and min(x1, x2) <= x <= max(x1, x2) and min(y1, y2) <= y <= max(y1, y2):
                return True
            if (y1 > y) != (y2 > y) and (turn > 0) == (y2 > y1):
                inside = not inside
            x1, y1 = x2, y2
        return inside


def exact(degrees: float) -> int:
    numerator, denominator = degrees.as_integer_ratio()
    whole, rest = divmod(numerator * SCALE, denominator)
    assert rest == 0
    return whole


EXACT = [ExactRegion(region) for region in INDEX.regions]


def exact_pairs(places: Sequence[tuple[float, float]]) -> Pairs:
    return {
        (i, number)
        for i, (lon, lat) in enumerate(places)
        for number, region in enumerate(EXACT)
        if region.holds(exact(lon), exact(lat))
    }


def shared_edges() -> npt.NDArray[np.float64]:
    """Edges that two regions of one use share, shape (n, 2, 2)."""
    owners: dict[tuple[Use, frozenset[tuple[float, float]]], int] = {}
    for region in REGIONS:
        ring = [tuple(vertex) for vertex in shapely.get_coordinates(region.polygon).tolist()]
        for edge in pairwise(ring):
            key = (region.use, frozenset(edge))
            owners[key] = owners.get(key, 0) + 1
    edges = [sorted(edge) for (_, edge), count in owners.items() if count == 2]
    return np.array(sorted(edges))


@pytest.mark.slow
def test_ten_million_random_points() -> None:
    lon, lat = np.random.default_rng(1).uniform(EXTENT[:2], EXTENT[2:], (10_000_000, 2)).T
    lon, lat = lon.copy(), lat.copy()
    expected = np.full((len(lon), len(USES)), NONE, dtype=np.int32)
    for number in range(len(INDEX.regions))[::-1]:
        polygon = INDEX.regions[number].polygon
        west, south, east, north = polygon.bounds
        near = np.flatnonzero((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))
        holds = shapely.intersects_xy(polygon, lon[near], lat[near])
        expected[near[holds], USES.index(INDEX.regions[number].use)] = number
    assert np.mean(expected != NONE) > 0.3
    assert np.array_equal(INDEX.batch.locate(lon=lon, lat=lat), expected)


def test_every_vertex() -> None:
    vertices = np.unique(
        np.concatenate([shapely.get_coordinates(region.polygon) for region in REGIONS]), axis=0
    )
    found = found_pairs(vertices)
    assert found == exact_pairs(vertices.tolist())
    assert {point for point, _ in found} == set(range(len(vertices)))


@pytest.mark.slow
def test_ten_thousand_points_on_shared_edges() -> None:
    edges = shared_edges()
    rng = np.random.default_rng(2)
    chosen = edges[rng.integers(len(edges), size=10_000)]
    share = rng.random((10_000, 1))
    places = chosen[:, 0] + share * (chosen[:, 1] - chosen[:, 0])
    found = found_pairs(places)
    assert found == exact_pairs(places.tolist())
    assert len(found) >= 10_000 - 100  # rounding may push a point off a region's outer edge


@pytest.mark.slow
def test_points_beside_every_edge() -> None:
    rings = [shapely.get_coordinates(region.polygon) for region in REGIONS]
    ends = np.concatenate([np.hstack([ring[:-1], ring[1:]]) for ring in rings])
    rng = np.random.default_rng(4)
    places = ends[:, :2] + rng.random((len(ends), 1)) * (ends[:, 2:] - ends[:, :2])
    for off_deg in (1e-16, 1e-14, 1e-12, 1e-10, 1e-8, 1e-6):
        beside = places + rng.choice([-off_deg, off_deg], places.shape)
        assert found_pairs(beside) == exact_pairs(beside.tolist())


def test_representative_points() -> None:
    points = [region.polygon.representative_point() for region in INDEX.regions]
    places = np.array([(point.x, point.y) for point in points])
    found = found_pairs(places)
    assert found == exact_pairs(places.tolist())
    assert {(i, i) for i in range(len(places))} <= found


@settings(max_examples=300, deadline=None)
@given(
    lon=st.floats(float(EXTENT[0]), float(EXTENT[2])),
    lat=st.floats(float(EXTENT[1]), float(EXTENT[3])),
)
def test_one_point_is_answered_as_many_are(lon: float, lat: float) -> None:
    codes = [match.region.code for match in INDEX.drawn(lon=lon, lat=lat)]
    numbers = sorted(number for _, number in exact_pairs([(lon, lat)]))
    assert codes == [INDEX.regions[number].code for number in numbers]


@settings(max_examples=100, deadline=None)
@given(lon=st.floats(113.5, 114.5), lat=st.floats(32.5, 33.5), use=st.sampled_from(USES))
def test_nearest_is_the_nearest(lon: float, lat: float, use: Use) -> None:
    matches, found, *_ = INDEX.point.look_up(lon=lon, lat=lat, use=use)
    place = shapely.Point(to_metric(lon=lon, lat=lat))
    distances_m = {r.code: metric(r.polygon).distance(place) for r in REGIONS if r.use is use}
    if matches:
        assert found == ()
        return
    (nearest,) = found
    assert nearest.distance_m == pytest.approx(min(distances_m.values()), abs=1e-6)
    assert distances_m[nearest.region.code] == pytest.approx(nearest.distance_m, abs=1e-6)


def test_nearest_of_many_places() -> None:
    polygons = {r.code: metric(r.polygon) for r in REGIONS}
    rng = np.random.default_rng(12)
    for lon, lat in rng.uniform(EXTENT[:2] - 0.05, EXTENT[2:] + 0.05, (2_000, 2)).tolist():
        place = shapely.Point(to_metric(lon=lon, lat=lat))
        matches, found, *_ = INDEX.point.look_up(lon=lon, lat=lat)
        held = {match.region.use for match in matches}
        assert [nearest.region.use for nearest in found] == [use for use in USES if use not in held]
        for nearest in found:
            rivals = [region for region in REGIONS if region.use is nearest.region.use]
            least_m = min(polygons[region.code].distance(place) for region in rivals)
            assert nearest.distance_m == pytest.approx(least_m, abs=1e-6)


def test_points_that_are_not_finite_lie_in_no_region() -> None:
    for lon, lat in ((np.nan, 33.0), (114.0, np.nan), (np.inf, 33.0), (114.0, -np.inf)):
        assert INDEX.prices(lon=lon, lat=lat) == ()
        assert (INDEX.batch.locate(lon=np.array([lon]), lat=np.array([lat])) == NONE).all()


@pytest.mark.parametrize(
    ("lon", "lat"), [(24.0, 0.0), (-66.0, -33.0), (0.0, 90.0), (180.0, -90.0), (120.0, 30.0)]
)
def test_faraway_points_have_a_distance_along_the_ellipsoid(lon: float, lat: float) -> None:
    _, (nearest,), (chance,), *_ = INDEX.point.look_up(lon=lon, lat=lat, use=INDUSTRIAL)
    assert (chance.none_probability, chance.price_range_cny_m2) == (1.0, None)
    assert not nearest.within_accuracy
    centre = nearest.region.polygon.centroid
    _, _, distance_m = Geod(ellps="GRS80").inv(lon, lat, centre.x, centre.y)
    assert nearest.distance_m == pytest.approx(distance_m, abs=10_000)


def test_a_use_may_be_far_where_another_one_is_at_hand() -> None:
    here = next(region for region in REGIONS if region.use is COMMERCIAL)
    there = next(region for region in REGIONS if region.use is INDUSTRIAL)
    moved = replace(there, polygon=shapely.transform(there.polygon, lambda xy: xy - [6.0, 0.0]))
    place = here.polygon.representative_point()
    (match,), (nearest,), *_ = Index([here, moved]).point.look_up(lon=place.x, lat=place.y)
    assert match.region == here
    west, _, _, north = moved.polygon.bounds
    _, _, distance_m = Geod(ellps="GRS80").inv(place.x, place.y, west, north)
    assert nearest.region == moved
    assert nearest.distance_m == pytest.approx(distance_m, abs=10_000)
    assert not nearest.within_accuracy


def test_no_region_of_a_use_has_no_nearest() -> None:
    index = Index([region for region in REGIONS if region.use is INDUSTRIAL])
    _, found, *_ = index.point.look_up(lon=114.0, lat=33.0)
    assert [nearest.region.use for nearest in found] == [INDUSTRIAL]


def test_an_index_of_nothing() -> None:
    index = Index([])
    assert index.point.look_up(lon=114.0, lat=33.0) == Found((), (), ())
    assert index.point.look_up(lon=0.0, lat=90.0) == Found((), (), ())
    located = index.batch.certify(lon=np.array([114.0]), lat=np.array([33.0]))
    assert located.region.tolist() == located.certainty.tolist() == [[NONE] * len(USES)]


def test_threads_share_one_index() -> None:
    rng = np.random.default_rng(3)
    places = rng.uniform(EXTENT[:2], EXTENT[2:], (400, 2)).tolist()

    def query_exact(place: tuple[float, float]) -> tuple[RegionPrice, ...]:
        return shared.prices(lon=place[0], lat=place[1])

    shared = Index(REGIONS, LAYOUTS)
    alone = [INDEX.prices(lon=lon, lat=lat) for lon, lat in places]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(query_exact, [*places, *places]))
    assert together == [*alone, *alone]


def test_order_of_input_does_not_matter() -> None:
    assert Index(REGIONS[::-1]).regions == INDEX.regions
    assert [r.use for r in INDEX.regions] == sorted((r.use for r in REGIONS), key=list(USES).index)


# A straight synthetic city of square kilometres, so that distances can be told by hand.

SQUARES = build(regular_city().sources(surveyed=True)).parcels.regions


def square(accuracy_m: float) -> Index:
    accuracies = dict.fromkeys(Side, accuracy_m)
    return Index([replace(region, accuracy_m=accuracies) for region in SQUARES])


def at(east_m: float, north_m: float) -> dict[str, float]:
    """Return a place by its distance from the corner of four squares in the city's middle."""
    lon, lat = from_metric(easting_m=CENTRE_M[0] + east_m, northing_m=CENTRE_M[1] + north_m)
    return {"lon": lon, "lat": lat}


def commercial(index: Index, place: dict[str, float]) -> list[RegionPrice]:
    return [m for m in index.prices(**place) if m.region.use is COMMERCIAL]


def test_distances_to_all_four_sides() -> None:
    (match,) = commercial(square(10.0), at(300.0, 450.0))
    expected = {Side.WEST: 300.0, Side.EAST: 700.0, Side.SOUTH: 450.0, Side.NORTH: 550.0}
    assert match.distance_m == pytest.approx(expected, abs=0.01)
    assert match.distance_to_boundary_m == pytest.approx(300.0, abs=0.01)


def test_an_edge_is_off_by_its_accuracy_as_a_normal_error_is() -> None:
    # An accuracy is two standard deviations: at half of it from one edge, 15.9 % lie beyond.
    place = at(50.0, 500.0)
    (match,) = commercial(square(100.0), place)
    (west,) = commercial(square(0.0), at(-500.0, 500.0))
    assert match.probability == pytest.approx(0.841, abs=0.001)
    assert [other.region.code for other in match.alternatives] == [west.code]
    assert match.alternatives[0].probability == pytest.approx(0.159, abs=0.001)
    assert match.certainty is Certainty.LIKELY
    (edge,) = commercial(square(100.0), at(1.0, 500.0))
    assert edge.certainty is Certainty.UNCERTAIN
    (sure,) = commercial(square(100.0), at(130.0, 500.0))
    assert (sure.certainty, sure.alternatives) == (Certainty.INSIDE, ())


@pytest.mark.parametrize("corner_m", [(20.0, 30.0), (-60.0, 10.0), (40.0, -40.0)])
def test_around_a_corner_four_regions_share_what_is_likely(corner_m: tuple[float, float]) -> None:
    index = square(100.0)
    matches = commercial(index, at(*corner_m))
    shares = [matches[0].probability, *(o.probability for o in matches[0].alternatives)]
    assert len(shares) == 4
    assert sum(shares) == pytest.approx(1.0, abs=0.003)
    (chance,) = index.point.look_up(
        lon=at(*corner_m)["lon"], lat=at(*corner_m)["lat"], use=COMMERCIAL
    ).chances
    assert chance.none_probability == pytest.approx(0.0, abs=0.001)
    prices = [matches[0].ground_price_cny_m2]
    prices += [o.region.record.ground_price_cny_m2 for o in matches[0].alternatives]
    assert chance.price_range_cny_m2 is not None
    assert set(chance.price_range_cny_m2) <= set(prices)


def test_an_accuracy_counts_on_its_own_side_alone() -> None:
    accuracies = {Side.WEST: 500.0, Side.EAST: 10.0, Side.SOUTH: 10.0, Side.NORTH: 10.0}
    index = Index([replace(region, accuracy_m=accuracies) for region in SQUARES])
    west = commercial(index, at(100.0, 500.0))[0]
    (east,) = commercial(index, at(900.0, 500.0))
    assert west.certainty is Certainty.UNCERTAIN
    assert east.certainty is Certainty.INSIDE


def test_on_an_edge_both_neighbours_answer_on_boundary() -> None:
    region = SQUARES[0]
    lon, lat = region.polygon.exterior.coords[region.corners[2]]
    found = [m for m in square(0.0).prices(lon=lon, lat=lat) if m.region.use is region.use]
    assert len(found) == 4
    assert {match.certainty for match in found} == {Certainty.ON_BOUNDARY}
    assert [match.region.code for match in found] == sorted(m.region.code for m in found)


def test_outside_all_regions_the_nearest_may_hold_a_place_after_all() -> None:
    place = at(2_100.0, 500.0)  # 100 m east of the easternmost line
    assert square(50.0).prices(**place) == ()
    for accuracy_m, within in ((50.0, False), (100.0, True)):
        _, (nearest,), (chance,), *_ = square(accuracy_m).point.look_up(
            lon=place["lon"], lat=place["lat"], use=COMMERCIAL
        )
        assert nearest.distance_m == pytest.approx(100.0, abs=0.01)
        assert nearest.within_accuracy is within
        assert nearest.probability == pytest.approx(0.0228 if within else 0.0, abs=0.0006)
        assert chance.none_probability == pytest.approx(1 - nearest.probability, abs=0.001)


# Many at once say the same as one by one.


def checked_located(index: Index, places: npt.NDArray[np.float64]) -> set[Certainty]:
    """Compare many at once with one by one; return the certainties that occurred."""
    lon, lat = places.T
    located = index.batch.certify(lon=lon, lat=lat)
    distances_m = index.batch.distances_m(lon=lon, lat=lat, region=located.region)
    seen = set()
    for i, (x, y) in enumerate(places.tolist()):
        first: dict[Use, RegionPrice] = {}
        for match in index.prices(lon=x, lat=y):
            first.setdefault(match.region.use, match)
        for use in USES:
            number, code = located.region[i, USES.index(use)], located.certainty[i, USES.index(use)]
            assert (number == NONE) == (code == NONE) == (use not in first)
            assert np.isnan(distances_m[i, USES.index(use)]) == (number == NONE)
            if use in first:
                assert index.regions[number] is first[use].region
                assert CERTAINTIES[code] is first[use].certainty
                assert located.probability[i, USES.index(use)] == first[use].probability
                expected_m = first[use].distance_to_boundary_m
                assert distances_m[i, USES.index(use)] == pytest.approx(expected_m, abs=1e-6)
                seen.add(CERTAINTIES[code])
    return seen


@pytest.mark.slow
def test_many_are_as_certain_as_one_by_one() -> None:
    rng = np.random.default_rng(8)
    anywhere = rng.uniform(EXTENT[:2], EXTENT[2:], (5_000, 2))
    vertices = np.concatenate([shapely.get_coordinates(region.polygon) for region in REGIONS])
    assert checked_located(INDEX, np.vstack([anywhere, vertices])) == set(Certainty)


@pytest.mark.parametrize("accuracy_m", [0.0, 0.01, 0.5, 300.0, 900.0])
def test_certainty_changes_at_the_accuracy_itself(accuracy_m: float) -> None:
    index = square(accuracy_m)
    rng = np.random.default_rng(9)
    steps_m = [0.0, 1e-9, 1e-6, 1e-3, 0.04, 0.06, 0.2, 5.0]
    off_m = accuracy_m + np.array([sign * step for step in steps_m for sign in (-1, 1)])
    along_m = rng.uniform(-900.0, 900.0, len(off_m))
    around = [
        at(*place)
        for place in [*zip(off_m, along_m, strict=True), *zip(along_m, off_m, strict=True)]
    ]
    checked_located(index, np.array([(place["lon"], place["lat"]) for place in around]))


def test_many_points_in_pieces_and_threads_are_the_same() -> None:
    places = np.random.default_rng(10).uniform(EXTENT[:2], EXTENT[2:], (200_000, 2))
    lon, lat = places.T  # not contiguous
    whole = INDEX.batch.certify(lon=lon, lat=lat)
    with ThreadPoolExecutor(4) as pool:
        parts = zip(np.array_split(lon, 7), np.array_split(lat, 7), strict=True)
        pieces = list(pool.map(lambda part: INDEX.batch.certify(lon=part[0], lat=part[1]), parts))
    np.testing.assert_array_equal(np.vstack([p.region for p in pieces]), whole.region)
    np.testing.assert_array_equal(np.vstack([p.certainty for p in pieces]), whole.certainty)


def test_no_points() -> None:
    none = np.empty(0)
    assert INDEX.batch.locate(lon=none, lat=none).shape == (0, len(USES))
    assert INDEX.batch.certify(lon=none, lat=none).certainty.shape == (0, len(USES))
