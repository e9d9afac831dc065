"""What a body unfolds to, and how to take no more of it at a time than there is memory for.

A few hundred bytes of Parquet or Arrow can stand for gigabytes: a text that is stored once and
referred to by every row, or buffers that are compressed. Texts stay references until some rows of
them are answered, and compressed buffers say their size before they are unpacked.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from app.errors import TooLargeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyarrow import parquet

    from geo.crs import FloatArray

PART_BYTES: Final = 1 << 25
"""What some rows may unfold to, to be answered at a time."""
MOST_PIECE_BYTES: Final = 1 << 28
"""What may be unpacked at a time: a record batch, or a column of a row group."""

_BYTES_A_KB: Final = 1_000
_BYTES_A_MB: Final = 1_000_000
_CELL_BYTES: Final = 8  # of whatever is no text


class Allowance:
    """How much of a body may be unfolded.

    Parameters
    ----------
    cell_bytes : int
        One text.
    total_bytes : int
        All of it.
    """

    def __init__(self, *, cell_bytes: int, total_bytes: int) -> None:
        self._cell_bytes = cell_bytes
        self._total_bytes = total_bytes
        self._taken_bytes = 0

    def parts(
        self, batch: pa.RecordBatch, schema: pa.Schema, most_rows: int
    ) -> Iterator[pa.RecordBatch]:
        """Cut a batch into parts of a size, whose texts are texts.

        Parameters
        ----------
        batch : RecordBatch
            Texts may be dictionaries.
        schema : Schema
            What the parts shall have.
        most_rows : int

        Raises
        ------
        TooLargeError
            A text is too long, or all together is too much.
        """
        ends = np.cumsum(self._row_bytes(batch))
        first = 0
        while first < len(batch):
            before = ends[first - 1] if first else 0.0
            last = int(np.searchsorted(ends, before + PART_BYTES, side="right"))
            last = min(max(last, first + 1), first + most_rows, len(batch))
            self.take(int(ends[last - 1] - before))
            yield _unfolded(batch.slice(first, last - first), schema)
            first = last

    def take(self, count_bytes: int) -> None:
        """Count what is unfolded.

        Raises
        ------
        TooLargeError
            It is too much.
        """
        self._taken_bytes += count_bytes
        if self._taken_bytes > self._total_bytes:
            raise TooLargeError(
                f"The table unfolds to more than {self._total_bytes // _BYTES_A_MB} MB, which is"
                " the most at a time; send it in parts, or use landprice join."
            )

    def _row_bytes(self, batch: pa.RecordBatch) -> FloatArray:
        """Return what each row takes once its texts are unfolded."""
        found = np.zeros(len(batch))
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            found += self._value_bytes(column, name)
        return found

    def _value_bytes(self, column: pa.Array, name: str) -> FloatArray:
        """Return what each value of a column takes."""
        kind = column.type
        if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_map(kind):
            inner = self._value_bytes(column.values, name)
            until = np.concatenate([[0.0], np.cumsum(inner)])
            taken = np.diff(until[column.offsets.to_numpy(zero_copy_only=False)])
            return np.asarray(taken + _CELL_BYTES, dtype=np.float64)
        found = np.full(len(column), float(_CELL_BYTES))
        if pa.types.is_struct(kind):
            for field in column.flatten():
                found += self._value_bytes(field, name)
        elif pa.types.is_dictionary(kind) and _is_text(kind.value_type):
            lengths = self._lengths(column.dictionary, name).take(column.indices)
            found += pc.fill_null(lengths, 0).to_numpy(zero_copy_only=False)
        elif _is_text(kind):
            found += self._lengths(column, name).to_numpy(zero_copy_only=False)
        return found

    def _lengths(self, texts: pa.Array, name: str) -> pa.Array:
        lengths = pc.fill_null(pc.binary_length(texts), 0)
        longest = pc.max(lengths).as_py() or 0
        if longest > self._cell_bytes:
            raise TooLargeError(
                f"The column {name!r} has a text of {longest} bytes; at most"
                f" {self._cell_bytes // _BYTES_A_KB} kB are taken."
            )
        return lengths


def _is_text(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(
        types.is_string(kind)
        or types.is_large_string(kind)
        or types.is_binary(kind)
        or types.is_large_binary(kind)
    )


def _unfolded(part: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return some rows in the types of a schema."""
    columns = [
        column if column.type == field.type else column.cast(field.type)
        for column, field in zip(part.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _check_piece(size: int, what: str) -> None:
    if size > MOST_PIECE_BYTES:
        raise TooLargeError(
            f"{what} unpacks to {size // _BYTES_A_MB} MB; at most"
            f" {MOST_PIECE_BYTES // _BYTES_A_MB} MB are taken at a time: write smaller ones."
        )


# Parquet ----------------------------------------------------------------------------------------


def check_chunks(file: parquet.ParquetFile, allowance: Allowance) -> None:
    """Check to what a Parquet file unfolds, as its metadata say.

    Raises
    ------
    TooLargeError
        One column of a row group, or all, unfold to too much.
    """
    for number in range(file.metadata.num_row_groups):
        try:
            # Where the metadata of a column are damaged, pyarrow ends the process if it is asked
            # for them, but raises an error if it is to read, even if no row.
            list(file.reader.iter_batches(0, [number], use_threads=False))
        except (pa.ArrowException, OSError):
            return  # which is told by whoever reads it
        group = file.metadata.row_group(number)
        for column in map(group.column, range(group.num_columns)):
            _check_piece(column.total_uncompressed_size, "A column of a row group")
            allowance.take(_CELL_BYTES * column.num_values)


# Arrow ------------------------------------------------------------------------------------------

_MESSAGE_HEADER, _RECORD_BATCH_BUFFERS, _DICTIONARY_DATA = 2, 2, 1
_COMPRESSION: Final = 3
_BUFFER: Final = struct.Struct("<qq")
_PLAIN: Final = -1  # before a buffer that was not worth compressing


def check_messages(stream: pa.NativeFile, allowance: Allowance) -> None:
    """Check to what an Arrow stream unpacks, and go back to its beginning.

    Raises
    ------
    TooLargeError
        One message of it, or all, unpack to too much.
    """
    try:
        for message in pa.ipc.MessageReader.open_stream(stream):
            size = unpacked_bytes(message)
            _check_piece(size, "A record batch")
            allowance.take(size)
    except (struct.error, pa.ArrowException, OSError):
        pass  # it is damaged, which is told by whoever reads it
    stream.seek(0)


def unpacked_bytes(message: pa.ipc.Message) -> int:
    """Return to how many bytes a message of Arrow's IPC format unpacks; 0 if it is not packed.

    Parameters
    ----------
    message : Message
        Of record batches or dictionaries; its metadata are a flatbuffer (Arrow columnar format,
        section "Serialization and Interprocess Communication").
    """
    if message.type not in {"record batch", "dictionary"} or message.body is None:
        return 0
    metadata, body = message.metadata, message.body
    table = _Table(metadata, _unsigned(metadata, 0)).table(_MESSAGE_HEADER)
    if message.type == "dictionary":
        table = table.table(_DICTIONARY_DATA)
    if not table.has(_COMPRESSION):
        return 0
    total = 0
    start, count = table.vector(_RECORD_BATCH_BUFFERS)
    for number in range(count):
        offset, length = _BUFFER.unpack_from(metadata, start + number * _BUFFER.size)
        if length >= _CELL_BYTES:
            [size] = struct.unpack_from("<q", body, offset)
            total += length if size == _PLAIN else max(size, 0)
    return total


class _Table:
    """A table of a flatbuffer, see flatbuffers.dev/internals."""

    def __init__(self, content: pa.Buffer, at: int) -> None:
        self._content, self._at = content, at
        [back] = struct.unpack_from("<i", content, at)
        self._fields = at - back
        [self._size] = struct.unpack_from("<H", content, self._fields)

    def has(self, field: int) -> bool:
        """Tell whether it has a field."""
        return self._offset(field) != 0

    def table(self, field: int) -> _Table:
        """Return the table that a field leads to."""
        return _Table(self._content, self._led(field))

    def vector(self, field: int) -> tuple[int, int]:
        """Return where the vector of a field begins, and how many elements it has."""
        at = self._led(field)
        return at + 4, _unsigned(self._content, at)

    def _led(self, field: int) -> int:
        at = self._at + self._offset(field)
        return at + _unsigned(self._content, at)

    def _offset(self, field: int) -> int:
        place = 4 + 2 * field
        if place >= self._size:
            return 0
        [offset] = struct.unpack_from("<H", self._content, self._fields + place)
        return int(offset)


def _unsigned(content: pa.Buffer, at: int) -> int:
    [value] = struct.unpack_from("<I", content, at)
    return int(value)
