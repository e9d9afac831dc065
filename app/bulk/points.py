"""Coordinates of many points, read from columns of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from app.problems import missing, not_a_number
from geo.errors import CoordinateError, GeoError

if TYPE_CHECKING:
    from geo.crs import FloatArray

    Problems = dict[int, CoordinateError]

# Plain decimal numbers; what else Python takes for a number is read one by one.
_NUMBER = r"^-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


class TableError(GeoError):
    """A table that lacks the columns it must have, or has no numbers in them."""

    code = "table_invalid"


@dataclass(frozen=True, slots=True)
class Points:
    """Coordinates as they were given.

    Attributes
    ----------
    lon, lat : ndarray of float64, shape (n,)
        In the CRS that the caller states; NaN where they could not be read.
    problems : dict of int to CoordinateError
        Why, by row.
    """

    lon: FloatArray
    lat: FloatArray
    problems: Problems


def check_columns(schema: pa.Schema, *, lon: str, lat: str) -> None:
    """Refuse a table without coordinates.

    Parameters
    ----------
    schema : pyarrow.Schema
    lon, lat : str
        Names of the columns.

    Raises
    ------
    TableError
        A column is not there, is there twice, or can hold no numbers.
    """
    for field, name in (("lon", lon), ("lat", lat)):
        count = len(schema.get_all_field_indices(name))
        if count != 1:
            there = "is not in" if count == 0 else "is there more than once among"
            columns = ", ".join(schema.names)
            raise TableError(f"The column {name!r} for {field} {there} the columns {columns}.")
        kind = schema.field(name).type
        if not (_is_number(kind) or _is_text(kind)):
            raise TableError(f"The column {name!r} for {field} has {kind}; it must have numbers.")


def read_points(table: pa.RecordBatch, *, lon: str, lat: str) -> Points:
    """Read the coordinates of a table's rows.

    Parameters
    ----------
    table : pyarrow.RecordBatch
        With the columns that `check_columns` asks for; their text is read as numbers.
    lon, lat : str
        Names of the columns.

    Returns
    -------
    Points
    """
    problems: Problems = {}
    lat_deg = _numbers(table.column(lat), "lat", problems)
    lon_deg = _numbers(table.column(lon), "lon", problems)  # last: its problem is told first
    return Points(lon_deg, lat_deg, problems)


def _is_number(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(types.is_floating(kind) or types.is_integer(kind) or types.is_decimal(kind))


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    types = pa.types
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_null(kind))


def _numbers(column: pa.Array, field: str, problems: Problems) -> FloatArray:
    if not _is_number(column.type):
        return _read(column.cast(pa.string()), field, problems)
    numbers = column.cast(pa.float64(), safe=False)
    if numbers.null_count:
        gone = np.flatnonzero(numbers.is_null().to_numpy(zero_copy_only=False))
        problems.update(dict.fromkeys(gone.tolist(), missing(field)))
    values: FloatArray = numbers.to_numpy(zero_copy_only=False)
    return values


def _read(text: pa.Array, field: str, problems: Problems) -> FloatArray:
    plain = pc.fill_null(pc.match_substring_regex(text, _NUMBER), fill_value=False)
    numbers = pc.if_else(plain, text, None).cast(pa.float64()).to_numpy(zero_copy_only=False)
    values: FloatArray = np.array(numbers)
    for i in np.flatnonzero(~plain.to_numpy(zero_copy_only=False)).tolist():
        value = text[i].as_py()
        if value is None or not value.strip():
            problems[i] = missing(field)
        elif (number := _number(value)) is None:
            problems[i] = not_a_number(field, value)
        else:
            values[i] = number
    return values


def _number(text: str) -> float | None:
    """Read what a single request may have, too: Python would also read 1_0 and １０."""
    text = text.strip()
    try:
        return float(text) if text.isascii() and "_" not in text else None
    except ValueError:
        return None
