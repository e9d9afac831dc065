"""What things look like: classes of ground price and their colours, and the signs of lines.

Sheets, style files of exports, KML and the map on screen read these tables.
"""

from __future__ import annotations

import math
import tomllib
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from geo.errors import PriceClassesError
from geo.model import LineKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from geo.model import Use

PRICE_CLASSES_FILE: Final = "price_classes.toml"

RAMPS: Final = {
    "red": ("#fdebe6", "#fbcec3", "#f7b0a1", "#f19180", "#e87060", "#db4d42"),
    "yellow": ("#fef8cd", "#f7e689", "#eed24f", "#e4bd1c", "#d8a902", "#ca9501"),
    "brown": ("#f7efe6", "#e9d7c2", "#dabd9d", "#caa37a", "#b78a5b", "#a17140"),
    "orange": ("#ffeddd", "#fcd3b0", "#f5b881", "#eb9c52", "#db821c", "#c56800"),
    "magenta": ("#fcebf2", "#f6cfe0", "#f1b0ce", "#e990bb", "#dd70a7", "#ce4c93"),
    "purple": ("#f3edfc", "#e2d4f4", "#d1baee", "#c09fe6", "#ae83dd", "#9a66d0"),
    "blue": ("#e7f2fe", "#c8def6", "#a7caef", "#84b5e8", "#609fdf", "#3a88d1"),
    "green": ("#e3f7e6", "#c0e7c7", "#9cd7a7", "#78c589", "#58b16e", "#3b9a56"),
    "grey": ("#eff1f2", "#dadbdd", "#c4c6c8", "#afb0b2", "#999a9c", "#828485"),
}
"""Six colours a family, from the lowest class to the highest: shades of the planning colours
(commercial red, residential yellow, industrial brown). Lightness falls evenly, so the order
survives a grey copier and colour blindness, and stays high enough for black type."""

ACCENTS: Final = {
    "red": "#c4473c",
    "yellow": "#c08a0f",
    "brown": "#8d6238",
    "orange": "#b45f00",
    "magenta": "#b83a80",
    "purple": "#8650bd",
    "blue": "#2c76bb",
    "green": "#2f8549",
    "grey": "#6b6d70",
}
"""One strong colour a family, for edges on screen."""


INK: Final = "#222222"
"""Colour of type and signs on paper."""
GIS_INK: Final = "#1a1a1a"
HALO: Final = "#ffffff"


@dataclass(frozen=True, slots=True)
class Stroke:
    """A pen.

    Attributes
    ----------
    colour : str
        As ``#rrggbb``.
    width : float
        In the unit of the medium.
    dash : tuple of (float, float) or None
        Drawn and left out; None for a solid line.
    cap : {"round", "butt"}
    """

    colour: str
    width: float
    dash: tuple[float, float] | None = None
    cap: Literal["round", "butt"] = "round"


@dataclass(frozen=True, slots=True)
class LineSign:
    """The sign of a kind of line, as strokes over one another from the lowest.

    Attributes
    ----------
    title : str
        In Chinese and English.
    gis : tuple of Stroke
        Widths and dashes in mm.
    paper : tuple of Stroke
        Widths in points, dashes in widths.
    screen : Stroke
        Widths in pixels; the dashes tell the accuracy, see `AccuracySign`.
    name_colour : str
        Colour of the line's name on paper.
    """

    title: str
    gis: tuple[Stroke, ...]
    paper: tuple[Stroke, ...]
    screen: Stroke
    name_colour: str


LINE_SIGNS: Final = {
    LineKind.ROAD: LineSign(
        "道路 road",
        gis=(Stroke("#4a4a4a", 1.0), Stroke("#ffffff", 0.6)),
        paper=(Stroke("#4a4a4a", 2.8), Stroke("#ffffff", 1.8)),
        screen=Stroke("#46515a", 1.75),
        name_colour="#3a3a3a",
    ),
    LineKind.RAIL: LineSign(
        "铁路 rail",
        gis=(Stroke("#222222", 1.0), Stroke("#ffffff", 0.6, (2.8, 2.8))),
        paper=(Stroke("#222222", 3.0), Stroke("#ffffff", 1.8, (8, 8), "butt")),
        screen=Stroke("#15191c", 3.5),
        name_colour="#111111",
    ),
    LineKind.RIVER: LineSign(
        "河流 river",
        gis=(Stroke("#ffffff", 1.8), Stroke("#4a90c2", 1.4)),
        paper=(Stroke("#ffffff", 5.2), Stroke("#4a90c2", 4.2)),
        screen=Stroke("#2f7fb8", 3),
        name_colour="#1f5f8f",
    ),
    LineKind.PLANNED: LineSign(
        "规划道路 planned road",
        gis=(Stroke("#4a4a4a", 1.0, (2.1, 1.1)), Stroke("#ffffff", 0.6)),
        paper=(Stroke("#4a4a4a", 2.8, (6, 3), "butt"), Stroke("#ffffff", 1.8)),
        screen=Stroke("#7a4f9c", 1.75),
        name_colour="#3a3a3a",
    ),
}

OTHER_LINE: Final = Stroke("#bdbdbd", 1.0)
"""A line on paper, in points, that bounds regions of other uses only."""
AREA_COLOURS: Final = ("#deebf7", "#9ecae1", "#4292c6", "#08519c")
"""Colours of areas, from the least likely up: ColorBrewer's Blues."""
CERTAINTY_COLOURS: Final = ("#d7d7d7", "#f6e3a1", "#a6d3a0", "#2f7d4f")
"""Colours of how sure the map is: below 0.5, from 0.5, likely, sure. They differ in lightness."""
REGION_OUTLINE: Final = Stroke("#4a4a4a", 0.3)
"""In mm."""
FREE_HATCH: Final = Stroke("#808080", 0.15)
"""In mm; over a region whose position no fact fixes."""
FREE_TITLE: Final = "位置没有依据 position not fixed (placement: free)"

