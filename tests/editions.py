"""Invented editions for tests: what the shipped city may publish in other years, and other cities.

Only the edition of 2022 is real. Everything here is synthetic.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from geo.layouts.layouts import LAYOUTS_FILE
from geo.model import INDUSTRIAL
from geo.parcels import NETWORK_FILE, PARCELS_FILE, Parcels, parcels_text
from geo.symbology import PRICE_CLASSES_FILE
from geo.valuation.coefficients import COEFFICIENTS_FILE
from tests.factories import EDITION, rectangle, region
from tests.paths import DATA

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from geo.model import Region

    Change = Callable[[dict[str, Any]], None]


Files = dict[str, bytes]

SHIPPED_FILES: Final = (PARCELS_FILE, NETWORK_FILE, LAYOUTS_FILE, PRICE_CLASSES_FILE)
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


def write_edition(
    folder: Path,
    year: int,
    *,
    share: float = 0.0,
    change: Change | None = None,
    source: Path = DATA,
    **facts: str,
) -> Path:
    """Write an invented edition of a year; without layouts, which are slow to draw.

    Parameters
    ----------
    folder : Path
        Where to write it.
    year : int
        Of its valuation; it is in force from 1 July of that year.
    share : float, optional
        By how much its prices differ from the source's.
    change : callable, optional
        Changes the collection further.
    source : Path, optional
        A folder with the edition that it is made of.
    **facts : str
        What it says of itself otherwise, such as ``city``.
    """
    folder.mkdir(parents=True)
    collection = json.loads((source / PARCELS_FILE).read_text(encoding="utf-8"))
    collection["edition"] |= {
        "title": f"虚构的{year}年版",
        "document": f"虚政〔{year}〕1号",
        "valuation_date": str(date(year, 1, 1)),
        "effective_from": str(date(year, 7, 1)),
        **facts,
    }
    for feature in collection["features"]:
        properties = feature["properties"]
        price = round(properties["ground_price_cny_m2"] * (1 + share))
        properties["ground_price_cny_m2"] = price
    if change is not None:
        change(collection)
    text = json.dumps(collection, ensure_ascii=False)
    (folder / PARCELS_FILE).write_text(text, encoding="utf-8")
    for name in (NETWORK_FILE, PRICE_CLASSES_FILE):
        shutil.copyfile(source / name, folder / name)
    return folder


def another_city(folder: Path, year: int, *, admin_code: str, city: str, east_deg: float) -> Path:
    """Write an invented city: the shipped one under another name, moved to the east."""

    def move(collection: dict[str, Any]) -> None:
        for feature in collection["features"]:
            code = feature["properties"]["code"].replace("411700", admin_code)
            feature["id"] = feature["properties"]["code"] = code
            rings = feature["geometry"]["coordinates"]
            feature["geometry"]["coordinates"] = [
                [[round(lon + east_deg, 7), lat] for lon, lat in ring] for ring in rings
            ]
            if feature["parcel_crossing"]:
                lon, lat = feature["parcel_crossing"]
                feature["parcel_crossing"] = [round(lon + east_deg, 7), lat]

    return write_edition(folder, year, change=move, admin_code=admin_code, city=city)


def valued_folder(folder: Path) -> Path:
    """Write the shipped edition with the example's coefficients, which are synthetic."""
    folder.mkdir()
    for name in SHIPPED_FILES:
        shutil.copyfile(DATA / name, folder / name)
    shutil.copyfile(DATA / "coefficients.example.toml", folder / COEFFICIENTS_FILE)
    return folder
