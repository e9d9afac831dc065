"""What an answer for one point is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from geo.model import Side

if TYPE_CHECKING:
    from geo.model import Certainty, Region, Use


class Alternative(NamedTuple):
    """A region that may hold a point instead.

    Attributes
    ----------
    region : Region
    probability : float
    """

    region: Region
    probability: float


class RegionPrice(NamedTuple):
    """The price of a region that holds a point, or most likely does, and how likely that is.

    Attributes
    ----------
    region : Region
    distances_m : tuple of float
        From the point to each side of the region, in the order of `Side`, Gauss-Kruger.
    probability : float
        That the region holds the point.
    certainty : Certainty
    drawn : bool
        Whether the region's polygon holds the point as it is drawn.
    likeliest : bool
        Whether no region of its use is likelier to hold the point.
    alternatives : tuple of Alternative
        Other regions of the same use that may hold the point, the likeliest first.
    """

    region: Region
    distances_m: tuple[float, ...]
    probability: float
    certainty: Certainty
    drawn: bool
    likeliest: bool
    alternatives: tuple[Alternative, ...]

    @property
    def code(self) -> str:
        """The region's code."""
        return self.region.record.code

    @property
    def use(self) -> Use:
        """The region's use."""
        return self.region.record.use

    @property
    def ground_price_cny_m2(self) -> int:
        """Price of land (地面单价), yuan per m²."""
        return self.region.record.ground_price_cny_m2

    @property
    def floor_price_cny_m2(self) -> int | None:
        """Price of floor (楼面单价), yuan per m²; None for industrial land, which has none."""
        return self.region.record.floor_price_cny_m2

    @property
    def plot_ratio(self) -> float | None:
        """Plot ratio (容积率) that the price is for."""
        return self.region.record.plot_ratio

    @property
    def tenure_years(self) -> int | None:
        """Tenure (使用年期) that the price is for, years."""
        return self.region.record.tenure_years

    @property
    def distance_m(self) -> dict[Side, float]:
        """From the point to each side, Gauss-Kruger."""
        return dict(zip(Side, self.distances_m, strict=True))

    @property
    def distance_to_boundary_m(self) -> float:
        """Distance from the point to the nearest side, Gauss-Kruger."""
        return min(self.distances_m)


class Chance(NamedTuple):
    """What is likely of one use at a point.

    Attributes
    ----------
    use : Use
    none_probability : float
        That no region of the use holds the point.
    price_range_cny_m2 : tuple of (int, int) or None
        Ground prices of the likeliest regions, which together hold 95 % of the probability that any
        does; None where none may.
    """

    use: Use
    none_probability: float
    price_range_cny_m2: tuple[int, int] | None


class Nearest(NamedTuple):
    """The region of one use that is nearest to a point that none holds.

    Attributes
    ----------
    region : Region
    distance_m : float
    probability : float
        That the region holds the point after all.
    within_accuracy : bool
        Whether it may.
    """

    region: Region
    distance_m: float
    probability: float
    within_accuracy: bool


class Question(NamedTuple):
    """The question whose answer tells most about a point.

    Attributes
    ----------
    line : str
        On which side of it is the point?
    sides : tuple of (Side, tuple of Alternative)
        The two sides of the line, and the likeliest region of each use there.
    """

    line: str
    sides: tuple[tuple[Side, tuple[Alternative, ...]], ...]


class Known(NamedTuple):
    """What the asker knew, and what it was good for.

    Attributes
    ----------
    facts : tuple of str
        As they were understood, each as ``north_of:开源大道``.
    layouts, of : int
        In how many layouts they are true, of how many.
    by_words : bool
        Whether too few layouts are left, so that only the notice's words count.
    """

    facts: tuple[str, ...]
    layouts: int
    of: int
    by_words: bool


class Whereabouts(NamedTuple):
    """Where a place may be that was given in words.

    Attributes
    ----------
    lon, lat : float
        WGS84 degrees.
    radius_m : float
        Within which it is in four of five layouts.
    """

    lon: float
    lat: float
    radius_m: float


class Found(NamedTuple):
    """What is known of a point.

    Attributes
    ----------
    prices : tuple of RegionPrice
        By use, the likeliest first, then by code.
    nearest : tuple of Nearest
        One for each use that has regions, none of which is among the prices, in the order of the
        edition's uses. The one with the lowest code, if several are at one distance.
    chances : tuple of Chance
        One for each use that has regions.
    question : Question or None
        None where the answer is sure, or no question would help.
    known : Known or None
        None where nothing was said to be known.
    whereabouts : Whereabouts or None
        Of a place in words.
    """

    prices: tuple[RegionPrice, ...]
    nearest: tuple[Nearest, ...]
    chances: tuple[Chance, ...]
    question: Question | None = None
    known: Known | None = None
    whereabouts: Whereabouts | None = None
