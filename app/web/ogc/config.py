"""pygeoapi's configuration for an edition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app.web.ogc.crs import CRS84, served_crs
from app.web.ogc.layers import BOUNDARY_LINES
from geo.exports.layers import AREAS_LAYER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.web.ogc.layers import Collection
    from app.web.ogc.tiles import LayerTiles
    from geo.model import Edition
    from geo.parcels import Parcels

LANGUAGES: Final = ("zh", "en")
"""The first is the language of those who ask for none of them."""

DEFAULT_ITEMS: Final = 100
MAX_ITEMS: Final = 1000

_LICENCES: Final = {"ODbL 1.0": "https://opendatacommons.org/licenses/odbl/1-0/"}
_INFERRED_ZH: Final = "界线位置可能由公告文字推断而非实测，其精度见各要素的 accuracy 字段。"
_INFERRED_EN: Final = (
    "Boundaries may be inferred from the gazette's wording rather than surveyed; each feature's"
    " accuracy properties say how far they may be off, in metres."
)


def licence_url(attribution: str) -> str | None:
    """Return where the licence that an attribution names can be read; None if it names none."""
    return next((url for name, url in _LICENCES.items() if name in attribution), None)


def configuration(parcels: Parcels, tiles: Sequence[LayerTiles]) -> dict[str, Any]:
    """Write the configuration.

    Parameters
    ----------
    parcels : Parcels
    tiles : sequence of LayerTiles
        The tiles of each collection.

    Returns
    -------
    dict
        Configuration of pygeoapi. Its URLs are empty: they depend on the request.
    """
    edition, attribution = parcels.edition, parcels.attribution
    return {
        "server": {
            "url": "",
            "encoding": "utf-8",
            "languages": list(LANGUAGES),
            "limits": {
                "default_items": DEFAULT_ITEMS,
                "max_items": MAX_ITEMS,
                "on_exceed": "throttle",
            },
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                "title": {"zh": edition.title, "en": f"Standard land prices: {edition.title}"},
                "description": _description(edition, attribution),
                "keywords": _keywords(edition, zh=[], en=[]),
                "terms_of_service": "",
                "url": "",
            },
            "license": {"name": attribution, "url": licence_url(attribution)},
            "provider": {"name": edition.publisher},
            "contact": {"name": edition.publisher},
        },
        "resources": {cut.layer.name: _collection(parcels, cut.layer, cut) for cut in tiles},
    }


def _collection(parcels: Parcels, layer: Collection, tiles: LayerTiles) -> dict[str, Any]:
    edition, attribution = parcels.edition, parcels.attribution
    if layer.name == BOUNDARY_LINES:
        title = {"zh": "标定区域界线", "en": "Boundary lines of standard price regions"}
        keywords = _keywords(edition, zh=["界线", "四至"], en=["boundary line"])
    elif layer.name == AREAS_LAYER:
        title = {"zh": "标定区域概率范围", "en": "Where the regions lie, by probability"}
        keywords = _keywords(edition, zh=["概率"], en=["probability"])
    else:
        use = next(one for one in parcels.uses if one.code == layer.name)
        land = f"{use.title_en.lower()} land"
        title = {
            "zh": f"{use.label}标定区域与标定地价",
            "en": f"Standard price regions of {land}",
        }
        keywords = _keywords(edition, zh=[use.label], en=[land])
    return {
        "type": "collection",
        "title": title,
        "description": _description(edition, attribution),
        "keywords": keywords,
        "links": _licence_links(attribution),
        # No time, for pygeoapi would refuse any that lies outside.
        "extents": {"spatial": {"bbox": list(layer.bounds), "crs": CRS84}},
        "providers": [
            {
                "type": "feature",
                "name": "app.web.ogc.provider.LayerProvider",
                "data": layer,
                "id_field": layer.id_field,
                "crs": list(served_crs(parcels.metric_crs)),
                # What is no property is refused by the provider rather than overlooked.
                "include_extra_query_parameters": True,
            },
            {
                "type": "tile",
                "name": "app.web.ogc.tiles.TileProvider",
                "data": tiles,
                "format": {"name": "mvt", "mimetype": "application/vnd.mapbox-vector-tile"},
            },
        ],
    }


def _description(edition: Edition, attribution: str) -> dict[str, str]:
    zh = (
        f"{edition.publisher}，{edition.document}；估价期日 {edition.valuation_date}，"
        f"自 {edition.effective_from} 起执行。{_INFERRED_ZH}"
    )
    en = (
        f"{edition.publisher}, {edition.document}; valuation date {edition.valuation_date},"
        f" in force from {edition.effective_from}. {_INFERRED_EN}"
    )
    if attribution:
        zh, en = f"{zh}几何来源：{attribution}。", f"{en} Geometry: {attribution}."
    return {"zh": zh, "en": en}


def _keywords(edition: Edition, *, zh: list[str], en: list[str]) -> dict[str, list[str]]:
    return {
        "zh": ["标定地价", "标定区域", *zh, edition.city],
        "en": ["standard land price", "standard price region", *en, edition.city],
    }


def _licence_links(attribution: str) -> list[dict[str, str]]:
    url = licence_url(attribution)
    if url is None:
        return []
    return [{"type": "text/html", "rel": "license", "title": attribution, "href": url}]
