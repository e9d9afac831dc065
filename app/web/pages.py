"""The web page and the map alone, each in Chinese and English, with all they need from here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.web.caching import Cache, CachedContent
from app.web.headers import REVALIDATED, SecurityHeaders, content_policy, security_headers
from geo.crs import (
    Crs,
    central_meridian,
    check_range,
    parse_crs,
    to_wgs84,
    with_zone_number,
)
from geo.fields import GAZETTE_FIELDS
from geo.symbology import ACCENTS, read_price_classes

if TYPE_CHECKING:
    import os

    from fastapi import FastAPI
    from starlette.types import Scope

    from app.settings import Settings
    from app.web.edition import LoadedEdition
    from maps.interactive.folium_map import MapParts

_HERE: Final = Path(__file__).parent
_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined
)
_LANGUAGES: Final = {"zh": "zh-CN", "en": "en"}
_SYSTEMS: Final = (Crs.WGS84, Crs.CGCS2000, Crs.GCJ02, Crs.BD09)
_MAP_SCRIPT: Final = "assets/city.js"
_READ: Final = ["GET", "HEAD"]

_routes = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class _Pages:
    """Everything that is generated; pages by language."""

    page: dict[str, CachedContent]
    map_page: dict[str, CachedContent]
    map_script: CachedContent
    texts_script: CachedContent


def install(app: FastAPI, settings: Settings) -> None:
    """Add the pages to an application whose state will have an ``edition``.

    Parameters
    ----------
    app : FastAPI
    settings : Settings
        Which base maps readers may choose; their hosts are the only ones that pages may ask.
    """
    app.state.pages, app.state.settings = Cache[_Pages](), settings
    app.include_router(_routes)
    app.mount("/assets/leaflet", _Assets(packages=[("xstatic.pkg.leaflet", "data")]))
    app.mount(
        "/assets", _Assets(directory=_HERE / "static", packages=[("maps.interactive", "static")])
    )
    tiles = [base.tile_source for base in settings.shown_base_maps]
    app.state.security_headers = security_headers(content_policy(image_sources=tiles))
    app.add_middleware(SecurityHeaders, headers=app.state.security_headers)


@_routes.api_route("/", methods=_READ)
async def _page(request: Request, lang: str = "zh") -> Response:
    return (await _pages(request)).page[_known(lang)].answer(request)


@_routes.api_route("/map", methods=_READ)
async def _map_page(request: Request, lang: str = "zh") -> Response:
    return (await _pages(request)).map_page[_known(lang)].answer(request)


@_routes.api_route(f"/{_MAP_SCRIPT}", methods=_READ)
async def _map_script(request: Request) -> Response:
    return (await _pages(request)).map_script.answer(request)


@_routes.api_route("/assets/texts.js", methods=_READ)
async def _texts_script(request: Request) -> Response:
    return (await _pages(request)).texts_script.answer(request)


@_routes.get("/place")
def _place(
    lon: Annotated[float, Query()], lat: Annotated[float, Query()], crs: str
) -> dict[str, float]:
    """Return where a coordinate is on the map, in WGS84."""
    system = parse_crs(crs)
    check_range(lon=lon, lat=lat, crs=system)
    at_lon, at_lat = to_wgs84(lon=lon, lat=lat, crs=system)
    return {"lon": at_lon, "lat": at_lat}


def _known(lang: str) -> str:
    return lang if lang in _LANGUAGES else "zh"


async def _pages(request: Request) -> _Pages:
    """Make the pages when the first is asked for: folium takes longer to import than all else."""
    cache: Cache[_Pages] = request.app.state.pages
    settings: Settings = request.app.state.settings
    return await cache.get("pages", partial(_made_pages, request.app.state.edition, settings))


def _made_pages(edition: LoadedEdition, settings: Settings) -> _Pages:
    from maps.interactive import folium_map  # noqa: PLC0415 - imports folium

    parcels = edition.parcels
    parts = folium_map.map_parts(
        parcels,
        read_price_classes(settings.price_classes, parcels.prices_cny_m2),
        base_maps=settings.shown_base_maps,
        tianditu_key=settings.tianditu_key,
    )
    texts = {field.name: {"zh": field.label_zh, "en": field.label_en} for field in GAZETTE_FIELDS}
    texts |= json.loads((_HERE / "templates" / "texts.json").read_text(encoding="utf-8"))
    texts |= _zone_texts(parcels.metric_crs)
    for use in edition.uses:
        texts[f"use_{use}"] = {"zh": use.label, "en": f"{use.title_en} land"}
        texts[f"sheet_{use}"] = {"zh": f"{use.label}图（PDF）", "en": f"{use.title_en} sheet (PDF)"}
    urls = {
        "style_urls": [f"assets/{name}" for name in (*folium_map.STYLES, "page.css")],
        "script_urls": [*(f"assets/{name}" for name in folium_map.SCRIPTS), _MAP_SCRIPT],
    }
    map_page = {
        lang: folium_map.map_document(parcels, parts, script_url=_MAP_SCRIPT, lang=html_lang)
        for lang, html_lang in _LANGUAGES.items()
    }
    page = {lang: _page_html(lang, texts, edition, parts, urls) for lang in _LANGUAGES}
    accents = {use.code: ACCENTS[use.colours] for use in edition.uses}
    texts_script = (
        f"export default {json.dumps(texts, ensure_ascii=False)};\n"
        f"export const ACCENTS = {json.dumps(accents)};\n"
    )
    return _Pages(
        page={lang: CachedContent(html.encode(), "text/html") for lang, html in page.items()},
        map_page={
            lang: CachedContent(html.encode(), "text/html") for lang, html in map_page.items()
        },
        map_script=CachedContent(parts.script.encode(), "text/javascript"),
        texts_script=CachedContent(texts_script.encode(), "text/javascript"),
    )


def _zone_texts(zone: Crs) -> dict[str, dict[str, str]]:
    """Name the city's two systems in metres."""
    numbered, meridian = with_zone_number(zone), central_meridian(zone)
    number = meridian // 3
    return {
        f"about_{zone}": {
            "zh": f"规划图常用：CGCS2000 三度带，中央经线东经 {meridian}°，东坐标不带带号。",
            "en": f"On planning maps: CGCS2000 3-degree zone, central meridian {meridian}° E, no"
            " zone number.",
        },
        f"about_{numbered}": {
            "zh": f"规划图常用：CGCS2000 三度带第 {number} 带，东坐标带带号 {number}。",
            "en": f"On planning maps: CGCS2000 3-degree zone {number}, the easting carries the zone"
            f" number {number}.",
        },
        f"crs_{zone}": {
            "zh": f"{zone.upper()}（东坐标六位数，米）",
            "en": f"{zone.upper()} (six-digit easting, m)",
        },
        f"crs_{numbered}": {
            "zh": f"{numbered.upper()}（东坐标以 {number} 开头，米）",
            "en": f"{numbered.upper()} (easting begins with {number}, m)",
        },
    }


def _page_html(
    lang: str,
    texts: dict[str, dict[str, str]],
    edition: LoadedEdition,
    parts: MapParts,
    urls: dict[str, list[str]],
) -> str:
    facts = edition.facts.model_dump(mode="json")
    zone = edition.parcels.metric_crs
    other = "zh" if lang == "en" else "en"
    return _TEMPLATES.get_template("page.html").render(
        lang=_LANGUAGES[lang],
        other_lang=_LANGUAGES[other],
        other_language_url=f"?lang={other}",
        text=lambda key: texts[key][lang].format(**facts),
        systems=(*_SYSTEMS, zone, with_zone_number(zone)),
        uses=edition.uses,
        document=edition.facts.document,
        attribution=edition.parcels.attribution,
        map_div=parts.div,
        **urls,
    )


class _Assets(StaticFiles):
    """Static files that browsers ask for anew each time, so that none outlives an upgrade."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["cache-control"] = REVALIDATED
        return response
