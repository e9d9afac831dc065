"""What the field page is made of: page, scripts, plan, and the worker that keeps them offline."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.web.assets import Assets
from app.web.caching import CachedContent
from app.web.rendering import LANGUAGES, templates
from geo.survey.plan import plan
from maps.interactive import folium_map
from maps.interactive.base_maps import OWN_ATTRIBUTION, described

if TYPE_CHECKING:
    from app.settings import Settings
    from app.web.edition import LoadedEdition
    from app.web.served import Served

_MOST: Final = 12  # crossings, as many as somebody observes in a day

_HERE: Final = Path(__file__).parent
_TEMPLATES: Final = templates(_HERE / "templates")
_TEXTS: Final = _HERE / "templates" / "texts.json"
_SCRIPTS: Final = ("leaflet/leaflet.js", "map.js")
_MODULES: Final = (
    "speech.js",
    *(f"field/{name}.js" for name in ("city", "words", "notes", "position", "chart")),
)
_STYLES: Final = (*folium_map.STYLES, "page.css", "field/field.css")


@dataclass(frozen=True)
class FieldPage:
    """Everything but the plan; pages by language.

    Attributes
    ----------
    pages : dict of str to CachedContent
    worker : CachedContent
        The script that keeps the others in the browser.
    assets : Assets
    """

    pages: dict[str, CachedContent]
    worker: CachedContent
    assets: Assets


def field_page(served: Served, settings: Settings) -> FieldPage:
    """Make the page of the edition in force.

    Parameters
    ----------
    served : Served
    settings : Settings
        Which base maps there are.
    """
    edition = served.edition
    texts = json.loads(_TEXTS.read_text(encoding="utf-8"))
    generated = {
        "field/city.js": f"export const CITY = {_json(_city(edition, settings))};\n"
        f"export const TEXTS = {_json(texts)};\n"
    }
    own = {f"field/{path.name}": path for path in (_HERE / "static" / "field").iterdir()}
    assets = Assets.of(generated, folium_map.ASSETS | own)
    facts = served.facts(edition).model_dump(mode="json")
    named = {
        "style_urls": [f"{assets.prefix}{name}" for name in _STYLES],
        "icon_url": f"{assets.prefix}favicon.svg",
        "module_urls": [f"{assets.prefix}{name}" for name in _MODULES],
        "script_urls": [f"{assets.prefix}{name}" for name in _SCRIPTS],
        "page_script": f"{assets.prefix}field/page.js",
    }
    pages = {
        lang: _TEMPLATES.get_template("field.html").render(
            lang=html_lang,
            other=("zh" if lang == "en" else "en"),
            languages=LANGUAGES,
            text={key: words[lang].format_map(_Kept(facts)) for key, words in texts.items()},
            **named,
        )
        for lang, html_lang in LANGUAGES.items()
    }
    urls = [url for part in named.values() for url in ([part] if isinstance(part, str) else part)]
    return FieldPage(
        {lang: CachedContent(html.encode(), "text/html") for lang, html in pages.items()},
        _worker([*(f"./?lang={lang}" for lang in LANGUAGES), *urls], "".join(pages.values())),
        assets,
    )


def plan_content(edition: LoadedEdition) -> CachedContent:
    """Return which crossings to observe next, as JSON; it takes up to a minute.

    Parameters
    ----------
    edition : LoadedEdition

    Raises
    ------
    NothingToObserveError
        It has no layouts.
    """
    found = plan(edition, most=_MOST)
    crossings = [
        {
            "rank": one.rank,
            "lines": one.lines,
            "place": f"{'与'.join(one.lines)}交叉口",
            "lon": round(one.lon, 6),
            "lat": round(one.lat, 6),
            "radius_m": round(one.radius_m),
            "settled": round(one.settled, 3),
        }
        for one in found.crossings
    ]
    body = {"settled": round(found.settled, 3), "crossings": crossings}
    return CachedContent(_json(body).encode(), "application/json")


class _Kept(dict[str, Any]):
    """Values of a text's {names}; those that the script fills in stay as they are."""

    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


def _city(edition: LoadedEdition, settings: Settings) -> dict[str, Any]:
    """Return what the scripts need to know: names of lines, where the city is, its base maps."""
    west, south, east, north = edition.extent
    has_own = settings.basemap.exists()
    return {
        "lines": {name: axis.value for name, axis in edition.point_index.words.lines.axes.items()},
        "bounds": [[south, west], [north, east]],
        "attribution": edition.parcels.attribution,
        "base": {"url": "../../basemap.json", "attribution": OWN_ATTRIBUTION} if has_own else None,
        "tiles": described(settings.shown_base_maps, settings.tianditu_key),
    }


def _worker(urls: list[str], pages: str) -> CachedContent:
    """Return the worker, which changes with the pages and so with all that they name."""
    kept = {"version": hashlib.sha256(pages.encode()).hexdigest()[:12], "files": urls}
    script = (_HERE / "static" / "sw.js").read_text(encoding="utf-8")
    text = f"const SHELL = {_json(kept)};\n{script}"
    return CachedContent(text.encode(), "text/javascript")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
