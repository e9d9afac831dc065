"""What is asked first is not slower once caches were filled before."""

from __future__ import annotations

from itertools import islice
from threading import Event

from app.settings import Settings
from app.web.edition import LoadedEdition
from geo import open_edition
from geo.lookup.point import BLOCK_DEG
from geo.lookup.prefetch import prefetch


def test_questions_of_blocks_are_kept() -> None:
    edition = open_edition()
    asked = edition.point_index._ask_around
    blocks = 60
    for _ in islice(prefetch(edition), blocks):
        pass
    misses = asked.cache_info().misses
    assert misses > 0
    west, south, *_ = edition.extent
    row, first = (int(low // BLOCK_DEG) for low in (south, west))
    for column in range(first, first + blocks):
        lon, lat = (column + 0.5) * BLOCK_DEG, (row + 0.5) * BLOCK_DEG
        edition.point_index.look_up(lon=lon, lat=lat)
    assert asked.cache_info().misses == misses


def test_it_ends_when_the_service_does() -> None:
    edition = LoadedEdition.read(Settings().parcels)
    stopped = Event()
    stopped.set()
    edition.prefetch(stopped)
    assert "areas" not in edition.__dict__
