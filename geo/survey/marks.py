"""What a place in words says of where a line runs: 文明大道与置地大道交叉口, 学院路东侧40米."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from geo.errors import SurveyError
from geo.gazette.names import fold
from geo.lookup.words import read_words

if TYPE_CHECKING:
    from geo.lookup.known import LineNames

BESIDE_M: Final = 25.0
"""From the middle of a road to a place beside it, where no distance is said."""

_DISTANCE: Final = re.compile(
    r"(?<=[东西南北侧边面])约?([0-9]{1,4}(?:\.[0-9]+)?)(公里|千米|km|米|m)"
)
_NUMBERED: Final = re.compile(r"^\s*[0-9]{1,3}[\s.、)）]+")  # as a plan's crossings are
_KILOMETRES: Final = frozenset({"公里", "千米", "km"})
_AT_M: Final = 10.0  # somebody stands on a road, not on its middle line
_FARTHEST_M: Final = 2_000.0


class Mark(NamedTuple):
    """Where a line is, as seen from a place.

    Attributes
    ----------
    line : str
        Canonical name.
    offset_m : float
        From the place to the line: to the east for a line that runs north and south, else to the
        north.
    error_m : float
        How far the line may be from there, the place's own error aside.
    """

    line: str
    offset_m: float
    error_m: float


def read_marks(text: str, lines: LineNames) -> tuple[Mark, ...]:
    """Read where somebody stood.

    Parameters
    ----------
    text : str
        A crossing, perhaps with a corner; or a line, perhaps with a side and a distance.
    lines : LineNames

    Raises
    ------
    LocationError
        A part of it cannot be read or names no line.
    SurveyError
        It says between which lines the place is, or a distance that nobody can judge.
    """
    folded = fold(_NUMBERED.sub("", text))
    beside_m, beside_error_m = BESIDE_M, BESIDE_M
    if match := _DISTANCE.search(folded):
        beside_m = float(match[1]) * (1000.0 if match[2] in _KILOMETRES else 1.0)
        beside_error_m = max(_AT_M, 0.1 * beside_m)
        folded = folded[: match.start()] + folded[match.end() :]
    if beside_m > _FARTHEST_M:
        raise SurveyError(
            f"place is {text!r}; {beside_m:.0f} m from a line tell nothing of where it runs, at"
            f" most {_FARTHEST_M:.0f} m do.",
            code="place_too_far",
        )
    marks: list[Mark] = []
    for one in read_words(folded, lines):
        if one.enclosing or len(one.beyond) + len(one.short) > 1:
            raise SurveyError(
                f"place is {text!r}, which says between which lines it is, not where one of them"
                " runs; name a crossing, or one line and a side of it.",
                code="place_between",
            )
        if one.at is not None:
            marks.append(Mark(one.at, 0.0, _AT_M))
        marks += [Mark(line, -beside_m, beside_error_m) for line in one.beyond]
        marks += [Mark(line, beside_m, beside_error_m) for line in one.short]
    return tuple(marks)
