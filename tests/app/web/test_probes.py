"""Whether the process lives, and whether it takes requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from app.settings import Settings
from app.web.app import create_app

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(("path", "text"), [("/livez", "alive\n"), ("/readyz", "ready\n")])
def test_a_service_that_takes_requests(
    client: TestClient, path: str, text: str, method: str
) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.text) == (200, text if method == "GET" else "")
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


def test_a_service_that_starts_or_stops(tmp_path: Path) -> None:
    app = create_app(Settings())
    outside = TestClient(app)  # which does not start it
    statuses = [outside.get("/readyz").status_code]
    with TestClient(app):
        statuses.append(outside.get("/readyz").status_code)
    answer = outside.get("/readyz")
    statuses.append(answer.status_code)
    assert statuses == [503, 200, 503]
    assert answer.headers["cache-control"] == "no-store"
    assert outside.get("/livez").status_code == 200


def test_an_edition_that_cannot_be_read_is_never_ready(tmp_path: Path) -> None:
    app = create_app(Settings(data=tmp_path))
    with pytest.raises(Exception, match=r"parcels\.geojson cannot be read"), TestClient(app):
        pytest.fail("the service has started without data")
    outside = TestClient(app)
    assert outside.get("/readyz").status_code == 503
    assert outside.get("/livez").status_code == 200
