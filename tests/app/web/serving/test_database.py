"""Several services share one database of editions. All editions but 2022's are synthetic."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from geo.editions.manifest import edition_files
from tests.app.web.serving.test_serve_editions import (
    Reader,
    all_workers_have,
    asked,
    health,
    wait_until,
)
from tests.editions import shipped_edition, write_edition
from tests.factories import LAT, LON
from tests.postgres import made_cluster
from tests.processes import free_port, serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.app.conftest import Landprice

pytestmark = pytest.mark.server

SERVICES = 3


def test_services_switch_together(
    command: str, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from geo.editions.postgis.publish import publish, rollback  # noqa: PLC0415 - needs an extra

    publish(dsn, [shipped_edition()])
    later = edition_files(write_edition(tmp_path / "later", 2023, share=0.05))
    monkeypatch.setenv("LANDPRICE_STORE", dsn)
    with ExitStack() as stack:
        services = [
            stack.enter_context(serving(tmp_path / f"log{number}", command, "serve"))
            for number in range(SERVICES)
        ]
        readers = [Reader(service) for service in services]
        for reader in readers:
            reader.start()
        publish(dsn, [later])
        wait_until(lambda: all(all_workers_have(one, "411700-2023", 1) for one in services))
        assert {health(service)["publication"]["number"] for service in services} == {2}
        rollback(dsn)
        wait_until(lambda: all(all_workers_have(one, "411700-2022", 1) for one in services))
        for reader in readers:
            reader.ended = True
            reader.join()
    assert [failed for reader in readers for failed in reader.failed] == []


@pytest.mark.usefixtures("cluster")  # so that it skips where there is no PostGIS
@pytest.mark.parametrize("seconds", [3.0, pytest.param(60.0, marks=pytest.mark.soak)])
def test_a_database_that_is_away_loses_no_answer(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
) -> None:
    from geo.editions.postgis.publish import publish  # noqa: PLC0415 - needs an extra

    with made_cluster(free_port()) as own:
        with own.running():
            own.sql("CREATE DATABASE shared")
            own.sql("CREATE EXTENSION postgis", database="shared")
            dsn = own.url("shared")
            publish(dsn, [shipped_edition()])
            monkeypatch.setenv("LANDPRICE_STORE", dsn)
            stack = ExitStack()
            service = stack.enter_context(serving(tmp_path / "log", command, "serve"))
        with stack:
            reader = Reader(service)
            reader.start()
            time.sleep(seconds)
            assert asked(service)["edition"]["id"] == "411700-2022"
            with own.running():
                publish(dsn, [edition_files(write_edition(tmp_path / "later", 2023, share=0.05))])
                wait_until(lambda: all_workers_have(service, "411700-2023", 1))
            reader.ended = True
            reader.join()
            assert reader.failed == []
            assert set(reader.editions) == {"411700-2022", "411700-2023"}


def test_the_command_line_uses_the_database(
    landprice: Landprice, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANDPRICE_STORE", dsn)
    done = landprice("serve", "--port", str(free_port()))
    assert done.returncode == 2
    assert "nothing was published in the database yet" in done.stderr
    monkeypatch.delenv("LANDPRICE_STORE")
    done = landprice("publish", "--to", dsn)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "publication 1 is in force, with 411700-2022\n"
    later = write_edition(tmp_path / "later", 2023, share=0.05)
    done = landprice("publish", str(later), "--to", dsn)
    assert done.stdout == "publication 2 is in force, with 411700-2022, 411700-2023\n"
    same_day = write_edition(tmp_path / "same", 2024, effective_from="2023-07-01")
    done = landprice("publish", str(same_day), "--to", dsn)
    assert done.returncode == 2
    assert "411700-2023 and 411700-2024 are both in force from 2023-07-01" in done.stderr
    monkeypatch.setenv("LANDPRICE_STORE", dsn)
    assert landprice("editions").stdout.count("\n") == 2
    assert "4636" in landprice("price", str(LON), str(LAT)).stdout
    done = landprice("rollback", "--in", dsn)
    assert done.stdout == "publication 1 is in force, with 411700-2022\n"
    assert "4415" in landprice("price", str(LON), str(LAT)).stdout


def test_an_address_that_is_none(landprice: Landprice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDPRICE_STORE", "mysql://user:secret@host/db")
    done = landprice("editions")
    assert done.returncode == 2
    assert "LANDPRICE_STORE" in done.stderr
    assert "postgresql://" in done.stderr
    assert "secret" not in done.stderr
