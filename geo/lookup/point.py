"""The regions at one point: which hold it, how likely, and which are nearest."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from pyproj import Geod
from shapely import Point, Polygon

from geo.crs import from_wgs84
from geo.lookup.grid_tables import UNRESOLVED
from geo.lookup.nearest import NearestPolygons
from geo.lookup.result import Alternative, Chance, Found, Nearest, RegionPrice
from geo.model import LIKELY, SURE, Certainty

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from geo.lookup.field import ProbabilityField, Shares
    from geo.lookup.regions import RegionTable
    from geo.model import Use

_GEOD: Final = Geod(ellps="GRS80")

_METRIC_REACH_M: Final = 300_000.0
"""Farther from the regions than this the metric CRS distorts distances too much (1 in 1000), and
they are measured along the ellipsoid."""

_SQUARE_M: Final = 200.0
"""Width of the squares, Gauss-Kruger, for which the regions that may be nearest are cached."""
_CACHED_SQUARES: Final = 1 << 16

_REST: Final = 0.01
"""Alternatives end where all that is left is less likely than this."""
_IN_RANGE: Final = 0.95
"""Probability with which a range of prices holds."""

_Ranked = list[tuple[float, int]]
"""Probabilities and numbers of regions of one use, the likeliest first."""


class PointIndex:
    """Lookup of one point.

    Immutable, and safe to share between threads.

    Parameters
    ----------
    table : RegionTable
    field : ProbabilityField
    """

    def __init__(self, table: RegionTable, field: ProbabilityField) -> None:
        self._table = table
        self._field = field
        self._ranks: list[int] = table.ranks.tolist()
        self._in_square = functools.lru_cache(_CACHED_SQUARES)(self._find_in_square)

    def look_up(self, *, lon: float, lat: float, use: Use | None = None) -> Found:
        """Find the regions that hold a point or may, and the nearest of uses that have none.

        Parameters
        ----------
        lon, lat : float
            WGS84 degrees.
        use : Use or None
            Only this one.
        """
        table = self._table
        number = table.grid.find(lon=lon, lat=lat)
        on_edge: Collection[int] = ()
        if number != UNRESOLVED:
            holding = table.grid.tables.sets[number]
        else:  # the grid knows every point that is not on an edge
            holding = table.holding(lon=lon, lat=lat)
            touched = shapely.intersects(table.edges[list(holding)], Point(lon, lat)).tolist()
            on_edge = [i for i, touches in zip(holding, touched, strict=True) if touches]
        easting_m, northing_m = from_wgs84(lon=lon, lat=lat, crs=table.crs)
        if not (math.isfinite(easting_m) and math.isfinite(northing_m)):
            wanted = [one for one in self._searches if use in {None, one}]
            nearest = tuple(self._nearest_faraway(one, lon, lat) for one in wanted)
            return Found((), nearest, tuple(Chance(one, 1.0, None) for one in wanted))
        shares = self._field.at(lon=lon, lat=lat)
        place = shapely.points((easting_m, northing_m))
        prices: list[RegionPrice] = []
        nearest_: list[Nearest] = []
        chances = []
        for one, search in self._searches.items():
            if use not in {None, one}:
                continue
            rank = table.uses.index(one)
            ranked = self._ranked(shares, rank)
            none = shares.none[rank]
            held = [i for i in holding if self._ranks[i] == rank]
            listed = _listed(ranked, none, held)
            chances.append(Chance(one, none, self._price_range(ranked)))
            if listed:
                prices += self._prices(place, listed, ranked, held, on_edge)
            else:
                nearest_.append(self._nearest(search, place, ranked, (lon, lat), one))
        return Found(tuple(prices), tuple(nearest_), tuple(chances))

    def _ranked(self, shares: Shares, rank: int) -> _Ranked:
        found = [
            (share, i)
            for i, share in zip(shares.regions, shares.shares, strict=True)
            if share and self._ranks[i] == rank
        ]
        return sorted(found, key=_by_share)

    def _prices(
        self,
        place: Point,
        listed: _Ranked,
        ranked: _Ranked,
        held: Sequence[int],
        on_edge: Collection[int],
    ) -> Iterator[RegionPrice]:
        regions = self._table.regions
        numbers = [i for _, i in listed]
        # All of them at once: a call costs more than a distance.
        off_m = shapely.distance(self._table.sides_m[numbers].reshape(-1), place).tolist()
        for k, (share, i) in enumerate(listed):
            yield RegionPrice(
                regions[i],
                tuple(off_m[4 * k : 4 * k + 4]),
                share,
                certainty_of(share, on_edge=i in on_edge),
                i in held,
                bool(ranked) and i == ranked[0][1],
                tuple(Alternative(regions[j], p) for p, j in _others(ranked, i)),
            )

    def _price_range(self, ranked: _Ranked) -> tuple[int, int] | None:
        wanted = _IN_RANGE * sum(share for share, _ in ranked)
        prices, total = [], 0.0
        for share, i in ranked:
            prices.append(self._table.regions[i].record.ground_price_cny_m2)
            total += share
            if total >= wanted:
                break
        return (min(prices), max(prices)) if prices else None

    def _nearest(
        self,
        search: NearestPolygons,
        place: Point,
        ranked: _Ranked,
        lon_lat: tuple[float, float],
        use: Use,
    ) -> Nearest:
        square = (place.x // _SQUARE_M, place.y // _SQUARE_M)
        numbers = self._in_square(search, *square)
        off_m = shapely.distance(self._table.polygons_m[list(numbers)], place).tolist()
        least_m = min(off_m)
        if least_m >= _METRIC_REACH_M:
            return self._nearest_faraway(use, *lon_lat)
        i = numbers[off_m.index(least_m)]
        share = next((share for share, j in ranked if j == i), 0.0)
        return Nearest(self._table.regions[i], least_m, share, share > 0)

    def _find_in_square(
        self, search: NearestPolygons, column: float, row: float
    ) -> tuple[int, ...]:
        west_m, south_m = column * _SQUARE_M, row * _SQUARE_M
        return search.find(shapely.box(west_m, south_m, west_m + _SQUARE_M, south_m + _SQUARE_M))

    def _nearest_faraway(self, use: Use, lon: float, lat: float) -> Nearest:
        regions = [self._table.regions[i] for i in self._table.of_use(use).tolist()]
        distances_m = [_geodesic_m(region.polygon, lon, lat) for region in regions]
        least_m = min(distances_m)
        return Nearest(regions[distances_m.index(least_m)], least_m, 0.0, within_accuracy=False)

    @functools.cached_property
    def _searches(self) -> dict[Use, NearestPolygons]:
        """The search among the regions of each use that has some."""
        numbers = {use: self._table.of_use(use) for use in self._table.uses}
        return {
            use: NearestPolygons(self._table.polygons_m, own)
            for use, own in numbers.items()
            if len(own)
        }


def certainty_of(probability: float, *, on_edge: bool) -> Certainty:
    """Return how sure it is that a region holds a point, in a word."""
    if on_edge:
        return Certainty.ON_BOUNDARY
    if probability >= SURE:
        return Certainty.INSIDE
    return Certainty.LIKELY if probability >= LIKELY else Certainty.UNCERTAIN


def _listed(ranked: _Ranked, none: float, held: Sequence[int]) -> _Ranked:
    """Return the regions to name: those drawn at the point, and the likeliest if likelier."""
    share_of = {i: share for share, i in ranked}
    found = [(share_of.get(i, 0.0), i) for i in held]
    if ranked and ranked[0][0] > none and ranked[0][1] not in held:
        found.append(ranked[0])
    return sorted(found, key=_by_share)


def _others(ranked: _Ranked, number: int) -> Iterator[tuple[float, int]]:
    """Yield the other regions of a use that may hold a point, while it matters."""
    rest = sum(share for share, i in ranked if i != number)
    for share, i in ranked:
        if i == number:
            continue
        if rest < _REST:
            return
        yield share, i
        rest -= share


def _by_share(one: tuple[float, int]) -> tuple[float, int]:
    return -one[0], one[1]


def _geodesic_m(polygon: Polygon, lon: float, lat: float) -> float:
    """Return the distance along the ellipsoid to the nearest vertex: near enough for far points."""
    lons, lats = shapely.get_coordinates(polygon).T
    _, _, distances_m = _GEOD.inv(lons, lats, np.full(lons.shape, lon), np.full(lons.shape, lat))
    return float(np.min(distances_m))
