"""The middle of a long polygon: the longest path along its medial axis.

The medial axis is approximated by the Voronoi diagram of points along the boundary, as parenx
(https://github.com/anisotropi4/parenx) and neatnet (https://github.com/uscuni/neatnet) do to
simplify street networks. Of the diagram only ridges between points that are not neighbours on the
boundary are kept: the others run from the axis out to the boundary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import Voronoi
from shapely import LineString

if TYPE_CHECKING:
    import numpy.typing as npt
    from shapely import Polygon

_STEP_M: Final = 4.0
"""Between points of the boundary. The axis is off by at most a step² / (8 × half the width): 0.2 m
in the narrowest polygon of this product, 20 m wide."""

_HAIR_M: Final = 1e-4


def medial_path(polygon: Polygon) -> LineString | None:
    """Return the longest path along the medial axis of a polygon.

    Parameters
    ----------
    polygon : Polygon
        In a metric CRS, without holes.

    Returns
    -------
    LineString or None
        None if the polygon is too small or too round to have an axis.
    """
    boundary = shapely.get_coordinates(polygon.exterior.segmentize(_STEP_M))[:-1]
    # Qhull is exact to some 1e-15 of the greatest coordinate, so it is kept small.
    origin = boundary[0]
    # And points on common lines and circles, as along a straight street, cost it the square of
    # their number: 16 s for 40 km, where points that are a hair off take 0.2 s.
    off_m = np.random.default_rng(0).normal(0.0, _HAIR_M, boundary.shape)
    voronoi = Voronoi(boundary - origin + off_m)
    vertices = voronoi.vertices + origin
    ridges = np.asarray(voronoi.ridge_vertices)
    between = np.abs(np.diff(voronoi.ridge_points, axis=1).ravel())
    neighbours = (between == 1) | (between == len(boundary) - 1)
    inside = np.append(shapely.contains_xy(polygon, vertices), values=False)  # -1 is at infinity
    ridges = ridges[~neighbours & inside[ridges].all(axis=1)]
    path = _longest_path(vertices, ridges)
    return LineString(vertices[path]) if len(path) > 1 else None


def _longest_path(
    vertices: npt.NDArray[np.float64], edges: npt.NDArray[np.int_]
) -> npt.NDArray[np.int_]:
    """Return the vertices of the longest path in a tree, or in the greatest of several trees."""
    if not len(edges):
        return np.empty(0, dtype=int)
    lengths_m = np.hypot(*(vertices[edges[:, 0]] - vertices[edges[:, 1]]).T)
    # Points on one circle give vertices that coincide; a sparse graph has no edges of length 0.
    lengths_m = np.maximum(lengths_m, 1e-9)
    graph = csr_array((lengths_m, tuple(edges.T)), shape=(len(vertices), len(vertices)))
    _, labels = connected_components(graph, directed=False)
    greatest = np.bincount(labels[edges[:, 0]], weights=lengths_m).argmax()
    start = int(np.flatnonzero(labels == greatest)[0])
    end = _farthest(graph, start)[0]
    other, before = _farthest(graph, end)
    path = [other]
    while path[-1] != end:
        path.append(int(before[path[-1]]))
    return np.array(path)


def _farthest(graph: csr_array, start: int) -> tuple[int, npt.NDArray[np.int_]]:
    lengths_m, before = dijkstra(graph, directed=False, indices=start, return_predecessors=True)
    lengths_m[np.isinf(lengths_m)] = -1.0
    return int(lengths_m.argmax()), before
