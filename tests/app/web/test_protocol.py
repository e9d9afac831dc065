"""Limits of a connection: what is too much or too slow is refused, and others are served."""

from __future__ import annotations

import json
import socket
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from tests.processes import HOST, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.processes import Service

pytestmark = pytest.mark.server

PLACE = "/v1/price?lon=114.0127&lat=32.993"
HEAD = f"GET {PLACE} HTTP/1.1\r\nHost: a\r\n"
SETTINGS = {
    "LANDPRICE_HEAD_TIMEOUT_S": "1.5",
    "LANDPRICE_BODY_TIMEOUT_S": "2",
    "LANDPRICE_SEND_TIMEOUT_S": "2",
    "LANDPRICE_CONNECTIONS_MAX": "40",
    "LANDPRICE_SHUTDOWN_TIMEOUT_S": "2",
    "LANDPRICE_BATCHES_MAX": "2",
}
PATIENCE_S = 20.0


@pytest.fixture(scope="module")
def limited(command: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with short times."""
    log = tmp_path_factory.mktemp("limited") / "log"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SETTINGS.items():
            patch.setenv(name, value)
        with serving(log, command, "serve") as running:
            yield running
    assert "Traceback" not in running.said()


def opened(service: Service) -> socket.socket:
    return socket.create_connection((HOST, service.port), timeout=PATIENCE_S)


def received(connection: socket.socket) -> bytes:
    """Return all that comes until the connection is closed."""
    parts = []
    try:
        while part := connection.recv(1 << 16):
            parts.append(part)
    except ConnectionError:  # what was sent after the refusal
        pass
    return b"".join(parts)


def sent(service: Service, *parts: bytes) -> tuple[int, Any]:
    """Send parts, and return the status and the body of the last answer."""
    with closing(opened(service)) as connection:
        try:
            for part in parts:
                connection.sendall(part)
        except ConnectionError:
            pass
        answer = received(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"connection: close" in head.lower(), answer[:300]
    return int(head.split()[1]), json.loads(body)


def check_served(service: Service) -> None:
    response = httpx2.get(f"{service.url}{PLACE}", timeout=5.0)
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("head", "status", "code"),
    [
        (f"GET /v1/price?at={'a' * 17_000} HTTP/1.1\r\nHost: a\r\n\r\n", 414, "uri_too_long"),
        (f"{HEAD}X: {'a' * 65_000}\r\n\r\n", 431, "headers_too_large"),
        (HEAD + "X: a\r\n" * 14_000 + "\r\n", 431, "headers_too_large"),
        (f"GET {PLACE} HTTP/1.1\r\n\r\n", 400, "bad_request"),
        (f"{HEAD}Host: b\r\n\r\n", 400, "bad_request"),
    ],
)
def test_a_head_that_is_too_large_or_wrong(
    limited: Service, head: str, status: int, code: str
) -> None:
    found, body = sent(limited, head.encode())
    assert (found, body["error"]["code"]) == (status, code)
    check_served(limited)


def test_a_header_without_end_is_not_gathered(limited: Service) -> None:
    endless = [HEAD.encode(), b"X: ", *([b"a" * 100_000] * 100)]
    status, body = sent(limited, *endless)
    assert (status, body["error"]["code"]) == (431, "headers_too_large")
    check_served(limited)


def test_trailers_without_end_are_not_gathered(limited: Service) -> None:
    head = (
        b"POST /v1/price/batch HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n"
    )
    status, _ = sent(limited, head, *([b"a: b\r\n" * 10_000] * 100))
    assert status == 431
    check_served(limited)


def test_a_body_byte_by_byte_is_taken(limited: Service) -> None:
    body = b'[{"lon": 114.0127, "lat": 32.993}]'
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body)
    head = (
        b"POST /v1/price/batch HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    with closing(opened(limited)) as connection:
        connection.sendall(head + chunks + b"0\r\nX-Checksum: 1\r\n\r\n")
        assert received(connection).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    "parts",
    [
        (b"",),
        (b"GET",),
        (HEAD.encode(),),
        (
            b"POST /v1/price/batch HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n",
            b"Content-Length: 9\r\n\r\n[",
        ),
    ],
)
def test_what_does_not_come_is_not_waited_for(limited: Service, parts: tuple[bytes, ...]) -> None:
    started_s = time.monotonic()
    status, body = sent(limited, *parts)
    assert (status, body["error"]["code"]) == (408, "request_timeout")
    assert 1 < time.monotonic() - started_s < PATIENCE_S
    check_served(limited)


def test_a_head_drop_by_drop_is_not_waited_for(limited: Service) -> None:
    started_s = time.monotonic()
    with closing(opened(limited)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        try:
            while time.monotonic() - started_s < PATIENCE_S:
                connection.sendall(b"X: a\r\n")
                time.sleep(0.2)
        except ConnectionError:  # which has been closed
            pass
    assert time.monotonic() - started_s < PATIENCE_S


@pytest.mark.parametrize("and_asks_on", [False, True])
def test_a_reader_that_does_not_read_is_cut_off(limited: Service, *, and_asks_on: bool) -> None:
    table = "lon,lat\n" + "114.0127,32.993\n" * 200_000
    head = (
        "POST /v1/price/batch HTTP/1.1\r\nHost: a\r\nContent-Type: text/csv\r\n"
        f"Content-Length: {len(table)}\r\n\r\n"
    )
    with closing(opened(limited)) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 14)
        connection.sendall((head + table).encode())
        assert connection.recv(9) == b"HTTP/1.1 "
        if and_asks_on:
            time.sleep(1)
            connection.sendall(b"GET / HTTP/1.1\r\nHost: ")
        time.sleep(6)
        assert open_connections(limited) == 0  # though nothing of it was read
        check_served(limited)
        with suppress(ConnectionError):
            assert not received(connection).endswith(b"\r\n0\r\n\r\n")


def open_connections(service: Service) -> int:
    """Return how many sockets of the service are connected to somebody."""
    lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    fields = [line.split() for line in lines]
    established = "01"
    own = f":{service.port:04X}"
    return sum(one[1].endswith(own) and one[3] == established for one in fields)


def test_connections_beyond_the_limit_are_told(limited: Service) -> None:
    with ExitStack() as stack:
        silent = [stack.enter_context(closing(opened(limited))) for _ in range(60)]
        answers = [received(connection) for connection in silent]
    statuses = sorted(int(answer.split()[1]) for answer in answers)
    assert set(statuses) == {408, 503}
    assert 15 <= statuses.count(503) <= 25
    assert any(b"retry-after: 1" in answer for answer in answers)
    check_served(limited)


def test_a_kept_connection_is_not_timed_while_it_is_used(limited: Service) -> None:
    with httpx2.Client(base_url=limited.url) as client:
        for _ in range(6):
            assert client.get(PLACE).status_code == 200
            time.sleep(0.5)


def test_a_stalled_upload_does_not_keep_the_service_from_ending(
    command: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    log = tmp_path_factory.mktemp("ending") / "log"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LANDPRICE_SHUTDOWN_TIMEOUT_S", "2")
        with serving(log, command, "serve") as service, closing(opened(service)) as connection:
            connection.sendall(
                b"POST /v1/price/batch HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                b"Content-Length: 9\r\n\r\n["
            )
            time.sleep(0.5)
            started_s = time.monotonic()
            service.process.terminate()
            service.process.wait(timeout=PATIENCE_S)
            assert time.monotonic() - started_s < 8


def test_batches_beyond_the_limit_are_told_to_come_again(limited: Service) -> None:
    batch = f"{limited.url}/v1/price/batch"
    headers = {"Content-Type": "application/json"}
    stalled = (
        b"POST /v1/price/batch HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        b"Content-Length: 9\r\n\r\n["
    )
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(closing(opened(limited))).sendall(stalled)
        time.sleep(0.3)
        refused = httpx2.post(batch, content=b"[]", headers=headers, timeout=5.0)
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "5"
        assert refused.json()["error"]["code"] == "busy"
        check_served(limited)
    end_s = time.monotonic() + PATIENCE_S
    while httpx2.post(batch, content=b"[]", headers=headers, timeout=5.0).status_code != 200:
        assert time.monotonic() < end_s
        time.sleep(0.2)


@pytest.mark.parametrize(
    ("trusted", "host"), [("127.0.0.1,::1", "maps.example"), ("10.0.0.0/8", None), ("", None)]
)
def test_only_trusted_proxies_say_who_asks(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: str, host: str | None
) -> None:
    monkeypatch.setenv("LANDPRICE_TRUSTED_PROXIES", trusted)
    headers = {"X-Forwarded-Host": "maps.example", "X-Forwarded-Proto": "https"}
    with serving(tmp_path / "log", command, "serve") as service:
        answer = httpx2.get(f"{service.url}/ogc?f=json", headers=headers, timeout=60.0)
        links = [link["href"] for link in answer.json()["links"]]
    own = service.url if host is None else f"https://{host}"
    assert all(link.startswith(f"{own}/") or link == f"{own}/ogc" for link in links), links


def test_a_client_does_not_choose_its_address(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy adds whom it saw to what the client has sent: that one counts."""
    monkeypatch.setenv("LANDPRICE_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8")
    told = {
        "/v1/one": "203.0.113.9, 192.0.2.7",
        "/v1/two": "203.0.113.9, 192.0.2.7, 10.1.2.3",
        "/v1/three": "2001:db8::7",
        "/v1/four": "",
    }
    with serving(tmp_path / "log", command, "serve") as service:
        for path, client in told.items():
            httpx2.get(f"{service.url}{path}", headers={"X-Forwarded-For": client}, timeout=20.0)
    lines = [json.loads(line) for line in service.said().splitlines()]
    seen = {line["path"]: line["client"] for line in lines if line.get("path") in told}
    assert list(seen.values()) == ["192.0.2.7", "192.0.2.7", "2001:db8::7", HOST]
