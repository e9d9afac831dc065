"""What is asked of the rows of a table, and the answers to append to them.

The join of files and that of a cluster have it in common.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from functools import partial, reduce
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from app.join.geometry import GeometryReader
from app.join.short_names import short_names
from geo.crs import Crs
from geo.lookup.points import find_columns, read_points, read_texts
from geo.lookup.table import DEFAULT_COLUMNS, ERROR_COLUMNS, Column, TableAnswers, known
from geo.lookup.told import points_in_words, with_known
from geo.model import parse_use

if TYPE_CHECKING:
    from app.join.geometry import Geometry
    from geo.lookup.edition import OpenEdition
    from geo.lookup.points import Points

LON, LAT = "lon", "lat"
"""Names of the columns that a geometry becomes in CSV."""
_ERROR: Final = ERROR_COLUMNS[0]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of each file.

    Attributes
    ----------
    uses : tuple of str
        Codes or Chinese names; all of the edition if there are none.
    columns : tuple of Column
    lon, lat : str or None
        Columns with the coordinates. If both are None, the geometry is read; or what is called like
        coordinates, where there is none (`find_columns`).
    location : str or None
        Column with places in words, in the place of coordinates.
    known : str or None
        Column with what is known of places, facts with semicolons between them.
    crs : Crs or None
        CRS of the coordinates; None for what the geometry declares, or WGS84 without a geometry.
    layer : str or None
        Layer, or sheet of a workbook; None for the only one.
    encoding : str or None
        Encoding of CSV, TSV or a Shapefile; None for UTF-8, or what a Shapefile's bytes say.
    """

    uses: tuple[str, ...] = ()
    columns: tuple[Column, ...] = DEFAULT_COLUMNS
    lon: str | None = None
    lat: str | None = None
    location: str | None = None
    known: str | None = None
    crs: Crs | None = None
    layer: str | None = None
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class JoinCounts:
    """What was joined.

    Attributes
    ----------
    rows : int
    covered : int
        Rows in at least one region of the uses that were asked.
    bad : int
        Rows whose coordinate is bad.
    latitude_first : int
        Rows with both numbers in one text, of which only the second can be the longitude.
    """

    rows: int = 0
    covered: int = 0
    bad: int = 0
    latitude_first: int = 0

    def __add__(self, other: JoinCounts) -> JoinCounts:
        """Return the counts of both."""
        return JoinCounts(*map(sum, zip(astuple(self), astuple(other), strict=True)))


class Answered(NamedTuple):
    """What is appended to rows.

    Attributes
    ----------
    columns : pyarrow.RecordBatch
    bad : pyarrow.BooleanArray
        Whether a row has no place, because its coordinate is bad.
    counts : JoinCounts
    """

    columns: pa.RecordBatch
    bad: pa.BooleanArray
    counts: JoinCounts


class Appended(Protocol):
    """What is appended to each row of a table."""

    @property
    def read(self) -> PointReader:
        """Reads the points of a batch."""

    @property
    def fields(self) -> list[pa.Field]:
        """The columns to append."""

    @property
    def short_names(self) -> list[str]:
        """Names of `fields` for Shapefiles."""

    @property
    def metadata(self) -> dict[bytes, bytes]:
        """What it was made from."""

    @property
    def remark(self) -> str:
        """What the user should know of how the table is read; else empty."""

    def answer(self, batch: pa.RecordBatch, points: Points) -> Answered:
        """Return what is appended to a batch, whose points were read."""


class MakeAppended(Protocol):
    """Makes what is appended to a table; errors as for `RowAnswers`."""

    def __call__(
        self,
        schema: pa.Schema,
        geometry: Geometry | None,
        edition: OpenEdition,
        question: Question,
    ) -> Appended:
        """Make it for one file."""


