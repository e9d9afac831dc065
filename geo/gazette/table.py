"""Reads the gazette: a whole issue as text, or one table, to typed records.

The notice's Annex 1 is a tab-separated table of thirteen columns, broken by pages that repeat
its header. It is authoritative. The tables under the maps of Annex 2 repeat codes and prices in
damaged form; they are read only so that an audit can name where they differ.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from geo.errors import GazetteError
from geo.fields import GAZETTE_FIELDS, Field, FieldKind
from geo.gazette.locations import SIDE_WORDS
from geo.model import FourBounds, Notice, Record, Side, Use

if TYPE_CHECKING:
    from collections.abc import Callable

_CODE: Final = re.compile(r"[0-9]{6}[A-Z][0-9]{5}")
_NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_WHOLE: Final = re.compile(r"[1-9][0-9]{0,8}")
_BOUND: Final = re.compile(r"([东西南北])至([^、，,；;]+)")
_USES: Final = {use.label: use for use in Use}


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Something odd in the text that does not damage a record.

    Attributes
    ----------
    line : int
        Line of the file, counted from 1.
    message : str
    """

    line: int
    message: str

    def __str__(self) -> str:
        """Return the anomaly as one line of a report."""
        return f"line {self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class SheetPrice:
    """A price as the table under an Annex 2 map prints it, right or wrong.

    Attributes
    ----------
    line : int
        Line of the file, counted from 1.
    code : str
    price_cny_m2 : int
    """

    line: int
    code: str
    price_cny_m2: int


@dataclass(frozen=True, slots=True)
class Gazette:
    """What was read from one gazette text.

    Attributes
    ----------
    records : tuple of Record
        In the order of the table.
    anomalies : tuple of Anomaly
    sheet_prices : tuple of SheetPrice
        Empty for a text without Annex 2.
    """

    records: tuple[Record, ...]
    anomalies: tuple[Anomaly, ...]
    sheet_prices: tuple[SheetPrice, ...]


def read_gazette(text: str, notice: Notice) -> Gazette:
    """Find the table of standard land prices in a text and read it.

    Parameters
    ----------
    text : str
        A whole gazette issue, or a table alone: tab-separated, one row a region, under the
        gazette's own header.
    notice : Notice
        What the table is checked against: the city's code and the announced counts.

    Raises
    ------
    GazetteError
        The text has no such table, or rows are damaged; all problems are listed with line and
        field, and no record is returned.
    """
    reader = _Reader(notice)
    for number, line in enumerate(text.split("\n"), start=1):
        reader.read_line(number, line)
    return reader.finish()


