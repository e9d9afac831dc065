"""A file that is being read, of whatever kind."""

from __future__ import annotations

import codecs
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from app.join.formats import open_table
from app.join.geometry import (
    parquet_geometry,
)
from app.join.kinds import DRIVERS, GZIPPED, SHEETS, TABLES, FileKind, file_kind
from geo.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from app.join.formats import TableStream
    from app.join.geometry import Geometry
    from app.join.rows import Question

    Advance = Callable[[int], None]

_UTF8: Final = "utf8"
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_HEAD_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """A file that is being read.

    Attributes
    ----------
    table : TableStream
    geometry : Geometry or None
        The points that it has besides columns.
    layer, fid_column : str or None
    remark : str
        What the user should know of how it is read; else empty.
    """

    table: TableStream
    geometry: Geometry | None
    layer: str | None = None
    fid_column: str | None = None
    remark: str = ""


def open_source(path: Path, question: Question) -> Source:
    """Open a file and read its head.

    Raises
    ------
    TableError
        It is damaged, or the question names a layer or an encoding that it cannot have.
    """
    kind = file_kind(path)
    if question.encoding is not None and not (kind.is_text or kind is FileKind.SHAPEFILE):
        raise TableError(f"{path.name} is no CSV, TSV or Shapefile; leave out --encoding.")
    if question.layer is not None and (kind in TABLES or kind is FileKind.SHAPEFILE):
        raise TableError(f"{path.name} has no layers or sheets; leave out --layer.")
    if kind in DRIVERS:
        from app.join.layers import open_layer  # noqa: PLC0415 - slow to import

        layer = open_layer(path, question.layer, question.encoding)
        return Source(layer.table, layer.geometry, layer.name, layer.fid_column)
    if kind in SHEETS:
        from app.join.workbook import open_sheet  # noqa: PLC0415 - slow to import

        sheet, remark = open_sheet(path, question.layer)
        return Source(sheet, None, remark=remark)
    if question.encoding is not None:
        _check_encoding(path, kind, question.encoding)
    encoding = question.encoding or _UTF8
    if kind.is_text and question.encoding is None and _head(path, kind).startswith(_UTF16):
        encoding = "utf-16"
    table = open_table(
        pa.input_stream(str(path), compression="gzip") if kind in GZIPPED else path,
        TABLES[kind],
        name=path.name,
        encoding=encoding,
    )
    with naming_errors(path):
        return Source(table, parquet_geometry(table.schema))


def _check_encoding(path: Path, kind: FileKind, encoding: str) -> None:
    """Refuse an encoding for a file whose first bytes are UTF-8, of which it would make garbage."""
    try:
        if codecs.lookup(encoding).name in {"utf-8", "utf-8-sig", "ascii"}:
            return
        text = codecs.getincrementaldecoder("utf-8")().decode(_head(path, kind))
    except (LookupError, UnicodeDecodeError):
        return  # which reading the file tells better
    if not text.isascii():
        raise TableError(f"{path.name} is UTF-8, not {encoding}; leave out --encoding.")


def _head(path: Path, kind: FileKind) -> bytes:
    """Return the first bytes of a text; none if it cannot be read, which is told later."""
    compression = "gzip" if kind in GZIPPED else None
    try:
        with pa.input_stream(str(path), compression=compression) as file:
            head: bytes = file.read(_HEAD_BYTES)
    except OSError:
        return b""
    return head


@contextmanager
def naming_errors(path: Path) -> Iterator[None]:
    """Say of which file a sentence is."""
    try:
        yield
    except TableError as error:
        raise TableError(f"{path.name}: {error}") from error
