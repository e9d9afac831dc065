"""The columns of exported layers: names, titles in Chinese and English, units."""

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
class Field:
    """A column.

    Attributes
    ----------
    name : str
        As in ``parcels.geojson``.
    short_name : str
        At most ten ASCII characters, for Shapefiles.
    title_zh, title_en : str
    unit : str
        Empty for what has none.
    kind : FieldKind
    """

    name: str
    short_name: str
    title_zh: str
    title_en: str
    unit: str = ""
    kind: FieldKind = FieldKind.TEXT


_CODE = Field("code", "code", "标定区域编号", "Region code")
_USE = Field("use", "use", "用途", "Use")
_USE_NAME = Field("use_name", "use_name", "用途名称", "Use in Chinese")
_PARCEL = Field("standard_parcel", "std_parcel", "标准宗地名称", "Standard parcel")
_LOCATION = Field("parcel_location", "parcel_loc", "土地位置", "Location of the standard parcel")
_RIGHT = Field("right_type", "right_type", "权利类型", "Right type")
_AREA = Field(
    "parcel_area_m2",
    "parcel_m2",
    "土地面积（平方米）",
    "Area of the standard parcel",
    "m²",
    FieldKind.REAL,
)
_PLOT_RATIO = Field("plot_ratio", "plot_ratio", "设定容积率", "Plot ratio", "", FieldKind.REAL)
_DEVELOPMENT = Field("development", "develop", "设定开发程度", "Development level")
_TENURE = Field("tenure_years", "tenure_yr", "设定使用年期", "Tenure", "年 a", FieldKind.INTEGER)
_GROUND = Field(
    "ground_price_cny_m2",
    "ground_cny",
    "地面单价（元/平方米）",
    "Ground price, per m² of land",
    "元/m² CNY/m²",
    FieldKind.INTEGER,
)
_FLOOR = Field(
    "floor_price_cny_m2",
    "floor_cny",
    "楼面单价（元/平方米）",
    "Floor price, per m² of floor",
    "元/m² CNY/m²",
    FieldKind.INTEGER,
)


def _accuracy(side: str, letter: str, side_zh: str) -> Field:
    return Field(
        f"accuracy_{side}_m",
        f"acc_{letter}_m",
        f"{side_zh}界线精度（米）",
        f"Accuracy of the {side} line: {_ACCURACY_EN}",
        "m",
        FieldKind.REAL,
    )


REGION_FIELDS: Final = (
    _CODE,
    _USE,
    _USE_NAME,
    Field("bound_east", "bound_e", "东至", "East bound"),
    Field("bound_west", "bound_w", "西至", "West bound"),
    Field("bound_south", "bound_s", "南至", "South bound"),
    Field("bound_north", "bound_n", "北至", "North bound"),
    _PARCEL,
    _LOCATION,
    _RIGHT,
    _AREA,
    _PLOT_RATIO,
    _DEVELOPMENT,
    _TENURE,
    _GROUND,
    _FLOOR,
    Field("geometry_source", "geom_src", "图形来源", "Source of the geometry"),
    Field("placement", "placement", "定位", "Placement: tied by facts or free"),
    _accuracy("east", "e", "东"),
    _accuracy("west", "w", "西"),
    _accuracy("south", "s", "南"),
    _accuracy("north", "n", "北"),
)
"""Of regions: everything that ``parcels.geojson`` says of one."""

LINE_FIELDS: Final = (
    Field("name", "name", "界线", "Boundary line"),
    Field("kind", "kind", "界线类型", "Kind: road, rail, river or planned"),
    Field(
        "accuracy_m",
        "accuracy_m",
        "界线精度（米）",
        f"Accuracy of the line: {_ACCURACY_EN}",
        "m",
        FieldKind.REAL,
    ),
)
"""Of boundary lines."""

PARCEL_FIELDS: Final = (
    _CODE,
    _USE,
    _USE_NAME,
    _PARCEL,
    _LOCATION,
    Field("position", "position", "点位说明", "What the point is"),
    _RIGHT,
    _AREA,
    _PLOT_RATIO,
    _DEVELOPMENT,
    _TENURE,
    _GROUND,
    _FLOOR,
)
"""Of standard parcels."""

ALL_FIELDS: Final = tuple(
    {field.name: field for field in (*REGION_FIELDS, *LINE_FIELDS, *PARCEL_FIELDS)}.values()
)
"""Each once."""
