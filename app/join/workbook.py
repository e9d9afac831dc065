"""Tables in Excel workbooks, as streams of record batches."""

from __future__ import annotations

import math
from datetime import date, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Self

import pyarrow as pa
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import IllegalCharacterError

from app.join.formats import BATCH_ROWS, TableStream, check_plain
from geo.errors import GazetteError, TableError
from geo.gazette.rows import cell_text, read_sheets

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from types import TracebackType

    Cells = Sequence[Sequence[Any]]

# Limits of the format: https://support.microsoft.com, "Excel specifications and limits".
_MOST_ROWS: Final = 1_048_576
_MOST_COLUMNS: Final = 16_384
_LONGEST_TEXT: Final = 32_767
_MOST_DIGITS: Final = 10**15  # of a whole number that Excel keeps

_EXACT: Final = 2**53


def _check_rows(count: int) -> None:
    """Refuse more rows than fit below the row of names."""
    if count >= _MOST_ROWS:
        raise TableError(
            f"It has more than {_MOST_ROWS - 1} rows, which Excel cannot hold; write .csv or"
            " .parquet."
        )


def open_sheet(path: Path, name: str | None) -> tuple[TableStream, str]:
    """Read a sheet with a table, whose first row has the names of its columns.

    Parameters
    ----------
    path : Path
        A workbook (XLSX or XLS).
    name : str or None
        None if there is only one sheet with content.

    Returns
    -------
    table : TableStream
        A column is of numbers, days, times or truth values if all its cells are; else of text.
        Merged cells all have their one content, and formulas the value that was last computed.
    remark : str
        What stands above the table and is no part of it; empty if nothing does.

    Raises
    ------
    TableError
        The file cannot be read, has no such sheet, or several, or the sheet has no table.
    """
    try:
        sheets = dict(read_sheets(path))
    except GazetteError as error:
        raise TableError(f"{error}.") from error
    filled = [one for one, cells in sheets.items() if any(map(_is_filled, chain(*cells)))]
    above, cells = _used(sheets[_sheet_name(path, name, filled)])
    remark = f"{path.name}: not in the table, and left out: {'; '.join(above)}." if above else ""
    names, rows = _names(path, cells[0], cells[1:]), cells[1:]
    columns = [_column([row[place] for row in rows]) for place in range(len(names))]
    table = pa.Table.from_arrays(columns, names=names)
    batches = (batch for batch in table.to_batches(BATCH_ROWS))
    return TableStream(table.schema, batches, len(table)), remark


