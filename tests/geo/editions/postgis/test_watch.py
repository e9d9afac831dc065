"""Watching a real database: told at once, and after whatever happens to it or on the way."""

from __future__ import annotations

import logging
import socket
from contextlib import contextmanager, suppress
from queue import Queue
from threading import Event, Thread
from typing import TYPE_CHECKING, Final, Self

import pytest

from geo.editions.postgis import watch as watch_module
from geo.editions.postgis.publish import publish, rollback
from geo.editions.postgis.watch import watch
from geo.errors import StoreError
from tests.editions import small_edition
from tests.postgres import SUPERUSER, made_cluster
from tests.processes import HOST, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgres import Cluster

pytestmark = pytest.mark.slow

WAIT_S: Final = 60.0
PASSWORD: Final = "geheim-7291"  # noqa: S105 - of a database that is gone afterwards


@contextmanager
def watching(dsn: str) -> Iterator[Queue[int]]:
    """Watch in a thread, which must end when it is told to."""
    told: Queue[int] = Queue()
    stopped = Event()

    def run() -> None:
        for number in watch(dsn, stopped):
            told.put(number)

    thread = Thread(target=run)
    thread.start()
    try:
        yield told
    finally:
        stopped.set()
        thread.join(WAIT_S)
        assert not thread.is_alive()


@pytest.fixture
def never_checking(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that nothing but a notification can tell."""
    monkeypatch.setattr(watch_module, "CHECK_S", 3600.0)


@pytest.mark.usefixtures("never_checking")
def test_it_tells_at_once_and_by_notification(dsn: str) -> None:
    publish(dsn, [small_edition()])
    with watching(dsn) as told:
        assert told.get(timeout=WAIT_S) == 1
        publish(dsn, [small_edition("999901")])
        assert told.get(timeout=WAIT_S) == 2
        publish(dsn, [small_edition("999902")])
        assert told.get(timeout=WAIT_S) == 3
        rollback(dsn)
        assert told.get(timeout=WAIT_S) == 2
    assert told.empty()


@pytest.mark.usefixtures("never_checking")
def test_it_waits_for_the_first_publication(dsn: str) -> None:
    with watching(dsn) as told:
        publish(dsn, [small_edition()])
        assert told.get(timeout=WAIT_S) == 1


def test_it_checks_where_notifications_are_lost(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "CHECK_S", 0.2)
    monkeypatch.setattr(watch_module, "CHANNEL", "something_else")
    publish(dsn, [small_edition()])
    with watching(dsn) as told:
        assert told.get(timeout=WAIT_S) == 1
        publish(dsn, [small_edition()])
        assert told.get(timeout=WAIT_S) == 2


def test_it_survives_a_restart(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="landprice")
    with made_cluster(free_port()) as cluster:
        dsn = cluster.url()
        with cluster.running():
            publish(dsn, [small_edition()])
        with watching(dsn) as told:
            with cluster.running():
                assert told.get(timeout=WAIT_S) == 1
            with cluster.running():
                publish(dsn, [small_edition()])
                assert told.get(timeout=WAIT_S) == 2
    # It was away at first and came, was stopped and came again; each is said once.
    levels = [record.levelname for record in caplog.records if record.name == "landprice"]
    assert levels[:4] == ["WARNING", "INFO", "WARNING", "INFO"]
    assert "cannot be reached" in caplog.records[0].getMessage()


class Proxy:
    """What lies between a client and the database; its connections may go dead without a word."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._dead: set[int] = set()
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._sockets:
            one.close()

    def freeze(self) -> None:
        """Pass nothing on any more of what is connected now, and close nothing."""
        self._dead.update(map(id, self._sockets))

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection((HOST, self._target))
                self._sockets += client, server
                for one, other in ((client, server), (server, client)):
                    Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                if id(source) not in self._dead:
                    target.sendall(data)
            target.shutdown(socket.SHUT_WR)


@pytest.fixture
def login(cluster: Cluster) -> Iterator[str]:
    """A superuser with a password, as connections by TCP need one."""
    cluster.sql(f"CREATE ROLE otto SUPERUSER LOGIN PASSWORD '{PASSWORD}'")
    yield "otto"
    cluster.sql(f"REASSIGN OWNED BY otto TO {SUPERUSER}; DROP OWNED BY otto; DROP ROLE otto")


def test_it_notices_a_connection_that_is_dead_without_a_word(
    cluster: Cluster,
    database: str,
    dsn: str,
    login: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(watch_module, "CHECK_S", 0.5)
    monkeypatch.setattr(watch_module, "PATIENCE_S", 0.5)
    publish(dsn, [small_edition()])
    with Proxy(cluster.port) as proxy:
        through = cluster.tcp_url(database, user=login, password=PASSWORD, port=proxy.port)
        with watching(through) as told:
            assert told.get(timeout=WAIT_S) == 1
            proxy.freeze()
            publish(dsn, [small_edition()])
            assert told.get(timeout=WAIT_S) == 2
    assert "failed" in caplog.text
    assert PASSWORD not in caplog.text


def test_an_address_that_cannot_be_read_is_no_database_that_is_away() -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        next(watch("postgresql://otto:a/b@host/x", Event()))
