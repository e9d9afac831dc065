"""Cells of a table's columns, each distinct one read once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geo.errors import AppraisalError, GeoError
from geo.lookup.regions import NONE
from geo.valuation.factors import PRICE_PLACES
from geo.valuation.parcel import BOUNDS, Bounds, read_number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]

_T = TypeVar("_T")

AREA_PLACES: Final = 4
"""Decimals of an area."""
_AREA: Final = BOUNDS["area_m2"]
_UNIT: Final = 10**AREA_PLACES
_PLAIN: Final = rf"^[0-9]{{1,10}}(\.[0-9]{{1,{AREA_PLACES}}})?$"
_DAY: Final = re.compile(
    r"([0-9]{4})([-/.年])([0-9]{1,2})(?:\2|月)([0-9]{1,2})日?"
    r"([ T]00:00(:00(\.0+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?"  # midnight, as programs write days
)
_PLAIN_DECIMAL: Final = pa.decimal128(18, AREA_PLACES)


@dataclass(frozen=True, slots=True)
class AreaUnit:
    """A unit in which a table has areas.

    Attributes
    ----------
    field : str
        What sentences call the area.
    bounds : Bounds
        What an area may be.
    m2 : (int, int)
        How many m² it is, as a fraction.
    names : tuple of str
        As titles of columns name it.
    """

    field: str
    bounds: Bounds
    m2: tuple[int, int]
    names: tuple[str, ...]


AREA_UNITS: Final = {
    "m2": AreaUnit("area_m2", _AREA, (1, 1), ("m2", "平方米", "平米", "sqm")),
    "mu": AreaUnit("area", Bounds(_AREA.most * 3 // 2000, 4, " mu"), (2000, 3), ("mu", "亩")),
    "ha": AreaUnit("area", Bounds(_AREA.most // 10**4, 4, " ha"), (10**4, 1), ("ha", "公顷")),
}
"""By name; 15 mu (亩) are a hectare."""


@dataclass(frozen=True, slots=True)
class Cells(Generic[_T]):
    """A column by its distinct values.

    Attributes
    ----------
    of : ndarray of int64, shape (n,)
        Which of the values a row has; `NONE` where its cell is empty.
    values : tuple
        None for one that cannot be read.
    problems : tuple of str or None
        Why a value cannot be read.
    """

    of: Integers
    values: tuple[_T | None, ...] = ()
    problems: tuple[str | None, ...] = ()

    def at(self, row: int) -> _T | None:
        """Return the value of a row; None if its cell is empty."""
        return None if self.of[row] == NONE else self.values[self.of[row]]

    def take(self, rows: Integers) -> Cells[_T]:
        """Return some of the rows."""
        return Cells(self.of[rows], self.values, self.problems)


@dataclass(frozen=True, slots=True)
class Areas:
    """A column of areas.

    Attributes
    ----------
    e4 : ndarray of int64, shape (n,)
        In m², times 10 000; 0 where a row states none.
    unread : Cells
        The cells that cannot be read.
    """

    e4: Integers
    unread: Cells[int]

    def take(self, rows: Integers) -> Areas:
        """Return some of the rows."""
        return Areas(self.e4[rows], self.unread.take(rows))


def same_in_all(value: _T | None, count: int) -> Cells[_T]:
    """Return cells that all have one value; None for empty ones."""
    if value is None:
        return Cells(np.full(count, NONE))
    return Cells(np.zeros(count, np.int64), (value,), (None,))


def read_cells(column: pa.Array, read: Callable[[str], _T]) -> Cells[_T]:
    """Read a column.

    Parameters
    ----------
    column : pyarrow.Array
        Of text, numbers or days. What is null, NaN or blank is empty.
    read : callable
        Reads a text without blanks around it; raises `GeoError` where it cannot.
    """
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    texts = [(text or "").strip() for text in column.dictionary.cast(pa.string()).to_pylist()]
    values: list[_T | None] = []
    problems: list[str | None] = []
    for text in texts:
        value, problem = None, None
        if text:
            try:
                value = read(text)
            except GeoError as error:
                problem = str(error)
        values.append(value)
        problems.append(problem)
    number = np.array([i if text else NONE for i, text in enumerate(texts)] + [NONE])
    indices = column.indices.cast(pa.int64()).fill_null(NONE).to_numpy(zero_copy_only=False)
    return Cells(number[indices], tuple(values), tuple(problems))


def read_day(text: str) -> date:
    """Read a day, the year first: 2024-02-29, 2024/2/29, 2024年2月29日; or midnight of one.

    Raises
    ------
    AppraisalError
        It is none.
    """
    found = _DAY.fullmatch(text)
    try:
        if found is not None:
            return date(int(found[1]), int(found[3]), int(found[4]))
    except ValueError:
        pass
    raise AppraisalError(
        f"date is {text[:40]!r}; it must be a day such as 2024-02-29.",
        code="date_unreadable",
        field="date",
    )


def in_local_time(column: pa.Array) -> pa.Array:
    """Return moments as clocks showed them where they were; other columns as they are."""
    is_zoned = pa.types.is_timestamp(column.type) and column.type.tz is not None
    return pc.local_timestamp(column) if is_zoned else column


def read_areas(column: pa.Array, unit: AreaUnit) -> Areas:
    """Read a column of areas, most of which differ, without a look at each.

    Parameters
    ----------
    column : pyarrow.Array
        Of numbers or text.
    unit : AreaUnit
        What they count.
    """
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    e4 = _plain_e4(column)
    e4[e4 > unit.bounds.most * _UNIT] = 0
    rest = np.flatnonzero(e4 <= 0)
    unread = np.full(len(column), NONE)
    others = read_cells(
        column.take(pa.array(rest)),
        lambda text: int(read_number(unit.field, text, unit.bounds).scaleb(AREA_PLACES)),
    )
    e4[rest] = np.array([*(value or 0 for value in others.values), 0])[others.of]
    unread[rest] = others.of
    times, by = unit.m2
    return Areas((2 * times * e4 + by) // (2 * by), Cells(unread, others.values, others.problems))


def _plain_e4(column: pa.Array) -> Integers:
    """Return numbers times 10 000 where that can be told of the whole column; else 0."""
    kind = column.type
    if pa.types.is_float64(kind):
        given = np.nan_to_num(column.fill_null(0).to_numpy(zero_copy_only=False), posinf=0)
        given = np.clip(given, 0, 2 * _AREA.most)
        e4 = np.rint(given * _UNIT)
        # Of no more than 15 digits, only one decimal is the nearest binary number's.
        return np.where(e4 / _UNIT == given, e4, 0).astype(np.int64)
    if pa.types.is_integer(kind):
        whole = column.fill_null(0).to_numpy(zero_copy_only=False)
        return np.asarray(np.clip(whole, 0, 2 * _AREA.most), np.int64) * _UNIT
    text = column.cast(pa.string())
    plain = pc.if_else(pc.match_substring_regex(text, _PLAIN), text, None).cast(_PLAIN_DECIMAL)
    return low_words(plain.fill_null(0)).copy()


def low_words(column: pa.Array) -> Integers:
    """Return decimals as whole numbers of their last place, which must fit in 64 bits."""
    words: Any = np.frombuffer(column.buffers()[1], np.int64).reshape(-1, 2)
    found: Integers = words[column.offset : column.offset + len(column), 0]
    return found


def decimals(
    values: Integers, places: int, valid: Flags, wide: Sequence[tuple[int, int]] = ()
) -> pa.Array:
    """Return whole numbers of the last place as decimals.

    Parameters
    ----------
    values : ndarray of int64, shape (n,)
    places : int
    valid : ndarray of bool, shape (n,)
        False where the result is null.
    wide : sequence of (int, int)
        Rows, and values in the place of theirs, of any size.
    """
    words = np.empty((len(values), 2), np.int64)
    words[:, 0], words[:, 1] = values, values >> 63
    for row, value in wide:
        high, low = divmod(value, 1 << 64)
        words[row] = np.array([low, high % (1 << 64)], np.uint64).view(np.int64)
    bits = None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))
    kind = decimal_type(places)
    return pa.Array.from_buffers(kind, len(values), [bits, pa.py_buffer(words)])


def decimal_type(places: int = PRICE_PLACES) -> pa.DataType:
    """Return the type of a column of decimals: of as many digits as they are computed with."""
    return pa.decimal128(28, places)
