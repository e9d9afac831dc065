"""What others than the gazette say of its lines: newspapers, bus notices, addresses.

They are statements of the same kind as the gazette's own, weaker, and with their own source.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass, replace
from enum import StrEnum
from io import StringIO
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from geo.errors import NetworkError
from geo.gazette.constraints import MIN_SPACING_M, Distance, LineOrder, Precedence
from geo.model import Axis, Side

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from geo.gazette.constraints import OrderConstraints

STATEMENTS: Final = "statements.csv"

WEIGHTS: Final = {"strong": 0.8, "good": 0.5}
"""How much a statement counts against one of the gazette, by its strength."""

_COLUMNS: Final = ("id", "kind", "lines", "along", "towards", "value_m", "error_m", "strength")


class Kind(StrEnum):
    """What a statement says.

    Attributes
    ----------
    ORDER : str
        Lines follow each other along a street.
    LENGTH : str
        So do they, and the first is so far from the last.
    CROSSING : str
        Two lines cross.
    EXTENT : str
        The first line reaches the second.
    MEET : str
        Lines meet in one place.
    RENAME : str
        The second name is the one in use for what had the first.
    SHORT : str
        The first name is a short or other form of the second.
    """

    ORDER = "order"
    LENGTH = "length"
    CROSSING = "crossing"
    EXTENT = "extent"
    MEET = "meet"
    RENAME = "rename"
    SHORT = "short"


CHAINS: Final = frozenset({Kind.ORDER, Kind.LENGTH})
NAMES: Final = frozenset({Kind.RENAME, Kind.SHORT})


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement.

    Attributes
    ----------
    id : str
    kind : Kind
    lines : tuple of str
        For an order and a length, as they follow each other.
    along : str
        The street along which they do; may be empty.
    towards : Side or None
        In which direction they do.
    metres, error_m : float
        Of a length.
    weight : float
        How much it counts against one of the gazette.
    """

    id: str
    kind: Kind
    lines: tuple[str, ...]
    along: str
    towards: Side | None
    metres: float
    error_m: float
    weight: float


