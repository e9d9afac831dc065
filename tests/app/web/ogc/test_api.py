"""The OGC API as its standards have it; what clients make of it is in test_ogc_clients."""

from __future__ import annotations

import logging
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

import httpx2
import pyproj
import pytest
import shapely
from starlette.testclient import TestClient

from app.settings import Settings
from app.web.app import create_app
from app.web.ogc.crs import CRS84, served_crs
from geo.crs import Crs, from_wgs84
from geo.parcels import flat_properties
from tests.app.conftest import strict_json
from tests.metric import METRIC
from tests.processes import WAIT_S, run_script, serving
from tests.uses import USES

if TYPE_CHECKING:
    from pathlib import Path

    from app.web.edition import LoadedEdition
    from tests.app.conftest import CityFolder, Invoke

# pygeoapi 0.21 dates its answers by a function that Python 3.12 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")

COLLECTIONS: Final = (
    "commercial",
    "residential",
    "industrial",
    "boundary_lines",
    "likely_areas",
)
EPSG: Final = "http://www.opengis.net/def/crs/EPSG/0/"
CODE: Final = "411700S50002"
LINE: Final = "京广铁路"
DOCUMENTS: Final = (
    "/ogc",
    "/ogc/",
    "/ogc/conformance",
    "/ogc/openapi",
    "/ogc/TileMatrixSets",
    "/ogc/TileMatrixSets/WebMercatorQuad",
    "/ogc/collections",
    *(
        f"/ogc/collections/{name}{rest}"
        for name in COLLECTIONS
        for rest in (
            "",
            "/schema",
            "/queryables",
            "/items",
            "/tiles",
            "/tiles/WebMercatorQuad",
            "/tiles/WebMercatorQuad/metadata",
        )
    ),
    "/ogc/collections/commercial/items?limit=5&offset=5&bound_east=" + quote(LINE),
    f"/ogc/collections/commercial/items/{CODE}",
    f"/ogc/collections/boundary_lines/items/{quote(LINE)}",
)


def read(client: TestClient, path: str, **params: str) -> dict[str, Any]:
    response = client.get(path, params=params or None)
    assert response.status_code == 200, response.text
    document: dict[str, Any] = strict_json(response.text)
    return document


def items(
    client: TestClient, collection: str = "commercial", **params: str
) -> list[dict[str, Any]]:
    """Ask for items of a collection; underscores stand for hyphens in these names."""
    named = {name.replace("_crs", "-crs"): value for name, value in params.items()}
    found = read(client, f"/ogc/collections/{collection}/items", **named)
    features: list[dict[str, Any]] = found["features"]
    assert found["numberReturned"] == len(features) <= found["numberMatched"]
    return features


def refusal(client: TestClient, path: str, *, status: int, **params: str) -> str:
    """Check that a request is refused as OGC APIs refuse, and return what its author is told."""
    named = {name.replace("_", "-"): value for name, value in params.items()}
    response = client.get(path, params=named or None)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = strict_json(response.text)
    assert {"code", "description"} <= set(body)
    told: str = body["description"]
    return told


def links_of(document: object) -> list[dict[str, str]]:
    """Return all links of a document, at whatever depth."""
    if isinstance(document, list):
        return [link for part in document for link in links_of(part)]
    if not isinstance(document, dict):
        return []
    own = [document] if isinstance(document.get("href"), str) else []
    return own + [link for part in document.values() for link in links_of(part)]


def codes(features: list[dict[str, Any]]) -> list[str]:
    return [feature["id"] for feature in features]


def test_every_link_of_every_document_leads_somewhere(client: TestClient) -> None:
    followed = set()
    for path in DOCUMENTS:
        found = links_of(read(client, path))
        assert found or "schema" in path or "queryables" in path or "Quad" in path or len(path) < 18
        for link in found:
            assert set(link) >= {"rel", "href", "type"}, path
            link["href"].encode("ascii")  # a URL, not an IRI
            if "{" not in link["href"] and link["rel"] != "license":
                followed.add((link["href"], link["type"]))
    for href, media_type in followed:
        assert href.startswith("http://testserver/")
        answer = client.get(href)
        assert answer.status_code == 200, href
        assert answer.headers["content-type"].partition(";")[0] == media_type.partition(";")[0]


