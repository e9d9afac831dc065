"""What layouts answer at places, and how open that is."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from geo.errors import NothingToObserveError
from geo.model import LineKind, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    from geo.crs import FloatArray
    from geo.layouts.layouts import Layouts, Numbers
    from geo.layouts.shares import Amounts, RegionShares
    from geo.lookup.edition import OpenEdition
    from geo.model import Region

    Pair = tuple[str, str]

SETTLED: Final = 0.95
"""Probability from which on an answer counts as settled."""

_THIRDS: Final = (1 / 3, 2 / 3)
_ROUNDS: Final = 5  # of the crossing of two lines, which are nearly square to each other


class Answers(NamedTuple):
    """What layouts answer at places.

    Attributes
    ----------
    held : ndarray of float32, shape (layouts, answers)
        By how much a layout counts for an answer; those of one place and use stand side by side.
    starts : ndarray of int, shape (questions,)
        Where those of each place and use begin.
    weights : ndarray, shape (questions,)
        By how much each counts: how likely some region of the use is there. They add up to 1.
    """

    held: npt.NDArray[np.float32]
    starts: Numbers
    weights: FloatArray


def shares_of(edition: OpenEdition) -> RegionShares:
    """Return the shares of an edition's layouts.

    Raises
    ------
    NothingToObserveError
        It has none.
    """
    if edition.field.layouts is None:
        raise NothingToObserveError
    return edition.field.layouts


def answers_at(shares: RegionShares, at_m: tuple[FloatArray, FloatArray]) -> Answers:
    """Return what layouts answer at places, Gauss-Kruger."""
    easting_m, northing_m = at_m
    area = shares.area(easting_m.min(), northing_m.min(), easting_m.max(), northing_m.max())
    one, other = shares.before(area, easting_m=easting_m, northing_m=northing_m)
    every = np.ones(shares.layouts.count, dtype=np.float32)
    columns: list[Amounts] = []
    sizes: list[int] = []
    weights: list[float] = []
    for place in range(easting_m.size):
        found = shares.samples(area, (one[place : place + 1], other[place : place + 1]), every)
        for rank, none in enumerate(found.none):
            held = found.held[shares.ranks[found.regions] == rank]
            held = held[held.any(axis=1)]
            columns += [*held, none]
            sizes.append(len(held) + 1)
            weights.append(1 - float(none.sum() / max(found.total.sum(), 1e-30)))
    starts = np.cumsum([0, *sizes[:-1]])
    share = np.array(weights) / max(sum(weights), 1e-30)
    return Answers(np.array(columns, dtype=np.float32).T.copy(), starts, share)


def crossing_m(layouts: Layouts, pair: Pair) -> FloatArray:
    """Return where two lines cross in each layout, metres from the centre, shape (2, layouts)."""
    at_m = np.zeros((2, layouts.count))
    for _ in range(_ROUNDS):
        for k, name in enumerate(pair):
            line = np.array([layouts.place[name][1]])
            at_m[k] = layouts.axes[k].in_each(at_m[1 - k], line)[:, 0]
    return at_m


def grouped(at_m: FloatArray) -> npt.NDArray[np.float32]:
    """Group layouts by thirds of where a crossing lies each way, shape (groups, layouts)."""
    thirds = [np.searchsorted(np.quantile(one, _THIRDS), one, side="right") for one in at_m]
    is_in = (3 * thirds[0] + thirds[1]) == np.arange(9)[:, None]
    groups: npt.NDArray[np.float32] = is_in.astype(np.float32)
    return groups


def open_after(answers: Answers, groups: npt.NDArray[np.float32], weights: FloatArray) -> float:
    """Return the entropy, in nats, that answers are expected to have once the group is known."""
    counted = groups @ answers.held
    total = np.add.reduceat(counted, answers.starts, axis=1)
    # The entropies of the groups, weighed by how likely these are, with all divisions at the end.
    entropy = _x_log_x(total) - np.add.reduceat(_x_log_x(counted), answers.starts)
    return float((entropy / np.maximum(total.sum(axis=0), 1e-30) * weights).sum())


def _x_log_x(counted: Amounts) -> Amounts:
    """Return x log x of each, summed over the groups."""
    found: Amounts = (counted * np.log(np.maximum(counted, 1e-30))).sum(axis=0)
    return found


def mean_settled(answers: Sequence[Answers], weights: FloatArray) -> float:
    """Return the share of answers that are settled, on average."""
    found = []
    for one in answers:
        counted = one.held.sum(axis=0, dtype=np.float64)
        best = np.maximum.reduceat(counted, one.starts) / np.add.reduceat(counted, one.starts)
        found.append(float(((best >= SETTLED) * weights).sum()))
    return float(np.mean(found))


def corners_of(
    regions: Iterable[Region], spellings: Mapping[str, str], layouts: Layouts
) -> list[Pair]:
    """Return the crossings at the corners of regions, of which the notice says that they exist.

    Nobody can stand on a planned road.
    """
    found: dict[Pair, None] = {}
    for region in regions:
        four = region.record.bounds.renamed(spellings)
        for pair in itertools.product((four.west, four.east), (four.south, four.north)):
            if all(n in layouts.place and kind_of(n) is not LineKind.PLANNED for n in pair):
                found.setdefault(pair)
    return list(found)
