"""Query parameters that several routes share."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, LiteralString

from fastapi import Depends, Query, Request
from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from app.web.edition import LoadedEdition
from geo.crs import Crs, parse_crs
from geo.model import Use


def _edition(request: Request) -> LoadedEdition:
    edition: LoadedEdition = request.app.state.edition
    return edition


def _plain(pattern: str, error: LiteralString) -> BeforeValidator:
    """Refuse what pydantic would read besides the plain form: 1_000, seconds since 1970.

    Parameters
    ----------
    pattern : str
        The plain form, as a regular expression.
    error : str
        Pydantic's name of the error.
    """
    matches = re.compile(pattern).fullmatch

    def check(value: Any) -> Any:  # noqa: ANN401 - text of a query, or the default
        if isinstance(value, str) and not matches(value):
            raise PydanticCustomError(error, error)
        return value

    return BeforeValidator(check)


CurrentEdition = Annotated[LoadedEdition, Depends(_edition)]
"""The edition that the service answers from."""

LonParameter = Annotated[
    float,
    _plain(r"[^_]*", "float_parsing"),
    Query(title="Longitude or easting 经度或东坐标", examples=[114.0127]),
]
LatParameter = Annotated[
    float,
    _plain(r"[^_]*", "float_parsing"),
    Query(title="Latitude or northing 纬度或北坐标", examples=[32.9930]),
]

_CRS_TITLE = "Coordinate system 坐标系"
_CRS_DESCRIPTION = (
    "The coordinate system of lon and lat. Amap and Tencent give `gcj02`, Baidu `bd09`;"
    " for `epsg:4547` and `epsg:4526` lon is the easting and lat the northing, in m."
)

CrsParameter = Annotated[
    Crs,
    BeforeValidator(parse_crs),
    WithJsonSchema(
        {
            "type": "string",
            "title": _CRS_TITLE,
            "description": _CRS_DESCRIPTION,
            "enum": [crs.value for crs in Crs],
        }
    ),
    Query(title=_CRS_TITLE, description=_CRS_DESCRIPTION),
]
"""The coordinate system of a query."""

UseParameter = Annotated[
    Use | None, Query(title="Use 用途", description="Only this use; all if it is not given.")
]
"""One use, or all."""

AsOf = Annotated[
    date | None,
    _plain(r"\d{4}-\d{2}-\d{2}", "date_parsing"),
    Query(title="Date 日期", description="The day the price must be in force: 2024-12-31."),
]
"""A day, or the edition at hand."""
