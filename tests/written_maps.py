"""What stands in a map that was written: its elements, its policy, and folium's layers."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

# Names of things and words in Leaflet's comments, not places to ask.
_NOT_ASKED = {
    "http://www.w3.org/2000/svg",
    "https://leafletjs.com",
    "https://bugzilla.mozilla.org/show_bug.cgi?id=888319",
}


class Elements(HTMLParser):
    """Collects the elements of a page with their attributes and texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.texts.setdefault(tag, []).append("")
        self._open = tag

    def handle_endtag(self, _: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts[self._open][-1] += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def data_of(script: str) -> list[dict[str, Any]]:
    """Return the GeoJSON that folium has written into a map's script, layer by layer."""
    return [json.loads(found) for found in re.findall(r"geo_json_\d+_add\((\{.*\})\);\n", script)]


def styles_of(script: str, layer: int) -> dict[str, dict[str, Any]]:
    """Return the style of each feature of a layer, as its switch statement tells."""
    switch = re.findall(r"_styler\(feature\) \{(.*?)\n        \}\n", script, re.DOTALL)[layer]
    found, default = {}, None
    for cases, style in re.findall(
        r"((?:case \"[^\"]+\": *)+|default:)\s*return (\{.*?\});", switch
    ):
        names = [json.loads(name) for name in re.findall(r"case (\"[^\"]+\")", cases)]
        found.update(dict.fromkeys(names, json.loads(style)))
        default = default if names else json.loads(style)
    ids = [feature["id"] for feature in data_of(script)[layer]["features"]]
    assert default is not None
    return {name: found.get(name, default) for name in ids}


def check_asks_for_nothing(page: str) -> None:
    """Check that a file names no address that could be asked."""
    assert set(re.findall(r"https?://[^\s\"'<>()\\]+", page)) <= _NOT_ASKED
    elements = Elements(page)
    for tag, attributes in elements.found:
        assert not {"src", "href", "srcset", "action", "data", "poster"} & set(attributes), tag
    urls = re.findall(r"url\(([^)]*)\)", "".join(elements.texts["style"]))
    assert urls
    assert all(url.startswith(("data:image/png;base64,", "#")) for url in urls)
    assert "sourceMappingURL" not in page


def check_policy(page: str) -> None:
    """Check that a file's policy allows the scripts and styles in it, and nothing else."""
    elements = Elements(page)
    [policy] = [
        meta["content"]
        for meta in elements.all("meta")
        if meta.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy is not None
    directives = dict(part.split(" ", 1) for part in policy.split("; "))

    def hashes(tag: str) -> str:
        digests = [hashlib.sha256(text.encode()).digest() for text in elements.texts[tag]]
        return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)

    assert directives == {
        "default-src": "'none'",
        "script-src": hashes("script"),
        "style-src": hashes("style"),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert all("style" not in attributes for _, attributes in elements.found)
    assert not [name for _, attributes in elements.found for name in attributes if name[:2] == "on"]
