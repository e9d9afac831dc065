"""The web page and the map alone, each in Chinese and English, with all they need from here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import segno
from fastapi import APIRouter, HTTPException, Query, Request, Response

from app.errors import ParameterError
from app.web.assets import Assets
from app.web.caching import Cache, CachedContent
from app.web.headers import Preflight, SecurityHeaders, content_policy, security_headers
from app.web.page_texts import DESCRIPTION, TITLE, Page, examples, page_texts
from app.web.rendering import LANGUAGES, SYSTEMS, known, templates
from geo.crs import check_range, parse_crs, to_wgs84, with_zone_number
from geo.symbology import ACCENTS
from maps.certainty import grid_bounds

if TYPE_CHECKING:
    from fastapi import FastAPI

    from app.settings import Settings
    from app.web.edition import LoadedEdition
    from app.web.served import Served
    from maps.interactive.folium_map import MapParts

_HERE: Final = Path(__file__).parent
_TEMPLATES: Final = templates(_HERE / "templates")
_MODULES: Final = ("texts.js", "speech.js", "words.js", "place.js", "answer.js", "valuation.js")
_STYLES: Final = ("page.css", "valuation.css")
_LONGEST_LINK: Final = 1000

_routes = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class _Pages:
    """Everything that is generated; pages by language."""

    page: dict[str, Page]
    map_page: dict[str, CachedContent]
    assets: Assets


def install(app: FastAPI, settings: Settings) -> None:
    """Add the pages to an application.

    Parameters
    ----------
    app : FastAPI
    settings : Settings
        Which base maps readers may choose; their hosts are the only ones that pages may ask.
    """
    app.state.pages, app.state.settings = Cache[_Pages](), settings
    app.state.basemap = Cache[CachedContent]()
    app.state.certainty = Cache[dict[str, CachedContent]]()
    app.include_router(_routes)
    tiles = [base.tile_source for base in settings.shown_base_maps]
    policy = content_policy(image_sources=tiles)
    app.state.security_headers = security_headers(policy, is_public=True)
    app.add_middleware(SecurityHeaders, headers=app.state.security_headers)
    app.add_middleware(Preflight)


@_routes.get("/")
async def _page(request: Request, lang: str = "zh") -> Response:
    served: Served = request.app.state.served
    page = (await _pages(request, served)).page[known(lang)]
    return page.answer(request, served.edition)


@_routes.get("/map")
async def _map_page(request: Request, lang: str = "zh") -> Response:
    pages = await _pages(request, request.app.state.served)
    return pages.map_page[known(lang)].answer(request)


@_routes.get("/assets/{path:path}")
async def _asset(request: Request, path: str) -> Response:
    found = (await _pages(request, request.app.state.served)).assets.answer(request, path)
    if found is None:
        raise HTTPException(404)
    return found


@_routes.get("/certainty/{use}.png")
async def _certainty(request: Request, use: str) -> Response:
    """Show how sure the map is of a use at each place."""
    cache: Cache[dict[str, CachedContent]] = request.app.state.certainty
    edition = request.app.state.served.edition
    pictures = await cache.get(edition, "pictures", partial(_made_pictures, edition))
    if use not in pictures:
        raise HTTPException(404)
    return pictures[use].answer(request)


@_routes.get("/basemap.json")
async def _basemap(request: Request) -> Response:
    """Show the base map that the operator has imported."""
    cache: Cache[CachedContent] = request.app.state.basemap
    path = request.app.state.settings.basemap
    if not path.exists():
        raise HTTPException(404)

    def read() -> CachedContent:
        return CachedContent(path.read_bytes(), "application/geo+json")

    edition = request.app.state.served.edition
    return (await cache.get(edition, "basemap", read)).answer(request)


@_routes.get("/place")
def _place(
    lon: Annotated[float, Query()], lat: Annotated[float, Query()], crs: str
) -> dict[str, float]:
    """Return where a coordinate is on the map, in WGS84."""
    system = parse_crs(crs)
    check_range(lon=lon, lat=lat, crs=system)
    at_lon, at_lat = to_wgs84(lon=lon, lat=lat, crs=system)
    return {"lon": at_lon, "lat": at_lat}


@_routes.get("/qr.svg")
def _qr_code(request: Request, text: str) -> Response:
    """Draw the address of one of this service's pages as a QR code."""
    host = request.headers.get("host")
    own = (f"http://{host}/", f"https://{host}/")
    if len(text) > _LONGEST_LINK or not text.startswith(own):
        message = f"text is {text[:60]!r}; it must be an address of this service's pages."
        raise ParameterError(message, code="not_own_address", field="text")
    drawn = BytesIO()
    segno.make_qr(text, error="m").save(drawn, kind="svg", scale=4, border=2, light="#ffffff")
    return Response(drawn.getvalue(), media_type="image/svg+xml")


