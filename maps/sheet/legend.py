"""The legend of a sheet: what its colours and signs mean."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import shapely

from geo.model import LineKind
from geo.symbology import ACCURACY_SIGNS
from maps.sheet.blocks import ASIDE, BODY, HEADING_MM, RULE, draw_heading
from maps.sheet.canvas import Style
from maps.sheet.symbols import (
    FREE_HATCH,
    OVERLAP_HATCH,
    draw_crossing,
    draw_hatch,
    draw_line,
    draw_other_line,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.symbology import AccuracySign, PriceClasses
    from maps.sheet.canvas import Canvas

_SWATCH_MM: Final = 11.0


@dataclass(frozen=True)
class Legend:
    """What colours and signs mean.

    Attributes
    ----------
    classes : PriceClasses
    counts : tuple of int
        Regions in each class.
    kinds : tuple of LineKind
        Kinds of line on the map.
    accuracies : tuple of AccuracySign
        By which its roads are dashed.
    free, overlap, crossings, others : bool
        Whether the map shows regions without a fixed position, regions that overlap, crossings of
        standard parcels, and lines of other uses.
    sample : tuple of (str, str)
        Code and price of a region, as its label shows them.
    """

    classes: PriceClasses
    counts: tuple[int, ...]
    kinds: tuple[LineKind, ...]
    accuracies: tuple[AccuracySign, ...]
    free: bool
    overlap: bool
    crossings: bool
    others: bool
    sample: tuple[str, str]

    _ROW_MM = 6.0

    @property
    def height_mm(self) -> float:
        """Height of the legend."""
        return HEADING_MM + self._ROW_MM * self._rows + 1.0

    @property
    def _rows(self) -> int:
        signs = (
            1
            + len(self.kinds)
            + len(self.accuracies)
            + self.free
            + self.overlap
            + self.crossings
            + self.others
        )
        return max(len(self.classes.classes), signs)

    def draw(self, canvas: Canvas, left: float, top: float) -> None:
        """Draw the legend below and to the right of a point in mm."""
        draw_heading(canvas, "图例", "地面单价，元/平方米", left, top)
        rows = [top - HEADING_MM - self._ROW_MM * (i + 0.5) for i in range(self._rows)]
        # The dearest class on top, as on a thermometer.
        for y, price_class, count in zip(
            rows, reversed(self.classes.classes), reversed(self.counts), strict=False
        ):
            canvas.box(
                (left, y - 2.3, left + _SWATCH_MM, y + 2.3),
                zorder=7,
                facecolor=price_class.colour,
                edgecolor=RULE,
                linewidth=0.4,
            )
            canvas.text(price_class.label, BODY, (left + 13.5, y))
            canvas.text(f"{count} 个区域" if count else "无", ASIDE, (left + 50.0, y), align=1.0)
        self._draw_signs(canvas, left + 57.0, rows)

    def _draw_signs(self, canvas: Canvas, left: float, rows: Sequence[float]) -> None:
        y = iter(rows)
        code, price = self.sample
        at = next(y)
        canvas.text(code, Style(6.0), (left + _SWATCH_MM / 2, at + 1.3), align=0.5)
        canvas.text(price, Style(8.5), (left + _SWATCH_MM / 2, at - 1.3), align=0.5)
        canvas.text("区域编号、地面单价", BODY, (left + 14.0, at))
        for kind in self.kinds:
            at = next(y)
            draw_line(canvas, [(left, at), (left + _SWATCH_MM, at)], kind, ACCURACY_SIGNS[0])
            canvas.text(_KIND_NAMES[kind], BODY, (left + 14.0, at))
        for sign in self.accuracies:
            at = next(y)
            draw_line(canvas, [(left, at), (left + _SWATCH_MM, at)], LineKind.ROAD, sign)
            limit = sign.most_m
            meaning = f"误差±{limit:.0f}米以内"
            if not math.isfinite(limit):
                meaning = f"误差±{ACCURACY_SIGNS[-2].most_m:.0f}米以上"
            canvas.text(f"道路：{meaning}", BODY, (left + 14.0, at))
        if self.others:
            at = next(y)
            draw_other_line(canvas, [(left, at), (left + _SWATCH_MM, at)])
            canvas.text("其他用途区域的界线", BODY, (left + 14.0, at))
        if self.crossings:
            at = next(y)
            draw_crossing(canvas, left + _SWATCH_MM / 2, at)
            canvas.text("标准宗地（所述交叉口旁）", BODY, (left + 14.0, at))
        for shown, hatch, meaning in (
            (self.free, FREE_HATCH, "位置无依据、仅有次序"),
            (self.overlap, OVERLAP_HATCH, "依公告文字重叠"),
        ):
            if shown:
                at = next(y)
                swatch = (left, at - 2.3, left + _SWATCH_MM, at + 2.3)
                canvas.box(swatch, zorder=7, facecolor="#eeeeee", edgecolor="none")
                draw_hatch(canvas, shapely.box(*swatch), hatch, zorder=7)
                canvas.box(swatch, zorder=7, facecolor="none", edgecolor=RULE, linewidth=0.4)
                canvas.text(meaning, BODY, (left + 14.0, at))


_KIND_NAMES: Final = {
    LineKind.ROAD: "界线：道路",
    LineKind.PLANNED: "界线：规划道路",
    LineKind.RAIL: "界线：铁路",
    LineKind.RIVER: "界线：河流",
}
