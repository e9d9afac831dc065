"""Rows of what the index itself costs: the time to build it, and its memory."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING, Final

from tests.benchmarks.inputs import MANY
from tests.benchmarks.measure import Comparison, Measured, alternate
from tests.benchmarks.servers import usual_environment

if TYPE_CHECKING:
    from tests.benchmarks.measure import Scale

_COUNTS: Final = {"shipped": 66, "many": MANY}
_COSTS: Final = {"s": "time to build", "MB": "memory"}


def comparisons() -> tuple[Comparison, ...]:
    """Return the rows of this module."""
    return tuple(
        Comparison(
            f"index-{'time' if unit == 's' else 'memory'}-{which}",
            f"An index of {count:,} regions, {words}",
            "`shapely.STRtree` of their polygons",
            None,
            partial(_cost, unit, which),
        )
        for which, count in _COUNTS.items()
        for unit, words in _COSTS.items()
    )


def _cost(unit: str, which: str, scale: Scale) -> Measured:
    costs = alternate(
        lambda: _run("landprice", which)[unit],
        lambda: _run("strtree", which)[unit],
        1 if which == "many" else min(scale.rounds, 3),
    )
    return Measured(*costs, unit)


def _run(builder: str, which: str) -> dict[str, float]:
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "tests.benchmarks.index_cost", builder, which],
        check=False,
        capture_output=True,
        text=True,
        env=usual_environment(),
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    costs: dict[str, float] = json.loads(done.stdout)
    return costs