def test_documents_do_not_depend_on_the_slash(client: TestClient) -> None:
    assert client.get("/ogc", follow_redirects=False).text == client.get("/ogc/").text


def test_every_conformance_class_is_one_that_is_met(client: TestClient) -> None:
    """Those of HTML and of writing, which pygeoapi always declares, are not."""
    declared = read(client, "/ogc/conformance")["conformsTo"]
    classes = {uri.removeprefix("http://www.opengis.net/spec/") for uri in declared}
    assert len(classes) == len(declared)
    tested = {
        "ogcapi-common-1/1.0/conf/core",
        "ogcapi-common-1/1.0/conf/json",
        "ogcapi-common-1/1.0/conf/landing-page",
        "ogcapi-common-1/1.0/conf/oas30",
        "ogcapi-common-2/1.0/conf/collections",
        "ogcapi-features-1/1.0/conf/core",
        "ogcapi-features-1/1.0/conf/geojson",
        "ogcapi-features-1/1.0/conf/oas30",
        "ogcapi-features-2/1.0/conf/crs",
        "ogcapi-features-3/1.0/conf/features-filter",
        "ogcapi-features-3/1.0/conf/filter",
        "ogcapi-features-3/1.0/conf/queryables",
        "ogcapi-features-3/1.0/conf/queryables-query-parameters",
        "ogcapi-features-5/1.0/conf/core-roles-features",
        "ogcapi-features-5/1.0/conf/schemas",
        "ogcapi-tiles-1/1.0/conf/core",
        "ogcapi-tiles-1/1.0/conf/geodata-tilesets",
        "ogcapi-tiles-1/1.0/conf/mvt",
        "ogcapi-tiles-1/1.0/conf/oas30",
        "ogcapi-tiles-1/1.0/conf/tileset",
        "ogcapi-tiles-1/1.0/conf/tilesets-list",
        "cql2/1.0/conf/advanced-comparison-operators",
        "cql2/1.0/conf/basic-cql2",
        "cql2/1.0/conf/basic-spatial-functions",
        "cql2/1.0/conf/basic-spatial-functions-plus",
        "cql2/1.0/conf/case-insensitive-comparison",
        "cql2/1.0/conf/cql2-json",
        "cql2/1.0/conf/cql2-text",
        "cql2/1.0/conf/property-property",
        "cql2/1.0/conf/spatial-functions",
    }
    assert classes == tested


def test_the_landing_page_links_what_the_standard_asks_for(client: TestClient) -> None:
    page = read(client, "/ogc")
    relations = {link["rel"] for link in page["links"]}
    assert relations >= {"self", "service-desc", "conformance", "data"}
    assert page["title"]
    assert "推断" in page["description"]  # that geometry may be inferred


def test_words_in_both_languages(client: TestClient, edition: LoadedEdition) -> None:
    for path in ("/ogc", *(f"/ogc/collections/{name}" for name in COLLECTIONS)):
        zh, en = (
            client.get(path, headers={"accept-language": lang})
            for lang in ("zh-CN,zh;q=0.9,en;q=0.8", "en-GB,en;q=0.9")
        )
        assert zh.headers["content-language"] == "zh"
        assert en.headers["content-language"] == "en"
        assert zh.json() == client.get(path).json()
        assert en.json()["links"] == client.get(path, params={"lang": "en"}).json()["links"]
        told = en.json()["description"]
        assert "inferred" in told
        assert edition.parcels.attribution in told
        assert edition.parcels.attribution in zh.json()["description"]
        if path != "/ogc":
            assert set(zh.json()["keywords"]) != set(en.json()["keywords"])
            [licence] = [link for link in en.json()["links"] if link["rel"] == "license"]
            assert licence["href"] == "https://opendatacommons.org/licenses/odbl/1-0/"


