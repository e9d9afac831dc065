"""Rows of the service: one point a request, many points in one request, and its start."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from tests.benchmarks import postgis, servers
from tests.benchmarks.inputs import places, points
from tests.benchmarks.load import request_rate
from tests.benchmarks.measure import Bar, Comparison, Measured, alternate, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from tests.benchmarks.inputs import Place
    from tests.benchmarks.measure import Scale
    from tests.benchmarks.servers import Server

    StartReference = Callable[[Path, Server, Sequence[Place]], AbstractContextManager[Server]]

_CHECKED: Final = 200
"""Points for which the reference has to give the same regions."""
_PRICE: Final = "`GET /v1/price`, one worker"
_BATCH_PATH: Final = "/v1/price/batch"
_ARROW: Final = "application/vnd.apache.arrow.stream"


def comparisons() -> tuple[Comparison, ...]:
    """Return the rows of this module."""
    references: tuple[tuple[str, str, Bar, StartReference], ...] = (
        ("http-starlette", "bare Starlette route, same bytes", Bar(0.4), _starlette),
        ("http-pygeoapi", "pygeoapi, GeoJSON provider, `bbox` of the point", Bar(100), _pygeoapi),
        ("http-tipg", "tipg, PostGIS function of the point", Bar(10), _tipg),
    )
    return (
        *(
            Comparison(key, _PRICE, against, bar, partial(_requests, start))
            for key, against, bar, start in references
        ),
        Comparison(
            "http-batch",
            f"`POST {_BATCH_PATH}`, Arrow, all points in one request",
            "`GET /v1/price` for each point, one connection",
            Bar(200),
            _batch,
        ),
        Comparison(
            "start",
            "`landprice serve` to its first answer",
            "`python -c 'import geopandas, fastapi'`",
            Bar(1.5, at_most=True),
            _start,
        ),
    )


def _requests(start_reference: StartReference, scale: Scale) -> Measured:
    asked = places(scale.places)
    with (
        tempfile.TemporaryDirectory() as folder,
        servers.landprice(Path(folder)) as ours,
        start_reference(Path(folder), ours, asked) as reference,
    ):
        if _codes(ours, asked[:_CHECKED]) != _codes(reference, asked[:_CHECKED]):
            raise RuntimeError("the reference gives other answers")
        rates = alternate(
            lambda: _rate(ours, asked, scale), lambda: _rate(reference, asked, scale), scale.rounds
        )
    return Measured(*rates, "requests/s")


def _rate(server: Server, asked: Sequence[Place], scale: Scale, connections: int = 16) -> float:
    paths = [server.path(*place) for place in asked]
    return request_rate(server.port, paths, seconds=scale.seconds, connections=connections)


def _codes(server: Server, asked: Sequence[Place]) -> list[set[str]]:
    with servers.connected(server.port) as connection:
        return [server.codes(servers.fetch(connection, server.path(*place))) for place in asked]


@contextmanager
def _starlette(folder: Path, ours: Server, asked: Sequence[Place]) -> Iterator[Server]:
    paths = [ours.path(*place) for place in asked]
    with servers.connected(ours.port) as connection:
        answers = {path: servers.fetch(connection, path) for path in paths}
    with servers.starlette(folder, answers) as server:
        yield server


def _pygeoapi(
    folder: Path, _ours: Server, _asked: Sequence[Place]
) -> AbstractContextManager[Server]:
    return servers.pygeoapi(folder)


@contextmanager
def _tipg(folder: Path, _ours: Server, _asked: Sequence[Place]) -> Iterator[Server]:
    with postgis.database() as url, servers.tipg(folder, url) as server:
        yield server


def _batch(scale: Scale) -> Measured:
    lon, lat = points(scale.batch_points)
    asked = places(scale.places)
    with tempfile.TemporaryDirectory() as folder, servers.landprice(Path(folder)) as server:
        table = pa.table({"lon": lon, "lat": lat})
        rates = alternate(
            lambda: scale.batch_points / seconds(lambda: _ask_batch(server, table)),
            lambda: _rate(server, asked, scale, connections=1),
            scale.rounds,
        )
    return Measured(*rates, "points/s")


def _ask_batch(server: Server, table: pa.Table) -> pa.Table:
    """Send a table of points, and return the table of answers: all that a client does."""
    sent = pa.BufferOutputStream()
    with pa.ipc.new_stream(sent, table.schema) as stream:
        stream.write_table(table)
    body = sent.getvalue().to_pybytes()
    with servers.connected(server.port) as connection:
        connection.request("POST", _BATCH_PATH, body, {"Content-Type": _ARROW, "Accept": _ARROW})
        response = connection.getresponse()
        received = response.read()
    if response.status != 200:
        raise RuntimeError(f"POST {_BATCH_PATH}: {response.status} {received[:200]!r}")
    answers = pa.ipc.open_stream(received).read_all()
    if answers.num_rows != table.num_rows:
        raise RuntimeError(f"{answers.num_rows} answers to {table.num_rows} points")
    return answers


def _start(scale: Scale) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        times_s = alternate(
            lambda: _seconds_to_first_answer(Path(folder)), _seconds_to_import, scale.rounds
        )
    return Measured(*times_s, "s")


def _seconds_to_first_answer(folder: Path) -> float:
    server = servers.landprice(folder)
    try:
        return seconds(server.__enter__)
    finally:
        server.__exit__(None, None, None)


def _seconds_to_import() -> float:
    command = [sys.executable, "-c", "import geopandas, fastapi"]
    return seconds(
        lambda: subprocess.run(  # noqa: S603 - our own command
            command, check=True, env=servers.usual_environment()
        )
    )
