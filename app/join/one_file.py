"""The join of one file of points with an edition: each row with its answers, in a new file."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from app.join.decimals import numeric, numeric_field
from app.join.formats import TableWriter
from app.join.geometry import (
    WGS84_POINTS,
    in_degrees,
    parquet_metadata,
    points_wkb,
)
from app.join.kinds import DRIVERS, GZIPPED, SHEETS, TABLES, FileKind, file_kind
from app.join.prefetch import prefetch
from app.join.rows import LAT, LON, JoinCounts, RowAnswers
from app.join.source import naming_errors, open_source
from geo.errors import TableError
from geo.lookup.table import check_names

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from app.join.geometry import Geometry
    from app.join.rows import Answered, MakeAppended, Question
    from geo.crs import Crs
    from geo.lookup.edition import OpenEdition
    from geo.lookup.points import Points

    Advance = Callable[[int], None]


class FileJoin:
    """The join of one file; reads its head at once, and the rest when it is written.

    Parameters
    ----------
    path, target : Path
        Files of the kinds that their names say.
    edition : OpenEdition
    question : Question
    make : callable, optional
        Makes what is appended; if it is not given, the prices.

    Attributes
    ----------
    counts : JoinCounts
        Of the rows that were written.

    Raises
    ------
    TableError
        The file is damaged, has no coordinates, or another CRS or other columns than it must.
    """

    def __init__(
        self,
        path: Path,
        target: Path,
        edition: OpenEdition,
        question: Question,
        make: MakeAppended = RowAnswers,
    ) -> None:
        self.counts = JoinCounts()
        self._path = path
        self._target = target
        self._source = open_source(path, question)
        self._kind = file_kind(target)
        if self._kind is FileKind.XLS:
            raise TableError(f"{target.name}: old Excel files are only read; write .xlsx.")
        with naming_errors(path):
            self._rows = make(self._source.table.schema, self._source.geometry, edition, question)
            self._schema = self._joined_schema()

    @property
    def remark(self) -> str:
        """What the user should know of how it is read; else empty."""
        return " ".join(filter(None, (self._source.remark, self._rows.remark)))

    @property
    def rows(self) -> int | None:
        """How many rows there are, where the file says."""
        return self._source.table.rows

    def write(self, advance: Advance) -> None:
        """Write the target; after an error, only a part of it.

        Parameters
        ----------
        advance : callable
            Called with the number of rows that are written.

        Raises
        ------
        TableError
            The file is damaged, or cannot be written as what it is to be.
        OSError
            The target cannot be written.
        """
        joined = prefetch(self._joined(prefetch(self._source.table.batches)))
        with closing(_advancing(joined, advance)) as batches:
            if self._kind in DRIVERS:
                self._write_layer(batches)
            elif self._kind in SHEETS:
                self._write_sheet(batches)
            else:
                self._write_table(batches)

    def _write_layer(self, batches: Iterator[pa.RecordBatch]) -> None:
        from app.join.layers import write_layer  # noqa: PLC0415 - slow to import

        write_layer(
            self._target,
            self._source.layer or self._target.stem,
            self._schema,
            batches,
            self._geometry,
            fid_column=self._source.fid_column,
        )

    def _write_sheet(self, batches: Iterator[pa.RecordBatch]) -> None:
        from app.join.workbook import SheetWriter  # noqa: PLC0415 - slow to import

        with naming_errors(self._path):
            writer = SheetWriter(self._target, self._schema, self.rows)
        with writer:
            for batch in batches:
                with naming_errors(self._path):
                    writer.write(batch)

    def _write_table(self, batches: Iterator[pa.RecordBatch]) -> None:
        compression = "gzip" if self._kind in GZIPPED else None
        with pa.output_stream(str(self._target), compression=compression) as sink:
            with naming_errors(self._path):
                writer = TableWriter(sink, TABLES[self._kind], self._schema)
            with writer:
                for batch in batches:
                    writer.write(batch)

    def _joined(self, batches: Generator[pa.RecordBatch]) -> Generator[pa.RecordBatch]:
        """Answer, and count."""
        with closing(batches):
            for batch in batches:
                points = self._rows.read(batch)
                answered = self._rows.answer(batch, points)
                self.counts += answered.counts
                columns = self._columns(batch, points, answered)
                yield pa.RecordBatch.from_arrays(columns, schema=self._schema)

    @property
    def _spread(self) -> Geometry | None:
        """The geometry that becomes two columns, where the target has no other place for it."""
        return None if self._kind.has_geometry else self._read_geometry

    @property
    def _pinned(self) -> bool:
        """Whether the points become a geometry, without which a layer cannot be drawn."""
        return self._source.geometry is None and self._kind in DRIVERS

    @property
    def _converted(self) -> Geometry | None:
        """The geometry that becomes one in WGS84, where the target's standard knows no other."""
        return self._read_geometry if self._kind.is_in_degrees else None

    @property
    def _read_geometry(self) -> Geometry | None:
        """The geometry, if the points are read from it and not from columns."""
        return self._source.geometry if self._rows.read.reads_geometry else None

    @property
    def _geometry(self) -> Geometry:
        """The geometry that a layer is written with."""
        if self._converted is not None:
            return replace(WGS84_POINTS, column=self._converted.column)
        return self._source.geometry or WGS84_POINTS

    def _joined_schema(self) -> pa.Schema:
        given = self._source.table.schema
        fields = list(given)
        if self._spread is not None:
            place = given.get_field_index(self._spread.column)
            fields[place : place + 1] = [pa.field(name, pa.float64()) for name in (LON, LAT)]
        answers = self._rows.fields
        if self._kind in DRIVERS:
            answers = [numeric_field(field) for field in answers]
        if self._kind is FileKind.SHAPEFILE:
            names = zip(answers, self._rows.short_names, strict=True)
            answers = [field.with_name(name) for field, name in names]
        fields += answers
        if self._pinned:
            fields.append(pa.field(WGS84_POINTS.column, pa.binary()))
        check_names(given.names, [field.name for field in fields], table="It")
        metadata = dict(self._rows.metadata)
        if self._kind is FileKind.PARQUET:
            if self._source.geometry is not None:
                metadata |= parquet_metadata(self._source.geometry)
            metadata |= given.metadata or {}
        return pa.schema(fields, metadata=metadata)

    def _columns(self, batch: pa.RecordBatch, points: Points, answered: Answered) -> list[pa.Array]:
        columns = list(batch.columns)
        crs = self._rows.read.crs
        if self._spread is not None:
            place = batch.schema.get_field_index(self._spread.column)
            degrees = in_degrees(points, crs)
            columns[place : place + 1] = [pa.array(one, from_pandas=True) for one in degrees]
        if self._converted is not None:
            place = batch.schema.get_field_index(self._converted.column)
            columns[place] = _good_points(points, crs, answered.bad)
        elif self._kind.is_several_files and self._read_geometry is not None:
            # These hold geometries of one kind only.
            place = batch.schema.get_field_index(self._read_geometry.column)
            columns[place] = pc.if_else(answered.bad, None, columns[place])
        answers = answered.columns.columns
        columns += [numeric(one) for one in answers] if self._kind in DRIVERS else answers
        if self._pinned:
            columns.append(_good_points(points, crs, answered.bad))
        return columns


def _good_points(points: Points, crs: Crs, is_bad: pa.BooleanArray) -> pa.BinaryArray:
    """Return points in WGS84 as WKB; null in rows whose coordinate is bad."""
    lon, lat = in_degrees(points, crs)
    bad = is_bad.to_numpy(zero_copy_only=False)
    lon[bad] = lat[bad] = np.nan
    return points_wkb(lon=lon, lat=lat)


def _advancing(batches: Generator[pa.RecordBatch], advance: Advance) -> Generator[pa.RecordBatch]:
    """Tell of batches that were used."""
    with closing(batches):
        for batch in batches:
            yield batch
            advance(len(batch))
