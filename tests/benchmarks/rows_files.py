"""Rows of ``landprice join``: Parquet to Parquet, and by two processes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.parquet as pq

from tests.benchmarks.inputs import points
from tests.benchmarks.measure import Bar, Comparison, Measured, seconds
from tests.benchmarks.servers import BIN, usual_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.benchmarks.measure import Scale

_ROW_GROUP: Final = 1_000_000
_COPY: Final = "tests.benchmarks.parquet_copy"
_COPY_IN, _WRITE_OUT = "copy", "finished"
_JOIN: Final = (str(BIN / "landprice"), "join")


def comparisons() -> tuple[Comparison, ...]:
    """Return the rows of this module."""
    ours, copy = "`landprice join`, Parquet to Parquet", "pyarrow: reading and writing that Parquet"
    return (
        Comparison("parquet", ours, f"{copy} alone", Bar(0.5), partial(_join, [], _COPY_IN)),
        Comparison(
            "parquet-finished",
            ours,
            "pyarrow: reading that Parquet and writing the finished table",
            None,
            partial(_join, [], _WRITE_OUT),
        ),
        Comparison(
            "parquet-code",
            f"{ours}, `--columns code`",
            f"{copy} alone",
            None,
            partial(_join, ["--columns", "code"], _COPY_IN),
        ),
        Comparison(
            "workers",
            "`landprice join --workers 2`",
            "`landprice join --workers 1`",
            Bar(1.7),
            _two_workers,
        ),
    )


def _join(options: Sequence[str], reference: str, scale: Scale) -> Measured:
    """Compare the command with the work of pyarrow alone, each once: they take long."""
    with _points_file(scale.file_points) as source:
        target = source.with_name("out.parquet")
        ours_s = _seconds([*_JOIN, *options, str(source), str(target)])
        if pq.ParquetFile(target).metadata.num_rows != scale.file_points:
            raise RuntimeError("it has not written as many rows as it read")
        written = [source, target] if reference == _WRITE_OUT else [source]
        files = [*map(str, written), str(source.with_name("copy.parquet"))]
        reference_s = _seconds([sys.executable, "-m", _COPY, *files])
    return Measured(scale.file_points / ours_s, scale.file_points / reference_s, "points/s")


def _two_workers(scale: Scale) -> Measured:
    with _points_file(scale.file_points) as source:
        one_s, two_s = (
            _seconds([*_JOIN, "--workers", count, str(source), str(source.with_name(count))])
            for count in ("1", "2")
        )
    return Measured(scale.file_points / two_s, scale.file_points / one_s, "points/s")


def _seconds(command: Sequence[str]) -> float:
    def run() -> None:
        done = subprocess.run(  # noqa: S603 - our own commands
            command, check=False, capture_output=True, text=True, env=usual_environment()
        )
        if done.returncode:
            raise RuntimeError(done.stderr.strip())

    return seconds(run)


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
