"""A service under load, while editions are published and processes killed.

Short in the usual run, long with ``make soak``. All editions but 2022's are synthetic.
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import socket
import time
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final

import httpx2
import pytest

from geo.editions.publish import publish
from tests.app.web.serving.test_serve_editions import served, wait_until
from tests.editions import write_edition
from tests.factories import LAT, LON
from tests.geo.editions.test_publish import killed_publication
from tests.paths import DATA
from tests.processes import HOST

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.processes import Service

pytestmark = [pytest.mark.server, pytest.mark.slow]

_MOST_STEPS: Final = 120
"""Changes of files that a publication makes, or some more."""


def ground_prices(service: Service) -> tuple[int, ...]:
    """Return the prices of all regions in one answer."""
    answer = httpx2.get(f"{service.url}/v1/regions", timeout=30.0)
    assert answer.status_code == 200, answer.text
    features = answer.json()["features"]
    return tuple(one["properties"]["ground_price_cny_m2"] for one in features)


class Client(Thread):
    """Repeats something until it is to end, and keeps what must not happen."""

    def __init__(self, action: Callable[[], str | None], ended: Event) -> None:
        super().__init__()
        self.action, self.ended = action, ended
        self.done = self.cut_off = 0
        self.failed: list[str] = []

    def run(self) -> None:
        while not self.ended.is_set():
            try:
                problem = self.action()
            except (httpx2.TransportError, OSError):  # its worker was killed
                self.cut_off += 1
                continue
            self.done += 1
            if problem is not None:
                self.failed.append(problem)


@pytest.mark.parametrize("kills", [8, pytest.param(200, marks=pytest.mark.soak)])
def test_kills_while_publishing(command: str, tmp_path: Path, kills: int) -> None:
    """Each reader has the old edition or the new one, whole, and no request fails."""
    data = tmp_path / "data"
    publish([DATA], data)
    editions = [
        write_edition(tmp_path / str(percent), 2022, share=percent / 100) for percent in (5, 10)
    ]
    chance = random.Random(17)  # noqa: S311 - no secret
    with served(command, data, tmp_path, workers=2) as service:
        whole = {ground_prices(service)}
        for edition in editions:
            publish([edition], data)
            known = frozenset(whole)
            wait_until(lambda known=known: ground_prices(service) not in known)  # type: ignore[misc]
            whole.add(ground_prices(service))
        assert len(whole) == 3

        def read() -> str | None:
            return None if ground_prices(service) in whole else "prices of two editions"

        ended = Event()
        readers = [Client(read, ended) for _ in range(2)]
        for reader in readers:
            reader.start()
        statuses = [
            killed_publication(data, edition, chance.randrange(1, _MOST_STEPS))
            for edition in itertools.islice(itertools.cycle(editions), kills)
        ]
        ended.set()
        for reader in readers:
            reader.join()
    assert -signal.SIGKILL in statuses
    assert set(statuses) <= {-signal.SIGKILL, 0}
    for reader in readers:
        assert (reader.failed, reader.cut_off) == ([], 0)
        assert reader.done > 0


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    [line] = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1000


def _actions(service: Service, prices: Sequence[int]) -> list[Callable[[], str | None]]:
    """Return what clients do: each action returns what is wrong with an answer, or None."""
    chance = random.Random(5)  # noqa: S311 - no secret
    base = prices[0]
    allowed = {str(price) for price in prices}

    def place() -> str:
        return f"lon={chance.uniform(113.93, 114.08):.5f}&lat={chance.uniform(32.92, 33.05):.5f}"

    def asked(path: str, status: int) -> tuple[Any, str | None]:
        answer = httpx2.get(f"{service.url}{path}", timeout=60.0)
        wrong = None if answer.status_code == status else f"{path}: {answer.status_code}"
        return answer, wrong

    def single() -> str | None:
        return asked(f"/v1/price?{place()}", 200)[1]

    def known_place() -> str | None:
        answer, wrong = asked(f"/v1/price?lon={LON}&lat={LAT}&use=commercial", 200)
        found = str(answer.json()["prices"][0]["ground_price_cny_m2"])
        return wrong or (None if found in allowed else f"{found} yuan, not {base}")

    def batch() -> str | None:
        rows = "".join(f"{LON},{LAT}\n" for _ in range(2_000))
        answer = httpx2.post(
            f"{service.url}/v1/price/batch?use=commercial&columns=ground_price_cny_m2",
            content=f"lon,lat\n{rows}",
            headers={"content-type": "text/csv"},
            timeout=60.0,
        )
        if answer.status_code != 200:
            return f"batch: {answer.status_code}"
        found = {line.split(",")[2] for line in answer.text.splitlines()[1:]}
        return None if len(found) == 1 and found <= allowed else f"a batch has {sorted(found)}"

    def features() -> str | None:
        return asked("/ogc/collections/commercial/items?bbox=113.9,32.9,114.1,33.1", 200)[1]

    def bad() -> str | None:
        wrong = [
            asked("/v1/price?lon=x&lat=33", 422)[1],
            asked("/v1/regions/none", 404)[1],
            asked("/v1/price?lon=114&lat=33&as_of=1999-01-01", 404)[1],
        ]
        return next(filter(None, wrong), None)

    def slow() -> str | None:
        with socket.create_connection((HOST, service.port), timeout=10.0) as line:
            for byte in b"GET /v1/price?lon=1":
                line.sendall(bytes([byte]))
                time.sleep(0.05)
        return None

    return [single, known_place, batch, features, bad, slow]


@pytest.mark.parametrize("seconds", [30.0, pytest.param(600.0, marks=pytest.mark.soak)])
def test_load_publications_and_deaths_at_once(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    """No answer fails or mixes editions, and a worker that lives does not grow."""
    monkeypatch.setenv("LANDPRICE_ACCESS_LOG", "off")
    data = tmp_path / "data"
    publish([DATA], data)
    editions = [
        write_edition(tmp_path / str(percent), 2022, share=percent / 100) for percent in (5, 10)
    ]
    memory_mb: list[tuple[float, float]] = []
    with served(command, data, tmp_path, workers=2) as service:
        survivor, ended = service.workers[0], Event()
        clients = [Client(action, ended) for action in _actions(service, (4415, 4636, 4856))]
        for client in clients:
            client.start()
        started_s = time.monotonic()
        next_publication_s, next_death_s = 5.0, min(30.0, seconds / 3)
        pace_s = next_death_s
        turns = itertools.cycle(editions)
        while (elapsed_s := time.monotonic() - started_s) < seconds:
            if elapsed_s >= next_publication_s:
                publish([next(turns)], data)
                next_publication_s += 5.0
            if elapsed_s >= next_death_s:
                others = [pid for pid in service.workers if pid != survivor]
                if others:
                    os.kill(others[0], signal.SIGKILL)
                next_death_s += pace_s
            memory_mb.append((elapsed_s, resident_mb(survivor)))
            time.sleep(0.5)
        ended.set()
        for client in clients:
            client.join()
        assert survivor in service.workers
        assert "Traceback" not in service.said()
    names = ("single", "known_place", "batch", "features", "bad", "slow")
    print({name: one.done for name, one in zip(names, clients, strict=True)})  # noqa: T201
    print(f"{sum(one.cut_off for one in clients)} cut off by a death")  # noqa: T201
    assert [problem for client in clients for problem in client.failed] == []
    assert all(client.done for client in clients)
    if seconds >= 600:
        third = [mb for at_s, mb in memory_mb if 120 <= at_s < 180]
        last = [mb for at_s, mb in memory_mb if at_s >= seconds - 60]
        print(f"memory {max(third):.0f} MB in the third minute, {max(last):.0f} in the last")  # noqa: T201
        assert max(last) <= 1.05 * max(third)
