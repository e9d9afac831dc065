"""Reads a region's four bounds in words (四至)."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from geo.gazette.names import HAND_IN_POLYGONS, read_line_name
from geo.model import SIDE_WORDS, FourBounds, Side

if TYPE_CHECKING:
    from collections.abc import Collection

_SEPARATORS: Final = "、，,；;。.\n|"
# 至 may stand anywhere; other words for it only where a clause begins, for names have them too.
_MARK: Final = re.compile(
    r"(?:(?P<side>[东西南北])[侧面]?\s*至"
    rf"|(?:^|(?<=[{_SEPARATORS}\s]))(?P<also>[东西南北])[侧面]?\s*(?:到|抵|临|邻|接|以))\s*[::]?"
)
_RING: Final = re.compile(r"围合|围成|合围|环绕|以内|范围")
_WALK: Final = re.compile(r"沿|转|折|向[东西南北]")


def read_bounds(cell: str, known: Collection[str] = ()) -> FourBounds:
    """Read the four bounds of a region.

    Parameters
    ----------
    cell : str
        Such as ``东至A路、西至B路、南至C街、北至D街``: the sides in any order, with any punctuation
        between them.
    known : collection of str
        Names of lines that are taken as they are.

    Raises
    ------
    ValueError
        A side is missing, is there twice, or is not one named line.
    """
    text = unicodedata.normalize("NFKC", cell).replace("東", "东")
    marks = list(_MARK.finditer(text))
    if not marks:
        raise ValueError(f"{cell!r} {_other_form(text)}")
    if before := text[: marks[0].start()].strip(f"{_SEPARATORS}: "):
        raise ValueError(f"{cell!r} begins with {before!r}; it must read {_FORM}")
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    names: dict[Side, str] = {}
    for mark, end in zip(marks, ends, strict=True):
        side = SIDE_WORDS[mark["side"] or mark["also"]]
        if side in names:
            raise ValueError(f"{cell!r} has two bounds in the {side}; it must read {_FORM}")
        try:
            names[side] = read_line_name(text[mark.end() : end].strip(f"{_SEPARATORS} "), known)
        except ValueError as error:
            raise ValueError(f"{cell!r}, {side}: {error}") from error
    if missing := [side for side in Side if side not in names]:
        raise ValueError(f"{cell!r} has no bound in the {missing[0]}; it must read {_FORM}")
    if names[Side.EAST] == names[Side.WEST] or names[Side.SOUTH] == names[Side.NORTH]:
        raise ValueError(f"{cell!r} names one line on two opposite sides")
    return FourBounds(**names)


_FORM: Final = "东至…、西至…、南至…、北至…"


def _other_form(text: str) -> str:
    if _RING.search(text):
        return f"describes a ring of lines or an area; {HAND_IN_POLYGONS}"
    if _WALK.search(text):
        return f"describes a walk along lines; {HAND_IN_POLYGONS}"
    return f"does not read {_FORM}; {HAND_IN_POLYGONS}"