class SheetWriter:
    """Writes a table to a workbook with one sheet, in which text is never a formula.

    To be used in a ``with`` statement, at whose end the file is written; after an error it is not.

    Parameters
    ----------
    path : Path
    schema : pyarrow.Schema
    rows : int, optional
        How many there will be, if that is known.

    Raises
    ------
    TableError
        Excel has no place for a column, or for so many columns or rows.
    """

    def __init__(self, path: Path, schema: pa.Schema, rows: int | None = None) -> None:
        check_plain(schema, "Excel")
        if len(schema) > _MOST_COLUMNS:
            raise TableError(f"It has {len(schema)} columns; Excel holds {_MOST_COLUMNS}.")
        _check_rows(rows or 0)
        self._path = path
        self._book = Workbook(write_only=True)
        self._sheet: Any = self._book.create_sheet()
        self._rows = 0
        try:
            self._append([schema.names], schema.names)
        except TableError:
            self._sheet.close()
            raise

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write the file."""
        self._sheet.close()  # else its generators would be closed in any order, and complain
        if error is None:
            self._book.save(self._path)

    def write(self, batch: pa.RecordBatch) -> None:
        """Write rows below those that were written.

        Raises
        ------
        TableError
            A text is longer than Excel holds or has control characters, or there are too many rows.
        """
        _check_rows(self._rows - 1 + len(batch))
        columns = [column.to_pylist() for column in batch.columns]
        self._append(zip(*columns, strict=True), batch.schema.names)

    def _append(self, rows: Iterable[Sequence[Any]], names: Sequence[str]) -> None:
        for row in rows:
            self._rows += 1
            pairs = zip(row, names, strict=True)
            self._sheet.append([self._cell(value, name) for value, name in pairs])

    def _cell(self, value: Any, name: str) -> Any:  # noqa: ANN401 - openpyxl has no types
        if isinstance(value, datetime) and value.tzinfo is not None:
            value = value.isoformat()
        elif isinstance(value, int) and abs(value) >= _MOST_DIGITS:
            value = str(value)
        elif isinstance(value, float) and not math.isfinite(value):
            value = None if math.isnan(value) else str(value)
        if not isinstance(value, str):
            return value
        row = self._rows
        if len(value) > _LONGEST_TEXT:
            raise TableError(
                f"Row {row}: {name} has {len(value)} characters; Excel holds {_LONGEST_TEXT}."
            )
        try:
            cell = WriteOnlyCell(self._sheet, value)
        except IllegalCharacterError as error:
            raise TableError(
                f"Row {row}: {name} has control characters, for which Excel has no place."
            ) from error
        cell.data_type = "s"  # else "=1+1" would be a formula, and "#N/A" an error
        return cell


def _used(cells: Cells) -> tuple[list[str], list[list[Any]]]:
    """Return what stands above a table alone in its row, such as a title, and the table.

    The table goes from the first row with several cells, or only one column, to the last.
    """
    filled = [number for number, row in enumerate(cells) if any(map(_is_filled, row))]
    width = 1 + max(place for row in cells for place, cell in enumerate(row) if _is_filled(cell))
    wanted = min(2, width)
    first = next(
        (number for number in filled if len({*filter(_is_filled, cells[number])}) >= wanted),
        filled[0],
    )
    above = [cell_text(next(filter(_is_filled, cells[i]))) for i in filled if i < first]
    return above, [list(row[:width]) for row in cells[first : filled[-1] + 1]]


def _is_filled(cell: object) -> bool:
    return cell is not None and cell != ""


def _sheet_name(path: Path, name: str | None, filled: Sequence[str]) -> str:
    if name is not None and name not in filled:
        raise TableError(f"{path.name} has no sheet {name!r} with content, but {_list(filled)}.")
    if name is None and len(filled) != 1:
        found = f" ({_list(filled)}); name one of them (--layer)" if filled else ""
        raise TableError(f"{path.name} has {len(filled)} sheets with content{found}.")
    return name or filled[0]


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def _names(path: Path, titles: Sequence[Any], rows: Cells) -> list[str]:
    names = [cell_text(title).strip() for title in titles]
    for place, name in enumerate(names):
        if not name and any(_is_filled(row[place]) for row in rows):
            raise TableError(
                f"{path.name}: column {get_column_letter(place + 1)} has content but no name in the"
                f" row of names ({', '.join(filter(None, names))})."
            )
    return [name or get_column_letter(place + 1) for place, name in enumerate(names)]


def _column(cells: Sequence[Any]) -> pa.Array:
    found = [cell if _is_filled(cell) else None for cell in cells]
    kinds = {type(cell) for cell in found if cell is not None}
    if kinds and kinds <= {int, float}:
        whole = all(cell is None or (cell == int(cell) and abs(cell) < _EXACT) for cell in found)
        cast = int if whole else float
        return pa.array([None if cell is None else cast(cell) for cell in found])
    if kinds in ({bool}, {date}):
        return pa.array(found)
    if kinds and kinds <= {date, datetime}:
        moments = [_moment(cell) for cell in found]
        return pa.array(moments, pa.timestamp("ms"))
    texts = [None if cell is None else cell_text(cell) for cell in found]
    return pa.array(texts, pa.string())


def _moment(value: date | datetime | None) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - Excel knows no zones
