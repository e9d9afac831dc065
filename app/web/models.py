"""Bodies of requests and answers over HTTP, titled in English and Chinese."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - pydantic resolves it
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from geo.fields import FIELDS
from geo.model import (
    Certainty,  # noqa: TC001 - pydantic resolves it
    GeometrySource,  # noqa: TC001
    Placement,  # noqa: TC001
)

EXAMPLE_CODE = "411700S50002"


class Body(BaseModel):
    """A body, or a part of one."""

    model_config = ConfigDict(frozen=True)


def titled(title: str, description: str | None = None) -> Any:  # noqa: ANN401
    """Describe a field in English and Chinese."""
    return Field(title=title, description=description)


def described(name: str, *, about: str | None = None) -> Any:  # noqa: ANN401
    """Describe a field as `geo.fields` does."""
    field = FIELDS[name]
    return titled(field.heading, about or field.about_en or None)


_CERTAINTY = titled(
    "Certainty 确定性",
    "inside: with a probability of 0.99 or more. likely: of 0.80 or more. uncertain: of less."
    " on_boundary: the point is on the edge exactly.",
)
_PROBABILITY = titled(
    "Probability 概率",
    "That the region holds the point: the share of plausible layouts of all lines in which it"
    " does.",
)
DISTANCE = titled("Distance to the boundary, m 距边界距离（米）")
LON = titled("Longitude or easting 经度或东坐标")
LAT = titled("Latitude or northing 纬度或北坐标")


class Query(Body):
    """What was asked, as it was understood."""

    lon: Annotated[float, LON]
    lat: Annotated[float, LAT]
    crs: Annotated[str, titled("Coordinate system 坐标系")]


class EditionSummary(Body):
    """The edition that the answer is from."""

    id: Annotated[str, titled("Edition 版本编号", "The city's code and the year of valuation.")]
    city: Annotated[str, titled("City 城市")]
    valuation_date: Annotated[date, titled("Valuation date 估价期日")]
    effective_from: Annotated[date, titled("In force from 执行日期")]
    valid_to: Annotated[
        date | None, titled("Valid to 有效期至", "Null where the notice does not say so.")
    ]
    document: Annotated[str, titled("Document number 文号")]
    superseded_by: Annotated[
        str | None,
        titled("Superseded by 已被取代", "The edition in force in its place today, if it is not."),
    ]
    valuation_age_years: Annotated[
        float,
        titled("Age of the valuation, years 估价距今（年）", "On the day that is asked about."),
    ]


class EditionFacts(EditionSummary):
    """What an edition says of itself."""

    admin_code: Annotated[str, titled("Administrative code 行政区划代码")]
    title: Annotated[str, titled("Title 名称")]
    publisher: Annotated[str, titled("Publisher 发布机构")]


class Bound(Body):
    """One of a region's four lines."""

    line: Annotated[str, titled("Boundary line 界线")]
    distance_m: Annotated[
        float, titled("Distance to the line, m 距界线距离（米）", "From the point to this side.")
    ]
    accuracy_m: Annotated[
        float,
        titled(
            "Accuracy of the line, m 界线精度（米）", "How far the true line may be from this one."
        ),
    ]


class Bounds(Body):
    """The four bounds of a region."""

    east: Annotated[Bound, titled("East 东至")]
    west: Annotated[Bound, titled("West 西至")]
    south: Annotated[Bound, titled("South 南至")]
    north: Annotated[Bound, titled("North 北至")]


class StandardParcel(Body):
    """The sample parcel that carries a region's price."""

    name: Annotated[str | None, titled(f"Name {FIELDS['standard_parcel'].title_zh}")]
    location: Annotated[str | None, described("parcel_location")]
    area_m2: Annotated[float | None, described("parcel_area_m2")]


class Alternative(Body):
    """A region of the same use that may hold the point instead."""

    code: Annotated[str, described("code")]
    ground_price_cny_m2: Annotated[int, titled(FIELDS["ground_price_cny_m2"].heading)]
    floor_price_cny_m2: Annotated[int | None, titled(FIELDS["floor_price_cny_m2"].heading)]
    probability: Annotated[float, _PROBABILITY]


class PreviousPrice(Body):
    """The price of the region that this one follows, in the edition before."""

    edition: Annotated[str, titled("Edition 版本编号")]
    code: Annotated[
        str,
        titled(
            FIELDS["code"].heading,
            "The same; or of the region that covered more than half of this one.",
        ),
    ]
    ground_price_cny_m2: Annotated[int, titled(FIELDS["ground_price_cny_m2"].heading)]
    floor_price_cny_m2: Annotated[int | None, titled(FIELDS["floor_price_cny_m2"].heading)]
    change: Annotated[
        float,
        titled("Change 涨跌幅", "Of the ground price since, as a share: 0.05 is 5 % more."),
    ]


