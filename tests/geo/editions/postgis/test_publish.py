"""Editions into a real PostGIS and back: whole or not at all, whoever else publishes."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import psycopg
import pytest
from shapely import Polygon

from geo.editions.postgis import migrate as migrate_module
from geo.editions.postgis.fetch import current, fetch
from geo.editions.postgis.migrate import migrate, publishing
from geo.editions.postgis.publish import publish, rollback
from geo.errors import (
    CatalogueError,
    GeoError,
    NetworkError,
    ParcelsError,
    PriceClassesError,
    StoreError,
)
from tests.editions import SHIPPED_ID, Files, shipped_edition, small_edition
from tests.factories import rectangle, region
from tests.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

SHIPPED: Final = shipped_edition()
WAIT_S: Final = 60.0

PUBLISHER: Final = """
import sys
from geo.editions.postgis.publish import publish
from tests.editions import small_edition
publish(sys.argv[1], [small_edition(sys.argv[2])])
"""


def fetched(dsn: str, number: int, folder: Path) -> dict[str, Files]:
    """Return the files of a publication, by edition and name."""
    fetch(dsn, number, folder)
    return {
        edition.name: {file.name: file.read_bytes() for file in edition.iterdir()}
        for edition in folder.iterdir()
    }


def rows(dsn: str, query: str, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query.encode(), values or None).fetchall()


def test_what_is_published_comes_back_byte_by_byte(dsn: str, tmp_path: Path) -> None:
    small = small_edition()
    assert current(dsn) is None
    assert publish(dsn, [SHIPPED, small]) == 1
    assert current(dsn) == 1
    assert fetched(dsn, 1, tmp_path / "out") == {SHIPPED_ID: SHIPPED, "999900-2030": small}


def test_an_edition_is_known_by_what_sha256sum_prints(dsn: str) -> None:
    publish(dsn, [SHIPPED])
    printed = "".join(
        f"{hashlib.sha256(SHIPPED[name]).hexdigest()}  {name}\n" for name in sorted(SHIPPED)
    )
    digest = hashlib.sha256(printed.encode()).hexdigest()
    assert rows(dsn, "SELECT sha256 FROM landprice.edition") == [(digest,)]


def test_other_editions_stay_and_the_same_is_replaced(dsn: str, tmp_path: Path) -> None:
    first, other = small_edition(), small_edition("999901")
    publish(dsn, [first])
    publish(dsn, [other])
    dearer = small_edition(price_cny_m2=5000)
    assert publish(dsn, [dearer]) == 3
    assert fetched(dsn, 1, tmp_path / "1") == {"999900-2030": first}
    assert fetched(dsn, 2, tmp_path / "2") == {"999900-2030": first, "999901-2030": other}
    assert fetched(dsn, 3, tmp_path / "3") == {"999900-2030": dearer, "999901-2030": other}
    assert publish(dsn, [first], keep=False) == 4
    assert fetched(dsn, 4, tmp_path / "4") == {"999900-2030": first}
    # What was there already was not written again.
    assert rows(dsn, "SELECT count(*), count(DISTINCT edition) FROM landprice.region") == [(6, 3)]


def test_back_to_what_was_in_force_before(dsn: str, tmp_path: Path) -> None:
    for city in ("999900", "999901", "999902"):
        publish(dsn, [small_edition(city)])
    assert (rollback(dsn), current(dsn)) == (2, 2)
    assert (rollback(dsn), current(dsn)) == (1, 1)
    with pytest.raises(StoreError, match="no publication before") as raised:
        rollback(dsn)
    assert raised.value.code == "store_no_previous"
    assert current(dsn) == 1
    # A number is never used again, and what was taken back does not come in by keeping.
    assert publish(dsn, [small_edition("999903")]) == 4
    assert fetched(dsn, 4, tmp_path / "4").keys() == {"999900-2030", "999903-2030"}
    assert fetched(dsn, 3, tmp_path / "3").keys() == {"999900-2030", "999901-2030", "999902-2030"}
    assert rollback(dsn) == 1
    log = rows(dsn, "SELECT publication FROM landprice.activation ORDER BY id")
    assert log == [(1,), (2,), (3,), (2,), (1,), (4,), (1,)]


def test_nothing_to_go_back_to_where_nothing_was_published(dsn: str) -> None:
    with pytest.raises(StoreError) as raised:
        rollback(dsn)
    assert raised.value.code == "store_no_previous"


CROSSED: Final = Polygon(
    [(114.3, 33), (114.32, 33), (114.32, 33.01), (114.31, 32.999), (114.3, 33.01)]
)


@pytest.mark.parametrize(
    ("files", "error", "said"),
    [
        ({}, StoreError, "must have parcels.geojson"),
        ({**SHIPPED, "notes.txt": b""}, StoreError, "notes.txt; it must have"),
        ({**SHIPPED, "../parcels.geojson": b""}, StoreError, "may have network.geojson"),
        ({**SHIPPED, "parcels.geojson": SHIPPED["parcels.geojson"][:-9]}, ParcelsError, "damaged"),
        ({**SHIPPED, **small_edition()}, ParcelsError, "layouts.parquet is not of this edition"),
        (
            {**small_edition(), "network.geojson": SHIPPED["network.geojson"]},
            CatalogueError,
            "甲路 is not in network.geojson",
        ),
        ({**SHIPPED, "network.geojson": b"{}"}, NetworkError, "network.geojson"),
        (
            {
                **SHIPPED,
                "network.geojson": SHIPPED["network.geojson"].replace(b'"ew"', b'"we"', 1),
            },
            NetworkError,
            "feature 1: 'we' is not a valid Axis",
        ),
        (
            {**SHIPPED, "price_classes.toml": b"commercial = [3, 2]"},
            PriceClassesError,
            "increase",
        ),
        (small_edition("12"), ParcelsError, "admin_code is '12'"),
        (
            small_edition(
                regions=(
                    replace(region("S50001", rectangle(lon=114.3, lat=33.0)), polygon=CROSSED),
                )
            ),
            CatalogueError,
            "999900S50001: the polygon is not valid: Self-intersection",
        ),
    ],
)
def test_files_that_do_not_belong_together_are_refused(
    dsn: str, files: Files, error: type[GeoError], said: str
) -> None:
    with pytest.raises(error, match=said):
        publish(dsn, [small_edition("999901"), files])
    assert current(dsn) is None


def test_there_must_be_editions_to_publish_and_each_once(dsn: str) -> None:
    for editions in ([], [small_edition(), small_edition(price_cny_m2=1)]):
        with pytest.raises(StoreError, match="must be one or more, each of another") as raised:
            publish(dsn, editions)
        assert raised.value.code == "editions_to_publish"


def waits(dsn: str, condition: str) -> None:
    """Wait until a session of the database is in some state."""
    end_s = time.monotonic() + WAIT_S
    query = f"SELECT FROM pg_stat_activity WHERE datname = current_database() AND {condition}"
    while not rows(dsn, query):
        assert time.monotonic() < end_s, condition
        time.sleep(0.05)


def test_a_publisher_that_is_killed_has_changed_nothing(dsn: str) -> None:
    publish(dsn, [small_edition()])
    with psycopg.connect(dsn) as other:
        # So that it stops in the middle: it has written the edition and comes to its regions.
        other.execute("LOCK TABLE landprice.region IN SHARE MODE")
        with subprocess.Popen(  # noqa: S603 - our own interpreter and script
            [sys.executable, "-c", PUBLISHER, dsn, "999901"], cwd=ROOT
        ) as process:
            waits(dsn, "query LIKE 'COPY%region%' AND wait_event_type = 'Lock'")
            process.send_signal(signal.SIGKILL)
    assert current(dsn) == 1
    waits(dsn, "NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory')")
    assert rows(dsn, "SELECT id FROM landprice.edition") == [("999900-2030",)]
    assert publish(dsn, [small_edition("999901")]) == 2


def test_publishers_at_once_do_not_lose_each_others_editions(dsn: str, tmp_path: Path) -> None:
    cities = [f"9999{number:02}" for number in range(6)]
    with ThreadPoolExecutor(len(cities)) as pool:
        numbers = list(pool.map(lambda city: publish(dsn, [small_edition(city)]), cities))
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]  # the first of them has made the tables
    assert fetched(dsn, 6, tmp_path / "6").keys() == {f"{city}-2030" for city in cities}


def test_a_publication_that_is_not_there(dsn: str, tmp_path: Path) -> None:
    publish(dsn, [small_edition()])
    with pytest.raises(StoreError, match="no publication 7") as raised:
        fetch(dsn, 7, tmp_path / "7")
    assert raised.value.code == "unknown_publication"
    assert list(tmp_path.iterdir()) == []


def test_what_is_fetched_replaces_nothing(dsn: str, tmp_path: Path) -> None:
    publish(dsn, [small_edition()])
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    with pytest.raises(OSError, match="full"):
        fetch(dsn, 1, tmp_path / "full")
    assert [one.name for one in tmp_path.rglob("*")] == ["full", "mine"]


LOST_FILE: Final = "DELETE FROM landprice.edition_file WHERE name = 'network.geojson'"
LOST_FILES: Final = "DELETE FROM landprice.edition_file"
RENAMED: Final = "UPDATE landprice.edition_file SET name = 'b.toml' WHERE name LIKE '%.toml'"
CHANGED: Final = """
    UPDATE landprice.edition_file SET content = '', sha256 = encode(sha256(''), 'hex')
    WHERE name = 'parcels.geojson'
