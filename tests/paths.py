"""Where the files lie that the tests read: all of them are part of the repository."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
# The shipped edition and what it is built from.
DATA: Final = ROOT / "data"

_FIXTURES: Final = ROOT / "tests" / "data"
# See README.md beside them.
GAZETTE_ISSUE: Final = _FIXTURES / "zhumadian_2022_annexes.txt"
HELSINKI_STREETS: Final = _FIXTURES / "helsinki.osm"
HELSINKI_NAMED_WAYS: Final = _FIXTURES / "helsinki_named_ways.osm.pbf"
OLD_WORKBOOK: Final = _FIXTURES / "points.xls"