async def _pages(request: Request, served: Served) -> _Pages:
    """Make the pages when the first is asked for: folium takes longer to import than all else."""
    cache: Cache[_Pages] = request.app.state.pages
    settings: Settings = request.app.state.settings
    make = partial(_made_pages, served, settings)
    return await cache.get(served.edition, "pages", make)


def _made_pictures(edition: LoadedEdition) -> dict[str, CachedContent]:
    from maps.interactive.certainty import pictures  # noqa: PLC0415 - imports pillow

    found = pictures(edition.certainty) if edition.certainty else {}
    return {use.code: CachedContent(png, "image/png") for use, png in found.items()}


def _made_pages(served: Served, settings: Settings) -> _Pages:
    from maps.interactive import folium_map  # noqa: PLC0415 - imports folium
    from maps.interactive.certainty import CertaintyPicture  # noqa: PLC0415

    edition = served.edition
    parcels = edition.parcels
    facts = served.facts(edition).model_dump(mode="json")
    has_layouts = edition.layouts is not None
    parts = folium_map.map_parts(
        parcels,
        edition.classes,
        names=edition.names,
        certainty={
            use: CertaintyPicture(f"certainty/{use}.png", grid_bounds(edition.field))
            for use in edition.uses
            if has_layouts
        },
        own_base_url="basemap.json" if settings.basemap.exists() else None,
        base_maps=settings.shown_base_maps,
        tianditu_key=settings.tianditu_key,
    )
    texts = page_texts(edition)
    accents = {use.code: ACCENTS[use.colours] for use in edition.uses}
    generated = {
        "city.js": parts.script,
        "texts.js": f"export default {json.dumps(texts, ensure_ascii=False)};\n"
        f"export const ACCENTS = {json.dumps(accents)};\n",
    }
    assets = Assets.of(generated, folium_map.ASSETS)
    map_page = {
        lang: folium_map.map_document(parcels, parts, assets=assets.prefix, lang=html_lang)
        for lang, html_lang in LANGUAGES.items()
    }
    return _Pages(
        page={
            lang: _page_of(lang, texts, facts, edition, parts, assets.prefix) for lang in LANGUAGES
        },
        map_page={
            lang: CachedContent(html.encode(), "text/html") for lang, html in map_page.items()
        },
        assets=assets,
    )


def _page_of(
    lang: str,
    texts: dict[str, dict[str, str]],
    facts: dict[str, Any],
    edition: LoadedEdition,
    parts: MapParts,
    assets: str,
) -> Page:
    from maps.interactive import folium_map  # noqa: PLC0415 - imports folium

    zone = edition.parcels.metric_crs
    other = "zh" if lang == "en" else "en"

    def text(key: str) -> str:
        return texts[key][lang].format(**facts)

    html = _TEMPLATES.get_template("page.html").render(
        lang=LANGUAGES[lang],
        other_lang=LANGUAGES[other],
        other_language_url=f"?lang={other}",
        text=text,
        title=TITLE,
        description=DESCRIPTION,
        systems=(*SYSTEMS, zone, with_zone_number(zone)),
        uses=edition.uses,
        examples=examples(edition, lang),
        attribution=edition.parcels.attribution,
        map_div=parts.div,
        style_urls=[f"{assets}{name}" for name in (*folium_map.STYLES, *_STYLES)],
        icon_url=f"{assets}favicon.svg",
        module_urls=[f"{assets}{name}" for name in _MODULES],
        script_urls=[f"{assets}{name}" for name in (*folium_map.SCRIPTS, "city.js")],
        page_script=f"{assets}page.js",
    )
    return Page(html, lang, text("title"), text("invitation"))
