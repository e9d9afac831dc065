"""Editions as files, to be published: the shipped one, and small ones of invented cities."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Final

from geo.model import INDUSTRIAL
from geo.parcels import PARCELS_FILE, Parcels, parcels_text
from tests.factories import EDITION, rectangle, region
from tests.paths import DATA

if TYPE_CHECKING:
    from geo.model import Region

Files = dict[str, bytes]

SHIPPED_FILES: Final = (
    *(PARCELS_FILE, "network.geojson"),
    *("layouts.parquet", "price_classes.toml"),
)
SHIPPED_ID: Final = "411700-2022"


def shipped_edition() -> Files:
    """Return the files of the shipped edition, by name."""
    return {name: (DATA / name).read_bytes() for name in SHIPPED_FILES}


def small_edition(
    admin_code: str = "999900",
    year: int = 2030,
    *,
    price_cny_m2: int = 4260,
    regions: tuple[Region, ...] | None = None,
) -> Files:
    """Return the files of an invented city: a square with two regions that share an edge.

    In force from the first of April of its year.
    """
    if regions is None:
        west, east = rectangle(lon=114.3, lat=33.0), rectangle(lon=114.31, lat=33.0)
        regions = (
            region("G60001", east, use=INDUSTRIAL, ground_price_cny_m2=381),
            region("S50001", west, ground_price_cny_m2=price_cny_m2),
        )
    edition = replace(
        EDITION,
        admin_code=admin_code,
        valuation_date=date(year, 1, 1),
        effective_from=date(year, 4, 1),
    )
    parcels = Parcels(edition, regions, "© synthetic", inputs={}, spellings={})
    return {PARCELS_FILE: parcels_text(parcels).encode()}
