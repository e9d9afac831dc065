"""GET /v1/health: that the service is up, with which software and which data."""

from __future__ import annotations

import hashlib
import platform
import re
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pyproj
import shapely

from app.settings import Settings
from geo.build.sources import read_sources

if TYPE_CHECKING:
    from starlette.testclient import TestClient


def test_health_tells_software_and_data(
    client: TestClient, shipped: dict[str, Any], edition_facts: dict[str, Any]
) -> None:
    response = client.get("/v1/health")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    answer = response.json()
    publication = answer.pop("publication")
    assert answer == {
        "status": "ok",
        "versions": {
            "landprice": version("zhumadian-landprice"),
            "python": platform.python_version(),
            "shapely": version("shapely"),
            "geos": ".".join(map(str, shapely.geos_version)),
            "pyproj": version("pyproj"),
            "proj": pyproj.__proj_version__,
        },
        "dataset": {
            "sha256": hashlib.sha256(Settings().parcels.read_bytes()).hexdigest(),
            "edition": edition_facts,
            "counts": {"commercial": 27, "residential": 27, "industrial": 12},
            "attribution": shipped["attribution"],
        },
    }
    [edition] = publication.pop("editions")
    sha256 = answer["dataset"]["sha256"]
    listed = {"in_force": True, "regions": 66, "sha256": sha256, "coefficients": None}
    assert edition == {**edition_facts, **listed}
    digest = publication.pop("digest")
    assert re.fullmatch("[0-9a-f]{64}", digest)
    assert publication == {"number": 0, "published_at": None, "refused": None}


def test_the_shipped_data_names_its_source() -> None:
    """What derives from OpenStreetMap says so."""
    assert "OpenStreetMap" in read_sources(Settings().data, None, None).evidence.attribution


def test_attribution_reaches_the_operator(client: TestClient) -> None:
    attribution = client.get("/v1/health").json()["dataset"]["attribution"]
    assert attribution == read_sources(Settings().data, None, None).evidence.attribution
