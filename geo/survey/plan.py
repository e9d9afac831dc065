"""Which crossings to observe next: those that are expected to settle most.

For some layouts, each taken for the truth, the others are updated by what would be seen there; of
all crossings that the gazette's regions have as corners, the next is the one after which the
answers are expected to be least open (greedy, by the fall of entropy as in optimal design of
experiments).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import shapely

from geo.crs import from_wgs84, to_wgs84
from geo.errors import NothingToObserveError
from geo.model import LineKind, kind_of
from geo.survey.condition import Sighting, conditioned
from geo.survey.route import short_walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy.typing as npt

    from geo.crs import Crs, FloatArray
    from geo.layouts.layouts import Layouts, Numbers
    from geo.layouts.shares import Amounts, RegionShares
    from geo.lookup.edition import OpenEdition

    Pair = tuple[str, str]
    Watch = Callable[[range], Iterable[int]]

SETTLED: Final = 0.95
"""Probability from which on an answer counts as settled."""
ERROR_M: Final = 15.0
"""Standard deviation of a place where somebody stood with a phone."""

_TRUTHS: Final = 4
_LAYOUTS: Final = 300
_PLACES: Final = 300
_LONLAT: Final = ("lon", "lat")
_THIRDS: Final = (1 / 3, 2 / 3)
_ROUNDS: Final = 5  # of the crossing of two lines, which are nearly square to each other
_AROUND: Final = 0.9  # share of layouts in which a crossing lies in the circle that is given


@dataclass(frozen=True)
class Crossing:
    """A crossing to observe.

    Attributes
    ----------
    rank : int
        From 1, the one that is expected to settle most.
    lines : tuple of (str, str)
        The line that runs north and south, and the one that runs east and west.
    lon, lat : float
        Where it likely is, WGS84 degrees.
    radius_m : float
        Around it, in nine of ten layouts.
    settled : float
        Share of answers that are expected to be settled once this crossing and all of lower rank
        are observed.
    """

    rank: int
    lines: tuple[str, str]
    lon: float
    lat: float
    radius_m: float
    settled: float


@dataclass(frozen=True)
class Plan:
    """What to observe.

    Attributes
    ----------
    settled : float
        Share of answers that are settled now.
    crossings : tuple of Crossing
        By rank, or in the order of a walk.
    """

    settled: float
    crossings: tuple[Crossing, ...]

    def walk(self, crs: Crs) -> tuple[Plan, float]:
        """Return the same crossings in the order of a short walk, and its length in m.

        Parameters
        ----------
        crs : Crs
            The city's zone, in metres.
        """
        lon, lat = (np.array([getattr(one, name) for one in self.crossings]) for name in _LONLAT)
        order, length_m = short_walk(np.stack(from_wgs84(lon=lon, lat=lat, crs=crs), axis=1))
        return replace(self, crossings=tuple(self.crossings[i] for i in order)), length_m


class _Answers(NamedTuple):
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


def plan(
    edition: OpenEdition,
    *,
    most: int,
    target: float = 1.0,
    places: FloatArray | None = None,
    seed: int = 0,
    watch: Watch = iter,
) -> Plan:
    """Plan which crossings to observe.

    Parameters
    ----------
    edition : OpenEdition
    most : int
        How many crossings at most.
    target : float, optional
        Share of settled answers at which the plan ends.
    places : ndarray, shape (n, 2), optional
        Longitude and latitude, WGS84, of the places that matter; the published area if they are
        not given.
    seed : int, optional
        The same seed gives the same plan.
    watch
        Yields the numbers that it is given, and may show how far it is.

    Raises
    ------
    SurveyError
        The edition has no layouts, so that nothing can be planned.
    """
    shares = edition.field.layouts
    if shares is None:
        raise NothingToObserveError
    rng = np.random.default_rng(seed)
    layouts = _some(shares.layouts, rng)
    corners = _corners(edition, layouts)
    at_m = _places_m(edition, places, rng)
    now = _answers(shares.among(layouts), at_m)
    truths = rng.choice(layouts.count, _TRUTHS, replace=False).tolist()
    known, answers = [layouts] * _TRUTHS, [now] * _TRUTHS
    settled, found = _settled(answers, now.weights), list[Crossing]()
    centre = np.array(layouts.centre_m)[:, None]
    for _ in watch(range(most)):
        if not corners or (found[-1].settled if found else settled) >= target:
            break
        at_first_m = {pair: _crossing_m(layouts, pair) for pair in corners}
        best = _next(corners, known, answers, now.weights)
        corners.remove(best)
        known = [
            conditioned(one, _sightings(best, at_first_m[best][:, truth], layouts), rng)
            for one, truth in zip(known, truths, strict=True)
        ]
        answers = [_answers(shares.among(one), at_m) for one in known]
        found.append(
            _described(
                edition,
                len(found) + 1,
                best,
                at_first_m[best] + centre,
                _settled(answers, now.weights),
            )
        )
    return Plan(settled, tuple(found))


def settled_share(edition: OpenEdition, layouts: Layouts, *, seed: int = 0) -> float:
    """Return the share of answers in the published area that layouts settle.

    Parameters
    ----------
    edition : OpenEdition
    layouts : Layouts
        Its own, or others of the same lines.
    seed : int, optional

    Raises
    ------
    NothingToObserveError
        The edition has no layouts.
    """
    shares = edition.field.layouts
    if shares is None:
        raise NothingToObserveError
    at_m = _places_m(edition, None, np.random.default_rng(seed))
    answers = _answers(shares.among(layouts), at_m)
    return _settled([answers], answers.weights)


def _next(
    corners: Sequence[Pair],
    known: Sequence[Layouts],
    answers: Sequence[_Answers],
    weights: FloatArray,
) -> Pair:
    """Return the crossing after which answers are the least open, on average over the truths."""

    def open_after(pair: Pair) -> float:
        return sum(
            _open_after(answer, _grouped(_crossing_m(one, pair)), weights)
            for one, answer in zip(known, answers, strict=True)
        )

    return min(corners, key=open_after)


def _some(layouts: Layouts, rng: np.random.Generator) -> Layouts:
    """Return some layouts, as many as a plan needs."""
    if layouts.count <= _LAYOUTS:
        return layouts
    chosen = np.sort(rng.choice(layouts.count, _LAYOUTS, replace=False))
    one, other = (replace(axis, across_m=axis.across_m[:, :, chosen]) for axis in layouts.axes)
    return replace(layouts, axes=(one, other))


def _corners(edition: OpenEdition, layouts: Layouts) -> list[Pair]:
    """Return the crossings at the corners of regions, of which the notice says that they exist.

    Nobody can stand on a planned road.
    """
    spellings = edition.parcels.spellings
    found: dict[Pair, None] = {}
    for region in edition.regions:
        four = region.record.bounds.renamed(spellings)
        for pair in itertools.product((four.west, four.east), (four.south, four.north)):
            if all(n in layouts.place and kind_of(n) is not LineKind.PLANNED for n in pair):
                found.setdefault(pair)
    return list(found)


def _places_m(
    edition: OpenEdition, places: FloatArray | None, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Return places to answer for, Gauss-Kruger: those that are given, or some of all regions."""
    if places is None:
        west, south, east, north = edition.extent
        drawn = shapely.union_all([region.polygon for region in edition.regions])
        tried = rng.uniform((west, south), (east, north), (20 * _PLACES, 2))
        places = tried[shapely.contains_xy(drawn, tried)][:_PLACES]
    elif len(places) > _PLACES:
        places = places[np.sort(rng.choice(len(places), _PLACES, replace=False))]
    lon, lat = places.T.copy()
    return from_wgs84(lon=lon, lat=lat, crs=edition.parcels.metric_crs)


