"""How sure the map is: how likely the likeliest answer is at each place, in levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geo.crs import from_wgs84
from geo.lookup.field import TILE
from geo.model import LIKELY, SURE

if TYPE_CHECKING:
    import numpy.typing as npt

    from geo.crs import FloatArray
    from geo.layouts.shares import RegionShares
    from geo.lookup.edition import OpenEdition
    from geo.lookup.field import ProbabilityField
    from geo.model import Use

_LIMITS: Final = (0.5, LIKELY, SURE)
_QUICK_CELLS: Final = 2  # of a tile, each way
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
    return CertaintyGrid(dict(zip(uses, _levels(best), strict=True)), grid_bounds(field))


def quick_grid(edition: OpenEdition, shares: RegionShares) -> CertaintyGrid:
    """Find the same for layouts that are looked at once, in cells some 250 m wide.

    Parameters
    ----------
    edition : OpenEdition
    shares : RegionShares
        Of its regions in other layouts; official regions do not count.
    """
    field = edition.field
    columns, rows = _tiles(field)
    cells = _QUICK_CELLS
    width, height = TILE * field.lon_step, TILE * field.lat_step
    inner = (np.arange(cells) + 0.5) / cells
    best = np.zeros((len(edition.uses), cells * len(rows), cells * len(columns)))
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            lon, lat = (
                one.ravel()
                for one in np.meshgrid(
                    field.west + (column + inner) * width, field.south + (row + inner) * height
                )
            )
            easting_m, northing_m = from_wgs84(lon=lon, lat=lat, crs=edition.parcels.metric_crs)
            area = shares.area(easting_m.min(), northing_m.min(), easting_m.max(), northing_m.max())
            held, none = shares.shares(area, easting_m=easting_m, northing_m=northing_m)
            ranks = shares.ranks[area.regions]
            for rank in range(len(edition.uses)):
                likeliest = np.column_stack([none[:, rank], held[:, ranks == rank]]).max(axis=1)
                best[rank, cells * i : cells * (i + 1), cells * j : cells * (j + 1)] = (
                    likeliest.reshape(cells, cells)
                )
    return CertaintyGrid(dict(zip(edition.uses, _levels(best), strict=True)), grid_bounds(field))


def _levels(best: FloatArray) -> npt.NDArray[np.uint8]:
    return np.digitize(best, _LIMITS).astype(np.uint8)
