"""Watching: which publication is in force, now and whenever that changes."""

from __future__ import annotations

import logging
import os
import socket
from contextlib import contextmanager, suppress
from threading import Event, Timer
from time import monotonic
from typing import TYPE_CHECKING, Final

from psycopg import sql

from geo.editions.postgis.connection import BAD_ADDRESS, connected
from geo.editions.postgis.fetch import current_number
from geo.editions.postgis.publish import CHANNEL
from geo.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geo.editions.postgis.connection import Connection

_LOG: Final = logging.getLogger("landprice")

CHECK_S: Final = 5.0
"""After this time without a notification it is asked all the same: it shows that the database is
there, and finds what a notification that was lost would have told."""
PATIENCE_S: Final = 5.0
"""How long the database may take to answer that."""
STEP_S: Final = 0.5
"""How soon `watch` ends when it is to stop."""
PAUSES_S: Final = (0.2, 5.0)
"""Between attempts to reach the database: the first, and the longest."""


def watch(dsn: str, stopped: Event) -> Iterator[int]:
    """Yield the number of the publication in force: at once, and whenever it is another one.

    While the database is away it is tried again and again, and a warning is logged once.

    Parameters
    ----------
    dsn : str
        As for `geo.editions.postgis.fetch.current`.
    stopped : threading.Event
        Set to end the iteration, within a second unless a connection is being made.

    Yields
    ------
    int
        What is in force when it is yielded; publications that came and went meanwhile are left out.

    Raises
    ------
    StoreError
        The address cannot be read.
    """
    told, pause_s, away = None, PAUSES_S[0], False
    while not stopped.is_set():
        try:
            for number in _numbers(dsn, stopped):
                if away:
                    _LOG.info("The database of editions is back.")
                pause_s, away = PAUSES_S[0], False
                if number is not None and number != told:
                    told = number
                    yield number
        except StoreError as error:
            if error.code == BAD_ADDRESS:
                raise
            if not away:
                _LOG.warning("%s It is tried again until it is back.", error)
            away = True
            stopped.wait(pause_s)
            pause_s = min(2 * pause_s, PAUSES_S[1])


def _numbers(dsn: str, stopped: Event) -> Iterator[int | None]:
    """Ask one connection which publication is in force: now, when notified, and now and then."""
    with connected(dsn, autocommit=True) as connection:
        with _answering(connection):
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
        while not stopped.is_set():
            with _answering(connection):
                number = current_number(connection)
            yield number
            _wait_for_notification(connection, stopped)


def _wait_for_notification(connection: Connection, stopped: Event) -> None:
    end_s = monotonic() + CHECK_S
    while not stopped.is_set() and monotonic() < end_s:
        if list(connection.notifies(timeout=STEP_S, stop_after=1)):
            return


@contextmanager
def _answering(connection: Connection) -> Iterator[None]:
    """Break a connection whose other end does not answer: a query would wait for it for ever."""
    with socket.socket(fileno=os.dup(connection.fileno())) as line:
        timer = Timer(PATIENCE_S, _break, [line])
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()


def _break(line: socket.socket) -> None:
    with suppress(OSError):  # it was broken already
        line.shutdown(socket.SHUT_RDWR)
