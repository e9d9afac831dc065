"""The fields of regions, lines and prices: names, titles in Chinese and English, units.

The gazette's reader, the file of an edition, exports, the HTTP service, the page and the map read
this table. A new column of the gazette is a row here, an attribute of `geo.model.Record`, and, if
the service is to answer it, a line in `app.web.models`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_ACCURACY_EN: Final = "how far the line may be off"


class FieldKind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    INTEGER = "integer"
    REAL = "real"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit in Chinese, in English, and as its symbol in both."""

    zh: str
    en: str
    symbol: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field.

    Attributes
    ----------
    name : str
        As in ``parcels.geojson`` and over HTTP.
    short_name : str
        At most ten ASCII characters, for Shapefiles.
    title_zh : str
        The gazette's own words, where it prints the field.
    title_en : str
        Says what the field is wherever it stands.
    kind : FieldKind
    unit : Unit or None
    short_title_en : str
        For where it stands beside others; empty for the same.
    about_en : str
        One sentence more, for the documentation of the service.
    optional : bool
        Whether a region may have none.
    """

    name: str
    short_name: str
    title_zh: str
    title_en: str
    kind: FieldKind = FieldKind.TEXT
    unit: Unit | None = None
    short_title_en: str = ""
    about_en: str = ""
    optional: bool = False

    @property
    def label_en(self) -> str:
        """Short title in English, without its unit."""
        return self.short_title_en or self.title_en

    @property
    def label_zh(self) -> str:
        """Title in Chinese without its unit."""
        return self.title_zh.partition("（")[0]

    @property
    def symbol(self) -> str:
        """Symbol of the unit; empty for what has none."""
        return self.unit.symbol if self.unit else ""

    @property
    def heading(self) -> str:
        """Title in English and Chinese, with its unit."""
        unit = f", {self.unit.en}" if self.unit else ""
        return f"{self.label_en}{unit} {self.title_zh}"


_METRES: Final = Unit("米", "m", "m")
_SQUARE_METRES: Final = Unit("平方米", "m²", "m²")
_YEARS: Final = Unit("年", "years", "年 a")
_PRICE: Final = Unit("元/平方米", "yuan/m²", "元/m² CNY/m²")

_CODE: Final = Field("code", "code", "标定区域编号", "Region code")
_USE: Final = Field("use", "use", "用途", "Use")
_USE_NAME: Final = Field("use_name", "use_name", "用途名称", "Use in Chinese")

GAZETTE_FIELDS: Final = (
    Field("standard_parcel", "std_parcel", "标准宗地名称", "Standard parcel", optional=True),
    Field(
        "parcel_location",
        "parcel_loc",
        "土地位置",
        "Location of the standard parcel",
        short_title_en="Location",
        optional=True,
    ),
    Field("right_type", "right_type", "权利类型", "Right type", optional=True),
    Field(
        "parcel_area_m2",
        "parcel_m2",
        "土地面积（平方米）",
        "Area of the standard parcel",
        FieldKind.REAL,
        _SQUARE_METRES,
        short_title_en="Area",
        optional=True,
    ),
    Field("plot_ratio", "plot_ratio", "设定容积率", "Plot ratio", FieldKind.REAL, optional=True),
    Field("development", "develop", "设定开发程度", "Development level", optional=True),
    Field(
        "tenure_years",
        "tenure_yr",
        "设定使用年期",
        "Tenure",
        FieldKind.INTEGER,
        _YEARS,
        optional=True,
    ),
    Field(
        "ground_price_cny_m2",
        "ground_cny",
        "地面单价（元/平方米）",
        "Ground price, per m² of land",
        FieldKind.INTEGER,
        _PRICE,
        short_title_en="Ground price",
        about_en="Per m² of land.",
    ),
    Field(
        "floor_price_cny_m2",
        "floor_cny",
        "楼面单价（元/平方米）",
        "Floor price, per m² of floor",
        FieldKind.INTEGER,
        _PRICE,
        short_title_en="Floor price",
        about_en="Per m² of floor; none for industrial.",
        optional=True,
    ),
)
"""What the gazette's table says of a region beside its code, use and bounds, in its order."""


def _accuracy(side: str, letter: str, side_zh: str) -> Field:
    return Field(
        f"accuracy_{side}_m",
        f"acc_{letter}_m",
        f"{side_zh}界线精度（米）",
        f"Accuracy of the {side} line: {_ACCURACY_EN}",
        FieldKind.REAL,
        _METRES,
    )


REGION_FIELDS: Final = (
    _CODE,
    _USE,
    _USE_NAME,
    Field("bound_east", "bound_e", "东至", "East bound"),
    Field("bound_west", "bound_w", "西至", "West bound"),
    Field("bound_south", "bound_s", "南至", "South bound"),
    Field("bound_north", "bound_n", "北至", "North bound"),
    *GAZETTE_FIELDS,
    Field(
        "geometry_source",
        "geom_src",
        "图形来源",
        "Source of the geometry",
        about_en="schematic: inferred from the notice's wording, not surveyed.",
    ),
    Field(
        "placement",
        "placement",
        "定位",
        "Placement: tied by facts or free",
        short_title_en="Placement",
        about_en="free: no fact fixes the region's position to better than its own size.",
    ),
    _accuracy("east", "e", "东"),
    _accuracy("west", "w", "西"),
    _accuracy("south", "s", "南"),
    _accuracy("north", "n", "北"),
)
"""Fields of regions: everything that ``parcels.geojson`` says of one."""

LINE_FIELDS: Final = (
    Field("name", "name", "界线", "Boundary line"),
    Field("kind", "kind", "界线类型", "Kind: road, rail, river or planned"),
    Field(
        "accuracy_m",
        "accuracy_m",
        "界线精度（米）",
        f"Accuracy of the line: {_ACCURACY_EN}",
        FieldKind.REAL,
        _METRES,
    ),
)
"""Fields of boundary lines."""

AREA_FIELDS: Final = (
    Field("area", "area", "概率范围编号", "Area: region code and probability"),
    _CODE,
    _USE,
    _USE_NAME,
    *(one for one in GAZETTE_FIELDS if one.name.endswith("_price_cny_m2")),
    Field(
        "probability_at_least",
        "p_at_least",
        "概率不低于",
        "Probability that the region holds a place of this area, at least",
        FieldKind.REAL,
        short_title_en="Probability at least",
    ),
)
"""Fields of the areas in which regions lie with some probability."""

PARCEL_FIELDS: Final = (
    _CODE,
    _USE,
    _USE_NAME,
    *GAZETTE_FIELDS[:2],
    Field("position", "position", "点位说明", "What the point is"),
    *GAZETTE_FIELDS[2:],
)
"""Fields of standard parcels."""

ALL_FIELDS: Final = tuple(
    {
        field.name: field for field in (*REGION_FIELDS, *LINE_FIELDS, *AREA_FIELDS, *PARCEL_FIELDS)
    }.values()
)
"""Each once."""

FIELDS: Final = {field.name: field for field in ALL_FIELDS}
"""By name."""

STEP_TITLES: Final = {
    "tenure": ("年期修正", "Tenure"),
    "plot_ratio": ("容积率修正", "Plot ratio"),
    "date": ("期日修正", "Date"),
    "development": ("开发程度修正", "Development"),
}
"""What the steps of every valuation are called, in Chinese and English, by their names."""
