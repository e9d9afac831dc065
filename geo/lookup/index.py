"""Which regions hold a point, how far their boundaries are, and whether that is certain."""

from __future__ import annotations

import functools
import math
import operator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import shapely
from pyproj import Geod
from shapely import Point, Polygon

from geo.crs import from_metric, metric, to_metric
from geo.lookup.grid import PolygonGrid
from geo.lookup.grid_tables import ASK
from geo.lookup.nearest import NearestPolygons, square_at
from geo.lookup.uncertainty import certain_cores, possible_extent
from geo.model import Placement, Region, Side, Use

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from geo.crs import FloatArray
    from geo.lookup.nearest import Square

    Numbers = npt.NDArray[np.int32]
    Codes = npt.NDArray[np.int8]
    Indices = npt.NDArray[np.int64]

_GEOD: Final = Geod(ellps="GRS80")

_METRIC_REACH_M: Final = 300_000.0
"""Farther from the regions than this the metric CRS distorts distances too much (1 in 1000), and
they are measured along the ellipsoid."""

_CHUNK: Final = 1 << 18
"""Points at a time, so that intermediate arrays stay in the processor's cache."""

_CROWDED_SHARE: Final = 0.1
"""Of what regions could hold, which overlap widely and are asked for one point at a time: made ten
times as fast as with the usual share, and hardly slower to read."""

_MAX_KEPT: Final = 1 << 14

NONE: Final = -1
"""Instead of the number of a region, or of a certainty."""


class Certainty(StrEnum):
    """How sure it is that a region holds a point."""

    INSIDE = "inside"
    NEAR_BOUNDARY = "near_boundary"
    ON_BOUNDARY = "on_boundary"


CERTAINTIES: Final = tuple(Certainty)
"""What `Located.certainty` counts."""
_INSIDE, _NEAR, _ON = range(len(CERTAINTIES))
_SIDES: Final = tuple(Side)


