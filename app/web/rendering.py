"""What all pages have in common: how they are rendered, their languages, and coordinate systems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from geo.crs import Crs

if TYPE_CHECKING:
    from pathlib import Path

LANGUAGES: Final = {"zh": "zh-CN", "en": "en"}
"""Language tags of HTML, by what addresses call the languages; the first is the usual one."""

SYSTEMS: Final = (Crs.WGS84, Crs.CGCS2000, Crs.GCJ02, Crs.BD09)
"""Systems of the degrees that people type."""


def templates(folder: Path) -> Environment:
    """Return the templates of a folder; what is filled in is escaped, and may not be missing."""
    return Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)


def known(lang: str) -> str:
    """Return a language that there is."""
    return lang if lang in LANGUAGES else next(iter(LANGUAGES))
