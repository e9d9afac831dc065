"""The service's own log: one line of JSON a record."""

from __future__ import annotations

import json
import logging
import socket
import sys
from typing import TYPE_CHECKING

import pytest

from app.web.access import request_id
from app.web.logs import JsonFormatter
from tests.processes import HOST, serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.app.conftest import Landprice


def record(message: str, *args: object) -> logging.LogRecord:
    try:
        raise RuntimeError("two\nlines")
    except RuntimeError:
        return logging.LogRecord(
            "landprice", logging.ERROR, __file__, 1, message, args, sys.exc_info()
        )


def test_a_traceback_is_a_field() -> None:
    token = request_id.set("trace-0001")
    try:
        line = JsonFormatter().format(record("%s failed\n", "文明大道"))
    finally:
        request_id.reset(token)
    assert "\n" not in line
    told = json.loads(line)
    assert (told["level"], told["logger"]) == ("error", "landprice")
    assert (told["message"], told["id"]) == ("文明大道 failed", "trace-0001")
    assert told["traceback"].startswith("Traceback (most recent call last):\n")
    assert told["traceback"].endswith("RuntimeError: two\nlines")


def test_a_record_of_no_request_has_no_id() -> None:
    assert "id" not in json.loads(JsonFormatter().format(record("starting")))


@pytest.mark.server
@pytest.mark.parametrize("workers", [1, 2])
def test_all_that_a_real_service_says_is_json(command: str, tmp_path: Path, workers: int) -> None:
    with (
        serving(tmp_path / "log", command, "serve", "--workers", str(workers)) as service,
        socket.create_connection((HOST, service.port), timeout=20.0) as connection,
    ):
        connection.sendall(b"nonsense\r\n\r\n")
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 400 ")
    lines = [json.loads(line) for line in service.said().splitlines()]
    assert all(line.keys() >= {"time", "process"} for line in lines)
    [malformed] = [line for line in lines if line.get("level") == "warning"]
    assert malformed["message"].startswith(f"{HOST} - Invalid HTTP request")
    assert any(line.get("message") == "Application shutdown complete." for line in lines)
    assert any(line.get("path") == "/v1/health" for line in lines)


@pytest.mark.server
def test_a_damaged_edition_is_one_line_for_people(landprice: Landprice, tmp_path: Path) -> None:
    done = landprice("serve", "--port", "0", data=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
