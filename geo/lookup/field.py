"""How likely each region holds a place, everywhere: a grid of values, and single places between.

The shares of layouts that are exact at the corners of small cells are interpolated between them, so
that many places are answered as quickly as they are found; both one place and many are, in the same
way. In a cell in which shares change too fast, as at a line that is known well, the place itself is
computed.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import shapely

from geo.crs import from_wgs84, to_wgs84
from geo.layouts.layouts import AXES
from geo.layouts.shares import FEWEST, RegionShares
from geo.lookup.edges import EdgeShares
from geo.lookup.interpolation import between, interpolation_error, planes, rounded_shares
from geo.lookup.question import Candidates, best_split
from geo.lookup.shares import Asked, Shares, Sides
from geo.model import Axis, GeometrySource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import numpy.typing as npt

    from geo.crs import FloatArray
    from geo.layouts.layouts import Layouts
    from geo.layouts.shares import Area, Samples
    from geo.lookup.regions import Indices, RegionTable

LEAST: Final = 0.0005
"""What is less likely than this is 0 with three decimals."""

_CELL_M: Final = 50.0
_METRES_PER_DEGREE: Final = 111_000.0
TILE: Final = 10
"""Cells along a tile's side."""
_ROUGH: Final = 0.03
"""By which values between corners may be off, by the curvature at the corners: as much as the
choice of some hundreds of layouts leaves open, which is a standard error of 0.027 at 0.5."""
_SMOOTH: Final = 0.0002
"""The same for what follows from the accuracies of sides."""
_CACHED_TILES: Final = 1 << 14
_CACHED_CELLS: Final = 1 << 17
_RARELY: Final = 0.01  # share of layouts whose city reaches farther than is answered


@dataclass(frozen=True)
class Tile:
    """The cells of a square.

    Attributes
    ----------
    regions : ndarray of int, shape (r,)
        That may hold a place of it, ascending.
    values : ndarray, shape (TILE + 1, TILE + 1, r + uses)
        By row and column of the corners: how likely each region, and that none of each use, holds
        the corner.
    jumps : ndarray of bool, shape (TILE, TILE)
        Cells of which the places themselves must be computed, because values change too fast.
    area : Area or None
        For the layouts.
    edged : ndarray of int
        The regions of which the accuracies of sides count.
    """

    regions: Indices
    values: FloatArray
    jumps: npt.NDArray[np.bool_]
    area: Area | None
    edged: Indices


class _Cell(NamedTuple):
    """A cell for single places: its regions, and their planes and those of none, see `planes`."""

    regions: tuple[int, ...]
    planes: tuple[tuple[float, ...], ...]


