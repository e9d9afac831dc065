"""The scale bar and the north arrow of a sheet."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely

from geo.symbology import INK
from maps.sheet.blocks import COLUMN_MM, SMALL
from maps.sheet.canvas import Style
from maps.sheet.fonts import width_mm

if TYPE_CHECKING:
    from maps.sheet.canvas import Canvas


@dataclass(frozen=True)
class ScaleBar:
    """A scale bar and the north arrow.

    Attributes
    ----------
    scale : int
        Denominator of the map's scale.
    factor : float
        By which it is magnified together with its panel.
    """

    scale: int
    factor: float

    _LONGEST_MM = 90.0

    @property
    def height_mm(self) -> float:
        """Height of the scale bar."""
        return 14.0

    def draw(self, canvas: Canvas, left: float, top: float) -> None:
        """Draw the scale bar below and to the right of a point in mm."""
        magnified = self.scale * self.factor  # its lengths are those of the ground at last
        step_m = _round_step_m(self._LONGEST_MM * magnified / 1000 / 3)
        step, y = step_m * 1000 / magnified, top - 10.0
        steps = int(self._LONGEST_MM / step)
        for number in range(steps):
            canvas.box(
                (left + number * step, y, left + (number + 1) * step, y + 1.6),
                zorder=7,
                facecolor=INK if number % 2 == 0 else "white",
                edgecolor=INK,
                linewidth=0.5,
            )
        for number in range(steps + 1):
            length_m = number * step_m
            text = f"{length_m / 1000:g}" if step_m >= 500 else f"{length_m:g}"
            unit = (" 千米" if step_m >= 500 else " 米") if number == steps else ""
            # The number stands over its mark; the unit follows it.
            start = left + number * step - width_mm(text, 7.5) / 2
            canvas.text(text + unit, SMALL, (start, y + 4.2))
        canvas.text(scale_text(self.scale), SMALL, (left, y - 2.6))
        x, foot = left + COLUMN_MM - 6.0, top - 13.0
        canvas.fill(_arrow(x, foot, half=-1), zorder=7, facecolor=INK, edgecolor=INK, linewidth=0.5)
        canvas.fill(
            _arrow(x, foot, half=1), zorder=7, facecolor="white", edgecolor=INK, linewidth=0.5
        )
        canvas.text("北", Style(9.0), (x, foot + 13.0), align=0.5)


def scale_text(scale: int) -> str:
    """Write a scale as ``1:20 000``."""
    return "1:" + f"{scale:,}".replace(",", " ")


def _arrow(x: float, foot: float, *, half: int) -> shapely.Polygon:
    return shapely.Polygon([(x, foot + 11.0), (x + half * 3.0, foot), (x, foot + 2.5)])


def _round_step_m(longest_m: float) -> float:
    """Return the largest 1, 2 or 5 times a power of ten that is not longer, in m."""
    power = 10.0 ** math.floor(math.log10(longest_m))
    return max(step * power for step in (1, 2, 5) if step * power <= longest_m)
