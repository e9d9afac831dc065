"""Many clients at once: the geometries that threads share must bear it."""

from __future__ import annotations

import http.client
import random
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import quote

import numpy as np
import pytest
import shapely
from starlette.testclient import TestClient

from app.settings import Settings
from app.web.app import create_app
from app.web.ogc.layers import layers_of
from tests.processes import HOST, serving

if TYPE_CHECKING:
    from pathlib import Path

    from app.web.edition import LoadedEdition

CLIENTS = 8
TIMEOUT_S = 30
AREAS_TIMEOUT_S = 180
"""They are computed when a service starts: 20 s of a slow processor, with other tests beside."""
LAYERS = ("commercial", "residential", "industrial", "boundary_lines", "likely_areas")
BOX = (113.93, 32.92, 114.08, 33.05)
"""West, south, east and north edge of the places that are asked about, WGS84."""


def paths(seed: int) -> list[str]:
    """Make questions of every kind that geometries answer, about places chosen by chance."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    west, east = sorted(chance.uniform(BOX[0], BOX[2]) for _ in range(2))
    south, north = sorted(chance.uniform(BOX[1], BOX[3]) for _ in range(2))
    items = [f"/ogc/collections/{layer}/items" for layer in LAYERS]
    box = f"{west},{south},{east},{north}"
    within = quote(f"S_INTERSECTS(geometry, BBOX({box}))")
    column, row = chance.randrange(1672, 1674), chance.randrange(823, 826)
    return [
        *(f"{path}?bbox={box}" for path in items * 4),
        f"{chance.choice(items)}?filter={within}",
        f"/v1/price?lon={west}&lat={south}",
        f"/v1/price?lon={east}&lat={north}&as_of=2024-12-31",
        f"/ogc/collections/{chance.choice(LAYERS)}/tiles/WebMercatorQuad/11/{row}/{column}?f=mvt",
    ]


class Client(threading.Thread):
    """Asks one question after another until the time is over."""

    def __init__(self, port: int, seed: int, end_s: float) -> None:
        super().__init__()
        self.port = port
        self.seed = seed
        self.end_s = end_s
        self.answered = 0
        self.failed: list[str] = []

    def run(self) -> None:
        connection = http.client.HTTPConnection(HOST, self.port)
        while time.monotonic() < self.end_s and not self.failed:
            self.seed += CLIENTS
            for path in paths(self.seed):
                connection.timeout = AREAS_TIMEOUT_S if "likely_areas" in path else TIMEOUT_S
                if connection.sock is not None:
                    connection.sock.settimeout(connection.timeout)
                try:
                    connection.request("GET", path)
                    response = connection.getresponse()
                    body = response.read()
                except (OSError, http.client.HTTPException) as error:
                    self.failed.append(f"{path}: {error!r}")
                    break
                if response.status in {200, 204}:
                    self.answered += 1
                else:
                    self.failed.append(f"{path}: {response.status} {body[:200]!r}")
        connection.close()


@pytest.mark.server
@pytest.mark.parametrize("seconds", [5.0, pytest.param(60.0, marks=pytest.mark.soak)])
@pytest.mark.parametrize("workers", [1, 2])
def test_eight_clients_at_once(command: str, tmp_path: Path, workers: int, seconds: float) -> None:
    with serving(tmp_path / "log", command, "serve", "--workers", str(workers)) as service:
        before = service.workers
        assert len(before) == workers
        end_s = time.monotonic() + seconds
        clients = [Client(service.port, seed, end_s) for seed in range(CLIENTS)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        assert service.process.poll() is None
        assert service.workers == before
    assert [problem for client in clients for problem in client.failed] == []
    assert min(client.answered for client in clients) >= len(paths(0))
    assert "Traceback" not in service.said()
    assert service.said().count("Application startup complete") == workers


@pytest.mark.slow
def test_nothing_prepares_a_geometry_that_threads_share() -> None:
    """A prepared polygon that two threads compare with others at once crashes GEOS."""
    app = create_app(Settings())
    with TestClient(app) as client:
        for path in ["/map", "/sheets/industrial.svg", "/exports/landprice.gpkg", *paths(0)]:
            assert client.get(path).status_code in {200, 204}, path
        edition: LoadedEdition = app.state.served.edition
        corners = shapely.get_coordinates(edition.parcels.regions[0].polygon)
        answered = client.post(
            "/v1/price/batch",
            params={"columns": "code,certainty,distance_to_boundary_m"},
            content="lon,lat\n" + "".join(f"{lon},{lat}\n" for lon, lat in corners),
            headers={"content-type": "text/csv"},
        )
        assert answered.status_code == 200
    point, batch = edition.point_index, edition.batch_index
    table = point._table
    assert table is batch._table
    geometries = [
        [region.polygon for region in edition.parcels.regions],
        table.edges,
        table.polygons_m,
        table.sides_m.reshape(-1),
        table.grid._tree.geometries,
        *(search._tree.geometries for search in point._searches.values()),
        *(layer.geometries for layer in layers_of(edition)),
    ]
    for shapes in geometries:
        assert len(shapes)
        assert not shapely.is_prepared(np.asarray(shapes, dtype=object)).any()
