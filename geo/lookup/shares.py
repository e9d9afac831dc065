"""How likely regions hold a place, as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geo.lookup.interpolation import rounded_shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.lookup.known import Judged


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


def agreeing(shares: Shares, judged: Judged, ranks: Sequence[int]) -> Shares:
    """Make shares agree with the words: what is settled is sure, what is excluded is not.

    Parameters
    ----------
    shares : Shares
    judged : Judged
    ranks : sequence of int
        Number of each region's use.
    """
    share_of = dict(zip(shares.regions, shares.shares, strict=True))
    none = list(shares.none)
    for rank in range(len(none)):
        settled = {i for i in judged.settled if ranks[i] == rank}
        own = {i: share for i, share in share_of.items() if ranks[i] == rank}
        excluded = sum(share for i, share in own.items() if i in judged.excluded)
        rest = max(1.0 - excluded, 1e-9)
        for i, share in own.items():
            share_of[i] = 0.0 if settled or i in judged.excluded else min(share / rest, 1.0)
        share_of |= dict.fromkeys(settled, 1.0)
        none[rank] = 0.0 if settled else min(none[rank] / rest, 1.0)
    values, rest_values = (rounded_shares(np.array(one)) for one in (list(share_of.values()), none))
    return Shares(tuple(share_of), tuple(values.tolist()), tuple(rest_values.tolist()))
