"""Measures what many editions cost a process: to start, in memory, and for each answer.

``python -m tests.benchmarks.editions_cost FOLDER`` prints JSON. All editions but 2022's are
synthetic.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from app.web.price import PATH, answer_price
from app.web.served import Served
from geo.editions.publish import publish
from geo.layouts.file import layouts_bytes, read_layouts
from geo.layouts.layouts import LAYOUTS_FILE
from geo.parcels import PARCELS_FILE, read_parcels
from tests.editions import another_city, write_edition
from tests.factories import LAT, LON
from tests.paths import DATA

if TYPE_CHECKING:
    from starlette.types import Message

YEARS: Final = range(2020, 2025)
_APART_DEG: Final = 0.3
_REQUESTS: Final = 500
_ROUNDS: Final = 15


def write_cities(root: Path, cities: int) -> Path:
    """Publish the shipped city and invented ones, five years of each, and return the folder."""
    shipped = read_layouts(
        DATA / LAYOUTS_FILE, parcels_sha256=read_parcels(DATA / PARCELS_FILE).sha256
    )
    folders = []
    for city in range(cities):
        for year in YEARS:
            folder = root / f"{city}-{year}"
            if city == 0:
                write_edition(folder, year)
            else:
                code = f"{990_000 + city}"
                east_deg = _APART_DEG * city
                another_city(folder, year, admin_code=code, city=f"虚构{city}市", east_deg=east_deg)
            # As large as real ones: the same layouts, whose lines have the same names.
            sha256 = read_parcels(folder / PARCELS_FILE).sha256
            content = layouts_bytes(shipped, parcels_sha256=sha256, attribution="synthetic")
            (folder / LAYOUTS_FILE).write_bytes(content)
            folders.append(folder)
    publish(folders, root / "data")
    return root / "data"


def _measured(data: Path) -> dict[str, float]:
    started_s = time.perf_counter()
    served = Served.read(data)
    start_s = time.perf_counter() - started_s
    app = SimpleNamespace(state=SimpleNamespace(served=served, security_headers=[]))
    scope: dict[str, Any] = {
        "type": "http",
        "app": app,
        "method": "GET",
        "path": PATH,
        "query_string": f"lon={LON}&lat={LAT}".encode(),
        "headers": [],
    }

    async def send(_: Message) -> None:
        pass

    async def ask() -> None:
        for _ in range(_REQUESTS):
            await answer_price(scope, send, send)  # type: ignore[arg-type]

    asyncio.run(ask())
    times_s = []
    for _ in range(_ROUNDS):
        started_s = time.perf_counter()
        asyncio.run(ask())
        times_s.append(time.perf_counter() - started_s)
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return {"s": start_s, "MB": memory_mb, "requests/s": _REQUESTS / median(times_s)}


if __name__ == "__main__":
    print(json.dumps(_measured(Path(sys.argv[1]))))  # noqa: T201
