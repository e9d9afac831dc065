"""A running service takes what is published, between two requests. All but 2022 are synthetic."""

from __future__ import annotations

import os
import shutil
import signal
import time
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from geo.editions.publish import publish, rollback
from geo.parcels import PARCELS_FILE
from geo.symbology import PRICE_CLASSES_FILE
from tests.editions import write_edition
from tests.factories import LAT, LON
from tests.paths import DATA
from tests.processes import WAIT_S, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.processes import Service

pytestmark = pytest.mark.server

SWITCHED_S = 30.0
STARTED = "startup complete"
"""Until all workers have changed over, at most; on an idle machine it is one second or two."""

PRICES = {"411700-2022": 4415, "411700-2023": 4636}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder in which the shipped edition is published."""
    publish([DATA], tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def later(tmp_path: Path) -> Path:
    return write_edition(tmp_path / "later", 2023, share=0.05)


@contextmanager
def served(command: str, data: Path, tmp_path: Path, *, workers: int) -> Iterator[Service]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LANDPRICE_DATA", str(data))
        with serving(tmp_path / "log", command, "serve", f"--workers={workers}") as service:
            # The first one answers while others are still starting.
            wait_until(lambda: service.said().count(STARTED) == workers, WAIT_S)
            yield service


def asked(service: Service) -> dict[str, Any]:
    """Ask over a connection of its own, so that any worker may answer."""
    url = f"{service.url}/v1/price?lon={LON}&lat={LAT}&use=commercial"
    answer = httpx2.get(url, timeout=WAIT_S)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def wait_until(is_so: Callable[[], bool], within_s: float = SWITCHED_S) -> None:
    end_s = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < end_s
        time.sleep(0.05)


def all_workers_have(service: Service, edition: str, workers: int) -> bool:
    """Tell whether many answers in a row are of an edition."""
    return all(asked(service)["edition"]["id"] == edition for _ in range(10 * workers))


def health(service: Service) -> dict[str, Any]:
    found: dict[str, Any] = httpx2.get(f"{service.url}/v1/health", timeout=WAIT_S).json()
    return found


class Reader(Thread):
    """Asks without a pause, and keeps what is not as it must be."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self.service = service
        self.editions: list[str] = []
        self.failed: list[str] = []
        self.ended = False

    def run(self) -> None:
        url = f"{self.service.url}/v1/price?lon={LON}&lat={LAT}&use=commercial"
        while not self.ended:
            try:
                answer = httpx2.get(url, timeout=WAIT_S)
                found = answer.json()
                edition = found["edition"]["id"]
                price = found["prices"][0]["ground_price_cny_m2"]
            except (httpx2.HTTPError, KeyError, ValueError) as error:
                self.failed.append(repr(error))
                continue
            if answer.status_code != 200 or PRICES[edition] != price:
                self.failed.append(f"{answer.status_code} {edition} {price}")
            self.editions.append(edition)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_publication_is_served_without_a_gap(
    command: str, data: Path, later: Path, tmp_path: Path, workers: int
) -> None:
    with served(command, data, tmp_path, workers=workers) as service:
        reader = Reader(service)
        reader.start()
        publish([later], data)
        wait_until(lambda: all_workers_have(service, "411700-2023", workers))
        assert health(service)["publication"]["number"] == 2
        rollback(data)
        wait_until(lambda: all_workers_have(service, "411700-2022", workers))
        reader.ended = True
        reader.join()
    assert reader.failed == []
    assert set(reader.editions) == set(PRICES)
    assert "Traceback" not in service.said()


