"""An invented renewal of the shipped edition, with every kind of change; all of it is synthetic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from geo.editions.compare import compare
from geo.lookup.edition import OpenEdition
from geo.parcels import PARCELS_FILE
from tests.editions import write_edition
from tests.paths import DATA

if TYPE_CHECKING:
    from pathlib import Path

    from geo.editions.compare import Difference

REMOVED: Final = "411700S50001"
ADDED: Final = "411700S50099"
"""Has the ground of `REMOVED`."""
REDRAWN: Final = "411700S50002"
"""Ends a tenth further west, at another road."""
OFFICIAL: Final = "411700Z70007"
"""Has an official outline of two parts and other terms; the second part is around `SECOND_PART`."""
SECOND_PART: Final = (113.93, 33.05)
"""WGS84 longitude and latitude."""
NEW_ROAD: Final = "虚构大道"
SHARES: Final = (0.0, 0.03, -0.03, 0.07, -0.07, 0.12, -0.12, 0.1, -0.1, 0.004)
"""By how much prices differ, one region after the other."""


def renew(collection: dict[str, Any]) -> None:
    """Change the collection of an edition."""
    for number, feature in enumerate(collection["features"]):
        properties, geometry = feature["properties"], feature["geometry"]
        share = SHARES[number % len(SHARES)]
        price = properties["ground_price_cny_m2"]
        properties["ground_price_cny_m2"] = round(price * (1 + share))
        if feature["id"] == REMOVED:
            feature["id"] = properties["code"] = ADDED
        if feature["id"] == REDRAWN:
            properties["bound_east"] = NEW_ROAD
            [ring] = geometry["coordinates"]
            west = min(lon for lon, _ in ring)
            geometry["coordinates"] = [
                [[round(west + 0.9 * (lon - west), 7), lat] for lon, lat in ring]
            ]
        if feature["id"] == OFFICIAL:
            properties["plot_ratio"] = 9.5
            properties["geometry_source"] = "official"
            east, north = SECOND_PART
            corners = ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
            ring = [[round(east + x / 200, 7), round(north + y / 200, 7)] for x, y in corners]
            geometry["type"] = "MultiPolygon"
            geometry["coordinates"] = [geometry["coordinates"], [ring]]
    collection["features"].sort(key=lambda feature: feature["id"])


def renewal(folder: Path) -> Difference:
    """Write the renewal, and compare the shipped edition with it."""
    written = write_edition(folder, 2023, change=renew)
    before, after = (OpenEdition.read(one / PARCELS_FILE) for one in (DATA, written))
    return compare(before, after)
