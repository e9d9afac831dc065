"""Regions of one use by how likely they hold a place, and which of them an answer names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geo.model import LIKELY, SURE, Certainty

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Ranked = list[tuple[float, int]]
"""Probabilities and numbers of regions of one use, the likeliest first, then by number."""

_REST: Final = 0.01
"""Alternatives end where all that is left is less likely than this."""
_IN_RANGE: Final = 0.95
"""Probability with which a range of prices holds."""


def by_share(one: tuple[float, int]) -> tuple[float, int]:
    """Return the key by which regions are ranked."""
    return -one[0], one[1]


def to_name(ranked: Ranked, none: float, held: Sequence[int]) -> Ranked:
    """Return the regions to name: those drawn at the point, and the likeliest if likelier.

    Parameters
    ----------
    ranked : list of (float, int)
    none : float
        How likely it is that no region of the use holds the point.
    held : sequence of int
        Numbers of the regions of the use that are drawn there.
    """
    likeliest = ranked[:1] if ranked and ranked[0][0] > none else []
    if not held or (likeliest and held == [likeliest[0][1]]):
        return likeliest
    share_of = {i: share for share, i in ranked}
    found = [(share_of.get(i, 0.0), i) for i in held]
    return sorted({*found, *likeliest}, key=by_share)


def others(ranked: Ranked, number: int) -> Iterator[tuple[float, int]]:
    """Yield the other regions of a use that may hold a point, while it matters."""
    rest = sum([share for share, i in ranked if i != number])
    for share, i in ranked:
        if i == number:
            continue
        if rest < _REST:
            return
        yield share, i
        rest -= share


def within_range(ranked: Ranked) -> Iterator[int]:
    """Yield the likeliest regions that together hold 95 % of the probability that any does."""
    wanted, total = _IN_RANGE * sum([share for share, _ in ranked]), 0.0
    for share, i in ranked:
        yield i
        total += share
        if total >= wanted:
            return


def certainty_of(probability: float, *, on_edge: bool) -> Certainty:
    """Return how sure it is that a region holds a point, in a word."""
    if on_edge:
        return Certainty.ON_BOUNDARY
    if probability >= SURE:
        return Certainty.INSIDE
    return Certainty.LIKELY if probability >= LIKELY else Certainty.UNCERTAIN


def percent(probability: float, *, decimals: int = 0) -> str:
    """Return a probability in percent: what is inferred is never 100 % sure, nor impossible."""
    least = 10.0**-decimals
    return f"{min(max(100 * probability, least), 100 - least):.{decimals}f}"
