"""DXF for CAD: outlines, lines and text in metres, x the easting.

Written as AutoCAD 2004 reads it, in GBK, which the file states as its code page: Chinese CAD
programs and GDAL, and so QGIS, read that. UTF-8, which AutoCAD 2007 allows, comes out of GDAL as
gibberish. GDAL's own writer cannot place text from here, so ezdxf writes the file.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

import ezdxf
import shapely
from ezdxf.enums import TextEntityAlignment

from geo.errors import ExportError
from geo.exports.layers import LINES_LAYER, all_layers
from geo.exports.notes import notes_of, notes_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ezdxf.document import Drawing
    from ezdxf.entities.dxfgfx import DXFGraphic
    from ezdxf.layouts.layout import Modelspace

    from geo.exports.layers import Layer
    from geo.exports.notes import Note
    from geo.parcels import Parcels

APPLICATION: Final = "LANDPRICE"
"""Under which every entity carries its record as extended data, one ``name=value`` a field."""
NOTES_LAYER: Final = "notes"
TEXT_SUFFIX: Final = "_text"
"""Suffix of the layer that holds a layer's text."""

_VERSION: Final = "R2004"
_METRES: Final = 6
_TEXT_STYLE: Final = "landprice"
_FONT: Final = ("simsun.ttc", "SimSun")  # every Chinese Windows has it
_TEXT_HEIGHT_M: Final = 50.0  # 2.5 mm on a 1:20 000 sheet
_NAME_HEIGHT_M: Final = 40.0
_LINE_SPACING_M: Final = 1.2 * _TEXT_HEIGHT_M
"""Between texts of different uses, which may have the same ground."""
_XDATA_TEXT: Final = 1000
_LONGEST_XDATA_BYTES: Final = 255
_ENCODING: Final = "gbk"
# Of AutoCAD's index, as planners colour the uses, but dark enough for white paper too.
_COLOURS: Final = {
    "red": 1,
    "yellow": 42,
    "brown": 34,
    "orange": 30,
    "magenta": 6,
    "purple": 190,
    "blue": 5,
    "green": 3,
    "grey": 8,
}
_OTHER_COLOUR: Final = 7  # black on white, white on black


def dxf_bytes(parcels: Parcels, crs: str) -> bytes:
    """Return an edition as a DXF drawing.

    Parameters
    ----------
    parcels : Parcels
    crs : str
        A projected one, in metres.

    Returns
    -------
    bytes
        The same for the same data. Regions are closed polylines on one layer a use, their short
        codes and prices text on another; the notes are properties of the drawing and text below
        it.

    Raises
    ------
    ExportError
        With code ``value_too_long``, if a text is longer than extended data can hold.
    """
    layers = all_layers(parcels, crs)
    for layer in layers:
        _check_lengths(layer)
    with _undated():
        drawing = _drawing(layers, notes_of(parcels, crs), parcels.edition.short_code)
        for entity_type in sorted(drawing.entitydb.dxf_types_in_use()):
            drawing.classes.add_class(entity_type)  # else in the order of a set, ever another
        text = StringIO()
        drawing.write(text)
        return drawing.encode(text.getvalue())


def _drawing(
    layers: Sequence[Layer], notes: Sequence[Note], short_code: Callable[[str], str]
) -> Drawing:
    drawing = ezdxf.new(_VERSION, units=_METRES)  # type: ignore[attr-defined]
    drawing.encoding = _ENCODING
    drawing.appids.new(APPLICATION)
    style = drawing.styles.add(_TEXT_STYLE, font=_FONT[0])
    style.set_extended_font_data(_FONT[1])
    for note in notes:
        drawing.header.custom_vars.append(note.key, _writable(note.value))
    space = drawing.modelspace()
    for place, layer in enumerate(layers):  # regions of uses come first
        colour = _OTHER_COLOUR if layer.use is None else _COLOURS[layer.use.colours]
        for name, own in ((layer.name, colour), (layer.name + TEXT_SUFFIX, _OTHER_COLOUR)):
            made = drawing.layers.add(name, color=own)
            made.description = layer.title
            if layer.use is not None and layer is not layers[0]:
                made.off()  # one use at a time, for they lie on the same ground
        for row, geometry in zip(layer.rows, layer.geometries, strict=True):
            _draw(space, layer.name, row, geometry)
            _label(space, layer, row, geometry, short_code, line=place)
    drawing.layers.add(NOTES_LAYER)
    west, south, east, _ = shapely.total_bounds([g for layer in layers for g in layer.geometries])
    space.add_mtext(
        _writable(notes_text(notes)),
        {
            "layer": NOTES_LAYER,
            "style": _TEXT_STYLE,
            "char_height": _TEXT_HEIGHT_M,
            "width": east - west,
            "insert": (west, south - 4 * _TEXT_HEIGHT_M),
        },
    )
    return drawing


