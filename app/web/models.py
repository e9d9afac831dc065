"""Bodies of requests and answers over HTTP, titled in English and Chinese."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - pydantic resolves it
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from geo.fields import FIELDS
from geo.model import (
    Certainty,  # noqa: TC001 - pydantic resolves it
    GeometrySource,  # noqa: TC001
    Placement,  # noqa: TC001
)

EXAMPLE_CODE = "411700S50002"

_AS_FOR_ONE = "As for a single point."


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True)


def _titled(title: str, description: str | None = None) -> Any:  # noqa: ANN401
    return Field(title=title, description=description)


def _field(name: str, *, about: str | None = None) -> Any:  # noqa: ANN401
    """Describe a field as `geo.fields` does."""
    field = FIELDS[name]
    return _titled(field.heading, about or field.about_en or None)


_CERTAINTY = _titled(
    "Certainty 确定性",
    "inside: with a probability of 0.99 or more. likely: of 0.80 or more. uncertain: of less."
    " on_boundary: the point is on the edge exactly.",
)
_PROBABILITY = _titled(
    "Probability 概率",
    "That the region holds the point: the share of plausible layouts of all lines in which it"
    " does.",
)
_DISTANCE = _titled("Distance to the boundary, m 距边界距离（米）")
_LON = _titled("Longitude or easting 经度或东坐标")
_LAT = _titled("Latitude or northing 纬度或北坐标")


class Query(_Body):
    """What was asked, as it was understood."""

    lon: Annotated[float, _LON]
    lat: Annotated[float, _LAT]
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

    name: Annotated[str | None, _titled(f"Name {FIELDS['standard_parcel'].title_zh}")]
    location: Annotated[str | None, _field("parcel_location")]
    area_m2: Annotated[float | None, _field("parcel_area_m2")]


class Alternative(_Body):
    """A region of the same use that may hold the point instead."""

    code: Annotated[str, _field("code")]
    ground_price_cny_m2: Annotated[int, _titled(FIELDS["ground_price_cny_m2"].heading)]
    floor_price_cny_m2: Annotated[int | None, _titled(FIELDS["floor_price_cny_m2"].heading)]
    probability: Annotated[float, _PROBABILITY]


class Price(_Body):
    """The standard land price of one region that holds the point, or most likely does."""

    code: Annotated[str, _field("code")]
    use: Annotated[str, _field("use")]
    use_name: Annotated[str, _field("use_name")]
    ground_price_cny_m2: Annotated[int, _field("ground_price_cny_m2")]
    floor_price_cny_m2: Annotated[int | None, _field("floor_price_cny_m2")]
    plot_ratio: Annotated[float | None, _field("plot_ratio")]
    tenure_years: Annotated[int | None, _field("tenure_years")]
    right_type: Annotated[str | None, _field("right_type")]
    development: Annotated[str | None, _field("development")]
    bounds: Annotated[Bounds, _titled("Four bounds 四至")]
    standard_parcel: Annotated[StandardParcel, _titled("Standard parcel 标准宗地")]
    geometry_source: Annotated[GeometrySource, _field("geometry_source")]
    placement: Annotated[Placement, _field("placement")]
    distance_to_boundary_m: Annotated[float, _DISTANCE]
    probability: Annotated[float, _PROBABILITY]
    certainty: Annotated[Certainty, _CERTAINTY]
    drawn: Annotated[
        bool,
        _titled("Drawn here 图上在此", "The region's polygon holds the point as it is drawn."),
    ]
    likeliest: Annotated[
        bool, _titled("Likeliest 最可能", "No region of this use is likelier to hold the point.")
    ]
    alternatives: Annotated[
        list[Alternative],
        _titled(
            "Alternatives 可能的其他区域",
            "Other regions of the same use that may hold the point, the likeliest first; they end"
            " where all that is left is less likely than 0.01.",
        ),
    ]


class NearestRegion(_Body):
    """The nearest region of a use that has none at the point."""

    code: Annotated[str, _field("code")]
    use: Annotated[str, _field("use")]
    distance_m: Annotated[float, _titled("Distance, m 距离（米）")]
    probability: Annotated[float, _PROBABILITY]
    within_accuracy: Annotated[
        bool,
        _titled(
            "Within the accuracy 是否在界线精度之内",
            "Whether the region may hold the point: its probability is not 0.",
        ),
    ]


class UseChance(_Body):
    """What is likely of one use at a coordinate."""

    none_probability: Annotated[
        float, _titled("No region 无区域的概率", "That no region of the use holds the point.")
    ]
    ground_price_low_cny_m2: Annotated[
        int | None,
        _titled(
            "Lowest ground price 地面单价下限",
            "Of the likeliest regions, which together have 95 % of the probability that any region"
            " holds the point.",
        ),
    ]
    ground_price_high_cny_m2: Annotated[
        int | None, _titled("Highest ground price 地面单价上限", "Of the same regions.")
    ]


class Likely(_Body):
    """The likeliest region of a use on one side of a line."""

    use: Annotated[str, _field("use")]
    code: Annotated[str, _field("code")]
    ground_price_cny_m2: Annotated[int, _titled(FIELDS["ground_price_cny_m2"].heading)]
    probability: Annotated[float, _PROBABILITY]


class Question(_Body):
    """The question whose answer tells most: on which side of a line the place lies."""

    line: Annotated[str, _titled("Line 界线")]
    sides: Annotated[
        dict[str, list[Likely]],
        _titled(
            "Sides 两侧",
            "By side, `north` and `south` or `east` and `west`: the likeliest region of each use"
            " there. Ask again with `known={side}_of:{line}`.",
        ),
    ]


class KnownFacts(_Body):
    """What the asker knew, and what it was good for."""

    facts: Annotated[list[str], _titled("Facts 已知", "As they were understood.")]
    layouts: Annotated[
        int, _titled("Layouts 符合的布局数", "In how many layouts the facts are true.")
    ]
    of: Annotated[int, _titled("Of 布局总数", "How many layouts there are.")]
    by_words: Annotated[
        bool,
        _titled(
            "By words 仅凭公告文字",
            "Too few layouts are left, so only what follows from the notice's words counts.",
        ),
    ]


class PlaceInWords(_Body):
    """A location in words; the query's coordinate is in the middle of where it may lie."""

    at: Annotated[str, _titled("Location in words 以文字表示的位置")]
    radius_m: Annotated[
        float, _titled("Radius, m 半径（米）", "The place lies within it in four of five layouts.")
    ]


