"""Rows of ``landprice join``: Parquet to Parquet, and by two processes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.parquet as pq

from tests.benchmarks.inputs import points
from tests.benchmarks.measure import Bar, Comparison, Measured, alternate, seconds
from tests.benchmarks.servers import BIN, usual_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.benchmarks.measure import Scale

_ROW_GROUP: Final = 1_000_000
_COPY: Final = "tests.benchmarks.parquet_copy"


def comparisons() -> tuple[Comparison, ...]:
    """Return the rows of this module."""
    return (
        Comparison(
            "parquet",
            "`landprice join`, Parquet to Parquet",
            "pyarrow: reading and writing that Parquet alone",
            Bar(0.5),
            _against_copy,
        ),
        Comparison(
            "workers",
            "`landprice join --workers 2`",
            "`landprice join --workers 1`",
            Bar(1.7),
            _two_workers,
        ),
    )


def _against_copy(scale: Scale) -> Measured:
    return _alternate_commands(
        [str(BIN / "landprice"), "join"], [sys.executable, "-m", _COPY], scale
    )


def _two_workers(scale: Scale) -> Measured:
    join = [str(BIN / "landprice"), "join", "--workers"]
    return _alternate_commands([*join, "2"], [*join, "1"], scale)


def _alternate_commands(ours: Sequence[str], reference: Sequence[str], scale: Scale) -> Measured:
    """Measure two commands that are given a file to read and a file to write."""
    with _points_file(scale.file_points) as source:
        rates = alternate(
            lambda: scale.file_points / _seconds_of(ours, source),
            lambda: scale.file_points / _seconds_of(reference, source),
            min(scale.rounds, 3),
        )
    return Measured(*rates, "points/s")


@contextmanager
def _points_file(count: int) -> Iterator[Path]:
    """Write points as Parquet, with pyarrow's defaults, into a folder that goes afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "points.parquet"
        schema = pa.schema({"lon": pa.float64(), "lat": pa.float64()})
        with pq.ParquetWriter(source, schema) as writer:
            for seed, first in enumerate(range(0, count, _ROW_GROUP)):
                lon, lat = points(min(_ROW_GROUP, count - first), seed)
                writer.write_table(pa.table({"lon": lon, "lat": lat}))
        yield source


def _seconds_of(command: Sequence[str], source: Path) -> float:
    """Time a command from file to file; what it has written goes when the clock has stopped."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "out.parquet"

        def run() -> None:
            done = subprocess.run(  # noqa: S603 - our own commands
                [*command, str(source), str(target)],
                check=False,
                capture_output=True,
                text=True,
                env=usual_environment(),
            )
            if done.returncode:
                raise RuntimeError(done.stderr.strip())

        elapsed_s = seconds(run)
        if pq.ParquetFile(target).metadata.num_rows != pq.ParquetFile(source).metadata.num_rows:
            raise RuntimeError("it has not written as many rows as it read")
        return elapsed_s
