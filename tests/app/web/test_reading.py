"""Reading over HTTP by any means: HEAD as GET, and from pages of other origins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from starlette.testclient import TestClient

PATHS = (
    "/v1/price?lon=114.0127&lat=32.993",
    "/v1/price?lon=114",
    "/v1/regions",
    "/v1/regions/411700S50002",
    "/v1/health",
    "/v1/nothing",
    "/",
    "/map",
    "/exports/landprice.csv",
    "/ogc",
    "/ogc/collections/commercial/items?limit=1",
)
ORIGIN = "https://maps.example"


@pytest.mark.parametrize("path", PATHS)
def test_head_is_get_without_the_body(client: TestClient, path: str) -> None:
    got, head = client.get(path), client.head(path)
    assert head.content == b""
    assert head.status_code == got.status_code
    volatile = {"date", "content-length", "x-request-id"}
    assert {k: v for k, v in head.headers.items() if k not in volatile} == {
        k: v for k, v in got.headers.items() if k not in volatile
    }


@pytest.mark.parametrize("path", PATHS)
def test_pages_of_other_origins_may_read(client: TestClient, path: str) -> None:
    for headers in ({}, {"Origin": ORIGIN}):
        answer = client.get(path, headers=headers)
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/v1/price", "GET", 200),
        ("/v1/price/batch", "POST", 200),
        ("/ogc/collections", "GET", 200),
        ("/v1/price", "DELETE", 400),
        ("/v1/price", "PUT", 400),
    ],
)
def test_browsers_are_told_beforehand(
    client: TestClient, path: str, method: str, status: int
) -> None:
    asked = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "content-type",
    }
    answer = client.options(path, headers=asked)
    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == "*"
    if status == 200:
        assert method in answer.headers["access-control-allow-methods"]
        assert answer.headers["access-control-allow-headers"] == "content-type"
