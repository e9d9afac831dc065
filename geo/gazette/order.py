"""What an edition says about the order of its lines, before anything is measured.

Every statement of the gazette comes down to *this line lies before that one*: west of it for
lines that run north-south, south of it for lines that run east-west. Regions of one use do not
overlap, which for two regions is a choice of four such statements.
"""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from geo.errors import GazetteError
from geo.gazette.constraints import (
    MIN_SPACING_M,
    Disjoint,
    LineOrder,
    OrderConstraints,
    Precedence,
    StrictOrder,
)
from geo.gazette.locations import Location, read_location
from geo.model import SIDE_WORDS, Axis, FourBounds, Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from geo.model import Record


_PLANNED_BESIDE: Final = re.compile(r"(?P<line>.+)以(?P<side>[东西南北])规划路")
_OPPOSITE_SIDES: Final = ((Side.WEST, Side.EAST), (Side.SOUTH, Side.NORTH))


def read_order(records: Sequence[Record], aliases: Mapping[str, str]) -> OrderConstraints:
    """Collect what the records say about the order of their lines.

    Parameters
    ----------
    records : sequence of Record
    aliases : mapping of str to str
        Other spellings of line names, to the canonical one.

    Raises
    ------
    GazetteError
        A line bounds one region as a north-south line and another as an east-west line, or bounds
        a region on two opposite sides under two spellings.
    """
    bounds = {
        record.code: FourBounds(**{s.value: aliases.get(n, n) for s, n in record.bounds})
        for record in records
    }
    locations = {
        record.code: read_location(record.parcel_location or "").renamed(aliases)
        for record in records
    }
    axes = _axes_of_bounds(bounds)
    bounding = tuple(axes)
    _add_axes_of_crossings(axes, locations.values())

    contradictions: list[str] = []
    statements = [
        *_order_by_bounds(records, bounds),
        *_order_by_locations(bounds, locations, axes, contradictions),
        *_order_by_names(axes, aliases),
    ]
    stated = _strongest(statements)
    contradictions += _cycles(axes, stated)
    implied, disjoint, overlapping = _keep_apart(records, bounds, axes, stated)
    return OrderConstraints(
        bounds=bounds,
        locations=locations,
        axes=axes,
        bounding=bounding,
        stated=stated,
        implied=tuple(implied),
        disjoint=disjoint,
        overlapping=overlapping,
        contradictions=tuple(contradictions),
    )


def _axes_of_bounds(bounds: Mapping[str, FourBounds]) -> dict[str, Axis]:
    axes: dict[str, Axis] = {}
    for code, four in bounds.items():
        if four.east == four.west or four.south == four.north:
            raise GazetteError(f"{code}: two opposite bounds are one line under two spellings")
        for side, name in four:
            axis = Axis.NS if side in {Side.EAST, Side.WEST} else Axis.EW
            if axes.setdefault(name, axis) is not axis:
                raise GazetteError(
                    f"{code}, {side}: {name} bounds other regions as a line across this one"
                )
    return axes


def _add_axes_of_crossings(axes: dict[str, Axis], locations: Iterable[Location]) -> None:
    """Give lines that only locations name an axis: a line crosses lines of the other axis."""
    pairs = [location.crossing for location in locations if location.crossing]
    _follow_crossings(axes, pairs)
    for location in locations:
        # A side word shows the axis of a line that crosses no known one.
        for line, side in location.beside:
            axes.setdefault(line, Axis.NS if side in Axis.NS.sides else Axis.EW)
    _follow_crossings(axes, pairs)


def _follow_crossings(axes: dict[str, Axis], pairs: Sequence[tuple[str, str]]) -> None:
    found = True
    while found:
        found = False
        for pair in pairs:
            for line, other in itertools.permutations(pair):
                if line not in axes and other in axes:
                    axes[line] = axes[other].other
                    found = True


def _order_by_bounds(
    records: Iterable[Record], bounds: Mapping[str, FourBounds]
) -> Iterator[Precedence]:
    for record in records:
        four = bounds[record.code]
        # Room for a square parcel of the standard parcel's area.
        gap_m = max(MIN_SPACING_M, math.sqrt(record.parcel_area_m2 or 0.0))
        said_by = f"bounds of {record.code}"
        yield Precedence(four.west, four.east, gap_m, said_by)
        yield Precedence(four.south, four.north, gap_m, said_by)


def _order_by_locations(
    bounds: Mapping[str, FourBounds],
    locations: Mapping[str, Location],
    axes: Mapping[str, Axis],
    contradictions: list[str],
) -> Iterator[Precedence]:
    for code, location in locations.items():
        said_by = f"parcel of {code}"
        edges = {
            Axis.NS: (bounds[code].west, bounds[code].east),
            Axis.EW: (bounds[code].south, bounds[code].north),
        }
        for line in location.lines:
            if line not in axes:
                continue
            low, high = edges[axes[line]]
            side = location.side_of(line, axes[line])
            if (line == high and side in {Side.EAST, Side.NORTH}) or (
                line == low and side in {Side.WEST, Side.SOUTH}
            ):
                contradictions.append(
                    f"{code}: the parcel is said to lie {side} of {line}, which bounds its region"
                    " on that side"
                )
            # The parcel lies in its region and the line passes the parcel, so the line runs
            # through the region or along its edge.
            if line != low:
                yield Precedence(low, line, 0.0, said_by)
            if line != high:
                yield Precedence(line, high, 0.0, said_by)
        yield from _order_around_parcel(location, axes, edges, said_by)


