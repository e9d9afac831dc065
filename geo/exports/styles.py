"""Styles of exported layers: QML for QGIS 3, and OGC Styled Layer Descriptors 1.1 for others.

The documents are the templates in ``templates/``, where colours, classes and names of fields are
filled in. A style that was edited in QGIS and saved (``QgsMapLayer::saveNamedStyle``) can take the
place of one of them. Signs that a server may lack are avoided in SLD.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from xml.sax.saxutils import escape

from jinja2 import Environment, FunctionLoader, StrictUndefined

from geo.exports.areas import LEVELS
from geo.exports.layers import AREAS_LAYER, LINES_LAYER, PARCELS_LAYER
from geo.symbology import (
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
    from geo.symbology import PriceClasses

_FOLDER: Final = Path(__file__).parent / "templates"
_PIXEL_MM: Final = 0.28  # the standard's (OGC 05-077r4)


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
