"""From the content of a certificate to a PDF.

Typst sets it, a typesetter that is compiled into a Python package: text stays text, fonts are
embedded and subset, tables and the line breaks of Chinese are its own business, the PDF is tagged
(PDF/UA-1) and fit for archives (PDF/A-2a), and the same input at the same time gives the same
bytes. ReportLab breaks no Chinese lines by the rules and tags nothing; matplotlib sets no tables.

What a certificate says reaches the template as data, never as markup.
"""

from __future__ import annotations

import functools
import json
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import segno
import typst

from maps.errors import MapError
from maps.sheet.fonts import check_glyphs, fonts_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from maps.sheet.certificate.content import Certificate

STANDARDS: Final[list[typst.PDFStandard]] = ["a-2a", "ua-1"]
LONGEST_CELL: Final = 60
"""Characters of a cell of a table; the verification page has longer ones whole."""

_TEMPLATE: Final = Path(__file__).parent / "certificate.typ"


def certificate_pdf(certificate: Certificate, map_svg: bytes) -> bytes:
    """Set a certificate on one page.

    Parameters
    ----------
    certificate : Certificate
    map_svg : bytes
        Its map.

    Raises
    ------
    MissingGlyphError
        The font lacks a character.
    MapError
        There is more to say than one page holds.
    """
    content = asdict(certificate) | {"issued": None}
    content["blocks"] = [_on_paper(block) for block in content["blocks"]]
    for text in _texts(content):
        check_glyphs(text)
    code = segno.make_qr(certificate.link, error="l")
    drawn = BytesIO()
    code.save(drawn, kind="svg", border=0)
    content["link_modules"] = code.symbol_size(border=0)[0]
    inputs = {
        "content": json.dumps(content, ensure_ascii=False),
        "map": map_svg.decode(),
        "link": drawn.getvalue().decode(),
    }
    try:
        made = typst.compile(
            _TEMPLATE,
            font_paths=_fonts(),
            ignore_system_fonts=True,
            sys_inputs=inputs,
            pdf_standards=STANDARDS,
            timestamp=certificate.issued,
        )
    except typst.TypstError as error:
        raise MapError(f"the certificate cannot be set: {error.message}") from error
    return made


def _on_paper(block: dict[str, Any]) -> dict[str, Any]:
    """Return a block without what the page alone has."""
    tables = [
        table | {"rows": [[_cut(cell) for cell in row] for row in table["rows"]]}
        for table in block["tables"]
    ]
    return block | {"tables": tables, "details": []}


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"


def _texts(content: Any) -> Iterator[str]:  # noqa: ANN401 - what JSON has
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict):
        for one in content.values():
            yield from _texts(one)
    elif isinstance(content, (list, tuple)):
        for one in content:
            yield from _texts(one)


@functools.cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(fonts_folder())]
    )
