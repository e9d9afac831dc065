"""How likely regions hold a place that is given in words: in every layout it lies elsewhere."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import shapely

from geo.crs import to_wgs84
from geo.layouts.shares import FEWEST
from geo.lookup.question import Candidates
from geo.lookup.result import Whereabouts
from geo.lookup.shares import Shares
from geo.lookup.words import spots_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from geo.lookup.field import ProbabilityField
    from geo.lookup.shares import Sides
    from geo.lookup.words import Beside

_MOSTLY: Final = 0.8  # share of layouts in which a place in words is within its radius


class PlaceOfWords(NamedTuple):
    """Where a place may be that is given in words.

    Attributes
    ----------
    shares : Shares
        Not rounded.
    whereabouts : Whereabouts
    kept : int
        In how many layouts the facts are true; where these are too few, all else is of all.
    ask : callable
        Returns the line whose side would tell most about some uses, given their numbers and which
        lines may be asked about.
    """

    shares: Shares
    whereabouts: Whereabouts
    kept: int
    ask: Callable[[Sequence[int], Callable[[str], bool] | None], Sides | None]


def place_of_words(
    field: ProbabilityField, beside: tuple[Beside, Beside], facts: Sequence[tuple[str, bool]] = ()
) -> PlaceOfWords | None:
    """Find where a place may be that is given in words, perhaps only where facts are true.

    Parameters
    ----------
    field : ProbabilityField
    beside : pair of Beside
    facts : sequence of (str, bool)
        Lines, and whether each lies before the place: west of it, or south of it.

    Returns
    -------
    PlaceOfWords or None
        None without layouts.
    """
    if field.layouts is None:
        return None
    layouts = field.layouts.layouts
    spots = spots_of(layouts, beside)
    agreeing = np.ones(spots.before[0].shape[:2], dtype=bool)
    for name, is_before in facts:
        if (found := layouts.place.get(name)) is not None:
            axis, line = found
            agreeing &= spots.before[axis][..., line] == is_before
    kept = int(agreeing.any(axis=0).sum())
    if kept < FEWEST:
        agreeing[:] = True
    samples = field.layouts.samples_of_spots(spots.before, agreeing.astype(np.float64))
    drawn, none = samples.shares()
    shares = dict(zip(field.inferred.tolist(), drawn.tolist(), strict=True))
    weights = (samples.total / samples.total.sum()).reshape(agreeing.shape)
    places_m = [one + centre for one, centre in zip(spots.across_m, layouts.centre_m, strict=True)]
    for number in np.setdiff1d(np.arange(len(field.table.regions)), field.inferred).tolist():
        inside = shapely.contains_xy(field.table.polygons_m[number], *places_m)
        shares[number] = float((inside * weights).sum())
        none[field.table.ranks[number]] -= shares[number]
    middle_m = [float(np.median(one[agreeing])) for one in places_m]
    off_m = np.hypot(places_m[0] - middle_m[0], places_m[1] - middle_m[1])[agreeing]
    lon, lat = to_wgs84(lon=middle_m[0], lat=middle_m[1], crs=field.table.crs)
    candidates = tuple(
        Candidates(k, lines, before[..., lines].reshape(-1, lines.size))
        for k, before in enumerate(spots.before)
        for lines in (layouts.bounding(k),)
    )
    return PlaceOfWords(
        Shares(tuple(shares), tuple(shares.values()), tuple(np.maximum(none, 0.0).tolist())),
        Whereabouts(lon, lat, float(np.quantile(off_m, _MOSTLY))),
        kept,
        functools.partial(field.best_split, samples, candidates),
    )
