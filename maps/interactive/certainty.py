"""Pictures of how sure the map is, to lie on a map on screen."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image

from geo.symbology import CERTAINTY_COLOURS

if TYPE_CHECKING:
    from geo.model import Use
    from maps.certainty import CertaintyGrid


@dataclass(frozen=True, slots=True)
class CertaintyPicture:
    """A picture of one use.

    Attributes
    ----------
    url : str
        Where it is, or the picture itself as a ``data:`` URL.
    bounds : tuple of float
        West, south, east, north; WGS84 degrees.
    """

    url: str
    bounds: tuple[float, float, float, float]


def certainty_in_file(grid: CertaintyGrid) -> dict[Use, CertaintyPicture]:
    """Return the pictures in the addresses themselves, for a file that needs no other."""
    return {
        use: CertaintyPicture(
            f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}", grid.bounds
        )
        for use, png in pictures(grid).items()
    }


def pictures(grid: CertaintyGrid) -> dict[Use, bytes]:
    """Draw the levels of each use as PNG; a pixel is a cell, in one of `CERTAINTY_COLOURS`."""
    return {use: _png(grid, use) for use in grid.levels}


def _png(grid: CertaintyGrid, use: Use) -> bytes:
    image = Image.fromarray(grid.levels[use][::-1], mode="P")
    image.putpalette([part for colour in CERTAINTY_COLOURS for part in bytes.fromhex(colour[1:])])
    content = BytesIO()
    image.save(content, format="PNG", optimize=True)
    return content.getvalue()
