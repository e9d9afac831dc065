"""Documents of the OGC API as pages for people: their links, features as a table, and the JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from geo.fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator

_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parents[1] / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
)
_MOST: Final = 60_000  # characters of JSON; a longer document is cut


def html_of(document: dict[str, Any], home: str) -> str:
    """Return a document as HTML.

    Parameters
    ----------
    document : dict
        As it is answered in JSON.
    home : str
        Address of the service's page.
    """
    text = json.dumps(document, ensure_ascii=False, indent=1)
    features = document.get("features", [])
    columns = list(features[0]["properties"]) if features else []
    matched = document.get("numberMatched", len(features))
    return _TEMPLATES.get_template("ogc.html").render(
        title=document.get("title") or document.get("id") or "OGC API",
        description=document.get("description", ""),
        home=home,
        groups=list(_groups(document)),
        columns=[FIELDS[name].heading if name in FIELDS else name for name in columns],
        rows=[[_shown(one["properties"].get(name)) for name in columns] for one in features],
        counted=f"{len(features)} / {matched}",
        json=text if len(text) <= _MOST else f"{text[:_MOST]}\n…",
    )


def _groups(document: dict[str, Any]) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Yield headings, and the links below them."""
    for name, heading in (("collections", "图层 Collections"), ("tilesets", "瓦片 Tilesets")):
        inner = [
            {"title": one.get("title", ""), "about": one.get("id", ""), "href": link["href"]}
            for one in document.get(name, [])
            for link in one.get("links", [])
            if link["rel"] == "self"
        ]
        if inner:
            yield heading, inner
    links = [
        {
            "title": link.get("title") or link["rel"],
            "about": link.get("type", ""),
            "href": link["href"],
        }
        for link in document.get("links", [])
        if "{" not in link["href"]
    ]
    if links:
        yield "链接 Links", links


def _shown(value: object) -> str:
    return "" if value is None else f"{value}"
