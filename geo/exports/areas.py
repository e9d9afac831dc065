"""Where regions surely, likely and possibly lie, as areas: by the probabilities at many places."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import shapely
from contourpy import FillType, contour_generator

from geo.lookup.field import TILE
from geo.model import LIKELY, SURE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.crs import FloatArray
    from geo.lookup.field import ProbabilityField
    from geo.model import Region

LEVELS: Final = (0.05, 0.5, LIKELY, SURE)
"""Probabilities that the areas are drawn for."""

_LEAST_CELLS: Final = 4.0  # smaller parts are chance: there are some hundreds of layouts
_SIMPLER: Final = 0.1  # of a cell
_DECIMALS: Final = 6  # 0.1 m

_Tiles = dict[tuple[int, int], "FloatArray"]


class LikelyArea(NamedTuple):
    """Where a region lies with some probability or more.

    Attributes
    ----------
    region : Region
    at_least : float
        One of `LEVELS`.
    area : MultiPolygon
        WGS84, drawn from probabilities some 50 m apart.
    """

    region: Region
    at_least: float
    area: shapely.MultiPolygon


def likely_areas(field: ProbabilityField) -> tuple[LikelyArea, ...]:
    """Return where the regions lie whose lines are inferred, level by level.

    Parameters
    ----------
    field : ProbabilityField

    Returns
    -------
    tuple of LikelyArea
        In the order of regions, from the lowest level up; none for levels that a region reaches
        nowhere, and none for regions with official polygons, which are as they are drawn.
    """
    found = []
    for number, tiles in sorted(_tiles_of(field).items()):
        for level in LEVELS:
            area = _area(field, tiles, level)
            if not area.is_empty:
                found.append(LikelyArea(field.table.regions[number], level, area))
    return tuple(found)


def _tiles_of(field: ProbabilityField) -> Mapping[int, _Tiles]:
    """Return the probabilities of each inferred region at the corners of its tiles' cells."""
    found: dict[int, _Tiles] = defaultdict(dict)
    inferred = set(field.inferred.tolist())
    if not inferred:
        return found
    west, south, east, north = field.reach
    columns, rows = (
        range(int(np.floor((low - origin) / step)), int(np.floor((high - origin) / step)) + 1)
        for low, high, origin, step in (
            (west, east, field.west, TILE * field.lon_step),
            (south, north, field.south, TILE * field.lat_step),
        )
    )
    for row in rows:
        for column in columns:
            tile = field.tile(column, row)
            for k, number in enumerate(tile.regions.tolist()):
                if number in inferred:
                    found[number][column, row] = tile.values[..., k]
    return found


def _area(field: ProbabilityField, tiles: _Tiles, level: float) -> shapely.MultiPolygon:
    """Return where values are at least at a level; everywhere else they are 0."""
    first = np.min(list(tiles), axis=0) - 1
    columns, rows = np.max(list(tiles), axis=0) + 2 - first
    values = np.zeros((TILE * rows + 1, TILE * columns + 1))
    for (column, row), corners in tiles.items():
        i, j = TILE * (row - first[1]), TILE * (column - first[0])
        values[i : i + TILE + 1, j : j + TILE + 1] = corners
    lines = contour_generator(z=values, fill_type=FillType.OuterOffset).filled(level, np.inf)
    parts = [shapely.Polygon(*_rings(points, ends)) for points, ends in zip(*lines, strict=True)]
    kept = [part for part in parts if part.area >= _LEAST_CELLS]
    whole = shapely.simplify(shapely.MultiPolygon(kept), _SIMPLER)
    origin = np.array([field.west, field.south]) + TILE * first * (field.lon_step, field.lat_step)
    steps = np.array([field.lon_step, field.lat_step])
    placed = shapely.transform(whole, lambda cells: (origin + cells * steps).round(_DECIMALS))
    valid = shapely.make_valid(placed, method="structure", keep_collapsed=False)
    return shapely.MultiPolygon(list(shapely.get_parts(valid)))


def _rings(points: FloatArray, ends: Any) -> tuple[FloatArray, list[FloatArray]]:  # noqa: ANN401
    """Return the outer ring of a polygon, and its holes."""
    outer, *holes = np.split(points, ends[1:-1])
    return outer, [hole for hole in holes if shapely.Polygon(hole).area >= _LEAST_CELLS]
