"""Query parameters that several routes share."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, LiteralString

from fastapi import Depends, Query, Request
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from app.web.edition import LoadedEdition
from geo.crs import Crs, parse_crs
from geo.model import Use


def _edition(request: Request) -> LoadedEdition:
    edition: LoadedEdition = request.app.state.edition
    return edition


def _crs(
    crs: Annotated[
        str,
        Query(
            title="Coordinate system 坐标系",
            description=(
                "The coordinate system of lon and lat. Amap and Tencent give `gcj02`, Baidu `bd09`;"
                " for `epsg:4547` and `epsg:4526` lon is the easting and lat the northing, in m."
            ),
            json_schema_extra={"enum": [crs.value for crs in Crs]},
        ),
    ] = Crs.WGS84.value,
) -> Crs:
    return parse_crs(crs)


def plain(pattern: str, error: LiteralString) -> BeforeValidator:
    """Refuse what pydantic would read besides the plain form: 1_000, seconds since 1970.

    Parameters
    ----------
    pattern : str
        Of the plain form, as a regular expression.
    error : str
        Pydantic's name of the error.

    Returns
    -------
    pydantic.BeforeValidator
    """

    def check(value: str | None) -> str | None:
        if value is not None and not re.fullmatch(pattern, value):
            raise PydanticCustomError(error, error)
        return value

    return BeforeValidator(check)


CurrentEdition = Annotated[LoadedEdition, Depends(_edition)]
"""The edition that the service answers from."""

CrsParameter = Annotated[Crs, Depends(_crs)]
"""The coordinate system of what is asked."""

UseParameter = Annotated[
    Use | None, Query(title="Use 用途", description="Only this use; all if it is not given.")
]
"""One use, or all."""

AsOf = Annotated[
    date | None,
    plain(r"\d{4}-\d{2}-\d{2}", "date_parsing"),
    Query(title="Date 日期", description="The day the price must be in force: 2024-12-31."),
]
"""A day, or the edition at hand."""
