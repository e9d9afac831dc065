"""What the OpenAPI document says of a body with deals."""

from __future__ import annotations

from typing import Any, Final

from app.web.models import ProblemBody

_EXAMPLE: Final = {
    "lon": 114.0127,
    "lat": 32.993,
    "use": "commercial",
    "date": "2024-05-31",
    "price_cny_m2": 4500,
    "plot_ratio": 2,
    "remaining_years": 40,
}
_NUMBER: Final = {"anyOf": [{"type": "number"}, {"type": "string"}]}
_DEAL: Final[dict[str, Any]] = {
    "title": "Deal 成交",
    "type": "object",
    "properties": {
        "lon": {"title": "Longitude or easting 经度或东坐标", **_NUMBER},
        "lat": {"title": "Latitude or northing 纬度或北坐标", **_NUMBER},
        "code": {"title": "Region 标定区域", "type": "string"},
        "use": {"title": "Use 用途", "type": "string"},
        "date": {"title": "Date of the deal 成交日期", "type": "string"},
        "price_cny_m2": {"title": "Price, yuan/m² 成交地面单价（元/平方米）", **_NUMBER},
        "plot_ratio": {"title": "Plot ratio 容积率", **_NUMBER},
        "remaining_years": {"title": "Remaining years 剩余使用年期", **_NUMBER},
        "development": {"title": "Development level 开发程度", "type": "string"},
        "area_m2": {"title": "Area of the land, m² 土地面积（平方米）", **_NUMBER},
        "name": {"title": "Name 名称", "type": "string"},
    },
}
BODY: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"title": "Deals 成交", "type": "array", "items": _DEAL},
            "example": [_EXAMPLE],
        },
        "text/csv": {
            "schema": {
                "title": "Table with a row of names 带表头的表格",
                "type": "string",
                "format": "csv-of-deals",
            },
            "example": "经度,纬度,用途,成交日期,成交单价（元/平方米）\n"
            "114.0127,32.993,商服用地,2022-01-01,4500\n",
        },
    },
}
RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    413: {"model": ProblemBody, "description": "The body is larger than what is taken at a time"},
    415: {"model": ProblemBody, "description": "The body is of a kind that is not taken"},
    422: {
        "model": ProblemBody,
        "description": "A parameter is wrong or not known, or the body is damaged or lacks a"
        " column; a row that is wrong is answered in its place",
    },
    "default": {"model": ProblemBody, "description": "Any other error"},
}
