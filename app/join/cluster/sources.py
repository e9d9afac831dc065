"""What there is to read: the files of a table, and the parts that they are cut into."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby, zip_longest
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from pyarrow import parquet

from app.join.cluster.errors import reached, told
from app.join.formats import BATCH_ROWS, TableFormat, open_table
from app.join.geometry import parquet_geometry
from geo.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from typing import BinaryIO

    import pyarrow as pa
    from fsspec import AbstractFileSystem

    from app.join.geometry import Geometry

TASK_ROWS: Final = 1 << 20
"""Rows of a part, at least, but for the last: row groups are gathered until there are as many."""
FILES_AT_ONCE: Final = 16
"""How many files this machine looks into at the same time."""

_READ_BYTES: Final = 1 << 20
_FORMAT: Final = re.compile(r"\.(?:(parquet)|csv(?:\.(?:gz|bz2|xz|zst))?)$", re.IGNORECASE)
_NAMES: Final = {TableFormat.PARQUET: "Parquet", TableFormat.CSV: "CSV"}
_UTF8: Final = "utf8"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some row groups of a Parquet file, or a file of CSV.

    Attributes
    ----------
    path : str
    row_groups : tuple of int
        Numbers; empty for CSV.
    """

    path: str
    row_groups: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A task.

    Attributes
    ----------
    name : str
        Of the file to write.
    pieces : tuple of Piece
        What to read, in order.
    rows : int or None
        Of CSV nobody knows them before they are read.
    """

    name: str
    pieces: tuple[Piece, ...]
    rows: int | None


@dataclass(frozen=True, slots=True)
class Head:
    """What a file says of itself.

    Attributes
    ----------
    path : str
    schema : pyarrow.Schema
    geometry : Geometry or None
        None if it is not GeoParquet.
    rows : sequence of int
        Those of each row group of Parquet.
    """

    path: str
    schema: pa.Schema
    geometry: Geometry | None
    rows: Sequence[int]


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a table, and how to read one.

    Attributes
    ----------
    system : fsspec.AbstractFileSystem
        Where they are.
    fmt : TableFormat
        CSV or Parquet.
    encoding : str
        Of CSV, by Python's name.
    """

    system: AbstractFileSystem
    fmt: TableFormat
    encoding: str

    def head(self, path: str) -> Head:
        """Read what a file says of itself.

        Parameters
        ----------
        path : str

        Returns
        -------
        Head

        Raises
        ------
        TableError
            It is no such file, or is damaged.
        """
        with _sentences(path, self.fmt):
            if self.fmt is TableFormat.CSV:
                with self._open(path) as text:
                    schema = open_table(text, self.fmt, encoding=self.encoding).schema
                return Head(path, schema, None, [])
            with self._open_parquet(path) as file:
                groups = range(file.num_row_groups)
                rows = [file.metadata.row_group(number).num_rows for number in groups]
                return Head(path, file.schema_arrow, parquet_geometry(file.schema_arrow), rows)

    def batches(self, part: Part) -> Iterator[pa.RecordBatch]:
        """Read a part.

        Parameters
        ----------
        part : Part

        Yields
        ------
        pyarrow.RecordBatch
            In order.

        Raises
        ------
        TableError
            A file is damaged.
        """
        for piece in part.pieces:
            with _sentences(piece.path, self.fmt):
                if self.fmt is TableFormat.CSV:
                    with self._open(piece.path) as text:
                        yield from open_table(text, self.fmt, encoding=self.encoding).batches
                else:
                    with self._open_parquet(piece.path) as file:
                        yield from file.iter_batches(BATCH_ROWS, row_groups=piece.row_groups)

    def _open(self, path: str) -> AbstractContextManager[BinaryIO]:
        file: AbstractContextManager[BinaryIO]
        file = self.system.open(path, "rb", compression="infer")
        return file

    def _open_parquet(self, path: str) -> parquet.ParquetFile:
        return parquet.ParquetFile(
            path,
            filesystem=self.system,
            # Little memory, or few requests.
            buffer_size=_READ_BYTES if is_local(self.system) else 0,
            pre_buffer=not is_local(self.system),
            page_checksum_verification=True,
        )


