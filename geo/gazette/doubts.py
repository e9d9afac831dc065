"""What in a gazette may be a mistake: names that nearly are others, words not read, odd prices."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from geo.gazette.cells import rounded
from geo.gazette.names import nearly_equal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from geo.gazette.constraints import OrderConstraints
    from geo.model import Record

_TELLING: Final = re.compile(r"[0-9一二三四五六七八九十百东西南北中]")
"""Characters in which names differ on purpose: 工业一路 and 工业二路, 滨河东路 and 滨河西路."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Words that somebody should look at.

    Attributes
    ----------
    key : str
        Stable name, such as ``near_name:泰山路:秦山路``.
    message : str
    """

    key: str
    message: str


def doubts(records: Iterable[Record], constraints: OrderConstraints) -> Iterator[Doubt]:
    """Find what may be a mistake.

    Parameters
    ----------
    records : iterable of Record
    constraints : OrderConstraints
        What the records say of the order of lines.

    Yields
    ------
    Doubt
        A floor price that is not the ground price over the plot ratio; a name that one region
        alone uses and that nearly equals that of a line which runs the same way; a piece of a
        standard parcel's location that could not be read.
    """
    for record in records:
        printed, computed = record.floor_price_cny_m2, rounded_floor_price(record)
        if None not in {printed, computed} and printed != computed:
            yield Doubt(
                f"floor_price:{record.code}",
                f"{record.code}: the floor price is {printed}, but {record.ground_price_cny_m2} ÷"
                f" {record.plot_ratio:g} is {computed}",
            )
    users = _users(constraints)
    for name in sorted(users):
        if len(users[name]) > 1:
            continue
        [code] = users[name]
        for other in sorted(users):
            if other != name and _may_be(name, other, constraints):
                yield Doubt(
                    f"near_name:{name}:{other}",
                    f"{code} alone names {name}, which nearly is {other}",
                )
    for code, location in constraints.locations.items():
        for piece in location.unread:
            yield Doubt(f"unread:{code}:{piece}", f"{code}: {piece} in its location is not read")


def rounded_floor_price(record: Record) -> int | None:
    """Return ground price divided by plot ratio, rounded half up to the yuan."""
    if record.plot_ratio is None:
        return None
    return rounded(record.ground_price_cny_m2 / Fraction(str(record.plot_ratio)))


def _users(constraints: OrderConstraints) -> dict[str, set[str]]:
    """Return the codes of the regions that name a line, by its name."""
    users: dict[str, set[str]] = defaultdict(set)
    for code, bounds in constraints.bounds.items():
        for _, name in bounds:
            users[name].add(code)
    for code, location in constraints.locations.items():
        for name in location.lines:
            users[name].add(code)
    return users


def _may_be(name: str, other: str, constraints: OrderConstraints) -> bool:
    axis, other_axis = constraints.axes.get(name), constraints.axes.get(other)
    if axis is not None and other_axis is not None and axis is not other_axis:
        return False
    if _TELLING.sub("", name) == _TELLING.sub("", other):
        return False
    return nearly_equal(name, other)
