"""How sure the map is: how likely the likeliest answer is at each place, in levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geo.lookup.field import TILE
from geo.model import LIKELY, SURE

if TYPE_CHECKING:
    import numpy.typing as npt

    from geo.lookup.edition import OpenEdition
    from geo.lookup.field import ProbabilityField
    from geo.model import Use

_LIMITS: Final = (0.5, LIKELY, SURE)
_MARGIN: Final = 2  # tiles around the drawn regions, where others may be


@dataclass(frozen=True)
class CertaintyGrid:
    """Levels of certainty, in cells some 50 m wide.

    Attributes
    ----------
    levels : dict of Use to ndarray of uint8, shape (rows, columns)
        Which of `geo.symbology.CERTAINTY_COLOURS` a cell has; the first row is the southernmost.
    bounds : tuple of float
        West, south, east, north; WGS84 degrees.
    """

    levels: dict[Use, npt.NDArray[np.uint8]]
    bounds: tuple[float, float, float, float]


def grid_bounds(field: ProbabilityField) -> tuple[float, float, float, float]:
    """Return where the grid of a city lies: west, south, east, north; WGS84 degrees."""
    columns, rows = _tiles(field)
    width, height = TILE * field.lon_step, TILE * field.lat_step
    return (
        field.west + columns.start * width,
        field.south + rows.start * height,
        field.west + columns.stop * width,
        field.south + rows.stop * height,
    )


def _tiles(field: ProbabilityField) -> tuple[range, range]:
    """Return the columns and rows of tiles that are shown."""
    west, south, east, north = field.extent
    across = int(np.ceil((east - west) / (TILE * field.lon_step)))
    up = int(np.ceil((north - south) / (TILE * field.lat_step)))
    return range(-_MARGIN, across + _MARGIN), range(-_MARGIN, up + _MARGIN)


def certainty_grid(edition: OpenEdition) -> CertaintyGrid | None:
    """Find how likely the likeliest region, or none, is in every cell of the city.

    Returns
    -------
    CertaintyGrid or None
        None for an edition without layouts, of whose places nobody knows how likely they are.
    """
    if edition.layouts is None:
        return None
    field, uses = edition.field, edition.uses
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
    levels = np.digitize(best, _LIMITS).astype(np.uint8)
    return CertaintyGrid(dict(zip(uses, levels, strict=True)), grid_bounds(field))