def find_table(source: str, encoding: str | None) -> tuple[Files, pa.Schema, list[Part]]:
    """Find the files of a table, look into each, and cut them into parts.

    Parameters
    ----------
    source : str
        As `app.join.cluster.join.plan_cluster_join` takes it.
    encoding : str or None
        Of CSV; None for UTF-8.

    Returns
    -------
    files : Files
    schema : pyarrow.Schema
        Of each of them.
    parts : list of Part
        In the order of their rows; one without rows if the table has none.

    Raises
    ------
    ClusterError
        The path or URL cannot be reached.
    TableError
        It is no table, or a file is damaged or has other columns than the first.
    """
    with reached(source):
        system, path = file_system(source)
        paths = _list_files(system, path)
    if not paths:
        raise TableError(f"{source} is no file, no folder of files, and no pattern of any.")
    formats = {_format(path) for path in paths}
    if len(formats) > 1:
        raise TableError(f"{source} has both Parquet and CSV; it must have one of them.")
    files = Files(system, formats.pop(), encoding or _UTF8)
    if encoding is not None and files.fmt is not TableFormat.CSV:
        raise TableError(f"{source} is no CSV; leave out --encoding.")
    with ThreadPoolExecutor(FILES_AT_ONCE) as pool:
        heads = list(pool.map(files.head, paths))
    _check_same_columns(heads)
    return files, heads[0].schema, _parts(files.fmt, heads)


def file_system(url: str) -> tuple[AbstractFileSystem, str]:
    """Find the file system of a path or URL; each kind has errors of its own, as `reached` knows.

    Parameters
    ----------
    url : str

    Returns
    -------
    system : fsspec.AbstractFileSystem
    path : str
        As the file system names it.
    """
    from fsspec.core import url_to_fs  # noqa: PLC0415 - optional

    system, path = url_to_fs(url)
    return system, path


def is_local(system: AbstractFileSystem) -> bool:
    """Tell whether a file system is that of the machine.

    Parameters
    ----------
    system : fsspec.AbstractFileSystem

    Returns
    -------
    bool
    """
    from fsspec.implementations.local import LocalFileSystem  # noqa: PLC0415 - optional

    return isinstance(system, LocalFileSystem)


@contextmanager
def _sentences(path: str, fmt: TableFormat) -> Iterator[None]:
    try:
        yield
    except TableError as error:
        raise TableError(f"{path}: {error}") from error
    except Exception as error:  # each kind of file system has its own
        raise TableError(f"{path} cannot be read as {_NAMES[fmt]}: {told(error)}") from error


def _list_files(system: AbstractFileSystem, path: str) -> list[str]:
    if system.isfile(path):
        return [path]
    if not system.isdir(path):
        found = system.glob(path, detail=True)
        return sorted(name for name, info in found.items() if info["type"] == "file")
    kinds = {info["name"].rstrip("/"): info["type"] for info in system.ls(path, detail=True)}
    shown = sorted(name for name in kinds if name.rsplit("/", 1)[-1][0] not in "._")
    for name in shown:
        if kinds[name] == "directory":
            raise TableError(f"{path} has a folder {name}; name the files with a pattern.")
    return shown


def _format(path: str) -> TableFormat:
    ending = _FORMAT.search(path)
    if ending is None:
        raise TableError(f"{path} ends neither in .parquet nor in .csv.")
    return TableFormat.PARQUET if ending[1] else TableFormat.CSV


def _parts(fmt: TableFormat, heads: Sequence[Head]) -> list[Part]:
    cuts: list[tuple[tuple[Piece, ...], int | None]]
    if fmt is TableFormat.CSV:
        cuts = [((Piece(head.path),), None) for head in heads]
    else:
        cuts = [(_pieces(groups), rows) for groups, rows in _gathered(heads)]
    width = max(5, len(str(len(cuts) - 1)))
    return [Part(f"part-{i:0{width}}.parquet", *cut) for i, cut in enumerate(cuts)]


def _gathered(heads: Sequence[Head]) -> Iterator[tuple[list[tuple[str, int]], int]]:
    """Gather row groups until they have enough rows, and yield those; at least once."""
    groups: list[tuple[str, int]] = []
    rows = 0
    cut = False
    for head in heads:
        for number, count in enumerate(head.rows):
            groups.append((head.path, number))
            rows += count
            if rows >= TASK_ROWS:
                yield groups, rows
                groups, rows, cut = [], 0, True
    if groups or not cut:
        yield groups, rows


def _pieces(groups: Sequence[tuple[str, int]]) -> tuple[Piece, ...]:
    by_path = groupby(groups, itemgetter(0))
    return tuple(Piece(path, tuple(number for _, number in some)) for path, some in by_path)


def _check_same_columns(heads: Sequence[Head]) -> None:
    first = heads[0]
    for head in heads:
        for one, other in zip_longest(head.schema, first.schema):
            if one is None or other is None or not one.equals(other):
                raise TableError(
                    f"{head.path} has {_column_text(one)} where {first.path} has"
                    f" {_column_text(other)}; all files must have the same columns."
                )
        if head.geometry != first.geometry:
            raise TableError(f"{head.path} says other things of its geometry than {first.path}.")


def _column_text(column: pa.Field | None) -> str:
    if column is None:
        return "no column"
    return f"the column {column.name!r} ({column.type}{'' if column.nullable else ', not null'})"
