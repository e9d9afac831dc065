"""The page's texts by language, and what a link to an answer tells before it is opened."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from app.web.caching import CachedContent
from geo.crs import central_meridian, with_zone_number
from geo.errors import GeoError
from geo.fields import GAZETTE_FIELDS, STEP_TITLES
from geo.lookup.price import price_at, price_at_text
from geo.lookup.ranking import percent

if TYPE_CHECKING:
    from fastapi import Request, Response
    from starlette.datastructures import QueryParams

    from app.web.edition import LoadedEdition
    from geo.crs import Crs
    from geo.lookup.price import PriceResult
    from geo.model import Use

TITLE: Final = "\ue000title\ue000"
DESCRIPTION: Final = "\ue000description\ue000"
"""Where a page has its title and description, which depend on what its address asks for."""

_TEXTS: Final = Path(__file__).parent / "templates" / "texts.json"


@dataclass(frozen=True)
class Page:
    """A page in one language.

    Attributes
    ----------
    html : str
        With `TITLE` and `DESCRIPTION` in it.
    lang : {"zh", "en"}
    title, description : str
        Of the page without an answer.
    plain : CachedContent
        The page without an answer.
    """

    html: str
    lang: str
    title: str
    description: str
    plain: CachedContent = field(init=False)

    def __post_init__(self) -> None:
        """Keep what most readers are served."""
        object.__setattr__(self, "plain", self._entitled(self.title, self.description))

    def answer(self, request: Request, edition: LoadedEdition) -> Response:
        """Answer with the page, whose title and description tell what its address asks for.

        Programs that show a link before it is opened run no script.
        """
        found = _found(edition, request.query_params)
        if not (found and found.prices):
            return self.plain.answer(request)
        told = _told(found, self.lang)
        page = self._entitled(f"{told} · {self.title}", f"{told} · {self.description}")
        return page.answer(request)

    def _entitled(self, title: str, description: str) -> CachedContent:
        text = self.html.replace(TITLE, html.escape(title))
        text = text.replace(DESCRIPTION, html.escape(description))
        return CachedContent(text.encode(), "text/html")


def _found(edition: LoadedEdition, query: QueryParams) -> PriceResult | None:
    """Return the answer to what an address asks for, if it asks for anything that has one."""
    crs, known = query.get("crs"), query.getlist("known")
    try:
        if "at" in query:
            return price_at_text(edition, query["at"], crs=crs, known=known)
        if "lon" in query and "lat" in query:
            lon, lat = float(query["lon"]), float(query["lat"])
            return price_at(edition, lon=lon, lat=lat, crs=crs or "wgs84", known=known)
    except (GeoError, ValueError):
        return None  # the page itself says what is wrong
    return None


def _told(found: PriceResult, lang: str) -> str:
    """Return the likeliest price of each use."""
    told: dict[Use, str] = {}
    for price in found.prices:
        value, share = price.ground_price_cny_m2, percent(price.probability)
        if lang == "zh":
            text = f"{price.use.label} {value} 元/平方米（概率 {share} %）"
        else:
            text = f"{price.use.title_en} land {value} yuan/m² (probability {share} %)"
        told.setdefault(price.use, text)
    return ("；" if lang == "zh" else "; ").join(told.values())


def page_texts(edition: LoadedEdition) -> dict[str, dict[str, str]]:
    """Return every text of the page, by key and language."""
    texts = {field.name: {"zh": field.label_zh, "en": field.label_en} for field in GAZETTE_FIELDS}
    texts |= json.loads(_TEXTS.read_text(encoding="utf-8"))
    texts |= {f"step_{name}": {"zh": zh, "en": en} for name, (zh, en) in STEP_TITLES.items()}
    texts |= _zone_texts(edition.parcels.metric_crs)
    for use in edition.uses:
        texts[f"use_{use}"] = {"zh": use.label, "en": f"{use.title_en} land"}
        texts[f"sheet_{use}"] = {"zh": f"{use.label}图（PDF）", "en": f"{use.title_en} sheet (PDF)"}
    return texts


def examples(edition: LoadedEdition, lang: str) -> list[dict[str, str]]:
    """Return what a reader may ask for, as links: a place in words, a region, a coordinate."""
    region = edition.regions[0]
    language = {"lang": "en"} if lang == "en" else {}
    place = region.polygon.representative_point()
    lon, lat = f"{place.x:.4f}", f"{place.y:.4f}"
    found: list[tuple[str, dict[str, str]]] = []
    if location := region.record.parcel_location:
        found.append((location, {"at": location}))
    found.append((region.code, {"region": region.code}))
    found.append((f"{lon}, {lat}", {"lon": lon, "lat": lat}))
    return [{"label": label, "query": urlencode(query | language)} for label, query in found]


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
