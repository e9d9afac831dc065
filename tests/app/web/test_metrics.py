"""What is counted for Prometheus, by one worker and by several."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import time
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from app.settings import Settings
from app.web.app import create_app
from app.web.metrics import Metrics
from tests.processes import HOST, WAIT_S, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from app.web.edition import LoadedEdition
    from tests.processes import Service

PLACE = "/v1/price?lon=114.0127&lat=32.993"
SECRET = "a-token-of-tests-0"  # noqa: S105 - it opens nothing
PATIENCE_S = 30.0

Labels = tuple[tuple[str, str], ...]


def numbers(text: str) -> dict[tuple[str, Labels], float]:
    """Read what is told, by name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def answered(text: str) -> dict[tuple[str, str, str], float]:
    """Return how many requests were answered, by route, method and status."""
    return {
        (dict(labels)["route"], dict(labels)["method"], dict(labels)["status"]): value
        for (name, labels), value in numbers(text).items()
        if name == "landprice_requests_total"
    }


@pytest.fixture
def counted() -> Iterator[TestClient]:
    """A service that has answered nothing yet."""
    with TestClient(create_app(Settings(survey_token=SECRET))) as running:
        yield running


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("GET", PLACE, "/v1/price"),
        ("HEAD", PLACE, "/v1/price"),
        ("GET", "/v1/price?lon=x", "/v1/price"),
        ("POST", PLACE, "/v1/price"),
        ("GET", "/v1/regions/411700S50002", "/v1/regions/{code}"),
        ("GET", "/v1/regions/nothing", "/v1/regions/{code}"),
        ("HEAD", "/v1/regions", "/v1/regions"),
        ("GET", "/", "/"),
        ("GET", "/ogc/collections/commercial/items?limit=1", "/ogc/collections/{collection}/items"),
        ("HEAD", "/ogc/collections/commercial", "/ogc/collections/{collection}"),
        ("GET", "/ogc/nothing", "/ogc/other"),
        ("GET", "/swagger/swagger-ui.css", "/swagger/other"),
        ("GET", f"/survey/{SECRET}/", "/survey/{token}/"),
        ("GET", f"/survey/{SECRET}/nothing", "/survey/other"),
        ("GET", "/nothing/114.0127,32.993", "other"),
    ],
)
def test_a_request_is_counted_by_the_template_of_its_route(
    counted: TestClient, method: str, path: str, route: str
) -> None:
    status = counted.request(method, path).status_code
    text = counted.get("/metrics").text
    assert answered(text) == {(route, method, str(status)): 1}
    assert numbers(text)["landprice_request_seconds_count", (("route", route),)] == 1
    labels = "".join(re.findall(r"\{.*\}", text)).replace(route, "")
    assert not [part for part in ("114", SECRET, "S50002", "nothing") if part in labels]


def test_methods_that_nobody_knows_are_counted_as_one(counted: TestClient) -> None:
    for number in range(5):
        assert counted.request(f"METHOD{number}", "/v1/health").status_code == 405
    assert answered(counted.get("/metrics").text) == {("/v1/health", "other", "405"): 5}


