"""The map on a sheet: regions, lines, standard parcels, and their labels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon

from geo.build.checks import overlaps
from geo.crs import metric
from geo.model import Placement
from geo.network.boundary_lines import boundary_lines
from geo.symbology import LINE_SIGNS, accuracy_sign
from maps.errors import MapError
from maps.sheet.base import draw_base
from maps.sheet.canvas import Style
from maps.sheet.fonts import width_mm
from maps.sheet.labels import place_along, place_beside, place_inside, rectangle
from maps.sheet.names import name_size_mm, write_along
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

    from geo.model import Region
    from geo.network.boundary_lines import BoundaryLine
    from geo.parcels import Parcels
    from geo.symbology import PriceClasses
    from maps.basemap import Shape
    from maps.sheet.canvas import Canvas
    from maps.sheet.layout import Layout

# Code and price inside a region, and the room they need around them in mm: the first that fits.
_LABEL_SIZES: Final = (
    (Style(10.0), Style(18.0), 4.0),
    (Style(8.5), Style(14.0), 2.5),
    (Style(7.0), Style(11.0), 1.2),
)
_LABEL_GAP_MM: Final = 0.7
_BESIDE: Final = Style(8.0)
_PARCEL: Final = Style(8.0)
_SIGN_MM: Final = 4.0  # a parcel's sign stands this far from its crossing, inside its region
_SIGN_RADIUS_MM: Final = 2.0
_NAME_MARGIN_MM: Final = 1.0
_NAME_PT: Final = 10.0
_OTHER_NAME: Final = Style(8.0, "#8a8a8a", halo="white")
_NAME_SPACING_MM: Final = 220.0
_SAME_COURSE_MM: Final = 0.3


@dataclass(frozen=True)
class Label:
    """A label on the map.

    Attributes
    ----------
    text : str
    outline : Polygon
        The rectangle its characters fill, mm from the paper's lower left corner.
    region : str or None
        Code of the region it belongs to; None for the name of a line.
    beside : bool
        It stands beside its region, at the end of a leader line.
    """

    text: str
    outline: Polygon
    region: str | None = None
    beside: bool = False


class SheetMap:
    """The map of one use, drawn onto a canvas.

    Parameters
    ----------
    parcels : Parcels
    regions : sequence of Region
        Those of the use.
    lines : sequence of BoundaryLine
        The lines that bound them.
    layout : Layout
    scale : int
        Denominator; the paper is Gauss-Kruger at this scale, moved by the layout's shift.
    panel : Polygon
        The part of the paper that the panel takes, mm.
    base : sequence of Shape
        A base map, from the lowest up.

    Attributes
    ----------
    areas : dict of str to Polygon
        Where each region lies on the paper in mm, by code.
    lines : list of (BoundaryLine, MultiLineString)
        The lines that bound the regions, and where they run on the paper in mm.
    labels : list of Label
    """

    def __init__(
        self,
        parcels: Parcels,
        regions: Sequence[Region],
        lines: Sequence[BoundaryLine],
        layout: Layout,
        *,
        scale: int,
        panel: Polygon,
        base: Sequence[Shape],
    ) -> None:
        self._parcels = parcels
        self._crs = parcels.metric_crs
        self._regions = regions
        self._layout = layout
        self._scale = scale
        self._panel, self._base = panel, base
        self.areas = {region.code: self._paper(region.polygon) for region in regions}
        self.lines = self._on_paper(lines)
        self.labels: list[Label] = []
        self._taken: list[shapely.Geometry] = [panel]

    def draw(self, canvas: Canvas, classes: PriceClasses) -> None:
        """Draw everything; labels take their places in order of importance.

        Raises
        ------
        MapError
            A region's label has no place.
        """
        free = self._layout.frame.difference(self._panel)
        draw_base(canvas, self._base, self._paper, free)
        others = self._other_lines()
        for _, course in others:
            for part in course.geoms:
                draw_other_line(canvas, shapely.get_coordinates(part))
        self._draw_regions(canvas, classes)
        for line, course in self.lines:
            for part in course.geoms:
                points, sign = shapely.get_coordinates(part), accuracy_sign(line.accuracy_m)
                draw_line(canvas, points, line.kind, sign)
        signs = self._draw_parcels(canvas)
        small = [region for region in self._regions if not self._label_inside(canvas, region)]
        for region in small:
            self._label_beside(canvas, region)
        for region, sign in signs:
            self._name_parcel(canvas, region, sign)
        for line, course in self.lines:
            style = Style(_NAME_PT, LINE_SIGNS[line.kind].name_colour, halo="white")
            self._name_line(canvas, line, course, style)
        for line, course in others:
            self._name_line(canvas, line, course, _OTHER_NAME)

    def _paper(self, geometry: Any) -> Any:  # noqa: ANN401
        """Bring a WGS84 geometry onto the paper, in mm."""
        shift = np.array(self._layout.shift_mm)
        return shapely.transform(
            metric(geometry, self._crs), lambda m: m * (1000.0 / self._scale) + shift
        )

    def _on_paper(
        self, lines: Sequence[BoundaryLine]
    ) -> list[tuple[BoundaryLine, shapely.MultiLineString]]:
        return [(line, self._paper(line.geometry)) for line in lines]

    def _other_lines(self) -> list[tuple[BoundaryLine, shapely.MultiLineString]]:
        """Return lines that bound regions of other uses only, outside these regions."""
        own = shapely.union_all([*self.areas.values(), self._panel])
        covered = own.union(
            shapely.union_all([course for _, course in self.lines]).buffer(_SAME_COURSE_MM)
        )
        every = self._on_paper(boundary_lines(self._parcels.regions, self._parcels.spellings))
        shown = []
        for line, course in every:
            visible = course.intersection(self._layout.frame).difference(covered)
            parts = [p for p in shapely.get_parts(shapely.line_merge(visible)) if p.length > 1.0]
            if parts:
                shown.append((line, shapely.MultiLineString(parts)))
        return shown

    def _draw_regions(self, canvas: Canvas, classes: PriceClasses) -> None:
        for region in self._regions:
            colour = classes.of(region.record.ground_price_cny_m2).colour
            area = self.areas[region.code]
            canvas.fill(area, zorder=1, facecolor=colour, edgecolor="none")
            if region.placement is Placement.FREE:
                draw_hatch(canvas, area, FREE_HATCH, zorder=2)
        for one, two, _ in overlaps(self._regions):
            shared = self.areas[one].intersection(self.areas[two])
            for part in shapely.get_parts(shared):
                draw_hatch(canvas, part, OVERLAP_HATCH, zorder=2)

    def _label_inside(self, canvas: Canvas, region: Region) -> bool:
        """Write code and price into a region, as large as it has room for."""
        code = self._parcels.edition.short_code(region.code)
        price = str(region.record.ground_price_cny_m2)
        ground = self._own_ground(region)
        for code_style, price_style, room in _LABEL_SIZES:
            width = max(width_mm(code, code_style.size_pt), width_mm(price, price_style.size_pt))
            height = code_style.height_mm + _LABEL_GAP_MM + price_style.height_mm
            middle = place_inside(ground.buffer(-room), width, height, self._taken)
            if middle is None:
                continue
            outline = rectangle(middle.x, middle.y, width, height)
            _, bottom, _, top = outline.bounds
            for text, style, y in (
                (code, code_style, top - code_style.height_mm / 2),
                (price, price_style, bottom + price_style.height_mm / 2),
            ):
                canvas.text(text, style, (middle.x, y), align=0.5)
            self._take(Label(f"{code} {price}", outline, region.code))
            return True
        return False

    def _label_beside(self, canvas: Canvas, region: Region) -> None:
        """Write code and price beside a region, at the end of a leader line."""
        text = (
            f"{self._parcels.edition.short_code(region.code)} {region.record.ground_price_cny_m2}"
        )
        width, height = width_mm(text, _BESIDE.size_pt) + 1.0, _BESIDE.height_mm + 1.0
        area, frame = self.areas[region.code], self._layout.frame
        taken = [*self._taken, *(course for _, course in self.lines)]
        # Outside every region if there is room, for in another it could be taken for that one's.
        place = place_beside(
            area, width, height, [*taken, *self.areas.values()], frame
        ) or place_beside(area, width, height, taken, frame)
        if place is None:
            raise MapError(
                f"{region.code}: its label has no place on the sheet; take a larger scale than"
                f" 1:{self._scale}"
            )
        middle, leader = place
        outline = rectangle(middle.x, middle.y, width, height)
        canvas.fill(outline, zorder=7, facecolor="#ffffffd0", edgecolor="#555555", linewidth=0.4)
        canvas.stroke(leader.coords, zorder=7, edgecolor="#555555", linewidth=0.5)
        canvas.text(text, _BESIDE, (middle.x, middle.y), align=0.5)
        self._take(Label(text, outline, region.code, beside=True))

    def _own_ground(self, region: Region) -> Polygon | MultiPolygon:
        """Return the part of a region that it shares with no other."""
        area = self.areas[region.code]
        others = [
            other
            for code, other in self.areas.items()
            if code != region.code and area.relate_pattern(other, "T********")
        ]
        return area.difference(shapely.union_all(others))

    def _draw_parcels(self, canvas: Canvas) -> list[tuple[Region, shapely.Point]]:
        """Mark standard parcels beside the crossings they lie at, inside their regions."""
        signs = []
        for region in self._regions:
            if region.parcel_crossing is None:
                continue
            inner = self.areas[region.code].buffer(-_SIGN_MM / math.sqrt(2), join_style="mitre")
            crossing = self._paper(shapely.Point(region.parcel_crossing))
            place = shapely.shortest_line(inner, crossing)
            if place is None:
                continue  # a region too small for a sign
            sign = shapely.Point(place.coords[0])
            ground = sign.buffer(_SIGN_RADIUS_MM)
            if not any(ground.intersects(taken) for taken in self._taken):
                draw_crossing(canvas, sign.x, sign.y)
                self._taken.append(ground)
                signs.append((region, sign))
        return signs

    def _name_parcel(self, canvas: Canvas, region: Region, sign: shapely.Point) -> None:
        """Write a standard parcel's name beside its sign, if there is room in the region."""
        text, x, y = region.record.standard_parcel or "", sign.x, sign.y
        width, height = width_mm(text, _PARCEL.size_pt), _PARCEL.height_mm
        area = self.areas[region.code].buffer(-_NAME_MARGIN_MM)
        aside, above = 3.0 + width / 2, 1.0 + _SIGN_RADIUS_MM + height / 2
        beside = [(x + s * aside, y + up) for up in (0.0, 1.5, -1.5, 3.0, -3.0) for s in (1, -1)]
        for at in (*beside, (x, y + above), (x, y - above)):
            outline = rectangle(*at, width, height)
            if area.contains(outline) and not any(outline.intersects(t) for t in self._taken):
                canvas.text(text, _PARCEL, at, align=0.5)
                self._take(Label(text, outline, region.code))
                return

    def _name_line(
        self, canvas: Canvas, line: BoundaryLine, course: shapely.MultiLineString, style: Style
    ) -> None:
        """Write a line's name on it, off labels and off lines that do not share its course."""
        same = course.buffer(_SAME_COURSE_MM)
        crossing = [
            rest
            for other, other_course in self.lines
            if other.name != line.name and not (rest := other_course.difference(same)).is_empty
        ]
        length, height = name_size_mm(line.name, style)
        for part in course.geoms:
            for place in place_along(
                part,
                length + 2.0,
                height,
                [*self._taken, *crossing],
                spacing=_NAME_SPACING_MM,
            ):
                self._take(Label(line.name, write_along(canvas, line.name, style, place)))

    def _take(self, label: Label) -> None:
        self.labels.append(label)
        self._taken.append(label.outline.buffer(0.5, join_style="mitre"))
