"""Processes of their own: services on ports of this machine, and scripts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import httpx2

from tests.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST: Final = "127.0.0.1"
START_S: Final = 120.0
STOP_S: Final = 60.0
WAIT_S: Final = 300.0
"""For an answer or an end that must come, also on a slow machine with other tests beside."""

_WORKER: Final = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_PORTS: Final = count(20_000 + 1_000 * _WORKER)


class Service(NamedTuple):
    """A service that answers.

    Attributes
    ----------
    url : str
        Without a slash at its end.
    process : subprocess.Popen
    log : Path
        What it says, on both streams.
    """

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.url.rpartition(":")[2])

    @property
    def workers(self) -> list[int]:
        """Process ids of its workers, by age."""
        pid = self.process.pid
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return [one for one in sorted(map(int, text.split())) if _is_worker(one)]

    def said(self) -> str:
        """Return the log so far."""
        return self.log.read_text(encoding="utf-8")

    def answers(self) -> bool:
        """Tell whether it answers now."""
        try:
            return httpx2.get(f"{self.url}/v1/health", timeout=5.0).status_code == 200
        except httpx2.TransportError:
            return False


def _is_worker(pid: int) -> bool:
    """Tell whether a child is a worker: multiprocessing has another process of its own."""
    try:
        return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has ended
        return False


def free_port() -> int:
    """Return a port that nobody listens on, and that nobody else is about to take.

    The operating system gives ports from 32768 on, and each process of tests has a thousand.
    """
    while True:
        port = next(_PORTS)
        with suppress(OSError), socket.create_server((HOST, port)):
            return port


@contextmanager
def serving(log: Path, *command: str) -> Iterator[Service]:
    """Start a service and wait until it answers; it is gone afterwards, whatever happens.

    Parameters
    ----------
    log : Path
    *command : str
        What starts it on the port given by ``--port``, which is added.
    """
    port = free_port()
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603 - our own command
            [*command, "--port", str(port)], stdout=output, stderr=output
        ) as process,
    ):
        service = Service(f"http://{HOST}:{port}", process, log)
        try:
            end_s = time.monotonic() + START_S
            while not service.answers():
                assert process.poll() is None, service.said()
                assert time.monotonic() < end_s, service.said()
                time.sleep(0.05)
            yield service
        finally:
            if process.poll() is None:
                process.terminate()
            try:
                process.wait(timeout=STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


def run_script(script: str, *args: str, **environment: str) -> str:
    """Run Python code in a process of its own, which must end well and in silence.

    Parameters
    ----------
    script : str
    *args : str
    **environment : str
        In addition to the environment of the tests.

    Returns
    -------
    str
        What it prints.
    """
    done = subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-W", "error", "-c", script, *args],
        capture_output=True,
        check=False,
        cwd=ROOT,
        encoding="utf-8",
        env={**os.environ, **environment},
        timeout=WAIT_S,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout
