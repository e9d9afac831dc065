"""Signs of the sheets: boundary lines by kind, crossings of standard parcels, free regions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import shapely

from geo.model import LineKind
from geo.symbology import INK, LINE_SIGNS, OTHER_LINE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maps.sheet.canvas import Canvas

FREE_HATCH: Final = {"hatch": "//", "hatchcolor": "#00000030", "edgecolor": "none", "linewidth": 0}
"""Look of a region whose position nothing but the order of lines fixes."""
OVERLAP_HATCH: Final = FREE_HATCH | {"hatch": "xx", "hatchcolor": "#00000070"}
"""Look of ground that two regions of the use share."""

# Where lines meet, casings lie under all cores, so that streets open into one another.
_LEVELS: Final = {
    LineKind.RIVER: 3.0,
    LineKind.PLANNED: 4.0,
    LineKind.ROAD: 4.0,
    LineKind.RAIL: 5.0,
}


def draw_line(canvas: Canvas, points: Sequence[tuple[float, float]], kind: LineKind) -> None:
    """Draw a line through points in mm with the sign of its kind."""
    for number, stroke in enumerate(LINE_SIGNS[kind].paper):
        canvas.stroke(
            points,
            zorder=_LEVELS[kind] + number / 4,
            edgecolor=stroke.colour,
            linewidth=stroke.width,
            linestyle=(0, stroke.dash) if stroke.dash else "solid",
            capstyle=stroke.cap,
        )


def draw_other_line(canvas: Canvas, points: Sequence[tuple[float, float]]) -> None:
    """Draw a line that bounds regions of other uses only, through points in mm."""
    canvas.stroke(points, zorder=0.5, edgecolor=OTHER_LINE.colour, linewidth=OTHER_LINE.width)


def draw_crossing(canvas: Canvas, x: float, y: float) -> None:
    """Draw the sign of a standard parcel around a point in mm."""
    triangle = shapely.Polygon([(x - 1.8, y - 1.3), (x + 1.8, y - 1.3), (x, y + 1.9)])
    canvas.fill(triangle, zorder=6, facecolor=INK, edgecolor="white", linewidth=0.7)
