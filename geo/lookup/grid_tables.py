"""The tables of a `geo.lookup.grid.PolygonGrid`, made from its polygons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

if TYPE_CHECKING:
    from shapely import STRtree

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int32]
_Ints = npt.NDArray[np.int64]
_Keys = npt.NDArray[np.uint64]
_Flags = npt.NDArray[np.bool_]

UNRESOLVED: Final = -1
"""Instead of the number of a set: only an exact query of the polygons tells it."""
TOLERANCE: Final = 1e-6
"""In cells. Coordinates in cells are off by the rounding of some ten operations, 1e-10 with 100 000
cells in a row; nothing closer to an edge than this is decided without an exact query."""
MAX_EDGES: Final = 8
"""In a boundary cell; cells with more are unresolved."""

_BOUNDARY_SHARE: Final = 0.03
"""How many of the cells should have edges. One of many points costs some ten times as much there,
so finer cells would save little, and their table would leave the processor's cache."""
_MIN_CELLS: Final = 1 << 12
_MAX_CELLS: Final = 1 << 26
"""256 MiB of cells: enough for a country."""
_PADDING: Final = 1.37
"""Cells around the polygons, where points outside end up. Not a whole number, so that outermost
edges along a meridian or parallel do not lie on the border of cells."""
_SHORTEST: Final = 1e-2
"""In cells. The direction of a shorter edge is not known well enough for the tolerance."""
_SLICE: Final = 1 << 22


@dataclass(frozen=True)
class GridTables:
    """A uniform grid over polygons.

    A point at (lon, lat) lies in row ``(lat - south) * cells_per_lat`` and column
    ``(lon - west) * cells_per_lon``.

    Attributes
    ----------
    west, south : float
        Lower left corner.
    cells_per_lon, cells_per_lat : float
    rows, columns : int
    cells : ndarray of int32, shape (rows * columns,)
        The number of the set of polygons that holds the whole cell; `UNRESOLVED`; or, for a
        boundary cell, ``-2 - i`` with the place of its entry in `entries`.
    entries : ndarray of int32
        One after another; each begins with the cell's edges: 8 times the number of the edge, 4 more
        if another follows, 2 more if it crosses the level of the cell's lower left corner, 1 more
        if that corner is on its left. Then come the numbers of sets, or `UNRESOLVED`, by the edges
        that lie between the corner and the point: bit by bit, the first edge lowest.
    lines : ndarray of float64, shape (e, 5)
        For each edge ``a, b, c, low, high``: its line is ``a * u + b * v + c == 0`` in cells,
        normalised, positive on the left; it goes from ``low`` to ``high`` in u.
    sets : tuple of tuple of int
        The polygons of each set, in order; the first is empty.
    """

    west: float
    south: float
    cells_per_lon: float
    cells_per_lat: float
    rows: int
    columns: int
    cells: Numbers
    entries: Numbers
    lines: Floats
    sets: tuple[tuple[int, ...], ...]

    @property
    def nbytes(self) -> int:
        """Memory of the arrays, in bytes."""
        return self.cells.nbytes + self.entries.nbytes + self.lines.nbytes


_EMPTY: Final = GridTables(
    west=0.0,
    south=0.0,
    cells_per_lon=1.0,
    cells_per_lat=1.0,
    rows=1,
    columns=1,
    cells=np.zeros(1, dtype=np.int32),
    entries=np.zeros(0, dtype=np.int32),
    lines=np.zeros((0, 5)),
    sets=((),),
)


class _Frame(NamedTuple):
    west: float
    south: float
    cells_per_lon: float
    cells_per_lat: float
    rows: int
    columns: int


class _Edges(NamedTuple):
    """Edges in cells, each once however many polygons share it; arrays of shape (e,)."""

    u1: Floats
    v1: Floats
    u2: Floats
    v2: Floats
    key: _Keys  # of the polygons that lie on one side only


@dataclass(frozen=True)
class _BoundaryCells:
    """Cells with edges in which no exact query is needed."""

    cell: _Ints  # (j,)
    count: _Ints  # (j,), of edges
    first: _Ints  # (j,), of the cell's edges
    edge: _Ints  # (p,)
    flags: _Ints  # (p,)

    @property
    def entry(self) -> _Ints:
        """Where the entry of each cell begins, shape (j,)."""
        sizes = self.count + (1 << self.count)
        return np.cumsum(sizes) - sizes


