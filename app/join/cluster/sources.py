"""The files of a table, wherever fsspec reaches them, and the parts that they are cut into."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from app.errors import ClusterError, error_summary
from app.join.formats import TableFormat, open_table
from app.join.geometry import parquet_geometry
from geo.errors import GeoError, TableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa
    from fsspec import AbstractFileSystem

    from app.join.formats import TableStream

TASK_ROWS: Final = 1 << 20
"""Rows of a part of Parquet, at most, unless a single row group has more."""
FILES_AT_ONCE: Final = 16
"""How many files this machine looks into at the same time."""

_FORMAT: Final = re.compile(r"\.(?:(parquet)|csv(?:\.(?:gz|bz2|xz|zst))?)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """What one task reads.

    Attributes
    ----------
    name : str
        Name of the file to write.
    path : str
        The file to read.
    row_groups : tuple of int or None
        Those to read of a Parquet file; None for a whole file of CSV.
    rows : int or None
        Their number; CSV does not say.
    """

    name: str
    path: str
    row_groups: tuple[int, ...] | None
    rows: int | None


@dataclass(frozen=True, slots=True)
class Files:
    """How to open a file of the table.

    Attributes
    ----------
    system : fsspec.AbstractFileSystem
    fmt : TableFormat
        CSV or Parquet.
    encoding : str
        Encoding of CSV, by Python's name.
    """

    system: AbstractFileSystem
    fmt: TableFormat
    encoding: str

    @contextmanager
    def open(self, path: str, row_groups: Sequence[int] | None = None) -> Iterator[TableStream]:
        """Open a file, or some row groups of it.

        Raises
        ------
        ClusterError
            It cannot be reached.
        TableError
            It is damaged, or of another format.
        """
        with reaching(path):
            opened = self.system.open(path, "rb", compression="infer")
        with opened as file:
            yield open_table(
                file,
                self.fmt,
                name=path,
                encoding=self.encoding,
                row_groups=row_groups,
                pre_buffer=not is_local(self.system),
            )


def find_table(source: str, encoding: str | None) -> tuple[Files, pa.Schema, list[Part]]:
    """Find the files of a table, look into each, and cut them into parts.

    Parameters
    ----------
    source : str
        As `app.join.cluster.join.plan_cluster_join` takes it.
    encoding : str or None
        Encoding of CSV; None for UTF-8.

    Returns
    -------
    files : Files
    schema : pyarrow.Schema
        Schema of each of them.
    parts : list of Part
        In the order of their rows, at least one for each file.

    Raises
    ------
    ClusterError
        The path or URL cannot be reached.
    TableError
        It is no table, or a file is damaged or has other columns than the first.
    """
    with reaching(source):
        system, path = file_system(source)
        paths = _list_files(system, path)
    if not paths:
        raise TableError(f"{source} is no file, no folder of files, and no pattern of any.")
    formats = {_format(path) for path in paths}
    if len(formats) > 1:
        raise TableError(f"{source} has both Parquet and CSV; it must have one of them.")
    files = Files(system, formats.pop(), encoding or "utf8")
    if encoding is not None and files.fmt is not TableFormat.CSV:
        raise TableError(f"{source} is no CSV; leave out --encoding.")

    def look(path: str) -> TableStream:
        with reaching(path), files.open(path) as table:
            return table

    with ThreadPoolExecutor(FILES_AT_ONCE) as pool:
        tables = dict(zip(paths, pool.map(look, paths), strict=True))
    schema = tables[paths[0]].schema
    for path, table in tables.items():
        _check_same_columns(path, table.schema, paths[0], schema)
    cuts = [(path, *cut) for path, table in tables.items() for cut in _cut(table)]
    width = max(5, len(str(len(cuts) - 1)))
    parts = [Part(f"part-{number:0{width}}.parquet", *cut) for number, cut in enumerate(cuts)]
    return files, schema, parts


def file_system(url: str) -> tuple[AbstractFileSystem, str]:
    """Return the file system of a path or URL, and the path as it names it."""
    from fsspec.core import url_to_fs  # noqa: PLC0415 - optional

    system, path = url_to_fs(url)
    return system, path


def is_local(system: AbstractFileSystem) -> bool:
    """Tell whether a file system is that of the machine."""
    from fsspec.implementations.local import LocalFileSystem  # noqa: PLC0415 - optional

    return isinstance(system, LocalFileSystem)


@contextmanager
def reaching(url: object) -> Iterator[None]:
    """Turn any error of a file system into one sentence that names the path or URL.

    Raises
    ------
    ClusterError
        In place of any error but those of this product, which have their own sentences.
    """
    try:
        yield
    except GeoError:
        raise
    except Exception as error:  # each kind of file system has its own
        raise ClusterError(f"{url} cannot be reached: {error_summary(error)}") from error


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


def _cut(table: TableStream) -> Iterator[tuple[tuple[int, ...] | None, int | None]]:
    """Yield the row groups of each part of a file, and how many rows they have."""
    if table.rows is None:
        yield None, None
        return
    first = rows = 0
    for number, count in enumerate(table.row_groups):
        if number > first and rows + count > TASK_ROWS:
            yield tuple(range(first, number)), rows
            first, rows = number, 0
        rows += count
    yield tuple(range(first, len(table.row_groups))), rows


def _check_same_columns(path: str, schema: pa.Schema, first_path: str, first: pa.Schema) -> None:
    for one, other in zip_longest(schema, first):
        if one is None or other is None or not one.equals(other):
            raise TableError(
                f"{path} has {_column_text(one)} where {first_path} has {_column_text(other)};"
                " all files must have the same columns."
            )
    if parquet_geometry(schema) != parquet_geometry(first):
        raise TableError(f"{path} describes its geometry differently from {first_path}.")


def _column_text(column: pa.Field | None) -> str:
    if column is None:
        return "no column"
    return f"the column {column.name!r} ({column.type}{'' if column.nullable else ', not null'})"