@pytest.mark.parametrize("language", ["de;q=0", "en;q=.", "xx-!!,*", "en;q=0.1,zh;q=0.2"])
def test_odd_languages_are_no_failure(client: TestClient, language: str) -> None:
    answer = client.get("/ogc", headers={"accept-language": language})
    assert (answer.status_code, answer.headers["content-language"]) == (200, "zh")


@pytest.mark.slow
def test_the_api_description(client: TestClient) -> None:
    from pygeoapi.openapi import (  # type: ignore[import-untyped]  # noqa: PLC0415
        validate_openapi_document,
    )

    answer = client.get("/ogc/openapi")
    assert answer.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.0"
    described = strict_json(answer.text)
    assert validate_openapi_document(described)
    assert described["servers"] == [{"url": "http://testserver/ogc"}]
    for path, operations in described["paths"].items():
        assert set(operations) == {"get"}, path  # nothing changes data
        place = path.replace("{featureId}", "x").replace("{tileMatrixSetId}", "WebMercatorQuad")
        place = re.sub(r"\{\w+\}", "0", place)
        assert client.get(f"/ogc{place}").status_code in {200, 204} or "featureId" in path
    limits = [
        parameter["schema"]
        for parameter in described["paths"]["/collections/commercial/items"]["get"]["parameters"]
        if parameter.get("name") == "limit"
    ]
    assert [(limit["default"], limit["maximum"]) for limit in limits] == [(100, 1000)]


def test_a_browser_gets_a_page(client: TestClient) -> None:
    accept = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    for path in DOCUMENTS:
        answer = client.get(path, headers=accept)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.headers["vary"] == "accept"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert not re.search(r"<script|\sstyle=", answer.text)
        separator = "&" if "?" in path else "?"
        plain = client.get(f"{path}{separator}f=json", headers=accept)
        assert "json" in plain.headers["content-type"]
    items = client.get("/ogc/collections/commercial/items", headers=accept).text
    assert "Ground price, yuan/m² 地面单价" in items
    assert "<td>411700S50001</td>" in items
    missing = client.get("/ogc/collections/none", headers=accept)
    assert missing.status_code == 404
    assert "Collection not found" in missing.text


def test_a_style_for_its_tiles(client: TestClient) -> None:
    style = client.get("/ogc/style.json").json()
    assert style["version"] == 8
    for source in style["sources"].values():
        [url] = source["tiles"]
        tile = url.format(z=12, y=1650, x=3344)
        answer = client.get(tile.removeprefix("http://testserver"))
        assert answer.status_code in {200, 204}
        assert source["attribution"] == "© OpenStreetMap contributors, ODbL 1.0"
    shown = [one["id"] for one in style["layers"] if one["layout"].get("visibility") != "none"]
    assert shown == ["commercial", "commercial_outline", "lines_0", "lines_1", "lines_2"]
    [fill] = [one for one in style["layers"] if one["id"] == "commercial"]
    step, value, lowest, *rest = fill["paint"]["fill-color"]
    assert (step, value) == ("step", ["get", "ground_price_cny_m2"])
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in (lowest, *rest[1::2]))
    assert rest[::2] == sorted(rest[::2])


def test_fields_have_titles_in_both_languages(client: TestClient) -> None:
    for kind in ("queryables", "schema"):
        document = client.get(f"/ogc/collections/commercial/{kind}").json()
        title = document["properties"]["ground_price_cny_m2"]["title"]
        assert title == "Ground price, yuan/m² 地面单价（元/平方米）"


@pytest.mark.parametrize("path", ["/ogc", "/ogc/collections", "/ogc/collections/commercial/items"])
@pytest.mark.parametrize("form", ["html", "jsonld", "csv", "mvt", "nonsense"])
def test_other_formats_are_refused(client: TestClient, path: str, form: str) -> None:
    assert refusal(client, path, status=400, f=form) == "f must be json."


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "path",
    [
        "/ogc",
        "/ogc/collections",
        "/ogc/collections/commercial",
        "/ogc/collections/commercial/items",
        f"/ogc/collections/commercial/items/{CODE}",
    ],
)
def test_nothing_changes_data(client: TestClient, path: str, method: str) -> None:
    answer = client.request(method, path, json={"type": "Feature"})
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}
    assert strict_json(answer.text)["code"] == "NoApplicableCode"


