"""Reads Parquet and writes it again, with pyarrow alone and its defaults.

    python -m tests.benchmarks.parquet_copy IN [FINISHED] OUT

With FINISHED, the input is read, and that table is what is written: the least that a program with
that result can do. The time to read it, too, is then in the figure.
"""

from __future__ import annotations

import sys

import pyarrow.parquet as pq


def copy(source: str, target: str) -> None:
    """Write a file anew, batch by batch."""
    with pq.ParquetFile(source) as reader, pq.ParquetWriter(target, reader.schema_arrow) as writer:
        for batch in reader.iter_batches(1 << 20):
            writer.write_batch(batch)


if __name__ == "__main__":
    given, *finished, target_path = sys.argv[1:]
    if finished:
        for _ in pq.ParquetFile(given).iter_batches(1 << 20):
            pass
    copy(finished[0] if finished else given, target_path)
