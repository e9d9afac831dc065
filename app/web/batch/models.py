"""Bodies of requests and answers about many points."""

from __future__ import annotations

from typing import Annotated

from app.web.models import (
    DISTANCE,
    LAT,
    LON,
    Body,
    EditionSummary,
    Problem,
    described,
    titled,
)
from geo.model import (
    Certainty,  # noqa: TC001 - pydantic resolves it
    GeometrySource,  # noqa: TC001
    Placement,  # noqa: TC001
)

_AS_FOR_ONE = "As for a single point."


class BatchPoint(Body):
    """One of many points."""

    lon: Annotated[float, LON]
    lat: Annotated[float, LAT]


class BatchPrice(Body):
    """The standard land price of a region that holds a point; only what was asked for."""

    code: Annotated[str | None, described("code")] = None
    ground_price_cny_m2: Annotated[int | None, described("ground_price_cny_m2")] = None
    floor_price_cny_m2: Annotated[int | None, described("floor_price_cny_m2")] = None
    plot_ratio: Annotated[float | None, described("plot_ratio")] = None
    tenure_years: Annotated[int | None, described("tenure_years")] = None
    certainty: Annotated[Certainty | None, titled("Certainty 确定性", _AS_FOR_ONE)] = None
    probability: Annotated[float | None, titled("Probability 概率", _AS_FOR_ONE)] = None
    none_probability: Annotated[float | None, titled("No region 无区域的概率", _AS_FOR_ONE)] = None
    right_type: Annotated[str | None, described("right_type")] = None
    development: Annotated[str | None, described("development")] = None
    geometry_source: Annotated[
        GeometrySource | None, described("geometry_source", about=_AS_FOR_ONE)
    ] = None
    placement: Annotated[Placement | None, described("placement", about=_AS_FOR_ONE)] = None
    distance_to_boundary_m: Annotated[float | None, DISTANCE] = None


class BatchAnswer(Body):
    """What is known of one of many points."""

    lon: Annotated[
        float | None, titled("Longitude or easting 经度或东坐标", "As it was read, if it was.")
    ]
    lat: Annotated[
        float | None, titled("Latitude or northing 纬度或北坐标", "As it was read, if it was.")
    ]
    commercial: Annotated[
        BatchPrice | None, titled("Commercial land 商服用地", "Null outside all regions.")
    ] = None
    residential: Annotated[
        BatchPrice | None, titled("Residential land 住宅用地", "Null outside all regions.")
    ] = None
    industrial: Annotated[
        BatchPrice | None, titled("Industrial land 工业用地", "Null outside all regions.")
    ] = None
    edition: Annotated[
        str | None, titled("Edition 版本编号", "Where several cities are served and none is named.")
    ] = None
    error: Annotated[Problem | None, titled("Error 错误", "Why there is no answer.")]


class BatchAnswers(Body):
    """Standard land prices at many coordinates."""

    edition: Annotated[EditionSummary, titled("Edition 版本")]
    answers: Annotated[list[BatchAnswer], titled("Answers 结果", "In the order of the points.")]
