"""KML 2.2 in WGS84, for Ovi (奥维) and Google Earth."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any, Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import shapely

from geo.exports.formats import WGS84
from geo.exports.layers import LINES_LAYER, all_layers
from geo.exports.notes import notes_of, notes_text
from geo.geojson import DECIMALS
from geo.symbology import LINE_SIGNS, REGION_OUTLINE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geo.exports.layers import Layer
    from geo.fields import Field
    from geo.model import Edition, Use
    from geo.parcels import Parcels
    from geo.symbology import PriceClasses

_FILL_OPACITY: Final = 0.6
_PIXELS_PER_MM: Final = 3.0


def kml_bytes(parcels: Parcels, classes: Mapping[Use, PriceClasses]) -> bytes:
    """Return an edition as KML.

    Returns
    -------
    bytes
        One folder a layer; polygons have the colours of their classes, and each placemark its
        record as a table to read and as ``ExtendedData``.
    """
    notes, layers = notes_of(parcels, WGS84), all_layers(parcels, WGS84)
    root = Element("kml", xmlns="http://www.opengis.net/kml/2.2")
    document = SubElement(root, "Document", id="landprice")
    _text(document, "name", parcels.edition.title)
    _text(document, "open", "1")
    _text(document, "description", notes_text(notes))
    _styles(document, layers, classes)
    _extended_data(document, [(note.key, note.title, note.value) for note in notes])
    for layer in layers:
        folder = SubElement(document, "Folder", id=layer.name)
        _text(folder, "name", layer.title)
        for row, geometry in zip(layer.rows, layer.geometries, strict=True):
            placemark = SubElement(folder, "Placemark")
            _text(placemark, "name", _name(row, parcels.edition))
            _text(placemark, "description", _table(layer.fields, row))
            _text(placemark, "styleUrl", f"#{_style_id(layer, row, classes)}")
            _extended_data(
                placemark, [(f.name, f.title_zh, _shown(row[f.name])) for f in layer.fields]
            )
            placemark.append(_geometry(geometry))
    indent(root, " ")
    text = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()


def _styles(
    document: Element, layers: Iterable[Layer], classes: Mapping[Use, PriceClasses]
) -> None:
    outline = (REGION_OUTLINE.colour, REGION_OUTLINE.width)
    for layer in layers:
        if layer.use is not None:
            for number, one in enumerate(classes[layer.use].classes):
                style = SubElement(document, "Style", id=f"{layer.use}-{number}")
                _line_style(style, *outline)
                fill = SubElement(style, "PolyStyle")
                _text(fill, "color", _colour(one.colour, _FILL_OPACITY))
        elif layer.name == LINES_LAYER:
            for kind, sign in LINE_SIGNS.items():
                casing, core = sign.gis
                colour = casing.colour if core.colour == "#ffffff" else core.colour
                _line_style(SubElement(document, "Style", id=f"line-{kind}"), colour, 0.7)
        else:
            icon = SubElement(SubElement(document, "Style", id=layer.name), "IconStyle")
            _text(icon, "scale", "0.6")


def _line_style(style: Element, colour: str, width_mm: float) -> None:
    line = SubElement(style, "LineStyle")
    _text(line, "color", _colour(colour, 1.0))
    _text(line, "width", f"{width_mm * _PIXELS_PER_MM:.1f}")


def _style_id(layer: Layer, row: Mapping[str, Any], classes: Mapping[Use, PriceClasses]) -> str:
    if layer.use is not None:
        of_use = classes[layer.use]
        number = of_use.classes.index(of_use.of(row["ground_price_cny_m2"]))
        return f"{layer.use}-{number}"
    return f"line-{row['kind']}" if layer.name == LINES_LAYER else layer.name


def _name(row: Mapping[str, Any], edition: Edition) -> str:
    if "code" not in row:
        return str(row["name"])
    return f"{edition.short_code(row['code'])} {row['ground_price_cny_m2']}元/㎡"


def _table(fields: Sequence[Field], row: Mapping[str, Any]) -> str:
    lines = (
        f"<tr><th align='left'>{html.escape(field.title_zh)}</th>"
        f"<td>{html.escape(_shown(row[field.name]))}</td></tr>"
        for field in fields
    )
    return f"<table>{''.join(lines)}</table>"


def _shown(value: object) -> str:
    return "" if value is None else str(value)


def _extended_data(parent: Element, values: Iterable[tuple[str, str, str]]) -> None:
    data = SubElement(parent, "ExtendedData")
    for name, title, value in values:
        item = SubElement(data, "Data", name=name)
        _text(item, "displayName", title)
        _text(item, "value", value)


def _geometry(geometry: shapely.Geometry) -> Element:
    if isinstance(geometry, shapely.MultiLineString):
        several = Element("MultiGeometry")
        for part in geometry.geoms:
            line = SubElement(several, "LineString")
            _text(line, "tessellate", "1")
            _coordinates(line, part)
        return several
    if isinstance(geometry, shapely.MultiPolygon):
        several = Element("MultiGeometry")
        several.extend(_geometry(part) for part in geometry.geoms)
        return several
    if isinstance(geometry, shapely.Polygon):
        polygon = Element("Polygon")
        for place, ring in enumerate((geometry.exterior, *geometry.interiors)):
            tag = "innerBoundaryIs" if place else "outerBoundaryIs"
            _coordinates(SubElement(SubElement(polygon, tag), "LinearRing"), ring)
        return polygon
    point = Element("Point")
    _coordinates(point, geometry)
    return point


def _coordinates(parent: Element, geometry: shapely.Geometry) -> None:
    places = shapely.get_coordinates(geometry)
    text = " ".join(f"{lon:.{DECIMALS}f},{lat:.{DECIMALS}f}" for lon, lat in places)
    _text(parent, "coordinates", text)


def _colour(colour: str, opacity: float) -> str:
    """Return a colour as KML writes it: opacity, blue, green, red."""
    red, green, blue = colour[1:3], colour[3:5], colour[5:7]
    return f"{round(opacity * 255):02x}{blue}{green}{red}"


def _text(parent: Element, tag: str, text: str) -> None:
    SubElement(parent, tag).text = text
