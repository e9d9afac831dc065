"""The interactive map of what changed from one edition of a city to the next, as one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from geo.editions.compare import COMPARED
from geo.fields import FIELDS
from geo.model import GeometrySource, Side
from geo.parcels import Parcels, flat_properties
from geo.symbology import (
    ADDED_OUTLINE,
    CHANGE_BREAKS_PERCENT,
    CHANGE_COLOURS,
    CHANGE_LINE,
    OUTLINE,
    REDRAWN_OUTLINE,
    REMOVED_OUTLINE,
    change_class,
)
from maps.interactive.documents import standalone_document
from maps.interactive.drawing import drawn
from maps.interactive.folium_map import SCRIPTS, STYLES
from maps.interactive.layers import (
    described,
    feature,
    geojson_geometry,
    geojson_layer,
    line_features,
    line_style,
)
from maps.interactive.places import places

if TYPE_CHECKING:
    from collections.abc import Iterator

    import folium

    from geo.editions.compare import Changed, Difference
    from geo.model import Edition, Region, Use

_STATIC: Final = Path(__file__).parent / "static"

_PRICES: Final = ("ground_price_cny_m2", "floor_price_cny_m2")
"""What is told of a region even if it did not change."""

_TERMS: Final = (*COMPARED, *(f"bound_{side}" for side in Side))
"""What is told of a region that only one edition has."""

_SOURCE: Final = "geometry_source"

_M2_PER_HECTARE: Final = 10_000


def change_map_html(found: Difference) -> str:
    """Draw what changed as one file that needs no other and no network.

    Parameters
    ----------
    found : Difference

    Returns
    -------
    str
        HTML in Chinese that also speaks English, the same text for the same data.
    """
    shown = _shown(found)
    features: dict[Use, list[dict[str, Any]]] = {use: [] for use in shown.uses}
    for use, one in _features(found):
        features[use].append(one)
    div, script = drawn(
        "landpriceChanges.install",
        uses={use: _region_layer(use, features[use]) for use in shown.uses},
        classes=dict.fromkeys(shown.uses, _classes()),
        lines=geojson_layer(
            line_features(shown), lambda _: line_style(CHANGE_LINE), "lines", show=True
        ),
        data={
            "facts": _facts(found, shown),
            "fields": [described(FIELDS[name]) for name in (*_TERMS, _SOURCE)],
            "places": places(shown, found.spellings),
        },
    )
    return standalone_document(
        "change_map.html",
        scripts=[*SCRIPTS.values(), _STATIC / "percent_map.js", _STATIC / "change_map.js"],
        script=script,
        styles=[*STYLES.values(), _STATIC / "change_map.css"],
        before=found.before,
        after=found.after,
        div=div,
    )


def _shown(found: Difference) -> Parcels:
    """Return all that is on the map as if it were of one edition."""
    regions = (*found.added, *found.removed, *(one.after for one in found.common))
    return Parcels(
        found.after,
        tuple(sorted(regions, key=lambda region: region.code)),
        found.attribution,
        inputs={},
        spellings=dict(found.spellings),
        own_uses=tuple(one.use for one in found.uses),
    )


def _region_layer(use: Use, features: list[dict[str, Any]]) -> folium.GeoJson:
    def style(one: dict[str, Any]) -> dict[str, Any]:
        level = one["properties"].get("level")
        if level is None:  # outlined by the map's own script
            added = one["properties"]["state"] == "added"
            return {"stroke": False, "fillColor": "#ffffff", "fillOpacity": int(added)}
        return {"fillColor": CHANGE_COLOURS[level], "fillOpacity": 1, **line_style(OUTLINE)}

    return geojson_layer(features, style, use.label, show=False)


def _features(found: Difference) -> Iterator[tuple[Use, dict[str, Any]]]:
    """Yield the regions, first those that are labelled before all others."""
    for state, regions in (("added", found.added), ("removed", found.removed)):
        for region in regions:
            said = flat_properties(region)
            values = [(name, said[name]) for name in _TERMS]
            properties = {"state": state, **_head(region), "values": values}
            yield region.use, feature(region.code, properties, region.polygon)
    for one in found.common:
        yield one.after.use, feature(one.after.code, _change(one), one.after.polygon)


def _head(region: Region) -> dict[str, Any]:
    record = region.record
    return {
        "code": region.code,
        "use": region.use.code,
        "standard_parcel": record.standard_parcel,
        "ground_price_cny_m2": record.ground_price_cny_m2,
        _SOURCE: region.geometry_source,
    }


def _change(one: Changed) -> dict[str, Any]:
    # What is coloured is what is said: a rise by 10 % may be one of 9.98 % for prices are whole.
    percent = _percent(one.price_change)
    was, now = flat_properties(one.before), flat_properties(one.after)
    names = [name for name in (*_TERMS, _SOURCE) if name in _PRICES or was[name] != now[name]]
    properties = {
        "state": "common",
        **_head(one.after),
        "percent": percent,
        "level": change_class(percent),
        "values": [(name, was[name], now[name]) for name in names],
    }
    if one.redrawn:
        properties["redrawn"] = {
            "outline": geojson_geometry(one.before.polygon),
            "percent": _percent(one.moved_share),
            "hectares": [
                round(m2 / _M2_PER_HECTARE, 1) for m2 in (one.area_before_m2, one.area_m2)
            ],
        }
    return properties


def _percent(share: float) -> float:
    return round(100 * share, 1) + 0.0  # no negative zero


def _classes() -> list[dict[str, Any]]:
    breaks = (*(-percent for percent in reversed(CHANGE_BREAKS_PERCENT)), *CHANGE_BREAKS_PERCENT)
    ends = zip((None, *breaks), (*breaks, None), CHANGE_COLOURS, strict=True)
    return [{"low": low, "high": high, "colour": colour} for low, high, colour in ends]


def _facts(found: Difference, shown: Parcels) -> dict[str, Any]:
    sources = {region.geometry_source for region in shown.regions}
    outlines = {
        "added": ADDED_OUTLINE,
        "removed": REMOVED_OUTLINE,
        "redrawn": REDRAWN_OUTLINE,
    }
    return {
        "admin_code": found.after.admin_code,
        "attribution": found.attribution,
        "before": _edition(found.before),
        "after": _edition(found.after),
        "schematic": GeometrySource.SCHEMATIC in sources,
        "outlines": {name: line_style(stroke) for name, stroke in outlines.items()},
        "summaries": {
            one.use.code: {
                "regions": one.regions,
                "median": _percent(one.median),
                "lowest": _percent(one.lowest),
                "highest": _percent(one.highest),
            }
            for one in found.uses
        },
    }


def _edition(edition: Edition) -> dict[str, Any]:
    date = edition.valuation_date
    return {"year": date.year, "document": edition.document, "valuation_date": str(date)}
