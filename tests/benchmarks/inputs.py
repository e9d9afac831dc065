"""What is asked: the shipped regions, points uniform over their extent, and more regions."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geo.lookup.batch import BatchIndex
from geo.lookup.field import ProbabilityField
from geo.lookup.regions import RegionTable
from geo.parcels import read_parcels
from tests.metric import METRIC
from tests.paths import DATA
from tests.uses import USES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from geo.model import Region

    Degrees = npt.NDArray[np.float64]
    Place = tuple[float, float]

PARCELS: Final = DATA / "parcels.geojson"

SOMEWHERE: Final = (114.0127, 32.9930)
"""WGS84 longitude and latitude of a point in two regions."""

_CITIES: Final = 39
"""Copies of the city in a row of the synthetic country, and rows."""
_APART: Final = 1.003
"""Of the city's extent, from one copy to the next."""
MANY: Final = 66 * _CITIES**2
"""Regions of the synthetic country."""


@cache
def regions() -> tuple[Region, ...]:
    """Return the regions of the shipped edition."""
    return read_parcels(PARCELS).regions


def extent(covered: Sequence[Region]) -> tuple[float, float, float, float]:
    """Return west, south, east and north of regions, WGS84 degrees."""
    west, south, east, north = shapely.total_bounds([region.polygon for region in covered])
    return float(west), float(south), float(east), float(north)


def index_of(covered: Sequence[Region]) -> BatchIndex:
    """Build the index of many points in regions, without an ensemble."""
    table = RegionTable(covered, USES, METRIC)
    return BatchIndex(table, ProbabilityField(table, None, {}))


def points(
    count: int, seed: int = 7, over: Sequence[Region] | None = None
) -> tuple[Degrees, Degrees]:
    """Draw points uniform over the extent of regions.

    Parameters
    ----------
    count : int
    seed : int
    over : sequence of Region or None
        None for the shipped ones.

    Returns
    -------
    lon, lat : ndarray, shape (count,)
        WGS84 degrees.
    """
    west, south, east, north = extent(regions() if over is None else over)
    random = np.random.default_rng(seed)
    return random.uniform(west, east, count), random.uniform(south, north, count)


def places(count: int) -> list[Place]:
    """Draw points as `points` does, as pairs of longitude and latitude."""
    lon, lat = points(count)
    return list(zip(lon.tolist(), lat.tolist(), strict=True))


def many_regions() -> list[Region]:
    """Lay `MANY` regions over a synthetic country: copies of the shipped city, side by side."""
    west, south, east, north = extent(regions())
    lon_step, lat_step = _APART * (east - west), _APART * (north - south)
    polygons = np.array([region.polygon for region in regions()], dtype=object)
    many = []
    for i in range(_CITIES):
        for j in range(_CITIES):
            step = np.array([(i - _CITIES // 2) * lon_step, (j - _CITIES // 2) * lat_step])
            moved = shapely.transform(polygons, lambda place, step=step: place + step)
            many += [
                replace(
                    region,
                    polygon=polygon,
                    record=replace(region.record, code=f"{i:02}{j:02}{region.code}"),
                )
                for region, polygon in zip(regions(), moved, strict=True)
            ]
    return many