class RegionPrice(NamedTuple):
    """The price of a region that holds a point, and how sure it is that it does.

    Attributes
    ----------
    region : Region
    distances_m : tuple of float
        From the point to each side of the region, in the order of `Side`, EPSG:4547.
    certainty : Certainty
        ``inside`` if the region would hold the point wherever its lines run within their
        accuracy; ``on_boundary`` if the point is on the polygon's edge exactly.
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
    def plot_ratio(self) -> float:
        """Plot ratio (容积率) that the price is for."""
        return self.region.record.plot_ratio

    @property
    def tenure_years(self) -> int:
        """Tenure (使用年期) that the price is for, years."""
        return self.region.record.tenure_years

    @property
    def distance_m(self) -> dict[Side, float]:
        """From the point to each side, EPSG:4547."""
        return dict(zip(Side, self.distances_m, strict=True))

    @property
    def distance_to_boundary_m(self) -> float:
        """Distance from the point to the nearest side, EPSG:4547."""
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


@dataclass(frozen=True, slots=True)
class Located:
    """One region of each use for each of many points.

    Attributes
    ----------
    region : ndarray of int32, shape (n, uses)
        Index into `RegionIndex.regions`, the lowest code where several hold the point; `NONE`
        where none does. Uses are in the order of `Use`; a column is contiguous.
    certainty : ndarray of int8, shape (n, uses)
        Index into `CERTAINTIES`, or `NONE`.
    """

    region: Numbers
    certainty: Codes


class _Held(NamedTuple):
    """A region that holds a point."""

    region: Region
    accuracies_m: list[float]  # infinite of a free region, which is never certain
    alternatives: tuple[Region, ...]


class _Open(NamedTuple):
    """A use of which no region holds a point, and those of its regions that may be nearest."""

    use: Use
    regions: list[Region]
    within_accuracy: list[bool]


class _Around(NamedTuple):
    """What is asked for points of one square that the same regions hold, and may hold."""

    held: list[_Held]
    open: list[_Open]
    shapes: npt.NDArray[np.object_]  # sides of the one, polygons of the other; EPSG:4547


class RegionIndex:
    """Exact lookup of regions by coordinate.

    Immutable after construction, and safe to share between threads. What only `look_up`,
    `certify_many` or `distances_m` need is made when one of them is first called.

    Parameters
    ----------
    regions : sequence of Region
    """

    def __init__(self, regions: Sequence[Region]) -> None:
        self._regions = tuple(sorted(regions, key=lambda r: (r.use.rank, r.code)))
        self._ranks = np.array([region.use.rank for region in self._regions], dtype=np.int64)
        self._polygons = np.array([region.polygon for region in self._regions], dtype=object)
        self._grid = PolygonGrid(self._polygons)
        sets = self._grid.tables.sets
        self._found = [tuple(self._regions[i] for i in members) for members in sets]
        self._lowest = self._lowest_of(sets)
        self._around = functools.lru_cache(_MAX_KEPT)(self._find_around)

    @property
    def regions(self) -> tuple[Region, ...]:
        """All regions, in the order of answers: by use, then by code."""
        return self._regions

    @property
    def nbytes(self) -> int:
        """Memory of the lookup tables, without the polygons themselves, in bytes."""
        return self._grid.tables.nbytes + self._lowest.nbytes

    def locate(self, *, lon: float, lat: float) -> tuple[Region, ...]:
        """Find every region whose closed polygon holds a point.

        Parameters
        ----------
        lon, lat : float
            WGS84 degrees. A point that is not finite lies in no region.

        Returns
        -------
        tuple of Region
            Ordered by use, then by code.
        """
        number = self._grid.find(lon=lon, lat=lat)
        if number != ASK:
            return self._found[number]
        return tuple(self._regions[i] for i in self._asked(lon, lat))

    def locate_many(self, *, lon: FloatArray, lat: FloatArray) -> Numbers:
        """Find the region of each use that holds each of many points.

        Parameters
        ----------
        lon, lat : ndarray of float64, shape (n,)
            WGS84 degrees. Points that are not finite lie in no region.

        Returns
        -------
        ndarray of int32, shape (n, uses)
            As `Located.region`.
        """
        found = np.empty((len(Use), len(lon)), dtype=np.int32)
        for chunk in _chunks(len(lon)):
            self._locate_chunk(lon[chunk], lat[chunk], found[:, chunk])
        return found.T

    def certify_many(self, *, lon: FloatArray, lat: FloatArray) -> Located:
        """Find the region of each use that holds each of many points, and how sure that is.

        Parameters
        ----------
        lon, lat : ndarray of float64, shape (n,)
            WGS84 degrees. Points that are not finite lie in no region.

        Returns
        -------
        Located
        """
        found = np.empty((len(Use), len(lon)), dtype=np.int32)
        certainty = np.empty((len(Use), len(lon)), dtype=np.int8)
        for chunk in _chunks(len(lon)):
            part = found[:, chunk]
            asked = self._locate_chunk(lon[chunk], lat[chunk], part)
            certainty[:, chunk] = self._certainty(lon[chunk], lat[chunk], part, asked)
        return Located(found.T, certainty.T)

    def distances_m(self, *, lon: FloatArray, lat: FloatArray, region: Numbers) -> FloatArray:
        """Measure how far the boundaries of regions are.

        Parameters
        ----------
        lon, lat : ndarray of float64, shape (n,)
            WGS84 degrees.
        region : ndarray of int32, shape (n, uses)
            As `locate_many` returns it.

        Returns
        -------
        ndarray of float64, shape (n, uses)
            Metres in EPSG:4547; NaN where there is no region.
        """
        distances_m = np.full(region.shape, np.nan)
        point, use = np.nonzero(region != NONE)
        for chunk in _chunks(len(point)):
            i, rank = point[chunk], use[chunk]
            sides = self._sides[region[i, rank]]
            places = _places(lon[i], lat[i])
            distances_m[i, rank] = shapely.distance(sides, places[:, None]).min(axis=1)
        return distances_m

    def matches(self, *, lon: float, lat: float) -> tuple[RegionPrice, ...]:
        """Find every region whose closed polygon holds a point, and how sure that is.

        Parameters
        ----------
        lon, lat : float
            WGS84 degrees.

        Returns
        -------
        tuple of RegionPrice
            Ordered by use, then by code.
        """
        return self.look_up(lon=lon, lat=lat)[0]

    def look_up(
        self, *, lon: float, lat: float, use: Use | None = None
    ) -> tuple[tuple[RegionPrice, ...], tuple[Nearest, ...]]:
        """Find what holds a point, and what is nearest of the uses of which nothing does.

        Parameters
        ----------
        lon, lat : float
            WGS84 degrees.
        use : Use or None
            Only this one.

        Returns
        -------
        matches : tuple of RegionPrice
            Ordered by use, then by code.
        nearest : tuple of Nearest
            One for each use that has regions, none of which holds the point, in the order of `Use`.
            Of several at one distance, the one with the lowest code.
        """
        number = self._grid.find(lon=lon, lat=lat)
        asked = number == ASK
        holding = self._asked(lon, lat) if asked else self._grid.tables.sets[number]
        easting_m, northing_m = to_metric(lon=lon, lat=lat)
        if not (math.isfinite(easting_m) and math.isfinite(northing_m)):
            wanted = [one for one in self._searches if use in {None, one}]
            return (), tuple(self._nearest_faraway(one, lon, lat) for one in wanted)
        possible = self._possible_at(easting_m, northing_m)
        around = self._around(
            holding, possible, use, square_at(easting_m=easting_m, northing_m=northing_m)
        )
        place = shapely.points((easting_m, northing_m))
        # All of them at once: a call costs more than a distance.
        distances_m = shapely.distance(around.shapes, place).tolist()
        on_edge = self._on_edge(lon, lat, holding) if asked else frozenset()
        matches, nearest = [], []
        end = 0
        for held in around.held:
            start, end = end, end + len(_SIDES)
            matches.append(_match(held, tuple(distances_m[start:end]), on_edge))
        for open_ in around.open:
            start, end = end, end + len(open_.regions)
            found = _nearest(open_, distances_m[start:end])
            if found.distance_m >= _METRIC_REACH_M:
                found = self._nearest_faraway(open_.use, lon, lat)
            nearest.append(found)
        return tuple(matches), tuple(nearest)

    def _lowest_of(self, sets: Sequence[Sequence[int]]) -> Numbers:
        """Return the lowest region of each use in each set, shape (uses, sets)."""
        lowest = np.full((len(Use), len(sets)), NONE, dtype=np.int32)
        number = np.repeat(np.arange(len(sets)), [len(members) for members in sets])
        members = np.array([i for one in sets for i in one], dtype=np.int64)
        # Of several the last is kept, so the lowest comes last.
        lowest[self._ranks[members[::-1]], number[::-1]] = members[::-1]
        return lowest

    def _asked(self, lon: float, lat: float) -> tuple[int, ...]:
        _, regions = self._grid.ask(lon=np.array([lon]), lat=np.array([lat]))
        return tuple(regions.tolist())

    def _on_edge(self, lon: float, lat: float, holding: tuple[int, ...]) -> frozenset[str]:
        """Return the codes, of the regions that hold a point, on whose edge it lies exactly."""
        on = shapely.intersects(self._edges[list(holding)], Point(lon, lat))
        return frozenset(
            self._regions[i].code for i, is_on in zip(holding, on, strict=True) if is_on
        )

    def _find_around(
        self,
        holding: tuple[int, ...],
        possible: tuple[int, ...],
        use: Use | None,
        square: Square,
    ) -> _Around:
        which = [i for i in holding if use in {None, self._regions[i].use}]
        covered = {self._regions[i].use for i in which}
        accuracies_m = np.where(self._tied[which], self._accuracy_m[which].T, np.inf).T.tolist()
        held = [
            _Held(self._regions[i], accuracies_m[k], self._alternatives(i, holding, possible))
            for k, i in enumerate(which)
        ]
        candidates = {
            one: search.find(square)
            for one, search in self._searches.items()
            if use in {None, one} and one not in covered
        }
        open_ = [
            _Open(one, [self._regions[i] for i in numbers], [i in possible for i in numbers])
            for one, numbers in candidates.items()
        ]
        polygons = [self._polygons_m[numbers] for numbers in candidates.values()]
        return _Around(held, open_, np.concatenate([self._sides[which].reshape(-1), *polygons]))

    def _alternatives(
        self, number: int, holding: tuple[int, ...], possible: tuple[int, ...]
    ) -> tuple[Region, ...]:
        """Return the regions that may hold a point in the place of one that does."""
        rank = self._ranks[number]
        others = [i for i in possible if i not in holding and self._ranks[i] == rank]
        return tuple(self._regions[i] for i in others)

    def _locate_chunk(self, lon: FloatArray, lat: FloatArray, found: Numbers) -> Indices:
        """Write regions into `found`, shape (uses, n); return the points that had to ask."""
        number = self._grid.find_many(lon=lon, lat=lat).astype(np.intp)  # once, not for every use
        asked = np.flatnonzero(number == ASK)
        for lowest, column in zip(self._lowest, found, strict=True):
            lowest.take(number, out=column, mode="clip")  # clips ASK to 0, the empty set
        if len(asked):
            point, region = self._grid.ask(lon=lon[asked], lat=lat[asked])
            point, region = asked[point[::-1]], region[::-1]  # the lowest last, which is kept
            found[self._ranks[region], point] = region
        return asked

    def _certainty(self, lon: FloatArray, lat: FloatArray, found: Numbers, asked: Indices) -> Codes:
        """Return the certainty of the regions found, shape (uses, n)."""
        grid, inner, outer = self._cores
        number = grid.find_many(lon=lon, lat=lat).astype(np.intp)
        unknown = np.flatnonzero(number == ASK)
        certainty = np.full(found.shape, _NEAR, dtype=np.int8)
        certainty[inner.take(number, axis=1, mode="clip") == found] = _INSIDE
        open_ = outer.take(number, axis=1, mode="clip") != NONE
        open_[:, unknown] = True
        rank, point = np.nonzero(open_ & (certainty != _INSIDE) & (found != NONE))
        region, places = found[rank, point], _places(lon[point], lat[point])
        distances_m = shapely.distance(self._sides[region], places[:, None])
        sure = (distances_m >= self._accuracy_m[region]).all(axis=1) & self._tied[region]
        certainty[rank[sure], point[sure]] = _INSIDE
        rank, at = np.nonzero(found[:, asked] != NONE)
        point = asked[at]
        places = shapely.points(lon[point], lat[point])
        on = shapely.intersects(self._edges[found[rank, point]], places)
        certainty[rank[on], point[on]] = _ON
        certainty[found == NONE] = NONE
        return certainty

    def _possible_at(self, easting_m: float, northing_m: float) -> tuple[int, ...]:
        """Return the regions that could hold a place if their lines moved within accuracy."""
        number = self._possible.find(lon=easting_m, lat=northing_m)
        if number != ASK:
            return self._possible.tables.sets[number]
        _, regions = self._possible.ask(lon=np.array([easting_m]), lat=np.array([northing_m]))
        return tuple(regions.tolist())

    def _nearest_faraway(self, use: Use, lon: float, lat: float) -> Nearest:
        numbers = np.flatnonzero(self._ranks == use.rank).tolist()
        distances_m = [_geodesic_m(self._regions[i].polygon, lon, lat) for i in numbers]
        k = int(np.argmin(distances_m))
        return Nearest(self._regions[numbers[k]], distances_m[k], within_accuracy=False)

    @functools.cached_property
    def _edges(self) -> npt.NDArray[np.object_]:
        """The rings of the polygons, WGS84."""
        edges: npt.NDArray[np.object_] = shapely.boundary(self._polygons)
        return edges

    @functools.cached_property
    def _polygons_m(self) -> npt.NDArray[np.object_]:
        return metric(self._polygons)

    @functools.cached_property
    def _sides(self) -> npt.NDArray[np.object_]:
        """Sides in the order of `Side`, EPSG:4547, shape (m, 4)."""
        sides = [[region.side(side) for side in _SIDES] for region in self._regions]
        return metric(np.array(sides, dtype=object).reshape(-1, len(_SIDES)))

    @functools.cached_property
    def _accuracy_m(self) -> FloatArray:
        """Of each side, shape (m, 4)."""
        accuracies = [[region.accuracy_m[side] for side in _SIDES] for region in self._regions]
        return np.array(accuracies, dtype=np.float64).reshape(-1, len(_SIDES))

    @functools.cached_property
    def _tied(self) -> npt.NDArray[np.bool_]:
        return np.array([r.placement is not Placement.FREE for r in self._regions], dtype=bool)

    @functools.cached_property
    def _possible(self) -> PolygonGrid:
        """What each region could hold, EPSG:4547."""
        extents = [
            possible_extent(dict(zip(_SIDES, self._sides[i], strict=True)), region.accuracy_m)
            for i, region in enumerate(self._regions)
        ]
        return PolygonGrid(np.array(extents, dtype=object), crowded_share=_CROWDED_SHARE)

    @functools.cached_property
    def _cores(self) -> tuple[PolygonGrid, Numbers, Numbers]:
        """The inner and outer cores of tied regions, and which is in each set, by use."""
        which = np.flatnonzero(self._tied)
        cores = [
            certain_cores(
                self._polygons_m[i],
                dict(zip(_SIDES, self._sides[i], strict=True)),
                self._regions[i].accuracy_m,
            )
            for i in which
        ]
        polygons = np.array(cores, dtype=object).reshape(-1, 2).T
        grid = PolygonGrid(_degrees(polygons.reshape(-1)))
        sets = [np.array(members, dtype=np.int64) for members in grid.tables.sets]
        inner = self._lowest_of([which[one[one < len(which)]].tolist() for one in sets])
        outer = self._lowest_of(
            [which[one[one >= len(which)] - len(which)].tolist() for one in sets]
        )
        return grid, inner, outer

    @functools.cached_property
    def _searches(self) -> dict[Use, NearestPolygons]:
        """The search among the regions of each use that has some."""
        searches = {}
        for use in Use:
            numbers = np.flatnonzero(self._ranks == use.rank)
            if len(numbers):
                searches[use] = NearestPolygons(self._polygons_m, numbers)
        return searches


def _match(held: _Held, distances_m: tuple[float, ...], on_edge: frozenset[str]) -> RegionPrice:
    """Tell how surely a region holds a point, which lies on the edges of some."""
    region, accuracies_m, alternatives = held
    certainty = Certainty.INSIDE
    if region.code in on_edge:
        certainty = Certainty.ON_BOUNDARY
    elif any(map(operator.lt, distances_m, accuracies_m)):
        certainty = Certainty.NEAR_BOUNDARY
    inside = certainty is Certainty.INSIDE
    return RegionPrice(region, distances_m, certainty, () if inside else alternatives)


def _nearest(open_: _Open, distances_m: list[float]) -> Nearest:
    least_m = min(distances_m)
    k = distances_m.index(least_m)
    return Nearest(open_.regions[k], least_m, open_.within_accuracy[k])


def _chunks(count: int) -> Iterator[slice]:
    return (slice(start, start + _CHUNK) for start in range(0, count, _CHUNK))


def _places(lon: FloatArray, lat: FloatArray) -> npt.NDArray[np.object_]:
    places: npt.NDArray[np.object_] = shapely.points(*to_metric(lon=lon, lat=lat))
    return places


def _degrees(polygons_m: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    polygons: npt.NDArray[np.object_] = shapely.transform(
        polygons_m,
        lambda easting_m, northing_m: from_metric(easting_m=easting_m, northing_m=northing_m),
        interleaved=False,
    )
    return polygons


def _geodesic_m(polygon: Polygon, lon: float, lat: float) -> float:
    """Distance along the ellipsoid to the nearest vertex: near enough for a faraway point."""
    lons, lats = shapely.get_coordinates(polygon).T
    _, _, distances_m = _GEOD.inv(lons, lats, np.full(lons.shape, lon), np.full(lons.shape, lat))
    return float(np.min(distances_m))