class ProbabilityField:
    """Probabilities of regions at places.

    Safe to share between threads.

    Parameters
    ----------
    table : RegionTable
    layouts : Layouts or None
        Without them, or for an official region, the accuracies of its sides count.
    spellings : mapping of str to str
        Canonical names of lines, by the notice's other spellings.

    Attributes
    ----------
    inferred : ndarray of int
        The regions for which the layouts count.
    """

    def __init__(
        self, table: RegionTable, layouts: Layouts | None, spellings: Mapping[str, str]
    ) -> None:
        self.table = table
        self.extent = table.extent if table.regions else (0.0, 0.0, 0.0, 0.0)
        self.west, self.south, _, north = self.extent
        middle = math.radians((self.south + north) / 2)
        self.lat_step = _CELL_M / _METRES_PER_DEGREE
        self.lon_step = self.lat_step / max(math.cos(middle), 0.01)
        self._uses = (1.0,) * len(table.uses)
        edged = [
            i
            for i, region in enumerate(table.regions)
            if layouts is None or region.geometry_source is GeometrySource.OFFICIAL
        ]
        self.inferred = np.setdiff1d(np.arange(len(table.regions)), edged)
        self._edges = EdgeShares(table, np.array(edged, dtype=np.int64)) if edged else None
        self.layouts: RegionShares | None = None
        if layouts is not None and len(self.inferred):
            bounds = [
                table.regions[i].record.bounds.renamed(spellings) for i in self.inferred.tolist()
            ]
            ranks = table.ranks[self.inferred].tolist()
            self.layouts = RegionShares(layouts, bounds, ranks, len(table.uses))
        self._tile = functools.lru_cache(_CACHED_TILES)(self._make_tile)
        self._cell = functools.lru_cache(_CACHED_CELLS)(self._make_cell)
        self.reach = self._find_reach()

    def _find_reach(self) -> tuple[float, float, float, float]:
        """Return the box, WGS84, beyond which no region is likely: west, south, east, north."""
        table = self.table
        if not table.regions:
            return math.inf, math.inf, -math.inf, -math.inf
        west, south, east, north = shapely.total_bounds(table.polygons_m).tolist()
        margin_m = 0.0
        if self._edges is not None:
            margin_m = self._edges.reach_m
        low, high = [west - margin_m, south - margin_m], [east + margin_m, north + margin_m]
        if self.layouts is not None:
            layouts = self.layouts.layouts
            for k, axis in enumerate(layouts.axes):
                rows_m = axis.across_m[len(axis.stations_m) // 2, layouts.bounding(k)]
                rows_m = rows_m + axis.courses_m[len(axis.fine_m) // 2, layouts.bounding(k), None]
                centre_m = layouts.centre_m[k]
                low[k] = min(low[k], centre_m + float(np.quantile(rows_m.min(axis=0), _RARELY)))
                high[k] = max(
                    high[k], centre_m + float(np.quantile(rows_m.max(axis=0), 1 - _RARELY))
                )
        lon, lat = to_wgs84(
            lon=np.array([low[0], high[0], low[0], high[0]]),
            lat=np.array([low[1], low[1], high[1], high[1]]),
            crs=table.crs,
        )
        return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())

    @property
    def layout_count(self) -> int:
        """How many layouts there are; 0 without any."""
        return 0 if self.layouts is None else self.layouts.layouts.count

    @property
    def axes(self) -> dict[str, Axis]:
        """The axis of each line of the layouts."""
        if self.layouts is None:
            return {}
        return {name: AXES[k] for name, (k, _) in self.layouts.layouts.place.items()}

    def at(self, *, lon: float, lat: float) -> Shares:
        """Return how likely regions hold a place, WGS84 degrees."""
        west, south, east, north = self.reach
        if not (west <= lon <= east and south <= lat <= north):
            return Shares((), (), self._uses)
        u, v = (lon - self.west) / self.lon_step, (lat - self.south) / self.lat_step
        column, row = math.floor(u), math.floor(v)
        cell = self._cell(column, row)
        if cell is None:
            tile = self._tile(column // TILE, row // TILE)
            values = self._computed(tile, lon=np.array([lon]), lat=np.array([lat]))[0]
            count, shares = len(tile.regions), rounded_shares(values).tolist()
            return Shares(
                tuple(tile.regions.tolist()), tuple(shares[:count]), tuple(shares[count:])
            )
        # The same as `between` and `rounded_shares`, which for one place take ten times as long.
        x, y = u - column, v - row
        values = [
            math.floor((((d * x + c) * y + b * x) + a) * 1000 + 0.5) / 1000
            for a, b, c, d in cell.planes
        ]
        count = len(cell.regions)
        return Shares(cell.regions, tuple(values[:count]), tuple(values[count:]))

    def _make_cell(self, column: int, row: int) -> _Cell | None:
        """Return a cell; None where values change too fast in it."""
        tile = self._tile(column // TILE, row // TILE)
        i, j = row % TILE, column % TILE
        if tile.jumps[i, j]:
            return None
        corners = tile.values[i : i + 2, j : j + 2]
        count = len(tile.regions)
        some = corners.max(axis=(0, 1)) >= LEAST
        some[count:] = True
        plane = planes(corners[0, 0], corners[0, 1], corners[1, 0], corners[1, 1])
        return _Cell(
            tuple(tile.regions[some[:count]].tolist()),
            tuple(map(tuple, np.stack(plane, axis=1)[some].tolist())),
        )

    def ask(
        self,
        *,
        lon: float,
        lat: float,
        ranks: tuple[int, ...],
        facts: Sequence[tuple[str, bool]] = (),
        askable: Callable[[str], bool] | None = None,
    ) -> Asked:
        """Ask the layouts about one place, perhaps only those that agree with facts.

        Parameters
        ----------
        lon, lat : float
            WGS84 degrees.
        ranks : tuple of int
            The uses of which a question should tell.
        facts : sequence of (str, bool)
            Lines, and whether each lies before the place: west of it, or south of it.
        askable : callable, optional
            Tells of which lines may be asked, by name; of all if it is not given.
        """
        west, south, east, north = self.reach
        if self.layouts is None or not (west <= lon <= east and south <= lat <= north):
            return Asked(self.at(lon=lon, lat=lat), None, 0)
        u, v = (lon - self.west) / self.lon_step, (lat - self.south) / self.lat_step
        tile = self._tile(math.floor(u) // TILE, math.floor(v) // TILE)
        assert tile.area is not None  # noqa: S101 - there are layouts
        easting_m, northing_m = from_wgs84(
            lon=np.array([lon]), lat=np.array([lat]), crs=self.table.crs
        )
        before = self.layouts.before(tile.area, easting_m=easting_m, northing_m=northing_m)
        weights = np.ones(self.layouts.layouts.count, dtype=np.float32)
        for name, is_before in facts:
            if (found := self.layouts.layouts.place.get(name)) is not None:
                axis, line = found
                weights *= before[axis][0, tile.area.rows[axis][line]] == is_before
        kept = int(weights.sum())
        if kept < FEWEST:
            return Asked(self.at(lon=lon, lat=lat), None, kept)
        split = self.best_split(
            self.layouts.samples(tile.area, before, weights),
            (
                Candidates(k, lines[inside], before[k][0, 2 + inside].T)
                for k, (lines, inside) in enumerate(
                    zip(tile.area.lines, tile.area.bounding, strict=True)
                )
            ),
            ranks,
            askable,
        )
        if not facts:
            return Asked(self.at(lon=lon, lat=lat), split, kept)
        drawn, none = self.layouts.shares_of(tile.area, before, weights)
        shares = dict(
            zip(self.inferred[tile.area.regions].tolist(), drawn[0].tolist(), strict=True)
        )
        if tile.edged.size and self._edges is not None:
            own = self._edges.shares(tile.edged, easting_m=easting_m, northing_m=northing_m)[0]
            shares |= dict(zip(tile.edged.tolist(), own.tolist(), strict=True))
            for number, share in zip(tile.edged.tolist(), own.tolist(), strict=True):
                none[0, self.table.ranks[number]] -= share
        return Asked(
            Shares(tuple(shares), tuple(shares.values()), tuple(np.maximum(none[0], 0.0).tolist())),
            split,
            kept,
        )

    def best_split(
        self,
        samples: Samples,
        candidates: Iterable[Candidates],
        ranks: Sequence[int],
        askable: Callable[[str], bool] | None = None,
    ) -> Sides | None:
        """Return the line that tells most by its name, and what is likely on either side.

        Parameters
        ----------
        samples : Samples
        candidates : iterable of Candidates
        ranks : sequence of int
            The uses of which it should tell.
        askable : callable, optional
            Tells of which lines may be asked, by name; of all if it is not given.
        """
        assert self.layouts is not None  # noqa: S101 - the samples are of layouts
        layouts = self.layouts.layouts
        if askable is not None:
            candidates = [
                Candidates(axis, lines[some], before[:, some])
                for axis, lines, before in candidates
                for some in (
                    np.array([askable(layouts.name_of(axis, line)) for line in lines], dtype=bool),
                )
            ]
        split = best_split(samples, self.layouts.ranks[samples.regions], candidates, ranks)
        if split is None:
            return None
        line = layouts.name_of(split.axis, split.line)
        regions = tuple(self.inferred[samples.regions].tolist())
        beyond, short = (
            Shares(regions, tuple(held.tolist()), tuple(none.tolist()))
            for held, none in (split.before, split.after)
        )
        return Sides(line, split.axis, beyond, short)

    def tile(self, column: int, row: int) -> Tile:
        """Return a tile by its column and row, counted from the south-west of the regions."""
        return self._tile(column, row)

    def in_tile(self, tile: Tile, *, lon: FloatArray, lat: FloatArray) -> FloatArray:
        """Return the same as `at` for places of one tile, WGS84 degrees; shape (n, r + uses)."""
        u, v = (lon - self.west) / self.lon_step, (lat - self.south) / self.lat_step
        column, row = np.floor(u), np.floor(v)
        i, j = row.astype(np.int64) % TILE, column.astype(np.int64) % TILE
        at = tile.values
        corners = (at[i, j], at[i, j + 1], at[i + 1, j], at[i + 1, j + 1])
        values = between((u - column)[:, None], (v - row)[:, None], *planes(*corners))
        jumping = np.flatnonzero(tile.jumps[i, j])
        if jumping.size:
            values[jumping] = self._computed(tile, lon=lon[jumping], lat=lat[jumping])
        return rounded_shares(values)

    def _computed(self, tile: Tile, *, lon: FloatArray, lat: FloatArray) -> FloatArray:
        """Compute places of a tile themselves, WGS84 degrees; shape (n, r + uses)."""
        easting_m, northing_m = from_wgs84(lon=lon, lat=lat, crs=self.table.crs)
        regions = self._possible(tile.area, tile.edged)
        values = self._exact(tile.area, regions, tile.edged, easting_m, northing_m)
        kept = np.searchsorted(regions, tile.regions)
        uses = np.arange(regions.size, values.shape[1])
        found: FloatArray = values[:, np.concatenate([kept, uses])]
        return found

    def _possible(self, area: Area | None, edged: Indices) -> Indices:
        drawn = edged[:0] if area is None else self.inferred[area.regions]
        return np.union1d(drawn, edged)

    def _exact(
        self,
        area: Area | None,
        regions: Indices,
        edged: Indices,
        easting_m: FloatArray,
        northing_m: FloatArray,
    ) -> FloatArray:
        uses = len(self.table.uses)
        values = np.zeros((easting_m.size, regions.size + uses))
        none = np.ones((easting_m.size, uses))
        if area is not None and self.layouts is not None:
            of = self.layouts.grid_shares if easting_m.ndim > 1 else self.layouts.shares
            shares, none = of(area, easting_m=easting_m, northing_m=northing_m)
            mine = np.searchsorted(regions, self.inferred[area.regions])
            values[:, mine] = shares
        if edged.size and self._edges is not None:
            shares = self._edges.shares(
                edged, easting_m=easting_m.ravel(), northing_m=northing_m.ravel()
            )
            values[:, np.searchsorted(regions, edged)] = shares
            for k, number in enumerate(edged.tolist()):
                none[:, self.table.ranks[number]] -= shares[:, k]
        values[:, regions.size :] = np.maximum(none, 0.0)
        return values

    def _make_tile(self, column: int, row: int) -> Tile:
        steps = np.arange(TILE + 1)
        lon = self.west + (column * TILE + steps) * self.lon_step
        lat = self.south + (row * TILE + steps) * self.lat_step
        lons, lats = (np.asarray(one, dtype=np.float64) for one in np.meshgrid(lon, lat))
        easting_m, northing_m = from_wgs84(lon=lons, lat=lats, crs=self.table.crs)
        ends = (easting_m.min(), northing_m.min(), easting_m.max(), northing_m.max())
        area = None if self.layouts is None else self.layouts.area(*ends)
        edged = np.empty(0, dtype=np.int64) if self._edges is None else self._edges.near(*ends)
        regions = self._possible(area, edged)
        values = self._exact(area, regions, edged, easting_m, northing_m)
        likely = np.flatnonzero((values[:, : regions.size] >= LEAST).any(axis=0))
        kept = np.concatenate([likely, np.arange(regions.size, values.shape[1])])
        values = values[:, kept].astype(np.float32).astype(np.float64)
        values = values.reshape(TILE + 1, TILE + 1, -1)
        off = interpolation_error(values)
        smooth = np.isin(regions[likely], edged)
        most = np.where(np.append(smooth, [False] * len(self.table.uses)), _SMOOTH, _ROUGH)
        bent = np.any(off > most, axis=-1)
        return Tile(regions[likely], values, bent, area, edged)
