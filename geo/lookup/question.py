"""The one question whose answer tells most about which regions hold a place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from geo.layouts.layouts import Flags, Numbers
    from geo.layouts.shares import Amounts, Samples

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
        of the regions, shape (r,), and of none of each use, shape (uses,).
    """

    axis: int
    line: int
    before: tuple[Amounts, Amounts]
    after: tuple[Amounts, Amounts]


class Candidates(NamedTuple):
    """Lines of one axis that may be asked about.

    Attributes
    ----------
    axis : int
        Place of the axis in `AXES`.
    lines : ndarray of int, shape (n,)
        Places among the axis' lines.
    before : ndarray of bool, shape (samples, n)
        Whether each lies before the place: west or south of it.
    """

    axis: int
    lines: Numbers
    before: Flags


def best_split(
    samples: Samples, of_use: Numbers, asked: Iterable[Candidates], ranks: Sequence[int]
) -> Split | None:
    """Find the line whose side tells most: by the expected fall of entropy over some uses.

    Parameters
    ----------
    samples : Samples
    of_use : ndarray of int, shape (r,)
        Number of the use of each of the samples' regions.
    asked : iterable of Asked
        Lines to choose from.
    ranks : sequence of int
        The uses.

    Returns
    -------
    Split or None
        None if no line tells anything.
    """
    if not ranks:
        return None
    held, none, total = samples.held, samples.none, samples.total
    every = np.concatenate([of_use, np.arange(len(none))])
    counted = np.concatenate([held, none])[np.isin(every, ranks)]
    everything = float(total.sum())
    anywhere = counted.sum(axis=1, keepdims=True)
    start = _entropy(anywhere, np.array([everything]))[0]
    best, least = None, _LEAST_GAIN
    for axis, lines, before in asked:
        if not lines.size:
            continue
        sides = before.astype(np.float32)
        some = total @ sides
        share = some / everything
        inside = counted @ sides
        left = share * _entropy(inside, some)
        left += (1 - share) * _entropy(anywhere - inside, everything - some)
        left[(share < _ONE_SIDED) | (share > 1 - _ONE_SIDED)] = np.inf
        k = int(left.argmin())
        if start - left[k] > least:
            least = start - float(left[k])
            rest = everything - some[k]
            one = held @ sides[:, k], none @ sides[:, k]
            other = held.sum(axis=1) - one[0], none.sum(axis=1) - one[1]
            best = Split(
                axis,
                int(lines[k]),
                (one[0] / some[k], one[1] / some[k]),
                (other[0] / rest, other[1] / rest),
            )
    return best


def _entropy(weights: Amounts, total: Amounts) -> Amounts:
    """Return how open an answer is, in nats, summed over uses.

    Parameters
    ----------
    weights : ndarray, shape (answers, lines)
    total : ndarray, shape (lines,)
    """
    shares = np.maximum(weights, 0.0) / np.maximum(total, 1e-30)
    logs = np.log(np.maximum(shares, 1e-12))
    found: Amounts = -(shares * logs).sum(axis=0)
    return found
