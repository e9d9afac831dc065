"""Answers for many points, as columns of a table."""

from __future__ import annotations

import json
from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from geo.crs import coordinate_ranges, to_wgs84
from geo.errors import CoordinateError, TableError, UnknownColumnError
from geo.lookup.batch import CERTAINTIES
from geo.lookup.price import check_coordinate
from geo.lookup.regions import NONE
from geo.lookup.told import tell

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from geo.crs import Crs, FloatArray
    from geo.lookup.batch import Located
    from geo.lookup.edition import OpenEdition
    from geo.lookup.points import Points, Problems
    from geo.model import Region, Use

    Flags = npt.NDArray[np.bool_]
    Integers = npt.NDArray[np.signedinteger[Any]]


class Column(StrEnum):
    """What a table can say of the region of each use; named as in the answer for one point."""

    CODE = "code"
    GROUND_PRICE = "ground_price_cny_m2"
    FLOOR_PRICE = "floor_price_cny_m2"
    PLOT_RATIO = "plot_ratio"
    TENURE = "tenure_years"
    CERTAINTY = "certainty"
    PROBABILITY = "probability"
    NONE_PROBABILITY = "none_probability"
    RIGHT_TYPE = "right_type"
    DEVELOPMENT = "development"
    GEOMETRY_SOURCE = "geometry_source"
    PLACEMENT = "placement"
    DISTANCE = "distance_to_boundary_m"


DEFAULT_COLUMNS: Final = (
    Column.CODE,
    Column.GROUND_PRICE,
    Column.FLOOR_PRICE,
    Column.PLOT_RATIO,
    Column.TENURE,
    Column.CERTAINTY,
    Column.PROBABILITY,
)
"""Without the distance, which takes long."""


def is_price_column(name: str) -> bool:
    """Tell whether a column may be one of an answer, by its name ``{use}_{column}``."""
    return name.endswith(_ENDS)


_ENDS: Final = tuple(f"_{column}" for column in Column)

ERROR_COLUMNS: Final = ("error", "error_message")
"""Stable code and sentence of a row whose coordinate is bad; null in good rows."""

_NUMBERS: Final = {
    Column.GROUND_PRICE: pa.int32(),
    Column.FLOOR_PRICE: pa.int32(),
    Column.PLOT_RATIO: pa.float64(),
    Column.TENURE: pa.int32(),
}
_FACTS: Final = (
    "id",
    "valuation_date",
    "effective_from",
    "document",
    "city",
    "admin_code",
    "title",
    "publisher",
)
_TEXTS: Final = {Column.RIGHT_TYPE, Column.DEVELOPMENT, Column.GEOMETRY_SOURCE, Column.PLACEMENT}


def parse_columns(names: Sequence[str]) -> tuple[Column, ...]:
    """Read names of columns.

    Parameters
    ----------
    names : sequence of str
        Values of `Column`.

    Returns
    -------
    tuple of Column
        Each once, in order.

    Raises
    ------
    UnknownColumnError
        There is no such column.
    """
    for name in names:
        if name not in set(Column):
            known = ", ".join(Column)
            raise UnknownColumnError(f"columns has {name[:40]!r}, which is none of {known}.")
    return tuple(map(Column, dict.fromkeys(names)))


def check_names(given: Sequence[str], joined: Sequence[str], *, table: str) -> None:
    """Refuse names that the join would have twice; to many programs, letter case is nothing.

    Parameters
    ----------
    given : sequence of str
        Columns of the table.
    joined : sequence of str
        Columns of the result.
    table : str
        What the sentence calls the table.

    Raises
    ------
    TableError
        A name of the result's own is among the table's.
    """
    counts = Counter(name.casefold() for name in joined)
    before = Counter(name.casefold() for name in given)
    for name in joined:
        if counts[name.casefold()] > max(1, before[name.casefold()]):
            raise TableError(
                f"{table} has a column {name!r} already, which the result is to have; rename it."
            )


