"""How likely regions hold a place, as numbers."""

from __future__ import annotations

from typing import NamedTuple


class Shares(NamedTuple):
    """How likely regions hold one place.

    Attributes
    ----------
    regions : tuple of int
        Numbers of the regions that may, ascending.
    shares : tuple of float
        Probability of each, rounded to three decimals.
    none : tuple of float
        By use: that no region does.
    """

    regions: tuple[int, ...]
    shares: tuple[float, ...]
    none: tuple[float, ...]


class Sides(NamedTuple):
    """A line, and how likely regions hold a place on either side of it.

    Attributes
    ----------
    line : str
    axis : int
        Place of its axis in `AXES`.
    beyond, short : Shares
        If the place lies east or north of the line, and if not.
    """

    line: str
    axis: int
    beyond: Shares
    short: Shares


class Asked(NamedTuple):
    """What layouts say of a place.

    Attributes
    ----------
    shares : Shares
        Not rounded where facts were asked for.
    sides : Sides or None
        The line whose side would tell most.
    kept : int
        In how many layouts the facts are true; where these are too few, `shares` are of all.
    """

    shares: Shares
    sides: Sides | None
    kept: int