@pytest.mark.parametrize(
    "path",
    ["processes", "jobs", "stac", "admin/config", "static/x", "openapi/", "collections/"]
    + [f"collections/commercial/{part}" for part in ("coverage", "map", "position", "cube")],
)
def test_no_other_part_of_pygeoapi_is_there(client: TestClient, path: str) -> None:
    refusal(client, f"/ogc/{path}", status=404)


def test_what_is_not_there(client: TestClient) -> None:
    one = "/ogc/collections/nowhere"
    for rest in ("", "/schema", "/queryables", "/items", "/items/x", "/tiles"):
        assert refusal(client, one + rest, status=404) == "Collection not found"
    told = refusal(client, "/ogc/collections/commercial/items/411700S59999", status=404)
    assert told == "There is no item '411700S59999'."


def test_tiles_that_are_not_there(client: TestClient) -> None:
    one = "/ogc/collections/commercial/tiles"
    told = refusal(client, f"{one}/WorldCRS84Quad/12/0/0", status=404)
    assert told == "There is no tile matrix set 'WorldCRS84Quad'."
    assert refusal(client, f"{one}/WorldCRS84Quad", status=404) == told
    told = refusal(client, f"{one}/WebMercatorQuad/12/4096/0", status=404)
    assert told == "There is no tile 12/4096/0."
    nothing = client.get(f"{one}/WebMercatorQuad/12/0/0")
    assert (nothing.status_code, nothing.content) == (204, b"")


def test_all_regions_with_all_properties(client: TestClient, shipped: dict[str, Any]) -> None:
    for use in USES:
        wanted = [one for one in shipped["features"] if one["properties"]["use"] == use.code]
        features = items(client, use.code)
        assert features == [
            {name: one[name] for name in ("type", "id", "properties", "geometry")} for one in wanted
        ]
        for one in features[:3]:
            alone = read(client, f"/ogc/collections/{use}/items/{one['id']}")
            del alone["links"]
            assert alone == one


def test_boundary_lines(client: TestClient, edition: LoadedEdition) -> None:
    features = items(client, "boundary_lines")
    spellings = edition.parcels.spellings
    bounds = {
        spellings.get(name, name)
        for region in edition.parcels.regions
        for _, name in region.record.bounds
    }
    assert {one["properties"]["name"] for one in features} == bounds == set(codes(features))
    assert all(set(one["properties"]) == {"name", "kind", "accuracy_m"} for one in features)
    assert {one["geometry"]["type"] for one in features} == {"MultiLineString"}


def test_schema_and_queryables(client: TestClient, edition: LoadedEdition) -> None:
    names = set(flat_properties(edition.parcels.regions[0]))
    for use in USES:
        for part in ("schema", "queryables"):
            answer = client.get(f"/ogc/collections/{use}/{part}")
            assert answer.headers["content-type"] == "application/schema+json"
            properties = answer.json()["properties"]
            assert set(properties) == names | {"geometry"}
            assert properties["code"]["x-ogc-role"] == "id"
            assert properties["floor_price_cny_m2"]["type"] == "integer"
            assert properties["plot_ratio"]["type"] == "number"
            assert properties["bound_east"]["type"] == "string"


def test_pages_follow_each_other(client: TestClient) -> None:
    for limit, pages in ((5, 6), (9, 3), (27, 1), (100, 1)):
        found, visited = [], 0
        url: str | None = f"/ogc/collections/commercial/items?limit={limit}"
        while url:
            page = read(client, url)
            found += codes(page["features"])
            visited += 1
            url = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
        assert visited == pages
        assert found == codes(items(client))
    assert len(items(client, limit="1000000")) == 27
    assert items(client, offset="27") == []
    hits = read(client, "/ogc/collections/commercial/items", resulttype="hits")
    assert (hits["numberMatched"], hits["features"]) == (27, [])


