"""How the tiles look: a style for MapLibre, Felt and QGIS, from the tables of colours and signs.

Specification: https://maplibre.org/maplibre-style-spec/, version 8.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from app.web.ogc.layers import BOUNDARY_LINES
from geo.symbology import ACCURACY_SIGNS, LINE_SIGNS, OUTLINE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.model import Use
    from geo.parcels import Parcels
    from geo.symbology import AccuracySign, PriceClasses


def style_of(parcels: Parcels, classes: Mapping[Use, PriceClasses], url: str) -> dict[str, Any]:
    """Return a style with one group of layers a use, of which the first is visible.

    Parameters
    ----------
    parcels : Parcels
    classes : mapping of Use to PriceClasses
    url : str
        Address of the OGC API.
    """
    names = [*(use.code for use in parcels.uses), BOUNDARY_LINES]
    sources = {
        name: {
            "type": "vector",
            "tiles": [
                f"{url}/collections/{name}/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}?f=mvt",
            ],
            "attribution": parcels.attribution,
        }
        for name in names
    }
    layers: list[dict[str, Any]] = []
    for place, use in enumerate(parcels.uses):
        visibility = "none" if place else "visible"
        common = {"source": use.code, "source-layer": use.code}
        layers += [
            {
                "id": use.code,
                "type": "fill",
                **common,
                "layout": {"visibility": visibility},
                "paint": {"fill-color": _colours(classes[use]), "fill-opacity": 0.85},
            },
            {
                "id": f"{use.code}_outline",
                "type": "line",
                **common,
                "layout": {"visibility": visibility},
                "paint": {"line-color": OUTLINE.colour, "line-width": OUTLINE.width},
            },
        ]
    layers += [_lines(sign, place) for place, sign in enumerate(ACCURACY_SIGNS)]
    return {
        "version": 8,
        "name": f"{parcels.edition.city}标定地价",
        "sources": sources,
        "layers": layers,
    }


def _colours(classes: PriceClasses) -> list[Any]:
    first, *others = classes.classes
    steps = [part for one in others for part in (one.low_cny_m2, one.colour)]
    return ["step", ["get", "ground_price_cny_m2"], first.colour, *steps]


def _lines(sign: AccuracySign, place: int) -> dict[str, Any]:
    """Return a layer of the lines that one sign of accuracy is for: dashes cannot follow data."""
    kind = ["get", "kind"]
    colours = [part for name, one in LINE_SIGNS.items() for part in (name, one.screen.colour)]
    widths = [part for name, one in LINE_SIGNS.items() for part in (name, one.screen.width)]
    road = next(iter(LINE_SIGNS.values())).screen
    least_m = ACCURACY_SIGNS[place - 1].most_m if place else -1.0
    limits = [[">", ["get", "accuracy_m"], least_m]]
    if math.isfinite(sign.most_m):
        limits.append(["<=", ["get", "accuracy_m"], sign.most_m])
    paint: dict[str, Any] = {
        "line-color": ["match", kind, *colours, road.colour],
        "line-width": ["match", kind, *widths, road.width],
        "line-opacity": sign.opacity,
    }
    if sign.dash:
        paint["line-dasharray"] = [part / road.width for part in sign.dash]
    return {
        "id": f"lines_{place}",
        "type": "line",
        "source": BOUNDARY_LINES,
        "source-layer": BOUNDARY_LINES,
        "filter": ["all", *limits],
        "layout": {"line-cap": "butt"},
        "paint": paint,
    }