OUTLINE: Final = Stroke("#ffffff", 1.0)
"""Outline of a region on screen, in pixels; the lines over it tell how well each side is known."""


@dataclass(frozen=True, slots=True)
class AccuracySign:
    """How a line is dashed by how far it may be off.

    Attributes
    ----------
    most_m : float
        Accuracy up to which the sign is used, metres.
    dash : tuple of (float, float) or None
        Drawn and left out on screen, in pixels; None for a solid line.
    opacity : float
        On screen.
    paper_dash : tuple of (float, float) or None
        Drawn and left out of a road's edges on paper, in widths.
    """

    most_m: float
    dash: tuple[float, float] | None
    opacity: float
    paper_dash: tuple[float, float] | None


ACCURACY_SIGNS: Final = (
    AccuracySign(150.0, None, 1.0, None),
    AccuracySign(600.0, (8.0, 5.0), 0.9, (5.0, 1.6)),
    AccuracySign(math.inf, (1.0, 5.0), 0.6, (1.2, 1.2)),
)
"""From the best accuracy down: a road's own width and a bit, a city block, more."""


def accuracy_sign(accuracy_m: float) -> AccuracySign:
    """Return the sign of an accuracy in metres."""
    return next(sign for sign in ACCURACY_SIGNS if accuracy_m <= sign.most_m)


CHANGE_BREAKS_PERCENT: Final = (1, 5, 10)
"""Rise or fall of a price, in percent of the one before, from which on it is of the next class;
less than the first is as good as no change."""
CHANGE_COLOURS: Final = (
    *("#3a84c0", "#8dbfe0", "#cfe4f1", "#faf8f2", "#fbd8c4", "#f2a07c", "#d85f48"),
)
"""Colours of changes, from the largest fall to the largest rise. A fall and a rise of one class are
about equally light, so that neither looks the larger one; every eye tells blue from red."""
ADDED_OUTLINE: Final = Stroke("#222222", 2.5)
"""Outline on screen, in pixels, of a region that only the later edition has."""
REMOVED_OUTLINE: Final = Stroke("#222222", 2.5, (9.0, 6.0))
"""Of a region that only the earlier edition has."""
REDRAWN_OUTLINE: Final = Stroke("#5b2a86", 2.0, (3.0, 4.0))
"""Of a region in the earlier edition, where the later one draws it otherwise."""
CHANGE_LINE: Final = Stroke("#5d6873", 1.0)
"""Of any boundary line on a map of changes, in pixels; dashes tell something else there."""


DEVIATION_BREAKS_PERCENT: Final = (5, 15, 30)
"""As `CHANGE_BREAKS_PERCENT`, for what single deals deviate, which is more."""


def change_class(percent: float, breaks: tuple[int, ...] = CHANGE_BREAKS_PERCENT) -> int:
    """Return which of `CHANGE_COLOURS` a change in percent has."""
    middle = len(breaks)
    steps = bisect_right(breaks, abs(percent))
    return middle + steps if percent > 0 else middle - steps


PARCEL_SIZE_MM: Final = 3.0
"""Size of the triangle of a standard parcel."""


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


def read_price_classes(
    path: Path, prices_cny_m2: Mapping[Use, Sequence[int]]
) -> dict[Use, PriceClasses]:
    """Read the breaks between classes, or choose them.

    Parameters
    ----------
    path : Path
        TOML with a list of five increasing prices by use.
    prices_cny_m2 : mapping of Use to sequence of int
        The prices of each use of the edition. Without the file, or for a use that is not in it, its
        classes begin at the quantiles of its prices, rounded to two digits.

    Raises
    ------
    PriceClassesError
        The file is not TOML, or has no such list for a use.
    """
    tables = {}
    if path.exists():
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise PriceClassesError(f"{path.name}: not readable as TOML: {error}") from error
    classes = {}
    for use, prices in prices_cny_m2.items():
        breaks, colours = tables.get(use.code), RAMPS[use.colours]
        if breaks is None:
            breaks = _quantile_breaks(prices, len(colours) - 1)
        elif not (
            isinstance(breaks, list)
            and len(breaks) == len(colours) - 1
            and all(type(value) is int and value > 0 for value in breaks)
            and all(low < high for low, high in pairwise(breaks))
        ):
            raise PriceClassesError(
                f"{path.name}: {use} is {breaks!r}; it must be {len(colours) - 1} whole"
                " prices that increase"
            )
        lows, highs = (None, *breaks), (*(value - 1 for value in breaks), None)
        classes[use] = PriceClasses(tuple(breaks), tuple(map(PriceClass, lows, highs, colours)))
    return classes


def _quantile_breaks(prices: Sequence[int], count: int) -> list[int]:
    """Return increasing prices that part others into parts of about one size.

    Each is a quantile, rounded to two digits, and above the one before by one unit of its second
    digit at least, for few prices or equal ones have no quantiles that differ.
    """
    breaks: list[int] = []
    for part in range(1, count + 1):
        exact = float(np.quantile(prices, part / (count + 1)))
        unit = max(1, 10 ** (math.floor(math.log10(exact)) - 1))
        rounded = round(exact / unit) * unit
        breaks.append(max(rounded, breaks[-1] + unit if breaks else unit))
    return breaks
