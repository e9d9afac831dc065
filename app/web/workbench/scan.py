"""A scanned map that lies under the lines: read, placed on the ground, and turned north up."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from io import BytesIO
from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np
import pypdfium2
from PIL import Image, UnidentifiedImageError

from geo.crs import from_wgs84, to_wgs84
from geo.errors import SurveyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geo.crs import Crs, FloatArray
    from geo.survey.georeference import Georeference

_LONGEST_PX: Final = 4_000
"""Of a scan: on A1 a fifth of a millimetre, 4 m at 1:20 000."""
_TURNED_PX: Final = 2_400
_PARTS: Final = 16  # each way, between which the turned picture is exact
_PDF: Final = b"%PDF-"
_A_POINT: Final = 72.0  # an inch


@dataclass(frozen=True)
class Scan:
    """A picture of a map.

    Attributes
    ----------
    image : Image
        RGB, at most `_LONGEST_PX` wide or high.
    png : bytes
    name : str
        Its checksum.
    pages : int
        Of its file.
    """

    image: Image.Image
    png: bytes
    name: str
    pages: int


def read_scan(content: bytes, page: int) -> Scan:
    """Read a scan.

    Parameters
    ----------
    content : bytes
        A PDF, or a picture in a usual format.
    page : int
        From 1; of a PDF.

    Raises
    ------
    SurveyError
        It is neither, or has no such page.
    """
    pages = 1
    try:
        if content.startswith(_PDF):
            with pypdfium2.PdfDocument(content) as document:
                pages = len(document)
                image = _page(document, page)
        else:
            with warnings.catch_warnings():
                # A0 at 300 dpi is that large, and no bomb; what is twice as large is refused.
                warnings.simplefilter("ignore", Image.DecompressionBombWarning)
                image = Image.open(BytesIO(content))
            image.draft("RGB", (_LONGEST_PX, _LONGEST_PX))
            image = image.convert("RGB")
    except Image.DecompressionBombError as error:
        raise SurveyError(
            "the scan has too many pixels; scan it at 300 dpi, or save it smaller.",
            code="file_damaged",
        ) from error
    except (UnidentifiedImageError, OSError, ValueError, pypdfium2.PdfiumError) as error:
        raise SurveyError(
            "the scan cannot be read; save it as PNG, JPEG or PDF.", code="file_damaged"
        ) from error
    image.thumbnail((_LONGEST_PX, _LONGEST_PX))
    png = _png(image)
    return Scan(image, png, hashlib.sha256(png).hexdigest()[:16], pages)


def _page(document: pypdfium2.PdfDocument, page: int) -> Image.Image:
    if not 1 <= page <= len(document):
        raise SurveyError(
            f"page is {page}; the scan has the pages 1 to {len(document)}.", code="file_damaged"
        )
    found = document[page - 1]
    scale = _LONGEST_PX / max(*found.get_size(), _A_POINT)
    picture: Image.Image = found.render(scale=scale).to_pil()
    return picture.convert("RGB")


def turned(
    scan: Scan, placed: Georeference, zone: Crs
) -> tuple[bytes, tuple[float, float, float, float]]:
    """Turn a scan so that it lies right on a map in Web Mercator.

    Parameters
    ----------
    scan : Scan
    placed : Georeference
    zone : Crs
        That it is placed in, in metres.

    Returns
    -------
    png : bytes
        With nothing where the scan has nothing.
    bounds : tuple of float
        West, south, east, north; WGS84 degrees.
    """
    width, height = scan.image.size
    edge = np.linspace(0.0, 1.0, _PARTS + 1)
    around = np.concatenate(
        [np.column_stack([edge * width, np.full_like(edge, row)]) for row in (0, height)]
        + [np.column_stack([np.full_like(edge, column), edge * height]) for column in (0, width)]
    )
    easting_m, northing_m = placed.to_ground(around).T
    lon, lat = to_wgs84(lon=easting_m.copy(), lat=northing_m.copy(), crs=zone)
    west, east = float(lon.min()), float(lon.max())
    south, north = float(lat.min()), float(lat.max())
    top, bottom = (float(one) for one in _upwards(np.array([north, south])))
    shape = np.array([np.deg2rad(east - west), top - bottom])
    columns, rows = (max(int(side), 1) for side in np.ceil(shape / shape.max() * _TURNED_PX))
    x, y = np.meshgrid(np.round(edge * columns), np.round(edge * rows))
    lon = west + (east - west) * x.ravel() / columns
    up = top + (bottom - top) * y.ravel() / rows
    lat = np.rad2deg(np.arctan(np.sinh(up)))
    easting_m, northing_m = from_wgs84(lon=lon, lat=lat, crs=zone)
    source = placed.to_pixels(np.column_stack([easting_m, northing_m]))
    mesh = list(_mesh(source.reshape(*x.shape, 2), x, y))
    image = scan.image.convert("RGBA").transform(
        (columns, rows),
        Image.Transform.MESH,
        mesh,
        Image.Resampling.BILINEAR,
        fillcolor=(0, 0, 0, 0),
    )
    return _png(image), (west, south, east, north)


def _upwards(lat: FloatArray) -> FloatArray:
    """Return how far up Web Mercator (EPSG:3857) has latitudes, in radii of its sphere."""
    up: FloatArray = np.arcsinh(np.tan(np.deg2rad(lat)))
    return up


def _mesh(
    source: FloatArray, x: FloatArray, y: FloatArray
) -> Iterator[tuple[tuple[int, ...], tuple[float, ...]]]:
    """Yield rectangles of a picture, and the corners of each in the scan, as Pillow has them."""
    for i, j in product(range(_PARTS), range(_PARTS)):
        box = (int(x[i, j]), int(y[i, j]), int(x[i + 1, j + 1]), int(y[i + 1, j + 1]))
        corners = (source[i, j], source[i + 1, j], source[i + 1, j + 1], source[i, j + 1])
        yield box, tuple(np.concatenate(corners).tolist())


def _png(image: Image.Image) -> bytes:
    content = BytesIO()
    image.save(content, format="PNG", compress_level=3)
    return content.getvalue()