def known(
    edition: OpenEdition, *, crs: Crs, lon: FloatArray, lat: FloatArray
) -> npt.NDArray[np.bool_]:
    """Tell which points lie in the extent of an edition's regions.

    Parameters
    ----------
    edition : OpenEdition
    crs : Crs
    lon, lat : ndarray of float64, shape (n,)
        In `crs`; any numbers.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    at_lon, at_lat = to_wgs84(lon=lon, lat=lat, crs=crs)
    return _within(lon, lat, coordinate_ranges(crs)) & _within(at_lon, at_lat, _ranges(edition))


class TableAnswers:
    """Answers for many points from one edition: of each use the first that one point's answer has.

    Immutable, and safe to share between threads.

    Parameters
    ----------
    edition : OpenEdition
    crs : Crs
        CRS of the points.
    uses : sequence of Use, optional
        All of the edition if it is not given.
    columns : sequence of Column, optional

    Attributes
    ----------
    schema : pyarrow.Schema
        ``{use}_{column}`` for each use and column, then `ERROR_COLUMNS`; its metadata say which
        edition the answers are from and whom to credit.
    """

    def __init__(
        self,
        edition: OpenEdition,
        *,
        crs: Crs,
        uses: Sequence[Use] | None = None,
        columns: Sequence[Column] = DEFAULT_COLUMNS,
    ) -> None:
        self._edition = edition
        self._crs = crs
        self._columns = tuple(columns)
        self._layers = [
            _Layer(edition, use, columns) for use in (edition.uses if uses is None else uses)
        ]
        fields = [field for layer in self._layers for field in layer.fields]
        fields += [pa.field(name, pa.string()) for name in ERROR_COLUMNS]
        facts = {
            "edition": {name: str(getattr(edition.parcels.edition, name)) for name in _FACTS},
            "attribution": edition.parcels.attribution,
            "sha256": edition.parcels.sha256,
        }
        metadata = {"landprice": json.dumps(facts, ensure_ascii=False)}
        self.schema = pa.schema(fields, metadata=metadata)

    def answer(self, points: Points) -> pa.RecordBatch:
        """Answer for each point.

        Returns
        -------
        pyarrow.RecordBatch
            A row a point, in order, with the columns of `schema`.
        """
        lon, lat, problems = self._checked(points)
        index = self._edition.batch_index
        located = index.certify(lon=lon, lat=lat)
        if points.words or points.known:
            tell(self._edition, points, lon=lon, lat=lat, located=located, problems=problems)
        distances_m = None
        if Column.DISTANCE in self._columns:
            ranks = [layer.rank for layer in self._layers]
            asked = np.full(located.region.shape, NONE, dtype=np.int32)
            asked[:, ranks] = located.region[:, ranks]
            found_m = index.distances_m(lon=lon, lat=lat, region=asked)
            distances_m = np.asfortranarray(np.round(found_m, 1))
        good = None if not problems else _bits(~np.isnan(lon))
        arrays = [a for one in self._layers for a in one.arrays(located, distances_m, good)]
        arrays += _error_arrays(problems, len(lon))
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def _checked(self, points: Points) -> tuple[FloatArray, FloatArray, Problems]:
        """Return WGS84 coordinates, NaN where they are bad, and why they are."""
        lon, lat = to_wgs84(lon=points.lon, lat=points.lat, crs=self._crs)
        np.clip(lat, -90.0, 90.0, out=lat)  # BD-09 shifts the poles themselves by metres
        problems = dict(points.problems)
        for i in self._suspicious(points, lon, lat).tolist():
            try:
                given = {"lon": float(points.lon[i]), "lat": float(points.lat[i])}
                inside = self._edition.holds(lon=float(lon[i]), lat=float(lat[i]))
                check_coordinate(self._edition, **given, crs=self._crs, inside=inside)
            except CoordinateError as error:
                problems.setdefault(i, error)
        bad = list(problems)
        lon[bad] = lat[bad] = np.nan
        return lon, lat, problems

    def _suspicious(self, points: Points, lon: FloatArray, lat: FloatArray) -> Integers:
        """Return the rows out of range or swapped, and few others."""
        ranges = coordinate_ranges(self._crs)
        extent = _ranges(self._edition)
        if _all_within(points.lon, points.lat, ranges) and _all_within(lon, lat, extent):
            return np.empty(0, dtype=np.int64)
        in_range = _within(points.lon, points.lat, ranges)
        outside = np.flatnonzero(in_range & ~_within(lon, lat, extent))
        other = {"lon": points.lat[outside], "lat": points.lon[outside]}
        swapped = known(self._edition, crs=self._crs, **other)
        return np.concatenate([np.flatnonzero(~in_range), outside[swapped]])


_Ranges = tuple[tuple[float, float], tuple[float, float]]


def _ranges(edition: OpenEdition) -> _Ranges:
    west, south, east, north = edition.extent
    return (west, east), (south, north)


class _Layer:
    """The columns of one use."""

    def __init__(self, edition: OpenEdition, use: Use, columns: Sequence[Column]) -> None:
        regions = edition.regions
        self.use, self.rank = use, edition.uses.index(use)
        self._columns = columns
        own = [i for i, region in enumerate(regions) if region.use == use]
        self._first = own[0] if own else 0
        self._count = len(own)
        self._codes = pa.array([regions[i].code for i in own], pa.string())
        self._index_type = np.min_scalar_type(-max(len(own), 1))
        self._numbers = {
            column: _by_region([getattr(r.record, column) for r in regions])
            for column in columns
            if column in _NUMBERS
        }
        self._texts = {
            column: _texts([_property(r, column) for r in regions])
            for column in columns
            if column in _TEXTS
        }

    @property
    def fields(self) -> list[pa.Field]:
        return [pa.field(f"{self.use}_{column}", self._type(column)) for column in self._columns]

    def arrays(
        self, located: Located, distances_m: FloatArray | None, good: pa.Buffer | None
    ) -> list[pa.Array]:
        number = located.region[:, self.rank]
        valid = number != NONE
        some = None if valid.all() else _bits(valid)
        made = []
        for column in self._columns:
            if column is Column.CODE:
                indices = (number - self._first).astype(self._index_type)
                made.append(_dictionary_array(indices, some, self._codes))
            elif column is Column.CERTAINTY:
                codes = located.certainty[:, self.rank]
                made.append(_dictionary_array(codes, some, _CERTAINTY_NAMES))
            elif column is Column.PROBABILITY:
                made.append(_array(pa.float64(), located.probability[:, self.rank], some))
            elif column is Column.NONE_PROBABILITY:
                made.append(_array(pa.float64(), located.none[:, self.rank], good))
            elif column is Column.DISTANCE:
                assert distances_m is not None  # noqa: S101 - measured because it is a column
                made.append(_array(pa.float64(), distances_m[:, self.rank], some))
            elif column in _TEXTS:
                codes, names, given = self._texts[column]
                known = some if given is None else _bits(valid & given.take(number, mode="wrap"))
                made.append(_dictionary_array(codes.take(number, mode="wrap"), known, names))
            else:
                values, given = self._numbers[column]
                known = some if given is None else _bits(valid & given.take(number, mode="wrap"))
                made.append(_array(_NUMBERS[column], values.take(number, mode="wrap"), known))
        return made

    def _type(self, column: Column) -> pa.DataType:
        if column in _NUMBERS:
            return _NUMBERS[column]
        if column in {Column.DISTANCE, Column.PROBABILITY, Column.NONE_PROBABILITY}:
            return pa.float64()
        codes = self._index_type if column is Column.CODE else np.dtype(np.int8)
        return pa.dictionary(pa.from_numpy_dtype(codes), pa.string())


_CERTAINTY_NAMES: Final = pa.array([certainty.value for certainty in CERTAINTIES], pa.string())


def _by_region(values: Sequence[float | None]) -> tuple[npt.NDArray[Any], Flags | None]:
    """Return a table by region, whose last row stands for none, and where it has values."""
    given = np.array([value is not None for value in values] + [True])
    known = np.array([0 if value is None else value for value in values] + [0])
    return known, None if given.all() else given


def _texts(
    values: Sequence[str | None],
) -> tuple[npt.NDArray[np.int8], pa.Array, Flags | None]:
    """Return a table of numbers by region, the texts they stand for, and where it has any."""
    given = np.array([value is not None for value in values] + [True])
    names = sorted({value for value in values if value is not None} or {""})
    codes = [0 if value is None else names.index(value) for value in values]
    return np.array([*codes, 0], np.int8), pa.array(names), None if given.all() else given


def _property(region: Region, column: Column) -> str | None:
    source = region if column in {Column.GEOMETRY_SOURCE, Column.PLACEMENT} else region.record
    value = getattr(source, column)
    return None if value is None else str(value)


def _bits(valid: Flags) -> pa.Buffer:
    return pa.py_buffer(np.packbits(valid, bitorder="little"))


def _array(kind: pa.DataType, values: npt.NDArray[Any], valid: pa.Buffer | None) -> pa.Array:
    data = values.astype(kind.to_pandas_dtype(), copy=False)
    return pa.Array.from_buffers(kind, len(data), [valid, pa.py_buffer(data)])


def _dictionary_array(
    codes: npt.NDArray[Any], valid: pa.Buffer | None, names: pa.Array
) -> pa.DictionaryArray:
    indices = _array(pa.from_numpy_dtype(codes.dtype), codes, valid)
    return pa.DictionaryArray.from_arrays(indices, names, safe=False)


def _error_arrays(problems: Problems, count: int) -> list[pa.Array]:
    if not problems:
        return [pa.nulls(count, pa.string())] * len(ERROR_COLUMNS)
    codes: list[str | None] = [None] * count
    messages: list[str | None] = [None] * count
    for i, problem in problems.items():
        codes[i], messages[i] = problem.code, str(problem)
    return [pa.array(codes, pa.string()), pa.array(messages, pa.string())]


def _all_within(lon: FloatArray, lat: FloatArray, ranges: _Ranges) -> bool:
    """Tell whether all points are in the ranges, quickly; not where one is NaN."""
    pairs = zip((lon, lat), ranges, strict=True)
    return not len(lon) or all(low <= v.min() and v.max() <= high for v, (low, high) in pairs)


def _within(lon: FloatArray, lat: FloatArray, ranges: _Ranges) -> Flags:
    (west, east), (south, north) = ranges
    within: Flags = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return within
