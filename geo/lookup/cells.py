"""The probabilities of a field, cell by cell in arrays, for many places at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import shapely

from geo.lookup.field import LEAST, TILE
from geo.lookup.interpolation import between, planes, rounded_shares
from geo.lookup.regions import NONE

if TYPE_CHECKING:
    import numpy.typing as npt

    from geo.crs import FloatArray
    from geo.lookup.field import ProbabilityField, Tile
    from geo.lookup.regions import Indices

    Flags = npt.NDArray[np.bool_]
    Numbers = npt.NDArray[np.int32]


_CHUNK: Final = 1 << 14
"""Places at a time, so that intermediate arrays stay in the processor's cache."""

_LESS: Final = 0.001  # less than by this is less after rounding, too

_Candidates = tuple["Indices", "Indices", "FloatArray"]
"""Cells, regions and planes of values, of one use."""


class Likely(NamedTuple):
    """What is likely of one use at many places; arrays of shape (n,).

    Attributes
    ----------
    region : ndarray of int32
        Number of the likeliest region, the lowest of several; `NONE` where none may hold the place.
    probability : ndarray
        Its probability.
    drawn : ndarray
        Probability of the region that was asked for.
    none : ndarray
        That no region does.
    """

    region: Numbers
    probability: FloatArray
    drawn: FloatArray
    none: FloatArray


class ProbabilityCells:
    """All cells of a field.

    Immutable, and safe to share between threads. Cells in which shares change too fast are not in
    the arrays.

    Parameters
    ----------
    field : ProbabilityField
    """

    def __init__(self, field: ProbabilityField) -> None:
        self._field = field
        west, south, east, north = field.extent
        per_lon, per_lat = TILE * field.lon_step, TILE * field.lat_step
        self._tiles = (
            int(np.floor((east - west) / per_lon)) + 1,
            int(np.floor((north - south) / per_lat)) + 1,
        )
        self._size = (TILE * self._tiles[0], TILE * self._tiles[1])
        table = field.table
        uses = len(table.uses)
        columns, rows = self._size
        jumps = np.zeros((rows, columns), dtype=bool)
        none = np.empty((uses, rows, columns, 4))
        parts: list[list[_Candidates]] = [[] for _ in range(uses)]
        for row in range(self._tiles[1]):
            for column in range(self._tiles[0]):
                tile = field.tile(column, row)
                here = (
                    slice(TILE * row, TILE * row + TILE),
                    slice(TILE * column, TILE * column + TILE),
                )
                jumps[here] = tile.jumps
                nones = planes(*_corners(tile.values[..., len(tile.regions) :]))
                none[(slice(None), *here)] = np.moveaxis(np.stack(nones, axis=-1), 2, 0)
                cell = np.arange(rows * columns).reshape(rows, columns)[here]
                ranks = table.ranks[tile.regions]
                drawn = _may_be_drawn(field, tile, column, row)
                for rank, candidates in enumerate(parts):
                    own = np.flatnonzero(ranks == rank)
                    candidates.append(_candidates(tile, own, drawn[..., own], cell))
        self._jumps = jumps.reshape(-1)
        self._none = none.reshape(uses, -1, 4)
        self._starts: list[Indices] = []
        self._regions: list[Numbers] = []
        self._values: list[FloatArray] = []
        for several in parts:
            cells, regions, values = (np.concatenate(one) for one in zip(*several, strict=True))
            order = np.lexsort((regions, cells))
            self._starts.append(np.searchsorted(cells[order], np.arange(rows * columns + 1)))
            self._regions.append(regions[order].astype(np.int32))
            self._values.append(values[order])

    def find(self, *, lon: FloatArray, lat: FloatArray, drawn: Numbers) -> list[Likely]:
        """Find what is likely at places.

        Parameters
        ----------
        lon, lat : ndarray, shape (n,)
            WGS84 degrees.
        drawn : ndarray of int32, shape (uses, n)
            For each use a region of which the probability is wanted; may be `NONE`.

        Returns
        -------
        list of Likely
            By use.
        """
        field = self._field
        u, v = (lon - field.west) / field.lon_step, (lat - field.south) / field.lat_step
        with np.errstate(invalid="ignore"):
            column, row = np.floor(u), np.floor(v)
            inside = (column >= 0) & (column < self._size[0]) & (row >= 0) & (row < self._size[1])
        cell = np.where(inside, row * self._size[0] + column, 0).astype(np.int64)
        x, y = u - column, v - row
        found = [self._of_use(k, cell, x, y, one) for k, one in enumerate(drawn)]
        beyond = ~_within(field, lon, lat)
        for likely in found:
            likely.region[beyond] = NONE
            likely.probability[beyond], likely.drawn[beyond] = 0.0, 0.0
            likely.none[beyond] = 1.0
        single = np.flatnonzero((~inside | self._jumps[cell]) & ~beyond)
        _compute(field, found, single, lon, lat, drawn)
        return found

    def _of_use(
        self, rank: int, cell: Indices, x: FloatArray, y: FloatArray, drawn: Numbers
    ) -> Likely:
        region = np.full(cell.size, NONE, dtype=np.int32)
        best, own, none = np.zeros(cell.size), np.zeros(cell.size), np.empty(cell.size)
        found = Likely(region, best, own, none)
        for start in range(0, cell.size, _CHUNK):
            some = slice(start, start + _CHUNK)
            part = Likely(region[some], best[some], own[some], none[some])
            self._write(part, rank, cell[some], x[some], y[some], drawn[some])
        return found

    def _write(
        self,
        found: Likely,
        rank: int,
        cell: Indices,
        x: FloatArray,
        y: FloatArray,
        drawn: Numbers,
    ) -> None:
        starts, regions, values = self._starts[rank], self._regions[rank], self._values[rank]
        region, best, own, none = found
        entry, end = starts[cell], starts[cell + 1]
        live = np.flatnonzero(entry < end)
        at, end, x_here, y_here, drawn_here = entry[live], end[live], x[live], y[live], drawn[live]
        while live.size:
            number = regions[at]
            share = rounded_shares(between(x_here, y_here, *values[at].T))
            better = np.flatnonzero(share > best[live])
            best[live[better]], region[live[better]] = share[better], number[better]
            same = np.flatnonzero(number == drawn_here)
            own[live[same]] = share[same]
            at += 1
            more = np.flatnonzero(at < end)
            live, at, end = live[more], at[more], end[more]
            x_here, y_here, drawn_here = x_here[more], y_here[more], drawn_here[more]
        none[:] = rounded_shares(between(x, y, *self._none[rank][cell].T))


