"""The sheet to take along on a survey: where the crossings are, and a form to write in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from shapely import affinity

from geo.crs import from_wgs84, metric
from geo.network.boundary_lines import boundary_lines
from geo.symbology import INK
from maps.errors import MapError
from maps.sheet.canvas import Canvas, Style
from maps.sheet.draw import canvas_bytes
from maps.sheet.fonts import width_mm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.crs import FloatArray
    from geo.parcels import Parcels
    from geo.survey.plan import Plan

MOST: Final = 30
"""Crossings that one page has room for."""

_PAPER_MM: Final = (210.0, 297.0)
_EDGE_MM: Final = 12.0
_WIDTH_MM: Final = _PAPER_MM[0] - 2 * _EDGE_MM
_ROW_MM: Final = 5.4
_HEAD_MM: Final = 22.0
_FOOT_MM: Final = 12.0
_TITLE: Final = Style(17.0)
_TEXT: Final = Style(8.5)
_SMALL: Final = Style(7.0, "#555555")
_NUMBER: Final = Style(8.5, "#ffffff")
_NAME: Final = Style(6.0, "#555555", halo="white")
_ACCENT: Final = "#12356b"
_HOW: Final = (
    "站在路口中央，等手机定位稳定后记下经纬度；注明所用坐标系"
    "（手机定位为 WGS84，高德、腾讯地图为 GCJ-02，百度为 BD-09）"
)
_COLUMNS: Final = (
    ("序", 0.0),
    ("路口", 8.0),
    ("大致位置（WGS84）", 68.0),
    ("偏差", 106.0),
    ("实测经度、纬度", 124.0),
    ("时间", 168.0),
)


def survey_sheet(parcels: Parcels, plan: Plan) -> bytes:
    """Draw a plan as PDF on A4.

    Parameters
    ----------
    parcels : Parcels
    plan : Plan
        In the order in which it is to be walked.

    Raises
    ------
    MapError
        It has no crossing, or more than `MOST`.
    """
    count = len(plan.crossings)
    if not 0 < count <= MOST:
        raise MapError(f"the plan has {count} crossings; a sheet has room for 1 to {MOST}")
    canvas = Canvas(width_mm=_PAPER_MM[0], height_mm=_PAPER_MM[1])
    top = _PAPER_MM[1] - _EDGE_MM
    title = f"{parcels.edition.city}界线观测计划"
    canvas.text(title, _TITLE, (_EDGE_MM, top - 4.0))
    best = max(one.settled for one in plan.crossings)
    told = f"现在有把握的占 {plan.settled:.0%}，全部观测之后预计 {best:.0%}（概率 0.95 以上）"
    canvas.text(told, _TEXT, (_EDGE_MM, top - 11.0))
    canvas.text(_HOW, _SMALL, (_EDGE_MM, top - 16.0))
    table_mm = (count + 1) * _ROW_MM
    foot = _EDGE_MM + table_mm + _FOOT_MM
    _draw_map(canvas, parcels, plan, (_EDGE_MM, foot, _WIDTH_MM, top - _HEAD_MM - foot))
    _draw_table(canvas, plan, _EDGE_MM + table_mm + 4.0)
    if parcels.attribution:
        canvas.text(parcels.attribution, _SMALL, (_EDGE_MM, _EDGE_MM - 4.0))
    return canvas_bytes(canvas, title, "pdf")


def _draw_map(
    canvas: Canvas, parcels: Parcels, plan: Plan, room: tuple[float, float, float, float]
) -> None:
    """Draw lines and crossings into a room of left, bottom, width and height in mm."""
    left, bottom, width, height = room
    crs = parcels.metric_crs
    lines = boundary_lines(parcels.regions, parcels.spellings)
    lines_m = [metric(line.geometry, crs) for line in lines]
    lon = np.array([one.lon for one in plan.crossings])
    lat = np.array([one.lat for one in plan.crossings])
    places_m = np.stack(from_wgs84(lon=lon, lat=lat, crs=crs), axis=1)
    shown_m = shapely.union_all([*lines_m, shapely.multipoints(places_m)])
    west, south, east, north = shown_m.bounds
    factor = 0.96 * min(width / (east - west), height / (north - south))
    middle_m = ((west + east) / 2, (south + north) / 2)
    middle = (left + width / 2, bottom + height / 2)

    def placed(geometry: shapely.Geometry) -> shapely.Geometry:
        moved = affinity.translate(geometry, middle[0] - middle_m[0], middle[1] - middle_m[1])
        return affinity.scale(moved, factor, factor, origin=middle)

    canvas.box(
        (left, bottom, left + width, bottom + height),
        zorder=1,
        facecolor="none",
        edgecolor="#999999",
        linewidth=0.5,
    )
    at = [placed(shapely.Point(place_m)) for place_m in places_m.tolist()]
    marked = {name for one in plan.crossings for name in one.lines}
    for line, line_m in zip(lines, lines_m, strict=True):
        drawn = placed(line_m)
        is_marked = line.name in marked
        colour = INK if is_marked else "#bbbbbb"
        canvas.strokes(drawn, zorder=2, edgecolor=colour, linewidth=0.8 if is_marked else 0.4)
        if is_marked:
            _draw_name(canvas, line.name, drawn, at)
    order: FloatArray = np.array([[one.x, one.y] for one in at])
    canvas.stroke(order, zorder=3, edgecolor=_ACCENT, linewidth=0.8, linestyle=(0, (1.0, 2.0)))
    for number, one in enumerate(at, start=1):
        canvas.fill(one.buffer(2.4), zorder=8.5, facecolor=_ACCENT, edgecolor="white")
        canvas.text(f"{number}", _NUMBER, (one.x, one.y), align=0.5)


def _draw_name(
    canvas: Canvas, name: str, drawn: shapely.Geometry, crossings: Sequence[shapely.Point]
) -> None:
    """Write a line's name at that end of it which is farther from the crossings."""
    numbers = shapely.multipoints(crossings)
    parts = shapely.get_parts(shapely.line_merge(drawn))
    ends = [shapely.Point(part.coords[end]) for part in parts for end in (0, -1)]
    end = max(ends, key=lambda one: one.distance(numbers))
    canvas.text(name, _NAME, (end.x, end.y), align=0.5)


def _draw_table(canvas: Canvas, plan: Plan, top: float) -> None:
    rows = [
        (
            f"{number}",
            " × ".join(one.lines),
            f"{one.lon:.4f}, {one.lat:.4f}",
            f"±{one.radius_m / 1000:.1f} km",
        )
        for number, one in enumerate(plan.crossings, start=1)
    ]
    y = top - _ROW_MM / 2
    for heading, x in _COLUMNS:
        canvas.text(heading, _SMALL, (_EDGE_MM + x, y))
    for row in rows:
        y -= _ROW_MM
        rule = [(_EDGE_MM, y + _ROW_MM / 2), (_EDGE_MM + _WIDTH_MM, y + _ROW_MM / 2)]
        canvas.stroke(rule, zorder=7, edgecolor="#999999", linewidth=0.3)
        for text, (_, x), (_, end) in zip(row, _COLUMNS, _COLUMNS[1:], strict=False):
            canvas.text(text, _fitting(text, end - x - 2.0), (_EDGE_MM + x, y))


def _fitting(text: str, room_mm: float) -> Style:
    """Return the style of a cell, smaller for a text that would run into the next."""
    too_wide = max(width_mm(text, _TEXT.size_pt) / room_mm, 1.0)
    return Style(_TEXT.size_pt / too_wide)
