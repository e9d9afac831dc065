"""Tables as streams of record batches, read from and written to files and sockets."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

from app.errors import error_summary
from geo.errors import TableError
from geo.lookup.table import is_price_column

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from types import TracebackType

BATCH_ROWS: Final = 1 << 18
"""Most rows of a batch; batches of CSV are cut by bytes."""
ROW_GROUP_ROWS: Final = 1 << 18
"""Fewest rows of a Parquet row group that is written, except the last and wide ones."""

_BATCH_BYTES: Final = 1 << 26
_ROW_GROUP_BYTES: Final = 1 << 28
_VALUE_BYTES: Final = 8  # the most that a value takes which is no text
_TEXT: Final = "BYTE_ARRAY"
_CSV_BLOCK_BYTES: Final = 1 << 22
_READ_BYTES: Final = 1 << 20
_WRITE_ROWS: Final = 1 << 12
_BOM: Final = b"\xef\xbb\xbf"
_NOTHING, _QUOTE, _LINE_END = (pa.scalar(mark, pa.large_string()) for mark in ("", '"', "\r\n"))
_QUOTED: Final = (b'"', b",", b"\t", b"\r", b"\n")
_QUOTED_PATTERN: Final = '[",\t\r\n]|^$'  # an empty text is quoted, and null is not
_NOT_UTF8: Final = "invalid UTF8"


class TableFormat(StrEnum):
    """Kinds of tables.

    CSV and TSV are UTF-8 text with a row of names, Parquet a file, Arrow a stream of Arrow's IPC
    format.
    """

    CSV = "csv"
    TSV = "tsv"
    PARQUET = "parquet"
    ARROW = "arrow"


_DELIMITERS: Final = {TableFormat.CSV: ",", TableFormat.TSV: "\t"}
_NAMES: Final = {
    TableFormat.CSV: "CSV",
    TableFormat.TSV: "TSV",
    TableFormat.PARQUET: "Parquet",
    TableFormat.ARROW: "an Arrow stream",
}


@dataclass(frozen=True, slots=True)
class TableStream:
    """A table that is being read.

    Attributes
    ----------
    schema : pyarrow.Schema
    batches : generator of pyarrow.RecordBatch
        In order, each read when it is asked for; raises `TableError` where the table is damaged.
    rows : int or None
        Number of rows, where the format says it beforehand.
    row_groups : tuple of int, optional
        Number of rows of each row group of Parquet.
    """

    schema: pa.Schema
    batches: Generator[pa.RecordBatch]
    rows: int | None
    row_groups: tuple[int, ...] = ()


def open_table(
    source: Path | BinaryIO,
    fmt: TableFormat,
    *,
    name: str | None = None,
    encoding: str = "utf8",
    row_groups: Sequence[int] | None = None,
    pre_buffer: bool = False,
    folded: bool = False,
) -> TableStream:
    """Open a table for reading.

    Parameters
    ----------
    source : Path or binary file
        A file stays open; for Parquet it must be seekable.
    fmt : TableFormat
    name : str, optional
        What errors call the table; if not given, the name of the file.
    encoding : str, optional
        Encoding of CSV and TSV. UTF-8 may begin with a byte order mark.
    row_groups : sequence of int, optional
        Numbers of the row groups of Parquet to read; all if not given.
    pre_buffer : bool, optional
        Whether to read Parquet in few large requests, as object stores want, and hold a row group
        in memory.
    folded : bool, optional
        Whether texts of Parquet come as dictionaries, whatever the schema says, so that one that is
        stored once is in memory once; batches have fewer rows where there are many columns.

    Returns
    -------
    TableStream
        All columns of CSV and TSV are text as it stands; an empty cell is null, except ``""``.

    Raises
    ------
    TableError
        The source is no such table, or cannot be read.
    """
    name = name or (source.name if isinstance(source, Path) else "The table")
    with _naming_errors(name, fmt):
        match fmt:
            case TableFormat.CSV | TableFormat.TSV:
                reader = _open_csv(source, encoding, _DELIMITERS[fmt])
                _check_names(reader.schema, name)
                return TableStream(reader.schema, _named(reader, name, fmt), None)
            case TableFormat.PARQUET:
                # By default pyarrow would hold whole row groups, and with `pre_buffer` all.
                file = parquet.ParquetFile(
                    source,
                    pre_buffer=pre_buffer,
                    buffer_size=0 if pre_buffer else _READ_BYTES,
                    page_checksum_verification=True,
                )
                found, schema = file.metadata, file.schema_arrow
                rows = tuple(found.row_group(i).num_rows for i in range(found.num_row_groups))
                most = _batch_rows(found)
                if folded:
                    columns = [found.schema.column(i) for i in range(found.num_columns)]
                    texts = [one.path for one in columns if one.physical_type == _TEXT]
                    file = parquet.ParquetFile(
                        source,
                        read_dictionary=texts,
                        buffer_size=_READ_BYTES,
                        page_checksum_verification=True,
                    )
                    most = max(1, min(most, _BATCH_BYTES // (_VALUE_BYTES * len(columns))))
                _check_names(schema, name)
                batches = file.iter_batches(most, row_groups=row_groups)
                named = _named(batches, name, fmt)
                return TableStream(schema, named, found.num_rows, rows)
            case TableFormat.ARROW:
                stream = pa.OSFile(str(source)) if isinstance(source, Path) else source
                reader = pa.ipc.open_stream(stream)
                _check_names(reader.schema, name)
                return TableStream(reader.schema, _named(_sound(reader), name, fmt), None)


def _check_names(schema: pa.Schema, name: str) -> None:
    """Refuse names of columns that are no text, which pyarrow decodes only when it is asked."""
    try:
        list(schema.names)
    except UnicodeDecodeError as error:
        raise TableError(f"{name} has names of columns that are not UTF-8.") from error


class TableWriter:
    """Writes a table, batch by batch.

    To be used in a ``with`` statement, at whose end the table is complete. After an error it only
    looks so: whoever opened the sink must throw away what it holds.

    Parameters
    ----------
    sink : binary file
        Stays open. A file of pyarrow is written fastest.
    fmt : TableFormat
        CSV and TSV begin with a byte order mark, by which Excel knows UTF-8; text is quoted where
        it has to be.
    schema : pyarrow.Schema
        Its metadata are kept in Parquet and Arrow.

    Raises
    ------
    TableError
        The format cannot hold a column.
    """

    def __init__(self, sink: BinaryIO, fmt: TableFormat, schema: pa.Schema) -> None:
        match fmt:
            case TableFormat.CSV | TableFormat.TSV:
                self._writer: Any = _CsvWriter(sink, schema, _DELIMITERS[fmt])
            case TableFormat.PARQUET:
                self._writer = _ParquetWriter(sink, schema)
            case TableFormat.ARROW:
                self._writer = pa.ipc.new_stream(sink, schema)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Complete the table."""
        try:
            self._writer.close()
        except Exception:
            # Closed it must be, or pyarrow does it later, when the sink may be gone; but what
            # went wrong first is what there is to tell.
            if error is None:
                raise

    def write(self, batch: pa.RecordBatch) -> None:
        """Write rows below those that were written.

        Parameters
        ----------
        batch : pyarrow.RecordBatch
            With the schema of the table.
        """
        self._writer.write(batch)


