"""The one question whose answer tells most about which regions hold a place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from geo.crs import FloatArray
    from geo.layouts.layouts import Flags
    from geo.layouts.shares import Area, RegionShares, Weights

_LEAST_GAIN: Final = 0.05  # nats; of a line that tells less it is not worth asking
_ONE_SIDED: Final = 0.01  # share of layouts from which on the side of a line is known


class Split(NamedTuple):
    """A line, and how likely each region and none is on either side of it.

    Attributes
    ----------
    axis, line : int
        Place of the axis in `AXES`, and of the line among the axis' lines.
    before, after : tuple of (ndarray, ndarray)
        Where the line lies before the place (the place is east or north of it), and behind: shares
        of the area's regions, shape (r,), and of none of each use, shape (uses,).
    """

    axis: int
    line: int
    before: tuple[FloatArray, FloatArray]
    after: tuple[FloatArray, FloatArray]


def best_split(
    shares: RegionShares,
    area: Area,
    before: tuple[Flags, Flags],
    weights: Weights,
    ranks: tuple[int, ...],
) -> Split | None:
    """Find the line whose side tells most: by the expected fall of entropy over some uses.

    Parameters
    ----------
    shares : RegionShares
    area : Area
    before : pair of ndarray of bool, shape (1, rows, layouts)
        Of `RegionShares.before`, for one place.
    weights : ndarray of float32, shape (layouts,)
        By how much each layout counts.
    ranks : tuple of int
        The uses.

    Returns
    -------
    Split or None
        None if no line tells anything.
    """
    if not ranks:
        return None
    held, total = shares.weighed(area, before, weights)
    none = shares.none_weighed(area, before, weights)
    of_use = np.concatenate([shares.ranks[area.regions], np.arange(len(none))])
    counted = np.concatenate([held, none])[np.isin(of_use, ranks)]
    everything = float(total.sum())
    anywhere = counted.sum(axis=1, keepdims=True)
    start = _entropy(anywhere, np.array([everything]))[0]
    best, least = None, _LEAST_GAIN
    for axis, lines in enumerate(area.lines):
        asked = area.bounding[axis]
        if not asked.size:
            continue
        sides = before[axis][0, 2 + asked].astype(np.float32).T
        some = total @ sides
        share = some / everything
        inside = counted @ sides
        left = share * _entropy(inside, some)
        left += (1 - share) * _entropy(
            counted.sum(axis=1, keepdims=True) - inside, everything - some
        )
        left[(share < _ONE_SIDED) | (share > 1 - _ONE_SIDED)] = np.inf
        k = int(left.argmin())
        if start - left[k] > least:
            least = start - float(left[k])
            rest = everything - some[k]
            one = held @ sides[:, k], none @ sides[:, k]
            other = held.sum(axis=1) - one[0], none.sum(axis=1) - one[1]
            best = Split(
                axis,
                int(lines[asked[k]]),
                (one[0] / some[k], one[1] / some[k]),
                (other[0] / rest, other[1] / rest),
            )
    return best


def _entropy(weights: FloatArray, total: FloatArray) -> FloatArray:
    """Return how open an answer is, in nats, summed over uses.

    Parameters
    ----------
    weights : ndarray, shape (answers, lines)
    total : ndarray, shape (lines,)
    """
    shares = np.maximum(weights, 0.0) / np.maximum(total, 1e-30)
    logs = np.log(np.maximum(shares, 1e-12))
    found: FloatArray = -(shares * logs).sum(axis=0)
    return found