def grid_tables(polygons: npt.NDArray[np.object_], tree: STRtree) -> GridTables:
    """Lay a grid over polygons.

    Parameters
    ----------
    polygons : ndarray of Polygon or MultiPolygon, shape (m,)
        Valid; they may overlap.
    tree : STRtree
        Tree of the same polygons.

    Returns
    -------
    GridTables
        As fine as the lengths of the edges ask for, up to 2 ** 26 cells.
    """
    if shapely.is_empty(polygons).all():
        return _EMPTY
    # A set of polygons is known by the exclusive or of its members' random keys, so that to cross
    # an edge is one operation on a number. Two of a million sets share a key once in 30 million
    # grids.
    keys = np.random.default_rng(0).integers(
        1, np.iinfo(np.uint64).max, len(polygons), dtype=np.uint64
    )
    ends, key = _segments(polygons, keys)
    frame = _frame(ends)
    edges = _in_cells(ends, key, frame)
    starts, start_keys = _runs(edges, frame)
    known, number = np.unique(start_keys, return_inverse=True)  # sorted: the empty set's 0 is first
    size = frame.rows * frame.columns
    cells = np.repeat(number.astype(np.int32), np.diff(np.append(starts, size)))

    lines = _lines(edges)
    edge, cell = _touched(edges, frame)
    boundary = _boundary_cells(edges, lines, edge, cell, frame)
    corner = cells[boundary.cell]
    cells[cell] = UNRESOLVED
    cells[boundary.cell] = -2 - boundary.entry
    sets, sure = _members(known, keys, cells, boundary.cell, corner, frame, tree)
    entries = _entries(boundary, edges.key, known, known[corner], sure)
    return GridTables(*frame, cells=cells, entries=entries, lines=lines, sets=sets)


