"""How large the sheets of a spreadsheet are, before they are laid out as rows of cells.

A sheet takes memory for the rectangle around its content: a few bytes with a cell at either end of
a sheet stand for hundreds of gigabytes, and the reader ends the process where it cannot have them.
"""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING, Final

from geo.errors import GazetteError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

MOST_CELLS: Final = 100_000_000
"""In the rectangle around a sheet's content; some gigabytes."""

_READ_BYTES: Final = 1 << 20
# Up to ZZ99999 no sheet has more cells than that.
_FAR: Final = re.compile(rb"""r=["'](?:[A-Za-z]{3}|[A-Za-z]*[0-9]{6})""")
_COLUMN: Final = rb"""r=["']([A-Za-z]+)[0-9]"""
_ROW: Final = rb"""r=["'][A-Za-z]*([0-9]+)["']"""
_TAG: Final = rb"<(?:\w+:)?(?:c|row)\s(?:[^>]*\s)?"
_FILLED: Final = rb"[^>]*(?<!/)>"
_PLACES: Final = (
    (re.compile(_COLUMN), re.compile(_ROW)),
    # The same of what is not empty, which takes longer: cells that have a style alone do not count.
    (re.compile(_TAG + _COLUMN + _FILLED), re.compile(_TAG + _ROW + _FILLED)),
)
_REPEATED: Final = re.compile(
    rb"<table:(table|table-row|(?:covered-)?table-cell)(?=[\s/>])([^>]*?)(/?)>"
)
_TIMES: Final = re.compile(rb"""-repeated=["']([0-9]+)["']""")
_DIGITS: Final = 12  # of a number; others are great enough


def check_area(path: Path) -> None:
    """Refuse a spreadsheet with a sheet that is too large to be laid out.

    Parameters
    ----------
    path : Path
        XLSX or ODS; an XLS cannot be too large, and is passed over, as is what is none.

    Raises
    ------
    GazetteError
        A sheet has more than `MOST_CELLS` cells around its content.
    BadZipFile
        It is damaged.
    """
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            # Sheets of XLSX may have any name.
            of_ods = name == "content.xml"
            cells = _repeated_area(archive, name) if of_ods else _area(archive, name)
            if cells > MOST_CELLS:
                raise GazetteError(
                    f"{path.name} has a sheet of {cells} cells, counted from its first to its last"
                    f" row and column with content; at most {MOST_CELLS} can be read: delete what"
                    " stands far off."
                )


def _texts(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """Yield the content of a member in pieces that end between two tags."""
    rest = b""
    with archive.open(name) as member:
        while data := member.read(_READ_BYTES):
            whole, opening, last = (rest + data).rpartition(b"<")
            yield whole
            rest = opening + last
    yield rest


def _area(archive: zipfile.ZipFile, name: str) -> int:
    """Return how many cells a sheet has around its content; of XLSX."""
    if not any(map(_FAR.search, _texts(archive, name))):
        return 0  # or some, but few enough
    cells = 0
    for column, row in _PLACES:
        columns, rows = set[bytes](), set[bytes]()
        for text in _texts(archive, name):
            columns.update(column.findall(text))
            rows.update(row.findall(text))
        cells = _span(int(one[:_DIGITS]) for one in rows) * max(_span(map(_number, columns)), 1)
        if cells <= MOST_CELLS:
            break
    return cells


def _number(letters: bytes) -> int:
    """Return the number of a column: 28 of AB."""
    number = 0
    for letter in letters[:_DIGITS].upper():
        number = 26 * number + letter - ord("A") + 1
    return number


def _span(numbers: Iterable[int]) -> int:
    found = list(numbers)
    return max(found) - min(found) + 1 if found else 0


def _repeated_area(archive: zipfile.ZipFile, name: str) -> int:
    """Return how many cells the largest of some tables has, up to its last content; of ODS."""
    tags = (tag for text in _texts(archive, name) for tag in _REPEATED.finditer(text))
    largest = height = width = before = times = across = 0
    for tag in tags:
        element, attributes, closed = tag.groups()
        repeated = _TIMES.search(attributes)
        count = int(repeated[1][:_DIGITS]) if repeated else 1
        if element == b"table":
            height = width = before = times = 0
        elif element == b"table-row":
            before, times, across = before + times, count, 0
        else:
            across += count
            if not closed or b"value" in attributes:
                height, width = before + times, max(width, across)
                largest = max(largest, height * width)
    return largest
