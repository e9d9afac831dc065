"""Regions as arrays, in the order of answers: what lookups of one point and of many share."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geo.crs import metric
from geo.lookup.grid import PolygonGrid
from geo.lookup.grid_tables import counted
from geo.model import RING_ORDER, Side, Use

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from shapely import MultiPolygon, Polygon

    from geo.crs import Crs, FloatArray
    from geo.model import Region

    Geometries = npt.NDArray[np.object_]
    Indices = npt.NDArray[np.int64]

NONE: Final = -1
"""Instead of the number of a region, or of a certainty."""

_SIDES: Final = tuple(Side)
_RING_PLACES: Final = [RING_ORDER.index(side) for side in Side]


class RegionTable:
    """Regions as arrays; a region's number is its place in `regions`.

    Immutable, and safe to share between threads. The arrays are made when they are first needed.

    Attributes
    ----------
    regions : tuple of Region
        By use, then by code.
    uses : tuple of Use
        In the order of answers.
    ranks : ndarray of int64, shape (m,)
        Place of each region's use in `uses`.
    polygons : ndarray of Polygon or MultiPolygon, shape (m,)
        WGS84.
    crs : Crs
        The Gauss-Kruger zone in which distances are measured.
    grid : PolygonGrid
        Tree of `polygons`.
    """

    def __init__(self, regions: Sequence[Region], uses: Sequence[Use], crs: Crs) -> None:
        rank = {use: place for place, use in enumerate(uses)}
        self.uses = tuple(uses)
        self.crs = crs
        self.regions = tuple(sorted(regions, key=lambda r: (rank[r.use], r.code)))
        self.ranks = np.array([rank[region.use] for region in self.regions], dtype=np.int64)
        self.polygons: Geometries = np.array([r.polygon for r in self.regions], dtype=object)
        self.grid = PolygonGrid(self.polygons)

    @functools.cached_property
    def extent(self) -> tuple[float, float, float, float]:
        """West, south, east and north edge of all regions, WGS84 degrees."""
        west, south, east, north = (float(edge) for edge in shapely.total_bounds(self.polygons))
        return west, south, east, north

    @functools.cached_property
    def edges(self) -> Geometries:
        """The rings of the polygons, WGS84, shape (m,)."""
        edges: Geometries = shapely.boundary(self.polygons)
        return edges

    @functools.cached_property
    def polygons_m(self) -> Geometries:
        """The polygons in Gauss-Kruger, shape (m,)."""
        return metric(self.polygons, self.crs)

    @functools.cached_property
    def sides_m(self) -> Geometries:
        """The boundary of each region by its sides, Gauss-Kruger, shape (m, 4), as `Side` orders.

        LineStrings of the main ring; where a region has other rings, MultiLineStrings with their
        edges too, each on the side to which it faces.
        """
        sides = self.main_sides_m.copy()
        for i in np.flatnonzero(self.has_other_rings).tolist():
            sides[i] = _with_other_rings(sides[i], self.polygons_m[i])
        return sides

    @functools.cached_property
    def has_other_rings(self) -> npt.NDArray[np.bool_]:
        """Whether each region has holes or several parts, shape (m,)."""
        several: npt.NDArray[np.bool_] = np.greater(shapely.get_num_geometries(self.edges), 1)
        return several

    @functools.cached_property
    def main_sides_m(self) -> Geometries:
        """LineStrings of the main rings in the order of `Side`, Gauss-Kruger, shape (m, 4)."""
        main = shapely.get_exterior_ring(shapely.get_geometry(self.polygons_m, 0))
        points, ring = shapely.get_coordinates(main, return_index=True)
        start = np.searchsorted(ring, np.arange(len(self.regions) + 1))
        corners = np.array([r.corners for r in self.regions], dtype=np.int64).reshape(-1, 4)
        ends = np.column_stack([start[:-1, None] + corners, start[1:] - 1])
        side, vertex = counted(ends[:, :-1].reshape(-1), np.diff(ends).reshape(-1) + 1)
        sides: Geometries = shapely.linestrings(points[vertex], indices=side)
        return sides.reshape(-1, 4)[:, _RING_PLACES]

    @functools.cached_property
    def accuracy_m(self) -> FloatArray:
        """How far each side may be off, shape (m, 4)."""
        accuracies = [[region.accuracy_m[side] for side in Side] for region in self.regions]
        return np.array(accuracies, dtype=np.float64).reshape(-1, 4)

    def of_use(self, use: Use) -> Indices:
        """Return the numbers of the regions of a use."""
        return np.flatnonzero(self.ranks == self.uses.index(use))

    def holding(self, *, lon: float, lat: float) -> tuple[int, ...]:
        """Return the numbers of the regions whose polygons hold a point, asking the polygons."""
        _, numbers = self.grid.query_exact(lon=np.array([lon]), lat=np.array([lat]))
        return tuple(numbers.tolist())


def _with_other_rings(sides: Geometries, polygon_m: Polygon | MultiPolygon) -> Geometries:
    """Add the edges of holes and further parts to a region's sides, by the way they face."""
    parts = shapely.get_parts(shapely.orient_polygons(polygon_m))
    _, *others = shapely.get_rings(parts)
    edges = np.concatenate(
        [np.stack([p[:-1], p[1:]], axis=1) for p in map(shapely.get_coordinates, others)]
    )
    across, along = (edges[:, 1] - edges[:, 0]).T  # the region lies to the left
    to_x, to_y = along, -across
    faces = np.where(
        np.abs(to_x) > np.abs(to_y),
        np.where(to_x > 0, _SIDES.index(Side.EAST), _SIDES.index(Side.WEST)),
        np.where(to_y > 0, _SIDES.index(Side.NORTH), _SIDES.index(Side.SOUTH)),
    )
    whole = [
        shapely.multilinestrings([line, *shapely.linestrings(edges[faces == k])])
        for k, line in enumerate(sides)
    ]
    found: Geometries = np.array(whole, dtype=object)
    return found
