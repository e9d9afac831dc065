"""Styles of exported layers: QML for QGIS 3, and OGC Styled Layer Descriptors 1.1 for others.

The documents are the templates in ``templates/``, where colours, classes and names of fields are
filled in. A style that was edited in QGIS and saved (``QgsMapLayer::saveNamedStyle``) can take the
place of one of them. Signs that a server may lack are avoided in SLD.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from xml.sax.saxutils import escape

from jinja2 import Environment, FunctionLoader, StrictUndefined

from geo.exports.areas import LEVELS
from geo.exports.layers import AREAS_LAYER, LINES_LAYER, PARCELS_LAYER
from geo.symbology import (
    ACCURACY_SIGNS,
    AREA_COLOURS,
    FREE_HATCH,
    FREE_TITLE,
    GIS_INK,
    HALO,
    LINE_SIGNS,
    PARCEL_SIZE_MM,
    REGION_OUTLINE,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.exports.layers import Layer
    from geo.model import Use
    from geo.symbology import AccuracySign, PriceClasses

_FOLDER: Final = Path(__file__).parent / "templates"
_PIXEL_MM: Final = 0.28  # the standard's (OGC 05-077r4)
_SOLID_MM: Final = 1000.0  # a dash that has no end


def style_of(
    layer: Layer,
    classes: Mapping[Use, PriceClasses],
    language: Literal["qml", "sld"],
    *,
    admin_code: str = "",
    short_names: bool = False,
) -> str:
    """Return the style of a layer as XML.

    Parameters
    ----------
    layer : Layer
        One of `geo.exports.layers`.
    classes : mapping of Use to PriceClasses
    language : {"qml", "sld"}
    admin_code : str
        What QGIS's labels leave out at the start of a code.
    short_names : bool
        The fields are named as in Shapefiles.
    """
    names = {f.name: f.short_name if short_names else f.name for f in layer.fields}
    kind = layer.name if layer.name in {AREAS_LAYER, LINES_LAYER, PARCELS_LAYER} else "regions"
    return _TEMPLATES.get_template(f"{kind}.{language}").render(
        name=layer.name,
        fields=layer.fields,
        names=names,
        short_code=f"regexp_replace(\"{names.get('code')}\", '^{admin_code}', '')",
        tip=_map_tip(names),
        dashes=_dashes(names["accuracy_m"]) if "accuracy_m" in names else "",
        classes=classes[layer.use].classes if layer.use else (),
        signs=LINE_SIGNS,
        levels=dict(zip(LEVELS, AREA_COLOURS, strict=True)),
        outline=REGION_OUTLINE,
        hatch=FREE_HATCH,
        free_title=FREE_TITLE,
        ink=GIS_INK,
        halo=HALO,
        parcel_size_mm=PARCEL_SIZE_MM,
    )


def _dashes(field: str) -> str:
    """Return an expression of QGIS for how a line is dashed by its accuracy, in mm."""
    cases = " ".join(
        f"WHEN \"{field}\" <= {sign.most_m:g} THEN '{_dash_mm(sign)}'"
        for sign in ACCURACY_SIGNS
        if math.isfinite(sign.most_m)
    )
    return f"CASE {cases} ELSE '{_dash_mm(ACCURACY_SIGNS[-1])}' END"


def _dash_mm(sign: AccuracySign) -> str:
    drawn, left_out = sign.dash or (_SOLID_MM / _PIXEL_MM, 0.0)
    return f"{drawn * _PIXEL_MM:.2g};{left_out * _PIXEL_MM:.2g}"


def _map_tip(names: Mapping[str, str]) -> str:
    """Return what QGIS shows over a region: its price, terms and bounds, as HTML."""
    shown = (
        ("地面单价", "ground_price_cny_m2", " 元/平方米"),
        ("容积率", "plot_ratio", ""),
        ("年期", "tenure_years", " 年"),
        ("东至", "bound_east", ""),
        ("西至", "bound_west", ""),
        ("南至", "bound_south", ""),
        ("北至", "bound_north", ""),
    )
    rows = "".join(
        f'<tr><td>{title}</td><td>[% "{names[name]}" %]{unit}</td></tr>'
        for title, name, unit in shown
        if name in names
    )
    return f'<b>[% "{names["code"]}" %]</b><table>{rows}</table>' if "code" in names else ""


def _source(name: str) -> str:
    """Read a template, whose lines are indented to be read by people."""
    text = (_FOLDER / name).read_text(encoding="utf-8")
    return re.sub(r"(?<=[>}])\s*\n\s*(?=[<{]|$)", "", text)


def _rgba(colour: str) -> str:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return f"{red},{green},{blue},255"


_TEMPLATES: Final = Environment(
    loader=FunctionLoader(_source),
    autoescape=False,  # noqa: S701 - every expression is escaped for XML, not for HTML
    finalize=lambda value: escape(str(value), {'"': "&quot;"}),
    undefined=StrictUndefined,
)
_TEMPLATES.filters["rgba"] = _rgba
_TEMPLATES.filters["pixels"] = lambda length_mm: f"{length_mm / _PIXEL_MM:.2f}"
