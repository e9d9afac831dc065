"""Bodies of requests and answers over HTTP, titled in English and Chinese."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - pydantic resolves it
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from geo.model import (
    Certainty,  # noqa: TC001 - pydantic resolves it
    GeometrySource,  # noqa: TC001
    Placement,  # noqa: TC001
    Use,  # noqa: TC001
)

EXAMPLE_CODE = "411700S50002"


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True)


def _titled(title: str, description: str | None = None) -> Any:  # noqa: ANN401
    return Field(title=title, description=description)


class Query(_Body):
    """What was asked, as it was understood."""

    lon: Annotated[float, _titled("Longitude or easting 经度或东坐标")]
    lat: Annotated[float, _titled("Latitude or northing 纬度或北坐标")]
    crs: Annotated[str, _titled("Coordinate system 坐标系")]


class EditionSummary(_Body):
    """The edition that the answer is from."""

    valuation_date: Annotated[date, _titled("Valuation date 估价期日")]
    effective_from: Annotated[date, _titled("In force from 执行日期")]
    document: Annotated[str, _titled("Document number 文号")]


class EditionFacts(EditionSummary):
    """What an edition says of itself."""

    city: Annotated[str, _titled("City 城市")]
    admin_code: Annotated[str, _titled("Administrative code 行政区划代码")]
    title: Annotated[str, _titled("Title 名称")]
    publisher: Annotated[str, _titled("Publisher 发布机构")]


class Bound(_Body):
    """One of a region's four lines."""

    line: Annotated[str, _titled("Boundary line 界线")]
    distance_m: Annotated[
        float, _titled("Distance to the line, m 距界线距离（米）", "From the point to this side.")
    ]
    accuracy_m: Annotated[
        float,
        _titled(
            "Accuracy of the line, m 界线精度（米）", "How far the true line may be from this one."
        ),
    ]


class Bounds(_Body):
    """The four bounds of a region."""

    east: Annotated[Bound, _titled("East 东至")]
    west: Annotated[Bound, _titled("West 西至")]
    south: Annotated[Bound, _titled("South 南至")]
    north: Annotated[Bound, _titled("North 北至")]


class StandardParcel(_Body):
    """The sample parcel that carries a region's price."""

    name: Annotated[str, _titled("Name 标准宗地名称")]
    location: Annotated[str, _titled("Location 土地位置")]
    area_m2: Annotated[float, _titled("Area, m² 土地面积（平方米）")]


class Alternative(_Body):
    """A region of the same use that may hold the point instead."""

    code: Annotated[str, _titled("Region code 标定区域编号")]
    ground_price_cny_m2: Annotated[int, _titled("Ground price, yuan/m² 地面单价（元/平方米）")]
    floor_price_cny_m2: Annotated[int | None, _titled("Floor price, yuan/m² 楼面单价（元/平方米）")]


class Price(_Body):
    """The standard land price of one region that holds the point."""

    code: Annotated[str, _titled("Region code 标定区域编号")]
    use: Annotated[Use, _titled("Use 用途")]
    use_name: Annotated[str, _titled("Use in Chinese 用途名称")]
    ground_price_cny_m2: Annotated[
        int, _titled("Ground price, yuan/m² 地面单价（元/平方米）", "Per m² of land.")
    ]
    floor_price_cny_m2: Annotated[
        int | None,
        _titled(
            "Floor price, yuan/m² 楼面单价（元/平方米）", "Per m² of floor; none for industrial."
        ),
    ]
    plot_ratio: Annotated[float, _titled("Plot ratio 设定容积率")]
    tenure_years: Annotated[int, _titled("Tenure, years 设定使用年期")]
    right_type: Annotated[str, _titled("Right type 权利类型")]
    development: Annotated[str, _titled("Development level 设定开发程度")]
    bounds: Annotated[Bounds, _titled("Four bounds 四至")]
    standard_parcel: Annotated[StandardParcel, _titled("Standard parcel 标准宗地")]
    geometry_source: Annotated[
        GeometrySource,
        _titled(
            "Source of the geometry 图形来源",
            "schematic: inferred from the notice's wording, not surveyed.",
        ),
    ]
    placement: Annotated[
        Placement,
        _titled(
            "Placement 定位",
            "free: no fact fixes the region's position to better than its own size.",
        ),
    ]
    distance_to_boundary_m: Annotated[
        float, _titled("Distance to the boundary, m 距边界距离（米）")
    ]
    certainty: Annotated[
        Certainty,
        _titled(
            "Certainty 确定性",
            "inside: holds wherever the lines run within their accuracy. near_boundary: it may not."
            " on_boundary: the point is on the edge exactly.",
        ),
    ]
    alternatives: Annotated[
        list[Alternative],
        _titled(
            "Alternatives 可能的其他区域",
            "Regions of the same use that would hold the point if lines moved within accuracy.",
        ),
    ]


class NearestRegion(_Body):
    """The nearest region of a use that has none at the point."""

    code: Annotated[str, _titled("Region code 标定区域编号")]
    use: Annotated[Use, _titled("Use 用途")]
    distance_m: Annotated[float, _titled("Distance, m 距离（米）")]
    within_accuracy: Annotated[
        bool,
        _titled(
            "Within the accuracy 是否在界线精度之内",
            "The region would hold the point if its lines moved within their accuracy.",
        ),
    ]


