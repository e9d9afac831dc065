"""The map on a certificate: the place, its regions by use, and the lines around it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from geo.crs import from_wgs84, metric, to_wgs84
from geo.network.boundary_lines import boundary_lines
from geo.symbology import ACCENTS, INK, LINE_SIGNS, RAMPS, accuracy_sign
from maps.sheet.canvas import Canvas, Style
from maps.sheet.draw import canvas_bytes
from maps.sheet.fonts import width_mm
from maps.sheet.labels import Along, place_along, place_beside, place_inside, rectangle
from maps.sheet.names import name_size_mm, write_along
from maps.sheet.scale_bar import scale_text
from maps.sheet.symbols import draw_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.model import Region
    from geo.network.boundary_lines import BoundaryLine
    from geo.parcels import Parcels

WIDTH_MM: Final = 98.0
HEIGHT_MM: Final = 74.0
_FRAME: Final = shapely.box(0.3, 0.3, WIDTH_MM - 0.3, HEIGHT_MM - 0.3)
_INNER: Final = _FRAME.buffer(-1.0)
_MARGIN_MM: Final = 9.0  # between what must be seen and the frame
_SCALES: Final = tuple(k * 10**n for n in (3, 4, 5) for k in (5, 7.5, 10, 12.5, 15, 20, 25, 30, 40))
_SIGNS_TO: Final = 60_000  # beyond this scale lines are too dense for their signs
_PLAIN: Final = "#6f6f6f"
_BAND_MM: Final = 1.3
_ROAD_MM: Final = 0.6  # half of a road, beside which bands begin
_RED: Final = "#b3261e"
_LABEL_PT: Final = 7.5
_NAME_PT: Final = 7.0
_QUIET_PT: Final = 6.0
_ERROR: Final = Style(5.6, "#7a4a46")
_ONCE_MM: Final = 1000.0  # between two names of a line: each is there once
_SAME_COURSE_MM: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """What is shown.

    Attributes
    ----------
    parcels : Parcels
        The edition.
    regions : tuple of Region
        The likeliest of each use, or the nearest.
    others : tuple of Region
        Those that may hold the place instead; dashed.
    place : tuple of (float, float) or None
        Longitude and latitude, WGS84; None where a region alone is meant.
    radius_m : float
        Within which the place is; 0 where it is exact.
    """

    parcels: Parcels
    regions: tuple[Region, ...]
    others: tuple[Region, ...] = ()
    place: tuple[float, float] | None = None
    radius_m: float = 0.0


@dataclass(frozen=True, slots=True)
class ExtractMap:
    """A map, ready to be set.

    Attributes
    ----------
    svg : bytes
        With text as text, without the font.
    scale : int
        Denominator.
    shows_place : bool
        False for a place that is too far away from all regions.
    """

    svg: bytes
    scale: int
    shows_place: bool


def draw_extract(extract: Extract) -> ExtractMap:
    """Draw a map of `WIDTH_MM` by `HEIGHT_MM`, the same bytes for the same place.

    Raises
    ------
    MissingGlyphError
        The font lacks a character of a line's name.
    """
    drawn = _Drawing(extract)
    drawn.draw()
    svg = canvas_bytes(drawn.canvas, "map", "svg", with_font=False)
    return ExtractMap(svg, drawn.scale, drawn.place is not None)


class _Drawing:
    def __init__(self, extract: Extract) -> None:
        self.canvas = Canvas(width_mm=WIDTH_MM, height_mm=HEIGHT_MM)
        self._extract = extract
        self._crs = extract.parcels.metric_crs
        self.place: shapely.Point | None = None
        ground_m = [metric(region.polygon, self._crs) for region in extract.regions]
        seen = shapely.union_all(ground_m)
        if extract.place is not None:
            lon, lat = extract.place
            place_m = shapely.Point(from_wgs84(lon=lon, lat=lat, crs=self._crs))
            around = place_m.buffer(max(extract.radius_m, 150.0))
            both = shapely.union_all([seen, around])
            if np.isfinite(shapely.get_coordinates(place_m)).all() and _scale(both) is not None:
                self.place, seen = place_m, both
        self.scale = int(_scale(seen) or _SCALES[-1])
        self._factor = 1000.0 / self.scale
        west, south, east, north = seen.bounds
        middle = np.array([(west + east) / 2, (south + north) / 2])
        self._shift = np.array([WIDTH_MM / 2, HEIGHT_MM / 2]) - middle * self._factor
        self._taken: list[shapely.Geometry] = []
        if self.place is not None:
            self.place = self._on_paper(self.place)
            self._taken.append(self.place.buffer(2.2))

    def draw(self) -> None:
        """Draw everything; labels take their places in order of importance."""
        extract, canvas = self._extract, self.canvas
        near = self._near()
        every = boundary_lines(near, extract.parcels.spellings)
        own = {line.name: line for line in self._lines_of(extract.regions)}
        courses = [(line, self._paper(line.geometry).intersection(_FRAME)) for line in every]
        for number, region in enumerate(extract.regions):
            self._draw_band(region, number)
        for region in extract.others:
            self._draw_other(region)
        for line, course in courses:
            sign = accuracy_sign(own.get(line.name, line).accuracy_m)
            for part in _lines(course):
                points = shapely.get_coordinates(part)
                if self.scale <= _SIGNS_TO:
                    draw_line(canvas, points, line.kind, sign)
                else:
                    pen = 1.2 if line.name in own else 0.6
                    canvas.stroke(points, zorder=4, edgecolor=_PLAIN, linewidth=pen)
        self._draw_place()
        self._draw_scale()
        for region in extract.regions:
            self._label(region)
        for line, course in sorted(courses, key=lambda one: one[0].name not in own):
            rest = [other for _, other in courses]
            self._name(line, own.get(line.name), course, rest)
        canvas.fill(
            shapely.box(0, 0, WIDTH_MM, HEIGHT_MM).difference(_FRAME.buffer(-0.01)),
            zorder=10,
            facecolor="white",
            edgecolor="none",
        )
        canvas.box(_FRAME.bounds, zorder=11, facecolor="none", edgecolor=INK, linewidth=0.7)

    def _on_paper(self, point_m: shapely.Point) -> shapely.Point:
        return shapely.Point(shapely.get_coordinates(point_m)[0] * self._factor + self._shift)

    def _paper(self, geometry: Any) -> Any:  # noqa: ANN401
        """Bring a WGS84 geometry onto the paper, in mm."""
        return shapely.transform(
            metric(geometry, self._crs), lambda m: m * self._factor + self._shift
        )

    def _near(self) -> list[Region]:
        """Return the regions that the map shows a part of."""
        corners_m = (shapely.get_coordinates(_FRAME) - self._shift) / self._factor
        lon, lat = to_wgs84(lon=corners_m[:, 0], lat=corners_m[:, 1], crs=self._crs)
        frame = shapely.box(np.min(lon), np.min(lat), np.max(lon), np.max(lat))
        regions = self._extract.parcels.regions
        seen = shapely.intersects([region.polygon for region in regions], frame)
        return [region for region, is_seen in zip(regions, seen, strict=True) if is_seen]

    def _lines_of(self, regions: Sequence[Region]) -> tuple[BoundaryLine, ...]:
        return boundary_lines(regions, self._extract.parcels.spellings)

    def _draw_band(self, region: Region, number: int) -> None:
        """Draw a band inside the edge of a region, those of several uses beside each other."""
        area = self._paper(region.polygon)
        outer = area.buffer(-_ROAD_MM - number * (_BAND_MM + 0.25), join_style="mitre")
        band = outer.difference(outer.buffer(-_BAND_MM, join_style="mitre")).intersection(_FRAME)
        colour = RAMPS[region.use.colours][3]
        for part in _polygons(band):
            self.canvas.fill(part, zorder=1 + number / 10, facecolor=colour, edgecolor="none")

    def _draw_other(self, region: Region) -> None:
        edge = self._paper(region.polygon).buffer(-_ROAD_MM - 0.4, join_style="mitre").boundary
        self.canvas.strokes(
            shapely.line_merge(edge.intersection(_FRAME)),
            zorder=1.8,
            edgecolor=ACCENTS[region.use.colours],
            linewidth=0.8,
            linestyle=(0, (4, 2.5)),
        )

    def _draw_place(self) -> None:
        if self.place is None:
            return
        x, y = self.place.x, self.place.y
        radius = self._extract.radius_m * self._factor
        if radius > 0:
            self.canvas.strokes(
                self.place.buffer(radius, quad_segs=32).boundary.intersection(_FRAME),
                zorder=6,
                edgecolor=_RED,
                linewidth=0.9,
                linestyle=(0, (3, 2)),
            )
        for size, pen, colour, level in ((1.7, 2.6, "white", 9.1), (1.7, 1.1, _RED, 9.2)):
            self.canvas.strokes(
                self.place.buffer(size).boundary, zorder=level, edgecolor=colour, linewidth=pen
            )
            arms = [
                [(x + a * dx, y + a * dy) for a in (1.1, 2.9)]
                for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1))
            ]
            self.canvas.strokes(
                shapely.MultiLineString(arms), zorder=level, edgecolor=colour, linewidth=pen
            )
        self.canvas.fill(
            self.place.buffer(0.4), zorder=9.3, facecolor=_RED, edgecolor="white", linewidth=0.4
        )

    def _draw_scale(self) -> None:
        """Draw a scale bar in the lower left corner, and north in the upper right."""
        step_m = _round_m(22.0 / self._factor)
        length, left, bottom = step_m * self._factor, 3.0, 3.0
        style = Style(6.5)
        text = f"{step_m / 1000:g} km" if step_m >= 1000 else f"{step_m:g} m"
        told = left + max(length, width_mm(text, style.size_pt)) + 2.5
        wide = told - left + width_mm(scale_text(self.scale), style.size_pt)
        room = shapely.box(left - 1.5, bottom - 1.2, left + wide + 1.5, bottom + 4.6)
        self.canvas.fill(room, zorder=7, facecolor="white", edgecolor="none")
        self.canvas.box(
            (left, bottom, left + length, bottom + 0.7),
            zorder=8,
            facecolor=INK,
            edgecolor="none",
        )
        self.canvas.text(text, style, (left, bottom + 2.8))
        self.canvas.text(scale_text(self.scale), style, (told, bottom + 2.8))
        x, foot = WIDTH_MM - 5.0, HEIGHT_MM - 9.0
        around = shapely.box(x - 3.2, foot - 1.0, x + 3.2, HEIGHT_MM - 0.3)
        self.canvas.fill(around, zorder=7, facecolor="white", edgecolor="none")
        arrow = shapely.Polygon([(x, foot + 5.0), (x - 1.5, foot), (x, foot + 1.2)])
        other = shapely.Polygon([(x, foot + 5.0), (x + 1.5, foot), (x, foot + 1.2)])
        for half, colour in ((arrow, INK), (other, "white")):
            self.canvas.fill(half, zorder=8, facecolor=colour, edgecolor=INK, linewidth=0.4)
        self.canvas.text("N", Style(6.5), (x, foot + 6.8), align=0.5)
        self._taken += [room.buffer(0.5), around.buffer(0.5)]

    def _label(self, region: Region) -> None:
        """Write code and price into a region, or beside it if it has no room for them."""
        code = self._extract.parcels.edition.short_code(region.code)
        text = f"{code} {region.record.ground_price_cny_m2}"
        style = Style(_LABEL_PT, ACCENTS[region.use.colours], halo="white")
        width, height = width_mm(text, _LABEL_PT), style.height_mm
        area = self._paper(region.polygon).intersection(_INNER)
        for room in (4.5, 2.0, 0.8):
            middle = place_inside(area.buffer(-room), width, height, self._taken)
            if middle is not None:
                self.canvas.text(text, style, (middle.x, middle.y), align=0.5)
                outline = rectangle(middle.x, middle.y, width, height)
                self._taken.append(outline.buffer(0.8))
                return
        width, height = width + 1.6, height + 1.2
        beside = place_beside(self._paper(region.polygon), width, height, self._taken, _INNER)
        if beside is not None:
            middle, leader = beside
            outline = rectangle(middle.x, middle.y, width, height)
            self.canvas.stroke(leader.coords, zorder=7, edgecolor=style.colour, linewidth=0.5)
            self.canvas.fill(
                outline, zorder=7, facecolor="white", edgecolor=style.colour, linewidth=0.5
            )
            self.canvas.text(text, Style(_LABEL_PT, style.colour), (middle.x, middle.y), align=0.5)
            self._taken.append(outline.buffer(0.8))

    def _name(
        self,
        line: BoundaryLine,
        own: BoundaryLine | None,
        course: shapely.Geometry,
        every: Sequence[shapely.Geometry],
    ) -> None:
        """Write a line's name on it, with its possible error if it bounds a shown region."""
        if own is None and self.scale > _SIGNS_TO:
            return
        colour = LINE_SIGNS[line.kind].name_colour if own else "#808080"
        style = Style(_NAME_PT if own else _QUIET_PT, colour)
        same = course.buffer(_SAME_COURSE_MM)
        crossing = [rest for one in every if not (rest := one.difference(same)).is_empty]
        parts = sorted(_lines(course.intersection(_INNER)), key=lambda one: -one.length)
        length, height = name_size_mm(line.name, style)
        for error in ([f"±{own.accuracy_m:.0f} m"] if own else []) + [""]:
            tail = width_mm(error, _ERROR.size_pt) + 1.0 if error else 0.0
            for part in parts:
                taken = [*self._taken, *crossing]
                whole = length + tail + 1.0
                for place in place_along(part, whole, height, taken, spacing=_ONCE_MM):
                    self._write(line.name, style, error, place, (length, tail))
                    return

    def _write(
        self, name: str, style: Style, error: str, place: Along, sizes: tuple[float, float]
    ) -> None:
        """Write a name, and behind it by how much its line may be off."""
        length, tail = sizes
        angle = math.radians(place.rotation_deg)
        along = np.array([math.cos(angle), math.sin(angle)])
        if abs(place.rotation_deg) > 45.0 and along[1] > 0:
            along = -along  # a name that runs down a steep line begins above
        ground = rectangle(place.x, place.y, length + tail, style.height_mm, place.rotation_deg)
        self.canvas.fill(ground, zorder=7, facecolor="white", edgecolor="none")
        self._taken.append(ground.buffer(0.5))
        x, y = (place.x, place.y) - along * tail / 2
        write_along(self.canvas, name, style, place._replace(x=x, y=y))
        if error:
            x, y = (place.x, place.y) + along * (length + 1.0) / 2
            self.canvas.text(error, _ERROR, (x, y), align=0.5, rotation_deg=place.rotation_deg)


def _scale(ground_m: shapely.Geometry) -> float | None:
    """Return the largest scale at which ground has room; None if there is none."""
    west, south, east, north = ground_m.bounds
    needed = 1000 * max(
        (east - west) / (WIDTH_MM - 2 * _MARGIN_MM), (north - south) / (HEIGHT_MM - 2 * _MARGIN_MM)
    )
    return next((scale for scale in _SCALES if scale >= needed), None)


def _round_m(longest_m: float) -> float:
    power = 10.0 ** math.floor(math.log10(longest_m))
    return max(step * power for step in (1, 2, 5) if step * power <= longest_m)


def _lines(geometry: shapely.Geometry) -> list[shapely.LineString]:
    parts = shapely.get_parts(shapely.line_merge(geometry) if geometry.geom_type != "Point" else [])
    return [part for part in parts if part.geom_type == "LineString" and part.length > 0.5]


def _polygons(geometry: shapely.Geometry) -> list[shapely.Polygon]:
    return [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"]
