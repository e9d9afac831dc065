"""Bodies for POST /v1/price/batch."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import csv, parquet

from app.web.batch.media_types import MediaType
from tests.factories import LAT, LON, places
from tests.table_cases import OUTSIDE

if TYPE_CHECKING:
    from app.web.edition import LoadedEdition
    from tests.app.conftest import Problem

PATH = "/v1/price/batch"
BOM = b"\xef\xbb\xbf"
END_OF_STREAM = b"\xff\xff\xff\xff\0\0\0\0"
"""Of Arrow."""
MANY = 100_000


def body_of(table: pa.Table, kind: MediaType) -> bytes:
    sink = io.BytesIO()
    match kind:
        case MediaType.JSON:
            return json.dumps(table.to_pylist()).encode()
        case MediaType.CSV:
            csv.write_csv(table, sink)
        case MediaType.ARROW:
            with pa.ipc.new_stream(sink, table.schema) as writer:
                writer.write_table(table)
        case MediaType.PARQUET:
            parquet.write_table(table, sink)
    return sink.getvalue()


def table_of_places(edition: LoadedEdition, count: int, seed: int = 3) -> pa.Table:
    lon, lat = places(edition, count, seed=seed).T
    return pa.table({"lon": lon, "lat": lat})


def check_too_large(problem: Problem, most: str) -> None:
    assert (problem.code, problem.field) == ("too_large", None)
    assert f"more than {most}" in problem.message
    assert "landprice join" in problem.message


GOOD = [{"lon": lon, "lat": lat} for lon, lat in ((LON, LAT), OUTSIDE)]
POINTS = pa.Table.from_pylist(GOOD)
ARROW = body_of(POINTS, MediaType.ARROW)
PARQUET = body_of(POINTS, MediaType.PARQUET)
