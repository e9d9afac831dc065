"""Query parameters that several routes share, and the refusal of those that a route has not."""

from __future__ import annotations

import re
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, Final, LiteralString, NamedTuple

from fastapi import Depends, Path, Query, Request, params
from fastapi.dependencies.utils import get_flat_params
from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from app.errors import ParameterError
from app.web.models import EXAMPLE_CODE
from app.web.served import Served
from geo.crs import Crs, coordinate_ranges, parse_crs
from geo.errors import CoordinateError
from geo.lookup.known import MOST_FACTS
from geo.lookup.pasted import LONGEST
from geo.lookup.written import read_coordinate
from geo.model import REGION_CODE

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from app.web.edition import LoadedEdition

_OTHER_NAMES: Final = {
    "lon": ("lng", "long", "longitude", "x", "easting", "经度", "东坐标"),
    "lat": ("latitude", "y", "northing", "纬度", "北坐标"),
    "crs": ("coord_type", "coordtype", "coordsys", "srs", "srid", "epsg", "datum", "坐标系"),
    "use": ("uses", "land_use", "landuse", "type", "用途"),
    "as_of": ("asof", "date", "day", "on", "日期"),
    "area_m2": ("area", "land_area", "面积", "土地面积"),
    "plot_ratio": ("far", "floor_area_ratio", "容积率"),
    "remaining_years": ("years", "remaining", "tenure", "剩余年期", "剩余使用年期"),
    "development": ("development_level", "开发程度"),
    "factor": ("factors", "修正系数"),
    "city": ("admin_code", "adcode", "area", "region", "城市"),
    "columns": ("fields", "select", "properties"),
}
"""What other services call the same, by the name here."""


def served_by(request: Request) -> Served:
    """Return what is served now; all of one answer must come from one such object."""
    served: Served = request.app.state.served
    return served


Serving = Annotated[Served, Depends(served_by)]
"""What is served now."""


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


SEVERAL: Final = ("factor", "known")
"""Parameters that may be given more than once."""


def _written(field: str) -> BeforeValidator:
    """Read a coordinate as people write it, degrees and minutes too."""

    def read(value: Any) -> Any:  # noqa: ANN401 - text of a query, or what JSON has
        if not isinstance(value, str):
            if isinstance(value, bool):
                raise PydanticCustomError("float_parsing", "float_parsing")
            return value
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
    BeforeValidator(lambda given: parse_crs(str(given))),  # in JSON it may be anything
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

Day = Annotated[date | None, text(format="date"), _plain(r"\d{4}-\d{2}-\d{2}", "date_parsing")]
"""A day in its plain form."""

AsOf = Annotated[
    Day,
    Query(title="Date 日期", description="The day the price must be in force: 2024-12-31."),
]
"""A day, or today."""

CityParameter = Annotated[
    str | None,
    text(examples=["411700"]),
    Query(
        title="City 城市",
        description=(
            "The administrative code or the name of a city, where several are served. A coordinate"
            " finds its own; elsewhere the default city is meant."
        ),
    ),
]
"""A city, or the default one."""

CodeParameter = Annotated[
    str,
    Path(
        title="Region code 标定区域编号",
        description="As the notice prints it.",
        examples=[EXAMPLE_CODE],
        json_schema_extra={"pattern": f"^{REGION_CODE}$"},
    ),
]
"""A region."""


class Asked(NamedTuple):
    """The edition that a request asks for.

    Attributes
    ----------
    served : Served
        The editions that it is one of.
    edition : LoadedEdition
    as_of : date or None
    is_of_one_city : bool
        Whether a city is named, or there is no other.
    """

    served: Served
    edition: LoadedEdition
    as_of: date | None
    is_of_one_city: bool

    @property
    def others(self) -> tuple[LoadedEdition, ...] | None:
        """The editions of the other cities; None where one is named, or there is no other."""
        if self.is_of_one_city:
            return None
        return self.served.catalogue.in_force_everywhere(self.as_of)[1:]


def _asked(
    served: Serving,
    city: CityParameter = None,
    as_of: AsOf = None,
) -> Asked:
    catalogue = served.catalogue
    edition = catalogue.in_force(catalogue.city(city), as_of)
    return Asked(served, edition, as_of, city is not None or len(catalogue.by_city) == 1)


AskedEdition = Annotated[Asked, Depends(_asked)]
"""The edition of a city that was in force on a day."""

KnownParameter = Annotated[
    list[str],  # without a format of its own, which the API page complains of in an array
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

OF_TABLE: Final = text(format="column-of-table")
"""Describes a parameter that names a column of the table in the body."""

LatColumn = Annotated[
    str | None,
    OF_TABLE,
    Query(
        title="Column with the latitude or northing 纬度或北坐标所在列",
        description="The same column if it has both numbers in one text.",
    ),
]
"""A column with latitudes or northings."""

AtColumn = Annotated[
    str | None,
    OF_TABLE,
    Query(
        title="Column with places in words 以文字表示位置的列",
        description="In the place of coordinates, as `at` for one place; at most 5000 rows.",
    ),
]
"""A column with places in words."""