def test_next_pages_keep_every_condition(client: TestClient) -> None:
    asked = {
        "limit": "2",
        "filter": f"bound_east = '{LINE}' OR bound_west = '{LINE}'",
        "filter-lang": "cql2-text",
        "sortby": "-ground_price_cny_m2",
        "crs": EPSG + "4547",
        "bbox": "3600000,490000,3700000,510000",
        "bbox-crs": EPSG + "4547",
    }
    everything = items(client, **{**asked, "limit": "100"})
    assert len(everything) > 4
    url: str | None = "/ogc/collections/commercial/items?" + str(httpx2.QueryParams(asked))
    found = []
    while url:
        page = read(client, url)
        found += page["features"]
        url = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
    assert found == everything


def test_sorting_and_choosing(client: TestClient) -> None:
    prices = [one["properties"]["ground_price_cny_m2"] for one in items(client)]
    key = "ground_price_cny_m2"
    up, down = items(client, sortby=key), items(client, sortby=f"-{key}")
    assert [one["properties"][key] for one in up] == sorted(prices)
    assert [one["properties"][key] for one in down] == sorted(prices, reverse=True)
    both = items(client, sortby=f"plot_ratio,-{key}")
    order = [(one["properties"]["plot_ratio"], -one["properties"][key]) for one in both]
    assert order == sorted(order)
    assert len(items(client, "industrial", sortby="floor_price_cny_m2")) == 12  # all null
    [one] = items(client, limit="1", properties="use,code", skipGeometry="true")
    assert one["properties"] == {"use": "commercial", "code": "411700S50001"}
    assert one["geometry"] is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ground_price_cny_m2", "4415"),
        ("ground_price_cny_m2", "4415.0"),
        ("plot_ratio", "2"),
        ("bound_east", LINE),
        ("use_name", "商服用地"),
        ("placement", "free"),
        ("standard_parcel", "没有"),
    ],
)
def test_values_of_properties(client: TestClient, name: str, value: str) -> None:
    def same(found: object) -> bool:
        return found == value if isinstance(found, str) else found == float(value)

    everything = items(client)
    wanted = [one for one in everything if same(one["properties"][name])]
    assert items(client, **{name: value}) == wanted
    both = [one for one in wanted if one["properties"]["placement"] == "tied"]
    if name != "placement":
        assert items(client, **{name: value, "placement": "tied"}) == both


@pytest.mark.parametrize("crs", served_crs(METRIC))
def test_coordinates_stand_in_the_declared_order(client: TestClient, crs: str) -> None:
    """Against pyproj, which is told to keep to the order that each system declares."""
    declared = pyproj.CRS.from_user_input(crs).axis_info
    assert [axis.direction for axis in declared] == (
        ["east", "north"] if crs == CRS84 else ["north", "east"]
    )
    plain = items(client)
    transformer = pyproj.Transformer.from_crs(CRS84, crs)
    answer = client.get("/ogc/collections/commercial/items", params={"crs": crs})
    assert answer.headers["content-crs"] == f"<{crs}>"
    one = client.get(f"/ogc/collections/commercial/items/{CODE}", params={"crs": crs})
    assert one.headers["content-crs"] == f"<{crs}>"
    features = answer.json()["features"]
    assert one.json()["geometry"] in [feature["geometry"] for feature in features]
    tolerance = 0.001 if crs.endswith(("4547", "4526")) else 1e-8  # metres or degrees
    for before, after in zip(plain, features, strict=True):
        for (lon, lat), (first, second) in zip(
            before["geometry"]["coordinates"][0], after["geometry"]["coordinates"][0], strict=True
        ):
            wanted = transformer.transform(lon, lat)
            assert (first, second) == pytest.approx(wanted, abs=tolerance, rel=0)