class _CsvWriter:
    def __init__(self, sink: BinaryIO, schema: pa.Schema, delimiter: str) -> None:
        check_plain(schema, "CSV")
        self._sink = sink
        self._delimiter = pa.scalar(delimiter, pa.large_string())
        names = pa.record_batch([[name] for name in schema.names], names=schema.names)
        self._sink.write(_BOM)
        self.write(names)

    def write(self, batch: pa.RecordBatch) -> None:
        cells = [_csv_cells(column) for column in batch.columns]
        lines = _joined(*cells, self._delimiter)
        self._sink.write(_content(_joined(lines, _NOTHING, _LINE_END)))

    def close(self) -> None:
        pass


class _ParquetWriter:
    def __init__(self, sink: BinaryIO, schema: pa.Schema) -> None:
        # Statistics take a third of the time, and help to read less of a file where neighbouring
        # rows are alike: coordinates and times, not prices. Numbers with decimals hardly repeat,
        # and take half the time without dictionaries; but those of prices do.
        given = [field for field in schema if not is_price_column(field.name)]
        plain = [field.name for field in given if pa.types.is_floating(field.type)]
        times = [field.name for field in given if pa.types.is_temporal(field.type)]
        self._writer = parquet.ParquetWriter(
            sink,
            schema,
            use_dictionary=[name for name in schema.names if name not in plain],
            write_statistics=plain + times,
            write_batch_size=_WRITE_ROWS,
        )
        self._waiting: list[pa.RecordBatch] = []

    def write(self, batch: pa.RecordBatch) -> None:
        if len(batch):
            self._waiting.append(batch)
        rows = sum(len(one) for one in self._waiting)
        size = sum(one.nbytes for one in self._waiting)
        if rows >= ROW_GROUP_ROWS or size >= _ROW_GROUP_BYTES:
            self._write_row_group()

    def close(self) -> None:
        try:
            if self._waiting:
                self._write_row_group()
        finally:
            self._writer.close()

    def _write_row_group(self) -> None:
        table = pa.Table.from_batches(self._waiting)
        self._waiting = []
        self._writer.write_table(table, row_group_size=len(table))


