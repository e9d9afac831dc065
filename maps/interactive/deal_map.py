"""The interactive map of deals, coloured by how they deviate from the standard land price."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from geo.model import GeometrySource
from geo.symbology import (
    CHANGE_COLOURS,
    CHANGE_LINE,
    DEVIATION_BREAKS_PERCENT,
    OUTLINE,
    change_class,
)
from maps.interactive.documents import standalone_document
from maps.interactive.drawing import drawn
from maps.interactive.folium_map import SCRIPTS, STYLES
from maps.interactive.layers import feature, geojson_layer, line_features, line_style
from maps.interactive.places import places

if TYPE_CHECKING:
    from collections.abc import Mapping

    import folium

    from geo.model import Region, Use
    from geo.parcels import Parcels
    from geo.valuation.deals.comparison import Group
    from geo.valuation.deals.deal import ComparedDeal
    from geo.valuation.deals.study import Study

_STATIC: Final = Path(__file__).parent / "static"
_DECIMALS: Final = 6  # of a degree: 0.1 m
_GROUND: Final = "#f7f8f8"
"""Fill of all regions, lighter than any deal."""


def deal_map_html(study: Study, parcels: Parcels, names: Mapping[str, str]) -> str:
    """Draw deals as one file that needs no other and no network.

    Parameters
    ----------
    study : Study
    parcels : Parcels
        Of one of its editions: what the map shows below the deals of that city.
    names : mapping of str to str
        Canonical names of lines, by all other names that people may look for.

    Returns
    -------
    str
        HTML in Chinese that also speaks English, the same text for the same data.
    """
    found = study.comparison
    city = parcels.edition.admin_code
    own = {used.edition.id for used in study.editions if used.edition.admin_code == city}
    shown = [deal for deal in found.deals if deal.lonlat is not None and deal.edition in own]
    groups = {group.code: group for group in found.regions}
    uses = {group.use: group for group in found.uses}
    div, script = drawn(
        "landpriceDeals.install",
        uses={use: _region_layer(use, parcels, groups) for use in parcels.uses},
        classes=dict.fromkeys(parcels.uses, _classes()),
        lines=geojson_layer(
            line_features(parcels), lambda _: line_style(CHANGE_LINE), "lines", show=True
        ),
        data={
            "facts": {
                "admin_code": city,
                "attribution": parcels.attribution,
                "schematic": any(
                    region.geometry_source is GeometrySource.SCHEMATIC for region in parcels.regions
                ),
                "synthetic": any(used.synthetic for used in study.editions),
                "notShown": len(found.deals) - len(shown),
                "groups": {use.code: _told(uses[use]) for use in parcels.uses if use in uses},
            },
            "deals": {
                use.code: [_deal(deal) for deal in shown if deal.use == use] for use in parcels.uses
            },
            "fields": [],
            "places": places(parcels, names),
        },
    )
    return standalone_document(
        "deal_map.html",
        scripts=[*SCRIPTS.values(), _STATIC / "percent_map.js", _STATIC / "deal_map.js"],
        script=script,
        styles=[*STYLES.values(), _STATIC / "change_map.css", _STATIC / "deal_map.css"],
        edition=parcels.edition,
        source=study.source,
        div=div,
    )


def _region_layer(use: Use, parcels: Parcels, groups: Mapping[str | None, Group]) -> folium.GeoJson:
    features = [
        feature(region.code, _region(region, groups.get(region.code)), region.polygon)
        for region in parcels.regions
        if region.use == use
    ]
    style = {"fillColor": _GROUND, "fillOpacity": 1, **line_style(OUTLINE)}
    return geojson_layer(features, lambda _: style, use.label, show=False)


def _region(region: Region, group: Group | None) -> dict[str, Any]:
    record = region.record
    return {
        "code": region.code,
        "use": region.use.code,
        "standard_parcel": record.standard_parcel,
        "ground_price_cny_m2": record.ground_price_cny_m2,
        "group": None if group is None else _told(group),
    }


def _told(group: Group) -> dict[str, Any]:
    quartiles = None if group.spread is None else [*map(_percent, group.spread.quartiles)]
    return {
        "deals": group.deals,
        "median": _percent(group.median),
        "quartiles": quartiles,
        "verdict": group.verdict.value,
    }


def _deal(deal: ComparedDeal) -> dict[str, Any]:
    assert deal.lonlat is not None  # noqa: S101 - only those with a place are drawn
    lon, lat = deal.lonlat
    # What is coloured is what is said.
    percent = _percent(deal.deviation)
    return {
        "at": [round(lat, _DECIMALS), round(lon, _DECIMALS)],
        "row": deal.row,
        "name": deal.name,
        "date": deal.date.isoformat(),
        "price": str(deal.price_cny_m2),
        "standard": str(deal.standard_cny_m2),
        "value": str(deal.value_cny_m2),
        "percent": percent,
        "level": change_class(percent, DEVIATION_BREAKS_PERCENT),
        "code": deal.code,
        "probability": round(100 * deal.probability, 1),
        "unsure": not deal.sure,
        "unadjusted": deal.unadjusted,
        "outlier": deal.outlier.value,
    }


def _percent(share: float) -> float:
    return round(100 * share, 1) + 0.0  # no negative zero


def _classes() -> list[dict[str, Any]]:
    rising = DEVIATION_BREAKS_PERCENT
    breaks = (*(-percent for percent in reversed(rising)), *rising)
    ends = zip((None, *breaks), (*breaks, None), CHANGE_COLOURS, strict=True)
    return [{"low": low, "high": high, "colour": colour} for low, high, colour in ends]
