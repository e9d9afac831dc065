"""Fills the caches of an edition before anyone asks."""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING

from geo.lookup.point import BLOCK_DEG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geo.lookup.edition import OpenEdition


def prefetch(edition: OpenEdition) -> Iterator[None]:
    """Ask once in the middle of every block of the city.

    Yields
    ------
    None
        After each block, a millisecond of work apart.
    """
    west, south, east, north = edition.extent
    columns, rows = (
        range(math.floor(low / BLOCK_DEG), math.ceil(high / BLOCK_DEG))
        for low, high in ((west, east), (south, north))
    )
    for row, column in product(rows, columns):
        lon, lat = (column + 0.5) * BLOCK_DEG, (row + 0.5) * BLOCK_DEG
        edition.point_index.look_up(lon=lon, lat=lat)
        yield
