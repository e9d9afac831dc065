"""The join of files of points with an edition: each row with its answers, in a new file."""

from __future__ import annotations

import codecs
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from app.join.formats import TableFormat, TableWriter, open_table
from app.join.geometry import (
    WGS84_POINTS,
    GeometryReader,
    in_degrees,
    parquet_geometry,
    parquet_metadata,
    points_wkb,
)
from app.join.prefetch import prefetch
from app.join.rows import ERROR, LAT, LON, JoinCounts, RowAnswers
from geo.atomic import atomic_path
from geo.errors import TableError
from geo.lookup.table import check_names

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from app.join.formats import TableStream
    from app.join.geometry import Geometry
    from app.join.rows import Question
    from geo.lookup.edition import OpenEdition
    from geo.lookup.points import Points

    Advance = Callable[[int], None]

_UTF8: Final = "utf8"
_HEAD_BYTES: Final = 1 << 20


class FileKind(StrEnum):
    """Kinds of files, each the end of their names."""

    CSV = ".csv"
    PARQUET = ".parquet"
    GEOPACKAGE = ".gpkg"


_FORMATS: Final = {FileKind.CSV: TableFormat.CSV, FileKind.PARQUET: TableFormat.PARQUET}


@dataclass(frozen=True, slots=True)
class JoinPlan:
    """A join of which everything was checked that can be beforehand.

    Attributes
    ----------
    target : Path
    files : tuple of pair of Path
        What is read, and what is written: the target, or a path in it if it is a folder.
    rows : int or None
        Number of rows of all files; CSV does not say.
    remarks : tuple of str
        What the user should know of how coordinates are read.
    """

    target: Path
    files: tuple[tuple[Path, Path], ...]
    rows: int | None
    remarks: tuple[str, ...] = ()


def plan_join(source: Path, target: Path, edition: OpenEdition, question: Question) -> JoinPlan:
    """Decide what is read and written, and refuse early what cannot be.

    Parameters
    ----------
    source : Path
        A file, or a folder of files of one kind.
    target : Path
        A file of any kind; for a folder, a folder that is missing or empty, to hold files of the
        same names.
    edition : OpenEdition
    question : Question

    Raises
    ------
    TableError
        The names do not say which kinds the files are, the target may not be written, or a file is
        damaged or has no coordinates, another CRS or other columns than it must.
    """
    if source.is_dir():
        files = _folder_files(source, target)
    else:
        _check_target(source, target)
        files = ((source, target),)
    joins = [_Join(*pair, edition, question) for pair in files]
    rows = [join.rows for join in joins]
    remarks = dict.fromkeys(join.remark for join in joins if join.remark)
    total = None if None in rows else sum(filter(None, rows))
    return JoinPlan(target, files, total, tuple(remarks))


def run_join(
    plan: JoinPlan, edition: OpenEdition, question: Question, advance: Advance
) -> JoinCounts:
    """Write the target of a plan atomically.

    Parameters
    ----------
    plan : JoinPlan
    edition : OpenEdition
    question : Question
    advance : callable
        Told how many more rows are written.

    Raises
    ------
    TableError
        A file is damaged, or cannot be written as what it is to be.
    OSError
        The target cannot be written.
    """
    counts = JoinCounts()
    with atomic_path(plan.target) as path:
        for source, target in plan.files:
            to = path / target.relative_to(plan.target)
            to.parent.mkdir(exist_ok=True)
            counts += join_file(source, to, edition, question, advance)
    return counts


def join_file(
    source: Path, target: Path, edition: OpenEdition, question: Question, advance: Advance
) -> JoinCounts:
    """Write one file; after an error, only a part of it.

    Parameters
    ----------
    source, target : Path
        Files of the kinds that their names say.
    edition : OpenEdition
    question : Question
    advance : callable
        Told how many more rows are written.

    Raises
    ------
    TableError
        As `run_join`.
    OSError
        The target cannot be written.
    """
    join = _Join(source, target, edition, question)
    join.write(advance)
    return join.counts


def file_kind(path: Path) -> FileKind:
    """Tell of which kind a file is.

    Raises
    ------
    TableError
        Its name does not say.
    """
    try:
        return FileKind(path.suffix.lower())
    except ValueError:
        raise TableError(f"{path} must end in {', '.join(FileKind)}.") from None


def _folder_files(source: Path, target: Path) -> tuple[tuple[Path, Path], ...]:
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise TableError(f"{target} is there already; name a folder that is not, or is empty.")
    shown = sorted(path for path in source.iterdir() if path.name[0] not in "._")
    kinds = {file_kind(path) for path in shown}
    if len(kinds) != 1:
        found = f"files of {len(kinds)} kinds ({', '.join(sorted(kinds))})" if kinds else "no files"
        raise TableError(f"{source} has {found}; it must have files of one kind.")
    return tuple((path, target / path.name) for path in shown)


def _check_target(source: Path, target: Path) -> None:
    if target.is_dir():
        raise TableError(f"{target} is a folder, and {source.name} is a file; name a file.")
    if target.exists() and target.samefile(source):
        raise TableError(f"{target} is the file to read; name another one to write.")


@dataclass(frozen=True, slots=True)
class _Source:
    """A file that is being read."""

    table: TableStream
    geometry: Geometry | None
    layer: str | None = None
    fid_column: str | None = None