class RowAnswers:
    """Answers a question for any rows of a table, and counts.

    Parameters
    ----------
    schema : pyarrow.Schema
        Schema of the table.
    geometry : Geometry or None
        The points that the table has besides columns.
    edition : OpenEdition
    question : Question

    Attributes
    ----------
    read : callable
        Reads the points of a batch.
    fields : list of pyarrow.Field
        The columns to append.
    short_names : list of str
        Names of `fields` for Shapefiles.
    metadata : dict of bytes to bytes
        Which edition the answers are from.
    remark : str
        What the user should know of how points are read; else empty.

    Raises
    ------
    TableError
        The table has no coordinates, or is in another CRS.
    """

    def __init__(
        self,
        schema: pa.Schema,
        geometry: Geometry | None,
        edition: OpenEdition,
        question: Question,
    ) -> None:
        self.read = point_reader(schema, geometry, question, edition)
        found = [parse_use(name, edition.uses) for name in question.uses]
        uses = tuple(dict.fromkeys(use for use in found if use is not None)) or edition.uses
        # The code tells where there is a region, whether it is asked for or not.
        self._answers = TableAnswers(
            edition,
            crs=self.read.crs,
            uses=uses,
            columns=tuple(dict.fromkeys((*question.columns, Column.CODE))),
        )
        self._codes = [f"{use}_{Column.CODE}" for use in uses]
        names = [f"{use}_{column}" for use in uses for column in question.columns]
        self.fields = [self._answers.schema.field(name) for name in (*names, *ERROR_COLUMNS)]
        self.short_names = short_names([str(use) for use in uses], question.columns)
        self.metadata = dict(self._answers.schema.metadata)
        self.remark = self.read.remark

    def answer(self, batch: pa.RecordBatch, points: Points) -> Answered:  # noqa: ARG002 - `Appended`
        """Answer for each point.

        Returns
        -------
        Answered
            With the columns `fields`.
        """
        answered = self._answers.answer(points)
        inside = reduce(pc.or_, [answered.column(name).is_valid() for name in self._codes])
        errors = answered.column(_ERROR)
        covered = pc.sum(inside, min_count=0).as_py()
        bad = len(errors) - errors.null_count
        counts = JoinCounts(answered.num_rows, covered, bad, points.latitude_first)
        names = [field.name for field in self.fields]
        return Answered(answered.select(names), errors.is_valid(), counts)


@dataclass(frozen=True, slots=True)
class _ColumnReader:
    """Reads points from two columns, or from one that has both numbers."""

    lon: str
    lat: str
    crs: Crs
    edition: OpenEdition
    remark: str = ""
    reads_geometry: bool = False

    def __call__(self, batch: pa.RecordBatch) -> Points:
        in_city = partial(known, self.edition, crs=self.crs)
        return read_points(batch, lon=self.lon, lat=self.lat, known=in_city)


@dataclass(frozen=True, slots=True)
class _WordsReader:
    """Looks for places that one column gives in words."""

    column: str
    edition: OpenEdition
    crs: Crs = Crs.WGS84
    remark: str = ""
    reads_geometry: bool = False

    def __call__(self, batch: pa.RecordBatch) -> Points:
        return points_in_words(self.edition, read_texts(batch, self.column))


@dataclass(frozen=True)
class _KnownReader:
    """Reads points, and from a column what is known of them."""

    reader: GeometryReader | _ColumnReader
    column: str

    @property
    def crs(self) -> Crs:
        return self.reader.crs

    @property
    def remark(self) -> str:
        return self.reader.remark

    @property
    def reads_geometry(self) -> bool:
        return self.reader.reads_geometry

    def __call__(self, batch: pa.RecordBatch) -> Points:
        return with_known(self.reader(batch), read_texts(batch, self.column))


PointReader = GeometryReader | _ColumnReader | _WordsReader | _KnownReader
"""What reads the points of a batch, in its `crs`."""


def point_reader(
    schema: pa.Schema,
    geometry: Geometry | None,
    question: Question,
    edition: OpenEdition,
) -> PointReader:
    """Return what reads the points of a table's batches.

    Raises
    ------
    TableError
        The table has no coordinates, or is in another CRS.
    """
    for name in filter(None, [question.location, question.known]):
        read_texts(pa.RecordBatch.from_pylist([], schema=schema), name)
    if question.location is not None:
        return _WordsReader(question.location, edition)
    reader = _coordinate_reader(schema, geometry, question, edition)
    return reader if question.known is None else _KnownReader(reader, question.known)


def _coordinate_reader(
    schema: pa.Schema,
    geometry: Geometry | None,
    question: Question,
    edition: OpenEdition,
) -> GeometryReader | _ColumnReader:
    if geometry is not None and question.lon is None and question.lat is None:
        return GeometryReader(geometry, question.crs, edition.extent)
    lon, lat = find_columns(schema, lon=question.lon, lat=question.lat)
    return _ColumnReader(lon, lat, question.crs or Crs.WGS84, edition)
