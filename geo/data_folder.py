"""The folder of a city: what its files are called, and where the one lies that is shipped."""

from __future__ import annotations

from pathlib import Path
from typing import Final

GAZETTE_FOLDER: Final = "gazette"
PARCELS_FILE: Final = "parcels.geojson"

_PACKAGE: Final = Path(__file__).resolve().parent

INSTALLED_DATA: Final = _PACKAGE / "data"
"""The shipped folder inside an installed package, where nothing is written; a checkout has none."""

SHIPPED_DATA: Final = INSTALLED_DATA if INSTALLED_DATA.is_dir() else _PACKAGE.parent / "data"
"""The folder that comes with the program: in an installed package, or in the checkout."""


def default_data() -> Path:
    """Return ``data/`` of the current folder if it is a city's folder, else the shipped one.

    Returns
    -------
    Path
        Absolute.
    """
    here = Path("data").resolve()
    is_city = (here / GAZETTE_FOLDER).is_dir() or (here / PARCELS_FILE).is_file()
    return here if is_city else SHIPPED_DATA
