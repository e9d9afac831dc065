"""The domain's types: what an edition says, its regions, and the kinds of its lines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import shapely
from shapely import MultiPolygon

from geo.errors import UnknownUseError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from shapely import Polygon


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """A land use; the uses of an edition are layers over the same city.

    Uses of one code are equal, whatever they are called.

    Attributes
    ----------
    code : str
        Name in files and over HTTP, such as ``commercial``; also what ``str`` gives.
    label : str
        The gazette's own name (用途), such as 商服用地.
    title_en : str
        Such as ``Commercial``, to be followed by *land*.
    colours : str
        Family of colours, one of `COLOURS`.
    tenure_years : int or None
        Legal maximum of the tenure, for tables without that column.
    floor_price : bool
        Whether a price per m² of floor is published.
    other_names : tuple of str
        Names that gazettes print as well, old and new.
    """

    code: str
    label: str
    title_en: str
    colours: str
    tenure_years: int | None = None
    floor_price: bool = True
    other_names: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the code."""
        return self.code

    def called(self, label: str) -> Use:
        """Return the use under the name that a gazette prints."""
        return self if label == self.label else replace(self, label=label)

    def __eq__(self, other: object) -> bool:
        """Tell whether another use has the same code."""
        return isinstance(other, Use) and self.code == other.code

    def __hash__(self) -> int:
        """Return the hash of the code."""
        return hash(self.code)


COLOURS: Final = (
    *("red", "yellow", "brown", "orange", "magenta", "purple", "blue", "green", "grey"),
)
"""Families of colours; `geo.symbology` has the colours."""

COMMERCIAL: Final = Use(
    *("commercial", "商服用地", "Commercial", "red", 40),
    other_names=("商业服务业用地", "商业用地", "商服"),
)
RESIDENTIAL: Final = Use(
    *("residential", "住宅用地", "Residential", "yellow", 70),
    other_names=("居住用地", "城镇住宅用地", "住宅"),
)
INDUSTRIAL: Final = Use(
    *("industrial", "工业用地", "Industrial", "brown", 50),
    floor_price=False,
    other_names=("工矿用地", "工矿仓储用地", "工业"),
)

REGION_CODE: Final = "[0-9A-Z][0-9A-Z._-]{0,30}"
"""Pattern of what can be a region's code: it also stands in addresses and names of files."""

STANDARD_USES: Final = (
    COMMERCIAL,
    RESIDENTIAL,
    INDUSTRIAL,
    Use(
        *("mixed", "商住混合用地", "Mixed", "orange", 70),
        other_names=("商住用地", "商住混合", "混合用地", "综合用地"),
    ),
    Use("office", "办公用地", "Office", "magenta", 40, other_names=("商务办公用地", "办公")),
    Use(
        *("public", "公共管理与公共服务用地", "Public service", "purple", 50),
        floor_price=False,
        other_names=("公共服务用地", "公共设施用地", "公共用地"),
    ),
    Use(
        *("storage", "仓储用地", "Storage", "grey", 50),
        floor_price=False,
        other_names=("物流仓储用地", "仓储"),
    ),
)
"""Uses that need no entry in an edition's metadata, in the order of answers.

The new names are those of the classification of land and sea use of 2020 (自然资源部); tenures are
the legal maxima (城镇国有土地使用权出让和转让暂行条例, article 12).
"""


def uses_of(found: Iterable[Use], listed: Iterable[Use] = STANDARD_USES) -> tuple[Use, ...]:
    """Return uses once each, in the order of a list.

    Parameters
    ----------
    found : iterable of Use
    listed : iterable of Use
    """
    order = {use: place for place, use in enumerate(listed)}
    return tuple(sorted(dict.fromkeys(found), key=lambda use: order.get(use, len(order))))


def parse_use(name: str | Use | None, uses: Sequence[Use]) -> Use | None:
    """Find a use.

    Parameters
    ----------
    name : str, Use or None
        A code or one of the Chinese names; None for all uses.
    uses : sequence of Use
        Those of an edition.

    Raises
    ------
    UnknownUseError
        None of `uses` is called so.
    """
    if name is None:
        return None
    text = str(name)
    for use in uses:
        if text in {use.code, use.label, *use.other_names}:
            return use
    *most, last = (use.code for use in uses)
    wanted = f"{', '.join(most)} or {last}" if most else last
    raise UnknownUseError(f"use is {text[:60]!r}; it must be {wanted}.")


class Side(StrEnum):
    """One of a region's four sides, in the order the gazette names them (东西南北)."""

    EAST = "east"
    WEST = "west"
    SOUTH = "south"
    NORTH = "north"


SIDE_WORDS = {"东": Side.EAST, "西": Side.WEST, "南": Side.SOUTH, "北": Side.NORTH}
"""What the gazette calls the sides."""

RING_ORDER = (Side.SOUTH, Side.EAST, Side.NORTH, Side.WEST)
"""The sides of a region in the order of its counterclockwise ring from the south-west corner."""


class Axis(StrEnum):
    """The way a boundary line runs."""

    NS = "ns"
    EW = "ew"

    @property
    def other(self) -> Axis:
        """The axis across this one."""
        return Axis.EW if self is Axis.NS else Axis.NS

    @property
    def sides(self) -> frozenset[Side]:
        """The two sides that a line of this axis has: east and west of a north-south line."""
        return _SIDES[self]


_SIDES = {
    Axis.NS: frozenset({Side.EAST, Side.WEST}),
    Axis.EW: frozenset({Side.SOUTH, Side.NORTH}),
}


class Certainty(StrEnum):
    """How sure it is that a region holds a point."""

    # Inside: with a probability of 0.99 or more. Likely: of 0.80 or more. On the boundary: exactly
    # on the polygon's edge. Uncertain: everything else.

    INSIDE = "inside"
    LIKELY = "likely"
    UNCERTAIN = "uncertain"
    ON_BOUNDARY = "on_boundary"


