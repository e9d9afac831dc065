"""One table in every form in which it may be handed in."""

from __future__ import annotations

import csv
import zipfile
from html import escape
from typing import TYPE_CHECKING

import docx
import openpyxl
import pytest

from geo.errors import GazetteError
from geo.gazette.notice import read_notice
from geo.gazette.rows import TABLE_SUFFIXES, read_rows
from geo.gazette.table import read_gazette
from tests.paths import DATA

if TYPE_CHECKING:
    from pathlib import Path

NOTICE = read_notice(DATA / "gazette/2022.toml")
TEXT = (DATA / "gazette/2022.tsv").read_text(encoding="utf-8")
TABLE = [line.split("\t") for line in TEXT.splitlines()]
RECORDS = read_gazette(read_rows(DATA / "gazette/2022.tsv"), NOTICE).records


def write_text(path: Path, encoding: str = "utf-8") -> None:
    path.write_bytes(TEXT.encode(encoding))


def write_pipes(path: Path) -> None:
    rule = "|" + "---|" * 13
    lines = ["| " + " | ".join(row) + " |" for row in TABLE]
    path.write_text("\n".join(["正文", lines[0], rule, *lines[1:], "正文"]), encoding="utf-8")


def write_csv(path: Path, encoding: str = "utf-8-sig") -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(TABLE)


def write_html(path: Path, encoding: str = "utf-8") -> None:
    """Write a table whose uses span their rows."""
    lines = [f"<tr>{''.join(f'<th>{escape(cell)}</th>' for cell in TABLE[0])}</tr>"]
    previous = ""
    for row in TABLE[1:]:
        cells = [f"<td>{escape(cell)}</td>" for cell in row]
        count = sum(other[1] == row[1] for other in TABLE)
        cells[1] = f'<td rowspan="{count}">{row[1]}</td>' if row[1] != previous else ""
        previous = row[1]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    path.write_bytes(f"<p>正文</p><table>{''.join(lines)}</table>".encode(encoding))


def write_spreadsheet(path: Path) -> None:
    """Write numbers as numbers, below a title, with merged cells for the uses."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["标定地价公示信息表"])
    sheet.merge_cells("A1:M1")
    for row in TABLE:
        sheet.append([float(cell) if cell.replace(".", "").isdigit() else cell for cell in row])
    for use in ("商服用地", "住宅用地", "工业用地"):
        rows = [i for i, row in enumerate(TABLE, start=2) if row[1] == use]
        sheet.merge_cells(start_row=rows[0], end_row=rows[-1], start_column=2, end_column=2)
    book.save(path)


def write_sheets(path: Path) -> None:
    """Write a sheet a use, each with its own numbering."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for use in ("商服用地", "住宅用地", "工业用地"):
        sheet = book.create_sheet(use)
        sheet.append(TABLE[0])
        for number, row in enumerate((row for row in TABLE if row[1] == use), start=1):
            sheet.append([number, *row[1:]])
    book.save(path)


def write_document(path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("正文")
    table = document.add_table(rows=len(TABLE), cols=13)
    for row, cells in zip(table.rows, TABLE, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    document.save(str(path))


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("t.tsv", write_text),
        ("t.txt", lambda path: write_text(path, "utf-8-sig")),
        ("gb.txt", lambda path: write_text(path, "gb18030")),
        ("excel.txt", lambda path: write_text(path, "utf-16")),
        ("pipes.txt", write_pipes),
        ("t.csv", write_csv),
        ("gb.csv", lambda path: write_csv(path, "gb18030")),
        ("t.html", write_html),
        ("gb.htm", lambda path: write_html(path, "gb18030")),
        ("t.xlsx", write_spreadsheet),
        ("sheets.xlsx", write_sheets),
        ("t.docx", write_document),
    ],
)
def test_every_form_gives_the_same_records(tmp_path: Path, name: str, write: object) -> None:
    path = tmp_path / name
    write(path)  # type: ignore[operator]
    gazette = read_gazette(read_rows(path), NOTICE)
    assert gazette.records == RECORDS
    assert not [a for a in gazette.anomalies if "header is repeated" not in a.message]