def _draw(space: Modelspace, name: str, row: Mapping[str, Any], geometry: shapely.Geometry) -> None:
    attributes = {"layer": name}
    if isinstance(geometry, (shapely.Polygon, shapely.MultiPolygon)):
        for ring in shapely.get_rings(shapely.get_parts(geometry)):
            points = shapely.get_coordinates(ring)[:-1]
            _attach(space.add_lwpolyline(points, close=True, dxfattribs=attributes), row)
    elif isinstance(geometry, shapely.MultiLineString):
        for part in geometry.geoms:
            points = shapely.get_coordinates(part)
            _attach(space.add_lwpolyline(points, dxfattribs=attributes), row)
    else:
        [place] = shapely.get_coordinates(geometry)
        _attach(space.add_point(place, attributes), row)


def _label(
    space: Modelspace,
    layer: Layer,
    row: Mapping[str, Any],
    geometry: shapely.Geometry,
    short_code: Callable[[str], str],
    *,
    line: int,
) -> None:
    rotation_deg, height_m = 0.0, _TEXT_HEIGHT_M
    if layer.use is not None:
        text = f"{short_code(row['code'])} {row['ground_price_cny_m2']}"
        place = shapely.get_coordinates(geometry.representative_point())[0]
        place += (0.0, _LINE_SPACING_M * (1 - line))
    elif layer.name == LINES_LAYER:
        text, height_m = _writable(row["name"]), _NAME_HEIGHT_M
        place, rotation_deg = _middle(max(geometry.geoms, key=lambda part: part.length))
    else:
        text, height_m = short_code(row["code"]), _NAME_HEIGHT_M
        place = shapely.get_coordinates(geometry)[0] + (0.0, height_m)
    label = space.add_text(
        text,
        height=height_m,
        rotation=rotation_deg,
        dxfattribs={"layer": layer.name + TEXT_SUFFIX, "style": _TEXT_STYLE},
    )
    label.set_placement(place, align=TextEntityAlignment.MIDDLE_CENTER)


def _middle(line: shapely.LineString) -> tuple[tuple[float, float], float]:
    """Return the middle of a line and its direction there, in degrees and never upside down."""
    before, middle, after = (line.interpolate(part, normalized=True) for part in (0.45, 0.5, 0.55))
    angle_deg = math.degrees(math.atan2(after.y - before.y, after.x - before.x))
    return (middle.x, middle.y), (angle_deg + 90.0) % 180.0 - 90.0


def _attach(entity: DXFGraphic, row: Mapping[str, Any]) -> None:
    entity.set_xdata(APPLICATION, [(_XDATA_TEXT, text) for text in _record(row)])


def _record(row: Mapping[str, Any]) -> list[str]:
    return [_writable(f"{name}={'' if value is None else value}") for name, value in row.items()]


def _writable(text: str) -> str:
    """Return a text without what GBK lacks: rare characters as CAD programs escape them."""
    try:
        text.encode(_ENCODING)
    except UnicodeEncodeError:
        return "".join(map(_writable_character, text.replace("©", "(c)")))
    return text


def _writable_character(character: str) -> str:
    known = character.encode(_ENCODING, errors="ignore")
    return character if known else f"\\U+{ord(character):04X}"


def _check_lengths(layer: Layer) -> None:
    for row in layer.rows:
        for text in _record(row):
            length = len(text.encode(_ENCODING))
            if length > _LONGEST_XDATA_BYTES:
                raise ExportError(
                    f"{text.split('=')[0]} of {next(iter(row.values()))} needs {length} bytes; the"
                    f" extended data of a DXF hold at most {_LONGEST_XDATA_BYTES}: take another"
                    " format",
                    code="value_too_long",
                )


@contextmanager
def _undated() -> Iterator[None]:
    """Have ezdxf write no present time and no random identifier."""
    options = ezdxf.options  # type: ignore[attr-defined]
    before = options.write_fixed_meta_data_for_testing
    options.write_fixed_meta_data_for_testing = True
    try:
        yield
    finally:
        options.write_fixed_meta_data_for_testing = before
