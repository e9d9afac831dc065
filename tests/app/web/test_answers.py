"""What an answer says, against the regions themselves and a search through all of them."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from shapely import Point

from app.settings import Settings
from app.web.edition import LoadedEdition
from geo.crs import Crs, from_wgs84
from geo.errors import CoordinateError, NoEditionError, ParcelsError, UnknownUseError
from geo.model import INDUSTRIAL, Certainty, Placement, Region
from tests.factories import alone, answer_at
from tests.metric import SYSTEMS, metric, to_metric
from tests.uses import USES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.web.models import PriceAnswer

ROUNDING_M = 0.06  # distances in answers are rounded to 0.1 m


@dataclass(frozen=True)
class Asked:
    """An answer, and where it was asked for, WGS84."""

    lon: float
    lat: float
    answer: PriceAnswer

    @property
    def place(self) -> Point:
        return Point(to_metric(lon=self.lon, lat=self.lat))


class Exhaustive:
    """Measures from a place to every region; needs no index."""

    def __init__(self, regions: Sequence[Region]) -> None:
        self.regions = regions
        self._polygons = np.array([region.polygon for region in regions], dtype=object)
        self._polygons_m = np.array([metric(region.polygon) for region in regions], dtype=object)

    def holding(self, *, lon: float, lat: float) -> list[str]:
        held = shapely.intersects(self._polygons, Point(lon, lat))
        return [region.code for region, holds in zip(self.regions, held, strict=True) if holds]

    def distances_m(self, place: Point) -> dict[str, float]:
        distances_m = shapely.distance(self._polygons_m, place)
        return {r.code: float(d) for r, d in zip(self.regions, distances_m, strict=True)}


@pytest.fixture(scope="module")
def exhaustive(edition: LoadedEdition) -> Exhaustive:
    return Exhaustive(edition.regions)


@pytest.fixture(scope="module")
def regions(edition: LoadedEdition) -> dict[str, Region]:
    return {region.code: region for region in edition.regions}


@pytest.fixture(scope="module")
def asked(edition: LoadedEdition) -> list[Asked]:
    """Answers in the middle of all regions, and at 500 points in and around them."""
    inner = [region.polygon.representative_point() for region in edition.regions]
    west, south, east, north = edition.extent
    rng = np.random.default_rng(20230424)
    around = np.column_stack(
        [rng.uniform(west - 0.05, east + 0.05, 500), rng.uniform(south - 0.05, north + 0.05, 500)]
    )
    points = [*((point.x, point.y) for point in inner), *around.tolist()]
    return [Asked(lon, lat, answer_at(edition, lon=lon, lat=lat)) for lon, lat in points]


def test_prices_are_of_every_region_that_holds_the_point(
    asked: list[Asked], exhaustive: Exhaustive
) -> None:
    for one in asked:
        drawn = sorted(price.code for price in one.answer.prices if price.drawn)
        assert drawn == sorted(exhaustive.holding(lon=one.lon, lat=one.lat))
    assert Counter(one.answer.covered for one in asked).keys() == {True, False}


def test_a_free_region_is_never_certain(asked: list[Asked], regions: dict[str, Region]) -> None:
    free = [
        price
        for one in asked
        for price in one.answer.prices
        if regions[price.code].placement is Placement.FREE
    ]
    assert len({price.code for price in free}) == sum(
        region.placement is Placement.FREE for region in regions.values()
    )
    for price in free:
        assert price.placement is Placement.FREE
        assert price.certainty is not Certainty.INSIDE


def test_certainty_follows_from_the_probability(asked: list[Asked]) -> None:
    seen = set()
    for one in asked:
        for price in one.answer.prices:
            likely = Certainty.LIKELY if price.probability >= 0.80 else Certainty.UNCERTAIN
            assert price.certainty is (Certainty.INSIDE if price.probability >= 0.99 else likely)
            seen.add(price.certainty)
    assert seen == set(Certainty) - {Certainty.ON_BOUNDARY}


def test_what_is_likely_of_a_use_adds_up(asked: list[Asked]) -> None:
    for one in asked:
        chances = one.answer.chances
        assert list(chances) == [use.code for use in USES]
        for use, chance in chances.items():
            own = [price for price in one.answer.prices if price.use == use]
            near = [nearest.probability for nearest in one.answer.nearest if nearest.use == use]
            listed = {price.code: price.probability for price in own}
            listed |= {o.code: o.probability for price in own for o in price.alternatives}
            total = sum(listed.values()) + chance.none_probability
            if own:  # regions that overlap in some layouts add up to more
                assert total > 0.98, (use, listed, chance)
            assert all(share + chance.none_probability <= 1.002 for share in near)


def test_prices_are_ordered_by_probability_and_say_which_is_which(asked: list[Asked]) -> None:
    both = 0
    for one in asked:
        for use in USES:
            own = [price for price in one.answer.prices if price.use == use.code]
            shares = [price.probability for price in own]
            assert shares == sorted(shares, reverse=True)
            assert all(price.drawn or price.likeliest for price in own)
            none = one.answer.chances[use.code].none_probability
            if own and not own[0].drawn:
                assert own[0].likeliest
                assert own[0].probability > none
            both += len(own) > 1
            for price in own:
                others = [other.probability for other in price.alternatives]
                assert others == sorted(others, reverse=True)
                assert price.code not in {other.code for other in price.alternatives}
    assert both > 10


def test_a_price_range_holds_the_likeliest_prices(asked: list[Asked]) -> None:
    for one in asked:
        for price in one.answer.prices:
            chance = one.answer.chances[price.use]
            low, high = chance.ground_price_low_cny_m2, chance.ground_price_high_cny_m2
            assert low is not None
            assert high is not None
            if price.likeliest:
                assert low <= price.ground_price_cny_m2 <= high
            outside = sum(
                other.probability
                for other in price.alternatives
                if not low <= other.ground_price_cny_m2 <= high
            )
            assert outside <= 0.06


def test_bounds_are_those_of_the_region(asked: list[Asked], regions: dict[str, Region]) -> None:
    for one in asked:
        for price in one.answer.prices:
            region = regions[price.code]
            for side, name in region.record.bounds:
                bound = getattr(price.bounds, side)
                assert bound.line == name
                assert bound.accuracy_m == region.accuracy_m[side]
                exact_m = metric(region.side(side)).distance(one.place)
                assert math.isclose(bound.distance_m, exact_m, abs_tol=ROUNDING_M)


def test_nearest_is_the_nearest_of_its_use(
    asked: list[Asked], regions: dict[str, Region], exhaustive: Exhaustive
) -> None:
    seen = set()
    for one in asked:
        covered = {price.use for price in one.answer.prices}
        assert [near.use for near in one.answer.nearest] == [
            u.code for u in USES if u.code not in covered
        ]
        distances_m = exhaustive.distances_m(one.place)
        for near in one.answer.nearest:
            region = regions[near.code]
            assert region.use.code == near.use
            least_m = min(distances_m[r.code] for r in regions.values() if r.use.code == near.use)
            assert math.isclose(near.distance_m, least_m, abs_tol=ROUNDING_M)
            assert near.within_accuracy is (near.probability > 0)
            assert near.probability <= one.answer.chances[near.use].none_probability
            seen.add(near.within_accuracy)
    assert seen == {True, False}


@pytest.mark.parametrize("crs", SYSTEMS)
def test_every_region_is_found_from_every_crs(edition: LoadedEdition, crs: Crs) -> None:
    for region in edition.regions:
        point = region.polygon.representative_point()
        lon, lat = from_wgs84(lon=point.x, lat=point.y, crs=crs)
        answer = answer_at(edition, lon=lon, lat=lat, crs=crs, use=region.use)
        assert region.code in [price.code for price in answer.prices]


def with_regions(edition: LoadedEdition, regions: Sequence[Region]) -> LoadedEdition:
    """Return an edition of other regions."""
    parcels = replace(edition.parcels, regions=tuple(regions))
    return LoadedEdition.of(parcels)


def test_a_use_without_regions_has_no_nearest(edition: LoadedEdition) -> None:
    """Not every city publishes industrial land."""
    some = [region for region in edition.parcels.regions if region.use is not INDUSTRIAL]
    city = with_regions(edition, some)
    answer = answer_at(city, lon=0.0, lat=0.0)
    assert [near.use for near in answer.nearest] == ["commercial", "residential"]
    with pytest.raises(UnknownUseError, match="it must be commercial or residential"):
        answer_at(city, lon=0.0, lat=0.0, use=INDUSTRIAL)


def test_extent_holds_every_region_and_no_more(edition: LoadedEdition) -> None:
    bounds = np.array([region.polygon.bounds for region in edition.regions])
    expected = (*bounds[:, :2].min(axis=0), *bounds[:, 2:].max(axis=0))
    assert edition.extent == expected


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [
        (math.nan, 33.0, "not_finite"),
        (114.0, math.inf, "not_finite"),
        (181.0, 33.0, "out_of_range"),
        (32.9930, 114.0127, "lon_lat_swapped"),
    ],
)
def test_coordinates_that_cannot_be_answered(
    edition: LoadedEdition, lon: float, lat: float, code: str
) -> None:
    with pytest.raises(CoordinateError) as caught:
        answer_at(edition, lon=lon, lat=lat)
    assert caught.value.code == code


def test_swapped_only_means_swapped_where_it_would_help(edition: LoadedEdition) -> None:
    """A place whose mirror image lies outside the data is a place like any other."""
    west, south, east, north = edition.extent
    for lon, lat in ((south - 0.01, 89.0), (33.0, 45.0), (45.0, 33.0)):
        assert answer_at(edition, lon=lon, lat=lat).covered is False
    with pytest.raises(CoordinateError, match="must be from -90 to 90"):
        answer_at(edition, lon=33.0, lat=east + 0.01)
    with pytest.raises(CoordinateError) as caught:
        answer_at(edition, lon=north, lat=west)
    assert (caught.value.code, caught.value.field) == ("lon_lat_swapped", "lon")


def test_no_edition_on_the_day_before_the_first(edition: LoadedEdition) -> None:
    with pytest.raises(NoEditionError, match=r"2023-04-23.*2023-04-24"):
        answer_at(edition, lon=114.0, lat=33.0, as_of=date(2023, 4, 23))


def test_a_loaded_edition_knows_its_file(edition: LoadedEdition) -> None:
    content = Settings().parcels.read_bytes()
    assert edition.parcels.sha256 == hashlib.sha256(content).hexdigest()
    assert alone(edition).facts(edition).city == edition.parcels.edition.city
    assert len(edition.regions) == 66


def test_a_missing_or_damaged_file_is_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "parcels.geojson"
    with pytest.raises(ParcelsError, match=r"parcels\.geojson cannot be read.*landprice build"):
        LoadedEdition.read(path)
    path.write_bytes(Settings().parcels.read_bytes()[:-100])
    with pytest.raises(ParcelsError, match=r"parcels\.geojson is damaged"):
        LoadedEdition.read(path)
