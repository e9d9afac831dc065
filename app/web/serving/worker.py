"""A worker's side: it answers from what the keeper has taken, and changes over between requests."""

from __future__ import annotations

import gc
import logging
import os
import signal
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

from app.web.served import Served
from app.web.serving.state import State, read_state
from geo.errors import GeoError

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.datastructures import State as AppState

_LOG: Final = logging.getLogger("landprice")
_LOOK_EVERY_S: Final = 0.2


class Follower:
    """Keeps what an application answers from up to date.

    Parameters
    ----------
    app : State
        The application's; its ``served`` and ``refused`` are replaced, and its ``metrics`` told.
    runtime : Path
        The service's own folder.
    """

    def __init__(self, app: AppState, runtime: Path) -> None:
        self._app = app
        self._runtime = runtime
        state = read_state(runtime)
        self._serve(Served.read(state.folder(runtime)), state)

    def follow(self, stopped: Event) -> None:
        """Change over whenever the keeper has taken something else, until stopped."""
        prefetching = self._prefetch()
        while not stopped.wait(_LOOK_EVERY_S):
            if os.getppid() != self._state.keeper:  # nobody is there to end this process
                os.kill(os.getpid(), signal.SIGTERM)
                break
            try:
                state = read_state(self._runtime)
                if state == self._state:
                    continue
                served = Served.read(state.folder(self._runtime), self._app.served)
            except (GeoError, OSError) as error:  # it may be replaced at this moment
                _LOG.warning("What is to be served cannot be read: %s", error)
                continue
            prefetching.set()
            self._serve(served, state)
            prefetching = self._prefetch()
            gc.collect()  # an edition and what was made of it know each other
        prefetching.set()

    def _serve(self, served: Served, state: State) -> None:
        self._app.served, self._app.refused, self._state = served, state.refused, state
        self._app.metrics.editions_are(served.catalogue.editions)

    def _prefetch(self) -> Event:
        """Fill the caches of the edition in force in the background; return what stops it."""
        stopped = Event()
        edition = self._app.served.edition
        Thread(target=edition.prefetch, args=(stopped,), daemon=True).start()
        return stopped