@pytest.mark.parametrize("suffix", TABLE_SUFFIXES)
def test_a_file_of_something_else_is_refused_by_its_name(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_bytes(b"\xff\x00\x81" * 20)
    with pytest.raises(GazetteError, match=f"^x{suffix}"):
        read_rows(path)


def test_a_sheet_is_named_where_there_are_several(tmp_path: Path) -> None:
    path = tmp_path / "sheets.xlsx"
    write_sheets(path)
    book = openpyxl.load_workbook(path)
    book["住宅用地"]["L3"] = "12O0"
    book.save(path)
    with pytest.raises(GazetteError) as caught:
        read_gazette(read_rows(path), NOTICE)
    assert str(caught.value).startswith("住宅用地, line 3, ground_price_cny_m2: '12O0' ")


def test_csv_with_line_breaks_in_cells(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    broken = [[cell.replace("、", "、\n") for cell in row] for row in TABLE]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(broken)
    assert [r.bounds for r in read_gazette(read_rows(path), NOTICE).records] == [
        r.bounds for r in RECORDS
    ]


def test_an_unclosed_quote_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('a,"b\nc,d\n', encoding="utf-8")
    with pytest.raises(GazetteError, match=r"^t\.csv, line "):
        read_rows(path)


DOCUMENT, SHEET = "word/document.xml", "xl/worksheets/sheet1.xml"


def with_part(path: Path, name: str, content: bytes) -> Path:
    """Give a file of an office program another content of one part."""
    with zipfile.ZipFile(path) as archive:
        parts = {one: archive.read(one) for one in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for one, whole in {**parts, name: content}.items():
            archive.writestr(one, whole)
    return path


@pytest.mark.parametrize(
    "content",
    [b"", b"<a/>", b"<a", b'<w:document xmlns:w="urn:x"/>'],
    ids=["empty", "other", "cut", "strange"],
)
def test_a_damaged_document(tmp_path: Path, content: bytes) -> None:
    """python-docx checks nothing, and fails anywhere."""
    path = tmp_path / "a.docx"
    docx.Document().save(str(path))
    with pytest.raises(GazetteError, match=r"^a\.docx cannot be read as a Word document$"):
        read_rows(with_part(path, DOCUMENT, content))


def sheet(cells: str, path: Path) -> Path:
    openpyxl.Workbook().save(path)
    names = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return with_part(
        path, SHEET, f"<worksheet {names}><sheetData>{cells}</sheetData></worksheet>".encode()
    )


@pytest.mark.parametrize(
    "far",
    [
        '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row>',
        f'<row r="4"><c r="{"F" * 60}4"><v>2</v></c></row>',
        f'<row r="4"><c r="A{"9" * 60}"><v>2</v></c><c r="Z4"><v>2</v></c></row>',
        "<row r='900000'><c s='1' r='ZZZ1'><v>2</v></c></row>",
    ],
    ids=["corner", "columns", "rows", "quotes"],
)
def test_a_sheet_with_a_cell_far_off(tmp_path: Path, far: str) -> None:
    """Its reader would lay out all that lies between, and end the process."""
    path = sheet(f'<row r="1"><c r="A1"><v>1</v></c></row>{far}', tmp_path / "a.xlsx")
    with pytest.raises(GazetteError, match=r"^a\.xlsx has a sheet of \d+ cells, .*stands far off"):
        read_rows(path)


def test_a_cell_far_off_that_has_a_style_alone(tmp_path: Path) -> None:
    empty = '<row r="2" s="1"/><row r="1048576" ht="12"><c r="XFD1048576" s="1"/></row>'
    path = sheet(f'<row r="1"><c r="A1"><v>1</v></c></row>{empty}', tmp_path / "a.xlsx")
    assert [row.cells for row in read_rows(path)] == [("1",)]


def spreadsheet_of(path: Path, rows: int, columns: int) -> Path:
    """Write a spreadsheet (ODS) whose only cell is repeated, with an end as LibreOffice has it."""
    cell = '<table:table-cell table:number-columns-repeated="{}" office:value-type="string">'
    row = '<table:table-row table:number-rows-repeated="{}">'
    empty = '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            f"<office:document-content{names}><office:body><office:spreadsheet>"
            f'<table:table table:name="a">{row.format(rows)}{cell.format(columns)}'
            f"<text:p>x</text:p></table:table-cell></table:table-row>{row.format(1_048_000)}{empty}</table:table>"
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return path


def test_a_cell_that_is_repeated(tmp_path: Path) -> None:
    few = read_rows(spreadsheet_of(tmp_path / "a.ods", 3, 2))
    assert [row.cells for row in few] == [("x", "x")] * 3
    with pytest.raises(GazetteError, match=r"^b\.ods has a sheet of 1000000000 cells"):
        read_rows(spreadsheet_of(tmp_path / "b.ods", 1_000_000, 1_000))
