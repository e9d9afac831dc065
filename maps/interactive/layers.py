"""The layers of the map, as folium writes them, and what it says of regions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import folium
import shapely

from geo.exports import layers
from geo.exports.formats import WGS84
from geo.model import LineKind, Use
from geo.symbology import LINE_SIGNS, OUTLINE, Stroke, accuracy_sign

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from geo.fields import Field
    from geo.parcels import Parcels
    from geo.symbology import AccuracySign, PriceClasses
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
        colour = classes.of(feature["properties"]["ground_price_cny_m2"]).colour
        return {"fillColor": colour, "fillOpacity": 1, **line_style(OUTLINE)}

    features = _features(layers.use_layer(parcels, use, WGS84), "code")
    return geojson_layer(features, style, use.label, show=False)


def line_style(stroke: Stroke) -> dict[str, Any]:
    """Return a stroke as Leaflet's path options."""
    style: dict[str, Any] = {"color": stroke.colour, "weight": stroke.width}
    if stroke.dash:
        style["dashArray"] = " ".join(map(str, stroke.dash))
    if stroke.cap != "round":
        style["lineCap"] = stroke.cap
    return style


def accuracy_style(sign: AccuracySign) -> dict[str, Any]:
    """Return how a line is dashed as Leaflet's path options."""
    style: dict[str, Any] = {"opacity": sign.opacity}
    if sign.dash:
        style["dashArray"] = " ".join(f"{part:g}" for part in sign.dash)
    return style


def line_layer(parcels: Parcels) -> folium.GeoJson:
    """Return the boundary lines, coloured by kind and dashed by accuracy."""

    def style(feature: dict[str, Any]) -> dict[str, Any]:
        properties = feature["properties"]
        stroke = LINE_SIGNS[LineKind(properties["kind"])].screen
        return line_style(stroke) | accuracy_style(accuracy_sign(properties["accuracy_m"]))

    return geojson_layer(line_features(parcels), style, "lines", show=True)


def line_features(parcels: Parcels) -> list[dict[str, Any]]:
    """Return the boundary lines as features in GeoJSON."""
    return _features(layers.line_layer(parcels, WGS84), "name")


def _features(layer: layers.Layer, id_field: str) -> list[dict[str, Any]]:
    return [
        feature(row[id_field], dict(row), shape)
        for row, shape in zip(layer.rows, layer.geometries, strict=True)
    ]


def feature(id_: str, properties: dict[str, Any], shape: shapely.Geometry) -> dict[str, Any]:
    """Return a feature in GeoJSON; its shape is in WGS84 degrees."""
    return {
        "type": "Feature",
        "id": id_,
        "properties": properties,
        "geometry": geojson_geometry(shape),
    }


def geojson_layer(
    features: Iterable[dict[str, Any]],
    style: Callable[[dict[str, Any]], dict[str, Any]],
    name: str,
    *,
    show: bool,
) -> folium.GeoJson:
    """Return features as a layer; ``map.js`` says what there is to say of each."""
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


def geojson_geometry(geometry: shapely.Geometry) -> dict[str, Any]:
    """Return a geometry in GeoJSON, WGS84 degrees as exact as a screen can show them."""
    rounded = shapely.transform(geometry, lambda degrees: degrees.round(_DECIMALS))
    found: dict[str, Any] = shapely.geometry.mapping(rounded)
    return found
