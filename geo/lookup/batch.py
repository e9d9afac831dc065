"""The region of each use at many points, and how likely it is."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geo.crs import from_wgs84
from geo.lookup.cells import ProbabilityCells, find_few
from geo.lookup.grid_tables import UNRESOLVED
from geo.lookup.regions import NONE
from geo.model import LIKELY, SURE, Certainty

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from geo.crs import FloatArray
    from geo.lookup.field import ProbabilityField
    from geo.lookup.regions import Indices, RegionTable

    Numbers = npt.NDArray[np.int32]
    Codes = npt.NDArray[np.int8]

CERTAINTIES: Final = tuple(Certainty)
"""What `Located.certainty` counts."""
_INSIDE, _LIKELY, _UNCERTAIN, _ON = range(len(CERTAINTIES))

_FEW: Final = 1 << 13
"""Points for which it takes less time to compute the tiles around them than all tiles."""
_CHUNK: Final = 1 << 18
"""Points at a time, so that intermediate arrays stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Located:
    """One region of each use for each of many points: the first of the answer for one point.

    Attributes
    ----------
    region : ndarray of int32, shape (n, uses)
        Index into `RegionTable.regions`; `NONE` where the answer names none. Uses are in the order
        of `RegionTable.uses`; a column is contiguous.
    certainty : ndarray of int8, shape (n, uses)
        Index into `CERTAINTIES`, or `NONE`.
    probability, none : ndarray of float64, shape (n, uses)
        That the region holds the point, and that no region of the use does.
    """

    region: Numbers
    certainty: Codes
    probability: FloatArray
    none: FloatArray


