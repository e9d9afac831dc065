"""Signs of exported layers, the same for every kind of style file: as on the gazette sheets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from geo.model import LineKind


@dataclass(frozen=True, slots=True)
class Stroke:
    """A pen.

    Attributes
    ----------
    colour : str
        As ``#rrggbb``.
    width_mm : float
    dash_mm : tuple of (float, float) or None
        Drawn and left out; None for a solid line.
    """

    colour: str
    width_mm: float
    dash_mm: tuple[float, float] | None = None


INK: Final = "#1a1a1a"
HALO: Final = "#ffffff"
REGION_OUTLINE: Final = Stroke("#4a4a4a", 0.3)
FREE_HATCH: Final = Stroke("#808080", 0.15)
"""Over a region whose position no fact fixes."""
FREE_TITLE: Final = "位置没有依据 position not fixed (placement: free)"

KIND_TITLES: Final = {
    LineKind.ROAD: "道路 road",
    LineKind.RAIL: "铁路 rail",
    LineKind.RIVER: "河流 river",
    LineKind.PLANNED: "规划道路 planned road",
}

LINE_STROKES: Final = {
    LineKind.ROAD: (Stroke("#4a4a4a", 1.0), Stroke("#ffffff", 0.6)),
    LineKind.RAIL: (Stroke("#222222", 1.0), Stroke("#ffffff", 0.6, (2.8, 2.8))),
    LineKind.RIVER: (Stroke("#ffffff", 1.8), Stroke("#4a90c2", 1.4)),
    LineKind.PLANNED: (Stroke("#4a4a4a", 1.0, (2.1, 1.1)), Stroke("#ffffff", 0.6)),
}
"""Each kind as strokes over one another, from the lowest."""

PARCEL_SIZE_MM: Final = 3.0
"""Of the triangle of a standard parcel."""
