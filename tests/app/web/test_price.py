"""GET /v1/price: the prices of a place, in every coordinate system."""

from __future__ import annotations

import itertools
import math
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import shapely

from geo.crs import Crs, from_wgs84, to_wgs84
from geo.editions.catalogue import today
from geo.model import COMMERCIAL, INDUSTRIAL
from tests.metric import SYSTEMS
from tests.uses import USE_CODES

if TYPE_CHECKING:
    from app.web.edition import LoadedEdition
    from geo.model import Region
    from tests.app.conftest import Ask, Refused

LON, LAT = 114.0127, 32.9930
OUTSIDE_LON, OUTSIDE_LAT = 113.80, 33.20
ROUNDING_M = 0.11  # two distances in answers, each rounded to 0.1 m
FAR_AWAY = [
    (24.0, 0.0),  # 90 degrees from the central meridian of the metric CRS
    (-156.0, 0.0),
    (-65.9873, -32.993),  # the antipode
    (180.0, 0.0),
    (-180.0, 0.0),
    (0.0, 90.0),
    (0.0, -90.0),
    (180.0, 90.0),
    (180.0, -90.0),
]


@pytest.fixture(scope="module")
def regions(edition: LoadedEdition) -> dict[str, Region]:
    return {region.code: region for region in edition.regions}


def codes(answer: dict[str, Any]) -> list[str]:
    return [price["code"] for price in answer["prices"]]


def middle(area: shapely.Geometry) -> tuple[float, float]:
    """Return a place well inside, WGS84."""
    place = area.representative_point()
    return place.x, place.y


def test_example_of_the_documentation(ask: Ask) -> None:
    answer = ask(lon=LON, lat=LAT)
    assert answer["query"] == {"lon": LON, "lat": LAT, "crs": "wgs84"}
    age_years = round((today() - date(2022, 1, 1)).days / 365.25, 1)
    assert answer["edition"] == {
        "id": "411700-2022",
        "city": "驻马店市",
        "valuation_date": "2022-01-01",
        "effective_from": "2023-04-24",
        "valid_to": None,
        "document": "驻政〔2023〕13号",
        "superseded_by": None,
        "valuation_age_years": age_years,
    }
    assert answer["covered"] is True
    commercial, residential = answer["prices"]
    published = {
        "code": "411700S50002",
        "use": "commercial",
        "use_name": "商服用地",
        "ground_price_cny_m2": 4415,
        "floor_price_cny_m2": 2208,
        "plot_ratio": 2.0,
        "tenure_years": 40,
        "right_type": "出让",
        "development": "七通一平",
        "standard_parcel": {
            "name": "鼎盛新城沿街商铺",
            "location": "正阳路与团结路交叉口西北角",
            "area_m2": 2234.06,
        },
    }
    assert published.items() <= commercial.items()
    assert {side: bound["line"] for side, bound in commercial["bounds"].items()} == {
        "east": "京广铁路",
        "west": "文明大道",
        "south": "雪松大道",
        "north": "置地大道",
    }
    published = {
        "code": "411700Z70007",
        "use": "residential",
        "use_name": "住宅用地",
        "ground_price_cny_m2": 5310,
        "plot_ratio": 3.2,
        "tenure_years": 70,
    }
    assert published.items() <= residential.items()
    assert [near["use"] for near in answer["nearest"]] == ["industrial"]


@pytest.mark.parametrize("crs", SYSTEMS)
def test_every_crs_gives_the_same_regions_for_a_place(
    ask: Ask, regions: dict[str, Region], crs: Crs
) -> None:
    places = [(LON, LAT), (OUTSIDE_LON, OUTSIDE_LAT)]
    places += [middle(region.polygon) for region in regions.values()]
    for lon, lat in places:
        expected = ask(lon=lon, lat=lat)
        crs_lon, crs_lat = from_wgs84(lon=lon, lat=lat, crs=crs)
        answer = ask(lon=crs_lon, lat=crs_lat, crs=crs.value)
        assert answer["query"] == {"lon": crs_lon, "lat": crs_lat, "crs": crs.value}
        assert codes(answer) == codes(expected)
        for kind, distance in (("prices", "distance_to_boundary_m"), ("nearest", "distance_m")):
            for one, other in zip(answer[kind], expected[kind], strict=True):
                assert one["code"] == other["code"]
                assert math.isclose(one[distance], other[distance], abs_tol=ROUNDING_M)


@pytest.mark.parametrize("crs", [Crs.GCJ02, Crs.BD09])
def test_a_shifted_crs_is_not_read_as_wgs84(ask: Ask, crs: Crs) -> None:
    """The example lies nearer to its west line than either of them shifts."""
    answer = ask(lon=LON, lat=LAT, crs=crs.value)
    lon, lat = to_wgs84(lon=LON, lat=LAT, crs=crs)
    assert codes(answer) == codes(ask(lon=lon, lat=lat))
    assert "411700S50002" not in codes(answer)


