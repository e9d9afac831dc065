"""Tables of all regions for spreadsheets: CSV and XLSX, without geometry."""

from __future__ import annotations

import csv
import re
import zipfile
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any, Final

from openpyxl import Workbook
from openpyxl.packaging.custom import StringProperty
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.xml.constants import DCTERMS_NS, DCTERMS_PREFIX
from openpyxl.xml.functions import register_namespace

from geo.exports.archive import zip_bytes
from geo.exports.notes import notes_of
from geo.fields import REGION_FIELDS
from geo.parcels import flat_properties

if TYPE_CHECKING:
    from datetime import date

    from geo.parcels import Parcels

_BOM: Final = "\ufeff"  # by which Excel knows UTF-8
_REGIONS_SHEET: Final = "标定区域"
_NOTES_SHEET: Final = "说明 Notes"
_NOTES_IN_ROWS: Final = frozenset(
    {"title", "document", "valuation_date", "attribution", "accuracy", "data_version"}
)
_WIDEST: Final = 40.0  # characters
_MODIFIED: Final = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def csv_bytes(parcels: Parcels) -> bytes:
    """Return the table of all regions as CSV.

    Returns
    -------
    bytes
        UTF-8 with a byte order mark and one row of titles, each in Chinese with the field's name
        after a space. CSV has no place for notes, so the last columns repeat them in every row.
    """
    notes = [note for note in notes_of(parcels, None) if note.key in _NOTES_IN_ROWS]
    text = StringIO()
    table = csv.writer(text)
    table.writerow([*_titles(), *(f"{note.title.split()[0]} {note.key}" for note in notes)])
    table.writerows([*row, *(note.value for note in notes)] for row in _rows(parcels))
    return (_BOM + text.getvalue()).encode()


def xlsx_bytes(parcels: Parcels) -> bytes:
    """Return the table of all regions as an Excel workbook.

    Returns
    -------
    bytes
        The same for the same data. A second sheet and the document's properties hold the notes;
        the sheet also says what each field means.
    """
    notes = notes_of(parcels, None)
    values = {note.key: note.value for note in notes}
    workbook = Workbook()
    _fill_regions(workbook.active, parcels)
    _fill_notes(workbook.create_sheet(_NOTES_SHEET), parcels)
    properties = workbook.properties
    properties.title = values["title"]
    properties.subject = values["document"]
    properties.creator = values["publisher"]
    properties.description = values["accuracy"]
    properties.identifier = values["data_version"]
    for note in notes:
        workbook.custom_doc_props.append(StringProperty(name=note.key, value=note.value))
    # openpyxl's own prefix: another library may have registered one of its own since.
    register_namespace(DCTERMS_PREFIX, DCTERMS_NS)
    buffer = BytesIO()
    workbook.save(buffer)
    return _dated(buffer, parcels.edition.effective_from)


def _titles() -> list[str]:
    return [f"{field.title_zh} {field.name}" for field in REGION_FIELDS]


def _rows(parcels: Parcels) -> list[list[Any]]:
    rows = [flat_properties(region) for region in parcels.regions]
    return [[row[field.name] for field in REGION_FIELDS] for row in rows]


def _fill_regions(sheet: Any, parcels: Parcels) -> None:  # noqa: ANN401 - openpyxl has no types
    sheet.title = _REGIONS_SHEET
    titles, rows = _titles(), _rows(parcels)
    sheet.append(titles)
    for row in rows:
        sheet.append(row)
    for cell in (cell for line in sheet.iter_rows() for cell in line):
        if isinstance(cell.value, str):
            cell.data_type = "s"  # else a name that begins with "=" would be a formula
    for number, column in enumerate(zip(titles, *rows, strict=True), start=1):
        sheet.cell(1, number).font = Font(bold=True)
        sheet.cell(1, number).alignment = Alignment(wrap_text=True, vertical="top")
        width = max(_width(part) for part in (*str(column[0]).split(" "), *map(str, column[1:])))
        sheet.column_dimensions[get_column_letter(number)].width = min(width + 2, _WIDEST)
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = sheet.dimensions


def _fill_notes(sheet: Any, parcels: Parcels) -> None:  # noqa: ANN401
    notes = notes_of(parcels, None)
    for number, note in enumerate(notes, start=1):
        sheet.append([note.title, note.value])
        sheet.cell(number, 2).alignment = Alignment(wrap_text=True, vertical="top")
    sheet.append([])
    sheet.append(["字段 Field", "中文名称 Chinese", "英文名称 English", "单位 Unit"])
    for field in REGION_FIELDS:
        sheet.append([field.name, field.title_zh, field.title_en, field.symbol])
    for column, width in zip("ABCD", (36, 60, 44, 14), strict=True):
        sheet.column_dimensions[column].width = width


def _width(text: str) -> int:
    """Return about how wide a text is, in digits."""
    return sum(1 if character.isascii() else 2 for character in text)


def _dated(workbook: BytesIO, day: date) -> bytes:
    """Return a workbook as if it had been written on a day."""
    moment = f"{day}T00:00:00Z".encode()
    with zipfile.ZipFile(workbook) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    core = "docProps/core.xml"
    parts[core] = _MODIFIED.sub(rb"\g<1>" + moment, parts[core])
    return zip_bytes(parts)
