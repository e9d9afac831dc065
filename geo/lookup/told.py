"""Rows of a table of which more is known than a coordinate: words, or facts of the place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geo.errors import GeoError, missing
from geo.lookup.batch import CERTAINTIES
from geo.lookup.points import Points
from geo.lookup.regions import NONE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo.crs import FloatArray
    from geo.lookup.batch import Located
    from geo.lookup.edition import OpenEdition
    from geo.lookup.points import Problems
    from geo.lookup.result import Found


def points_in_words(edition: OpenEdition, texts: Sequence[str | None]) -> Points:
    """Look for places that are given in words.

    Parameters
    ----------
    edition : OpenEdition
    texts : sequence of (str or None)

    Returns
    -------
    Points
        WGS84, in the middle of where each place may lie; a problem where one cannot be read.
    """
    lon, lat = np.full(len(texts), np.nan), np.full(len(texts), np.nan)
    problems: Problems = {}
    for i, text in enumerate(texts):
        if text is None:
            problems[i] = missing("at")
            continue
        try:
            found = edition.point_index.look_up_words(text)
        except GeoError as error:
            problems[i] = error
            continue
        if found.whereabouts is not None:
            lon[i], lat[i], _ = found.whereabouts
    return Points(lon=lon, lat=lat, problems=problems, words=tuple(texts))


def with_known(points: Points, texts: Sequence[str | None]) -> Points:
    """Add what is known of points, row by row."""
    return replace(points, known=tuple(texts))


def tell(
    edition: OpenEdition,
    points: Points,
    *,
    lon: FloatArray,
    lat: FloatArray,
    located: Located,
    problems: Problems,
) -> None:
    """Answer the rows of which more is known, in the place of what was found by coordinates.

    Parameters
    ----------
    edition : OpenEdition
    points : Points
    lon, lat : ndarray, shape (n,)
        WGS84 degrees.
    located : Located
        Is written to.
    problems : dict of int to GeoError
        Gets those of what is known.
    """
    index = edition.point_index
    number = {region.code: i for i, region in enumerate(edition.regions)}
    for i, text in enumerate(points.words or ()):
        if text is not None and i not in problems:
            _write(edition, number, index.look_up_words(text), located, i)
    for i, text in enumerate(points.known or ()):
        if text is None or i in problems:
            continue
        try:
            facts = index.words.read_facts([one for one in text.split(";") if one.strip()])
        except GeoError as error:
            problems[i] = error
            located.region[i], located.certainty[i] = NONE, NONE
            continue
        found = index.look_up(lon=float(lon[i]), lat=float(lat[i]), facts=facts)
        _write(edition, number, found, located, i)


def _write(
    edition: OpenEdition, number: Mapping[str, int], found: Found, located: Located, row: int
) -> None:
    located.region[row], located.certainty[row], located.probability[row] = NONE, NONE, 0.0
    for chance in found.chances:
        located.none[row, edition.uses.index(chance.use)] = chance.none_probability
    for price in reversed(found.prices):  # the first last, which is kept
        rank = edition.uses.index(price.use)
        located.region[row, rank] = number[price.code]
        located.certainty[row, rank] = CERTAINTIES.index(price.certainty)
        located.probability[row, rank] = price.probability
