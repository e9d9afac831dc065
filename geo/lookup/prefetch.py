"""Fills the caches of an edition before anyone asks."""

from __future__ import annotations

import math
from itertools import islice, product
from typing import TYPE_CHECKING, Final

from geo.lookup.point import BLOCK_DEG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geo.lookup.edition import OpenEdition


MOST_BLOCKS: Final = 10_000
"""As many as take some ten seconds of work, and memory that every process can spare."""


def prefetch(edition: OpenEdition) -> Iterator[None]:
    """Ask once in the middle of every block of the city, or of those nearest to its middle.

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
    middle = (rows.start + rows.stop) / 2, (columns.start + columns.stop) / 2
    by_distance = sorted(product(rows, columns), key=lambda block: math.dist(block, middle))
    for row, column in islice(by_distance, MOST_BLOCKS):
        lon, lat = (column + 0.5) * BLOCK_DEG, (row + 0.5) * BLOCK_DEG
        edition.point_index.look_up(lon=lon, lat=lat)
        yield