def check_plain(schema: pa.Schema, target: str) -> None:
    """Check that the values of all columns have a text.

    Parameters
    ----------
    schema : pyarrow.Schema
    target : str
        What the table is written as.

    Raises
    ------
    TableError
        A column holds bytes, lists or the like.
    """
    for field in schema:
        if not _is_plain(field.type):
            raise TableError(
                f"The column {field.name!r} has {field.type}, for which {target} has no place."
            )


def _batch_rows(metadata: parquet.FileMetaData) -> int:
    """Return how many rows to read at a time: fewer if they are wide."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    size: int = max(1, sum(group.total_byte_size for group in groups))
    rows: int = metadata.num_rows
    return max(1, min(BATCH_ROWS, _BATCH_BYTES * rows // size))


def _open_csv(source: Path | BinaryIO, encoding: str, delimiter: str) -> csv.CSVStreamingReader:
    return csv.open_csv(
        source,
        read_options=csv.ReadOptions(block_size=_CSV_BLOCK_BYTES, encoding=encoding),
        parse_options=csv.ParseOptions(newlines_in_values=True, delimiter=delimiter),
        convert_options=csv.ConvertOptions(
            default_column_type=pa.string(),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )


def _sound(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Check batches, whose bytes are used as they came, and cut them to size."""
    for batch in batches:
        batch.validate(full=True)
        for first in range(0, len(batch), BATCH_ROWS):
            yield batch.slice(first, BATCH_ROWS)


def _named(
    batches: Iterator[pa.RecordBatch], name: str, fmt: TableFormat
) -> Generator[pa.RecordBatch]:
    with _naming_errors(name, fmt):
        yield from batches


@contextmanager
def _naming_errors(name: str, fmt: TableFormat) -> Iterator[None]:
    """Turn errors of pyarrow into a sentence about the table."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, LookupError) as error:
        summary = error_summary(error)
        if fmt in _DELIMITERS and _NOT_UTF8 in str(error):
            summary = "it is not UTF-8; state its encoding (from most programs in Chinese, gb18030)"
        raise TableError(f"{name} cannot be read as {_NAMES[fmt]}: {summary}") from error


def _is_plain(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_plain(kind.value_type)
    types = pa.types
    binary = types.is_binary(kind) or types.is_large_binary(kind) or types.is_binary_view(kind)
    binary = binary or types.is_fixed_size_binary(kind)
    return not (binary or types.is_nested(kind) or isinstance(kind, pa.BaseExtensionType))


def _csv_cells(column: pa.Array) -> pa.Array:
    text = column.cast(pa.large_string())
    if not _may_need_quotes(text):
        return text
    doubled = pc.replace_substring(text, '"', '""')
    quoted = _joined(_QUOTE, doubled, _QUOTE, _NOTHING)
    return pc.if_else(pc.match_substring_regex(text, _QUOTED_PATTERN), quoted, text)


def _may_need_quotes(text: pa.LargeStringArray) -> bool:
    """Look at all values as one text, which is fast."""
    if pc.min(pc.binary_length(text)).as_py() == 0:
        return True
    content = _content(text)
    return any(content.find(mark) >= 0 for mark in _QUOTED)


def _content(text: pa.LargeStringArray) -> bytes:
    """Return all values without anything between them."""
    _, offsets, data = text.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)
    first, last = ends[text.offset], ends[text.offset + len(text)]
    return b"" if data is None else data[first:last].to_pybytes()


def _joined(*texts: pa.Array | pa.Scalar) -> pa.LargeStringArray:
    """Join texts row by row, with the last as separator; null is nothing."""
    return pc.binary_join_element_wise(*texts, null_handling="replace", null_replacement="")
