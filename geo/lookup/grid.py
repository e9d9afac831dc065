"""Which of many polygons hold a point: exactly, and mostly without asking a polygon.

A uniform grid lies over the polygons. A cell that no edge touches lies wholly inside one set of
polygons, which is written in the cell. In a cell with a few edges, the set at the point follows
from the set at the cell's lower left corner and from which of those edges lie between the two. Only
where that is uncertain (closer to an edge than floating point can tell, or where many edges meet)
are the polygons asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from shapely import STRtree

from geo.lookup.grid_tables import MAX_EDGES, TOLERANCE, UNRESOLVED, grid_tables

if TYPE_CHECKING:
    import numpy.typing as npt

    from geo.lookup.grid_tables import Floats, Numbers

    Indices = npt.NDArray[np.int64]


_CHUNK: Final = 1 << 15
"""Points at a time, so that intermediate arrays stay in the processor's cache."""


class PolygonGrid:
    """Exact lookup in polygons.

    Immutable after construction, and safe to share between threads: it never prepares the polygons.

    Parameters
    ----------
    polygons : ndarray of Polygon or MultiPolygon, shape (m,)
        Valid, in WGS84 or any other plane coordinates; they may overlap.
    """

    def __init__(self, polygons: npt.NDArray[np.object_]) -> None:
        self._tree = STRtree(polygons)
        tables = grid_tables(polygons, self._tree)
        self.tables = tables
        # One number of an array is read twice as fast through a memoryview, and one attribute
        # that holds all is read faster than eight.
        self._cells = (
            tables.west,
            tables.south,
            tables.cells_per_lon,
            tables.cells_per_lat,
            tables.columns,
            tables.rows,
            tables.cells.data,
        )
        self._entries = tables.entries.data
        self._lines = tables.lines.reshape(-1).data

    def find(self, *, lon: float, lat: float) -> int:
        """Find the set of polygons that holds a point.

        Returns
        -------
        int
            Its number, or `UNRESOLVED`.
        """
        west, south, cells_per_lon, cells_per_lat, columns, rows, cells = self._cells
        u = (lon - west) * cells_per_lon
        v = (lat - south) * cells_per_lat
        if not (0.0 <= u < columns and 0.0 <= v < rows):
            return 0
        row = int(v)
        found = cells[row * columns + int(u)]
        return found if found >= UNRESOLVED else self._find_in_boundary_cell(-2 - found, u, v, row)

    def find_many(self, *, lon: Floats, lat: Floats) -> Numbers:
        """Find the set of polygons that holds each of many points.

        Quickest with some 100 000 at a time.

        Parameters
        ----------
        lon, lat : ndarray of float64, shape (n,)
            Points that are not finite are in no polygon.

        Returns
        -------
        ndarray of int32, shape (n,)
            Numbers of sets, or `UNRESOLVED`.
        """
        found = np.empty(len(lon), dtype=np.int32)
        for start in range(0, len(lon), _CHUNK):
            chunk = slice(start, start + _CHUNK)
            u, v = self._in_cells(lon[chunk], lat[chunk])
            cell = v.astype(np.int32)
            cell *= self.tables.columns
            cell += u.astype(np.int32)
            self.tables.cells.take(cell, out=found[chunk], mode="clip")
        boundary = np.flatnonzero(found < UNRESOLVED)
        u, v = self._in_cells(lon[boundary], lat[boundary])
        found[boundary] = self._find_in_boundary_cells(-2 - found[boundary], u, v)
        return found

    def query_exact(self, *, lon: Floats, lat: Floats) -> tuple[Indices, Indices]:
        """Ask the polygons themselves.

        Parameters
        ----------
        lon, lat : ndarray of float64, shape (n,)

        Returns
        -------
        point, polygon : ndarray of int, shape (k,)
            Index pairs into the points and the polygons, ordered by both; a polygon's edge belongs
            to it.
        """
        points, polygons = self._tree.query(shapely.points(lon, lat), predicate="intersects")
        order = np.lexsort((polygons, points))
        return points[order], polygons[order]

    def _in_cells(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Return columns and rows with their fractions; points outside go to the empty border."""
        grid = self.tables
        with np.errstate(over="ignore", invalid="ignore"):  # for what is not finite, or nearly so
            u = (lon - grid.west) * grid.cells_per_lon
            v = (lat - grid.south) * grid.cells_per_lat
        np.fmin(np.fmax(u, 0.0, out=u), grid.columns - 1, out=u)  # fmax makes 0 of NaN
        np.fmin(np.fmax(v, 0.0, out=v), grid.rows - 1, out=v)
        return u, v

    def _find_in_boundary_cells(self, entry: Numbers, u: Floats, v: Floats) -> Numbers:
        """Go from the cell's corner right to the point's u, then up, and count crossings."""
        grid = self.tables
        row = np.floor(v)
        code = np.zeros(len(entry), dtype=np.int32)
        unsure = np.zeros(len(entry), dtype=bool)
        live: slice | Indices = slice(None)  # all
        for slot in range(MAX_EDGES):
            pair = grid.entries.take(entry[live])
            a, b, c, low, high = grid.lines.take(pair >> 3, axis=0).T
            at = u[live]
            below = a * at
            below += b * row[live]
            below += c
            here = b * (v[live] - row[live])
            here += below
            left = below > 0.0
            crosses_up = (low <= at) & (at < high) & (left != (here > 0.0))
            crosses_right = (pair ^ left) & (pair >> 1)
            code[live] |= ((crosses_right ^ crosses_up) & 1) << slot
            unsure[live] |= np.minimum(np.abs(below), np.abs(here)) <= TOLERANCE
            entry[live] += 1
            more = np.flatnonzero(pair & 4)
            if not len(more):
                break
            live = more if isinstance(live, slice) else live[more]
        found = grid.entries.take(entry + code)
        found[unsure] = UNRESOLVED
        return found

    def _find_in_boundary_cell(self, entry: int, u: float, v: float, row: int) -> int:
        """Do the same for one point."""
        code, bit, more = 0, 1, 4
        while more:
            pair = self._entries[entry]
            line = 5 * (pair >> 3)
            a, b, c, low, high = self._lines[line : line + 5]
            below = a * u + b * row + c
            here = b * (v - row) + below
            if abs(below) <= TOLERANCE or abs(here) <= TOLERANCE:
                return UNRESOLVED
            left = below > 0.0
            crosses_right = pair & 2 > 0 and left != (pair & 1 > 0)
            crosses_up = low <= u < high and left != (here > 0.0)
            if crosses_right != crosses_up:
                code += bit
            entry, bit, more = entry + 1, 2 * bit, pair & 4
        return self._entries[entry + code]
