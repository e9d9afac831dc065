"""Reads the table of standard land prices to typed records.

In Zhumadian's gazette it is Annex 1, broken by pages that repeat its header. It is authoritative.
The tables under the maps of Annex 2 repeat codes and prices in damaged form; they are read only so
that an audit can name where they differ.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from geo.errors import GazetteError
from geo.gazette.bounds import read_bounds
from geo.gazette.cells import folded
from geo.gazette.columns import Column, Header, looks_like_header, price_factor, read_header
from geo.gazette.facts import CODE, OPTIONAL, WHOLE, read_code, read_fact, read_serial
from geo.model import FourBounds, Record, Use

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from fractions import Fraction

    from geo.gazette.notice import Notice
    from geo.gazette.rows import Row

_TITLES_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Something odd in the text that does not damage a record.

    Attributes
    ----------
    line : int
        Line of the file, or row of the sheet, counted from 1.
    message : str
    sheet : str
        Name of the sheet in a file that has several.
    """

    line: int
    message: str
    sheet: str = ""

    def __str__(self) -> str:
        """Return the anomaly as one line of a report."""
        sheet = f"{self.sheet}, " if self.sheet else ""
        return f"{sheet}line {self.line}: {self.message}"


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


def read_gazette(rows: Iterable[Row], notice: Notice, known: Collection[str] = ()) -> Gazette:
    """Find the table of standard land prices among rows, and read it.

    Parameters
    ----------
    rows : iterable of Row
        Of a whole gazette issue, or of a table alone: one row a region, below a header with the
        usual titles in any order.
    notice : Notice
        What the table is checked against: the city's code and the announced counts.
    known : collection of str
        Names of lines that are taken as they are.

    Raises
    ------
    GazetteError
        There is no such table, or rows are damaged; all problems are listed with line and field,
        and no record is returned.
    """
    reader = _Reader(notice, known)
    for row in rows:
        reader.read(row)
    return reader.finish()


