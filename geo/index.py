"""Which regions hold a point, how far their boundaries are, and whether that is certain."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from pyproj import Geod
from shapely import LineString, Point, Polygon, STRtree

from geo.crs import to_metric
from geo.parcels import Placement, Region, metric
from geo.records import RING_ORDER, Side, Use

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

_GEOD: Final = Geod(ellps="GRS80")

_METRIC_REACH_M: Final = 300_000.0
"""Farther from the regions than this the metric CRS distorts distances too much (1 in 1000), and
they are measured along the ellipsoid."""

_EXTENSION_M: Final = 50_000.0  # how far a side is thought to go on beyond its corners


class Certainty(StrEnum):
    """How sure it is that a region holds a point."""

    INSIDE = "inside"
    NEAR_BOUNDARY = "near_boundary"
    ON_BOUNDARY = "on_boundary"


@dataclass(frozen=True, slots=True)
class Match:
    """A region that holds a point.

    Attributes
    ----------
    region : Region
    distance_m : dict of Side to float
        From the point to each side of the region, EPSG:4547.
    certainty : Certainty
        ``inside`` if the region would hold the point wherever its lines run within their
        accuracy; ``on_boundary`` if the point is on the polygon's edge exactly.
    alternatives : tuple of Region
        Other regions of the same use that would hold the point if their lines moved within their
        accuracy, by code; empty when the point is inside.
    """

    region: Region
    distance_m: dict[Side, float]
    certainty: Certainty
    alternatives: tuple[Region, ...]

    @property
    def distance_to_boundary_m(self) -> float:
        """Distance from the point to the nearest side, EPSG:4547."""
        return min(self.distance_m.values())


@dataclass(frozen=True, slots=True)
class Nearest:
    """The region of one use that is nearest to a point that none holds.

    Attributes
    ----------
    region : Region
    distance_m : float
    within_accuracy : bool
        The region would hold the point if its lines moved within their accuracy.
    """

    region: Region
    distance_m: float
    within_accuracy: bool


class RegionIndex:
    """Exact lookup of regions by coordinate.

    Immutable after construction, and safe to share between threads.

    Parameters
    ----------
    regions : sequence of Region
    """

    def __init__(self, regions: Sequence[Region]) -> None:
        self._regions = tuple(sorted(regions, key=lambda r: (r.use.rank, r.code)))
        polygons = np.array([region.polygon for region in self._regions], dtype=object)
        shapely.prepare(polygons)
        self._polygons = polygons
        self._tree = STRtree(polygons)
        self._layers = {use: _Layer(self._regions, use) for use in Use}

    @property
    def regions(self) -> tuple[Region, ...]:
        """All regions, in the order of answers: by use, then by code."""
        return self._regions

    def query(
        self, *, lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Find the regions that hold each of many points.

        Parameters
        ----------
        lon, lat : ndarray, shape (n,)
            WGS84 degrees. Points that are not finite lie in no region.

        Returns
        -------
        point, region : ndarray, shape (m,)
            Index pairs into the points and into `regions`, ordered by both; a region's edge
            belongs to it.
        """
        points, regions = self._tree.query(shapely.points(lon, lat), predicate="intersects")
        order = np.lexsort((regions, points))
        return points[order], regions[order]

    def matches(self, *, lon: float, lat: float) -> tuple[Match, ...]:
        """Find every region whose closed polygon holds a point.

        Parameters
        ----------
        lon, lat : float
            WGS84 degrees.

        Returns
        -------
        tuple of Match
            Ordered by use, then by code.
        """
        point = Point(lon, lat)
        holding = sorted(int(i) for i in self._tree.query(point, predicate="intersects"))
        if not holding:
            return ()
        place = Point(to_metric(lon=lon, lat=lat))
        return tuple(self._match(i, holding, point, place) for i in holding)

    def nearest(self, *, lon: float, lat: float, use: Use) -> Nearest | None:
        """Find the region of a use that is nearest to a point.

        Parameters
        ----------
        lon, lat : float
            WGS84 degrees.
        use : Use

        Returns
        -------
        Nearest or None
            None if there is no region of this use. Of several at one distance, the one with the
            lowest code.
        """
        return self._layers[use].nearest(lon, lat)

    def _match(self, i: int, holding: Sequence[int], point: Point, place: Point) -> Match:
        region = self._regions[i]
        layer = self._layers[region.use]
        distance_m = layer.side_distances_m(region, place)
        near = any(distance_m[side] < region.accuracy_m[side] for side in Side)
        if not self._polygons[i].contains_properly(point):
            certainty = Certainty.ON_BOUNDARY
        elif near or region.placement is Placement.FREE:
            certainty = Certainty.NEAR_BOUNDARY
        else:
            certainty = Certainty.INSIDE
        alternatives: tuple[Region, ...] = ()
        if certainty is not Certainty.INSIDE:
            others = {self._regions[j].code for j in holding}
            alternatives = tuple(r for r in layer.possible(place) if r.code not in others)
        return Match(region, distance_m, certainty, alternatives)


