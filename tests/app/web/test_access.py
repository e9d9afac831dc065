"""A line of JSON a request: what it tells, and what it does not."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from starlette.testclient import TestClient

from app.settings import Settings
from app.web import price
from app.web.access import AccessLog
from app.web.app import create_app
from tests.processes import WAIT_S, serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PLACE = "lon=114.0127&lat=32.993"
TOKEN = "a-token-of-tests-0"  # noqa: S105 - it opens nothing


@pytest.fixture
def logged() -> tuple[TestClient, Callable[[], list[dict[str, Any]]]]:
    """A service, and the lines that it has written."""
    app = create_app(Settings(survey_token=TOKEN))
    lines: list[bytes] = []
    app.entrance = AccessLog(app.answer, secret=TOKEN, with_query=False, write=lines.append)
    return TestClient(app, raise_server_exceptions=False), lambda: list(map(json.loads, lines))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/price", 200),
        ("HEAD", "/v1/price", 200),
        ("GET", "/v1/regions", 200),
        ("POST", "/v1/price", 405),
        ("GET", "/nothing", 404),
    ],
)
def test_a_request_is_told_without_its_place(
    logged: tuple[TestClient, Callable[[], list[dict[str, Any]]]],
    method: str,
    path: str,
    status: int,
) -> None:
    client, lines = logged
    with client:
        answer = client.request(method, f"{path}?{PLACE}" if "price" in path else path)
        [line] = lines()
    assert (line["method"], line["path"], line["status"]) == (method, path, status)
    assert answer.status_code == status
    assert answer.headers["x-request-id"] == line["id"]
    assert line["bytes"] == len(answer.content)
    assert line["ms"] > 0
    assert "114" not in json.dumps({**line, "time": "", "id": "", "process": 0, "ms": 0})


def test_an_id_that_is_given_is_kept(
    logged: tuple[TestClient, Callable[[], list[dict[str, Any]]]],
) -> None:
    client, lines = logged
    with client:
        for given, kept in (("trace-0001", True), ('x"}\n', False), ("a" * 65, False)):
            headers = [(b"X-Request-ID", given.encode("latin-1"))]
            answer = client.get("/v1/health", headers=headers)
            assert (answer.headers["x-request-id"] == given) == kept
    ids = [line["id"] for line in lines()]
    assert len(set(ids)) == 3


def test_a_secret_in_a_path_is_hidden(
    logged: tuple[TestClient, Callable[[], list[dict[str, Any]]]],
) -> None:
    client, lines = logged
    with client:
        client.get(f"/survey/{TOKEN}/nothing")
    assert [line["path"] for line in lines()] == ["/survey/***/nothing"]


def test_a_failure_has_the_id_of_its_line(
    logged: tuple[TestClient, Callable[[], list[dict[str, Any]]]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    client, lines = logged

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("what nobody expected")

    monkeypatch.setattr(price, "price_at", fail)
    with client, caplog.at_level(logging.ERROR, logger="landprice"):
        assert client.get(f"/v1/price?{PLACE}").status_code == 500
    [line] = lines()
    assert line["status"] == 500
    assert f"GET /v1/price failed, request {line['id']}" in caplog.text


@pytest.mark.server
@pytest.mark.parametrize(("setting", "told"), [("on", False), ("with_places", True), ("off", None)])
def test_the_lines_of_a_real_service(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    setting: str,
    told: bool | None,
) -> None:
    monkeypatch.setenv("LANDPRICE_ACCESS_LOG", setting)
    monkeypatch.setenv("LANDPRICE_LOG_LEVEL", "debug")
    with serving(tmp_path / "log", command, "serve", "--workers", "2") as service:
        for _ in range(40):
            answer = httpx2.get(f"{service.url}/v1/price?{PLACE}", timeout=WAIT_S)
            assert answer.status_code == 200
            assert ("x-request-id" in answer.headers) == (told is not None)
    lines = [json.loads(line) for line in service.said().splitlines() if line.startswith("{")]
    asked = [line for line in lines if line.get("path") == "/v1/price"]
    assert len(asked) == (0 if told is None else 40)
    assert all(("query" in line) == told for line in asked)
    assert ("114.0127" in service.said()) == bool(told)
