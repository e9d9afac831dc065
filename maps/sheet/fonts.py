"""The type of the sheets: one Chinese font out of a Python package, so no system font is needed."""

from __future__ import annotations

import base64
import functools
import importlib.util
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fontTools import subset
from fontTools.ttLib import TTFont
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from maps.errors import MissingGlyphError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FAMILY: Final = "Noto Sans CJK SC"
MM_PER_POINT: Final = 25.4 / 72
ASCENT_EM: Final = 0.88
"""Top of a Chinese character above the baseline, in units of the type size (the font's em box)."""
DESCENT_EM: Final = 0.12
"""Bottom of a Chinese character below the baseline, in units of the type size."""

_OPENING: Final = "（《〔“"
_CLOSING: Final = "，。、；：）》〕”％"
_FONT_FILE: Final = "NotoSansCJKsc-Regular.otf"


def font(size_pt: float) -> FontProperties:
    """Return the font at a size in points."""
    return FontProperties(family=FAMILY, fname=str(_font_path()), size=size_pt)


@functools.cache
def width_mm(text: str, size_pt: float) -> float:
    """Return how far one line of text advances, in mm on paper.

    Raises
    ------
    MissingGlyphError
        The font lacks a character; it never prints a box instead.
    """
    check_glyphs(text)
    width_pt, _, _ = text_to_path.get_text_width_height_descent(text, font(size_pt), ismath=False)
    return float(width_pt) * MM_PER_POINT


def wrapped(text: str, size_pt: float, limit_mm: float) -> list[str]:
    """Break text into lines that are no wider than a limit, in mm.

    Chinese text may break between any two characters but before closing punctuation, which stays
    with the character before it; a run of other letters and digits is kept together if a line holds
    it.
    """
    lines, line = [], ""
    for word in _words_within(text, size_pt, limit_mm):
        if line and width_mm(line + word.rstrip(), size_pt) > limit_mm:
            lines.append(line.rstrip())
            line = ""
        line += word.lstrip() if not line else word
    return [*lines, line.rstrip()] if line else lines


def _words_within(text: str, size_pt: float, limit_mm: float) -> Iterator[str]:
    for word in _words(text):
        if width_mm(word.rstrip(), size_pt) > limit_mm:
            yield from word
        else:
            yield word


def _words(text: str) -> list[str]:
    words: list[str] = []
    for character in text:
        if words and _stay_together(words[-1][-1], character):
            words[-1] += character
        else:
            words.append(character)
    return words


def _stay_together(before: str, after: str) -> bool:
    if after in _CLOSING or before in _OPENING:
        return True
    return before.isascii() and after.isascii() and " " not in {before, after}


def check_glyphs(text: str) -> None:
    """Refuse a text that the font cannot print.

    Raises
    ------
    MissingGlyphError
        It lacks a character.
    """
    missing = [f"{c!r} (U+{ord(c):04X})" for c in text if ord(c) not in _characters()]
    if missing:
        raise MissingGlyphError(
            f"the font {FAMILY} has no glyph for {', '.join(missing)} of {text!r}"
        )


def font_face_css(texts: Iterable[str]) -> str:
    """Return a CSS rule that embeds the part of the font that texts need (WOFF, base64)."""
    options = subset.Options(flavor="woff", layout_features=[], notdef_outline=True)
    options.drop_tables += ["vhea", "vmtx", "VORG", "BASE"]
    with TTFont(_font_path(), recalcTimestamp=False) as whole:
        subsetter = subset.Subsetter(options)
        subsetter.populate(text="".join(texts))
        subsetter.subset(whole)
        buffer = BytesIO()
        whole.flavor = "woff"
        whole.save(buffer)
    content = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'@font-face{{font-family:"{FAMILY}";src:url(data:font/woff;base64,{content})}}'


@functools.cache
def fonts_folder() -> Path:
    """Return the folder that has the font."""
    # Found without importing the package, which would configure all of matplotlib.
    found = importlib.util.find_spec("mplfonts")
    assert found is not None  # noqa: S101 - a dependency
    assert found.submodule_search_locations  # noqa: S101
    return Path(found.submodule_search_locations[0]) / "fonts"


@functools.cache
def _font_path() -> Path:
    return fonts_folder() / _FONT_FILE


@functools.cache
def _characters() -> frozenset[int]:
    with TTFont(_font_path(), lazy=True) as whole:
        return frozenset(whole.getBestCmap())