"""
PATH_AS_NAME: Final = """
    ALTER TABLE landprice.edition_file DROP CONSTRAINT edition_file_name_check;
    UPDATE landprice.edition_file SET name = '../../out' WHERE name = 'price_classes.toml'
"""


@pytest.mark.parametrize("damage", [LOST_FILE, LOST_FILES, RENAMED, CHANGED, PATH_AS_NAME])
def test_a_damaged_database_is_noticed(dsn: str, tmp_path: Path, damage: str) -> None:
    publish(dsn, [SHIPPED])
    (tmp_path / "inner").mkdir()
    with psycopg.connect(dsn) as connection:
        connection.execute(damage.encode())
    with pytest.raises(StoreError, match=f"edition {SHIPPED_ID} .* publish it again") as raised:
        fetch(dsn, 1, tmp_path / "inner" / "out")
    assert raised.value.code == "store_damaged"
    assert [one.name for one in tmp_path.rglob("*")] == ["inner"]


def test_tables_of_a_newer_program_are_left_alone(dsn: str) -> None:
    migrate(dsn)
    with psycopg.connect(dsn) as connection:
        connection.execute("INSERT INTO landprice.migration (number, name) VALUES (99, 'later')")
    with pytest.raises(StoreError, match="version 99") as raised:
        publish(dsn, [small_edition()])
    assert raised.value.code == "store_too_new"
    assert current(dsn) is None


def test_another_publisher_that_takes_too_long(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(migrate_module._PATIENCE, "lock_timeout", "100ms")
    with publishing(dsn), pytest.raises(StoreError, match="by somebody else") as raised:
        migrate(dsn)
    assert raised.value.code == "store_busy"