def test_what_is_not_right_is_refused_and_the_old_stays(
    command: str, data: Path, later: Path, tmp_path: Path
) -> None:
    with served(command, data, tmp_path, workers=2) as service:
        publish([later], data)
        wait_until(lambda: all_workers_have(service, "411700-2023", 2))
        path = data / "editions" / "411700-2023" / PARCELS_FILE
        good = path.read_bytes()
        damaged = data / ".publications" / "3"
        shutil.copytree(data / ".publications" / "2", damaged)
        (damaged / "411700-2023" / PARCELS_FILE).write_bytes(good[:-100])
        link = data / "link"
        link.symlink_to(".publications/3")
        link.replace(data / "editions")
        wait_until(lambda: health(service)["publication"]["refused"] is not None)
        told = health(service)["publication"]["refused"]
        assert told.startswith("411700-2023: parcels.geojson is not the file that was published")
        assert all_workers_have(service, "411700-2023", 2)
        assert told in service.said()
        # A worker that starts now answers as the others do.
        os.kill(service.workers[0], signal.SIGKILL)
        wait_until(lambda: len(service.workers) == 2 and health(service)["status"] == "ok", WAIT_S)
        time.sleep(1.0)
        assert all_workers_have(service, "411700-2023", 2)
        # And what is mended is taken again.
        publish([write_edition(tmp_path / "2024", 2024)], tmp_path / "other")
        link.symlink_to(".publications/1")
        link.replace(data / "editions")
        wait_until(lambda: all_workers_have(service, "411700-2022", 2))
        assert health(service)["publication"]["refused"] is None


def test_an_edition_that_was_built_anew_is_served_by_all(command: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    write_edition(data, 2022)
    with served(command, data, tmp_path, workers=2) as service:
        assert asked(service)["prices"][0]["ground_price_cny_m2"] == 4415
        other = write_edition(tmp_path / "other", 2022, share=0.05)
        (other / PARCELS_FILE).replace(data / PARCELS_FILE)
        os.kill(service.workers[1], signal.SIGKILL)
        expected = {4636}
        wait_until(
            lambda: (
                {asked(service)["prices"][0]["ground_price_cny_m2"] for _ in range(20)} == expected
            ),
            WAIT_S,
        )
        (data / PARCELS_FILE).unlink()
        wait_until(lambda: health(service)["publication"]["refused"] is not None)
        for pid in service.workers:
            os.kill(pid, signal.SIGKILL)
        wait_until(service.answers, WAIT_S)
        assert asked(service)["prices"][0]["ground_price_cny_m2"] == 4636
        assert service.process.poll() is None


def test_the_last_good_publication_is_served_where_the_newest_is_damaged(
    command: str, data: Path, later: Path, tmp_path: Path
) -> None:
    publish([later], data)
    (data / "editions" / "411700-2023" / PRICE_CLASSES_FILE).write_text("x", encoding="utf-8")
    with served(command, data, tmp_path, workers=1) as service:
        assert asked(service)["edition"]["id"] == "411700-2022"
        assert "411700-2023: price_classes.toml" in health(service)["publication"]["refused"]


def test_a_service_that_is_ended_leaves_nothing(
    command: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    with served(command, data, tmp_path, workers=2) as service:
        assert [one.name.partition("-")[0] for one in temporary.iterdir()] == ["landprice"]
        workers = service.workers
        assert len(workers) == 2
    assert list(temporary.iterdir()) == []
    with served(command, data, tmp_path, workers=2) as service:
        workers = service.workers
        service.process.kill()
        service.process.wait()
        wait_until(lambda: not service.answers(), WAIT_S)  # workers do not outlive it
    assert workers


def test_a_worker_that_cannot_start_ends_no_other(
    command: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary, away = tmp_path / "temporary", tmp_path / "away"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    with served(command, data, tmp_path, workers=2) as service:
        [runtime] = temporary.iterdir()
        first, second = service.workers
        runtime.rename(away)  # so that no worker finds what to start with
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: "ended with status 1" in service.said(), WAIT_S)
        assert second in service.workers
        assert asked(service)["edition"]["id"] == "411700-2022"
        away.rename(runtime)
        wait_until(lambda: service.said().count(STARTED) == 3, WAIT_S)
        assert second in service.workers


def test_a_service_of_which_no_worker_can_start_fails(
    command: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    with served(command, data, tmp_path, workers=1) as service:
        [runtime] = temporary.iterdir()
        runtime.rename(tmp_path / "away")
        os.kill(service.workers[0], signal.SIGKILL)
        assert service.process.wait(timeout=WAIT_S) == 1
    assert "No worker can start" in service.said()