class PriceAnswer(_Body):
    """Standard land prices at a coordinate."""

    query: Annotated[Query, _titled("Query 查询")]
    edition: Annotated[EditionSummary, _titled("Edition 版本")]
    covered: Annotated[bool, _titled("Covered 是否在公布范围内", "Some region holds the point.")]
    prices: Annotated[
        list[Price],
        _titled("Prices 标定地价", "Commercial, residential, industrial; then by code."),
    ]
    nearest: Annotated[
        list[NearestRegion],
        _titled("Nearest 最近区域", "For each use asked for that has no region at the point."),
    ]


class Problem(_Body):
    """What is wrong with a request."""

    code: Annotated[str, _titled("Code 错误代码", "Stable; for programs.")]
    message: Annotated[str, _titled("Message 错误说明", "One sentence; for people.")]
    field: Annotated[str | None, _titled("Field 参数", "The parameter at fault, if it is one.")]


class BatchPoint(_Body):
    """One of many points."""

    lon: Annotated[float, _titled("Longitude or easting 经度或东坐标")]
    lat: Annotated[float, _titled("Latitude or northing 纬度或北坐标")]


class BatchPrice(_Body):
    """The standard land price of a region that holds a point; only what was asked for."""

    code: Annotated[str | None, _titled("Region code 标定区域编号")] = None
    ground_price_cny_m2: Annotated[
        int | None, _titled("Ground price, yuan/m² 地面单价（元/平方米）", "Per m² of land.")
    ] = None
    floor_price_cny_m2: Annotated[
        int | None,
        _titled(
            "Floor price, yuan/m² 楼面单价（元/平方米）", "Per m² of floor; none for industrial."
        ),
    ] = None
    plot_ratio: Annotated[float | None, _titled("Plot ratio 设定容积率")] = None
    tenure_years: Annotated[int | None, _titled("Tenure, years 设定使用年期")] = None
    certainty: Annotated[
        Certainty | None, _titled("Certainty 确定性", "As for a single point.")
    ] = None
    right_type: Annotated[str | None, _titled("Right type 权利类型")] = None
    development: Annotated[str | None, _titled("Development level 设定开发程度")] = None
    geometry_source: Annotated[
        GeometrySource | None, _titled("Source of the geometry 图形来源", "As for a single point.")
    ] = None
    placement: Annotated[Placement | None, _titled("Placement 定位", "As for a single point.")] = (
        None
    )
    distance_to_boundary_m: Annotated[
        float | None, _titled("Distance to the boundary, m 距边界距离（米）")
    ] = None


class BatchAnswer(_Body):
    """What is known of one of many points."""

    lon: Annotated[
        float | None, _titled("Longitude or easting 经度或东坐标", "As it was read, if it was.")
    ]
    lat: Annotated[
        float | None, _titled("Latitude or northing 纬度或北坐标", "As it was read, if it was.")
    ]
    commercial: Annotated[
        BatchPrice | None, _titled("Commercial land 商服用地", "Null outside all regions.")
    ] = None
    residential: Annotated[
        BatchPrice | None, _titled("Residential land 住宅用地", "Null outside all regions.")
    ] = None
    industrial: Annotated[
        BatchPrice | None, _titled("Industrial land 工业用地", "Null outside all regions.")
    ] = None
    error: Annotated[Problem | None, _titled("Error 错误", "Why there is no answer.")]


class BatchAnswers(_Body):
    """Standard land prices at many coordinates."""

    edition: Annotated[EditionSummary, _titled("Edition 版本")]
    answers: Annotated[list[BatchAnswer], _titled("Answers 结果", "In the order of the points.")]


class RegionFeature(_Body):
    """A region as a GeoJSON feature; its properties are those of parcels.geojson."""

    type: Annotated[Literal["Feature"], _titled("GeoJSON type GeoJSON 类型")] = "Feature"
    id: Annotated[str, _titled("Region code 标定区域编号")]
    properties: Annotated[dict[str, Any], _titled("Record 记录")]
    geometry: Annotated[dict[str, Any], _titled("Polygon, WGS84 多边形")]


class RegionCollection(_Body):
    """Regions as a GeoJSON feature collection (RFC 7946)."""

    type: Annotated[Literal["FeatureCollection"], _titled("GeoJSON type GeoJSON 类型")] = (
        "FeatureCollection"
    )
    edition: Annotated[EditionFacts, _titled("Edition 版本")]
    attribution: Annotated[str, _titled("Attribution 数据来源")]
    features: Annotated[list[RegionFeature], _titled("Regions 标定区域")]


class Dataset(_Body):
    """The file that answers come from."""

    sha256: Annotated[str, _titled("SHA-256 of parcels.geojson 文件哈希")]
    edition: Annotated[EditionFacts, _titled("Edition 版本")]
    counts: Annotated[dict[Use, int], _titled("Regions by use 各用途区域数")]
    attribution: Annotated[str, _titled("Attribution 数据来源")]


class Health(_Body):
    """That the service is up, with what."""

    status: Annotated[Literal["ok"], _titled("Status 状态")] = "ok"
    versions: Annotated[dict[str, str], _titled("Versions 软件版本")]
    dataset: Annotated[Dataset, _titled("Dataset 数据集")]


class ProblemBody(_Body):
    """The body of every answer that is not 2xx."""

    error: Annotated[Problem, _titled("Error 错误")]
