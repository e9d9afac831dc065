"""The regions at one point: which hold it, how certainly, and which are nearest."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import shapely
from pyproj import Geod
from shapely import Point, Polygon

from geo.crs import from_wgs84
from geo.lookup.grid_tables import UNRESOLVED
from geo.lookup.nearest import NearestPolygons
from geo.lookup.uncertainty import PossibleExtents, are_certain
from geo.model import Certainty, Side, Use

if TYPE_CHECKING:
    from geo.crs import FloatArray
    from geo.lookup.regions import Geometries, RegionTable
    from geo.model import Region

_GEOD: Final = Geod(ellps="GRS80")

_METRIC_REACH_M: Final = 300_000.0
"""Farther from the regions than this the metric CRS distorts distances too much (1 in 1000), and
they are measured along the ellipsoid."""

_SQUARE_M: Final = 200.0
"""Width of the squares, Gauss-Kruger, for which the neighbourhood of a point is cached."""
_CACHED_SQUARES: Final = 1 << 16


class RegionPrice(NamedTuple):
    """The price of a region that holds a point, and how sure it is that it does.

    Attributes
    ----------
    region : Region
    distances_m : tuple of float
        From the point to each side of the region, in the order of `Side`, Gauss-Kruger.
    certainty : Certainty
    alternatives : tuple of Region
        Other regions of the same use that would hold the point if their lines moved within their
        accuracy, by code; empty when the point is inside.
    """

    region: Region
    distances_m: tuple[float, ...]
    certainty: Certainty
    alternatives: tuple[Region, ...]

    @property
    def code(self) -> str:
        """The region's code."""
        return self.region.record.code

    @property
    def use(self) -> Use:
        """The region's use."""
        return self.region.record.use

    @property
    def ground_price_cny_m2(self) -> int:
        """Price of land (地面单价), yuan per m²."""
        return self.region.record.ground_price_cny_m2

    @property
    def floor_price_cny_m2(self) -> int | None:
        """Price of floor (楼面单价), yuan per m²; None for industrial land, which has none."""
        return self.region.record.floor_price_cny_m2

    @property
    def plot_ratio(self) -> float | None:
        """Plot ratio (容积率) that the price is for."""
        return self.region.record.plot_ratio

    @property
    def tenure_years(self) -> int | None:
        """Tenure (使用年期) that the price is for, years."""
        return self.region.record.tenure_years

    @property
    def distance_m(self) -> dict[Side, float]:
        """From the point to each side, Gauss-Kruger."""
        return dict(zip(Side, self.distances_m, strict=True))

    @property
    def distance_to_boundary_m(self) -> float:
        """Distance from the point to the nearest side, Gauss-Kruger."""
        return min(self.distances_m)


class Nearest(NamedTuple):
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


class _Neighbourhood(NamedTuple):
    """What the points of one square have in common, if the same regions hold them.

    Attributes
    ----------
    held : tuple of int
        Numbers of the regions that hold the points.
    certain_from_m : ndarray, shape (held, 4)
    rivals : tuple of tuple of int
        For each of `held` the other regions of its use that are possible somewhere in the square.
    open : tuple of (Use, tuple of int)
        The uses of which no region holds the points, and the regions that may be nearest.
    possible : frozenset of int
        The regions that are possible everywhere in the square.
    doubtful : tuple of int
        Those that are possible in a part of it, and may be an alternative or the nearest.
    shapes : ndarray of Geometry
        Sides of `held`, polygons of `open`, extents of `doubtful`; Gauss-Kruger.
    """

    held: tuple[int, ...]
    certain_from_m: FloatArray
    rivals: tuple[tuple[int, ...], ...]
    open: tuple[tuple[Use, tuple[int, ...]], ...]
    possible: frozenset[int]
    doubtful: tuple[int, ...]
    shapes: Geometries