class _Join:
    """The join of one file; reads its head at once, and the rest when it is written."""

    def __init__(self, path: Path, target: Path, edition: OpenEdition, question: Question) -> None:
        self.counts = JoinCounts()
        self._path = path
        self._target = target
        self._source = _open(path, question)
        self._kind = file_kind(target)
        with _naming_errors(path):
            self._rows = RowAnswers(
                self._source.table.schema, self._source.geometry, edition, question
            )
            self._schema = self._joined_schema()

    @property
    def remark(self) -> str:
        """What the user should know of how its coordinates are read; else empty."""
        read = self._rows.read
        return read.remark if isinstance(read, GeometryReader) else ""

    @property
    def rows(self) -> int | None:
        """How many rows there are, where the file says."""
        return self._source.table.rows

    def write(self, advance: Advance) -> None:
        joined = prefetch(self._joined(prefetch(self._source.table.batches)))
        with closing(_advancing(joined, advance)) as batches:
            if self._kind is FileKind.GEOPACKAGE:
                self._write_layer(batches)
            else:
                self._write_table(batches)

    def _write_layer(self, batches: Iterator[pa.RecordBatch]) -> None:
        from app.join.geopackage import write_layer  # noqa: PLC0415 - slow to import

        write_layer(
            self._target,
            self._source.layer or self._target.stem,
            self._schema,
            batches,
            self._source.geometry or WGS84_POINTS,
            fid_column=self._source.fid_column,
        )

    def _write_table(self, batches: Iterator[pa.RecordBatch]) -> None:
        with pa.OSFile(str(self._target), "wb") as sink:
            with _naming_errors(self._path):
                writer = TableWriter(sink, _FORMATS[self._kind], self._schema)
            with writer:
                for batch in batches:
                    writer.write(batch)

    def _joined(self, batches: Generator[pa.RecordBatch]) -> Generator[pa.RecordBatch]:
        """Answer, and count."""
        with closing(batches):
            for batch in batches:
                points = self._rows.read(batch)
                answered, counts = self._rows.answer(points)
                self.counts += counts
                columns = self._columns(batch, points, answered)
                yield pa.RecordBatch.from_arrays(columns, schema=self._schema)

    @property
    def _spread(self) -> Geometry | None:
        """The geometry that becomes two columns: CSV has no other place for it."""
        is_read = isinstance(self._rows.read, GeometryReader)
        return self._source.geometry if is_read and self._kind is FileKind.CSV else None

    @property
    def _pinned(self) -> bool:
        """Whether the points become a geometry, without which a layer cannot be drawn."""
        return self._source.geometry is None and self._kind is FileKind.GEOPACKAGE

    def _joined_schema(self) -> pa.Schema:
        given = self._source.table.schema
        fields = list(given)
        if self._spread is not None:
            place = given.get_field_index(self._spread.column)
            fields[place : place + 1] = [pa.field(name, pa.float64()) for name in (LON, LAT)]
        fields += self._rows.fields
        if self._pinned:
            fields.append(pa.field(WGS84_POINTS.column, pa.binary()))
        check_names(given.names, [field.name for field in fields], table="It")
        metadata = dict(self._rows.metadata)
        if self._kind is FileKind.PARQUET:
            if self._source.geometry is not None:
                metadata |= parquet_metadata(self._source.geometry)
            metadata |= given.metadata or {}
        return pa.schema(fields, metadata=metadata)

    def _columns(
        self, batch: pa.RecordBatch, points: Points, answered: pa.RecordBatch
    ) -> list[pa.Array]:
        columns = list(batch.columns)
        if self._spread is not None:
            place = batch.schema.get_field_index(self._spread.column)
            degrees = in_degrees(points, self._rows.read.crs)
            columns[place : place + 1] = [pa.array(one, from_pandas=True) for one in degrees]
        columns += answered.columns
        if self._pinned:
            lon, lat = in_degrees(points, self._rows.read.crs)
            bad = answered.column(ERROR).is_valid().to_numpy(zero_copy_only=False)
            lon[bad] = lat[bad] = np.nan
            columns.append(points_wkb(lon=lon, lat=lat))
        return columns


def _open(path: Path, question: Question) -> _Source:
    kind = file_kind(path)
    if question.encoding is not None and kind is not FileKind.CSV:
        raise TableError(f"{path.name} is no CSV; leave out --encoding.")
    if question.layer is not None and kind is not FileKind.GEOPACKAGE:
        raise TableError(f"{path.name} is no GeoPackage; leave out --layer.")
    if kind is FileKind.GEOPACKAGE:
        from app.join.geopackage import open_layer  # noqa: PLC0415 - slow to import

        layer = open_layer(path, question.layer)
        return _Source(layer.table, layer.geometry, layer.name, layer.fid_column)
    if question.encoding is not None:
        _check_encoding(path, question.encoding)
    table = open_table(path, _FORMATS[kind], encoding=question.encoding or _UTF8)
    with _naming_errors(path):
        return _Source(table, parquet_geometry(table.schema))


def _check_encoding(path: Path, encoding: str) -> None:
    """Refuse an encoding for a file whose first bytes are UTF-8, of which it would make garbage."""
    try:
        if codecs.lookup(encoding).name in {"utf-8", "utf-8-sig", "ascii"}:
            return
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except (LookupError, UnicodeDecodeError, OSError):
        return  # which reading the file tells better
    if not text.isascii():
        raise TableError(f"{path.name} is UTF-8, not {encoding}; leave out --encoding.")


@contextmanager
def _naming_errors(path: Path) -> Iterator[None]:
    """Say of which file a sentence is."""
    try:
        yield
    except TableError as error:
        raise TableError(f"{path.name}: {error}") from error


def _advancing(batches: Generator[pa.RecordBatch], advance: Advance) -> Generator[pa.RecordBatch]:
    """Tell of batches that were used."""
    with closing(batches):
        for batch in batches:
            yield batch
            advance(len(batch))
