"""Starts the workers of a service, and starts anew those that end."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final

from uvicorn.supervisors.multiprocess import Multiprocess, Process

if TYPE_CHECKING:
    import socket

    from uvicorn import Config

_LOG: Final = logging.getLogger("landprice")
_MOST_FAILURES: Final = 4
_LONGEST_WAIT_S: Final = 30.0
_START_S: Final = 60.0
"""A worker is not asked whether it answers before: on a busy machine its imports take long."""


class Supervisor(Multiprocess):
    """Uvicorn's, but a worker that fails to start ends no other.

    Attributes
    ----------
    has_failed : bool
        Whether it ended because no worker could start.
    """

    def __init__(self, config: Config, sockets: list[socket.socket]) -> None:
        super().__init__(config, sockets)
        self.has_failed = False
        self._failures = 0  # starts in a row
        self._wait_until_s = 0.0
        self._since_s: dict[Process, float] = {}

    def keep_subprocess_alive(self) -> None:
        """Replace the workers that have ended or do not answer."""
        for place, process in enumerate(self.processes):
            if self.should_exit.is_set():
                return
            if self._is_well(process):
                continue
            if time.monotonic() < self._wait_until_s:
                continue
            process.kill()
            process.join()
            if process.exitcode is not None and process.exitcode > 0:  # by itself, not by a signal
                self._failures += 1
                others = [one for one in self.processes if one.process.is_alive()]
                if self._failures >= _MOST_FAILURES and not others:
                    _LOG.error("No worker can start; the service ends.")
                    self.has_failed = True
                    self.should_exit.set()
                    return
                self._wait_until_s = time.monotonic() + min(2**self._failures, _LONGEST_WAIT_S)
            _LOG.warning("Worker %s ended with status %s", process.pid, process.exitcode)
            del self._since_s[process]
            self.processes[place] = Process(self.config, self.sockets)
            self.processes[place].start()

    def _is_well(self, process: Process) -> bool:
        now_s = time.monotonic()
        if now_s - self._since_s.setdefault(process, now_s) < _START_S:
            return process.process.is_alive()
        self._failures = 0
        return process.is_alive(timeout=self.config.timeout_worker_healthcheck)
