"""QGIS styles (QML) of exported layers, for QGIS 3.

The layout is that of ``QgsMapLayer::saveNamedStyle``. Properties of symbols are written twice, as
QGIS 3.18 to 3.26 do: ``Option`` for later versions, ``prop`` for earlier ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element, SubElement, tostring

from geo.exports.layers import LINES_LAYER
from geo.model import Placement
from geo.symbology import (
    FREE_HATCH,
    GIS_INK,
    HALO,
    LINE_SIGNS,
    PARCEL_SIZE_MM,
    REGION_OUTLINE,
    Stroke,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.exports.layers import Layer
    from geo.model import Use
    from geo.symbology import PriceClasses

_DOCTYPE: Final = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_VERSION: Final = "3.28.0"  # the long-term release whose layout this is
# A graduated renderer has no open classes; these are the ends of the field's 32 bits.
_LOWEST: Final = 0
_HIGHEST: Final = 2**31 - 1
_POLYGON_LABEL: Final = {"placement": "4"}  # horizontal, inside
_LINE_LABEL: Final = {"placement": "3", "placementFlags": "9"}  # curved, on the line
_POINT_LABEL: Final = {"placement": "0", "dist": "1.5", "distUnits": "MM"}  # around the point


def qml_of(
    layer: Layer,
    classes: Mapping[Use, PriceClasses],
    *,
    code_start: int,
    short_names: bool = False,
) -> str:
    """Return the QGIS style of a layer.

    Parameters
    ----------
    layer : Layer
        One of `geo.exports.layers.all_layers`.
    classes : mapping of Use to PriceClasses
    code_start : int
        Where the part of a code that labels show begins, counted from 1.
    short_names : bool
        The fields are named as in Shapefiles.

    Returns
    -------
    str
    """
    names = {f.name: f.short_name if short_names else f.name for f in layer.fields}
    root = Element(
        "qgis",
        version=_VERSION,
        styleCategories="Symbology|Labeling|Fields",
        labelsEnabled="1",
        hasScaleBasedVisibilityFlag="0",
    )
    short_code = f'substr("{names.get("code")}", {code_start})'
    if layer.use is not None:
        price = names["ground_price_cny_m2"]
        root.append(_price_renderer(classes[layer.use], price, names["placement"]))
        root.append(_labels(f"{short_code} || '\\n' || \"{price}\"", _POLYGON_LABEL))
    elif layer.name == LINES_LAYER:
        root.append(_kind_renderer(names["kind"]))
        root.append(_labels(f'"{names["name"]}"', _LINE_LABEL))
    else:
        root.append(_parcel_renderer())
        root.append(_labels(short_code, _POINT_LABEL))
    aliases = SubElement(root, "aliases")
    for field in layer.fields:
        SubElement(aliases, "alias", field=names[field.name], name=field.title_zh)
    return _DOCTYPE + tostring(root, encoding="unicode")


def _price_renderer(classes: PriceClasses, price_field: str, placement_field: str) -> Element:
    renderer = _renderer("graduatedSymbol", price_field)
    renderer.set("graduatedMethod", "GraduatedColor")
    ranges, symbols = SubElement(renderer, "ranges"), SubElement(renderer, "symbols")
    for number, one in enumerate(classes.classes):
        low = _LOWEST if one.low_cny_m2 is None else one.low_cny_m2
        high = _HIGHEST if one.high_cny_m2 is None else one.high_cny_m2
        SubElement(
            ranges,
            "range",
            lower=f"{low:.15f}",
            upper=f"{high:.15f}",
            label=one.label,
            symbol=str(number),
            render="true",
        )
        symbol = _symbol(symbols, str(number), "fill")
        fill = {
            "color": _rgba(one.colour),
            "style": "solid",
            "outline_color": _rgba(REGION_OUTLINE.colour),
            "outline_style": "solid",
            "outline_width": f"{REGION_OUTLINE.width}",
            "outline_width_unit": "MM",
            "joinstyle": "bevel",
        }
        _symbol_layer(symbol, "SimpleFill", fill)
        _free_hatch(symbol, f"@{number}@1", f"\"{placement_field}\" = '{Placement.FREE}'")
    return renderer


def _free_hatch(symbol: Element, name: str, condition: str) -> None:
    pattern = {
        "angle": "45",
        "color": _rgba(FREE_HATCH.colour),
        "distance": "2",
        "distance_unit": "MM",
        "line_width": f"{FREE_HATCH.width}",
        "line_width_unit": "MM",
        "offset": "0",
        "offset_unit": "MM",
    }
    layer = _symbol_layer(symbol, "LinePatternFill", pattern, enabled_if=condition)
    _stroke_layer(_symbol(layer, name, "line"), FREE_HATCH)


def _kind_renderer(kind_field: str) -> Element:
    renderer = _renderer("categorizedSymbol", kind_field)
    renderer.set("symbollevels", "1")  # streets open into one another: all casings, then all cores
    categories = SubElement(renderer, "categories")
    symbols = SubElement(renderer, "symbols")
    for number, (kind, sign) in enumerate(LINE_SIGNS.items()):
        SubElement(
            categories,
            "category",
            value=kind,
            label=sign.title,
            symbol=str(number),
            render="true",
            type="string",
        )
        symbol = _symbol(symbols, str(number), "line")
        for level, stroke in enumerate(sign.gis):
            _stroke_layer(symbol, stroke, level)
    return renderer


def _parcel_renderer() -> Element:
    renderer = _renderer("singleSymbol")
    marker = {
        "name": "triangle",
        "color": _rgba(GIS_INK),
        "outline_color": _rgba(HALO),
        "outline_style": "solid",
        "outline_width": "0.2",
        "outline_width_unit": "MM",
        "size": f"{PARCEL_SIZE_MM}",
        "size_unit": "MM",
    }
    _symbol_layer(_symbol(SubElement(renderer, "symbols"), "0", "marker"), "SimpleMarker", marker)
    return renderer


def _renderer(kind: str, attribute: str | None = None) -> Element:
    renderer = Element(
        "renderer-v2",
        type=kind,
        symbollevels="0",
        forceraster="0",
        enableorderby="0",
        referencescale="-1",
    )
    if attribute is not None:
        renderer.set("attr", attribute)
    return renderer


def _symbol(parent: Element, name: str, kind: str) -> Element:
    return SubElement(
        parent, "symbol", name=name, type=kind, alpha="1", clip_to_extent="1", force_rhr="0"
    )


def _stroke_layer(symbol: Element, stroke: Stroke, level: int = 0) -> None:
    properties = {
        "line_color": _rgba(stroke.colour),
        "line_style": "solid",
        "line_width": f"{stroke.width}",
        "line_width_unit": "MM",
        "capstyle": "round" if stroke.dash is None else "flat",
        "joinstyle": "round",
        "use_custom_dash": "0" if stroke.dash is None else "1",
    }
    if stroke.dash is not None:
        properties["customdash"] = ";".join(map(str, stroke.dash))
        properties["customdash_unit"] = "MM"
    _symbol_layer(symbol, "SimpleLine", properties, level=level)


def _symbol_layer(
    symbol: Element,
    kind: str,
    properties: Mapping[str, str],
    *,
    level: int = 0,
    enabled_if: str | None = None,
) -> Element:
    layer = SubElement(
        symbol, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": str(level)}
    )
    options = SubElement(layer, "Option", type="Map")
    for key, value in properties.items():
        _option(options, key, value)
    for key, value in properties.items():
        SubElement(layer, "prop", k=key, v=value)
    if enabled_if is not None:
        defined = SubElement(SubElement(layer, "data_defined_properties"), "Option", type="Map")
        _option(defined, "name", "")
        enabled = SubElement(
            SubElement(defined, "Option", name="properties", type="Map"),
            "Option",
            name="enabled",
            type="Map",
        )
        _option(enabled, "active", "true", "bool")
        _option(enabled, "expression", enabled_if)
        _option(enabled, "type", "3", "int")  # an expression
        _option(defined, "type", "collection")
    return layer


def _option(parent: Element, name: str, value: str, kind: str = "QString") -> None:
    SubElement(parent, "Option", name=name, type=kind, value=value)


def _labels(expression: str, placement: Mapping[str, str]) -> Element:
    labeling = Element("labeling", type="simple")
    settings = SubElement(labeling, "settings", calloutType="simple")
    style = SubElement(
        settings,
        "text-style",
        fieldName=expression,
        isExpression="1",
        fontSize="8",
        fontSizeUnit="Point",
        fontWeight="50",  # normal; a missing one is read as the thinnest
        fontKerning="1",
        textColor=_rgba(GIS_INK),
        textOpacity="1",
        multilineHeight="1",
        blendMode="0",
    )
    SubElement(
        style,
        "text-buffer",
        bufferDraw="1",
        bufferSize="0.6",
        bufferSizeUnits="MM",
        bufferColor=_rgba(HALO),
        bufferOpacity="0.8",
        bufferNoFill="1",
        bufferJoinStyle="128",  # round
        bufferBlendMode="0",
    )
    SubElement(settings, "text-format", multilineAlign="1")  # centred
    SubElement(settings, "placement", {"priority": "5", **placement})
    return labeling


def _rgba(colour: str) -> str:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return f"{red},{green},{blue},255"
