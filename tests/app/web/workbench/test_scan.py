"""Scans: read from pictures and PDFs, and turned so that they lie right on the map."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageDraw

from app.web.workbench.scan import read_scan, turned
from geo.crs import Crs, from_wgs84
from geo.errors import SurveyError
from geo.survey.georeference import Fit, georeference

if TYPE_CHECKING:
    from geo.crs import FloatArray

ZONE = Crs.EPSG_4547
SIZE = (1_500, 1_200)
DOTS = np.array([[100, 90], [1_400, 130], [1_350, 1_100], [160, 1_050], [760, 610]], dtype=float)


def encoded(image: Image.Image, kind: str) -> bytes:
    content = BytesIO()
    image.save(content, format=kind)
    return content.getvalue()


def dotted() -> Image.Image:
    """Draw dots, each of a colour of its own."""
    image = Image.new("RGB", SIZE, "white")
    for number, (column, row) in enumerate(DOTS.tolist()):
        box = (column - 6, row - 6, column + 6, row + 6)
        ImageDraw.Draw(image).ellipse(box, fill=(255, 40 * number, 0))
    return image


def ground(pixels: FloatArray) -> FloatArray:
    """Return where pixels lie, EPSG:4547: 12 m each, the sheet turned by two degrees."""
    turn = np.deg2rad(2.0)
    matrix = 12.0 * np.array([[np.cos(turn), -np.sin(turn)], [-np.sin(turn), -np.cos(turn)]])
    placed: FloatArray = pixels @ matrix.T + [500_000.0, 3_660_000.0]
    return placed


def test_a_turned_scan_lies_where_its_dots_are() -> None:
    scan = read_scan(encoded(dotted(), "PNG"), 1)
    placed = georeference(DOTS[:3], ground(DOTS[:3]), Fit.SIMILARITY)
    png, (west, south, east, north) = turned(scan, placed, ZONE)
    with Image.open(BytesIO(png)) as image:
        pixels = np.asarray(image.convert("RGBA")).astype(int)
    rows, columns, _ = pixels.shape
    assert (pixels[0, 0, 3], pixels[-1, -1, 3]) == (0, 0)  # beyond the sheet's corners
    top, bottom = np.arcsinh(np.tan(np.deg2rad([north, south])))
    for number, place_m in enumerate(ground(DOTS + 0.5)):  # the middle of the dot's middle pixel
        is_dot = (np.abs(pixels - [255, 40 * number, 0, 255]) < 12).all(axis=2)
        row, column = (float(one.mean()) + 0.5 for one in np.nonzero(is_dot))
        lon = west + (east - west) * column / columns
        lat = float(np.rad2deg(np.arctan(np.sinh(top + (bottom - top) * row / rows))))
        found_m = np.array(from_wgs84(lon=lon, lat=lat, crs=ZONE))
        assert np.hypot(*(found_m - place_m)) < 5  # less than half a pixel of the scan


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "PDF"])
def test_scans_of_all_kinds(kind: str) -> None:
    scan = read_scan(encoded(dotted(), kind), 1)
    assert scan.pages == 1
    width, height = scan.image.size
    assert width / height == pytest.approx(SIZE[0] / SIZE[1], rel=0.01)
    column, row = (DOTS[1] * width / SIZE[0]).round().astype(int).tolist()
    red, green, blue = scan.image.getpixel((column, row))  # type: ignore[misc]
    assert red > 200
    assert green < 90
    assert blue < 60


def test_a_large_scan_is_made_smaller() -> None:
    a0 = read_scan(encoded(Image.new("1", (14_000, 9_900)), "PNG"), 1)
    assert a0.image.size == (4_000, 2_829)
    scan = read_scan(encoded(Image.new("L", (9_000, 3_000), 128), "PNG"), 1)
    assert scan.image.size == (4_000, 1_333)
    assert scan.image.mode == "RGB"


@pytest.mark.parametrize(
    ("content", "page", "message"),
    [
        (b"", 1, "the scan cannot be read; save it as PNG, JPEG or PDF."),
        (b"%PDF-1.7 no more", 1, "the scan cannot be read; save it as PNG, JPEG or PDF."),
        (b"\x89PNG\r\n\x1a\n", 1, "the scan cannot be read; save it as PNG, JPEG or PDF."),
        (encoded(dotted(), "PDF"), 2, "page is 2; the scan has the pages 1 to 1."),
        (encoded(dotted(), "PDF"), 0, "page is 0; the scan has the pages 1 to 1."),
        (encoded(dotted(), "PNG")[:3_000], 1, "the scan cannot be read; save it as PNG"),
        (
            encoded(Image.new("1", (20_000, 20_000)), "PNG"),
            1,
            "the scan has too many pixels; scan it at 300 dpi, or save it smaller.",
        ),
    ],
)
def test_scans_that_cannot_be_read(content: bytes, page: int, message: str) -> None:
    with pytest.raises(SurveyError) as refused:
        read_scan(content, page)
    assert str(refused.value).startswith(message)