class BatchIndex:
    """Lookup of many points.

    Immutable, and safe to share between threads. What only `certify` needs is made when it is
    first called.
    """

    def __init__(self, table: RegionTable, field: ProbabilityField) -> None:
        self._table = table
        self._field = field
        self._lowest = self._lowest_of(table.grid.tables.sets)
        several = [
            len({ranks[i] for i in members}) < len(members)
            for ranks in [table.ranks.tolist()]
            for members in table.grid.tables.sets
        ]
        self._several = np.array(several)

    @property
    def nbytes(self) -> int:
        """Memory of the lookup tables, without the polygons themselves, in bytes."""
        return self._table.grid.tables.nbytes + self._lowest.nbytes

    def locate(self, *, lon: FloatArray, lat: FloatArray) -> Numbers:
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
        found = np.empty((len(self._table.uses), len(lon)), dtype=np.int32)
        for chunk in _chunks(len(lon)):
            self._locate_chunk(lon[chunk], lat[chunk], found[:, chunk])
        return found.T

    def certify(self, *, lon: FloatArray, lat: FloatArray) -> Located:
        """Find what the answer for one point names first of each use, for many points.

        Parameters
        ----------
        lon, lat : ndarray of float64, shape (n,)
            WGS84 degrees. Points that are not finite lie in no region.
        """
        shape = (len(self._table.uses), len(lon))
        region, certainty = np.empty(shape, dtype=np.int32), np.empty(shape, dtype=np.int8)
        probability, none = np.empty(shape), np.empty(shape)
        for chunk in _chunks(len(lon)):
            self._certify_chunk(
                lon[chunk],
                lat[chunk],
                region[:, chunk],
                certainty[:, chunk],
                probability[:, chunk],
                none[:, chunk],
            )
        return Located(region.T, certainty.T, probability.T, none.T)

    def distances_m(self, *, lon: FloatArray, lat: FloatArray, region: Numbers) -> FloatArray:
        """Measure how far the boundaries of regions are.

        Parameters
        ----------
        lon, lat : ndarray of float64, shape (n,)
            WGS84 degrees.
        region : ndarray of int32, shape (n, uses)
            As `locate` returns it.

        Returns
        -------
        ndarray of float64, shape (n, uses)
            Metres in Gauss-Kruger; NaN where there is no region.
        """
        distances_m = np.full(region.shape, np.nan)
        point, use = np.nonzero(region != NONE)
        for chunk in _chunks(len(point)):
            i, rank = point[chunk], use[chunk]
            distances_m[i, rank] = self._sides_off_m(lon[i], lat[i], region[i, rank]).min(axis=1)
        return distances_m

    def _sides_off_m(self, lon: FloatArray, lat: FloatArray, region: Numbers) -> FloatArray:
        """Measure how far each side of one region a point is, shape (n, 4)."""
        places = shapely.points(*from_wgs84(lon=lon, lat=lat, crs=self._table.crs))
        off_m: FloatArray = shapely.distance(self._table.sides_m[region], places[:, None])
        return off_m

    def _lowest_of(self, sets: Sequence[Sequence[int]]) -> Numbers:
        """Return the lowest region of each use in each set, shape (uses, sets)."""
        lowest = np.full((len(self._table.uses), len(sets)), NONE, dtype=np.int32)
        number = np.repeat(np.arange(len(sets)), [len(members) for members in sets])
        members = np.array([i for one in sets for i in one], dtype=np.int64)
        # Of several the last is kept, so the lowest comes last.
        lowest[self._table.ranks[members[::-1]], number[::-1]] = members[::-1]
        return lowest

    def _locate_chunk(self, lon: FloatArray, lat: FloatArray, found: Numbers) -> Indices:
        """Write regions into `found`, shape (uses, n); return the points that had to ask."""
        grid = self._table.grid
        number = grid.find_many(lon=lon, lat=lat).astype(np.intp)  # once, not for every use
        asked = np.flatnonzero(number == UNRESOLVED)
        for lowest, column in zip(self._lowest, found, strict=True):
            lowest.take(number, out=column, mode="clip")  # clips UNRESOLVED to 0, the empty set
        if len(asked):
            point, region = grid.query_exact(lon=lon[asked], lat=lat[asked])
            point, region = asked[point[::-1]], region[::-1]  # the lowest last, which is kept
            found[self._table.ranks[region], point] = region
        return asked

    def _certify_chunk(
        self,
        lon: FloatArray,
        lat: FloatArray,
        region: Numbers,
        certainty: Codes,
        probability: FloatArray,
        none: FloatArray,
    ) -> None:
        """Write what is known of points, each array of shape (uses, n)."""
        asked = self._locate_chunk(lon, lat, region)
        few = len(lon) < _FEW and "_cells" not in self.__dict__
        find = functools.partial(find_few, self._field) if few else self._cells.find
        for rank, likely in enumerate(find(lon=lon, lat=lat, drawn=region)):
            drawn = region[rank]
            likelier = (likely.probability > likely.drawn) | (drawn == NONE)
            likelier |= (likely.probability == likely.drawn) & (likely.region < drawn)
            likelier &= likely.probability > likely.none
            np.copyto(drawn, likely.region, where=likelier)
            probability[rank] = np.where(likelier, likely.probability, likely.drawn)
            none[rank] = likely.none
        self._choose_of_several(lon, lat, region, probability, none)
        certainty[:] = np.where(
            probability >= SURE, _INSIDE, np.where(probability >= LIKELY, _LIKELY, _UNCERTAIN)
        )
        certainty[region == NONE] = NONE
        if len(asked):  # only these can lie on an edge
            use, k = np.nonzero(region[:, asked] != NONE)
            point = asked[k]
            places = shapely.points(lon[point], lat[point])
            on_edge = shapely.intersects(self._table.edges[region[use, point]], places)
            certainty[use[on_edge], point[on_edge]] = _ON

    def _choose_of_several(
        self,
        lon: FloatArray,
        lat: FloatArray,
        region: Numbers,
        probability: FloatArray,
        none: FloatArray,
    ) -> None:
        """Take the likeliest of several regions of one use that are drawn at a point.

        Where another region is likelier than that none holds the point, it was taken already.
        """
        doubtful = np.flatnonzero(((probability <= none) & (region != NONE)).any(axis=0))
        number = self._table.grid.find_many(lon=lon[doubtful], lat=lat[doubtful])
        several = (number == UNRESOLVED) | self._several[number]
        sets = self._table.grid.tables.sets
        for k, one in zip(doubtful[several].tolist(), number[several].tolist(), strict=True):
            place = {"lon": float(lon[k]), "lat": float(lat[k])}
            held = sets[one] if one != UNRESOLVED else self._table.holding(**place)
            shares = self._field.at(**place)
            share_of = dict(zip(shares.regions, shares.shares, strict=True))
            for rank in range(len(region)):
                if probability[rank, k] > none[rank, k]:
                    continue
                own = [(-share_of.get(i, 0.0), i) for i in held if self._table.ranks[i] == rank]
                if own:
                    least, first = min(own)
                    probability[rank, k], region[rank, k] = -least, first

    @functools.cached_property
    def _cells(self) -> ProbabilityCells:
        return ProbabilityCells(self._field)


def _chunks(count: int) -> Iterator[slice]:
    return (slice(start, start + _CHUNK) for start in range(0, count, _CHUNK))