@pytest.mark.parametrize("crs", [Crs.EPSG_4526, Crs.EPSG_4547])
def test_corners_of_a_projected_crs(ask: Ask, crs: Crs) -> None:
    """All of a projected system's range can be asked for, its corners too."""
    zone_m = 38_000_000.0 if crs is Crs.EPSG_4526 else 0.0
    for easting_m, northing_m in itertools.product(
        (-500_000.0, 1_500_000.0), (1_000.0, 10_000_000.0)
    ):
        answer = ask(lon=zone_m + easting_m, lat=northing_m, crs=crs.value)
        assert answer["covered"] is False
        assert len(answer["nearest"]) == 3
        for near in answer["nearest"]:
            assert 3_000_000.0 < near["distance_m"] < 7_000_000.0
            assert near["within_accuracy"] is False


def test_crs_is_read_in_any_letter_case(ask: Ask) -> None:
    assert ask(lon=LON, lat=LAT, crs="WGS84") == ask(lon=LON, lat=LAT)
    assert ask(lon=LON, lat=LAT, crs="Gcj02") == ask(lon=LON, lat=LAT, crs="gcj02")
    easting_m, northing_m = from_wgs84(lon=LON, lat=LAT, crs=Crs.EPSG_4547)
    answer = ask(lon=easting_m, lat=northing_m, crs="EPSG:4547")
    assert answer["query"]["crs"] == "epsg:4547"
    assert codes(answer) == ["411700S50002", "411700Z70007"]


@pytest.mark.parametrize("use", USE_CODES)
def test_use_picks_from_the_whole_answer(ask: Ask, regions: dict[str, Region], use: str) -> None:
    counts = set()
    places = [(OUTSIDE_LON, OUTSIDE_LAT), *(middle(region.polygon) for region in regions.values())]
    for lon, lat in places:
        whole, part = ask(lon=lon, lat=lat), ask(lon=lon, lat=lat, use=use)
        for kind in ("prices", "nearest"):
            assert part[kind] == [found for found in whole[kind] if found["use"] == use]
        assert part["covered"] is bool(part["prices"])
        assert (part["query"], part["edition"]) == (whole["query"], whole["edition"])
        counts.add((len(part["prices"]), len(part["nearest"])))
    assert {(0, 1), (1, 0), (2, 0)} <= counts


@pytest.mark.parametrize("as_of", ["0001-01-01", "2022-01-01", "2023-04-23"])
def test_as_of_a_day_before_the_date_of_force(refused: Refused, as_of: str) -> None:
    """The valuation date is no date of force."""
    query = {"lon": str(LON), "lat": str(LAT), "as_of": as_of}
    problem = refused("/v1/price", query, status=404)
    assert (problem.code, problem.field) == ("no_edition", "as_of")
    assert as_of in problem.message
    assert "2023-04-24" in problem.message


@pytest.mark.parametrize("as_of", ["2023-04-24", "2023-04-25", "2024-12-31", "9999-12-31"])
def test_as_of_a_day_on_or_after_the_date_of_force(ask: Ask, as_of: str) -> None:
    then, now = ask(lon=LON, lat=LAT, as_of=as_of), ask(lon=LON, lat=LAT)
    days = date.fromisoformat(as_of) - date(2022, 1, 1)
    assert then["edition"].pop("valuation_age_years") == round(days.days / 365.25, 1)
    del now["edition"]["valuation_age_years"]
    assert then == now


def test_order_of_prices(ask: Ask, regions: dict[str, Region]) -> None:
    """Commercial, residential, industrial; then by code."""
    held = {"411700S50020", "411700Z70024", "411700G60004"}
    lon, lat = middle(shapely.intersection_all([regions[code].polygon for code in held]))
    answer = ask(lon=lon, lat=lat)
    assert [price["use"] for price in answer["prices"]] == [
        "commercial",
        "residential",
        "industrial",
    ]
    assert codes(answer) == ["411700S50020", "411700Z70024", "411700G60004"]
    assert answer["nearest"] == []


def test_both_regions_that_overlap_by_the_gazettes_text_are_listed(
    ask: Ask, regions: dict[str, Region]
) -> None:
    pair = ["411700S50011", "411700S50020"]
    lon, lat = middle(shapely.intersection_all([regions[code].polygon for code in pair]))
    answer = ask(lon=lon, lat=lat, use="commercial")
    drawn = [price for price in answer["prices"] if price["drawn"]]
    assert sorted(price["code"] for price in drawn) == pair
    for price in drawn:
        others = {alternative["code"] for alternative in price["alternatives"]}
        assert set(pair) - {price["code"]} <= others
        assert all(regions[code].use is COMMERCIAL for code in others)


