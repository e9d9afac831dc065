"""Lines that end at another line reach it, so that the two make a corner.

A side street ends on the first carriageway of the road it meets, or at its kerb; the road's
centreline runs beyond that. Two lines may also end at one corner, each a little short of it.
Planar, in any CRS whose unit is the metre.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from shapely import LineString, Point, STRtree

from geo.centrelines.make import CARRIAGEWAYS_APART_M

if TYPE_CHECKING:
    from collections.abc import Mapping

OVER_M: Final = 2.0
"""How far a line goes on beyond the one it meets: a corner must survive rounding."""

REACH_M: Final = CARRIAGEWAYS_APART_M / 2
"""How far ahead of an end another line is looked for: from the outermost carriageway of the widest
road to its middle."""

_DIRECTION_M: Final = 20.0  # of a line's end, over which its direction is taken


@dataclass(frozen=True, slots=True)
class Meeting:
    """An end of a line that was brought to another line.

    Attributes
    ----------
    other : str
        Name of the other line.
    added_m : float
        How much longer the line became.
    """

    other: str
    added_m: float


def meet(
    lines: Mapping[str, LineString], reach_m: float = REACH_M
) -> dict[str, tuple[LineString, tuple[Meeting, ...]]]:
    """Bring ends of lines to the lines straight ahead of them.

    Parameters
    ----------
    lines : mapping of str to LineString
        Simple lines by name, in a metric CRS.
    reach_m : float
        How far ahead of an end another line is looked for, in metres.

    Returns
    -------
    dict of str to (LineString, tuple of Meeting)
        Every line, still simple, with the lines its ends were brought to. An end meets each line
        ahead of it; if there is none, what such a line would be if it were longer. It stays where
        it is if it would cross a line for the second time on its way.
    """
    names, given = list(lines), list(lines.values())
    # Where two lines end at one corner, each meets what the other will be.
    longer = [_longer(line, reach_m) for line in given]
    tree = STRtree(longer)
    found = {}
    for number, (name, line) in enumerate(lines.items()):
        meetings: list[Meeting] = []
        for _ in range(2):  # one end, then the other
            near = [int(k) for k in tree.query(_ahead(line, reach_m)) if k != number]
            met = _met(line, reach_m, {names[k]: given[k] for k in near}) or _met(
                line, reach_m, {names[k]: longer[k] for k in near}
            )
            if met:
                line = _lengthened(line, met[-1].added_m)  # noqa: PLW2901
            meetings += met
            line = line.reverse()  # noqa: PLW2901
        found[name] = line, tuple(meetings)
    return found


def _ahead(line: LineString, reach_m: float) -> LineString:
    """Return the straight way ahead of the end of a line."""
    end = np.array(line.coords[-1])
    before = np.array(line.interpolate(max(line.length - _DIRECTION_M, 0.0)).coords[0])
    way = (end - before) / np.hypot(*(end - before))
    return LineString([end, end + reach_m * way])


def _longer(line: LineString, reach_m: float) -> LineString:
    first, last = _ahead(line.reverse(), reach_m), _ahead(line, reach_m)
    return LineString([first.coords[-1], *line.coords, last.coords[-1]])


def _met(line: LineString, reach_m: float, others: Mapping[str, LineString]) -> list[Meeting]:
    """Return the lines ahead of the end of a line that it does not cross yet, nearest first."""
    end = Point(line.coords[-1])
    body = line.difference(end.buffer(OVER_M))
    ahead = _ahead(line, reach_m)
    crossed = [other for other in others.values() if body.intersects(other)]
    met = []
    for name, other in others.items():
        crossing = ahead.intersection(other)
        if crossing.is_empty or body.intersects(other):
            continue
        added_m = end.distance(crossing) + OVER_M
        longer = _lengthened(line, added_m)
        added = LineString(longer.coords[-2:])
        if longer.is_simple and not any(added.intersects(one) for one in crossed):
            met.append(Meeting(name, added_m))
    return sorted(met, key=lambda meeting: meeting.added_m)


def _lengthened(line: LineString, added_m: float) -> LineString:
    return LineString([*line.coords, _ahead(line, added_m).coords[-1]])
