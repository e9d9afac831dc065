"""GET /v1/regions and /v1/regions/{code}: the shipped regions as GeoJSON."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import geopandas
import pytest
import shapely

from tests.uses import USE_CODES

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from app.web.edition import LoadedEdition
    from tests.app.conftest import Refused

COUNTS = {"commercial": 27, "residential": 27, "industrial": 12}
GEOJSON = "application/geo+json"


def by_code(collection: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = {feature["id"]: feature for feature in collection["features"]}
    assert len(found) == len(collection["features"])
    return found


def test_all_regions_are_those_of_the_file(
    client: TestClient, shipped: dict[str, Any], edition_facts: dict[str, Any]
) -> None:
    response = client.get("/v1/regions")
    assert response.status_code == 200
    assert response.headers["content-type"] == GEOJSON
    collection = response.json()
    assert set(collection) == {"type", "edition", "attribution", "features"}
    assert collection["type"] == "FeatureCollection"
    assert collection["edition"] == edition_facts
    assert collection["attribution"] == shipped["attribution"]
    served, expected = by_code(collection), by_code(shipped)
    assert served.keys() == expected.keys()
    assert len(served) == 66
    for code, feature in served.items():
        assert set(feature) == {"type", "id", "properties", "geometry"}
        assert feature["type"] == "Feature"
        assert feature["properties"] == expected[code]["properties"]
        assert feature["geometry"] == expected[code]["geometry"]


def test_one_region_says_what_would_make_it_certain(
    client: TestClient, edition: LoadedEdition
) -> None:
    region = client.get("/v1/regions/411700S50001").json()
    [found] = [one for one in edition.regions if one.code == "411700S50001"]
    observe = region["observe"]
    assert set(observe) == {"lines", "lon", "lat", "radius_m", "settled"}
    assert set(observe["lines"]) & {line for _, line in found.record.bounds}
    place = shapely.Point(observe["lon"], observe["lat"])
    assert found.polygon.distance(place) < 0.02
    assert 0 < observe["settled"] <= 1
    assert observe["radius_m"] > 50
    assert client.get("/v1/regions/411700S50001").json() == region


def test_regions_come_in_the_order_of_answers(client: TestClient) -> None:
    features = client.get("/v1/regions").json()["features"]
    keys = [(USE_CODES.index(feature["properties"]["use"]), feature["id"]) for feature in features]
    assert keys == sorted(keys)


def test_a_gis_reads_the_answer(client: TestClient, edition: LoadedEdition) -> None:
    frame = geopandas.read_file(BytesIO(client.get("/v1/regions").content))
    assert len(frame) == 66
    assert frame.crs.to_epsg() == 4326
    assert frame.set_index("code").loc["411700S50002", "ground_price_cny_m2"] == 4415
    polygons = dict(zip(frame["code"], frame.geometry, strict=True))
    for region in edition.regions:
        assert shapely.equals_exact(polygons[region.code], region.polygon)


@pytest.mark.parametrize("use", USE_CODES)
def test_regions_of_one_use(client: TestClient, use: str) -> None:
    every = client.get("/v1/regions").json()["features"]
    some = client.get("/v1/regions", params={"use": use})
    assert some.headers["content-type"] == GEOJSON
    assert len(some.json()["features"]) == COUNTS[use]
    assert some.json()["features"] == [f for f in every if f["properties"]["use"] == use]


def test_every_region_by_its_code(client: TestClient) -> None:
    for feature in client.get("/v1/regions").json()["features"]:
        response = client.get(f"/v1/regions/{feature['id']}")
        assert response.status_code == 200
        assert response.headers["content-type"] == GEOJSON
        region = response.json()
        assert region.pop("observe").keys() == {"lines", "lon", "lat", "radius_m", "settled"}
        assert region == feature


@pytest.mark.parametrize("code", ["411700S59999", "411700s50002", "驻马店", "x" * 500])
def test_a_code_that_the_edition_does_not_have(refused: Refused, code: str) -> None:
    problem = refused(f"/v1/regions/{code}", {}, status=404)
    assert (problem.code, problem.field) == ("unknown_region", "code")
    assert code[:40] in problem.message
    assert len(problem.message) < 120


@pytest.mark.parametrize(
    "path", ["/v1/regions", "/v1/regions?use=industrial", "/v1/regions/411700S50002"]
)
def test_what_was_kept_is_not_sent_again(client: TestClient, path: str) -> None:
    first = client.get(path)
    assert first.headers["cache-control"] == "public, max-age=300"
    again = client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    changed = client.get(path, headers={"if-none-match": '"other"'})
    assert (changed.status_code, changed.content) == (200, first.content)


def test_a_region_that_is_not_there_was_not_kept(client: TestClient) -> None:
    tag = client.get("/v1/regions").headers["etag"]
    assert client.get("/v1/regions/none", headers={"if-none-match": tag}).status_code == 404