def test_an_unexpected_failure_is_counted(
    counted: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("what nobody expected")

    monkeypatch.setattr("app.web.health.Health", fail)
    with pytest.raises(RuntimeError, match="what nobody expected"):
        counted.get("/v1/health")
    text = counted.get("/metrics").text
    assert answered(text) == {("/v1/health", "GET", "500"): 1}
    assert numbers(text)["landprice_requests_in_progress", ()] == 1  # which is this one


def test_rows_and_bytes_of_batches(counted: TestClient) -> None:
    body = "lon,lat\n" + "114.0127,32.993\n" * 1000
    answer = counted.post(
        "/v1/price/batch", content=body, headers={"Content-Type": "text/csv"}
    ).content
    told = numbers(counted.get("/metrics").text)
    assert told["landprice_batch_rows_total", ()] == 1000
    assert told["landprice_batch_bytes_total", (("direction", "received"),)] == len(body)
    assert told["landprice_batch_bytes_total", (("direction", "sent"),)] == len(answer)


def test_the_edition_and_the_process(counted: TestClient, edition: LoadedEdition) -> None:
    told = numbers(counted.get("/metrics").text)
    facts = {
        "admin_code": "411700",
        "sha256": edition.parcels.sha256,
        "valuation_date": "2022-01-01",
    }
    assert told["landprice_edition_info", tuple(facts.items())] == 1
    pid = (("pid", str(os.getpid())),)
    assert told["process_resident_memory_bytes", pid] > 10_000_000
    assert told["process_open_fds", pid] > 2
    assert 0 < time.time() - told["process_start_time_seconds", pid] < 86_400


def test_an_edition_that_was_replaced_is_told_no_longer(edition: LoadedEdition) -> None:
    metrics = Metrics()
    metrics.editions_are([edition])
    metrics.editions_are([])
    text = metrics.text("")[0].decode()
    [value] = [value for (name, _), value in numbers(text).items() if "edition" in name]
    assert value == 0


def test_the_form_that_a_scraper_asks_for(counted: TestClient) -> None:
    usual = counted.get("/metrics")
    assert usual.headers["content-type"].startswith("text/plain; version=")
    assert usual.headers["cache-control"] == "no-store"
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    other = counted.get("/metrics", headers=accept)
    assert other.headers["content-type"].startswith("application/openmetrics-text")
    assert other.text.endswith("# EOF\n")
    assert counted.head("/metrics").content == b""


def test_there_are_none_where_they_are_off() -> None:
    with TestClient(create_app(Settings(metrics="off"))) as client:
        assert client.get("/metrics").status_code == 404
        assert client.get(PLACE).status_code == 200


# Real processes ---------------------------------------------------------------------------------


def scraped(service: Service) -> dict[tuple[str, Labels], float]:
    return numbers(httpx2.get(f"{service.url}/metrics", timeout=WAIT_S).text)


def wait_until(holds: Callable[[], bool]) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end_s
        time.sleep(0.1)


def pids(told: dict[tuple[str, Labels], float]) -> set[int]:
    return {int(dict(labels)["pid"]) for _, labels in told if "pid" in dict(labels)}


@pytest.mark.server
@pytest.mark.parametrize("workers", [1, 2])
def test_every_worker_is_counted_whoever_is_asked(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with serving(tmp_path / "log", command, "serve", "--workers", str(workers)) as service:
        wait_until(lambda: len(pids(scraped(service))) == workers)
        asked = 0
        processes: set[int] = set()
        while len(processes) < workers or asked < 40:
            httpx2.get(f"{service.url}{PLACE}", timeout=WAIT_S)
            asked += 1
            processes = lines_by_process(service)
        counts = [scraped(service)[answers_to_price()] for _ in range(10)]
        assert counts == [asked] * 10
        assert len(list(tmp_path.glob("landprice-*/metrics/*.db"))) >= workers
        with ExitStack() as stack:
            for _ in range(12):
                connection = socket.create_connection((HOST, service.port), timeout=PATIENCE_S)
                stack.enter_context(closing(connection))
            wait_until(lambda: scraped(service)["landprice_connections", ()] >= 12)
        wait_until(lambda: scraped(service)["landprice_connections", ()] == 1)
        if workers > 1:
            check_a_death(service, asked)
    assert not list(tmp_path.glob("landprice-*"))
    assert "Traceback" not in service.said()


def lines_by_process(service: Service) -> set[int]:
    lines = [json.loads(line) for line in service.said().splitlines() if line.startswith("{")]
    return {line["process"] for line in lines if line.get("path") == "/v1/price"}


def answers_to_price() -> tuple[str, Labels]:
    labels = (("method", "GET"), ("route", "/v1/price"), ("status", "200"))
    return "landprice_requests_total", labels


def check_a_death(service: Service, asked: int) -> None:
    """Check that a worker's counts outlive it, and that what it holds does not."""
    before = pids(scraped(service))
    with ExitStack() as stack:
        for _ in range(12):
            connection = socket.create_connection((HOST, service.port), timeout=PATIENCE_S)
            stack.enter_context(closing(connection))
        wait_until(lambda: scraped(service)["landprice_connections", ()] >= 12)
        for pid in before:
            os.kill(pid, signal.SIGKILL)
    wait_until(service.answers)
    wait_until(lambda: len(pids(scraped(service)) - before) == 2)
    told = scraped(service)
    assert told[answers_to_price()] == asked
    assert told["landprice_connections", ()] == 1
    assert not pids(told) & before


@pytest.mark.server
def test_refused_connections_are_counted_by_their_reasons(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANDPRICE_HEAD_TIMEOUT_S", "0.5")
    monkeypatch.setenv("LANDPRICE_CONNECTIONS_MAX", "5")
    heads = {
        "malformed": b"nonsense\r\n\r\n",
        "bad_request": b"GET / HTTP/1.1\r\n\r\n",
        "uri_too_long": b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        "headers_too_large": b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
        "request_timeout": b"GET / HT",
    }
    with serving(tmp_path / "log", command, "serve") as service:
        for head in heads.values():
            with socket.create_connection((HOST, service.port), timeout=PATIENCE_S) as connection:
                connection.sendall(head)
                while connection.recv(1 << 16):
                    pass
        with ExitStack() as stack:
            connections = [
                stack.enter_context(
                    closing(socket.create_connection((HOST, service.port), timeout=PATIENCE_S))
                )
                for _ in range(20)
            ]
            answers = [connection.recv(1 << 16) for connection in connections]
        told = scraped(service)
    reasons = {
        dict(labels)["reason"]: value
        for (name, labels), value in told.items()
        if name == "landprice_connection_refusals_total"
    }
    late = sum(answer.startswith(b"HTTP/1.1 408 ") for answer in answers)
    expected = dict.fromkeys(heads, 1) | {"request_timeout": 1 + late}
    assert reasons == expected | {"too_many_connections": len(answers) - late}
    assert late < len(answers)
