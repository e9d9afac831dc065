"""Where a place lies that is given in words, in each layout: 文明大道与慎阳路交叉口西南角.

In every layout the place lies beside the lines that its words name, so it needs no coordinate.
Along an axis of which the words say nothing it may be anywhere in the city.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np

from geo.errors import LocationError
from geo.gazette.locations import Location, read_location
from geo.gazette.names import fold
from geo.layouts.layouts import AXES
from geo.lookup.known import BEYOND, RUNS, SIDES, Fact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geo.crs import FloatArray
    from geo.layouts.layouts import Flags, Layouts, Numbers
    from geo.lookup.known import LineNames

LONGEST: Final = 100

_BESIDE_M: Final = 60.0  # from the middle of a road to a place beside it
_ANYWHERE: Final = tuple((np.arange(9) + 0.5) / 9)
_ROUNDS: Final = 5  # of the crossing of two lines, which are nearly square to each other
_MEETING: Final = re.compile(r"(?:十字路口|交叉路口|交[汇会叉][处口]?|(?<=[路道街])路?口)处?")
_SIDE: Final = re.compile(r"(?<=[路道街河铁])(?:[以之路]?([东西南北])[侧边面方]?)(?=$|[、，,])")
_JOINED: Final = re.compile(r"(?<=[路道街河铁])[/&+×xX·\-—~](?=.*[路道街河铁])")
_NUMBER: Final = re.compile(r"(?<=[路道街])[0-9]+(?:-[0-9]+)?号.*|(?:附近|旁边?|沿线|沿街)$")
_CITY: Final = re.compile(r"(?:[^路道街河铁省市区县]{2,8}[省市区县])+")


@dataclass(frozen=True)
class Beside:
    """How a place lies to lines of one axis.

    Attributes
    ----------
    beyond, short : tuple of str
        Lines beyond which it lies, to the east or north, and short of which it lies.
    enclosing : tuple of str
        Two lines between which it lies.
    at : str or None
        A line beside which it lies, on a side that is not said.
    """

    beyond: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    enclosing: tuple[str, ...] = ()
    at: str | None = None


@dataclass(frozen=True)
class Spots:
    """Where a place lies, some times in each layout.

    Attributes
    ----------
    across_m : pair of ndarray, shape (ways, layouts)
        By axis, metres from the centre: to the east and to the north.
    before : pair of ndarray of bool, shape (ways, layouts, lines of the axis)
        Which lines lie before the place: west or south of it.
    """

    across_m: tuple[FloatArray, FloatArray]
    before: tuple[Flags, Flags]


def read_words(text: str, lines: LineNames) -> tuple[Beside, Beside]:
    """Read a location as the notice writes it.

    Parameters
    ----------
    text : str
    lines : LineNames

    Returns
    -------
    pair of Beside
        By axis.

    Raises
    ------
    LocationError
        It is too long, or a part of it cannot be read or names no line.
    """
    if len(text) > LONGEST:
        raise LocationError(
            f"at has {len(text)} characters; a location in words has at most {LONGEST}.",
            code="location_too_long",
        )
    shown = repr(text.strip()[:60])
    folded = fold(text)
    location = _read(folded, lines)
    if (match := _CITY.match(folded)) and None in map(lines.find, location.lines or ("",)):
        location = _read(folded[match.end() :], lines)
    if not location.lines or location.unread:
        part = "、".join(location.unread) or text.strip()
        raise LocationError(
            f"at is {shown}, of which {part[:40]!r} cannot be read; write it as"
            " 文明大道与慎阳路交叉口西南角, 文明大道东侧 or 南邻置地大道、北邻开源大道.",
            code="location_unreadable",
        )
    if unknown := [name for name in location.lines if lines.find(name) is None]:
        near = lines.near(unknown[0])
        hint = f"did you mean {' or '.join(near)}?" if near else "it names none like it."
        raise LocationError(
            f"at is {shown}, but the notice names no line {unknown[0]}; {hint}",
            code="unknown_line",
        )
    location = location.renamed({name: lines.find(name) or name for name in location.lines})
    for line, side in location.beside:
        if side not in lines.axes[line].sides:
            runs, sides = RUNS[lines.axes[line]]
            raise LocationError(
                f"at is {shown}, but {line} runs {runs}; a place is {sides} of it.",
                code="side_unknown",
            )
    if location.crossing and len({lines.axes[line] for line in location.crossing}) == 1:
        one, other = location.crossing
        raise LocationError(
            f"at is {shown}, but {one} and {other} run side by side and do not cross.",
            code="no_crossing",
        )
    return sides_of(location, lines)


def _read(folded: str, lines: LineNames) -> Location:
    """Read a location as the notice writes it, or in the other words of addresses."""
    location = read_location(folded)
    if location.lines and not location.unread:
        return location
    usual = _NUMBER.sub("", _JOINED.sub("与", _MEETING.sub("交叉口", folded)))
    usual = _SIDE.sub(r"\1侧", usual)
    if lines.find(usual):
        return Location(lines=(usual,))
    for name in lines.named_at_start(usual):  # 文明大道雪松大道交叉口
        rest = usual[len(name) :]
        if rest[:1] not in ("与", "和") and lines.find(rest.removesuffix("交叉口")):
            usual = f"{name}与{rest}"
            break
    other = read_location(usual)
    return other if other.lines and not other.unread else location


def sides_of(location: Location, lines: LineNames) -> tuple[Beside, Beside]:
    """Return how a place lies to lines whose direction is known, by axis.

    Parameters
    ----------
    location : Location
        With canonical names.
    lines : LineNames
    """
    one, other = (_beside(location, k, lines) for k in range(len(AXES)))
    return one, other


def facts_of(beside: tuple[Beside, Beside]) -> Iterator[Fact]:
    """Yield what words say for sure, as facts."""
    for one, (beyond, short) in zip(beside, SIDES, strict=True):
        yield from (Fact(beyond, line) for line in one.beyond)
        yield from (Fact(short, line) for line in one.short)


def spots_of(layouts: Layouts, beside: tuple[Beside, Beside]) -> Spots:
    """Find where a place lies in each layout.

    Parameters
    ----------
    layouts : Layouts
    beside : pair of Beside
    """
    ways = list(product(*(_ways(one) for one in beside)))
    across_m: tuple[list[FloatArray], list[FloatArray]] = ([], [])
    before: tuple[list[Flags], list[Flags]] = ([], [])
    for way in ways:
        place_m = [np.zeros(layouts.count), np.zeros(layouts.count)]
        for _ in range(_ROUNDS):
            for k in range(len(AXES)):
                place_m[k] = _coordinate_m(layouts, k, place_m[1 - k], beside[k], way[k])
        for k, axis in enumerate(layouts.axes):
            across_m[k].append(place_m[k])
            before[k].append(axis.in_each(place_m[1 - k]) <= place_m[k][:, None])
    return Spots(
        (np.array(across_m[0]), np.array(across_m[1])), (np.array(before[0]), np.array(before[1]))
    )


def _ways(beside: Beside) -> tuple[float, ...]:
    """Return what the words leave open: the side of a line, or the place in the city."""
    if beside.beyond or beside.short or beside.enclosing:
        return (0.0,)
    return (-1.0, 1.0) if beside.at else _ANYWHERE


def _coordinate_m(
    layouts: Layouts, k: int, along_m: FloatArray, beside: Beside, way: float
) -> FloatArray:
    lines_m = layouts.axes[k].in_each(along_m)

    def of(names: tuple[str, ...]) -> FloatArray:
        found: FloatArray = lines_m[:, [layouts.place[name][1] for name in names]]
        return found

    low_m, high_m = np.full(along_m.size, -np.inf), np.full(along_m.size, np.inf)
    if beside.enclosing:
        low_m, high_m = of(beside.enclosing).min(axis=1), of(beside.enclosing).max(axis=1)
    if beside.beyond:
        low_m = np.maximum(low_m, of(beside.beyond).max(axis=1))
    if beside.short:
        high_m = np.minimum(high_m, of(beside.short).min(axis=1))
    middle_m: FloatArray
    if np.isfinite(low_m[0]) and np.isfinite(high_m[0]):
        middle_m = (low_m + high_m) / 2
        return middle_m
    if np.isfinite(low_m[0]):
        return low_m + _BESIDE_M
    if np.isfinite(high_m[0]):
        return high_m - _BESIDE_M
    if beside.at:
        return of((beside.at,))[:, 0] + way * _BESIDE_M
    bounding: Numbers = layouts.bounding(k)
    first, last = lines_m[:, bounding].min(axis=1), lines_m[:, bounding].max(axis=1)
    anywhere: FloatArray = first + way * (last - first)
    return anywhere


def _beside(location: Location, k: int, lines: LineNames) -> Beside:
    own = tuple(line for line in location.lines if lines.axes.get(line) is AXES[k])
    if location.block:
        return Beside(enclosing=own) if len(own) > 1 else Beside(at=next(iter(own), None))
    sides = {line: location.side_of(line, AXES[k]) for line in own}
    return Beside(
        beyond=tuple(line for line, side in sides.items() if side in BEYOND),
        short=tuple(line for line, side in sides.items() if side and side not in BEYOND),
        at=next((line for line, side in sides.items() if side is None), None),
    )