class _Layer:
    """The regions of one use, in metres."""

    def __init__(self, regions: Sequence[Region], use: Use) -> None:
        self._regions = tuple(region for region in regions if region.use is use)
        self._number = {region.code: i for i, region in enumerate(self._regions)}
        self._polygons = [metric(region.polygon) for region in self._regions]
        self._tree = STRtree(self._polygons)
        self._sides = [
            {side: metric(region.side(side)) for side in Side} for region in self._regions
        ]
        self._possible = [
            _possible_extent(region, sides)
            for region, sides in zip(self._regions, self._sides, strict=True)
        ]
        self._possible_tree = STRtree(self._possible)
        shapely.prepare(self._possible)

    def side_distances_m(self, region: Region, place: Point) -> dict[Side, float]:
        sides = self._sides[self._number[region.code]]
        return {side: float(line.distance(place)) for side, line in sides.items()}

    def possible(self, place: Point) -> list[Region]:
        found = self._possible_tree.query(place, predicate="intersects")
        return [self._regions[i] for i in sorted(found)]

    def nearest(self, lon: float, lat: float) -> Nearest | None:
        if not self._regions:
            return None
        easting_m, northing_m = to_metric(lon=lon, lat=lat)
        place = Point(easting_m, northing_m)
        if np.isfinite([easting_m, northing_m]).all():
            i = int(self._tree.query_nearest(place, all_matches=True).min())
            distance_m = float(self._polygons[i].distance(place))
            if distance_m < _METRIC_REACH_M:
                within = bool(self._possible[i].intersects(place))
                return Nearest(self._regions[i], distance_m, within)
        distances_m = [_geodesic_m(region.polygon, lon, lat) for region in self._regions]
        i = int(np.argmin(distances_m))
        return Nearest(self._regions[i], distances_m[i], within_accuracy=False)


def _geodesic_m(polygon: Polygon, lon: float, lat: float) -> float:
    """Distance along the ellipsoid to the nearest vertex: near enough for a faraway point."""
    lons, lats = shapely.get_coordinates(polygon).T
    _, _, distances_m = _GEOD.inv(lons, lats, np.full(lons.shape, lon), np.full(lons.shape, lat))
    return float(np.min(distances_m))


def _possible_extent(region: Region, sides: dict[Side, LineString]) -> Polygon:
    """All places a region could hold if each of its lines moved outwards by its accuracy."""
    extent = None
    for side in RING_ORDER:
        inner = _inner_half_plane(sides[side]).buffer(region.accuracy_m[side])
        extent = inner if extent is None else extent.intersection(inner)
    return extent


def _inner_half_plane(side: LineString) -> Polygon:
    """Everything to the left of a side that goes straight on beyond its ends."""
    points = shapely.get_coordinates(side)
    along = (points[-1] - points[0]) / np.hypot(*(points[-1] - points[0]))
    left = np.array([-along[1], along[0]])
    extended = np.vstack(
        [points[0] - _EXTENSION_M * along, points, points[-1] + _EXTENSION_M * along]
    )
    far = extended[[-1, 0]] + 2 * _EXTENSION_M * left
    return Polygon(np.vstack([extended, far])).buffer(0)
