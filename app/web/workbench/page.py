"""The workbench's page in Chinese and English, and what its script is told of the city."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.web.assets import Assets
from app.web.rendering import LANGUAGES, SYSTEMS, known, templates
from geo.symbology import ACCENTS, CERTAINTY_COLOURS
from maps.interactive import folium_map
from maps.interactive.base_maps import OWN_ATTRIBUTION, described

if TYPE_CHECKING:
    from app.web.workbench.desk import Desk

_HERE: Final = Path(__file__).parent
_TEMPLATES: Final = templates(_HERE / "templates")
_STYLES: Final = (*folium_map.STYLES, "page.css", "workbench.css")


def _texts() -> dict[str, dict[str, str]]:
    path = _HERE / "templates" / "texts.json"
    texts: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    return texts


def assets_of(desk: Desk) -> Assets:
    """Return the scripts and style sheets of a desk's page."""
    config, texts = (json.dumps(one, ensure_ascii=False) for one in (_config(desk), _texts()))
    generated = {"config.js": f"export const CONFIG = {config};\nexport const TEXTS = {texts};\n"}
    own = {path.name: path for path in (_HERE / "static").iterdir()}
    return Assets.of(generated, {**folium_map.ASSETS, **own})


def _config(desk: Desk) -> dict[str, Any]:
    settings, edition = desk.settings, desk.edition
    layouts = desk.shares.layouts
    others: dict[str, list[str]] = {}
    for other, name in edition.names.items():
        others.setdefault(name, []).append(other)
    own_base = {"url": "basemap.json", "attribution": OWN_ATTRIBUTION}
    return {
        "city": edition.parcels.edition.city,
        "key": edition.parcels.edition.admin_code,
        "lines": [
            {"name": name, "others": sorted(others.get(name, []))}
            for name, bounds in zip(layouts.names, layouts.is_bounding.tolist(), strict=True)
            if bounds
        ],
        "uses": [
            {
                "code": use.code,
                "zh": use.label,
                "en": use.title_en,
                "accent": ACCENTS[use.colours],
            }
            for use in edition.uses
        ],
        "certaintyColours": CERTAINTY_COLOURS,
        "ownBase": own_base if settings.basemap.exists() else None,
        "tiles": described(settings.shown_base_maps, settings.tianditu_key),
    }


def page_html(desk: Desk, assets: Assets, *, lang: str, who: str) -> str:
    """Return the page.

    Parameters
    ----------
    desk : Desk
    assets : Assets
    lang : str
        "en", or anything else for Chinese.
    who : str
        Whose observations are saved, unless the page says otherwise.
    """
    lang = known(lang)
    texts = _texts()
    return _TEMPLATES.get_template("workbench.html").render(
        lang=LANGUAGES[lang],
        other_lang=LANGUAGES["zh" if lang == "en" else "en"],
        other_language_url="?lang=zh" if lang == "en" else "?lang=en",
        city=desk.edition.parcels.edition.city,
        who=who,
        text=lambda key: texts[key][lang],
        systems=[(crs.value, f"crs_{crs}") for crs in SYSTEMS],
        attribution=desk.edition.parcels.attribution,
        style_urls=[f"{assets.prefix}{name}" for name in _STYLES],
        icon_url=f"{assets.prefix}favicon.svg",
        script_urls=[f"{assets.prefix}{name}" for name in folium_map.SCRIPTS],
        page_script=f"{assets.prefix}workbench.js",
    )
