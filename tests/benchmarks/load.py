"""Load on a server of this machine by wrk, and how many requests a second it answers."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.benchmarks.measure import LackingError
from tests.benchmarks.servers import HOST

if TYPE_CHECKING:
    from collections.abc import Sequence

_SCRIPT: Final = Path(__file__).with_name("points.lua")


def request_rate(port: int, paths: Sequence[str], *, seconds: int, connections: int = 16) -> float:
    """Ask a server for as long as told, on one thread of wrk, and return requests per second.

    Parameters
    ----------
    port : int
        Of 127.0.0.1.
    paths : sequence of str
        Asked in turn, from the first again after the last.
    seconds : int
    connections : int
        Kept alive; each has one request under way at a time.

    Raises
    ------
    LackingError
        There is no wrk.
    RuntimeError
        A request failed or was not answered with 200.
    """
    wrk = shutil.which("wrk")
    if wrk is None:
        raise LackingError("there is no wrk: Debian's wrk")
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("\n".join(paths))
        file.flush()
        options = ["-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s"]
        done = subprocess.run(  # noqa: S603 - wrk with our own script
            [wrk, *options, "-s", str(_SCRIPT), f"http://{HOST}:{port}", "--", file.name],
            check=True,
            capture_output=True,
            text=True,
        )
    sums = json.loads(done.stdout.splitlines()[-1])
    if sums["errors"]:
        raise RuntimeError(f"{sums['errors']} of {sums['requests']} requests failed")
    return float(sums["requests"] / (sums["duration_us"] / 1e6))
