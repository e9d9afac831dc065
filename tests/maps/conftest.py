"""Sheets of the shipped edition, drawn once for all tests that look at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from geo import open_edition
from geo.parcels import Parcels, read_parcels
from geo.symbology import PRICE_CLASSES_FILE, PriceClasses, read_price_classes
from maps.certainty import CertaintyGrid, certainty_grid
from maps.sheet.draw import Sheet, draw_sheet, sheet_bytes
from tests.paths import DATA
from tests.uses import USES

if TYPE_CHECKING:
    from geo.model import Use


@pytest.fixture(scope="session")
def parcels() -> Parcels:
    """The shipped edition."""
    return read_parcels(DATA / "parcels.geojson")


@pytest.fixture(scope="session")
def classes() -> dict[Use, PriceClasses]:
    """The shipped price classes."""
    return read_price_classes(DATA / PRICE_CLASSES_FILE, {key: [1000] for key in USES})


@pytest.fixture(scope="session")
def certainty() -> CertaintyGrid:
    """How sure the map of the shipped edition is."""
    grid = certainty_grid(open_edition())
    assert grid is not None
    return grid


@pytest.fixture(scope="session")
def sheets(
    parcels: Parcels, classes: dict[Use, PriceClasses], certainty: CertaintyGrid
) -> dict[Use, Sheet]:
    """The sheet of each use at the gazette's scale."""
    return {use: draw_sheet(parcels, use, classes[use], certainty=certainty) for use in USES}


@pytest.fixture(scope="session")
def pdfs(sheets: dict[Use, Sheet]) -> dict[Use, bytes]:
    """Each sheet as PDF."""
    return {use: sheet_bytes(sheet, "pdf") for use, sheet in sheets.items()}