def _normal(cell: str) -> str:
    """Fold width variants (m² to m2, （ to () and drop white space."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", cell))


def _text(cell: str) -> str:
    if not cell:
        raise ValueError("the cell is empty")
    return cell


def _use(cell: str) -> Use:
    if cell not in _USES:
        raise ValueError(f"{cell!r} is not one of {'、'.join(_USES)}")
    return _USES[cell]


def _code(cell: str) -> str:
    if not _CODE.fullmatch(cell):
        raise ValueError(f"{cell!r} is not six digits, a letter and five digits")
    return cell


def _bounds(cell: str) -> FourBounds:
    found = [(SIDE_WORDS[word], name.strip()) for word, name in _BOUND.findall(cell)]
    complete = sorted(side for side, _ in found) == sorted(Side) and all(name for _, name in found)
    if not complete or _BOUND.sub("", cell).strip("、，,；; "):
        raise ValueError(f"{cell!r} does not read 东至…、西至…、南至…、北至…")
    names = dict(found)
    if names[Side.EAST] == names[Side.WEST] or names[Side.SOUTH] == names[Side.NORTH]:
        raise ValueError(f"{cell!r} names one line on two opposite sides")
    return FourBounds(**names)


def _positive(cell: str) -> float:
    value = float(cell) if _NUMBER.fullmatch(cell) else 0.0
    if not 0 < value < math.inf:
        raise ValueError(f"{cell[:40]!r} is not a positive number")
    return value


def _whole(cell: str) -> int:
    if not _WHOLE.fullmatch(cell):
        raise ValueError(f"{cell[:40]!r} is not a positive whole number")
    return int(cell)


@dataclass(frozen=True, slots=True)
class _Column:
    header: str
    field: str
    parse: Callable[[str], Any]


_PARSERS: Final[dict[FieldKind, Callable[[str], Any]]] = {
    FieldKind.TEXT: _text,
    FieldKind.REAL: _positive,
    FieldKind.INTEGER: _whole,
}


def _column(field: Field) -> _Column:
    header = _normal(field.title_zh.replace("平方米", "m2"))
    parse = _PARSERS[field.kind]
    return _Column(header, field.name, _or_none(parse) if field.optional else parse)


def _or_none(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda cell: None if cell in {"--", "—", "——"} else parse(cell)


_COLUMNS: Final = (
    _Column("序号", "serial", _whole),
    _Column("用途", "use", _use),
    _Column("标定区域编号", "code", _code),
    _Column("标定区域四至", "bounds", _bounds),
    *map(_column, GAZETTE_FIELDS),
)


def _like_a_row(line: str) -> bool:
    """Tell a row of the table, however damaged, from a table of another kind."""
    return bool(_CODE.search(line)) or "东至" in line or any(label in line for label in _USES)


class _Reader:
    """Collects records, anomalies and problems line by line."""

    def __init__(self, notice: Notice) -> None:
        self._notice = notice
        self._in_annex_1 = False
        self._headers = 0
        self._serial = 0
        self._records: list[Record] = []
        self._lines: dict[str, int] = {}  # code to the line that first gave it
        self._anomalies: list[Anomaly] = []
        self._sheet_prices: list[SheetPrice] = []
        self._problems: list[str] = []

    def read_line(self, number: int, line: str) -> None:
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) == 1:
            if cells[0].startswith("附件"):
                self._in_annex_1 = False
            elif self._in_annex_1 and cells[0]:
                self._read_loose_line(number, cells[0])
        elif _normal(cells[0]) == _COLUMNS[0].header:
            self._read_header(number, cells)
        elif self._in_annex_1 and _like_a_row(line):
            self._read_row(number, cells)
        else:
            self._in_annex_1 = False
            self._read_sheet_row(number, cells)

    def finish(self) -> Gazette:
        if not self._headers:
            expected = "、".join(column.header for column in _COLUMNS)
            raise GazetteError(f"no table of standard land prices found: no header {expected}")
        if not self._problems:  # a damaged row is missing from the counts as well
            self._check_counts()
        if not self._problems and not self._records:
            raise GazetteError("the table of standard land prices has no rows")
        if self._problems:
            raise GazetteError("\n".join(self._problems))
        return Gazette(tuple(self._records), tuple(self._anomalies), tuple(self._sheet_prices))

    def _read_header(self, number: int, cells: list[str]) -> None:
        self._in_annex_1 = any("四至" in cell for cell in cells)
        if not self._in_annex_1:
            return
        self._headers += 1
        if self._headers > 1:
            self._anomalies.append(Anomaly(number, "the header is repeated after a page break"))
        headers = {column.header for column in _COLUMNS}
        for column, cell in zip(_COLUMNS, cells, strict=False):
            if _normal(cell) == column.header:
                continue
            message = f"the header reads {cell}, it should read {column.header}"
            if _normal(cell) in headers:  # the columns are in another order: nothing fits
                self._problem(number, column.field, message)
            else:
                self._anomalies.append(Anomaly(number, message))
        if len(cells) != len(_COLUMNS):
            message = f"the header has {len(cells)} columns, it should have {len(_COLUMNS)}"
            self._anomalies.append(Anomaly(number, message))

    def _read_loose_line(self, number: int, text: str) -> None:
        """Take note of a row that has lost its tabs; a page's footer is passed over."""
        if _CODE.search(text) or "东至" in text:
            self._problem(number, "row", f"{text[:40]!r} is not separated by tabs")

    def _read_row(self, number: int, cells: list[str]) -> None:
        values: dict[str, Any] = {}
        problems: list[tuple[str, str]] = []
        for column, cell in zip(_COLUMNS, cells, strict=False):
            try:
                values[column.field] = column.parse(cell)
            except ValueError as error:
                problems.append((column.field, str(error)))
        if len(cells) != len(_COLUMNS):
            # After a lost cell every later cell stands in the wrong column: name the first.
            field = problems[0][0] if problems else _COLUMNS[min(len(cells), 12)].field
            message = f"the row has {len(cells)} cells instead of {len(_COLUMNS)}"
            problems = [(field, f"{message}, and the first that does not fit is here")]
        for field, message in problems:
            self._problem(number, field, message)
        self._check_identity(number, values)
        if not problems:
            values["parcel_location"] = self._tidy(number, values["parcel_location"])
            del values["serial"]
            self._records.append(Record(**values))

    def _check_identity(self, number: int, values: dict[str, Any]) -> None:
        """Check what a row shares with the others: its serial, its code, the city."""
        serial = values.get("serial", self._serial + 1)
        if serial != self._serial + 1:
            self._problem(number, "serial", f"{serial} follows {self._serial}")
        self._serial = serial
        code = values.get("code")
        if code is None:
            return
        if code in self._lines:
            self._problem(number, "code", f"{code} stands on line {self._lines[code]} already")
        elif not code.startswith(self._notice.edition.admin_code):
            city = f"{self._notice.edition.city} ({self._notice.edition.admin_code})"
            self._problem(number, "code", f"{code} is not a code of {city}")
        self._lines.setdefault(code, number)

    def _tidy(self, number: int, location: str) -> str:
        """Mend what the typesetting did to a location: ``and`` for 和, stray spaces."""
        tidy = re.sub(r"(?<![A-Za-z])\s*and\s*(?![A-Za-z])", "和", location)
        tidy = re.sub(r"(?<![A-Za-z0-9])\s+|\s+(?![A-Za-z0-9])", "", tidy)
        if tidy != location:
            self._anomalies.append(Anomaly(number, f"the location {location} is read as {tidy}"))
        return tidy

    def _read_sheet_row(self, number: int, cells: list[str]) -> None:
        if len(cells) >= 3 and _CODE.fullmatch(cells[1]) and _WHOLE.fullmatch(cells[-1]):
            self._sheet_prices.append(SheetPrice(number, cells[1], int(cells[-1])))

    def _check_counts(self) -> None:
        found = Counter(record.use for record in self._records)
        for use, announced in self._notice.counts.items():
            if found[use] != announced:
                self._problems.append(
                    f"{use.label}: {found[use]} regions, but the edition announces {announced}"
                )

    def _problem(self, number: int, field: str, message: str) -> None:
        self._problems.append(f"line {number}, {field}: {message}")
