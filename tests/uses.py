"""The uses of the shipped edition."""

from __future__ import annotations

from typing import Final

from geo.model import COMMERCIAL, INDUSTRIAL, RESIDENTIAL

USES: Final = (COMMERCIAL, RESIDENTIAL, INDUSTRIAL)

USE_CODES: Final = tuple(use.code for use in USES)
