"""From a request's body of many points to the body of the answer, piece by piece."""

from __future__ import annotations

import io
import mmap
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from app.errors import DamagedBodyError, TooLargeError
from app.join.formats import TableFormat, TableWriter, open_table
from app.web.batch.json_in import read_json_points
from app.web.batch.json_out import JsonAnswerWriter
from app.web.batch.media_types import ROW_BYTES, MediaType
from app.web.batch.unfolding import Allowance, check_chunks, check_messages
from geo.editions.table import CityAnswers
from geo.errors import TableError
from geo.lookup.points import Points, find_columns, read_points, read_texts
from geo.lookup.table import TableAnswers
from geo.lookup.told import points_in_words, with_known

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from typing import IO

    from app.web.batch.media_types import BodyType
    from app.web.edition import LoadedEdition
    from app.web.models import EditionSummary
    from geo.crs import Crs
    from geo.lookup.table import Column
    from geo.model import Use

_FORMATS: Final = {
    MediaType.CSV: TableFormat.CSV,
    MediaType.ARROW: TableFormat.ARROW,
    MediaType.PARQUET: TableFormat.PARQUET,
}
_POINT_NAMES: Final[tuple[str, str]] = ("lon", "lat")
_POINT_FIELDS: Final = [pa.field(name, pa.float64()) for name in _POINT_NAMES]

_ROWS: Final = {
    MediaType.ARROW: 1 << 17,
    MediaType.PARQUET: 1 << 17,
    MediaType.CSV: 1 << 15,
    MediaType.JSON: 1 << 13,
}
"""Rows at a time, by kind of the answer: 3 to 12 MB of it. Where shares change fast, places of one
square are computed together, so that more rows at a time are quicker."""

MOST_TOLD: Final = 5_000
"""Rows of a body with words or something known: each takes some milliseconds."""

_FIRST_BYTES: Final = 1 << 20  # of which a line of names has some

_PIECE_BYTES: Final = 1 << 18
"""The least that is sent at a time."""


@dataclass(frozen=True, slots=True)
class BatchQuestion:
    """What is asked about a body of points.

    Attributes
    ----------
    edition : LoadedEdition
    others : sequence of LoadedEdition or None
        Of other cities, whose points are answered from them; None where one city answers for all.
    summary : EditionSummary
        What the answer says of it.
    crs : Crs
        CRS of the points.
    uses : sequence of Use
    columns : sequence of Column
    lon, lat : str or None
        Names of the columns of a table with the coordinates.
    at, known : str or None
        Names of columns with places in words, and with what is known of places.
    given : BodyType
    wanted : MediaType
        Media type of the answer.
    max_bytes : int
        What a body may have.
    max_columns : int
        What a table may have.
    max_cell_bytes, max_unfolded_bytes : int
        What one text may have, and what a body may unfold to.
    count_rows : callable
        Told how many more rows are answered.
    """

    edition: LoadedEdition
    others: Sequence[LoadedEdition] | None
    summary: EditionSummary
    crs: Crs
    uses: Sequence[Use]
    columns: Sequence[Column]
    lon: str | None
    lat: str | None
    at: str | None
    known: str | None
    given: BodyType
    wanted: MediaType
    max_bytes: int
    max_columns: int
    max_cell_bytes: int
    max_unfolded_bytes: int
    count_rows: Callable[[int], None]

    def allowance(self) -> Allowance:
        """Return how much of a body may be unfolded."""
        return Allowance(cell_bytes=self.max_cell_bytes, total_bytes=self.max_unfolded_bytes)


def answer_body(body: IO[bytes], question: BatchQuestion) -> Generator[bytes, None, None]:
    """Answer every point of a body.

    Parameters
    ----------
    body : file
        With a descriptor; it is mapped into the memory, and must stay as it is.
    question : BatchQuestion

    Yields
    ------
    bytes
        The next piece of the answer. The first comes only when many rows are answered.

    Raises
    ------
    DamagedBodyError
        The body is not of the kind it is said to be, or a table that lacks its columns or has some
        of the answers' names.
    TooLargeError
        It unpacks to more rows than a body of its kind could have.
    """
    try:
        yield from _answer_body(body, question)
    except (TableError, TooLargeError) as error:
        _release(error)
        if isinstance(error, TooLargeError):
            raise
        raise DamagedBodyError(str(error)) from None


def _release(error: BaseException) -> None:
    """Let go of what the frames of an error and of its causes hold: the mapped body among it.

    A context manager that an error passes through leaves a cycle of references from Python 3.12 on,
    so that the file would stay open until the next garbage collection.
    """
    cause: BaseException | None = error
    while cause is not None:
        traceback.clear_frames(cause.__traceback__)
        cause = cause.__cause__ or cause.__context__


def _answer_body(body: IO[bytes], question: BatchQuestion) -> Iterator[bytes]:
    asked: dict[str, Any] = {
        "crs": question.crs,
        "uses": question.uses,
        "columns": question.columns,
    }
    bulk: TableAnswers | CityAnswers
    if question.others is None:
        bulk = TableAnswers(question.edition, **asked)
    else:
        bulk = CityAnswers([question.edition, *question.others], **asked)
    rows = _open(body, question)
    schema = _joined_schema(rows.schema, bulk.schema)
    sink = _Sink()
    with _writer(cast("BinaryIO", sink), schema, question) as writer:
        for given, points in rows.batches:
            answers = bulk.answer(points)
            both = [*given.columns, *answers.columns]
            writer.write(pa.RecordBatch.from_arrays(both, schema=schema))
            question.count_rows(len(given))
            if sink.size >= _PIECE_BYTES:
                yield sink.taken()
    yield sink.taken()


