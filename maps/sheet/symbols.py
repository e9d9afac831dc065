"""Signs of the sheets: boundary lines by kind, crossings of standard parcels, free regions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
import shapely.affinity

from geo.model import LineKind
from geo.symbology import INK, LINE_SIGNS, OTHER_LINE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.symbology import AccuracySign
    from maps.sheet.canvas import Canvas


@dataclass(frozen=True, slots=True)
class Hatch:
    """Parallel lines over an area: opaque, and cut to it.

    Patterns and transparent lines of a PDF look different in every viewer, or not at all.

    Attributes
    ----------
    angles_deg : tuple of float
        Counterclockwise from the right.
    spacing_mm : float
    colour : str
    width_pt : float
    """

    angles_deg: tuple[float, ...]
    spacing_mm: float
    colour: str
    width_pt: float


FREE_HATCH: Final = Hatch((45.0,), 2.1, "#6b655f", 0.35)
"""Look of a region whose position nothing but the order of lines fixes."""
OVERLAP_HATCH: Final = Hatch((45.0, 135.0), 2.1, "#4a4541", 0.45)
"""Look of ground that two regions of the use share."""

# Where lines meet, casings lie under all cores, so that streets open into one another.
_LEVELS: Final = {
    LineKind.RIVER: 3.0,
    LineKind.PLANNED: 4.0,
    LineKind.ROAD: 4.0,
    LineKind.RAIL: 5.0,
}


def draw_line(
    canvas: Canvas,
    points: Sequence[tuple[float, float]],
    kind: LineKind,
    accuracy: AccuracySign,
) -> None:
    """Draw a line through points in mm with the sign of its kind.

    The edges of a road are dashed by its accuracy.
    """
    for number, stroke in enumerate(LINE_SIGNS[kind].paper):
        dash = stroke.dash
        if kind is LineKind.ROAD and number == 0:
            dash = accuracy.paper_dash
        canvas.stroke(
            points,
            zorder=_LEVELS[kind] + number / 4,
            edgecolor=stroke.colour,
            linewidth=stroke.width,
            linestyle=(0, dash) if dash else "solid",
            capstyle="butt" if dash else stroke.cap,
        )


def draw_hatch(canvas: Canvas, area: shapely.Geometry, hatch: Hatch, *, zorder: float) -> None:
    """Hatch a polygon in mm; hatches of neighbours meet."""
    for angle_deg in hatch.angles_deg:
        level = shapely.affinity.rotate(area, -angle_deg, origin=(0, 0))
        left, bottom, right, top = level.bounds
        first, last = np.ceil(bottom / hatch.spacing_mm), np.floor(top / hatch.spacing_mm)
        rows = hatch.spacing_mm * np.arange(first, last + 1)
        lines = shapely.MultiLineString([[(left, y), (right, y)] for y in rows])
        cut = shapely.affinity.rotate(lines.intersection(level), angle_deg, origin=(0, 0))
        canvas.strokes(cut, zorder=zorder, edgecolor=hatch.colour, linewidth=hatch.width_pt)


def draw_other_line(canvas: Canvas, points: Sequence[tuple[float, float]]) -> None:
    """Draw a line that bounds regions of other uses only, through points in mm."""
    canvas.stroke(points, zorder=0.5, edgecolor=OTHER_LINE.colour, linewidth=OTHER_LINE.width)


def draw_crossing(canvas: Canvas, x: float, y: float) -> None:
    """Draw the sign of a standard parcel around a point in mm."""
    triangle = shapely.Polygon([(x - 1.8, y - 1.3), (x + 1.8, y - 1.3), (x, y + 1.9)])
    canvas.fill(triangle, zorder=6, facecolor=INK, edgecolor="white", linewidth=0.7)
