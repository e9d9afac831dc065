"""Gazette sheets: one map on paper for each use, at an exact scale.

What the gazette prints as its Annex 2: regions coloured by ground price, the lines that bound them,
a table, a legend and notes. Everything comes from ``parcels.geojson``.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
import shapely
from shapely import Polygon, affinity

from geo.crs import metric
from geo.network.boundary_lines import boundary_lines
from geo.symbology import INK
from maps.errors import MapError
from maps.sheet.canvas import Canvas
from maps.sheet.content import sheet_panels
from maps.sheet.fonts import font_face_css
from maps.sheet.graticule import draw_frame
from maps.sheet.inset import certainty_inset
from maps.sheet.layout import CLEARANCE_MM, PAPER_SIZES_MM, SCALE, Layout, lay_out
from maps.sheet.map import Label, SheetMap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.crs import Crs
    from geo.model import Region, Use
    from geo.parcels import Parcels
    from geo.symbology import PriceClasses
    from maps.basemap import Shape
    from maps.certainty import CertaintyGrid
    from maps.sheet.blocks import Panel

FORMATS: Final = ("pdf", "svg", "png")
PNG_DPI: Final = 300
_SETTINGS: Final = Lock()  # matplotlib's are of the whole process
_ROUND_SCALES: Final = tuple(k * 10**n for n in range(3, 7) for k in (1, 2, 5))


@dataclass(frozen=True)
class Sheet:
    """A sheet, ready to print.

    Attributes
    ----------
    canvas : Canvas
    layout : Layout
    title : str
    areas : dict of str to Polygon
        Where each region lies on the paper by code, mm from the lower left corner.
    labels : tuple of Label
    """

    canvas: Canvas
    layout: Layout
    title: str
    areas: dict[str, Polygon]
    labels: tuple[Label, ...]


def draw_sheet(
    parcels: Parcels,
    use: Use,
    classes: PriceClasses,
    *,
    scale: int = SCALE,
    size: str | None = None,
    base: Sequence[Shape] = (),
    certainty: CertaintyGrid | None = None,
) -> Sheet:
    """Draw the sheet of one use.

    Parameters
    ----------
    parcels : Parcels
    use : Use
    classes : PriceClasses
        Price classes of that use.
    scale : int
        Denominator of the scale.
    size : str or None
        ISO A size of the paper; None for the smallest that holds the map.
    base : sequence of Shape, optional
        A base map of the city, see `maps.basemap`.
    certainty : CertaintyGrid, optional
        How sure the map is, for an inset.

    Raises
    ------
    MapError
        The scale is not positive, the edition has no region of that use, there is no such paper or
        it does not hold the map, or a label has no place.
    MissingGlyphError
        The font lacks a character.
    """
    if scale <= 0:
        raise MapError(f"scale is {scale}; it must be a positive whole number, such as {SCALE}")
    regions = [region for region in parcels.regions if region.use == use]
    if not regions:
        raise MapError(f"the edition has no {use} regions to draw")
    lines = boundary_lines(regions, parcels.spellings)
    inset = None if certainty is None else certainty_inset(certainty, regions, parcels.metric_crs)
    panels = sheet_panels(
        parcels, regions, lines, classes, scale=scale, with_base=bool(base), inset=inset
    )
    layout = _lay_out(regions, panels, parcels.metric_crs, scale=scale, size=size)
    panel = panels[layout.panel]
    left, top = layout.panel_corner_mm
    canvas = Canvas(width_mm=layout.width_mm, height_mm=layout.height_mm)
    place = shapely.box(left, top - panel.height_mm, left + panel.width_mm, top)
    around = place.buffer(CLEARANCE_MM / 2, join_style="mitre")
    drawn = SheetMap(parcels, regions, lines, layout, scale=scale, panel=around, base=base)
    drawn.draw(canvas, classes)
    draw_frame(canvas, layout, scale=scale, crs=parcels.metric_crs)
    # Framed, so that lines which go on behind it are seen to.
    canvas.fill(around, zorder=0.3, facecolor="white", edgecolor=INK, linewidth=0.8)
    panel.draw(canvas, left, top)
    title = parcels.edition.map_title.replace("{use}", use.label)
    return Sheet(canvas, layout, title, drawn.areas, tuple(drawn.labels))


def sheet_bytes(sheet: Sheet, fmt: str) -> bytes:
    """Return a sheet as a file, see `canvas_bytes`."""
    return canvas_bytes(sheet.canvas, sheet.title, fmt)


def canvas_bytes(canvas: Canvas, title: str, fmt: str, *, with_font: bool = True) -> bytes:
    """Return paper as a file, the same bytes for the same drawing.

    Parameters
    ----------
    canvas : Canvas
    title : str
    fmt : {"pdf", "svg", "png"}
        Text stays text in PDF and SVG, with the font embedded; PNG has `PNG_DPI` dots an inch.
    with_font : bool, optional
        Whether SVG is to have the font; what it is put into may have it already.
    """
    buffer = BytesIO()
    settings: Any = {
        # The font has PostScript outlines, which matplotlib would embed as TrueType, against the
        # standard; as Type 3 they are right.
        "pdf.fonttype": 3,
        "svg.fonttype": "none",
        "svg.hashsalt": title,
    }
    # No time of making: the sheet's date is its edition's.
    dateless = {"pdf": {"CreationDate": None}, "svg": {"Date": None}, "png": {}}[fmt]
    with _SETTINGS, mpl.rc_context(settings):
        canvas.figure.savefig(
            buffer, format=fmt, dpi=PNG_DPI, metadata={"Title": title, **dateless}
        )
    if fmt != "svg" or not with_font:
        return buffer.getvalue()
    style = f"<style>{font_face_css(canvas.texts())}</style>"
    return buffer.getvalue().replace(b"<defs>", f"<defs>{style}".encode(), 1)


def _lay_out(
    regions: Sequence[Region], panels: Sequence[Panel], crs: Crs, *, scale: int, size: str | None
) -> Layout:
    ground_m = shapely.union_all([metric(region.polygon, crs) for region in regions])
    offered = [(panel.width_mm, panel.height_mm) for panel in panels]
    sizes = [size] if size else list(PAPER_SIZES_MM)

    def lay_out_at(scale: int) -> Layout | None:
        paper_mm = affinity.scale(ground_m, 1000 / scale, 1000 / scale, origin=(0, 0))
        return lay_out(paper_mm, offered, sizes)

    layout = lay_out_at(scale)
    if layout is not None:
        return layout
    west, south, east, north = (1000 / scale * edge for edge in ground_m.bounds)
    message = (
        f"at 1:{scale} the regions take {east - west:.0f} × {north - south:.0f} mm, which"
        f" {sizes[-1]} does not hold beside the panel"
    )
    fitting = next((other for other in _ROUND_SCALES if other > scale and lay_out_at(other)), None)
    if fitting is not None:
        message += f"; 1:{fitting} would do"
    raise MapError(message)