class _Reader:
    """Collects records, anomalies and problems row by row."""

    def __init__(self, notice: Notice, known: Collection[str]) -> None:
        self._notice = notice
        self._known = known
        self._uses = {name: use for use in notice.uses for name in (use.label, *use.other_names)}
        self._printed: dict[Use, Use] = {}  # under the first name that is printed
        self._header: Header | None = None
        self._in_table = False
        self._upper: Row | None = None  # of a header that may have two rows
        self._titles: list[str] = []  # headers of other tables, to be named if ours is missing
        self._unit: Fraction | None = None  # of prices, as a caption above the table states it
        self._use: Use | None = None  # of the next row, unless it has its own
        self._last_use: Use | None = None
        self._serial = 0
        self._records: list[Record] = []
        self._places: dict[str, str] = {}  # code to the row that first gave it
        self._anomalies: list[Anomaly] = []
        self._sheet_prices: list[SheetPrice] = []
        self._problems: list[str] = []
        self._code = re.compile(notice.code_pattern or CODE)

    def read(self, row: Row) -> None:
        given = [cell for cell in row.cells if cell.strip()]
        if len(given) == 1 and given[0].startswith("附件"):
            self._in_table = False
        elif len(set(given)) == 1 and len(row.cells) >= 1:  # merged cells repeat a caption
            self._read_caption(row, given[0])
        elif given and not self._read_header(row):
            if self._in_table and self._like_a_row(row):
                self._read_row(row)
            else:
                self._in_table = False
                self._read_sheet_row(row)

    def finish(self) -> Gazette:
        if self._header is None:
            self._refuse_without_table()
        if not self._problems:  # a damaged row is missing from the counts as well
            self._check_counts()
        if not self._problems and not self._records:
            raise GazetteError("the table of standard land prices has no rows")
        if self._problems:
            raise GazetteError("\n".join(self._problems))
        anomalies = tuple(_summarized(self._anomalies, len(self._records)))
        return Gazette(tuple(self._records), anomalies, tuple(self._sheet_prices))

    def _refuse_without_table(self) -> None:
        wanted = "标定区域编号、标定区域四至、地面单价(元/平方米)"
        found = "; ".join(self._titles[:_TITLES_SHOWN]) or "none"
        raise GazetteError(
            "no table of standard land prices found: a header must have at least"
            f" {wanted}; headers found: {found}"
        )

    def _read_caption(self, row: Row, text: str) -> None:
        """Take from a line alone the use and the unit of what follows; a footer says neither."""
        if self._in_table and (self._code.search(text) or "东至" in text):
            self._problem(row, "row", f"{text[:40]!r} is not separated by tabs")
        if (factor := price_factor(text)) is not None:
            self._unit = factor
        named = {use for name, use in self._uses.items() if name in text}
        if len(named) == 1:
            self._use = named.pop()

    def _read_header(self, row: Row) -> bool:
        """Read a header; of two rows, when the second is reached."""
        upper, self._upper = self._upper, None
        likely = looks_like_header(row.cells)
        try:
            header = read_header(upper.cells, row.cells) if upper is not None else None
            header = header or read_header(row.cells)
        except ValueError as error:
            self._problem(row, "header", str(error))
            self._header, self._in_table = self._header or Header((), ()), False
            return True
        if header is None:
            if likely:
                self._upper = row
                self._titles.append("、".join(cell for cell in row.cells if cell))
                self._in_table = False
            return likely
        if self._header is not None:
            self._anomaly(row, "the header is repeated after a page break")
        for remark in header.remarks:
            self._anomaly(row, remark)
        self._header, self._in_table = header, True
        return True

    def _like_a_row(self, row: Row) -> bool:
        """Tell a row of the table, however damaged, from a table of another kind."""
        text = "\t".join(row.cells)
        return (
            bool(self._code.search(text))
            or "至" in text
            or any(name in text for name in self._uses)
        )

    def _read_row(self, row: Row) -> None:
        assert self._header is not None  # noqa: S101 - a row is only read below a header
        columns, cells = self._header.columns, list(row.cells)
        while len(cells) > len(columns) and not cells[-1]:
            cells.pop()
        while len(columns) > len(cells) and columns[-1] is None:
            columns = columns[:-1]
        values: dict[str, Any] = dict.fromkeys(OPTIONAL)
        remarks: list[str] = []
        problems: list[tuple[str, str]] = []
        for column, cell in zip(columns, cells, strict=False):
            if column is None:
                continue
            try:
                values[column.field] = self._parse(column, cell, remarks)
            except ValueError as error:
                problems.append((column.field, str(error)))
        if len(cells) != len(columns):
            # After a lost cell every later cell stands in the wrong column: name the first.
            fields = [column.field if column else "row" for column in columns]
            field = problems[0][0] if problems else fields[min(len(cells), len(fields) - 1)]
            message = f"the row has {len(cells)} cells instead of {len(columns)}"
            problems = [(field, f"{message}, and the first that does not fit is here")]
        for field, message in problems:
            self._problem(row, field, message)
        self._check_identity(row, values)
        if problems:
            return
        for remark in remarks:
            self._anomaly(row, remark)
        values.pop("serial", None)
        values["use"] = self._use_of(row, values.get("use"))
        if values["use"] is not None:
            self._tidy(row, values)
            self._records.append(Record(**values))

    def _use_of(self, row: Row, use: Use | None) -> Use | None:
        """Return the use of a row: its own, that of the cell above, or the caption's."""
        own = use or self._use
        if own is None:
            self._problem(row, "use", "there is no use, neither in a column nor in a caption")
        elif use is None and any(c is not None and c.field == "use" for c in self._columns):
            self._anomaly(row, f"the use is blank and taken as {own.label}, as above")
        self._use = self._last_use = own
        return own

    @property
    def _columns(self) -> tuple[Column | None, ...]:
        return self._header.columns if self._header else ()

    def _parse(self, column: Column, cell: str, remarks: list[str]) -> Any:  # noqa: ANN401
        match column.field:
            case "serial":
                return read_serial(cell)
            case "use":
                return self._read_use(cell)
            case "code":
                return read_code(cell, self._notice.code_pattern)
            case "bounds":
                return self._read_bounds(cell, remarks)
        return read_fact(column, cell, self._unit, remarks)

    def _read_use(self, cell: str) -> Use | None:
        name = folded(cell)
        if not name:
            return None
        if name not in self._uses:
            raise ValueError(f"{cell!r} is not one of {'、'.join(self._uses)}")
        use = self._uses[name]
        return self._printed.setdefault(use, use.called(name))

    def _read_bounds(self, cell: str, remarks: list[str]) -> FourBounds:
        bounds = read_bounds(cell, self._known)
        for side, name in bounds:
            if name not in cell or re.search(rf"{re.escape(name)}[东西南北中]段", cell):
                remarks.append(f"the {side} bound in {cell} is read as {name}")
        return bounds

    def _check_identity(self, row: Row, values: dict[str, Any]) -> None:
        """Check what a row shares with the others: its serial, its code, the city."""
        if (serial := values.get("serial")) is not None:
            use = values.get("use")
            starts_anew = serial == 1 and (use or self._use) != self._last_use
            if serial != self._serial + 1 and not starts_anew:
                self._problem(row, "serial", f"{serial} follows {self._serial}")
            self._serial = serial
        else:
            self._serial += 1
        code = values.get("code")
        if code is None:
            return
        if code in self._places:
            self._problem(row, "code", f"{code} stands on {self._places[code]} already")
        elif self._notice.code_pattern is None and not code.startswith(
            self._notice.edition.admin_code
        ):
            city = f"{self._notice.edition.city} ({self._notice.edition.admin_code})"
            self._problem(row, "code", f"{code} is not a code of {city}")
        self._places.setdefault(code, _place(row))

    def _tidy(self, row: Row, values: dict[str, Any]) -> None:
        """Mend what typesetting did to a location: ``and`` for 和, stray spaces and stops."""
        location = values["parcel_location"]
        if location is None:
            return
        tidy = re.sub(r"(?<![A-Za-z])\s*and\s*(?![A-Za-z])", "和", location)
        tidy = re.sub(r"(?<![A-Za-z0-9])\s+|\s+(?![A-Za-z0-9])", "", tidy)
        if tidy != location:
            self._anomaly(row, f"the location {location} is read as {tidy}")
        values["parcel_location"] = tidy

    def _read_sheet_row(self, row: Row) -> None:
        cells = row.cells
        if len(cells) >= 3 and self._code.fullmatch(cells[1]) and WHOLE.fullmatch(cells[-1]):
            self._sheet_prices.append(SheetPrice(row.number, cells[1], int(cells[-1])))

    def _check_counts(self) -> None:
        found = Counter(record.use for record in self._records)
        for use, announced in self._notice.counts.items():
            if found[use] != announced:
                self._problems.append(
                    f"{use.label}: {found[use]} regions, but the edition announces {announced}"
                )

    def _anomaly(self, row: Row, message: str) -> None:
        self._anomalies.append(Anomaly(row.number, message, row.sheet))

    def _problem(self, row: Row, field: str, message: str) -> None:
        self._problems.append(f"{_place(row)}, {field}: {message}")


_FEW_ROWS: Final = 5


def _place(row: Row) -> str:
    return f"{row.sheet}, line {row.number}" if row.sheet else f"line {row.number}"


def _summarized(anomalies: list[Anomaly], rows: int) -> Iterable[Anomaly]:
    """Say once what holds of every row."""
    counts = Counter(anomaly.message for anomaly in anomalies)
    said = set()
    for anomaly in anomalies:
        if rows <= _FEW_ROWS or counts[anomaly.message] < rows:
            yield anomaly
        elif anomaly.message not in said:
            said.add(anomaly.message)
            yield Anomaly(anomaly.line, f"{anomaly.message}, as in all {rows} rows", anomaly.sheet)