def test_a_known_corner(client: TestClient, edition: LoadedEdition) -> None:
    """Its numbers are told apart by their sizes: nothing can be swapped."""
    [region] = [one for one in edition.parcels.regions if one.code == CODE]
    lon, lat = region.polygon.exterior.coords[0]
    assert 113 < lon < 115
    assert 32 < lat < 34
    easting, northing = from_wgs84(lon=lon, lat=lat, crs=Crs.EPSG_4547)
    assert 480_000 < easting < 520_000
    assert 3_600_000 < northing < 3_700_000
    for crs, corner in (
        (CRS84, [lon, lat]),
        (EPSG + "4326", [lat, lon]),
        (EPSG + "4490", [lat, lon]),
        (EPSG + "4547", [northing, easting]),
        (EPSG + "4526", [northing, easting + 38_000_000]),
    ):
        one = read(client, f"/ogc/collections/commercial/items/{CODE}", crs=crs)
        found = one["geometry"]["coordinates"][0][0]
        assert found == pytest.approx(corner, rel=1e-12)
        little = 1e-4 if corner[0] > 180 else 1e-9
        around = [value + step for step in (-little, little) for value in corner]
        bbox = ",".join(map(repr, around))
        near = codes(items(client, bbox=bbox, bbox_crs=crs))
        assert CODE in near
        assert len(near) <= 4  # those that meet in the corner
        swapped = ",".join(map(repr, [around[1], around[0], around[3], around[2]]))
        answer = client.get(
            "/ogc/collections/commercial/items", params={"bbox": swapped, "bbox-crs": crs}
        )
        assert answer.status_code == 400 or answer.json()["features"] == []


@pytest.mark.parametrize("crs", served_crs(METRIC))
def test_bboxes_select_what_meets_them(client: TestClient, crs: str) -> None:
    """Against the box drawn on the features as they are in that system."""
    features = items(client, crs=crs)
    shapes = [shapely.geometry.shape(feature["geometry"]) for feature in features]
    left, low, right, high = shapely.total_bounds(shapes)
    for i in range(4):
        for j in range(4):
            box = (
                left + (right - left) * i / 4,
                low + (high - low) * j / 4,
                left + (right - left) * (i + 1) / 4,
                low + (high - low) * (j + 1) / 4,
            )
            wanted = [
                feature["id"]
                for feature, shape in zip(features, shapes, strict=True)
                if shape.intersects(shapely.box(*box))
            ]
            bbox = ",".join(repr(float(edge)) for edge in box)
            assert codes(items(client, bbox=bbox, bbox_crs=crs)) == wanted
            with_heights = ",".join(repr(float(edge)) for edge in (*box[:2], 0.0, *box[2:], 100.0))
            assert codes(items(client, bbox=with_heights, bbox_crs=crs)) == wanted