def _answers(shares: RegionShares, at_m: tuple[FloatArray, FloatArray]) -> _Answers:
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
    return _Answers(np.array(columns, dtype=np.float32).T.copy(), starts, share)


def _crossing_m(layouts: Layouts, pair: Pair) -> FloatArray:
    """Return where two lines cross in each layout, metres from the centre, shape (2, layouts)."""
    at_m = np.zeros((2, layouts.count))
    for _ in range(_ROUNDS):
        for k, name in enumerate(pair):
            line = np.array([layouts.place[name][1]])
            at_m[k] = layouts.axes[k].in_each(at_m[1 - k], line)[:, 0]
    return at_m


def _sightings(pair: Pair, at_m: FloatArray, layouts: Layouts) -> list[Sighting]:
    easting_m, northing_m = (at_m + layouts.centre_m).tolist()
    return [Sighting(name, easting_m, northing_m, ERROR_M) for name in pair]


def _grouped(at_m: FloatArray) -> npt.NDArray[np.float32]:
    """Group layouts by thirds of where a crossing lies each way, shape (groups, layouts)."""
    thirds = [np.searchsorted(np.quantile(one, _THIRDS), one, side="right") for one in at_m]
    is_in = (3 * thirds[0] + thirds[1]) == np.arange(9)[:, None]
    grouped: npt.NDArray[np.float32] = is_in.astype(np.float32)
    return grouped


def _open_after(answers: _Answers, groups: npt.NDArray[np.float32], weights: FloatArray) -> float:
    """Return the entropy, in nats, that answers are expected to have once the group is known."""
    counted = groups @ answers.held
    total = np.add.reduceat(counted, answers.starts, axis=1)
    sizes = np.diff([*answers.starts.tolist(), counted.shape[1]])
    share = counted / np.maximum(np.repeat(total, sizes, axis=1), 1e-30)
    entropy = np.add.reduceat(-share * np.log(np.maximum(share, 1e-12)), answers.starts, axis=1)
    likely = total / np.maximum(total.sum(axis=0), 1e-30)
    return float(((entropy * likely).sum(axis=0) * weights).sum())


def _settled(answers: Sequence[_Answers], weights: FloatArray) -> float:
    """Return the share of answers that are settled, on average."""
    found = []
    for one in answers:
        counted = one.held.sum(axis=0, dtype=np.float64)
        best = np.maximum.reduceat(counted, one.starts) / np.add.reduceat(counted, one.starts)
        found.append(float(((best >= SETTLED) * weights).sum()))
    return float(np.mean(found))


def _described(
    edition: OpenEdition, rank: int, pair: Pair, at_m: FloatArray, settled: float
) -> Crossing:
    middle_m = np.median(at_m, axis=1)
    radius_m = float(np.quantile(np.hypot(*(at_m - middle_m[:, None])), _AROUND))
    easting_m, northing_m = middle_m.tolist()
    lon, lat = to_wgs84(lon=easting_m, lat=northing_m, crs=edition.parcels.metric_crs)
    return Crossing(rank, pair, lon, lat, radius_m, settled)