def find_few(
    field: ProbabilityField, *, lon: FloatArray, lat: FloatArray, drawn: Numbers
) -> list[Likely]:
    """Find the same as `ProbabilityCells.find`, without making the arrays of all cells."""
    found = [
        Likely(
            np.full(lon.size, NONE, dtype=np.int32),
            np.zeros(lon.size),
            np.zeros(lon.size),
            np.ones(lon.size),
        )
        for _ in drawn
    ]
    _compute(field, found, np.flatnonzero(_within(field, lon, lat)), lon, lat, drawn)
    return found


def _within(field: ProbabilityField, lon: FloatArray, lat: FloatArray) -> Flags:
    """Tell which places lie where some region may be likely; not those that are not finite."""
    west, south, east, north = field.reach
    within: Flags = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return within


def _compute(
    field: ProbabilityField,
    found: list[Likely],
    places: Indices,
    lon: FloatArray,
    lat: FloatArray,
    drawn: Numbers,
) -> None:
    """Write what is likely at some places, tile by tile."""
    if not places.size:
        return
    row = np.floor((lat[places] - field.south) / field.lat_step / TILE).astype(np.int64)
    column = np.floor((lon[places] - field.west) / field.lon_step / TILE).astype(np.int64)
    order = np.lexsort((column, row))
    ends = np.flatnonzero(np.diff(row[order]) | np.diff(column[order])) + 1
    for some in np.split(order, ends):
        mine = places[some]
        tile = field.tile(int(column[some[0]]), int(row[some[0]]))
        shares = field.in_tile(tile, lon=lon[mine], lat=lat[mine])
        count = len(tile.regions)
        ranks = field.table.ranks[tile.regions]
        each = np.arange(mine.size)
        for rank, likely in enumerate(found):
            likely.none[mine] = shares[:, count + rank]
            likely.region[mine], likely.probability[mine], likely.drawn[mine] = NONE, 0.0, 0.0
            own = np.flatnonzero(ranks == rank)
            if not own.size:
                continue
            best = own[shares[:, own].argmax(axis=1)]
            probability = shares[each, best]
            likely.probability[mine] = probability
            likely.region[mine] = np.where(probability > 0, tile.regions[best], NONE)
            k = np.searchsorted(tile.regions, drawn[rank, mine]).clip(max=count - 1)
            is_drawn = tile.regions[k] == drawn[rank, mine]
            likely.drawn[mine] = np.where(is_drawn, shares[each, k], 0.0)


def _may_be_drawn(field: ProbabilityField, tile: Tile, column: int, row: int) -> Flags:
    """Tell which regions of a tile have polygons near each cell; shape (TILE, TILE, r)."""
    steps = np.arange(TILE + 1)
    lon = field.west + (column * TILE + steps) * field.lon_step
    lat = field.south + (row * TILE + steps) * field.lat_step
    west, south, east, north = shapely.bounds(field.table.polygons[tile.regions]).T
    across: Flags = (west <= lon[1:, None]) & (east >= lon[:-1, None])
    along: Flags = (south <= lat[1:, None]) & (north >= lat[:-1, None])
    found: Flags = along[:, None] & across[None]
    return found


def _candidates(tile: Tile, own: Indices, drawn: Flags, cell: Indices) -> _Candidates:
    """Return the regions of one use that matter in each cell, with their planes.

    A region that is less likely than another everywhere in a cell only does where it may be drawn.

    Parameters
    ----------
    tile : Tile
    own : ndarray of int, shape (r,)
        Which of its regions are of the use.
    drawn : ndarray of bool, shape (TILE, TILE, r)
        Whether each may be drawn in each cell.
    cell : ndarray of int, shape (TILE, TILE)
        Numbers of the cells.
    """
    corners = _corners(tile.values[..., own])
    at = np.stack(corners)
    beaten = (at[..., None, :] >= at[..., :, None] + _LESS).all(axis=0).any(axis=-1)
    i, j, k = np.nonzero((at >= LEAST).any(axis=0) & (drawn | ~beaten))
    plane = np.stack(planes(*(one[i, j, k] for one in corners)), axis=1)
    return cell[i, j], tile.regions[own[k]], plane


def _corners(values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return the values at the corners of each cell, from those at all corners of a tile."""
    return values[:-1, :-1], values[:-1, 1:], values[1:, :-1], values[1:, 1:]
