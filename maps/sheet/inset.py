"""The inset of a sheet: how sure the map is, in small."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from shapely import affinity

from geo.crs import metric
from geo.model import LIKELY, SURE
from geo.symbology import CERTAINTY_COLOURS, INK
from maps.sheet.blocks import BODY, HEADING_MM, RULE, draw_heading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from geo.crs import Crs
    from geo.model import Region
    from maps.certainty import CertaintyGrid
    from maps.sheet.canvas import Canvas

_ROOM_MM: Final = (66.0, 66.0)
_AROUND_M: Final = 400.0
_STEP: Final = 10_000
"""Scales of insets are whole numbers of it."""
_MEANINGS: Final = ("不到 50%", "50% 以上", f"{LIKELY:.0%} 以上", f"{SURE:.0%} 以上")


@dataclass(frozen=True)
class Inset:
    """A small map of the regions of one use, coloured by how likely the likeliest answer is.

    Attributes
    ----------
    scale : int
        Denominator, before the panel is magnified.
    width_mm, map_mm : float
        Size of the map.
    levels : tuple of Geometry
        Where each level of `geo.symbology.CERTAINTY_COLOURS` is, mm from the lower left corner.
    outlines : Geometry
        Of the regions.
    """

    scale: int
    width_mm: float
    map_mm: float
    levels: tuple[shapely.Geometry, ...]
    outlines: shapely.Geometry

    _ROW_MM = 6.0
    _SWATCH_MM = 11.0

    @property
    def height_mm(self) -> float:
        """Height of the inset with its heading."""
        return HEADING_MM + self.map_mm

    def draw(self, canvas: Canvas, left: float, top: float) -> None:
        """Draw the inset below and to the right of a point in mm."""
        draw_heading(canvas, "此图的把握", "最可能的区域（或不在区域内）的概率", left, top)
        bottom = top - self.height_mm
        for area, colour in zip(self.levels, CERTAINTY_COLOURS, strict=True):
            if not area.is_empty:
                placed = affinity.translate(area, left, bottom)
                canvas.fill(placed, zorder=7, facecolor=colour, edgecolor=colour, linewidth=0.1)
        outlines = affinity.translate(self.outlines, left, bottom)
        canvas.strokes(outlines, zorder=7.1, edgecolor=INK, linewidth=0.3)
        frame = (left, bottom, left + self.width_mm, bottom + self.map_mm)
        canvas.box(frame, zorder=7.2, facecolor="none", edgecolor=RULE, linewidth=0.5)
        swatch = left + self.width_mm + 5.0
        y = top - HEADING_MM - self._ROW_MM / 2
        for colour, meaning in zip(reversed(CERTAINTY_COLOURS), reversed(_MEANINGS), strict=True):
            canvas.box(
                (swatch, y - 2.3, swatch + self._SWATCH_MM, y + 2.3),
                zorder=7,
                facecolor=colour,
                edgecolor=RULE,
                linewidth=0.4,
            )
            canvas.text(meaning, BODY, (swatch + self._SWATCH_MM + 2.5, y))
            y -= self._ROW_MM


def certainty_inset(grid: CertaintyGrid, regions: Sequence[Region], crs: Crs) -> Inset:
    """Compose the inset of one use.

    Parameters
    ----------
    grid : CertaintyGrid
    regions : sequence of Region
        All of one use.
    crs : Crs
        Of the sheet, in metres.
    """
    outlines_m = shapely.boundary(metric(np.array([r.polygon for r in regions]), crs))
    shown_m = shapely.box(*shapely.total_bounds(outlines_m)).buffer(_AROUND_M, join_style="mitre")
    west, south, east, north = shown_m.bounds
    least = max((east - west) / _ROOM_MM[0], (north - south) / _ROOM_MM[1]) * 1000
    scale = int(np.ceil(least / _STEP)) * _STEP
    factor = 1000 / scale

    def placed(geometry: shapely.Geometry) -> shapely.Geometry:
        moved = affinity.translate(geometry, -west, -south)
        return affinity.scale(moved, factor, factor, origin=(0, 0))

    levels = [
        placed(shapely.intersection(metric(area, crs), shown_m))
        for area in _areas(grid, grid.levels[regions[0].use])
    ]
    return Inset(
        scale,
        (east - west) * factor,
        (north - south) * factor,
        tuple(levels),
        placed(shapely.union_all(outlines_m)),
    )


def _areas(grid: CertaintyGrid, levels: npt.NDArray[np.uint8]) -> list[shapely.Geometry]:
    """Return where each level is, WGS84."""
    found: list[list[shapely.Polygon]] = [[] for _ in CERTAINTY_COLOURS]
    for level, run in _runs(grid, levels):
        found[level].append(run)
    return [shapely.union_all(runs) for runs in found]


def _runs(
    grid: CertaintyGrid, levels: npt.NDArray[np.uint8]
) -> Iterator[tuple[int, shapely.Polygon]]:
    """Return cells of one level that lie side by side, as boxes."""
    west, south, east, north = grid.bounds
    lons = np.linspace(west, east, levels.shape[1] + 1)
    lats = np.linspace(south, north, levels.shape[0] + 1)
    for row, low, high in zip(levels, lats, lats[1:], strict=False):
        start = 0
        for level, cells in groupby(row.tolist()):
            end = start + len(list(cells))
            yield level, shapely.box(lons[start], low, lons[end], high)
            start = end
