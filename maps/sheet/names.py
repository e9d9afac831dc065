"""Names written along lines, as Chinese maps have them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from maps.sheet.labels import rectangle

if TYPE_CHECKING:
    from shapely import Polygon

    from maps.sheet.canvas import Canvas, Style
    from maps.sheet.labels import Along

_PITCH: Final = 1.12  # from character to character, in units of the type size
_MARGIN_MM: Final = 0.6


def name_size_mm(name: str, style: Style) -> tuple[float, float]:
    """Return how much room a name takes along its line and across it, mm."""
    return style.height_mm * _PITCH * len(name), style.height_mm + _MARGIN_MM


def write_along(canvas: Canvas, name: str, style: Style, place: Along) -> Polygon:
    """Write a name along its line, or character under character down a steep one.

    Returns
    -------
    Polygon
        The ground that it takes, mm.
    """
    length, height = name_size_mm(name, style)
    if abs(place.rotation_deg) <= 45.0:
        canvas.text(name, style, (place.x, place.y), align=0.5, rotation_deg=place.rotation_deg)
    else:
        lean = place.rotation_deg - math.copysign(90.0, place.rotation_deg)
        down = np.array([math.sin(math.radians(lean)), -math.cos(math.radians(lean))])
        pitch = style.height_mm * _PITCH
        for number, character in enumerate(name):
            x, y = (place.x, place.y) + down * pitch * (number - (len(name) - 1) / 2)
            canvas.text(character, style, (x, y), align=0.5, rotation_deg=lean)
    return rectangle(place.x, place.y, length, height, place.rotation_deg)
