"""Server processes of this machine: the product's and those it is compared with.

Each listens on a free port of 127.0.0.1, with one worker, and is gone when its context ends.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.benchmarks.inputs import PARCELS, SOMEWHERE
from tests.benchmarks.measure import installed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

HOST: Final = "127.0.0.1"
BIN: Final = Path(sys.executable).parent
_START_S: Final = 60.0
_POLL_S: Final = 0.005
_STOP_S: Final = 20.0
_TIMEOUT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Address:
    """A path of this machine that answers 200 once its server is ready."""

    port: int
    path: str


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers.

    Attributes
    ----------
    port : int
    path : callable
        Longitude and latitude, WGS84, to the path that asks for the regions which hold the point.
    codes : callable
        An answer to the codes in it.
    """

    port: int
    path: Callable[[float, float], str]
    codes: Callable[[bytes], set[str]]


def fetch(connection: HTTPConnection, path: str) -> bytes:
    """Ask one path on a connection that is kept, and return the answer's body.

    Raises
    ------
    RuntimeError
        The answer is not 200.
    """
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise RuntimeError(f"{path}: {response.status} {body[:200]!r}")
    return body


@contextmanager
def connected(port: int) -> Iterator[HTTPConnection]:
    """Open a connection to a server of this machine."""
    connection = HTTPConnection(HOST, port, timeout=_TIMEOUT_S)
    try:
        yield connection
    finally:
        connection.close()


def price_path(lon: float, lat: float) -> str:
    """Return the path that asks the product for the prices at a point."""
    return f"/v1/price?lon={lon}&lat={lat}"


def free_port() -> int:
    """Return a port that no one listens on."""
    with socket.create_server((HOST, 0)) as server:
        port: int = server.getsockname()[1]
        return port


@contextmanager
def landprice(folder: Path) -> Iterator[Server]:
    """Start ``landprice serve`` with its defaults, but no line a request, which no other writes."""
    port = free_port()
    command = [str(BIN / "landprice"), "serve", "--port", str(port)]
    quiet = {"LANDPRICE_ACCESS_LOG": "off"}
    with running(command, Address(port, price_path(*SOMEWHERE)), folder / "landprice.log", quiet):
        yield Server(port, price_path, _price_codes)


@contextmanager
def starlette(folder: Path, answers: Mapping[str, bytes]) -> Iterator[Server]:
    """Start a bare Starlette route that returns the given body of each path."""
    port = free_port()
    stored = folder / "answers.json"
    stored.write_text(json.dumps({path: body.decode() for path, body in answers.items()}))
    command = [sys.executable, "-m", "tests.benchmarks.bare", str(port), str(stored)]
    with running(command, Address(port, next(iter(answers))), folder / "starlette.log"):
        yield Server(port, price_path, _price_codes)


@contextmanager
def pygeoapi(folder: Path) -> Iterator[Server]:
    """Start pygeoapi's own Starlette application over ``data/parcels.geojson``.

    It is asked by a bounding box of no size, without geometries.
    """
    port = free_port()
    config = folder / "pygeoapi.json"
    config.write_text(json.dumps(_pygeoapi_config(port)), encoding="utf-8")
    openapi = folder / "openapi.yml"
    subprocess.run(  # noqa: S603 - our own command
        [str(BIN / "pygeoapi"), "openapi", "generate", str(config), "-of", str(openapi)],
        check=True,
        capture_output=True,
    )
    environment = {"PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(openapi)}
    command = uvicorn("pygeoapi.starlette_app:APP", port)
    address = Address(port, "/conformance?f=json")
    with running(command, address, folder / "pygeoapi.log", environment):
        yield Server(port, _pygeoapi_path, _feature_codes)


@contextmanager
def tipg(folder: Path, database_url: str) -> Iterator[Server]:
    """Start tipg over a database made by `postgis.database`.

    It is asked by the database function, which it can prepare once. A filter by bounding box or in
    CQL2 is planned anew for each point and takes half as long again.

    Raises
    ------
    LackingError
        tipg is not installed.
    """
    installed("tipg")
    port = free_port()
    command = uvicorn("tipg.main:app", port)
    address = Address(port, "/healthz")
    with running(command, address, folder / "tipg.log", {"DATABASE_URL": database_url}):
        yield Server(port, _tipg_path, _item_codes)


def uvicorn(app: str, port: int) -> list[str]:
    """Return the command that serves an application with one worker and without a log of access."""
    return [
        *(sys.executable, "-m", "uvicorn", app, "--host", HOST, "--port", str(port)),
        *("--no-access-log", "--log-level", "warning"),
    ]


@contextmanager
def running(
    command: Sequence[str],
    address: Address,
    log: Path,
    environment: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """Start a server, wait until it answers, and stop it at the end.

    Raises
    ------
    RuntimeError
        It ends, or does not answer in time.
    """
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603 - our own command
            command,
            stdout=output,
            stderr=output,
            env=usual_environment() | dict(environment or {}),
        ) as process,
    ):
        try:
            end_s = time.monotonic() + _START_S
            while not _answers(address):
                if process.poll() is not None or time.monotonic() > end_s:
                    told = log.read_text(encoding="utf-8", errors="replace")
                    raise RuntimeError(f"the server did not start: {told}")
                time.sleep(_POLL_S)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


def usual_environment() -> dict[str, str]:
    """Return this environment, but modules are compiled once rather than at every start."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _answers(address: Address) -> bool:
    try:
        with connected(address.port) as connection:
            fetch(connection, address.path)
    except (OSError, HTTPException):
        return False
    return True


def _price_codes(body: bytes) -> set[str]:
    """Return the regions that are drawn at the place; others are likely there, too."""
    return {price["code"] for price in json.loads(body)["prices"] if price["drawn"]}


def _feature_codes(body: bytes) -> set[str]:
    return {feature["id"] for feature in json.loads(body)["features"]}


def _item_codes(body: bytes) -> set[str]:
    return {item["code"] for item in json.loads(body)}


def _pygeoapi_path(lon: float, lat: float) -> str:
    return f"/collections/parcels/items?f=json&skipGeometry=true&bbox={lon},{lat},{lon},{lat}"


def _tipg_path(lon: float, lat: float) -> str:
    return f"/collections/public.prices/items?f=json&geom-column=none&lon={lon}&lat={lat}"


def _pygeoapi_config(port: int) -> dict[str, object]:
    about = {"title": "parcels", "description": "parcels", "keywords": ["parcels"]}
    return {
        "server": {
            "bind": {"host": HOST, "port": port},
            "url": f"http://{HOST}:{port}",
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "languages": ["en"],
            "limits": {"default_items": 10, "max_items": 100, "on_exceed": "throttle"},
            "map": {"url": "", "attribution": ""},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": about | {"terms_of_service": "", "url": f"http://{HOST}"},
            "license": {"name": "none", "url": f"http://{HOST}"},
            "provider": {"name": "none", "url": f"http://{HOST}"},
            "contact": {"name": "none"},
        },
        "resources": {
            "parcels": {
                "type": "collection",
                **about,
                "links": [],
                "extents": {"spatial": {"bbox": [-180, -90, 180, 90]}},
                "providers": [
                    {
                        "type": "feature",
                        "name": "GeoJSON",
                        "data": str(PARCELS),
                        "id_field": "code",
                    }
                ],
            }
        },
    }