class Price(Body):
    """The standard land price of one region that holds the point, or most likely does."""

    code: Annotated[str, described("code")]
    use: Annotated[str, described("use")]
    use_name: Annotated[str, described("use_name")]
    ground_price_cny_m2: Annotated[int, described("ground_price_cny_m2")]
    floor_price_cny_m2: Annotated[int | None, described("floor_price_cny_m2")]
    plot_ratio: Annotated[float | None, described("plot_ratio")]
    tenure_years: Annotated[int | None, described("tenure_years")]
    right_type: Annotated[str | None, described("right_type")]
    development: Annotated[str | None, described("development")]
    bounds: Annotated[Bounds, titled("Four bounds 四至")]
    standard_parcel: Annotated[StandardParcel, titled("Standard parcel 标准宗地")]
    geometry_source: Annotated[GeometrySource, described("geometry_source")]
    placement: Annotated[Placement, described("placement")]
    distance_to_boundary_m: Annotated[float, DISTANCE]
    probability: Annotated[float, _PROBABILITY]
    certainty: Annotated[Certainty, _CERTAINTY]
    drawn: Annotated[
        bool,
        titled("Drawn here 图上在此", "The region's polygon holds the point as it is drawn."),
    ]
    likeliest: Annotated[
        bool, titled("Likeliest 最可能", "No region of this use is likelier to hold the point.")
    ]
    alternatives: Annotated[
        list[Alternative],
        titled(
            "Alternatives 可能的其他区域",
            "Other regions of the same use that may hold the point, the likeliest first; they end"
            " where all that is left is less likely than 0.01.",
        ),
    ]
    previous: Annotated[
        PreviousPrice | None,
        titled("Previous price 上一版价格", "Null without an edition before, or a region there."),
    ]


class NearestRegion(Body):
    """The nearest region of a use that has none at the point."""

    code: Annotated[str, described("code")]
    use: Annotated[str, described("use")]
    distance_m: Annotated[float, titled("Distance, m 距离（米）")]
    probability: Annotated[float, _PROBABILITY]
    within_accuracy: Annotated[
        bool,
        titled(
            "Within the accuracy 是否在界线精度之内",
            "Whether the region may hold the point: its probability is not 0.",
        ),
    ]


class UseChance(Body):
    """What is likely of one use at a coordinate."""

    none_probability: Annotated[
        float, titled("No region 无区域的概率", "That no region of the use holds the point.")
    ]
    ground_price_low_cny_m2: Annotated[
        int | None,
        titled(
            "Lowest ground price 地面单价下限",
            "Of the likeliest regions, which together have 95 % of the probability that any region"
            " holds the point.",
        ),
    ]
    ground_price_high_cny_m2: Annotated[
        int | None, titled("Highest ground price 地面单价上限", "Of the same regions.")
    ]


class Likely(Body):
    """The likeliest region of a use on one side of a line."""

    use: Annotated[str, described("use")]
    code: Annotated[str, described("code")]
    ground_price_cny_m2: Annotated[int, titled(FIELDS["ground_price_cny_m2"].heading)]
    probability: Annotated[float, _PROBABILITY]


class Question(Body):
    """The question whose answer tells most: on which side of a line the place lies."""

    line: Annotated[str, titled("Line 界线")]
    sides: Annotated[
        dict[str, list[Likely]],
        titled(
            "Sides 两侧",
            "By side, `north` and `south` or `east` and `west`: the likeliest region of each use"
            " there. Ask again with `known={side}_of:{line}`.",
        ),
    ]


class KnownFacts(Body):
    """What the asker knew, and what it was good for."""

    facts: Annotated[list[str], titled("Facts 已知", "As they were understood.")]
    layouts: Annotated[
        int, titled("Layouts 符合的布局数", "In how many layouts the facts are true.")
    ]
    of: Annotated[int, titled("Of 布局总数", "How many layouts there are.")]
    by_words: Annotated[
        bool,
        titled(
            "By words 仅凭公告文字",
            "Too few layouts are left, so only what follows from the notice's words counts.",
        ),
    ]


class PlaceInWords(Body):
    """A location in words; the query's coordinate is in the middle of where it may lie."""

    at: Annotated[str, titled("Location in words 以文字表示的位置")]
    radius_m: Annotated[
        float, titled("Radius, m 半径（米）", "The place lies within it in four of five layouts.")
    ]


class PastedCoordinate(Body):
    """A coordinate in a text; the query says how it was read."""

    at: Annotated[str, titled("Text 原文")]
    crs_stated: Annotated[
        bool,
        titled(
            "System stated 是否写明坐标系",
            "Whether the text itself says its coordinate system; if not, it was assumed.",
        ),
    ]


class PriceAnswer(Body):
    """Standard land prices at a coordinate."""

    query: Annotated[Query, titled("Query 查询")]
    edition: Annotated[EditionSummary, titled("Edition 版本")]
    covered: Annotated[bool, titled("Covered 是否在公布范围内", "Some region has a price here.")]
    prices: Annotated[
        list[Price],
        titled(
            "Prices 标定地价",
            "Of each region that is drawn at the point, and of the likeliest one where that is"
            " another; by use, the likeliest first.",
        ),
    ]
    nearest: Annotated[
        list[NearestRegion],
        titled("Nearest 最近区域", "For each use asked for that has no price."),
    ]
    chances: Annotated[
        dict[str, UseChance], titled("Chances 各用途的可能性", "By the code of each use.")
    ]
    question: Annotated[
        Question | None,
        titled("Question 最有用的问题", "Where the answer is not sure and a question would help."),
    ]
    known: Annotated[
        KnownFacts | None, titled("Known 已知事实", "Null where nothing was said to be known.")
    ]
    words: Annotated[
        PlaceInWords | None, titled("Words 文字位置", "Null where a coordinate was asked for.")
    ]
    pasted: Annotated[
        PastedCoordinate | None,
        titled("Pasted 粘贴的坐标", "Null where `lon` and `lat`, or words, were asked for."),
    ]


class Problem(Body):
    """What is wrong with a request."""

    code: Annotated[str, titled("Code 错误代码", "Stable; for programs.")]
    message: Annotated[str, titled("Message 错误说明", "One sentence; for people.")]
    field: Annotated[str | None, titled("Field 参数", "The parameter at fault, if it is one.")]


class ProblemBody(Body):
    """The body of every answer that is not 2xx."""

    error: Annotated[Problem, titled("Error 错误")]
