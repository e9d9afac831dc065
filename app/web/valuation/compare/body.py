"""Bodies with deals to tables of text."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from app.errors import DamagedBodyError, TooLargeError
from app.join.formats import TableFormat, TableStream, open_table
from app.web.batch.media_types import MediaType
from app.web.batch.stream import MOST_TOLD
from geo.lookup.points import read_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.web.batch.media_types import BodyType

MOST_DEALS: Final = 20_000
"""Rows of a body: each takes some tenths of a millisecond."""


def open_deals(body: bytes, kind: BodyType, *, most_columns: int, words: str | None) -> TableStream:
    """Open the table of a body.

    Parameters
    ----------
    body : bytes
    kind : BodyType
        JSON or CSV.
    most_columns : int
    words : str or None
        Name of the column with places in words.

    Raises
    ------
    DamagedBodyError, TableError
        It is no array of objects, or no table.
    TooLargeError
        It has too many rows or columns.
    """
    if kind.kind is MediaType.JSON:
        table = _from_json(body, most_columns)
    else:
        _check_columns(body.partition(b"\n")[0].count(b",") + 1, most_columns)
        stream = open_table(io.BytesIO(body), TableFormat.CSV, encoding=kind.encoding)
        table = pa.Table.from_batches(stream.batches, stream.schema)
    if len(table) > MOST_DEALS:
        raise TooLargeError(
            f"The table has more than {MOST_DEALS} deals, which is the most at a time; send it in"
            " parts, or use landprice compare."
        )
    batches = table.combine_chunks().to_batches()
    if words is not None:
        told = sum(text is not None for one in batches for text in read_texts(one, words))
        if told > MOST_TOLD:
            raise TooLargeError(
                f"More than {MOST_TOLD} rows have a place in words, which is the most at a time;"
                " send them in parts, or use landprice compare."
            )
    return TableStream(table.schema, (batch for batch in batches), len(table))


def _from_json(body: bytes, most_columns: int) -> pa.Table:
    try:
        # Numbers stay as they are written: an amount is no binary fraction.
        rows = json.loads(
            body,
            parse_float=str,
            parse_int=str,
            parse_constant=str,
            object_pairs_hook=_object,
        )
    except (ValueError, RecursionError) as error:
        raise DamagedBodyError("The body is not JSON; it must be an array of objects.") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise DamagedBodyError("The body is not a JSON array of objects, one for each deal.")
    names = list(dict.fromkeys(name for row in rows for name in row))
    _check_columns(len(names), most_columns)
    columns = [pa.array([_text(row.get(name)) for row in rows], pa.string()) for name in names]
    return pa.Table.from_arrays(columns, names=names)


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise DamagedBodyError("An object of the body has a name twice.")
    return found


def _text(value: object) -> str | None:
    """Return a value as a cell of a table; what no cell can hold is shown as it is in JSON."""
    if value is None or isinstance(value, str):
        try:
            return value if value is None else value.encode().decode()
        except UnicodeEncodeError as error:  # half of a surrogate pair
            raise DamagedBodyError("The body has text that is not Unicode.") from error
    return json.dumps(value, ensure_ascii=True)[:60]


def _check_columns(count: int, most: int) -> None:
    if count > most:
        raise TooLargeError(f"The table has more than {most} columns, which is the most.")
