"""Files of several parts as the one piece of bytes that a fuzzer changes."""

from __future__ import annotations

import io
import struct
import zipfile
from functools import cache
from typing import TYPE_CHECKING, Final

import docx
import openpyxl

from tests.paths import DATA

if TYPE_CHECKING:
    from collections.abc import Mapping

SHAPEFILE: Final = (".cpg", ".dbf", ".prj", ".shp", ".shx")
DOCUMENT: Final = "word/document.xml"
SHEET: Final = "xl/worksheets/sheet1.xml"

_ROWS: Final = 4  # of the gazette's table


def packed(parts: Mapping[str, bytes]) -> bytes:
    """Pack files, each behind its length, in the order of their names."""
    return b"".join(struct.pack(">I", len(parts[name])) + parts[name] for name in sorted(parts))


def unpacked(content: bytes, names: tuple[str, ...]) -> dict[str, bytes]:
    """Return packed files, whatever their lengths say."""
    found, place = {}, 0
    for name in sorted(names):
        size = int.from_bytes(content[place : place + 4], "big")
        found[name] = content[place + 4 : place + 4 + size]
        place += 4 + size
    return found


def zipped(parts: Mapping[str, bytes]) -> bytes:
    """Return a ZIP archive, as the files of office programs are."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return sink.getvalue()


def _parts(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def table() -> list[list[str]]:
    """Return the first rows of the shipped table."""
    lines = (DATA / "gazette" / "2022.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines[: 1 + _ROWS]]


@cache
def document_parts() -> dict[str, bytes]:
    """Return the parts of a Word document with the table."""
    rows = table()
    document = docx.Document()
    inside = document.add_table(len(rows), len(rows[0]))
    for row, cells in zip(inside.rows, rows, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    sink = io.BytesIO()
    document.save(sink)
    return _parts(sink.getvalue())


@cache
def workbook_parts() -> dict[str, bytes]:
    """Return the parts of a workbook with the table."""
    book = openpyxl.Workbook()
    for cells in table():
        book.active.append(cells)
    sink = io.BytesIO()
    book.save(sink)
    return _parts(sink.getvalue())
