"""In which order to walk to some places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from geo.crs import FloatArray


def short_walk(places_m: FloatArray) -> tuple[list[int], float]:
    """Find a short way through places, from any of them to any other.

    The nearest place first, then shortened by turning stretches around as long as that helps
    (2-opt: G. A. Croes, A Method for Solving Traveling-Salesman Problems, 1958).

    Parameters
    ----------
    places_m : ndarray, shape (n, 2)
        Metres on a plane.

    Returns
    -------
    order : list of int
        Every place once.
    length_m : float
        As the crow flies.
    """
    if not len(places_m):
        return [], 0.0
    far_m = np.hypot(*(places_m[:, None] - places_m[None, :]).transpose(2, 0, 1))
    ways = (_shortened(_nearest_first(far_m, start), far_m) for start in range(len(places_m)))
    length_m, best = min((_length_m(way, far_m), way) for way in ways)
    return best, length_m


def _nearest_first(far_m: FloatArray, start: int) -> list[int]:
    way, left = [start], set(range(len(far_m))) - {start}
    while left:
        way.append(min(left, key=lambda place: (far_m[way[-1], place], place)))
        left.remove(way[-1])
    return way


def _shortened(way: list[int], far_m: FloatArray) -> list[int]:
    while True:
        turned = [
            [*way[:i], *reversed(way[i:j]), *way[j:]]
            for i in range(len(way) - 1)
            for j in range(i + 2, len(way) + 1)
        ]
        best = min(turned, key=lambda one: _length_m(one, far_m), default=way)
        if _length_m(best, far_m) >= _length_m(way, far_m) - 1e-6:
            return way
        way = best


def _length_m(way: list[int], far_m: FloatArray) -> float:
    return float(far_m[way[:-1], way[1:]].sum())