def test_industrial_land_has_no_floor_price(ask: Ask, regions: dict[str, Region]) -> None:
    industrial = [region for region in regions.values() if region.use is INDUSTRIAL]
    assert len(industrial) == 12
    for region in industrial:
        lon, lat = middle(region.polygon)
        prices = ask(lon=lon, lat=lat, use="industrial")["prices"]
        [price] = [price for price in prices if price["drawn"]]
        assert price["code"] == region.code
        assert price["ground_price_cny_m2"] == region.record.ground_price_cny_m2
        assert price["floor_price_cny_m2"] is None
        assert price["tenure_years"] == 50
        for alternative in price["alternatives"]:
            assert alternative["floor_price_cny_m2"] is None


def test_a_vertex_is_on_the_boundary_of_its_region(ask: Ask, regions: dict[str, Region]) -> None:
    for region in regions.values():
        ring = shapely.get_coordinates(region.polygon.exterior)
        for lon, lat in ring[list(region.corners)].tolist():
            prices = ask(lon=lon, lat=lat, use=region.use.code)["prices"]
            [price] = [price for price in prices if price["code"] == region.code]
            assert price["certainty"] == "on_boundary"
            assert price["distance_to_boundary_m"] == 0.0


def test_regions_that_share_an_edge_are_both_on_the_boundary(
    ask: Ask, regions: dict[str, Region]
) -> None:
    pair = ["411700S50001", "411700S50002"]
    south, north = (shapely.get_coordinates(regions[code].polygon).tolist() for code in pair)
    shared = [(lon, lat) for lon, lat in south if [lon, lat] in north]
    assert len(shared) >= 2
    for lon, lat in shared:
        prices = {price["code"]: price for price in ask(lon=lon, lat=lat)["prices"]}
        assert set(pair) <= prices.keys()
        for code in pair:
            assert prices[code]["certainty"] == "on_boundary"
            others = {alternative["code"] for alternative in prices[code]["alternatives"]}
            assert set(pair) - {code} <= others
        assert prices[pair[0]]["bounds"]["north"]["distance_m"] == 0.0
        assert prices[pair[1]]["bounds"]["south"]["distance_m"] == 0.0


def test_a_point_that_no_region_holds(ask: Ask, regions: dict[str, Region]) -> None:
    answer = ask(lon=OUTSIDE_LON, lat=OUTSIDE_LAT)
    assert (answer["covered"], answer["prices"]) == (False, [])
    assert [near["use"] for near in answer["nearest"]] == [
        "commercial",
        "residential",
        "industrial",
    ]
    for near in answer["nearest"]:
        assert regions[near["code"]].use.code == near["use"]
        assert 10_000.0 < near["distance_m"] < 50_000.0
        assert near["within_accuracy"] is False


@pytest.mark.parametrize("use", USE_CODES)
def test_nearest_of_one_use(ask: Ask, use: str) -> None:
    [near] = ask(lon=OUTSIDE_LON, lat=OUTSIDE_LAT, use=use)["nearest"]
    whole = ask(lon=OUTSIDE_LON, lat=OUTSIDE_LAT)["nearest"]
    assert near == whole[USE_CODES.index(use)]


def test_a_point_just_off_a_region_is_within_its_accuracy(
    ask: Ask, regions: dict[str, Region]
) -> None:
    """Some 30 m west of the westernmost edge, where the lines are less accurate than that."""
    region = min(regions.values(), key=lambda region: (region.polygon.bounds[0], region.code))
    ring = shapely.get_coordinates(region.polygon.exterior)
    lon, lat = ring[ring[:, 0].argmin()].tolist()
    answer = ask(lon=lon - 0.0003, lat=lat, use=region.use.code)
    [near] = answer["nearest"] or answer["prices"]
    assert near["code"] == region.code
    assert 0.0 < near["probability"] < 1.0
    assert answer["covered"] is (not answer["nearest"])


@pytest.mark.parametrize(("lon", "lat"), FAR_AWAY)
@pytest.mark.parametrize("crs", [Crs.WGS84, Crs.GCJ02, Crs.BD09])
def test_far_away(ask: Ask, crs: Crs, lon: float, lat: float) -> None:
    answer = ask(lon=lon, lat=lat, crs=crs.value)
    assert answer["query"] == {"lon": lon, "lat": lat, "crs": crs.value}
    assert answer["covered"] is False
    assert len(answer["nearest"]) == 3
    for near in answer["nearest"]:
        assert 5_000_000.0 < near["distance_m"] < 20_010_000.0
        assert near["within_accuracy"] is False


def test_distance_goes_on_smoothly_where_the_metric_crs_ends(ask: Ask) -> None:
    """Far from its central meridian a plane system distorts; no caller sees where it is left."""
    lons = [116.8 + 0.01 * step for step in range(100)]  # 260 to 350 km east of the regions
    answers = [ask(lon=lon, lat=33.0)["nearest"] for lon in lons]
    for before, after in itertools.pairwise(answers):
        for near, farther in zip(before, after, strict=True):
            assert 934.0 - 300.0 < farther["distance_m"] - near["distance_m"] < 934.0 + 300.0
    assert all(near["distance_m"] < 300_000.0 for near in answers[0])
    assert all(near["distance_m"] > 300_000.0 for near in answers[-1])
