"""CSV and XLSX, read back by the csv module, by GDAL and by openpyxl."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any

import pyogrio
from openpyxl import load_workbook
from openpyxl.xml.functions import register_namespace

from geo.exports.formats import FORMATS
from geo.exports.notes import notes_of
from geo.exports.writers import export_bytes
from geo.fields import REGION_FIELDS, FieldKind
from tests.exports import check_rows, exported, shipped, shipped_classes, written

if TYPE_CHECKING:
    from pathlib import Path

NAMES = [field.name for field in REGION_FIELDS]
TITLES = [f"{field.title_zh} {field.name}" for field in REGION_FIELDS]


def notes() -> dict[str, str]:
    return {note.key: note.value for note in notes_of(shipped(), None)}


def test_csv_comes_back_whole_and_each_row_says_what_it_is() -> None:
    content = exported("csv")
    assert content.startswith(b"\xef\xbb\xbf"), "Excel knows UTF-8 by the byte order mark"
    table = csv.DictReader(StringIO(content.decode("utf-8-sig"), newline=""))
    assert list(table.fieldnames or [])[: len(TITLES)] == TITLES
    read = {FieldKind.TEXT: str, FieldKind.INTEGER: int, FieldKind.REAL: float}
    rows = []
    for row in table:
        assert row["文号 document"] == notes()["document"]
        assert row["估价期日 valuation_date"] == notes()["valuation_date"]
        assert row["数据来源 attribution"] == notes()["attribution"]
        assert row["界线精度 accuracy"] == notes()["accuracy"]
        assert row["数据版本 data_version"] == notes()["data_version"]
        values = [row[title] for title in TITLES]
        rows.append(
            {
                field.name: read[field.kind](value) if value else None
                for field, value in zip(REGION_FIELDS, values, strict=True)
            }
        )
    check_rows(rows)


def test_xlsx_comes_back_whole_by_gdal(tmp_path: Path) -> None:
    path = written("xlsx", tmp_path)
    assert [name for name, _ in pyogrio.list_layers(path)] == ["标定区域", "说明 Notes"]
    _, table = pyogrio.read_arrow(path, layer="标定区域")
    assert table.column_names == TITLES
    rows = [dict(zip(NAMES, row.values(), strict=True)) for row in table.to_pylist()]
    check_rows(rows)


def test_xlsx_comes_back_whole_by_openpyxl_with_its_types() -> None:
    workbook = load_workbook(BytesIO(exported("xlsx")))
    sheet = workbook["标定区域"]
    header, *rows = sheet.iter_rows(values_only=True)
    assert list(header) == TITLES
    check_rows([dict(zip(NAMES, row, strict=True)) for row in rows])
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == "A1:V67"


def test_xlsx_says_what_it_is() -> None:
    workbook = load_workbook(BytesIO(exported("xlsx")))
    properties = workbook.properties
    assert properties.title == notes()["title"]
    assert properties.subject == notes()["document"]
    assert properties.creator == notes()["publisher"]
    assert "not surveyed" in properties.description
    assert str(properties.modified.date()) == notes()["effective_from"]
    custom = {item.name: item.value for item in workbook.custom_doc_props}
    assert custom == notes()
    cells: list[tuple[Any, ...]] = list(workbook["说明 Notes"].iter_rows(values_only=True))
    values = {row[1] for row in cells}
    assert values >= set(notes().values())
    for field in REGION_FIELDS:
        assert (field.name, field.title_zh, field.title_en, field.symbol or None) in cells


def test_xlsx_is_the_same_where_another_library_names_the_namespace_of_its_dates() -> None:
    before = exported("xlsx")
    register_namespace("dct", "http://purl.org/dc/terms/")  # as OWSLib does
    assert export_bytes(shipped(), shipped_classes(), FORMATS["xlsx"]) == before
