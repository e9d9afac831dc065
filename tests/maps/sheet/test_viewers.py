"""Sheets as four independent programs draw them: PDFium, Poppler's Splash and Cairo, MuPDF."""

from __future__ import annotations

import os
import shutil
import subprocess
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pypdfium2
import pytest
import shapely
from PIL import Image

from geo.model import COMMERCIAL, INDUSTRIAL, Placement, Use
from tests.processes import WAIT_S

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy.typing as npt

    from geo.parcels import Parcels
    from maps.sheet.draw import Sheet

    Grey = npt.NDArray[np.float64]

DPI: Final = 100
BLOCK: Final = 24  # pixels, of which the mean is compared
PROGRAMS: Final = {
    "splash": ["pdftoppm", "-r", str(DPI), "-png", "-singlefile", "{pdf}", "{stem}"],
    "cairo": ["pdftocairo", "-r", str(DPI), "-png", "-singlefile", "{pdf}", "{stem}"],
    "mupdf": ["mutool", "draw", "-q", "-r", str(DPI), "-o", "{stem}.png", "{pdf}"],
}
VIEWERS: Final = ("pdfium", *PROGRAMS)
USES: Final = (COMMERCIAL, INDUSTRIAL)


def grey(image: Image.Image) -> Grey:
    return np.asarray(image.convert("L"), dtype=np.float64)


@pytest.fixture(scope="module")
def drawn(
    pdfs: dict[Use, bytes], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, Use], Grey]:
    folder = tmp_path_factory.mktemp("viewers")

    def draw(viewer: str, use: Use) -> Grey:
        if viewer == "pdfium":
            page = pypdfium2.PdfDocument(pdfs[use])[0]
            return grey(page.render(scale=DPI / 72).to_pil())
        return grey(_by_program(viewer, pdfs[use], folder / f"{viewer}-{use}"))

    return draw


def _by_program(viewer: str, content: bytes, stem: Path) -> Image.Image:
    name, *arguments = PROGRAMS[viewer]
    program = shutil.which(name)
    if program is None:
        told = f"this test needs {name}: Debian's poppler-utils and mupdf-tools"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    pdf = stem.with_suffix(".pdf")
    pdf.write_bytes(content)
    given = [argument.format(pdf=pdf, stem=stem) for argument in arguments]
    subprocess.run([program, *given], check=True, timeout=WAIT_S)  # noqa: S603 - a known program
    return Image.open(stem.with_suffix(".png"))


@pytest.fixture(scope="module")
def as_png(sheets: dict[Use, Sheet]) -> dict[Use, Image.Image]:
    found: dict[Use, Image.Image] = {}
    for use in USES:
        buffer = BytesIO()
        sheets[use].canvas.figure.savefig(buffer, format="png", dpi=DPI)
        found[use] = Image.open(buffer)
    return found


def blocks(image: Image.Image, shape: tuple[int, ...]) -> Grey:
    size = (shape[1] // BLOCK, shape[0] // BLOCK)
    return grey(image.convert("L").resize(size, Image.Resampling.BOX))


@pytest.mark.parametrize("use", USES, ids=str)
@pytest.mark.parametrize("viewer", VIEWERS)
def test_pdf_looks_like_the_png(
    viewer: str, use: Use, drawn: Callable[[str, Use], Grey], as_png: dict[Use, Image.Image]
) -> None:
    seen = drawn(viewer, use)
    off = blocks(Image.fromarray(seen.astype(np.uint8)), seen.shape)
    off -= blocks(as_png[use], seen.shape)
    # Thin lines are rounded to pixels in other ways, so single blocks differ.
    assert (np.abs(off) > 20).mean() < 0.01
    assert np.abs(off).mean() < 3.0


@pytest.mark.parametrize("use", USES, ids=str)
@pytest.mark.parametrize("viewer", VIEWERS)
def test_hatching_shows_in_every_viewer(
    viewer: str,
    use: Use,
    drawn: Callable[[str, Use], Grey],
    sheets: dict[Use, Sheet],
    parcels: Parcels,
) -> None:
    """Only regions whose position nothing fixes are uneven inside, and without black bars."""
    seen = drawn(viewer, use)
    unevenness: dict[bool, list[float]] = {True: [], False: []}
    for region in parcels.regions:
        if region.use == use:
            patch = _corner_of(sheets[use].areas[region.code], seen)
            if patch.size:
                unevenness[region.placement is Placement.FREE].append(float(patch.std()))
                assert patch.min() > 60
    assert np.quantile(unevenness[True], 0.1) > 4.0
    assert np.median(unevenness[False]) < 1.0


def _corner_of(area: Any, seen: Grey) -> Grey:  # noqa: ANN401 - a polygon in mm
    """Return the pixels of 5 by 5 mm near the lower left corner of a region, beside its label."""
    west, south, _, _ = area.bounds
    left, bottom = west + 6.0, south + 6.0
    if not shapely.buffer(area, -2.0).contains(shapely.box(left, bottom, left + 5, bottom + 5)):
        return np.empty((0, 0))
    pixels = DPI / 25.4
    row, column = int(seen.shape[0] - (bottom + 5) * pixels), int(left * pixels)
    return seen[row : row + int(5 * pixels), column : column + int(5 * pixels)]