def _segments(polygons: npt.NDArray[np.object_], keys: _Keys) -> tuple[Floats, _Keys]:
    """Return the distinct edges, shape (e, 4), lower or left end first, and what they separate."""
    parts, polygon = shapely.get_parts(polygons, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    along = ring[1:] == ring[:-1]
    one, two = points[:-1][along], points[1:][along]
    swap = (one[:, 0] > two[:, 0]) | ((one[:, 0] == two[:, 0]) & (one[:, 1] > two[:, 1]))
    ends = np.where(swap[:, None], np.hstack([two, one]), np.hstack([one, two]))
    key = keys[polygon[part[ring[:-1][along]]]]
    order = np.lexsort(ends.T)
    ends, key = ends[order], key[order]
    first = np.flatnonzero(np.append(True, (ends[1:] != ends[:-1]).any(axis=1)))
    return ends[first], np.bitwise_xor.reduceat(key, first)


def _frame(ends: Floats) -> _Frame:
    """Choose cells so that the wanted share of them has edges, and as few as that allows.

    Edges that extend over X and Y in all touch ``columns * X / width + rows * Y / height`` cells,
    which is least for a given number of cells where both terms are equal.
    """
    low = np.minimum(ends[:, :2], ends[:, 2:]).min(axis=0)
    size = np.maximum(ends[:, :2], ends[:, 2:]).max(axis=0) - low
    across, along = np.abs(ends[:, 2:] - ends[:, :2]).sum(axis=0) / size
    cells = np.clip(4.0 * across * along / _BOUNDARY_SHARE**2, _MIN_CELLS, _MAX_CELLS)
    inner = np.sqrt(cells * np.array([along / across, across / along]))
    scale = inner / size
    west, south = low - _PADDING / scale
    per_lon, per_lat = scale
    columns, rows = np.ceil(inner + 2 * _PADDING)
    return _Frame(
        float(west), float(south), float(per_lon), float(per_lat), int(rows), int(columns)
    )


def _in_cells(ends: Floats, key: _Keys, frame: _Frame) -> _Edges:
    u = (ends[:, ::2] - frame.west) * frame.cells_per_lon
    v = (ends[:, 1::2] - frame.south) * frame.cells_per_lat
    return _Edges(u[:, 0], v[:, 0], u[:, 1], v[:, 1], key)


def _lines(edges: _Edges) -> Floats:
    du, dv = edges.u2 - edges.u1, edges.v2 - edges.v1
    length = np.hypot(du, dv)
    a, b = -dv / length, du / length
    return np.stack([a, b, -(a * edges.u1 + b * edges.v1), edges.u1, edges.u2], axis=1)


def _runs(edges: _Edges, frame: _Frame) -> tuple[_Ints, _Keys]:
    """Return where, row after row, the sets at the cells' lower left corners change, and to what.

    Every row ends outside all polygons, as it began.
    """
    low, high = np.sort([edges.v1, edges.v2], axis=0)
    first = np.ceil(low).astype(np.int64)
    i, row = counted(first, np.ceil(high).astype(np.int64) - first)
    share = (row - edges.v1[i]) / (edges.v2[i] - edges.v1[i])
    crossing = edges.u1[i] + share * (edges.u2[i] - edges.u1[i])
    cell = row * frame.columns + np.floor(crossing).astype(np.int64) + 1
    order = np.argsort(cell, kind="stable")
    cell, key = cell[order], np.bitwise_xor.accumulate(edges.key[i[order]])
    last = cell != np.append(cell[1:], -1)
    return np.append(0, cell[last]), np.append(np.uint64(0), key[last])


def _touched(edges: _Edges, frame: _Frame) -> tuple[_Ints, _Ints]:
    """Return edges and the cells that they touch or miss by the tolerance, in pairs by cell."""
    low, high = np.sort([edges.v1, edges.v2], axis=0)
    first = np.floor(low - TOLERANCE).astype(np.int64)
    i, row = counted(first, np.floor(high + TOLERANCE).astype(np.int64) - first + 1)
    u1, u2, dv = edges.u1[i], edges.u2[i], edges.v2[i] - edges.v1[i]
    # A nearly level edge may lie anywhere in its few rows, and its slope is not known well.
    level = np.abs(dv) < 0.5
    slope = (u2 - u1) / np.where(level, 1.0, dv)
    at = u1 + slope * (np.stack([row, row + 1]) - edges.v1[i])
    slack = TOLERANCE * (1.0 + np.abs(slope))
    west = np.where(level, u1, np.clip(at.min(axis=0) - slack, u1, u2)) - TOLERANCE
    east = np.where(level, u2, np.clip(at.max(axis=0) + slack, u1, u2)) + TOLERANCE
    first = np.floor(west).astype(np.int64)
    j, column = counted(first, np.floor(east).astype(np.int64) - first + 1)
    cell = row[j] * frame.columns + column
    order = np.argsort(cell, kind="stable")
    return i[j[order]], cell[order]


def counted(first: _Ints, count: _Ints) -> tuple[_Ints, _Ints]:
    """Count up from each `first`: which one, and the numbers; (5, 7), (2, 1): 5, 6, 7."""
    which = np.repeat(np.arange(len(first)), count)
    steps = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    return which, first[which] + steps


def _boundary_cells(
    edges: _Edges, lines: Floats, edge: _Ints, cell: _Ints, frame: _Frame
) -> _BoundaryCells:
    """Collect the cells whose edges tell the set at a point."""
    row, column = np.divmod(cell, frame.columns)
    a, b, c, _, _ = lines[edge].T
    left = a * column + b * row + c
    short = np.hypot(edges.u2 - edges.u1, edges.v2 - edges.v1)[edge] < _SHORTEST
    uncertain = (np.abs(left) <= TOLERANCE) | short
    first = np.flatnonzero(cell != np.append(-1, cell[:-1]))
    count = np.diff(np.append(first, len(cell)))
    kept = (count <= MAX_EDGES) & ~np.logical_or.reduceat(uncertain, first)
    pairs = np.repeat(kept, count)
    crosses = (edges.v1[edge] <= row) != (edges.v2[edge] <= row)
    follows = cell == np.append(cell[1:], -1)
    flags = 4 * follows + 2 * crosses + (left > 0)
    return _BoundaryCells(
        cell=cell[first[kept]],
        count=count[kept],
        first=np.cumsum(count[kept]) - count[kept],
        edge=edge[pairs],
        flags=flags[pairs],
    )


def _members(
    known: _Keys,
    keys: _Keys,
    cells: Numbers,
    boundary: _Ints,
    corner: Numbers,
    frame: _Frame,
    tree: STRtree,
) -> tuple[tuple[tuple[int, ...], ...], _Flags]:
    """Ask the polygons at one place of each set; return the sets, and whether they are sure."""
    place = np.full((len(known), 2), np.nan)
    column, row = np.divmod(boundary, frame.columns)[::-1]
    place[corner] = np.stack([column, row], axis=1)
    for start in range(0, len(cells), _SLICE):
        found = cells[start : start + _SLICE]
        whole = np.flatnonzero(found >= 0)
        row, column = np.divmod(start + whole, frame.columns)
        place[found[whole]] = np.stack([column + 0.5, row + 0.5], axis=1)
    lon = place[:, 0] / frame.cells_per_lon + frame.west
    lat = place[:, 1] / frame.cells_per_lat + frame.south
    number, polygon = tree.query(shapely.points(lon, lat), predicate="intersects")
    order = np.lexsort((polygon, number))
    number, polygon = number[order], polygon[order]
    key = np.zeros(len(known), dtype=np.uint64)
    np.bitwise_xor.at(key, number, keys[polygon])
    members = np.split(polygon, np.searchsorted(number, np.arange(1, len(known))))
    return tuple(tuple(one.tolist()) for one in members), (key == known) & ~np.isnan(lon)


def _entries(
    boundary: _BoundaryCells, edge_keys: _Keys, known: _Keys, corner_keys: _Keys, sure: _Flags
) -> Numbers:
    start = boundary.entry + boundary.count
    size = int(start[-1] + (1 << boundary.count[-1])) if len(start) else 0
    key = np.zeros(size, dtype=np.uint64)
    key[start] = corner_keys
    for slot in range(MAX_EDGES):
        # The codes with this bit set are those without it, across one more edge.
        has = boundary.count > slot
        across = edge_keys[boundary.edge[boundary.first[has] + slot]]
        for code in range(1 << slot):
            key[start[has] + code + (1 << slot)] = key[start[has] + code] ^ across
    number = np.searchsorted(known, key)
    number[number == len(known)] = 0
    entries = np.where((known[number] == key) & sure[number], number, UNRESOLVED).astype(np.int32)
    _, place = counted(boundary.entry, boundary.count)
    entries[place] = 8 * boundary.edge + boundary.flags
    return entries