class PastedCoordinate(_Body):
    """A coordinate in a text; the query says how it was read."""

    at: Annotated[str, _titled("Text 原文")]
    crs_stated: Annotated[
        bool,
        _titled(
            "System stated 是否写明坐标系",
            "Whether the text itself says its coordinate system; if not, it was assumed.",
        ),
    ]


class PriceAnswer(_Body):
    """Standard land prices at a coordinate."""

    query: Annotated[Query, _titled("Query 查询")]
    edition: Annotated[EditionSummary, _titled("Edition 版本")]
    covered: Annotated[bool, _titled("Covered 是否在公布范围内", "Some region has a price here.")]
    prices: Annotated[
        list[Price],
        _titled(
            "Prices 标定地价",
            "Of each region that is drawn at the point, and of the likeliest one where that is"
            " another; by use, the likeliest first.",
        ),
    ]
    nearest: Annotated[
        list[NearestRegion],
        _titled("Nearest 最近区域", "For each use asked for that has no price."),
    ]
    chances: Annotated[
        dict[str, UseChance], _titled("Chances 各用途的可能性", "By the code of each use.")
    ]
    question: Annotated[
        Question | None,
        _titled("Question 最有用的问题", "Where the answer is not sure and a question would help."),
    ]
    known: Annotated[
        KnownFacts | None, _titled("Known 已知事实", "Null where nothing was said to be known.")
    ]
    words: Annotated[
        PlaceInWords | None, _titled("Words 文字位置", "Null where a coordinate was asked for.")
    ]
    pasted: Annotated[
        PastedCoordinate | None,
        _titled("Pasted 粘贴的坐标", "Null where `lon` and `lat`, or words, were asked for."),
    ]