def read_statements(path: Path) -> tuple[Statement, ...]:
    """Read a table of statements.

    Parameters
    ----------
    path : Path
        CSV in UTF-8 with the columns that ``data/network/README.md`` describes.

    Raises
    ------
    NetworkError
        The file cannot be read, with the row and the field at fault.
    """
    try:
        rows = csv.DictReader(StringIO(path.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError) as error:
        raise NetworkError(f"{path.name}: not readable as UTF-8 text: {error}") from error
    found = []
    try:
        for row in rows:
            cells = {column: _cell(row, column) for column in _COLUMNS}
            found.append(_statement(cells))
    except KeyError as error:
        raise NetworkError(f"{path.name}, line {rows.line_num}: no column {error}") from error
    except (ValueError, csv.Error) as error:
        raise NetworkError(f"{path.name}, line {rows.line_num}: {error}") from error
    return tuple(found)


def other_names(statements: Sequence[Statement]) -> dict[str, str]:
    """Return the names that stand for others: old ones and short ones.

    A name that was given to another street when it became free stands for that one today, whatever
    it meant before.

    Parameters
    ----------
    statements : sequence of Statement

    Raises
    ------
    NetworkError
        A name stands for two lines.
    """
    said = [one for one in statements if one.kind in NAMES]
    in_use = {one.lines[1] for one in said if one.kind is Kind.RENAME}
    names: dict[str, str] = {}
    for one in said:
        name, line = one.lines
        if name in in_use and one.kind is Kind.RENAME:
            continue
        if names.setdefault(name, line) != line:
            raise NetworkError(
                f"{STATEMENTS}: {one.id}: {name} stands for {names[name]} and for {line}"
            )
    return names


def with_statements(
    constraints: OrderConstraints, statements: Sequence[Statement], aliases: Mapping[str, str]
) -> OrderConstraints:
    """Add what others state to what the gazette states.

    Parameters
    ----------
    constraints : OrderConstraints
        What the gazette states.
    statements : sequence of Statement
    aliases : mapping of str to str
        Other spellings, to the canonical name.

    Returns
    -------
    OrderConstraints
        Also with lines that only `statements` name, where these show their axis. A statement that
        contradicts the gazette's own order is among the contradictions, and left out.

    Raises
    ------
    NetworkError
        Lines that follow each other along a street run across each other, or the like.
    """
    said = [
        replace(
            one,
            lines=tuple(aliases.get(name, name) for name in one.lines),
            along=aliases.get(one.along, one.along),
        )
        for one in statements
        if one.kind not in NAMES
    ]
    axes = dict(constraints.axes)
    for one in said:
        _add_axes(axes, one)
    order = LineOrder(constraints.axes, constraints.stated)
    outside, distances, contradictions = [], [], list(constraints.contradictions)
    for one in said:
        if one.kind not in CHAINS:
            continue
        chain = one.lines if one.towards in {Side.EAST, Side.NORTH} else one.lines[::-1]
        said_by = f"statement {one.id}"
        for before, after in pairwise(chain):
            known = before in constraints.axes and after in constraints.axes
            if known and order.holds(after, before):
                contradictions.append(
                    f"{before} before {after} ({said_by}): the gazette says the opposite"
                )
            else:
                outside.append(Precedence(before, after, MIN_SPACING_M, said_by, one.weight))
        if one.kind is Kind.LENGTH:
            distances.append(
                Distance(chain[0], chain[-1], one.metres, one.error_m, said_by, one.weight)
            )
    return replace(
        constraints,
        axes=axes,
        contradictions=tuple(contradictions),
        outside=tuple(outside),
        distances=tuple(distances),
    )


def _add_axes(axes: dict[str, Axis], one: Statement) -> None:
    """Give lines an axis, and check those that have one."""
    known: dict[str, Axis] = {}
    if one.towards is not None:
        across = Axis.NS if one.towards in Axis.NS.sides else Axis.EW
        known = dict.fromkeys(one.lines, across)
        if one.along:
            known[one.along] = across.other
    elif one.kind in {Kind.CROSSING, Kind.EXTENT}:
        first, second = one.lines
        if first in axes:
            known[second] = axes[first].other
        elif second in axes:
            known[first] = axes[second].other
    for line, axis in known.items():
        if axes.setdefault(line, axis) is not axis:
            raise NetworkError(
                f"{STATEMENTS}: {one.id}: {line} would run"
                f" {'north-south' if axis is Axis.NS else 'east-west'}, and runs across that"
            )


def _statement(cells: Mapping[str, str]) -> Statement:
    if cells["kind"] not in set(Kind):
        raise ValueError(f"kind is {cells['kind']!r}; it must be {', '.join(Kind)}")
    if cells["strength"] not in WEIGHTS:
        raise ValueError(f"strength is {cells['strength']!r}; it must be {' or '.join(WEIGHTS)}")
    kind = Kind(cells["kind"])
    lines = tuple(_lines(cells["lines"], "<" if kind in CHAINS else ";"))
    most = math.inf if kind in CHAINS or kind is Kind.MEET else 2
    if not 2 <= len(lines) <= most:
        raise ValueError(
            f"lines is {cells['lines']!r}; {kind} takes {'2' if most == 2 else '2 or more'} names"
        )
    towards = None
    if kind in CHAINS:
        if cells["towards"] not in set(Side):
            raise ValueError(f"towards is {cells['towards']!r}; it must be {', '.join(Side)}")
        towards = Side(cells["towards"])
    metres = error_m = math.nan
    if kind is Kind.LENGTH:
        metres, error_m = _metres(cells, "value_m"), _metres(cells, "error_m")
    return Statement(
        id=cells["id"],
        kind=kind,
        lines=lines,
        along=cells["along"],
        towards=towards,
        metres=metres,
        error_m=error_m,
        weight=WEIGHTS[cells["strength"]],
    )


def _lines(text: str, separator: str) -> Iterator[str]:
    for name in text.split(separator):
        if not name.strip():
            raise ValueError(f"lines is {text!r}; names must stand between the signs {separator}")
        yield name.strip()


def _cell(row: Mapping[str, str | None], column: str) -> str:
    value = row[column]
    if value is None:
        raise ValueError(f"the row ends before {column}")
    return value.strip()


def _metres(cells: Mapping[str, str], column: str) -> float:
    try:
        metres = float(cells[column])
    except ValueError:
        metres = math.nan
    if not 0 <= metres < math.inf:
        raise ValueError(f"{column} is {cells[column]!r}; it must be 0 or more metres")
    return metres