@dataclass(frozen=True, slots=True)
class _Rows:
    """What is given back of a body, and the points in it."""

    schema: pa.Schema
    batches: Iterator[tuple[pa.RecordBatch, Points]]


def _open(body: IO[bytes], question: BatchQuestion) -> _Rows:
    kind = question.given.kind
    if kind is MediaType.JSON:
        schema, names = pa.schema(_POINT_FIELDS), _POINT_NAMES
        batches = read_json_points(cast("BinaryIO", body))
    else:
        mapped = _mapped(body)
        if kind is MediaType.CSV:
            _check_columns(_count_columns(mapped), question)
        elif kind is MediaType.ARROW:
            check_messages(mapped, question.allowance())
        table = open_table(mapped, _FORMATS[kind], encoding=question.given.encoding, folded=True)
        _check_columns(len(table.schema), question)
        names = _POINT_NAMES
        if question.at is None:
            names = find_columns(table.schema, lon=question.lon, lat=question.lat)
        _check_count(table.rows or 0, question)
        if kind is MediaType.PARQUET:
            check_chunks(parquet.ParquetFile(mapped), question.allowance())
        schema, batches = table.schema, table.batches
    points_only = MediaType.JSON in {kind, question.wanted}
    return _Rows(
        pa.schema(_POINT_FIELDS) if points_only else schema,
        _read(batches, schema, names, question, points_only=points_only),
    )


def _read(
    batches: Iterator[pa.RecordBatch],
    schema: pa.Schema,
    names: tuple[str, str],
    question: BatchQuestion,
    *,
    points_only: bool,
) -> Iterator[tuple[pa.RecordBatch, Points]]:
    allowance = question.allowance()
    count = told = 0
    for batch in batches:
        count += len(batch)
        if question.given.kind is MediaType.ARROW:  # of Parquet it is known beforehand
            _check_count(count, question)
        folded = batch.schema if question.given.kind is MediaType.JSON else schema
        for part in allowance.parts(batch, folded, _ROWS[question.wanted]):
            points = _read_part(part, names, question)
            told += sum(text is not None for text in points.words or points.known or ())
            _check_told(told)
            yield _point_columns(points) if points_only else part, points


def _read_part(part: pa.RecordBatch, names: tuple[str, str], question: BatchQuestion) -> Points:
    if question.at is not None:
        return points_in_words(question.edition, read_texts(part, question.at))
    points = read_points(part, lon=names[0], lat=names[1])
    if question.known is None:
        return points
    return with_known(points, read_texts(part, question.known))


def _check_told(count: int) -> None:
    if count > MOST_TOLD:
        raise TooLargeError(
            f"More than {MOST_TOLD} rows have a place in words or something known, which is the"
            " most at a time; send them in parts, or use landprice join."
        )


def _check_count(count: int, question: BatchQuestion) -> None:
    most = question.max_bytes // ROW_BYTES
    if count > most:
        raise TooLargeError(
            f"The table has more than {most} rows, which is the most at a time; send it in parts,"
            " or use landprice join."
        )


def _check_columns(count: int, question: BatchQuestion) -> None:
    if count > question.max_columns:
        raise TooLargeError(
            f"The table has more than {question.max_columns} columns, which is the most; leave out"
            " those that are not needed, or use landprice join."
        )


def _count_columns(table: pa.NativeFile) -> int:
    """Count the columns of CSV by its first line, before a reader takes minutes for them."""
    first: bytes = table.read(_FIRST_BYTES).partition(b"\n")[0]
    table.seek(0)
    return first.count(b",") + 1


def _point_columns(points: Points) -> pa.RecordBatch:
    """Return coordinates as they were read; null where they are no finite numbers."""
    arrays = [
        pa.array(values, pa.float64(), mask=~np.isfinite(values))
        for values in (points.lon, points.lat)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(_POINT_FIELDS))


def _joined_schema(given: pa.Schema, answers: pa.Schema) -> pa.Schema:
    for name in answers.names:
        if name in given.names:
            raise TableError(f"The table has a column {name!r} already, as the answers do.")
    metadata = {**(given.metadata or {}), **answers.metadata}
    return pa.schema([*given, *answers], metadata=metadata)


def _writer(
    sink: BinaryIO, schema: pa.Schema, question: BatchQuestion
) -> TableWriter | JsonAnswerWriter:
    if question.wanted is MediaType.JSON:
        return JsonAnswerWriter(
            sink, question.summary, uses=question.uses, columns=question.columns
        )
    return TableWriter(sink, _FORMATS[question.wanted], schema)


def _mapped(body: IO[bytes]) -> pa.NativeFile:
    """Map a file, so that what is read of it takes no memory of the process's own."""
    if body.seek(0, io.SEEK_END) == 0:
        return pa.BufferReader(b"")  # nothing cannot be mapped
    content = mmap.mmap(body.fileno(), 0, access=mmap.ACCESS_READ)
    return pa.BufferReader(pa.py_buffer(content))


class _Sink(io.RawIOBase):
    """Keeps what is written until it is taken."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[Any] = []
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:  # noqa: ANN401 - whatever has bytes
        size = len(memoryview(data))
        self._parts.append(data)
        self.size += size
        return size

    def taken(self) -> bytes:
        """Return what there is, and keep it no longer."""
        taken = b"".join(self._parts)
        self._parts.clear()
        self.size = 0
        return taken
