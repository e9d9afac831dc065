"""QML and SLD: classes and colours of the sheets, labels, kinds of line."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from geo.exports.layers import Layer, all_layers
from geo.exports.styles import style_of
from geo.model import LineKind, Use
from geo.symbology import LINE_SIGNS
from tests.exports import shipped, shipped_classes
from tests.uses import USES

SPACES = {
    "sld": "http://www.opengis.net/sld",
    "se": "http://www.opengis.net/se",
    "ogc": "http://www.opengis.net/ogc",
}


def layer_of(name: str) -> Layer:
    return next(layer for layer in all_layers(shipped(), "EPSG:4490") if layer.name == name)


def qml(name: str, *, short_names: bool = False) -> ET.Element:
    text = style_of(
        layer_of(name), shipped_classes(), "qml", admin_code="411700", short_names=short_names
    )
    assert text.startswith("<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>")
    return ET.fromstring(text)  # noqa: S314 - our own


def sld(name: str) -> ET.Element:
    return ET.fromstring(style_of(layer_of(name), shipped_classes(), "sld").encode())  # noqa: S314


def one(parent: ET.Element, path: str) -> ET.Element:
    [found] = parent.findall(path, SPACES)
    return found


def properties(layer: ET.Element) -> dict[str, str]:
    """Return a symbol layer's properties, which must be the same in both spellings."""
    old = {prop.get("k", ""): prop.get("v", "") for prop in layer.findall("prop")}
    new = {o.get("name", ""): o.get("value", "") for o in layer.findall("Option/Option")}
    assert old == new
    return old


def hex_colour(rgba: str) -> str:
    red, green, blue, alpha = map(int, rgba.split(","))
    assert alpha == 255
    return f"#{red:02x}{green:02x}{blue:02x}"


def colour_by_qgis(root: ET.Element, price: int) -> str:
    """Find a price's colour as QGIS does: the first range that holds it, ends included."""
    for part in root.findall("renderer-v2/ranges/range"):
        if float(part.get("lower", "")) <= price <= float(part.get("upper", "")):
            symbol = one(root, f"renderer-v2/symbols/symbol[@name='{part.get('symbol')}']")
            return hex_colour(properties(one(symbol, "layer[@class='SimpleFill']"))["color"])
    raise AssertionError(price)


def colour_by_sld(root: ET.Element, price: int) -> str:
    """Find a price's colour by the filters of the rules; exactly one may hold."""
    found = []
    for rule in root.iterfind(".//se:Rule", SPACES):
        fills = rule.findall("se:PolygonSymbolizer/se:Fill/se:SvgParameter[@name='fill']", SPACES)
        tests = [
            (test.tag.split("}")[1], int(test.findtext("ogc:Literal", "", SPACES)))
            for test in rule.iter()
            if test.tag.endswith("OrEqualTo")
        ]
        if fills and all(
            price >= bound if kind == "PropertyIsGreaterThanOrEqualTo" else price <= bound
            for kind, bound in tests
        ):
            assert 1 <= len(tests) <= 2
            found.append(str(fills[0].text))
    [colour] = found
    return colour


@pytest.mark.parametrize("use", list(USES))
def test_every_price_has_the_colour_of_the_sheets(use: Use) -> None:
    name = f"standard_regions_{use}"
    classes = shipped_classes()[use]
    root, other = qml(name), sld(name)
    breaks = classes.breaks_cny_m2
    prices = {1, *(p for b in breaks for p in (b - 1, b, b + 1)), breaks[-1] * 100}
    prices |= {r.record.ground_price_cny_m2 for r in shipped().regions if r.use is use}
    for price in prices:
        assert colour_by_qgis(root, price) == classes.of(price).colour
        assert colour_by_sld(other, price) == classes.of(price).colour


@pytest.mark.parametrize("use", list(USES))
def test_the_legend_is_that_of_the_sheets(use: Use) -> None:
    name = f"standard_regions_{use}"
    labels = [one_class.label for one_class in shipped_classes()[use].classes]
    renderer = one(qml(name), "renderer-v2")
    assert renderer.get("type") == "graduatedSymbol"
    assert renderer.get("attr") == "ground_price_cny_m2"
    assert [part.get("label") for part in renderer.findall("ranges/range")] == labels
    titles = [title.text for title in sld(name).iterfind(".//se:Title", SPACES)]
    assert titles[: len(labels)] == labels


def test_a_region_without_a_fixed_place_is_hatched() -> None:
    root = qml("standard_regions_industrial")
    for symbol in root.findall("renderer-v2/symbols/symbol"):
        hatch = one(symbol, "layer[@class='LinePatternFill']")
        when = hatch.findall(".//Option[@name='enabled']/Option[@name='expression']")
        assert [option.get("value") for option in when] == ["\"placement\" = 'free'"]
        assert one(hatch, "symbol").get("name") == f"@{symbol.get('name')}@1"
    literals = [
        e.text for e in sld("standard_regions_industrial").iterfind(".//ogc:Literal", SPACES)
    ]
    assert "free" in literals


@pytest.mark.parametrize("short_names", [False, True])
def test_labels_show_short_code_and_price(short_names: bool) -> None:
    root = qml("standard_regions_commercial", short_names=short_names)
    assert root.get("labelsEnabled") == "1"
    style = one(root, "labeling/settings/text-style")
    price = "ground_cny" if short_names else "ground_price_cny_m2"
    assert style.get("fieldName") == (
        f"regexp_replace(\"code\", '^411700', '') || '\\n' || \"{price}\""
    )
    assert style.get("isExpression") == "1"
    label = one(sld("standard_regions_commercial"), ".//se:Label")
    names = [name.text for name in label.findall("ogc:PropertyName", SPACES)]
    assert names == ["code", "ground_price_cny_m2"]


def test_lines_are_drawn_by_kind() -> None:
    root = qml("boundary_lines")
    renderer = one(root, "renderer-v2")
    assert (renderer.get("type"), renderer.get("attr")) == ("categorizedSymbol", "kind")
    assert renderer.get("symbollevels") == "1"
    categories = renderer.findall("categories/category")
    assert {category.get("value") for category in categories} == set(LineKind)
    for category in categories:
        kind = LineKind(category.get("value", ""))
        assert category.get("label") == LINE_SIGNS[kind].title
        symbol = one(renderer, f"symbols/symbol[@name='{category.get('symbol')}']")
        drawn = [properties(layer) for layer in symbol.findall("layer")]
        assert [layer.get("pass") for layer in symbol.findall("layer")] == ["0", "1"]
        for found, stroke in zip(drawn, LINE_SIGNS[kind].gis, strict=True):
            assert hex_colour(found["line_color"]) == stroke.colour
            assert found["use_custom_dash"] == ("1" if stroke.dash else "0")
    rules = sld("boundary_lines").findall(".//se:Rule", SPACES)
    kinds = [e.text for rule in rules for e in rule.iterfind(".//ogc:Literal", SPACES)]
    assert sorted(str(kind) for kind in kinds) == sorted([*LineKind, *LineKind])


def test_parcels_are_triangles() -> None:
    root = qml("standard_parcels")
    assert properties(one(root, ".//layer[@class='SimpleMarker']"))["name"] == "triangle"
    assert one(sld("standard_parcels"), ".//se:WellKnownName").text == "triangle"


@pytest.mark.parametrize("name", ["standard_regions_residential", "boundary_lines"])
def test_fields_have_chinese_names_in_qgis(name: str) -> None:
    aliases = {a.get("field"): a.get("name") for a in qml(name).findall("aliases/alias")}
    assert aliases == {field.name: field.title_zh for field in layer_of(name).fields}
