"""Cities unlike the regular ones can be drawn: at an angle, in a ribbon, around an old town."""

from __future__ import annotations

from itertools import product

import pytest

from geo.build.edition import build
from tests.unlike import KINDS


@pytest.mark.parametrize(("kind", "seed"), list(product(KINDS, (1000, 1002, 1010))))
def test_every_kind_of_city_can_be_drawn(kind: str, seed: int) -> None:
    """In half of the ribbons lines were too short to cross where the city's ends lie."""
    city = KINDS[kind](seed, 0.25)
    built = build(city.sources())
    assert len(built.parcels.regions) == len(city.sources().gazette.records)
    assert all(region.polygon.is_valid for region in built.parcels.regions)
