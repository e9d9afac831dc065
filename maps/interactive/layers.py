"""The layers of the map, as folium writes them, and what it says of regions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import folium
import shapely

from geo.model import LineKind, Placement, Use
from geo.parcels import boundary_lines, flat_properties
from geo.symbology import LINE_SIGNS, Stroke

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from geo.fields import Field
    from geo.model import Region
    from geo.parcels import BoundaryLine, Parcels
    from geo.symbology import PriceClasses
    from maps.interactive.base_maps import BaseMap


_DECIMALS: Final = 6  # of a degree: 0.1 m, finer than a screen shows


RECORD: Final = (
    "code",
    "use",
    "ground_price_cny_m2",
    "floor_price_cny_m2",
    "plot_ratio",
    "tenure_years",
    "right_type",
    "development",
    "standard_parcel",
    "parcel_location",
    "parcel_area_m2",
    "geometry_source",
    "placement",
)
"""What the map shows of a region that is asked for; its bounds stand after the eighth."""


def described(field: Field) -> dict[str, Any]:
    """Return what the map says of a field, by language."""
    unit = {"zh": field.unit.zh, "en": field.unit.en} if field.unit else None
    title = {"zh": field.label_zh, "en": field.label_en}
    return {"name": field.name, "title": title, "unit": unit}


def region_layer(parcels: Parcels, use: Use, classes: PriceClasses) -> folium.GeoJson:
    """Return the regions of a use, coloured by class of price."""

    def style(feature: dict[str, Any]) -> dict[str, Any]:
        properties = feature["properties"]
        free = properties["placement"] == Placement.FREE
        return {
            "fillColor": classes.of(properties["ground_price_cny_m2"]).colour,
            "fillOpacity": 0.85,
            "color": "#6b5a52",
            "weight": 1.25,
            "dashArray": "6 4" if free else None,
        }

    regions = [region for region in parcels.regions if region.use is use]
    return _layer(map(_region_feature, regions), style, use.label, show=False)


def _region_feature(region: Region) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": region.code,
        "properties": flat_properties(region),
        "geometry": _geometry(region.polygon),
    }


def line_style(stroke: Stroke) -> dict[str, Any]:
    """Return a stroke as Leaflet's path options."""
    style: dict[str, Any] = {"color": stroke.colour, "weight": stroke.width}
    if stroke.dash:
        style["dashArray"] = " ".join(map(str, stroke.dash))
    if stroke.cap != "round":
        style["lineCap"] = stroke.cap
    return style


def line_layer(parcels: Parcels) -> folium.GeoJson:
    """Return the boundary lines with the signs of their kinds."""

    def style(feature: dict[str, Any]) -> dict[str, Any]:
        return line_style(LINE_SIGNS[LineKind(feature["properties"]["kind"])].screen)

    def line_feature(line: BoundaryLine) -> dict[str, Any]:
        other = sorted(name for name, one in parcels.spellings.items() if one == line.name)
        return {
            "type": "Feature",
            "id": line.name,
            "properties": {
                "name": line.name,
                "other_names": other,
                "kind": line.kind,
                "accuracy_m": line.accuracy_m,
            },
            "geometry": _geometry(line.geometry),
        }

    found = boundary_lines(parcels.regions, parcels.spellings)
    return _layer(map(line_feature, found), style, "lines", show=True)


def _layer(
    features: Iterable[dict[str, Any]],
    style: Callable[[dict[str, Any]], dict[str, Any]],
    name: str,
    *,
    show: bool,
) -> folium.GeoJson:
    return folium.GeoJson(
        {"type": "FeatureCollection", "features": list(features)},
        style_function=style,
        on_each_feature=folium.JsCode("landprice.describe"),
        name=name,
        control=False,
        show=show,
        smooth_factor=0,  # regions that share an edge must be drawn along the same one
    )


def base_layer(base: BaseMap, key: str) -> folium.FeatureGroup:
    """Return the tiles of a base map, not shown yet."""
    group = folium.FeatureGroup(base.label, overlay=False, control=False, show=False)
    for url in base.tile_urls(key):
        folium.TileLayer(
            url,
            attr=base.attribution,
            subdomains="01234567",
            control=False,
            # Both hosts refuse a request that does not say which site shows their tiles.
            referrer_policy="strict-origin-when-cross-origin",
        ).add_to(group)
    return group


def _geometry(geometry: shapely.Geometry) -> dict[str, Any]:
    rounded = shapely.transform(geometry, lambda degrees: degrees.round(_DECIMALS))
    found: dict[str, Any] = shapely.geometry.mapping(rounded)
    return found
