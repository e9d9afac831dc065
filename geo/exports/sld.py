"""Styles of exported layers as OGC Styled Layer Descriptors 1.1, for GeoServer, uDig and others.

Symbols that a server may lack are avoided: a free region is crossed with the well-known mark ``x``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element, SubElement, tostring

from geo.exports.layers import LINES_LAYER
from geo.model import Placement
from geo.symbology import (
    FREE_HATCH,
    FREE_TITLE,
    GIS_INK,
    HALO,
    LINE_SIGNS,
    PARCEL_SIZE_MM,
    REGION_OUTLINE,
    Stroke,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo.exports.layers import Layer
    from geo.model import Use
    from geo.symbology import PriceClass, PriceClasses

_NAMESPACES: Final = {
    "xmlns:sld": "http://www.opengis.net/sld",
    "xmlns:se": "http://www.opengis.net/se",
    "xmlns:ogc": "http://www.opengis.net/ogc",
}
_PIXEL_MM: Final = 0.28  # the standard's
_FONT: Final = "Noto Sans CJK SC"


def sld_of(layer: Layer, classes: Mapping[Use, PriceClasses], *, short_names: bool = False) -> str:
    """Return the SLD of a layer.

    Parameters
    ----------
    layer : Layer
        One of `geo.exports.layers.all_layers`.
    classes : mapping of Use to PriceClasses
    short_names : bool
        The fields are named as in Shapefiles.

    Returns
    -------
    str
    """
    names = {f.name: f.short_name if short_names else f.name for f in layer.fields}
    root = Element("sld:StyledLayerDescriptor", {"version": "1.1.0", **_NAMESPACES})
    named = SubElement(root, "sld:NamedLayer")
    SubElement(named, "se:Name").text = layer.name
    user_style = SubElement(named, "sld:UserStyle")
    SubElement(user_style, "se:Name").text = layer.name
    if layer.use is not None:
        style = SubElement(user_style, "se:FeatureTypeStyle")
        price = names["ground_price_cny_m2"]
        for one in classes[layer.use].classes:
            _price_rule(style, one, price)
        _free_rule(style, names["placement"])
        _label_rule(style, (names["code"], price))
    elif layer.name == LINES_LAYER:
        _line_rules(user_style, names["kind"])
        style = SubElement(user_style, "se:FeatureTypeStyle")
        _label_rule(style, (names["name"],), along_line=True)
    else:
        _parcel_rule(SubElement(user_style, "se:FeatureTypeStyle"))
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode")


def _price_rule(style: Element, one: PriceClass, price_field: str) -> None:
    rule = _rule(style, one.label)
    tests = [
        (comparison, str(bound))
        for comparison, bound in (
            ("PropertyIsGreaterThanOrEqualTo", one.low_cny_m2),
            ("PropertyIsLessThanOrEqualTo", one.high_cny_m2),
        )
        if bound is not None
    ]
    place = SubElement(rule, "ogc:Filter")
    if len(tests) > 1:
        place = SubElement(place, "ogc:And")
    for comparison, bound in tests:
        _comparison(place, comparison, price_field, bound)
    symbolizer = SubElement(rule, "se:PolygonSymbolizer")
    _parameters(SubElement(symbolizer, "se:Fill"), {"fill": one.colour})
    _stroke(symbolizer, REGION_OUTLINE)


def _free_rule(style: Element, placement_field: str) -> None:
    rule = _rule(style, FREE_TITLE)
    _equals(rule, placement_field, Placement.FREE)
    fill = SubElement(SubElement(rule, "se:PolygonSymbolizer"), "se:Fill")
    graphic = SubElement(SubElement(fill, "se:GraphicFill"), "se:Graphic")
    mark = SubElement(graphic, "se:Mark")
    SubElement(mark, "se:WellKnownName").text = "x"
    _stroke(mark, FREE_HATCH)
    SubElement(graphic, "se:Size").text = "8"


def _line_rules(user_style: Element, kind_field: str) -> None:
    # One style a level: casings of all kinds are drawn before the cores of any.
    for level in range(max(len(sign.gis) for sign in LINE_SIGNS.values())):
        style = SubElement(user_style, "se:FeatureTypeStyle")
        for kind, sign in LINE_SIGNS.items():
            rule = _rule(style, sign.title)
            _equals(rule, kind_field, kind)
            _stroke(SubElement(rule, "se:LineSymbolizer"), sign.gis[level])


def _parcel_rule(style: Element) -> None:
    rule = _rule(style, "标准宗地 standard parcel")
    graphic = SubElement(SubElement(rule, "se:PointSymbolizer"), "se:Graphic")
    mark = SubElement(graphic, "se:Mark")
    SubElement(mark, "se:WellKnownName").text = "triangle"
    _parameters(SubElement(mark, "se:Fill"), {"fill": GIS_INK})
    _stroke(mark, Stroke(HALO, 0.2))
    SubElement(graphic, "se:Size").text = _pixels(PARCEL_SIZE_MM)


def _label_rule(style: Element, fields: Sequence[str], *, along_line: bool = False) -> None:
    symbolizer = SubElement(SubElement(style, "se:Rule"), "se:TextSymbolizer")
    label = SubElement(symbolizer, "se:Label")
    for number, field in enumerate(fields):
        name = SubElement(label, "ogc:PropertyName")
        name.text = field
        name.tail = "\n" if number + 1 < len(fields) else None
    _parameters(SubElement(symbolizer, "se:Font"), {"font-family": _FONT, "font-size": "11"})
    if along_line:
        SubElement(SubElement(symbolizer, "se:LabelPlacement"), "se:LinePlacement")
    halo = SubElement(symbolizer, "se:Halo")
    SubElement(halo, "se:Radius").text = "2"
    _parameters(SubElement(halo, "se:Fill"), {"fill": HALO})
    _parameters(SubElement(symbolizer, "se:Fill"), {"fill": GIS_INK})


def _rule(style: Element, title: str) -> Element:
    rule = SubElement(style, "se:Rule")
    SubElement(rule, "se:Name").text = title
    SubElement(SubElement(rule, "se:Description"), "se:Title").text = title
    return rule


def _equals(rule: Element, field: str, value: str) -> None:
    _comparison(SubElement(rule, "ogc:Filter"), "PropertyIsEqualTo", field, value)


def _comparison(parent: Element, comparison: str, field: str, value: str) -> None:
    test = SubElement(parent, f"ogc:{comparison}")
    SubElement(test, "ogc:PropertyName").text = field
    SubElement(test, "ogc:Literal").text = value


def _stroke(parent: Element, stroke: Stroke) -> None:
    values = {"stroke": stroke.colour, "stroke-width": _pixels(stroke.width)}
    if stroke.dash is not None:
        values["stroke-dasharray"] = " ".join(map(_pixels, stroke.dash))
    _parameters(SubElement(parent, "se:Stroke"), values)


def _parameters(parent: Element, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        SubElement(parent, "se:SvgParameter", name=name).text = value


def _pixels(length_mm: float) -> str:
    return f"{length_mm / _PIXEL_MM:.2f}"
