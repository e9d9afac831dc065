"""Classes of ground price, and the colours that maps give them."""

from __future__ import annotations

import tomllib
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from geo.errors import PriceClassesError
from geo.model import Use

if TYPE_CHECKING:
    from pathlib import Path

PRICE_CLASSES_FILE: Final = "price_classes.toml"

RAMPS: Final = {
    Use.COMMERCIAL: ("#fdebe6", "#fbcec3", "#f7b0a1", "#f19180", "#e87060", "#db4d42"),
    Use.RESIDENTIAL: ("#fef8cd", "#f7e689", "#eed24f", "#e4bd1c", "#d8a902", "#ca9501"),
    Use.INDUSTRIAL: ("#f7efe6", "#e9d7c2", "#dabd9d", "#caa37a", "#b78a5b", "#a17140"),
}
"""Six colours a use, from the lowest class to the highest: shades of the planning colours
(commercial red, residential yellow, industrial brown). Lightness falls evenly, so the order
survives a grey copier and colour blindness, and stays high enough for black type."""


@dataclass(frozen=True, slots=True)
class PriceClass:
    """One class of ground price.

    Attributes
    ----------
    low_cny_m2 : int or None
        Lowest price in it, yuan per m² of land; None for the class below the first break.
    high_cny_m2 : int or None
        Highest price in it; None for the class from the last break on.
    colour : str
        As ``#rrggbb``.
    """

    low_cny_m2: int | None
    high_cny_m2: int | None
    colour: str

    @property
    def label(self) -> str:
        """The prices in it, in Chinese."""
        if self.low_cny_m2 is None:
            return f"{self.high_cny_m2} 及以下"
        if self.high_cny_m2 is None:
            return f"{self.low_cny_m2} 及以上"
        return f"{self.low_cny_m2}–{self.high_cny_m2}"


@dataclass(frozen=True, slots=True)
class PriceClasses:
    """The classes of one use, the same for every edition.

    Attributes
    ----------
    breaks_cny_m2 : tuple of int
        Where a class begins, yuan per m² of land, increasing.
    classes : tuple of PriceClass
        From the lowest to the highest.
    """

    breaks_cny_m2: tuple[int, ...]
    classes: tuple[PriceClass, ...]

    def of(self, ground_price_cny_m2: int) -> PriceClass:
        """Return the class that a ground price belongs to."""
        return self.classes[bisect_right(self.breaks_cny_m2, ground_price_cny_m2)]


def read_price_classes(path: Path) -> dict[Use, PriceClasses]:
    """Read the breaks between classes.

    Parameters
    ----------
    path : Path
        TOML with a list of five increasing prices for each use.

    Returns
    -------
    dict of Use to PriceClasses

    Raises
    ------
    PriceClassesError
        The file is missing, is not TOML, or has no such list for a use.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PriceClassesError(f"{path.name}: not readable as TOML: {error}") from error
    classes = {}
    for use in Use:
        breaks, colours = tables.get(use.value), RAMPS[use]
        if not (
            isinstance(breaks, list)
            and len(breaks) == len(colours) - 1
            and all(type(value) is int and value > 0 for value in breaks)
            and all(low < high for low, high in pairwise(breaks))
        ):
            raise PriceClassesError(
                f"{path.name}: {use.value} is {breaks!r}; it must be {len(colours) - 1} whole"
                " prices that increase"
            )
        lows, highs = (None, *breaks), (*(value - 1 for value in breaks), None)
        classes[use] = PriceClasses(tuple(breaks), tuple(map(PriceClass, lows, highs, colours)))
    return classes
