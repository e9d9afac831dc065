"""Bodies of answers about regions, as GeoJSON."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from app.web.models import (
    Body,
    EditionFacts,
    described,
    titled,
)


class RegionFeature(Body):
    """A region as a GeoJSON feature; its properties are those of parcels.geojson."""

    type: Annotated[Literal["Feature"], titled("GeoJSON type GeoJSON 类型")] = "Feature"
    id: Annotated[str, described("code")]
    properties: Annotated[dict[str, Any], titled("Record 记录")]
    geometry: Annotated[dict[str, Any], titled("Polygon, WGS84 多边形")]


class CrossingToObserve(Body):
    """A crossing whose observation would settle most of where a region lies."""

    lines: Annotated[
        tuple[str, str],
        titled("Lines 两条界线", "One runs north and south, the other east and west."),
    ]
    lon: Annotated[float, titled("Longitude, WGS84 经度", "Where the crossing likely is.")]
    lat: Annotated[float, titled("Latitude, WGS84 纬度", "Where the crossing likely is.")]
    radius_m: Annotated[
        float, titled("Around it 范围（米）", "It lies as near as this in nine of ten layouts.")
    ]
    settled: Annotated[
        float,
        titled(
            "Share settled 观测后有把握的比例",
            "Of answers for the region's use in and around it: expected to have a probability of"
            " 0.95 or more once somebody has stood at the crossing.",
        ),
    ]


class OneRegion(RegionFeature):
    """A region as a GeoJSON feature, with what would make it certain."""

    observe: Annotated[
        CrossingToObserve | None,
        titled(
            "What to observe 观测哪里",
            "Null where all is settled, the region's polygon is official, or there are no layouts.",
        ),
    ]


class RegionCollection(Body):
    """Regions as a GeoJSON feature collection (RFC 7946)."""

    type: Annotated[Literal["FeatureCollection"], titled("GeoJSON type GeoJSON 类型")] = (
        "FeatureCollection"
    )
    edition: Annotated[EditionFacts, titled("Edition 版本")]
    attribution: Annotated[str, titled("Attribution 数据来源")]
    features: Annotated[list[RegionFeature], titled("Regions 标定区域")]
