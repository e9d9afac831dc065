"""Rows of valuations: ``landprice portfolio`` against ``landprice join`` alone.

The coefficients are the example's, which are invented, and so are the parcels.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from geo.valuation.coefficients import COEFFICIENTS_FILE
from tests.benchmarks.inputs import points
from tests.benchmarks.measure import Bar, Comparison, Measured, alternate_rates
from tests.benchmarks.servers import BIN, usual_environment
from tests.editions import SHIPPED_FILES
from tests.paths import DATA
from tests.uses import USES

if TYPE_CHECKING:
    from tests.benchmarks.measure import Scale

_ROWS: Final = 1_000_000
_ROUNDS: Final = 3
_LEVELS: Final = ("七通一平", "六通一平", "五通一平")


def comparisons() -> tuple[Comparison, ...]:
    """Return the rows of this module."""
    return (
        Comparison(
            "portfolio",
            "`landprice portfolio`, 1 million rows of Parquet",
            "`landprice join` of the same file",
            Bar(0.5),
            _portfolio,
        ),
    )


def _portfolio(scale: Scale) -> Measured:
    count, rounds = min(scale.points, _ROWS), min(scale.rounds, _ROUNDS)
    with tempfile.TemporaryDirectory() as folder:
        data, source = Path(folder, "data"), Path(folder, "parcels.parquet")
        data.mkdir()
        for name in SHIPPED_FILES:
            shutil.copyfile(DATA / name, data / name)
        shutil.copyfile(DATA / "coefficients.example.toml", data / COEFFICIENTS_FILE)
        pq.write_table(_parcels(count), source)

        def run(command: str) -> None:
            done = subprocess.run(  # noqa: S603 - our own command
                [BIN / "landprice", command, source, source.with_name(f"{command}.parquet")],
                check=False,
                capture_output=True,
                text=True,
                env={**usual_environment(), "LANDPRICE_DATA": str(data)},
            )
            if done.returncode:
                raise RuntimeError(done.stderr.strip())

        return alternate_rates(lambda: run("portfolio"), lambda: run("join"), count, rounds)


def _parcels(count: int) -> pa.Table:
    lon, lat = points(count)
    random = np.random.default_rng(3)

    def any_of(texts: tuple[str, ...]) -> pa.Array:
        return pa.array(texts).take(pa.array(random.integers(0, len(texts), count)))

    since = np.datetime64("2023-05-01")
    return pa.table(
        {
            "lon": lon,
            "lat": lat,
            "use": any_of(tuple(use.code for use in USES)),
            "plot_ratio": random.integers(50, 400, count) / 100,
            "remaining_years": random.integers(1, 41, count),
            "date": since + random.integers(0, 365, count),
            "development": any_of(_LEVELS),
            "area_m2": random.uniform(50, 100_000, count).round(2),
        }
    )
