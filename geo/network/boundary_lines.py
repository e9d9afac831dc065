"""The named lines along the sides of regions: what maps and exports show of the network."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely
from shapely import MultiLineString

from geo.model import kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo.model import LineKind, Region, Side


@dataclass(frozen=True, slots=True)
class BoundaryLine:
    """A boundary line, as far as it bounds regions.

    Attributes
    ----------
    name : str
        The one name that stands for all its spellings.
    kind : LineKind
    accuracy_m : float
        How far it may be off at its worst place.
    geometry : MultiLineString
        WGS84; every stretch once, however many regions it bounds.
    """

    name: str
    kind: LineKind
    accuracy_m: float
    geometry: MultiLineString


def boundary_lines(
    regions: Sequence[Region], spellings: Mapping[str, str]
) -> tuple[BoundaryLine, ...]:
    """Gather the lines that bound regions.

    Parameters
    ----------
    regions : sequence of Region
    spellings : mapping of str to str
        The one name of a line, by each other spelling.

    Returns
    -------
    tuple of BoundaryLine
        Sorted by name.
    """
    sides: dict[str, list[tuple[Region, Side]]] = defaultdict(list)
    for region in regions:
        for side, printed in region.record.bounds:
            sides[spellings.get(printed, printed)].append((region, side))
    return tuple(
        BoundaryLine(
            name=name,
            kind=kind_of(name),
            accuracy_m=max(region.accuracy_m[side] for region, side in used),
            geometry=_joined([region.side(side) for region, side in used]),
        )
        for name, used in sorted(sides.items())
    )


def _joined(sides: Sequence[shapely.LineString]) -> MultiLineString:
    # Sides on one line share vertices, so their union needs no snapping.
    merged = shapely.line_merge(shapely.union_all(sides))
    return MultiLineString(list(shapely.get_parts(merged)))