def _order_around_parcel(
    location: Location,
    axes: Mapping[str, Axis],
    edges: Mapping[Axis, tuple[str, str]],
    said_by: str,
) -> Iterator[Precedence]:
    """Yield the order of lines that lie on two sides of one parcel."""
    beside = [(line, side) for line, side in location.beside if side in axes[line].sides]
    for low, high in _OPPOSITE_SIDES:
        # A parcel east of one line and west of another lies between them.
        for before in (line for line, side in beside if side is high):
            for after in (line for line, side in beside if side is low):
                yield Precedence(before, after, MIN_SPACING_M, said_by)
    for axis, (low_edge, high_edge) in edges.items():
        pair = [line for line in location.block if axes.get(line) is axis]
        if len(pair) == 2:
            for line, other in itertools.permutations(pair):
                if line == low_edge:
                    yield Precedence(line, other, MIN_SPACING_M, said_by)
                elif line == high_edge:
                    yield Precedence(other, line, MIN_SPACING_M, said_by)


def _order_by_names(axes: Mapping[str, Axis], aliases: Mapping[str, str]) -> Iterator[Precedence]:
    """Read names that place a line themselves: 前进大道以西规划路 lies west of 前进大道."""
    for name, axis in axes.items():
        match = _PLANNED_BESIDE.fullmatch(name)
        if match is None:
            continue
        line, side = aliases.get(match["line"], match["line"]), SIDE_WORDS[match["side"]]
        if axes.get(line) is axis and side in axis.sides:
            low = side in {Side.WEST, Side.SOUTH}
            yield Precedence(*((name, line) if low else (line, name)), MIN_SPACING_M, "its name")


def _cycles(names: Iterable[str], stated: Sequence[Precedence]) -> Iterator[str]:
    """Find statements that others turn round."""
    order = LineOrder(names, stated)
    for fact in stated:
        if order.holds(fact.after, fact.before):
            yield f"{fact.before} before {fact.after} ({fact.said_by}): others say the opposite"


def _strongest(statements: Iterable[Precedence]) -> tuple[Precedence, ...]:
    """Keep one statement a pair of lines, the one with the widest gap; it counts for all."""
    of_pair: dict[tuple[str, str], list[Precedence]] = {}
    for fact in statements:
        of_pair.setdefault((fact.before, fact.after), []).append(fact)
    return tuple(
        replace(max(facts, key=lambda fact: fact.gap_m), weight=float(len(facts)))
        for facts in of_pair.values()
    )


def _keep_apart(
    records: Sequence[Record],
    bounds: Mapping[str, FourBounds],
    names: Iterable[str],
    stated: Sequence[Precedence],
) -> tuple[list[Precedence], tuple[Disjoint, ...], tuple[tuple[str, str], ...]]:
    """Find the ways in which each pair of regions of one use can lie apart.

    A way that contradicts the known order is closed; a pair with one way left makes that way
    known, which may close ways of other pairs, so this repeats until nothing changes. Different
    lines are taken as different first. Where that closes every way, a way stays open that only
    statements close which allow two lines to be one: these are doubted. A pair without even that
    overlaps by the gazette's own text.
    """
    order = LineOrder(names, stated)
    strict = StrictOrder(names, stated)
    pairs = [
        Disjoint((one.code, two.code), _ways(bounds[one.code], bounds[two.code]))
        for one, two in itertools.combinations(records, 2)
        if one.use == two.use
    ]
    implied: list[Precedence] = []
    touching: list[Disjoint] = []
    overlapping: list[tuple[str, str]] = []
    changed = True
    while changed:
        changed = False
        remaining: list[Disjoint] = []
        for pair in pairs:
            if any(a == b or order.holds(a, b) for a, b in pair.ways):
                continue
            ways = tuple(way for way in pair.ways if not order.holds(way[1], way[0]))
            if len(ways) == 1:
                order.add(*ways[0])
                implied.append(Precedence(*ways[0], 0.0, f"{pair.codes[0]} beside {pair.codes[1]}"))
                changed = True
            elif ways:
                remaining.append(Disjoint(pair.codes, ways))
            elif ways := tuple(way for way in pair.ways if not strict.holds(way[1], way[0])):
                touching.append(Disjoint(pair.codes, ways))
            else:
                overlapping.append(pair.codes)
        pairs = remaining
    doubted = (replace(pair, doubted=_doubted(pair, stated, order)) for pair in touching)
    return implied, (*pairs, *doubted), tuple(overlapping)


def _doubted(
    pair: Disjoint, stated: Sequence[Precedence], order: LineOrder
) -> tuple[Precedence, ...]:
    """Find the statements that close the ways of a pair, none of which demands a distance."""

    def closes(fact: Precedence, before: str, after: str) -> bool:
        from_after = fact.before == after or order.holds(after, fact.before)
        return from_after and (fact.after == before or order.holds(fact.after, before))

    return tuple(f for f in stated if f.gap_m == 0 and any(closes(f, *way) for way in pair.ways))


def _ways(one: FourBounds, two: FourBounds) -> tuple[tuple[str, str], ...]:
    return (
        (one.east, two.west),
        (two.east, one.west),
        (one.north, two.south),
        (two.north, one.south),
    )
