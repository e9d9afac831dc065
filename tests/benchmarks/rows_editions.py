"""Rows of what many editions cost: 20 cities of 5 years in one process, against one edition."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache, partial
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Final

from tests.benchmarks.editions_cost import write_cities
from tests.benchmarks.measure import Bar, Comparison, Measured, alternate
from tests.benchmarks.servers import usual_environment
from tests.paths import DATA

if TYPE_CHECKING:
    from tests.benchmarks.measure import Scale

_CITIES: Final = 20
_COSTS: Final = {
    "s": ("editions-start", "Time until they are loaded and checked", None),
    "MB": ("editions-memory", "Memory of a process", None),
    "requests/s": ("editions-rate", "`GET /v1/price` in one process", Bar(0.8)),
}


def comparisons() -> tuple[Comparison, ...]:
    """Return the rows of this module."""
    return tuple(
        Comparison(
            key,
            f"{_CITIES} cities (19 of them synthetic), 5 editions each: {words}",
            "one edition",
            bar,
            partial(_cost, unit),
        )
        for unit, (key, words, bar) in _COSTS.items()
    )


def _cost(unit: str, scale: Scale) -> Measured:
    many = _folder()
    costs = alternate(lambda: _run(many)[unit], lambda: _run(DATA)[unit], min(scale.rounds, 3))
    return Measured(*costs, unit)


@cache
def _folder() -> Path:
    return write_cities(Path(mkdtemp(prefix="landprice-editions-")), _CITIES)


def _run(data: Path) -> dict[str, float]:
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "tests.benchmarks.editions_cost", str(data)],
        check=True,
        capture_output=True,
        text=True,
        env=usual_environment(),
    )
    costs: dict[str, float] = json.loads(done.stdout)
    return costs
