"""Query parameters that several routes share, and the refusal of those that a route has not."""

from __future__ import annotations

import re
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, Final, LiteralString

from fastapi import Depends, Query, Request, params
from fastapi.dependencies.utils import get_flat_params
from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from app.errors import ParameterError
from app.web.edition import LoadedEdition
from geo.crs import Crs, coordinate_ranges, parse_crs
from geo.errors import CoordinateError
from geo.lookup.known import MOST_FACTS
from geo.lookup.pasted import LONGEST
from geo.lookup.written import read_coordinate

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_OTHER_NAMES: Final = {
    "lon": ("lng", "long", "longitude", "x", "easting", "经度", "东坐标"),
    "lat": ("latitude", "y", "northing", "纬度", "北坐标"),
    "crs": ("coord_type", "coordtype", "coordsys", "srs", "srid", "epsg", "datum", "坐标系"),
    "use": ("uses", "land_use", "landuse", "type", "用途"),
    "as_of": ("asof", "date", "day", "on", "日期"),
    "columns": ("fields", "select", "properties"),
}
"""What other services call the same, by the name here."""


def _edition(request: Request) -> LoadedEdition:
    edition: LoadedEdition = request.app.state.edition
    return edition


def check_parameters(
    given: Sequence[str], known: Collection[str], *, several: Collection[str] = ()
) -> None:
    """Refuse names of parameters that would have no effect.

    Parameters
    ----------
    given : sequence of str
        As they are in the query string.
    known : collection of str
    several : collection of str, optional
        Those that may be given more than once.

    Raises
    ------
    ParameterError
        A name is not known, or is given more than once.
    """
    for name in given:
        if name not in known:
            field = name[:40]
            shown = field if field.isprintable() and field else repr(field)
            message = f"{shown} is not a parameter of this address; {_hint(name, known)}"
            raise ParameterError(message, code="unknown_parameter", field=field)
        if (count := given.count(name)) > 1 and name not in several:
            message = f"{name} is given {count} times; give it once."
            raise ParameterError(message, code="repeated_parameter", field=name)


def _hint(name: str, known: Collection[str]) -> str:
    folded = name.casefold()
    for own, others in _OTHER_NAMES.items():
        if own in known and folded in others:
            return f"did you mean {own}?"
    if near := get_close_matches(folded, known, n=1):
        return f"did you mean {near[0]}?"
    return f"it has {', '.join(known)}." if known else "it has none."


async def only_known_parameters(request: Request) -> None:
    """Refuse a request with parameters that its route does not have."""
    fields = get_flat_params(request.scope["route"].dependant)
    known = [field.alias for field in fields if isinstance(field.field_info, params.Query)]
    given = [name for name, _ in request.query_params.multi_items()]
    check_parameters(given, known, several=SEVERAL)


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


SEVERAL: Final = ("known",)
"""Parameters that may be given more than once."""

CurrentEdition = Annotated[LoadedEdition, Depends(_edition)]
"""The edition that the service answers from."""


def _written(field: str) -> BeforeValidator:
    """Read a coordinate as people write it, degrees and minutes too."""

    def read(value: Any) -> Any:  # noqa: ANN401 - text of a query
        try:
            return read_coordinate(value, field)
        except CoordinateError as error:
            if error.code == "lon_lat_swapped":
                raise
            raise PydanticCustomError("float_parsing", "float_parsing") from error

    return BeforeValidator(read)


def text(**said: Any) -> WithJsonSchema:  # noqa: ANN401 - what a schema has
    """Describe a text that may be left out: to say null is not possible in a query."""
    return WithJsonSchema({"type": "string", **said})


def _number_or_text(place: int, example: float) -> WithJsonSchema:
    """Describe a coordinate in any system; which part of the range holds depends on the system."""
    lows, highs = zip(*(coordinate_ranges(crs)[place] for crs in Crs), strict=True)
    number = {"type": "number", "minimum": min(lows), "maximum": max(highs)}
    written = {"type": "string", "format": "coordinate"}
    return WithJsonSchema({"anyOf": [number, written], "examples": [example]})


LonParameter = Annotated[
    float | None,
    _written("lon"),
    _number_or_text(0, 114.0127),
    Query(
        title="Longitude or easting 经度或东坐标",
        description="Degrees, also as 114°00′45.7″E; the easting in m where `crs` is projected.",
    ),
]
LatParameter = Annotated[
    float | None,
    _written("lat"),
    _number_or_text(1, 32.9930),
    Query(
        title="Latitude or northing 纬度或北坐标",
        description="Degrees, also as 32°59′34.8″N; the northing in m where `crs` is projected.",
    ),
]

_CRS_TITLE = "Coordinate system 坐标系"
_CRS_DESCRIPTION = (
    "The coordinate system of lon and lat. Amap and Tencent give `gcj02`, Baidu `bd09`;"
    " for the 3-degree Gauss-Kruger zones of CGCS2000, such as `epsg:4547` or, with the zone number"
    " before the easting, `epsg:4526`, lon is the easting and lat the northing, in m."
    " Letter case and punctuation do not matter."
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
    str | None,
    text(examples=["commercial"]),
    Query(
        title="Use 用途",
        description=(
            "Only this use: its code, such as `commercial`, `residential` or `industrial`, or its"
            " Chinese name; all if it is not given."
        ),
    ),
]
"""One use, or all."""

AsOf = Annotated[
    date | None,
    text(format="date"),
    _plain(r"\d{4}-\d{2}-\d{2}", "date_parsing"),
    Query(title="Date 日期", description="The day the price must be in force: 2024-12-31."),
]
"""A day, or the edition at hand."""

KnownParameter = Annotated[
    list[Annotated[str, text(format="side-of-line")]],
    Query(
        title="Known 已知",
        description=(
            "What is known of the place, which beats the drawing: `north_of:开源大道`, or"
            " `south_of`, `east_of`, `west_of`; in Chinese 开源大道以北. May be repeated."
        ),
        examples=["east_of:文明大道"],
        json_schema_extra={"maxItems": MOST_FACTS},
    ),
]
"""On which side of which lines a place lies."""

AtParameter = Annotated[
    str | None,
    text(format="place", minLength=1, maxLength=LONGEST),
    Query(
        title="Place as a text 以文字或粘贴内容表示的位置",
        description=(
            "In the place of `lon` and `lat`: a location as the notice writes it,"
            " 文明大道与慎阳路交叉口西南角, 文明大道东侧, 南邻置地大道、北邻开源大道,"
            " or the block between four lines, 甲路、乙路、丙路、丁路围合区域; or a coordinate in"
            " any form: degrees and minutes, JSON, WKT, `geo:`, a link of Amap, Baidu, Tencent,"
            " OpenStreetMap. `crs` counts only where the text does not say its own."
        ),
    ),
]
"""A place in words."""
