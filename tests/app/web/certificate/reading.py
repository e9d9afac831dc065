"""Reads certificates with programs that had no part in making them."""

from __future__ import annotations

import subprocess
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Final, Protocol

import pypdfium2
import zxingcpp
from PIL import Image

from geo.editions.catalogue import CHINA
from tests.processes import WAIT_S

if TYPE_CHECKING:
    from pathlib import Path

BASE: Final = "https://landprice.example"
ISSUED: Final = datetime(2026, 1, 31, 10, tzinfo=CHINA)


class Make(Protocol):
    """Makes a certificate."""

    def __call__(self, **asked: object) -> bytes: ...


def by_poppler(pdf: bytes, folder: Path, *command: str) -> bytes:
    """Hand a certificate to one of Poppler's programs, and return what that prints."""
    path = folder / "certificate.pdf"
    path.write_bytes(pdf)
    program, *options = command
    done = subprocess.run(  # noqa: S603 - our own command
        [program, *options, str(path), *(["-"] if program != "pdffonts" else [])],
        capture_output=True,
        check=True,
        timeout=WAIT_S,
    )
    return done.stdout


def text_of(pdf: bytes, folder: Path) -> str:
    """Return the text of a certificate, as Poppler reads it, without the breaks of lines."""
    return " ".join(by_poppler(pdf, folder, "pdftotext", "-layout").decode().split())


def drawn_by_pdfium(pdf: bytes, dpi: int) -> Image.Image:
    """Return the page as PDFium draws it."""
    image: Image.Image = pypdfium2.PdfDocument(pdf)[0].render(scale=dpi / 72).to_pil()
    return image


def drawn_by_poppler(pdf: bytes, dpi: int, folder: Path) -> Image.Image:
    """Return the page as Poppler draws it."""
    drawn = by_poppler(pdf, folder, "pdftocairo", "-png", "-singlefile", "-r", str(dpi))
    return Image.open(BytesIO(drawn))


def link_of(image: Image.Image) -> str:
    """Return what the QR code on a page says."""
    [found] = zxingcpp.read_barcodes(image.convert("L"))
    return str(found.text)