class PointIndex:
    """Lookup of one point.

    Immutable, and safe to share between threads.
    """

    def __init__(self, table: RegionTable) -> None:
        self._table = table
        self._neighbourhood = functools.lru_cache(_CACHED_SQUARES)(self._find_neighbourhood)

    def look_up(
        self, *, lon: float, lat: float, use: Use | None = None
    ) -> tuple[tuple[RegionPrice, ...], tuple[Nearest, ...]]:
        """Find the regions that hold a point, and the nearest of the uses of which none does.

        Parameters
        ----------
        lon, lat : float
            WGS84 degrees.
        use : Use or None
            Only this one.

        Returns
        -------
        prices : tuple of RegionPrice
            By use, then by code.
        nearest : tuple of Nearest
            One for each use that has regions, none of which holds the point, in the order
            of the edition's uses.
            The one with the lowest code, if several are at one distance.
        """
        table, regions = self._table, self._table.regions
        number = table.grid.find(lon=lon, lat=lat)
        on_grid = number != UNRESOLVED
        holding = table.grid.tables.sets[number] if on_grid else table.holding(lon=lon, lat=lat)
        easting_m, northing_m = from_wgs84(lon=lon, lat=lat, crs=table.crs)
        if not (math.isfinite(easting_m) and math.isfinite(northing_m)):
            wanted = [one for one in self._searches if use in {None, one}]
            return (), tuple(self._nearest_faraway(one, lon, lat) for one in wanted)
        around = self._neighbourhood(holding, use, easting_m // _SQUARE_M, northing_m // _SQUARE_M)
        # All of them at once: a call costs more than a distance.
        found_m = shapely.distance(around.shapes, shapely.points((easting_m, northing_m)))
        count = 4 * len(around.held)
        certain = are_certain(found_m[:count].reshape(-1, 4), around.certain_from_m).tolist()
        if not on_grid:  # the grid knows every point that is not on an edge
            on_edge = shapely.intersects(table.edges[list(around.held)], Point(lon, lat)).tolist()
        distances_m = found_m.tolist()
        possible = around.possible
        if around.doubtful:
            extents_m = distances_m[-len(around.doubtful) :]
            possible |= {
                i for i, off_m in zip(around.doubtful, extents_m, strict=True) if not off_m
            }
        prices = []
        for k, i in enumerate(around.held):
            certainty = Certainty.INSIDE if certain[k] else Certainty.NEAR_BOUNDARY
            if not on_grid and on_edge[k]:
                certainty = Certainty.ON_BOUNDARY
            rivals = () if certainty is Certainty.INSIDE else around.rivals[k]
            alternatives = tuple([regions[j] for j in rivals if j in possible])
            own_m = tuple(distances_m[4 * k : 4 * k + 4])
            prices.append(RegionPrice(regions[i], own_m, certainty, alternatives))
        nearest = []
        for one, numbers in around.open:
            start, count = count, count + len(numbers)
            own_m = distances_m[start:count]
            least_m = min(own_m)
            if least_m >= _METRIC_REACH_M:
                nearest.append(self._nearest_faraway(one, lon, lat))
            else:
                i = numbers[own_m.index(least_m)]
                nearest.append(Nearest(regions[i], least_m, i in possible))
        return tuple(prices), tuple(nearest)

    def _find_neighbourhood(
        self, holding: tuple[int, ...], use: Use | None, column: float, row: float
    ) -> _Neighbourhood:
        table = self._table
        west_m, south_m = column * _SQUARE_M, row * _SQUARE_M
        square = shapely.box(west_m, south_m, west_m + _SQUARE_M, south_m + _SQUARE_M)
        held = tuple(i for i in holding if use in {None, table.regions[i].use})
        covered = {table.regions[i].use for i in held}
        possible, partly, extents = self._extents.find(square)
        candidates = sorted({*possible, *partly}.difference(holding))
        rivals = tuple(
            tuple(j for j in candidates if table.ranks[j] == table.ranks[i]) for i in held
        )
        open_ = tuple(
            (one, search.find(square))
            for one, search in self._searches.items()
            if use in {None, one} and one not in covered
        )
        matters = {i for numbers in (*rivals, *(numbers for _, numbers in open_)) for i in numbers}
        doubtful = [k for k, i in enumerate(partly) if i in matters]
        shapes = [
            table.sides_m[list(held)].reshape(-1),
            *(table.polygons_m[list(numbers)] for _, numbers in open_),
            extents[doubtful],
        ]
        return _Neighbourhood(
            held,
            table.certain_from_m[list(held)],
            rivals,
            open_,
            frozenset(possible),
            tuple(partly[k] for k in doubtful),
            np.concatenate(shapes),
        )

    def _nearest_faraway(self, use: Use, lon: float, lat: float) -> Nearest:
        regions = [self._table.regions[i] for i in self._table.of_use(use).tolist()]
        distances_m = [_geodesic_m(region.polygon, lon, lat) for region in regions]
        least_m = min(distances_m)
        return Nearest(regions[distances_m.index(least_m)], least_m, within_accuracy=False)

    @functools.cached_property
    def _extents(self) -> PossibleExtents:
        return PossibleExtents(self._table)

    @functools.cached_property
    def _searches(self) -> dict[Use, NearestPolygons]:
        """The search among the regions of each use that has some."""
        numbers = {use: self._table.of_use(use) for use in self._table.uses}
        return {
            use: NearestPolygons(self._table.polygons_m, own)
            for use, own in numbers.items()
            if len(own)
        }


def _geodesic_m(polygon: Polygon, lon: float, lat: float) -> float:
    """Return the distance along the ellipsoid to the nearest vertex: near enough for far points."""
    lons, lats = shapely.get_coordinates(polygon).T
    _, _, distances_m = _GEOD.inv(lons, lats, np.full(lons.shape, lon), np.full(lons.shape, lat))
    return float(np.min(distances_m))
