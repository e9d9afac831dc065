"""Reads the rows of a gazette's tables from any of the forms in which they are handed in.

Text (tab-separated, or tables drawn with ``|``), CSV, HTML, spreadsheets and Word documents all
become rows of cells with the number of their line or row.
"""

from __future__ import annotations

import csv
import re
import zipfile
import zlib
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

from geo.errors import GazetteError
from geo.gazette.sheet_area import check_area

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

TABLE_SUFFIXES: Final = (".tsv", ".txt", ".csv", ".html", ".htm", ".xlsx", ".xls", ".ods", ".docx")
"""Ends of the names of files that can be read, the preferred first."""

_SPREADSHEETS: Final = {".xlsx", ".xls", ".ods"}
_PIPES: Final = re.compile(r"\s*\|?(.*?[^\\])\|?\s*")
_RULE: Final = re.compile(r"[\s|:+=-]*")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of text, or a row of a table.

    Attributes
    ----------
    number : int
        Of the line in its file, or of the row in its table or sheet, counted from 1.
    cells : tuple of str
        One cell for a line without columns.
    sheet : str
        Name of the sheet in a file that has several; else empty.
    """

    number: int
    cells: tuple[str, ...]
    sheet: str = ""


def read_rows(path: Path) -> list[Row]:
    """Read a file that holds a gazette's table.

    Parameters
    ----------
    path : Path
        Text in UTF-8, UTF-16 with a byte order mark, or GB18030; tab-separated, with ``|`` between
        cells, as CSV or HTML; a spreadsheet (XLSX, XLS, ODS) or a Word document (DOCX). Cells that
        are merged all have their one content.

    Raises
    ------
    GazetteError
        The file cannot be read.
    """
    suffix = path.suffix.lower()
    try:
        if suffix in _SPREADSHEETS:
            return list(_sheet_rows(path))
        if suffix == ".docx":
            return list(_document_rows(path))
        text = _decoded(path.read_bytes(), path.name)
    except OSError as error:
        raise GazetteError(f"{path.name} cannot be read: {error.strerror or error}") from error
    if suffix in {".html", ".htm"}:
        return list(_html_rows(text, path.name))
    if suffix == ".csv":
        return list(_csv_rows(text, path.name))
    return text_rows(text)


def text_rows(text: str) -> list[Row]:
    """Read the lines of a text, whose tables have tabs or ``|`` between their cells.

    Parameters
    ----------
    text : str
    """
    return list(_text_rows(text))


def _text_rows(text: str) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), start=1):
        if "\t" not in line and line.count("|") > 1:
            if not _RULE.fullmatch(line):
                inner = line.strip().removeprefix("|").removesuffix("|")
                yield _row(number, inner.split("|"))
        else:
            yield _row(number, line.split("\t"))


def _row(number: int, cells: Iterable[object], sheet: str = "") -> Row:
    return Row(number, tuple("" if c is None else str(c).strip() for c in cells), sheet)


def _decoded(content: bytes, name: str) -> str:
    """Decode text; what is valid UTF-8 is hardly ever GB18030 with any other meaning."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise GazetteError(f"{name} cannot be read as text: it is neither UTF-8 nor GB18030")


def _csv_rows(text: str, name: str) -> Iterator[Row]:
    lines = csv.reader(StringIO(text, newline=""), strict=True)
    try:
        for cells in lines:
            yield _row(lines.line_num, cells)
    except csv.Error as error:
        raise GazetteError(f"{name}, line {lines.line_num}: {error}") from error


def _html_rows(text: str, name: str) -> Iterator[Row]:
    import lxml.etree  # type: ignore[import-untyped]  # noqa: PLC0415 - only for this format
    import lxml.html  # type: ignore[import-untyped]  # noqa: PLC0415

    try:
        page = lxml.html.document_fromstring(text.encode(), parser=_html_parser())
    except lxml.etree.ParserError as error:
        raise GazetteError(f"{name} cannot be read as HTML: {error}") from error
    number = 0
    for table in page.iter("table"):
        spans: dict[int, tuple[int, str]] = {}  # rows left and content, by column
        for line in table.iter("tr"):
            if next(line.iterancestors("table")) is not table:
                continue
            number += 1
            yield _row(number, _html_cells(line, spans))


def _html_parser() -> Any:  # noqa: ANN401
    import lxml.html  # noqa: PLC0415

    return lxml.html.HTMLParser(encoding="utf-8")


def _html_cells(line: Any, spans: dict[int, tuple[int, str]]) -> list[str]:  # noqa: ANN401
    cells: list[str] = []

    def fill() -> None:
        while (span := spans.get(len(cells))) is not None:
            left, content = span
            if left == 1:
                del spans[len(cells)]
            else:
                spans[len(cells)] = (left - 1, content)
            cells.append(content)

    for cell in line.iterchildren("td", "th"):
        fill()
        content = " ".join(cell.text_content().split())
        rows, columns = (_span(cell.get(name)) for name in ("rowspan", "colspan"))
        for _ in range(columns):
            if rows > 1:
                spans[len(cells)] = (rows - 1, content)
            cells.append(content)
    fill()
    return cells


def _span(text: str | None) -> int:
    return min(int(text), 1000) if text and text.strip().isdecimal() and int(text) else 1


def read_sheets(path: Path) -> list[tuple[str, list[list[Any]]]]:
    """Read the sheets of a spreadsheet.

    Parameters
    ----------
    path : Path
        XLSX, XLS or ODS.

    Returns
    -------
    list of pair of str and list of list
        Names and rows of cells, from the first row and column on: numbers, text, days, times,
        truth values; an empty text for nothing. Cells that are merged all have their one content.

    Raises
    ------
    GazetteError
        The file cannot be read.
    """
    import python_calamine as calamine  # noqa: PLC0415 - only for this format

    try:
        check_area(path)
        book = calamine.CalamineWorkbook.from_path(path)
        sheets = [(name, book.get_sheet_by_name(name)) for name in book.sheet_names]
        return [(name, _filled(sheet)) for name, sheet in sheets]
    except (calamine.CalamineError, zipfile.BadZipFile, zlib.error) as error:
        raise GazetteError(f"{path.name} cannot be read as a spreadsheet: {error}") from error


def cell_text(value: object) -> str:
    """Return the content of a cell as text, whole numbers without decimals."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _filled(sheet: Any) -> list[list[Any]]:  # noqa: ANN401 - calamine has no public type
    cells: list[list[Any]] = sheet.to_python(skip_empty_area=False)
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        for row in cells[top : bottom + 1]:
            row[left : right + 1] = [cells[top][left]] * len(row[left : right + 1])
    return cells


def _sheet_rows(path: Path) -> Iterator[Row]:
    sheets = read_sheets(path)
    for name, cells in sheets:
        for number, row in enumerate(cells, start=1):
            texts = [cell_text(cell) for cell in row]
            yield _row(number, texts, name if len(sheets) > 1 else "")


def _document_rows(path: Path) -> Iterator[Row]:
    import docx  # noqa: PLC0415 - only for this format

    try:
        document = docx.Document(str(path))
        rows = [[cell.text for cell in row.cells] for t in document.tables for row in t.rows]
    except OSError:
        raise
    except Exception as error:  # of a damaged one python-docx raises whatever it meets
        raise GazetteError(f"{path.name} cannot be read as a Word document") from error
    for number, cells in enumerate(rows, start=1):
        yield _row(number, [" ".join(text.split()) for text in cells])
