"""/docs and the OpenAPI document: complete, in both languages, true, and without other hosts."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import pytest
from starlette.testclient import TestClient

from app.settings import Settings
from app.web.app import create_app
from app.web.batch.media_types import MediaType
from geo.crs import Crs, central_meridian, coordinate_ranges
from geo.lookup.table import DEFAULT_COLUMNS, Column
from tests.app.conftest import strict_json
from tests.paths import ROOT
from tests.uses import USES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.app.conftest import Ask

with TestClient(create_app(Settings())) as _client:
    OPENAPI: dict[str, Any] = _client.get("/openapi.json").json()
BATCH = "/v1/price/batch"
APPRAISE = "/v1/appraise"
VALUE_PDF = "/v1/appraise.pdf"  # whose examples are of several parcels
COMPARE = "/v1/compare"
OPERATIONS: dict[str, dict[str, Any]] = {
    path: operation for path, item in OPENAPI["paths"].items() for operation in item.values()
}
GETS = sorted(OPERATIONS.keys() - {BATCH, APPRAISE, COMPARE})
SCHEMAS: dict[str, dict[str, Any]] = OPENAPI["components"]["schemas"]
PARAMETERS = {
    f"{path}:{parameter['name']}": parameter
    for path, operation in OPERATIONS.items()
    for parameter in operation.get("parameters", [])
}
FIELDS = {
    f"{name}.{field}": described
    for name, schema in SCHEMAS.items()
    for field, described in schema.get("properties", {}).items()
}
PROBLEM = {"$ref": "#/components/schemas/ProblemBody"}


def in_both_languages(title: str) -> bool:
    return bool(re.search(r"[A-Za-z]", title) and re.search(r"[\u4e00-\u9fff]", title))


def references(described: Any) -> Iterator[str]:  # noqa: ANN401
    """Find the schemas that a part of the document refers to."""
    if isinstance(described, dict):
        if "$ref" in described:
            yield described["$ref"]
        for inner in described.values():
            yield from references(inner)
    elif isinstance(described, list):
        for inner in described:
            yield from references(inner)


def examples(path: str) -> dict[str, Any]:
    """Return the first example of each parameter that has one."""
    return {
        parameter["name"]: parameter["schema"]["examples"][0]
        for parameter in OPERATIONS[path].get("parameters", [])
        if "examples" in parameter["schema"]
    }


def test_docs_page_is_served(client: TestClient) -> None:
    response = client.get("/docs")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    assert "标定地价" in response.text
    assert "openapi.json" in response.text


def test_docs_page_needs_no_other_host(client: TestClient) -> None:
    """Nor a place at the root of its own, so that it may stand behind a prefix."""
    page = client.get("/docs").text
    assert "//" not in page
    [openapi] = re.findall(r"url: '([^']*)'", page)
    found = re.findall(r'\b(?:src|href)="([^"]*)"', page)
    assert {reference.rpartition(".")[2] for reference in found} >= {"css", "js"}
    for reference in [*found, openapi]:
        assert not urlsplit(reference).netloc
        assert not reference.startswith("/")
        response = client.get(urljoin("/docs", reference))
        assert response.status_code == 200, reference
        assert response.content
    for style in (reference for reference in found if reference.endswith(".css")):
        loaded = re.findall(r"url\(\s*['\"]?([^'\")]*)", client.get(urljoin("/docs", style)).text)
        assert all(address.startswith(("data:", "#")) for address in loaded)


def test_openapi_is_served_as_it_is_made(client: TestClient) -> None:
    response = client.get("/openapi.json")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert strict_json(response.text) == OPENAPI


@pytest.mark.parametrize("path", sorted(OPERATIONS))
def test_every_operation_has_a_summary(path: str) -> None:
    assert list(OPENAPI["paths"][path]) == ["get" if path in GETS else "post"]
    assert OPERATIONS[path]["summary"]
    assert OPERATIONS[path]["description"]


@pytest.mark.parametrize("name", sorted(PARAMETERS))
def test_every_parameter_has_a_title_in_both_languages(name: str) -> None:
    assert in_both_languages(PARAMETERS[name]["schema"]["title"])


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_every_field_has_a_title_in_both_languages(name: str) -> None:
    assert in_both_languages(FIELDS[name]["title"])


@pytest.mark.parametrize("path", sorted({*GETS} - {VALUE_PDF}))
def test_examples_are_real(client: TestClient, path: str) -> None:
    values = examples(path)
    required = {
        parameter["name"]
        for parameter in OPERATIONS[path].get("parameters", [])
        if parameter["required"]
    }
    assert required <= values.keys()
    query = {name: value for name, value in values.items() if f"{{{name}}}" not in path}
    response = client.get(path.format(**values), params=query)
    assert response.status_code == 200
    assert [response.headers["content-type"]] == list(
        OPERATIONS[path]["responses"]["200"]["content"]
    )


@pytest.mark.parametrize("kind", list(MediaType))
def test_every_kind_of_a_batch_is_described(client: TestClient, kind: MediaType) -> None:
    body, answer = OPERATIONS[BATCH]["requestBody"], OPERATIONS[BATCH]["responses"]["200"]
    assert body["required"] is True
    assert set(body["content"]) == set(answer["content"]) == set(MediaType)
    if kind is MediaType.JSON:
        assert answer["content"][kind]["schema"] == {"$ref": "#/components/schemas/BatchAnswers"}
        point, *others = body["content"][kind]["schema"]["items"]["anyOf"]
        assert all(in_both_languages(one["title"]) for one in point["properties"].values())
        assert all(in_both_languages(one["title"]) for one in others)
    else:
        assert in_both_languages(answer["content"][kind]["schema"]["title"])
    assert in_both_languages(body["content"][kind]["schema"]["title"])
    if kind in {MediaType.JSON, MediaType.CSV}:
        example = body["content"][kind]["example"]
        content = example if isinstance(example, str) else json.dumps(example)
        response = client.post(BATCH, content=content.encode(), headers={"content-type": kind})
        assert response.status_code == 200
        assert "411700S50002" in response.text


def test_the_columns_of_a_batch_are_all_described() -> None:
    schema = PARAMETERS[f"{BATCH}:columns"]["schema"]
    assert re.findall(r"`(\w+)`", schema["description"]) == [
        *(column for column in Column if column is not Column.DISTANCE),
        Column.DISTANCE,
    ]
    assert schema["default"] == ",".join(DEFAULT_COLUMNS)
    assert set(SCHEMAS["BatchPrice"]["properties"]) == set(Column)
    for good in (schema["default"], *Column, "code, certainty"):
        assert re.search(schema["pattern"], good)
    for bad in ("", "F", "code,", "codes", ",code"):
        assert not re.search(schema["pattern"], bad)


def test_coordinates_are_in_the_range_of_some_system() -> None:
    for name, place in (("lon", 0), ("lat", 1)):
        number, text = PARAMETERS[f"/v1/price:{name}"]["schema"]["anyOf"]
        ranges = [coordinate_ranges(crs)[place] for crs in Crs]
        assert number["minimum"] == min(low for low, _ in ranges)
        assert number["maximum"] == max(high for _, high in ranges)
        assert text == {"type": "string", "format": "coordinate"}


def test_no_parameter_may_be_null() -> None:
    """Which a query cannot say; one that is left out is not null."""
    assert '"null"' not in json.dumps(PARAMETERS)


def test_shared_parameters_are_described_alike() -> None:
    for name in ("crs", "use", "as_of"):
        assert PARAMETERS[f"{BATCH}:{name}"] == PARAMETERS[f"/v1/price:{name}"]


def test_the_cap_of_a_batch_is_told() -> None:
    assert f"at most {Settings().batch_max_mb} MB" in OPERATIONS[BATCH]["description"]


def test_the_example_of_a_place_has_prices(ask: Ask) -> None:
    assert ask(**examples("/v1/price"))["covered"] is True


def test_the_date_in_the_description_is_answered(ask: Ask) -> None:
    description = PARAMETERS["/v1/price:as_of"]["description"]
    [as_of] = re.findall(r"\d{4}-\d{2}-\d{2}", description)
    assert ask(**examples("/v1/price"), as_of=as_of)["covered"] is True


def test_every_documented_crs_is_known(client: TestClient) -> None:
    schema = PARAMETERS["/v1/price:crs"]["schema"]
    assert schema["enum"] == [crs.value for crs in Crs]
    assert schema["default"] == "wgs84"
    for crs in Crs:
        place = examples("/v1/price")
        if crs.startswith("epsg:45"):
            easting_m, northing_m = 501_869.0, 3_650_000.0
            numbered = crs <= Crs.EPSG_4533
            place = {
                "lon": easting_m + numbered * central_meridian(crs) / 3 * 1e6,
                "lat": northing_m,
            }
        assert client.get("/v1/price", params={**place, "crs": crs}).status_code == 200


@pytest.mark.parametrize("path", ["/v1/price", "/v1/regions"])
def test_every_documented_use_is_answered(client: TestClient, path: str) -> None:
    names = [name for use in USES for name in (use.code, use.label, *use.other_names)]
    assert PARAMETERS[f"{path}:use"]["schema"]["enum"] == names
    for name in names:
        response = client.get(path, params={**examples(path), "use": name})
        assert response.status_code == 200


@pytest.mark.parametrize(
    ("url", "path", "query", "status"),
    [
        ("/v1/price", "/v1/price", {"lon": "x"}, 422),
        ("/v1/price", "/v1/price", {"lon": "114", "lat": "33", "as_of": "2000-01-01"}, 404),
        ("/v1/regions", "/v1/regions", {"use": "retail"}, 422),
        ("/v1/regions/none", "/v1/regions/{code}", {}, 404),
    ],
)
def test_every_error_is_documented_as_it_is(
    client: TestClient, url: str, path: str, query: dict[str, str], status: int
) -> None:
    response = client.get(url, params=query)
    assert response.status_code == status
    documented = OPERATIONS[path]["responses"][str(status)]
    assert documented["description"]
    assert documented["content"] == {response.headers["content-type"]: {"schema": PROBLEM}}
    [body] = strict_json(response.text).values()
    assert body.keys() == SCHEMAS["Problem"]["properties"].keys()


@pytest.mark.parametrize(
    ("query", "kind", "status"),
    [
        ({"as_of": "2000-01-01"}, MediaType.JSON, 404),
        ({}, "text/plain", 415),
        ({}, MediaType.CSV, 422),
    ],
)
def test_every_error_of_a_batch_is_documented_as_it_is(
    client: TestClient, query: dict[str, str], kind: str, status: int
) -> None:
    response = client.post(BATCH, content=b"[]", params=query, headers={"content-type": kind})
    assert response.status_code == status
    documented = OPERATIONS[BATCH]["responses"][str(status)]
    assert documented["content"] == {response.headers["content-type"]: {"schema": PROBLEM}}


def test_no_error_is_documented_that_no_answer_has() -> None:
    """Every error is JSON of one shape, that of an answer in GeoJSON too."""
    assert {path: set(OPERATIONS[path]["responses"]) for path in OPERATIONS} == {
        "/v1/price": {"200", "404", "422", "default"},
        BATCH: {"200", "404", "413", "415", "422", "default"},
        APPRAISE: {"200", "404", "413", "422", "default"},
        "/v1/price.pdf": {"200", "404", "422", "503", "default"},
        VALUE_PDF: {"200", "404", "422", "503", "default"},
        COMPARE: {"200", "413", "415", "422", "default"},
        "/v1/regions": {"200", "404", "422", "default"},
        "/v1/regions/{code}": {"200", "404", "422", "default"},
        "/v1/regions/{code}/history": {"200", "404", "default"},
        "/v1/editions": {"200", "default"},
        "/v1/editions/{before}/diff/{after}": {"200", "404", "422", "default"},
        "/v1/health": {"200", "default"},
    }
    assert not {"HTTPValidationError", "ValidationError"} & SCHEMAS.keys()
    for path, operation in OPERATIONS.items():
        for status, documented in operation["responses"].items():
            if status != "200":
                assert documented["content"] == {"application/json": {"schema": PROBLEM}}, path


def sentences(value: Any) -> Iterator[str]:  # noqa: ANN401 - what JSON has
    if isinstance(value, dict):
        for key, one in value.items():
            if key in {"summary", "description"} and isinstance(one, str):
                yield one
            else:
                yield from sentences(one)
    elif isinstance(value, list):
        for one in value:
            yield from sentences(one)


def test_every_sentence_is_in_both_languages() -> None:
    found = list(sentences(OPENAPI))
    assert len(found) > 90
    for sentence in found:
        assert in_both_languages(sentence), sentence


def test_every_translation_is_used() -> None:
    catalogue = json.loads((ROOT / "app/web/documentation/zh.json").read_text(encoding="utf-8"))
    shown = set(sentences(OPENAPI))
    assert {f"{chinese} {english}" for english, chinese in catalogue.items()} <= shown


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_parameter_is_explained(name: str) -> None:
    assert in_both_languages(PARAMETERS[name]["description"])


def test_the_other_addresses_are_described() -> None:
    for address in ("/exports/", "/sheets/", "/ogc", "curl"):
        assert address in OPENAPI["info"]["description"]
