"""Which sheet of paper holds a map, and where on it the map and its panel lie."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from shapely import affinity

from maps.errors import MapError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

PAPER_SIZES_MM: Final = {
    "A4": (210.0, 297.0),
    "A3": (297.0, 420.0),
    "A2": (420.0, 594.0),
    "A1": (594.0, 841.0),
    "A0": (841.0, 1189.0),
}
"""Short and long edge (ISO 216), smallest sheet first."""

SCALE: Final = 20_000
"""Denominator of the scale of the gazette's own sheets (Annex 2)."""
EDGE_MM: Final = 11.0
"""From the edge of the paper to the map's frame; graticule labels stand in between."""
CLEARANCE_MM: Final = 5.0
"""Regions keep this distance from the frame, and the panel from both."""

_STEP_MM: Final = 4.0  # the map's place on the paper is tried in such steps


@dataclass(frozen=True, slots=True)
class Layout:
    """A sheet of paper with a map and a panel on it; lengths in mm from the lower left corner.

    Attributes
    ----------
    size : str
        Such as ``A1``.
    width_mm, height_mm : float
        Size of the paper.
    shift_mm : tuple of (float, float)
        What to add to the map's coordinates.
    panel : int
        Which of the panels that were offered.
    panel_corner_mm : tuple of (float, float)
        Its upper left corner.
    """

    size: str
    width_mm: float
    height_mm: float
    shift_mm: tuple[float, float]
    panel: int
    panel_corner_mm: tuple[float, float]

    @property
    def frame(self) -> shapely.Polygon:
        """The frame around the map."""
        return shapely.box(EDGE_MM, EDGE_MM, self.width_mm - EDGE_MM, self.height_mm - EDGE_MM)


def lay_out(
    regions_mm: shapely.Geometry,
    panels_mm: Sequence[tuple[float, float]],
    sizes: Iterable[str] = tuple(PAPER_SIZES_MM),
) -> Layout | None:
    """Find the smallest sheet that holds a map and a panel beside or between its regions.

    Parameters
    ----------
    regions_mm : Geometry
        Everything that must stay visible, at the scale of the map.
    panels_mm : sequence of (float, float)
        Width and height of the panel in each arrangement it can take, the preferred one first.
    sizes : iterable of str
        Sizes to try, in order.

    Returns
    -------
    Layout or None
        None if no sheet holds them.

    Raises
    ------
    MapError
        There is no such size of paper.
    """
    for size in sizes:
        if size not in PAPER_SIZES_MM:
            raise MapError(f"size is {size!r}; it must be one of {', '.join(PAPER_SIZES_MM)}")
        short, long = PAPER_SIZES_MM[size]
        for width, height in ((short, long), (long, short)):
            for number, panel in enumerate(panels_mm):
                for corner in _corners(width, height, panel):
                    shift = _shift(regions_mm, width, height, _box(corner, panel))
                    if shift is not None:
                        return Layout(size, width, height, shift, number, corner)
    return None


def _corners(
    width: float, height: float, panel: tuple[float, float]
) -> Iterator[tuple[float, float]]:
    """Yield upper left corners of a panel in each corner of the frame, the right ones first."""
    inset = EDGE_MM + CLEARANCE_MM
    rights, tops = (width - inset - panel[0], inset), (height - inset, inset + panel[1])
    if rights[0] >= inset and tops[0] >= tops[1]:
        yield from itertools.product(rights, tops)


def _box(corner: tuple[float, float], panel: tuple[float, float]) -> shapely.Polygon:
    left, top = corner
    return shapely.box(left, top - panel[1], left + panel[0], top)


def _shift(
    regions: shapely.Geometry, width: float, height: float, panel: shapely.Polygon
) -> tuple[float, float] | None:
    """Find the place for the regions nearest to the middle of the paper, clear of the panel."""
    west, south, east, north = regions.bounds
    inset = EDGE_MM + CLEARANCE_MM
    room = width - 2 * inset - (east - west), height - 2 * inset - (north - south)
    if min(room) < 0:
        return None
    kept_clear = panel.buffer(CLEARANCE_MM, join_style="mitre")
    places = itertools.product(*(np.linspace(0, r, int(r // _STEP_MM) + 1) for r in room))
    for right, up in sorted(
        places, key=lambda p: abs(p[0] - room[0] / 2) + abs(p[1] - room[1] / 2)
    ):
        shift = float(inset + right - west), float(inset + up - south)
        if not affinity.translate(regions, *shift).intersects(kept_clear):
            return shift
    return None
