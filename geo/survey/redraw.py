"""A quick drawing of regions in the middle of layouts, and how far they move."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geo.model import GeometrySource
from geo.survey.answers import crossing_m

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.crs import FloatArray
    from geo.layouts.layouts import Layouts
    from geo.lookup.edition import OpenEdition
    from geo.model import FourBounds


def middle(layouts: Layouts) -> Layouts:
    """Return one layout: each line where half of the layouts have it on either side."""
    one, other = (
        replace(axis, across_m=np.median(axis.across_m, axis=2, keepdims=True))
        for axis in layouts.axes
    )
    return replace(layouts, axes=(one, other))


def outline(layout: Layouts, four: FourBounds) -> shapely.Polygon:
    """Draw a region between its lines in the only layout that there is.

    Parameters
    ----------
    layout : Layouts
        As `middle` returns it.
    four : FourBounds
        Canonical names.

    Returns
    -------
    Polygon
        Gauss-Kruger.
    """
    west_south, east_south, east_north, west_north = (
        crossing_m(layout, pair)[:, 0]
        for pair in (
            (four.west, four.south),
            (four.east, four.south),
            (four.east, four.north),
            (four.west, four.north),
        )
    )
    ring = np.concatenate(
        [
            _side(layout, four.south, west_south, east_south),
            _side(layout, four.east, east_south, east_north),
            _side(layout, four.north, east_north, west_north),
            _side(layout, four.west, west_north, west_south),
        ]
    )
    return shapely.Polygon(ring + np.array(layout.centre_m))


def _side(layout: Layouts, line: str, start_m: FloatArray, end_m: FloatArray) -> FloatArray:
    """Return a line's course from one corner to before the next, metres from the centre."""
    k, number = layout.place[line]
    axis = layout.axes[k]
    low_m, high_m = sorted((start_m[1 - k], end_m[1 - k]))
    between_m = axis.stations_m[(axis.stations_m > low_m) & (axis.stations_m < high_m)]
    inner_m = between_m if start_m[1 - k] == low_m else between_m[::-1]
    along_m = np.concatenate([[start_m[1 - k]], inner_m])
    across_m = axis.at(along_m, np.array([number]))[:, 0, 0]
    columns = (across_m, along_m) if k == 0 else (along_m, across_m)
    found: FloatArray = np.column_stack(columns)
    return found


def outlines(edition: OpenEdition, layouts: Layouts) -> dict[str, shapely.Polygon]:
    """Draw all regions that are not official in the middle of layouts; by code, Gauss-Kruger."""
    layout = middle(layouts)
    return {
        region.code: outline(layout, region.record.bounds.renamed(edition.parcels.spellings))
        for region in edition.regions
        if region.geometry_source is not GeometrySource.OFFICIAL
    }


def moves_m(
    before: Mapping[str, shapely.Polygon], after: Mapping[str, shapely.Polygon]
) -> dict[str, float]:
    """Return how far the middle of each region moves from one drawing to another, in m, by code."""
    return {
        code: float(shapely.distance(polygon.centroid, after[code].centroid))
        for code, polygon in before.items()
    }
