"""Reads a Parquet file and writes it again, with pyarrow alone.

    python -m tests.benchmarks.parquet_copy IN OUT

Without dictionaries, pyarrow's default, for coordinates hardly repeat: it takes half the time.
"""

from __future__ import annotations

import sys

import pyarrow.parquet as pq

if __name__ == "__main__":
    source, target = sys.argv[1:]
    with (
        pq.ParquetFile(source) as reader,
        pq.ParquetWriter(target, reader.schema_arrow, use_dictionary=False) as writer,
    ):
        for number in range(reader.num_row_groups):
            writer.write_table(reader.read_row_group(number))
