"""What must hold of an edition's polygons before they are written."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geo.crs import metric
from geo.parcels import shape_problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.crs import Crs
    from geo.model import Region


def check_parcels(regions: Sequence[Region]) -> list[str]:
    """Check everything that must hold of the polygons, however long it takes.

    Returns
    -------
    list of str
        What does not hold, in words. Overlaps within a use are not among them: an edition may
        overlap by its own text (see ``overlaps``).
    """
    problems = []
    for region in regions:
        if not region.polygon.is_valid:
            reason = shapely.is_valid_reason(region.polygon)
            problems.append(f"{region.code}: the polygon is not valid: {reason}")
        if shape := shape_problem(region):
            problems.append(f"{region.code}: {shape}")
    broken = {problem.split(":")[0] for problem in problems}  # their edges cannot be judged
    for use in dict.fromkeys(region.use for region in regions):
        layer = [r for r in regions if r.use == use and r.code not in broken]
        overlapping = {code for one, two, _ in overlaps(layer) for code in (one, two)}
        clean = [region for region in layer if region.code not in overlapping]
        edges = shapely.coverage_invalid_edges(np.array([r.polygon for r in clean], dtype=object))
        problems.extend(
            f"{region.code}: an edge does not match its neighbour's"
            for region, edge in zip(clean, edges, strict=True)
            if not edge.is_empty
        )
    return problems


def too_small(regions: Sequence[Region], crs: Crs) -> list[str]:
    """Name the regions that have no room for their standard parcel, in words."""
    return [
        f"{region.code} has {area_m2:.0f} m², its standard parcel {parcel_m2:.0f} m²"
        for region in regions
        if (parcel_m2 := region.record.parcel_area_m2) is not None
        and (area_m2 := region_area_m2(region, crs)) <= parcel_m2
    ]


def overlaps(regions: Sequence[Region]) -> list[tuple[str, str, shapely.Geometry]]:
    """Find regions of one use that overlap.

    Returns
    -------
    list of (str, str, Geometry)
        Codes of the two, and what they share, WGS84.
    """
    found = []
    for one, two in combinations(regions, 2):
        if one.use == two.use and one.polygon.relate_pattern(two.polygon, "T********"):
            found.append((one.code, two.code, one.polygon.intersection(two.polygon)))
    return found


def region_area_m2(region: Region, crs: Crs) -> float:
    """Return a region's area in m², in a Gauss-Kruger zone."""
    return float(metric(region.polygon, crs).area)