SURE: Final = 0.99
"""Probability from which on a region is said to hold a point."""
LIKELY: Final = 0.80
"""Probability from which on a region is said to hold a point likely."""


@dataclass(frozen=True, slots=True)
class FourBounds:
    """The four bounds (四至) of a region: names of lines, as the gazette prints them."""

    east: str
    west: str
    south: str
    north: str

    def __iter__(self) -> Iterator[tuple[Side, str]]:
        """Yield side and line name, in the gazette's order."""
        return ((side, getattr(self, side)) for side in Side)

    def renamed(self, names: Mapping[str, str]) -> FourBounds:
        """Return the same with other names for some lines."""
        return FourBounds(**{side.value: names.get(name, name) for side, name in self})


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One row of the gazette's table: a region in words, with its price.

    What a city does not print is None.

    Attributes
    ----------
    code : str
        Opaque code of the region: six digits of the city, a letter of the use, five digits.
    use : Use
    bounds : FourBounds
    standard_parcel, parcel_location : str or None
        Name of the standard parcel (标准宗地) and its location in words.
    right_type : str or None
        Type of land right, in this edition always 出让 (granted).
    parcel_area_m2 : float or None
    plot_ratio : float or None
    development : str or None
        Development level, 七通一平 or 六通一平.
    tenure_years : int or None
    ground_price_cny_m2 : int
        Yuan per m² of land.
    floor_price_cny_m2 : int or None
        Yuan per m² of floor; None where the gazette prints ``--``.
    """

    code: str
    use: Use
    bounds: FourBounds
    standard_parcel: str | None = None
    parcel_location: str | None = None
    right_type: str | None = None
    parcel_area_m2: float | None = None
    plot_ratio: float | None = None
    development: str | None = None
    tenure_years: int | None = None
    ground_price_cny_m2: int
    floor_price_cny_m2: int | None = None


@dataclass(frozen=True, slots=True)
class Edition:
    """What one yearly edition says of itself.

    Attributes
    ----------
    city, admin_code, title, document, publisher : str
        ``admin_code`` is the six-digit administrative code that starts most regions' codes.
    valuation_date, effective_from : datetime.date
        The dates the prices are assessed for (估价期日), and the edition came into force.
    valid_to : datetime.date or None
        The last day on which it is in force, where it says so.
    map_title : str
        Title of the edition's map sheets, with ``{use}`` where the use is named.
    map_compiler, map_date : str
        Who compiled the edition's own map sheets (编制单位), and when, as ``2022-12``.
    """

    city: str
    admin_code: str
    title: str
    document: str
    valuation_date: date
    effective_from: date
    publisher: str
    map_title: str
    map_compiler: str
    map_date: str
    valid_to: date | None = None

    @property
    def id(self) -> str:
        """What it is called among the editions of all cities: ``411700-2022``."""
        return f"{self.admin_code}-{self.valuation_date.year}"

    def short_code(self, code: str) -> str:
        """Return a region's code without the city's, as the gazette's sheets print it."""
        return code.removeprefix(self.admin_code)


class Placement(StrEnum):
    """Whether facts fix a region's position to better than its own size."""

    TIED = "tied"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class Region:
    """A standard price region (标定区域): its record and its polygon.

    Attributes
    ----------
    record : Record
    polygon : Polygon or MultiPolygon
        WGS84, counterclockwise from its south-west corner. Only official ones have several parts,
        of which the first is the main one, or holes.
    corners : tuple of (int, int, int, int)
        Indices of the south-west, south-east, north-east and north-west corner in the main ring:
        where its south, east, north and west side begin.
    geometry_source : GeometrySource
    placement : Placement
    accuracy_m : dict of Side to float
        How far each side may be off.
    parcel_crossing : tuple of (float, float) or None
        WGS84 longitude and latitude of the crossing at which the standard parcel lies; None if
        its location names no crossing that the network has.
    """

    record: Record
    polygon: Polygon | MultiPolygon
    corners: tuple[int, int, int, int]
    geometry_source: GeometrySource
    placement: Placement
    accuracy_m: dict[Side, float]
    parcel_crossing: tuple[float, float] | None

    @property
    def code(self) -> str:
        """The region's code."""
        return self.record.code

    @property
    def use(self) -> Use:
        """The region's use."""
        return self.record.use

    @property
    def main_ring(self) -> shapely.LinearRing:
        """The outer ring of the main part, WGS84, which has the four sides."""
        main = self.polygon.geoms[0] if isinstance(self.polygon, MultiPolygon) else self.polygon
        return main.exterior

    def side(self, side: Side) -> shapely.LineString:
        """Return one side of the main ring, WGS84, counterclockwise."""
        ring = shapely.get_coordinates(self.main_ring)
        ends = (*self.corners, len(ring) - 1)
        k = RING_ORDER.index(side)
        return shapely.LineString(ring[ends[k] : ends[k + 1] + 1])


class LineKind(StrEnum):
    """What a boundary line is, as its name tells."""

    ROAD = "road"
    RAIL = "rail"
    RIVER = "river"
    PLANNED = "planned"


class GeometrySource(StrEnum):
    """Where geometry comes from, worst first."""

    SCHEMATIC = "schematic"
    CENTRELINES = "centrelines"
    OFFICIAL = "official"


def kind_of(name: str) -> LineKind:
    """Tell what a line is from its Chinese name."""
    if "规划" in name:
        return LineKind.PLANNED
    if name.endswith(("铁路", "高铁")):
        return LineKind.RAIL
    if name.endswith("河"):
        return LineKind.RIVER
    return LineKind.ROAD
