"""Reads where a standard parcel lies, in the words of the gazette's column 土地位置.

Four forms occur, and each names lines that pass the parcel:

- a crossing and a corner of it: ``A路与B路交叉口东南角`` (``交叉口`` or the corner may lack);
- a side of one line, or of two: ``A大道东侧、B路南侧``;
- neighbours: ``南邻A路、北邻B路``;
- the block between four lines: ``A、B、C、D围合区域``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geo.gazette.names import fold
from geo.model import SIDE_WORDS, Axis, Side

if TYPE_CHECKING:
    from collections.abc import Mapping

_LINE: Final = r".+[路道街河铁]"
_CORNER: Final = r"[东西][南北]"
_CROSSING: Final = re.compile(
    rf"(?P<first>{_LINE})[与和](?P<second>{_LINE})(?:交叉口)?(?P<corner>{_CORNER})?[角侧]?"
)
_BLOCK: Final = re.compile(r"(?P<lines>.+)围合区域内?")
_SEPARATOR: Final = re.compile(r"[、，,]|(?<=[路道街河铁])[与和]")
_BESIDE: Final = re.compile(rf"(?P<line>{_LINE})(?:[东西南北中]段)?(?P<side>[东西南北])侧")
_NEIGHBOUR: Final = re.compile(rf"(?P<side>[东西南北])邻(?P<line>{_LINE})")
# 现状支路 is a side road as found on site, not the name of one.
_DESCRIPTION: Final = "现状"


@dataclass(frozen=True, slots=True)
class Location:
    """What a parcel's location says about the lines around it.

    Attributes
    ----------
    lines : tuple of str
        Every line that is named; each passes the parcel.
    crossing : tuple of (str, str) or None
        The crossing the parcel lies at.
    corner : frozenset of Side
        Two sides, the quadrant of the crossing that holds the parcel; may be empty.
    beside : tuple of (str, Side)
        Lines, and the side of each on which the parcel lies.
    block : tuple of str
        Lines that enclose the parcel on all sides.
    unread : tuple of str
        Pieces of the text that say nothing about a line.
    """

    lines: tuple[str, ...] = ()
    crossing: tuple[str, str] | None = None
    corner: frozenset[Side] = frozenset()
    beside: tuple[tuple[str, Side], ...] = ()
    block: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    def renamed(self, names: Mapping[str, str]) -> Location:
        """Return the same with other names for some lines."""

        def other(name: str) -> str:
            return names.get(name, name)

        return Location(
            lines=tuple(map(other, self.lines)),
            crossing=self.crossing and (other(self.crossing[0]), other(self.crossing[1])),
            corner=self.corner,
            beside=tuple((other(name), side) for name, side in self.beside),
            block=tuple(map(other, self.block)),
            unread=self.unread,
        )

    def side_of(self, line: str, axis: Axis) -> Side | None:
        """Return the side of a line of the given axis on which the parcel lies, if it is said."""
        for name, side in self.beside:
            if name == line and side in axis.sides:
                return side
        if self.corner and line in self.lines:
            return next(iter(self.corner & axis.sides), None)
        return None


def read_location(text: str) -> Location:
    """Read a parcel's location.

    Parameters
    ----------
    text : str
        One cell of the column 土地位置.

    Returns
    -------
    Location
        With ``lines`` empty when no line could be read.
    """
    text = fold(text)
    if not text:
        return Location()
    if match := _BLOCK.fullmatch(text):
        pieces = _SEPARATOR.split(match["lines"])
        block = tuple(piece for piece in pieces if _is_line(piece))
        return Location(lines=block, block=block, unread=tuple(p for p in pieces if p not in block))
    if (match := _CROSSING.fullmatch(text)) and len(_SEPARATOR.split(text)) == 2:
        pair = (match["first"], match["second"])
        known = tuple(name for name in pair if _is_line(name))
        corner = frozenset(SIDE_WORDS[word] for word in match.group("corner") or ())
        return Location(
            lines=known,
            crossing=pair if len(known) == 2 else None,
            corner=corner,
            unread=tuple(name for name in pair if name not in known),
        )
    pieces = re.split(r"[、，,]", text)
    read = {piece: _read_piece(piece) for piece in pieces}
    beside = tuple(found for found in read.values() if found)
    return Location(
        lines=tuple(line for line, _ in beside),
        beside=beside,
        unread=tuple(piece for piece in pieces if read[piece] is None),
    )


def _is_line(name: str) -> bool:
    """Tell one line's name from a description and from several names."""
    named = re.fullmatch(_LINE, name) is not None and not name.startswith(_DESCRIPTION)
    return named and len(_SEPARATOR.split(name)) == 1


def _read_piece(piece: str) -> tuple[str, Side] | None:
    """Read a line and the side of it on which the parcel lies."""
    if match := _BESIDE.fullmatch(piece):
        line, side = match["line"], SIDE_WORDS[match["side"]]
    elif match := _NEIGHBOUR.fullmatch(piece):
        line, side = match["line"], opposite(SIDE_WORDS[match["side"]])
    else:
        return None
    return (line, side) if _is_line(line) else None


def opposite(side: Side) -> Side:
    """Return the side across a region from the given one."""
    return {
        Side.EAST: Side.WEST,
        Side.WEST: Side.EAST,
        Side.SOUTH: Side.NORTH,
        Side.NORTH: Side.SOUTH,
    }[side]
