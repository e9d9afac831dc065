"""Pictures of how sure the map is: how likely the likeliest answer is at each place."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from geo.lookup.field import TILE
from geo.model import LIKELY, SURE
from geo.symbology import CERTAINTY_COLOURS

if TYPE_CHECKING:
    import numpy.typing as npt

    from geo.lookup.field import ProbabilityField
    from geo.model import Use

_LIMITS: Final = (0.5, LIKELY, SURE)
_MARGIN: Final = 2  # tiles around the drawn regions, where others may be


@dataclass(frozen=True, slots=True)
class CertaintyPicture:
    """A picture of one use.

    Attributes
    ----------
    url : str
        Where it is, or the picture itself as a ``data:`` URL.
    bounds_deg : tuple of (float, float)
        South-west and north-east corner: latitude, longitude, WGS84, as Leaflet has them.
    """

    url: str
    bounds_deg: tuple[tuple[float, float], tuple[float, float]]


def bounds_deg(field: ProbabilityField) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return where pictures of a city lie, as `CertaintyPicture` has it."""
    (columns, rows), width, height = _tiles(field), TILE * field.lon_step, TILE * field.lat_step
    return (
        (field.south + rows.start * height, field.west + columns.start * width),
        (field.south + rows.stop * height, field.west + columns.stop * width),
    )


def _tiles(field: ProbabilityField) -> tuple[range, range]:
    """Return the columns and rows of tiles that pictures show."""
    west, south, east, north = field.extent
    across = int(np.ceil((east - west) / (TILE * field.lon_step)))
    up = int(np.ceil((north - south) / (TILE * field.lat_step)))
    return range(-_MARGIN, across + _MARGIN), range(-_MARGIN, up + _MARGIN)


def certainty_in_file(
    field: ProbabilityField, uses: tuple[Use, ...]
) -> dict[Use, CertaintyPicture]:
    """Return the pictures in the addresses themselves, for a file that needs no other."""
    where = bounds_deg(field)
    urls = {
        use: f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"
        for use, png in pictures(field, uses).items()
    }
    return {use: CertaintyPicture(url, where) for use, url in urls.items()}


def pictures(field: ProbabilityField, uses: tuple[Use, ...]) -> dict[Use, bytes]:
    """Draw how likely the likeliest region, or none, is in every cell of the city.

    Parameters
    ----------
    field : ProbabilityField
    uses : tuple of Use
        Those of the edition, in the order of its answers.

    Returns
    -------
    dict of Use to bytes
        PNG; a pixel is a cell, some 50 m wide; one colour of `CERTAINTY_COLOURS` a level.
    """
    columns, rows = _tiles(field)
    best = np.zeros((len(uses), TILE * len(rows), TILE * len(columns)))
    ranks = field.table.ranks
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            tile = field.tile(column, row)
            values = tile.values[:TILE, :TILE]
            count = len(tile.regions)
            for rank in range(len(uses)):
                own = np.flatnonzero(ranks[tile.regions] == rank)
                likeliest = values[..., count + rank]
                if own.size:
                    likeliest = np.maximum(likeliest, values[..., own].max(axis=-1))
                best[rank, TILE * i : TILE * (i + 1), TILE * j : TILE * (j + 1)] = likeliest
    return {use: _png(best[rank]) for rank, use in enumerate(uses)}


def _png(likeliest: npt.NDArray[np.float64]) -> bytes:
    levels = np.digitize(likeliest, _LIMITS).astype(np.uint8)
    image = Image.fromarray(levels[::-1], mode="P")
    image.putpalette([part for colour in CERTAINTY_COLOURS for part in bytes.fromhex(colour[1:])])
    content = BytesIO()
    image.save(content, format="PNG", optimize=True)
    return content.getvalue()
