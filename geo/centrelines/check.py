"""Whether a file of centrelines has every line that a gazette's bounds name, and enough of each."""

from __future__ import annotations

import difflib
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geo.build.faces import Course, draw_regions
from geo.crs import metric
from geo.errors import NetworkError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shapely import LineString

    from geo.crs import Crs
    from geo.gazette.constraints import OrderConstraints
    from geo.model import Axis, FourBounds
    from geo.network.files import GivenLine

_SPELLINGS: Final = 3  # so many of the nearest spellings are shown
_ALIKE: Final = 0.5  # two of the four characters of a short name, in order
_AT_END_DEG: Final = 1e-9


class LineStatus(StrEnum):
    """What a file has of a line."""

    FOUND = "found"
    PARTIAL = "partial"
    MISSING = "missing"


@dataclass(frozen=True)
class LineCheck:
    """What a file has of one line.

    Attributes
    ----------
    name : str
        Canonical name.
    axis : Axis
    status : LineStatus
    length_m : float or None
        Gauss-Kruger; None if the line is missing.
    regions : tuple of str
        Codes of the regions it bounds.
    corners : int
        How many different lines it must cross to bound them.
    crossed : int
        How many of these are in the file and are crossed exactly once.
    problems : tuple of str
        Why a line in the file is only partial.
    spellings : tuple of str
        The most similar names in the file that stand for no line of the gazette, best first; of a
        missing line.
    """

    name: str
    axis: Axis
    status: LineStatus
    length_m: float | None
    regions: tuple[str, ...]
    corners: int
    crossed: int
    problems: tuple[str, ...]
    spellings: tuple[str, ...]


@dataclass(frozen=True)
class NetworkCheck:
    """What a file has of a gazette's lines.

    Attributes
    ----------
    lines : tuple of LineCheck
        In the gazette's order.
    regions : int
        Number of regions of the edition.
    drawn : int
        How many of them the lines in the file enclose.
    problems : tuple of str
        Codes of regions whose four lines are all found and still enclose no region.
    """

    lines: tuple[LineCheck, ...]
    regions: int
    drawn: int
    problems: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether every line is found and every region can be drawn."""
        found = all(line.status is LineStatus.FOUND for line in self.lines)
        return found and self.drawn == self.regions


def check_network(
    constraints: OrderConstraints, given: Mapping[str, GivenLine], crs: Crs
) -> NetworkCheck:
    """Compare the lines in a file with those that bound a gazette's regions.

    Parameters
    ----------
    constraints : OrderConstraints
        What the edition says of the order of lines.
    given : mapping of str to GivenLine
        By canonical name.
    crs : Crs
        The Gauss-Kruger zone in which lengths are measured.

    Returns
    -------
    NetworkCheck
        A line that does not cross another which is missing itself is not blamed for it.
    """
    regions: dict[str, list[str]] = defaultdict(list)
    across: dict[str, dict[str, None]] = defaultdict(dict)
    for code, four in constraints.bounds.items():
        for _, name in four:
            regions[name].append(code)
        for ns in (four.west, four.east):
            for ew in (four.south, four.north):
                across[ns][ew] = None
                across[ew][ns] = None
    others = [name for name in given if name not in constraints.bounding]
    lines = []
    for name in constraints.bounding:
        problems, crossed = _problems(name, list(across[name]), given, crs)
        missing = name not in given
        present = LineStatus.PARTIAL if problems else LineStatus.FOUND
        lines.append(
            LineCheck(
                name=name,
                axis=constraints.axes[name],
                status=LineStatus.MISSING if missing else present,
                length_m=None if missing else metric(given[name].geometry, crs).length,
                regions=tuple(regions[name]),
                corners=len(across[name]),
                crossed=crossed,
                problems=tuple(problems),
                spellings=tuple(difflib.get_close_matches(name, others, _SPELLINGS, _ALIKE))
                if missing
                else (),
            )
        )
    drawn, failed = _draw(constraints.bounds, given)
    blamed = {code for line in lines if line.problems for code in line.regions}
    return NetworkCheck(
        lines=tuple(lines),
        regions=len(constraints.bounds),
        drawn=drawn,
        problems=tuple(text for code, text in failed.items() if code not in blamed),
    )


def _problems(
    name: str, across: Sequence[str], given: Mapping[str, GivenLine], crs: Crs
) -> tuple[list[str], int]:
    """Return why a line does not bound its regions, and how many lines it crosses as it must."""
    problems, crossed = [], 0
    for other in across:
        if name not in given or other not in given:
            continue
        line, its = given[name].geometry, given[other].geometry
        crossing = line.intersection(its)
        if crossing.geom_type == "Point" and not crossing.is_empty:
            crossed += 1
        elif not crossing.is_empty:
            problems.append(f"meets {other} {shapely.get_num_geometries(crossing)} times")
        elif _is_short(line, its) or not _is_short(its, line):
            short_m = metric(shapely.shortest_line(line, its), crs).length
            problems.append(f"ends {short_m:.0f} m short of {other}")
    return problems, crossed


def _is_short(line: LineString, other: LineString) -> bool:
    """Tell whether it is an end of the line that is nearest to the other."""
    place = shapely.get_point(shapely.shortest_line(line, other), 0)
    return bool(line.boundary.distance(place) < _AT_END_DEG)


def _draw(
    bounds: Mapping[str, FourBounds], given: Mapping[str, GivenLine]
) -> tuple[int, dict[str, str]]:
    courses = {}
    for name, line in given.items():
        vertices = shapely.get_coordinates(line.geometry)
        courses[name] = Course(vertices, np.full(len(vertices), line.accuracy_m))
    drawn, failed = 0, {}
    for code, four in bounds.items():
        if not all(name in courses for _, name in four):
            continue
        try:
            draw_regions({code: four}, {name: courses[name] for _, name in four})
            drawn += 1
        except NetworkError as error:
            failed[code] = str(error)
    return drawn, failed
