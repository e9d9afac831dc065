"""The regions that deals are compared with."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from app.join.geometry import in_degrees
from geo.errors import AppraisalError, UnknownRegionError
from geo.lookup.table import Column, TableAnswers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.crs import Crs
    from geo.lookup.edition import OpenEdition
    from geo.lookup.points import Points
    from geo.model import Region, Use


class Held(NamedTuple):
    """A region that holds a deal's parcel.

    Attributes
    ----------
    region : Region
    probability : float
    lonlat : tuple of (float, float) or None
        WGS84 degrees; None where only the region was named.
    """

    region: Region
    probability: float
    lonlat: tuple[float, float] | None


class Placed:
    """The likeliest region of each use at points.

    Parameters
    ----------
    edition : OpenEdition
    points : Points
    crs : Crs
        Of the points.
    rows : sequence of int
        Which of the points are asked for.
    """

    def __init__(self, edition: OpenEdition, points: Points, crs: Crs, rows: Sequence[int]) -> None:
        asked = points.take(np.array(rows, dtype=np.int64))
        table = TableAnswers(edition, crs=crs, columns=(Column.CODE, Column.PROBABILITY))
        self._number = {row: number for number, row in enumerate(rows)}
        self._problems = asked.problems
        self._answers = table.answer(asked).to_pydict()
        self._lonlat = np.stack(in_degrees(asked, crs), axis=1).tolist()
        self._regions = {region.code: region for region in edition.regions}

    def lonlat(self, row: int) -> tuple[float, float] | None:
        """Return a point, WGS84 degrees; None if it cannot be read."""
        lon, lat = self._lonlat[self._number[row]]
        return (lon, lat) if math.isfinite(lon) and math.isfinite(lat) else None

    def at(self, row: int, use: Use) -> Held:
        """Return the likeliest region of a use at a point.

        Raises
        ------
        GeoError
            The point cannot be read.
        AppraisalError
            No region of the use holds it.
        """
        number = self._number[row]
        if number in self._problems:
            raise self._problems[number]
        if (message := self._answers["error_message"][number]) is not None:
            raise AppraisalError(message, code=self._answers["error"][number], field="lon")
        lon, lat = self._lonlat[number]
        code = self._answers[f"{use}_{Column.CODE}"][number]
        if code is None:
            raise AppraisalError(
                f"no region of {use} land holds the place {lon:.5f}, {lat:.5f}.",
                code="no_region",
                field="lon",
            )
        probability = self._answers[f"{use}_{Column.PROBABILITY}"][number]
        return Held(self._regions[code], probability, (lon, lat))


def named_region(edition: OpenEdition, code: str, use: Use | None) -> Held:
    """Return the region that a deal names.

    Parameters
    ----------
    edition : OpenEdition
    code : str
    use : Use or None
        Of the deal, if it says one.

    Raises
    ------
    UnknownRegionError
        The edition has no such region.
    AppraisalError
        It is of another use.
    """
    for region in edition.regions:
        if region.code == code:
            if use not in {None, region.use}:
                raise AppraisalError(
                    f"use is {use}, but {code} is a region of {region.use}.",
                    code="use_of_region",
                    field="use",
                )
            return Held(region, 1.0, None)
    raise UnknownRegionError(
        f"There is no region {code[:40]!r} in edition {edition.parcels.edition.id}."
    )
