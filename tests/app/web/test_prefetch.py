"""What is asked first is not slower once caches were filled before."""

from __future__ import annotations

from itertools import islice, product
from threading import Event
from typing import TYPE_CHECKING

from app.settings import Settings
from app.web.edition import LoadedEdition
from geo import open_edition
from geo.lookup.point import BLOCK_DEG
from geo.lookup.prefetch import prefetch

if TYPE_CHECKING:
    import pytest


def test_questions_are_kept_from_the_middle_on() -> None:
    edition = open_edition()
    asked = edition.point_index._ask_around
    for _ in islice(prefetch(edition), 60):
        pass
    misses = asked.cache_info().misses
    assert misses > 0
    west, south, east, north = edition.extent
    for right, up in product((-2, -1, 0, 1, 2), repeat=2):
        lon = ((west + east) / 2 // BLOCK_DEG + right + 0.5) * BLOCK_DEG
        lat = ((south + north) / 2 // BLOCK_DEG + up + 0.5) * BLOCK_DEG
        edition.point_index.look_up(lon=lon, lat=lat)
    assert asked.cache_info().misses == misses
    for right in range(20):  # far from the middle
        edition.point_index.look_up(lon=west + right * BLOCK_DEG, lat=south + 10 * BLOCK_DEG)
    assert asked.cache_info().misses > misses


def test_a_large_city_is_filled_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geo.lookup.prefetch.MOST_BLOCKS", 5)
    assert len(list(prefetch(open_edition()))) == 5


def test_it_ends_when_the_service_does() -> None:
    edition = LoadedEdition.read(Settings().parcels)
    stopped = Event()
    stopped.set()
    edition.prefetch(stopped)
    assert "areas" not in edition.__dict__
