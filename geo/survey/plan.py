"""Which crossings to observe next: those that are expected to settle most.

For some layouts, each taken for the truth, the others are updated by what would be seen there; of
all crossings that the gazette's regions have as corners, the next is the one after which the
answers are expected to be least open (greedy, by the fall of entropy as in optimal design of
experiments).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geo.crs import from_wgs84, to_wgs84
from geo.model import GeometrySource
from geo.network.evidence import Observation
from geo.survey.answers import (
    answers_at,
    corners_of,
    crossing_m,
    grouped,
    mean_settled,
    open_after,
    shares_of,
)
from geo.survey.condition import conditioned
from geo.survey.route import short_walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.crs import Crs, FloatArray
    from geo.layouts.layouts import Layouts
    from geo.lookup.edition import OpenEdition
    from geo.model import Region
    from geo.network.ensemble.sampler import Watch
    from geo.survey.answers import Answers, Pair

ERROR_M: Final = 15.0
"""Standard deviation of a place where somebody stood with a phone."""

_TRUTHS: Final = 4
_LAYOUTS: Final = 300
_PLACES: Final = 300
_PLACES_OF_ONE: Final = 120
_AROUND_DEG: Final = 0.004  # some 400 m
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
        lon = np.array([one.lon for one in self.crossings])
        lat = np.array([one.lat for one in self.crossings])
        order, length_m = short_walk(np.stack(from_wgs84(lon=lon, lat=lat, crs=crs), axis=1))
        return replace(self, crossings=tuple(self.crossings[i] for i in order)), length_m


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
    NothingToObserveError
        The edition has no layouts.
    """
    shares = shares_of(edition)
    rng = np.random.default_rng(seed)
    layouts = _some(shares.layouts, rng)
    corners = corners_of(edition.regions, edition.parcels.spellings, layouts)
    at_m = _places_m(edition, places, rng)
    now = answers_at(shares.among(layouts), at_m)
    truths = rng.choice(layouts.count, _TRUTHS, replace=False).tolist()
    known, answers = [layouts] * _TRUTHS, [now] * _TRUTHS
    settled, found = mean_settled(answers, now.weights), list[Crossing]()
    centre = np.array(layouts.centre_m)[:, None]
    for _ in watch(range(most)):
        if not corners or (found[-1].settled if found else settled) >= target:
            break
        best = _next(corners, known, answers, now.weights)
        corners.remove(best)
        at_first_m = crossing_m(layouts, best) + centre
        known = [
            conditioned(one, _observed(best, at_first_m[:, truth]), rng)
            for one, truth in zip(known, truths, strict=True)
        ]
        answers = [answers_at(shares.among(one), at_m) for one in known]
        found.append(
            _described(
                edition,
                len(found) + 1,
                best,
                at_first_m,
                mean_settled(answers, now.weights),
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
    shares = shares_of(edition)
    at_m = _places_m(edition, None, np.random.default_rng(seed))
    answers = answers_at(shares.among(layouts), at_m)
    return mean_settled([answers], answers.weights)


def _next(
    corners: Sequence[Pair],
    known: Sequence[Layouts],
    answers: Sequence[Answers],
    weights: FloatArray,
) -> Pair:
    """Return the crossing after which answers are the least open, on average over the truths."""

    def left_open(pair: Pair) -> float:
        return sum(
            open_after(answer, grouped(crossing_m(one, pair)), weights)
            for one, answer in zip(known, answers, strict=True)
        )

    return min(corners, key=left_open)


def _some(layouts: Layouts, rng: np.random.Generator) -> Layouts:
    """Return some layouts, as many as a plan needs."""
    if layouts.count <= _LAYOUTS:
        return layouts
    chosen = np.sort(rng.choice(layouts.count, _LAYOUTS, replace=False))
    one, other = (replace(axis, across_m=axis.across_m[:, :, chosen]) for axis in layouts.axes)
    return replace(layouts, axes=(one, other))


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


def _observed(pair: Pair, at_m: FloatArray) -> list[Observation]:
    easting_m, northing_m = at_m.tolist()
    return [Observation("", name, easting_m, northing_m, 0.0, ERROR_M, None) for name in pair]


def _described(
    edition: OpenEdition, rank: int, pair: Pair, at_m: FloatArray, settled: float
) -> Crossing:
    middle_m = np.median(at_m, axis=1)
    radius_m = float(np.quantile(np.hypot(*(at_m - middle_m[:, None])), _AROUND))
    easting_m, northing_m = middle_m.tolist()
    lon, lat = to_wgs84(lon=easting_m, lat=northing_m, crs=edition.parcels.metric_crs)
    return Crossing(rank, pair, lon, lat, radius_m, settled)


def crossing_for(edition: OpenEdition, region: Region) -> Crossing | None:
    """Return the crossing that would settle most of where one region lies.

    Parameters
    ----------
    edition : OpenEdition
    region : Region
        Of the edition.

    Returns
    -------
    Crossing or None
        With the share of answers for the region's use in and around it that are expected to be
        settled; None where they are, or nobody can stand at any crossing around it.
    """
    shares = edition.field.layouts
    if shares is None or region.geometry_source is GeometrySource.OFFICIAL:
        return None
    layouts = shares.layouts
    rng = np.random.default_rng(0)
    drawn = region.polygon.buffer(_AROUND_DEG)
    west, south, east, north = drawn.bounds
    places = rng.uniform((west, south), (east, north), (_PLACES_OF_ONE, 2))
    answers = answers_at(shares, _places_m(edition, places, rng))
    of_use = np.arange(answers.weights.size) % len(edition.uses) == edition.uses.index(region.use)
    weights = np.where(of_use, answers.weights, 0.0)
    weights /= max(weights.sum(), 1e-30)
    spellings = edition.parcels.spellings
    bounds = {
        one.code: set(dict(one.record.bounds.renamed(spellings)).values())
        for one in edition.regions
    }
    near = [one for one in edition.regions if bounds[one.code] & bounds[region.code]]
    places_m = {pair: crossing_m(layouts, pair) for pair in corners_of(near, spellings, layouts)}
    groups = {pair: grouped(at_m) for pair, at_m in places_m.items()}
    best = min(groups, key=lambda pair: open_after(answers, groups[pair], weights), default=None)
    now = mean_settled([answers], weights)
    if best is None or now >= 1:
        return None
    after = [answers._replace(held=answers.held[group > 0]) for group in groups[best]]
    sizes = [len(one.held) for one in after]
    found = [mean_settled([one], weights) if len(one.held) else 0.0 for one in after]
    settled = float(np.average(found, weights=sizes))
    at_m = places_m[best] + np.array(layouts.centre_m)[:, None]
    return _described(edition, 1, best, at_m, max(settled, now))