def test_a_bbox_in_degrees_is_the_default(client: TestClient) -> None:
    inside = "114.0127,32.993,114.0128,32.9931"
    assert codes(items(client, bbox=inside)) == [CODE]
    assert codes(items(client, bbox=inside, bbox_crs=CRS84)) == [CODE]
    assert items(client, bbox="170,-10,-170,10") == []  # across the antimeridian
    assert len(items(client, bbox="100,-90,-170,90")) == 27
    assert len(items(client, bbox="170,-90,120,90")) == 27


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"crs": EPSG + "3857"}, "not supported"),
        ({"crs": "4547"}, "not supported"),
        ({"bbox": "1,2,3"}, "4 values"),
        ({"bbox": "1,2,3,x"}, "must be numbers"),
        ({"bbox": "nan,nan,nan,nan"}, "finite"),
        ({"bbox": "1,2,inf,4"}, "finite"),
        ({"bbox": "1,4,3,2"}, "miny"),
        ({"bbox": "1,2,3", "bbox_crs": EPSG + "4547"}, "4 values"),
        ({"bbox": "nan,2,3,4", "bbox_crs": EPSG + "4547"}, "finite"),
        ({"bbox": "1,2,3,4", "bbox_crs": EPSG + "3857"}, "not supported"),
        ({"bbox_crs": EPSG + "4547"}, "without bbox"),
        ({"limit": "0"}, "strictly positive"),
        ({"limit": "x"}, "integer"),
        ({"offset": "-1"}, "positive"),
        ({"sortby": "price"}, "bad sort property"),
        ({"properties": "price"}, "unknown properties"),
        ({"price": "1"}, "no parameter 'price'"),
        ({"q": "x"}, "no parameter 'q'"),
        ({"plot_ratio": "x"}, "must be a number"),
        ({"datetime": "yesterday"}, "RFC 3339"),
        ({"filter": "bound_east ="}, "not cql2-text"),
        ({"filter": "5", "filter_lang": "cql2-json"}, "not a condition"),
        ({"filter": '{"op":"+","args":[1,2]}', "filter_lang": "cql2-json"}, "cannot be compared"),
        ({"filter": "price = 1"}, "no property 'price'"),
        ({"filter": "{}", "filter_lang": "cql2-json"}, "not cql2-json"),
        ({"filter": "code = 'x'", "filter_lang": "cql-text"}, "cql2-text or cql2-json"),
        (
            {"filter": "S_INTERSECTS(geometry,POINT(1 2))", "filter_crs": "x"},
            "filter-crs must be one of",
        ),
    ],
)
def test_wrong_questions(client: TestClient, params: dict[str, str], told: str) -> None:
    path = "/ogc/collections/commercial/items"
    named = {
        name.replace("_crs", "-crs").replace("_lang", "-lang"): v for name, v in params.items()
    }
    response = client.get(path, params=named)
    assert response.status_code == 400, response.text
    assert response.headers["content-type"] == "application/json"
    assert told in strict_json(response.text)["description"]


@pytest.mark.parametrize(
    "time_", ["2023-04-24", "2023-04-24T00:00:00Z", "../2024-01-01T00:00:00+08:00", "2023-01-01/"]
)
def test_features_without_time_match_any(client: TestClient, time_: str) -> None:
    assert len(items(client, datetime=time_)) == 27


PROXY: Final = {
    "x-forwarded-proto": "https",
    "x-forwarded-host": "gis.example.cn:8443, inner",
    "x-forwarded-prefix": "/landprice/",
}


def test_links_behind_a_proxy(client: TestClient) -> None:
    seen = "https://gis.example.cn:8443/landprice/"
    for path in DOCUMENTS:
        answer = client.get(path, headers=PROXY)
        assert answer.headers["cache-control"] == "no-cache"  # or other askers would get the links
        for link in links_of(answer.json()):
            if link["rel"] != "license":
                assert link["href"].startswith(seen), path
                assert (
                    "{" in link["href"]
                    or client.get(link["href"].removeprefix(seen.rstrip("/"))).is_success
                )
    described = client.get("/ogc/openapi", headers=PROXY).json()
    assert described["servers"] == [{"url": seen + "ogc"}]
    tilejson = client.get(
        "/ogc/collections/commercial/tiles/WebMercatorQuad/metadata?f=tilejson", headers=PROXY
    ).json()
    assert tilejson["tiles"][0].startswith(seen)


def test_proxies_one_header_at_a_time(client: TestClient) -> None:
    def own(headers: dict[str, str]) -> str:
        [link] = [
            one
            for one in client.get("/ogc", headers=headers).json()["links"]
            if one["rel"] == "data"
        ]
        href: str = link["href"]
        return href

    assert own({"host": "a.cn:81"}) == "http://a.cn:81/ogc/collections"
    assert own({"x-forwarded-host": "b.cn"}) == "http://b.cn/ogc/collections"
    assert own({"x-forwarded-host": "[::1]:8"}) == "http://[::1]:8/ogc/collections"
    assert own({"x-forwarded-proto": "https"}) == "https://testserver/ogc/collections"
    assert own({"x-forwarded-prefix": "/a/b"}) == "http://testserver/a/b/ogc/collections"
    for name, value in (
        ("x-forwarded-proto", "javascript"),
        ("x-forwarded-host", "evil.cn/path"),
        ("x-forwarded-host", 'e"vil'),
        ("x-forwarded-prefix", "//evil.cn"),
        ("x-forwarded-prefix", "no-slash"),
    ):
        assert own({name: value}) == "http://testserver/ogc/collections"


