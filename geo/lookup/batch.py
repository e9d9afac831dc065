"""The region of each use at many points, and how certain it is."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geo.crs import from_wgs84, to_wgs84
from geo.lookup.grid import PolygonGrid
from geo.lookup.grid_tables import UNRESOLVED
from geo.lookup.regions import NONE
from geo.lookup.uncertainty import are_certain, certain_cores
from geo.model import Certainty

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from geo.crs import Crs, FloatArray
    from geo.lookup.regions import Geometries, Indices, RegionTable

    Numbers = npt.NDArray[np.int32]
    Codes = npt.NDArray[np.int8]

CERTAINTIES: Final = tuple(Certainty)
"""What `Located.certainty` counts."""
_INSIDE, _NEAR, _ON = range(len(CERTAINTIES))

_CHUNK: Final = 1 << 18
"""Points at a time, so that intermediate arrays stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Located:
    """One region of each use for each of many points.

    Attributes
    ----------
    region : ndarray of int32, shape (n, uses)
        Index into `RegionTable.regions`, the lowest code where several hold the point; `NONE`
        where none does. Uses are in the order of `RegionTable.uses`; a column is contiguous.
    certainty : ndarray of int8, shape (n, uses)
        Index into `CERTAINTIES`, or `NONE`.
    """

    region: Numbers
    certainty: Codes


class BatchIndex:
    """Lookup of many points.

    Immutable, and safe to share between threads. What only `certify` needs is made when it is
    first called.
    """

    def __init__(self, table: RegionTable) -> None:
        self._table = table
        self._lowest = self._lowest_of(table.grid.tables.sets)

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
        """Find the region of each use that holds each of many points, and how sure that is.

        Parameters
        ----------
        lon, lat : ndarray of float64, shape (n,)
            WGS84 degrees. Points that are not finite lie in no region.
        """
        found = np.empty((len(self._table.uses), len(lon)), dtype=np.int32)
        certainty = np.empty((len(self._table.uses), len(lon)), dtype=np.int8)
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

    def _certainty(self, lon: FloatArray, lat: FloatArray, found: Numbers, asked: Indices) -> Codes:
        """Return the certainty of the regions found, shape (uses, n)."""
        grid, inner, outer = self._cores
        number = grid.find_many(lon=lon, lat=lat).astype(np.intp)
        certainty = np.full(found.shape, _NEAR, dtype=np.int8)
        certainty[inner.take(number, axis=1, mode="clip") == found] = _INSIDE
        measured = outer.take(number, axis=1, mode="clip") != NONE
        measured[:, number == UNRESOLVED] = True
        measured &= certainty != _INSIDE
        measured[:, asked] = True  # only these can lie on an edge
        rank, point = np.nonzero(measured & (found != NONE))
        region = found[rank, point]
        on_edge = np.isin(point, asked)
        places = shapely.points(lon[point[on_edge]], lat[point[on_edge]])
        on_edge[on_edge] = shapely.intersects(self._table.edges[region[on_edge]], places)
        off_m = self._sides_off_m(lon[point], lat[point], region)
        certain = are_certain(off_m, self._table.certain_from_m[region])
        certainty[rank, point] = np.where(on_edge, _ON, np.where(certain, _INSIDE, _NEAR))
        certainty[found == NONE] = NONE
        return certainty

    @functools.cached_property
    def _cores(self) -> tuple[PolygonGrid, Numbers, Numbers]:
        """The inner and outer cores of tied regions, and which is in each set, by use."""
        table = self._table
        tied = np.flatnonzero(np.isfinite(table.certain_from_m).all(axis=1))
        cores = [
            certain_cores(table.polygons_m[i], table.sides_m[i], table.accuracy_m[i]) for i in tied
        ]
        polygons = np.array(cores, dtype=object).reshape(-1, 2).T
        grid = PolygonGrid(_degrees(polygons.reshape(-1), table.crs))
        sets = [np.array(members, dtype=np.int64) for members in grid.tables.sets]
        inner = self._lowest_of([tied[one[one < len(tied)]].tolist() for one in sets])
        outer = self._lowest_of([tied[one[one >= len(tied)] - len(tied)].tolist() for one in sets])
        return grid, inner, outer


def _chunks(count: int) -> Iterator[slice]:
    return (slice(start, start + _CHUNK) for start in range(0, count, _CHUNK))


def _degrees(polygons_m: Geometries, crs: Crs) -> Geometries:
    polygons: Geometries = shapely.transform(
        polygons_m,
        lambda easting_m, northing_m: to_wgs84(lon=easting_m, lat=northing_m, crs=crs),
        interleaved=False,
    )
    return polygons