class Problem(_Body):
    """What is wrong with a request."""

    code: Annotated[str, _titled("Code 错误代码", "Stable; for programs.")]
    message: Annotated[str, _titled("Message 错误说明", "One sentence; for people.")]
    field: Annotated[str | None, _titled("Field 参数", "The parameter at fault, if it is one.")]


class BatchPoint(_Body):
    """One of many points."""

    lon: Annotated[float, _LON]
    lat: Annotated[float, _LAT]


class BatchPrice(_Body):
    """The standard land price of a region that holds a point; only what was asked for."""

    code: Annotated[str | None, _field("code")] = None
    ground_price_cny_m2: Annotated[int | None, _field("ground_price_cny_m2")] = None
    floor_price_cny_m2: Annotated[int | None, _field("floor_price_cny_m2")] = None
    plot_ratio: Annotated[float | None, _field("plot_ratio")] = None
    tenure_years: Annotated[int | None, _field("tenure_years")] = None
    certainty: Annotated[Certainty | None, _titled("Certainty 确定性", _AS_FOR_ONE)] = None
    probability: Annotated[float | None, _titled("Probability 概率", _AS_FOR_ONE)] = None
    none_probability: Annotated[float | None, _titled("No region 无区域的概率", _AS_FOR_ONE)] = None
    right_type: Annotated[str | None, _field("right_type")] = None
    development: Annotated[str | None, _field("development")] = None
    geometry_source: Annotated[
        GeometrySource | None, _field("geometry_source", about=_AS_FOR_ONE)
    ] = None
    placement: Annotated[Placement | None, _field("placement", about=_AS_FOR_ONE)] = None
    distance_to_boundary_m: Annotated[float | None, _DISTANCE] = None


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
    id: Annotated[str, _field("code")]
    properties: Annotated[dict[str, Any], _titled("Record 记录")]
    geometry: Annotated[dict[str, Any], _titled("Polygon, WGS84 多边形")]


class CrossingToObserve(_Body):
    """A crossing whose observation would settle most of where a region lies."""

    lines: Annotated[
        tuple[str, str],
        _titled("Lines 两条界线", "One runs north and south, the other east and west."),
    ]
    lon: Annotated[float, _titled("Longitude, WGS84 经度", "Where the crossing likely is.")]
    lat: Annotated[float, _titled("Latitude, WGS84 纬度", "Where the crossing likely is.")]
    radius_m: Annotated[
        float, _titled("Around it 范围（米）", "It lies as near as this in nine of ten layouts.")
    ]
    settled: Annotated[
        float,
        _titled(
            "Share settled 观测后有把握的比例",
            "Of answers for the region's use in and around it: expected to have a probability of"
            " 0.95 or more once somebody has stood at the crossing.",
        ),
    ]


class OneRegion(RegionFeature):
    """A region as a GeoJSON feature, with what would make it certain."""

    observe: Annotated[
        CrossingToObserve | None,
        _titled(
            "What to observe 观测哪里",
            "Null where all is settled, or the region's polygon is official.",
        ),
    ]


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
    counts: Annotated[dict[str, int], _titled("Regions by use 各用途区域数")]
    attribution: Annotated[str, _titled("Attribution 数据来源")]


class Health(_Body):
    """That the service is up, with what."""

    status: Annotated[Literal["ok"], _titled("Status 状态")] = "ok"
    versions: Annotated[dict[str, str], _titled("Versions 软件版本")]
    dataset: Annotated[Dataset, _titled("Dataset 数据集")]


class ProblemBody(_Body):
    """The body of every answer that is not 2xx."""

    error: Annotated[Problem, _titled("Error 错误")]