@pytest.mark.server
def test_links_under_a_root_path_of_uvicorn(tmp_path: Path) -> None:
    uvicorn = (sys.executable, "-m", "uvicorn", "--factory", "app.web.app:app_from_environment")
    with serving(tmp_path / "log", *uvicorn, "--root-path", "/gis") as service:
        for path in ("/ogc", "/ogc/", "/ogc/collections/commercial"):
            answer = httpx2.get(service.url + path, timeout=WAIT_S)
            assert answer.status_code == 200
            for link in links_of(answer.json()):
                if link["rel"] != "license":
                    assert link["href"].startswith(f"{service.url}/gis/")
                    again = link["href"].replace("/gis/", "/", 1)
                    assert httpx2.get(again, timeout=WAIT_S).status_code == 200
        prefixed = httpx2.get(f"{service.url}/ogc", headers=PROXY, timeout=WAIT_S).json()
        assert all("gis/" not in urlsplit(link["href"]).path for link in prefixed["links"])


@pytest.mark.slow
def test_starting_needs_no_pygeoapi() -> None:
    script = (
        "import sys\n"
        "from starlette.testclient import TestClient\n"
        "from app.web.app import create_app\n"
        "from app.settings import Settings\n"
        "with TestClient(create_app(Settings(access_log='off'))) as client:\n"
        "    assert client.get('/v1/health').status_code == 200\n"
        "    assert not {'pygeoapi', 'pygeofilter', 'geopandas'} & set(sys.modules)\n"
        "    assert client.get('/ogc').status_code == 200\n"
        "    assert 'pygeoapi' in sys.modules\n"
        "print('done')\n"
    )
    assert run_script(script) == "done\n"


def test_many_first_askers_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    import app.web.ogc  # noqa: PLC0415

    made = []
    make = app.web.ogc._make

    def slow(edition: LoadedEdition) -> object:
        made.append(1)
        time.sleep(0.2)
        return make(edition)

    monkeypatch.setattr(app.web.ogc, "_make", slow)
    with TestClient(create_app(Settings())) as fresh, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(fresh.get, ["/ogc/collections/commercial/items"] * 8))
    assert {answer.status_code for answer in answers} == {200}
    assert made == [1]


def test_the_log_is_left_alone(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    """pygeoapi would send all that anyone logs to the standard output, and call 404 an error."""
    client.get("/ogc")
    handlers = logging.getLogger().handlers[:]
    with TestClient(create_app(Settings())) as fresh:
        fresh.get("/ogc")
    assert logging.getLogger().handlers == handlers
    with caplog.at_level(logging.DEBUG):
        client.get("/ogc/collections/commercial/items?limit=0")
        client.get("/ogc/collections/commercial/items")
    assert [record for record in caplog.records if record.name.startswith("pygeoapi")] == []


def test_a_failure_says_nothing_of_its_cause(
    client: TestClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.get("/ogc")
    import app.web.ogc.provider  # noqa: PLC0415

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(app.web.ogc.provider.LayerProvider, "query", fail)
    with caplog.at_level(logging.ERROR, logger="landprice"):
        told = refusal(client, "/ogc/collections/commercial/items", status=500)
    assert "secret" not in told
    [record] = caplog.records
    assert "secret" in str(record.exc_info)


def test_a_city_without_industry(city_folder: CityFolder, invoke: Invoke) -> None:
    built = invoke(
        "build", "--layouts=40", "--network", str(city_folder.centrelines), data=city_folder.data
    )
    assert built.exit_code == 0, built.output
    with TestClient(create_app(Settings(data=city_folder.data))) as other:
        names = [one["id"] for one in read(other, "/ogc/collections")["collections"]]
        assert names == ["commercial", "residential", "boundary_lines", "likely_areas"]
        assert len(items(other)) == 16
        refusal(other, "/ogc/collections/industrial", status=404)
