"""Good inputs of the formats that the OpenAPI document names, for schemathesis.

The document says of a text that it is a ``place``, and of a body that it is
CSV, which no schema can say more of: what can be read depends on the lines of the edition. What
is not good input by a rule between two parameters, of which OpenAPI knows none, may be refused
with the code of that rule.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import schemathesis
from hypothesis import strategies as st

from app.web.batch.media_types import MediaType
from tests.app.web.batch.bodies import body_of

if TYPE_CHECKING:
    from schemathesis import Case, HookContext, Response
    from schemathesis.core.failures import Failure

_LON: Final = st.floats(113.8, 114.3)
_LAT: Final = st.floats(32.8, 33.3)
_PLACES: Final = st.sampled_from(
    [
        "文明大道与慎阳路交叉口西南角",
        "文明大道东侧",
        "南邻置地大道、北邻开源大道",
        "学院路与开源大道交叉口",
    ]
) | st.tuples(_LON, _LAT).map("{0[0]}, {0[1]}".format)
_SIDES: Final = st.sampled_from(["north_of:开源大道", "east_of:文明大道", "开源大道以北"])
_COLUMNS: Final = ("lon", "lat", "at", "known")

schemathesis.openapi.format(
    "coordinate",
    st.sampled_from(["114°00′45.7″E", "东经114度0分45.72秒", "114.0127"])
    | st.sampled_from(["32°59′34.8″N", "北纬32度59分34.8秒", "32.993"]),
)
schemathesis.openapi.format("place", _PLACES)
schemathesis.openapi.format("column-of-table", st.sampled_from(_COLUMNS))

_TABLES: Final = st.lists(
    st.fixed_dictionaries(
        {"lon": _LON, "lat": _LAT, "at": st.none() | _PLACES, "known": st.none() | _SIDES}
    ),
    max_size=5,
).map(
    lambda rows: pa.Table.from_pylist(
        rows,
        pa.schema([(name, pa.float64() if len(name) == 3 else pa.string()) for name in _COLUMNS]),
    )
)
for _kind in (MediaType.ARROW, MediaType.PARQUET):
    schemathesis.openapi.media_type(_kind.value, _TABLES.map(partial(body_of, kind=_kind)))
schemathesis.openapi.format(
    "csv-of-deals",
    st.lists(
        st.tuples(_LON, _LAT, st.sampled_from(["商服用地", "residential", "林地"])).map(
            "{0[0]},{0[1]},{0[2]},2024-05-01,4500".format
        ),
        max_size=5,
    ).map(lambda rows: "\n".join(["lon,lat,use,date,price_cny_m2", *rows])),
)
schemathesis.openapi.format(
    "csv", _TABLES.map(partial(body_of, kind=MediaType.CSV)).map(bytes.decode)
)


@schemathesis.serializer(MediaType.CSV.value)
def as_it_is(context: schemathesis.SerializationContext, value: object) -> bytes:
    """Send CSV as it is; schemathesis would write rows of its own."""
    return str(value).encode("utf-8", "replace")


RULES: Final = {
    "at_and_coordinate",  # at, or lon and lat, or code
    "coefficient_missing",  # of what the operator gives
    "crs_of_words",  # only a coordinate has a system
    "degrees",  # a projected system has metres
    "facts_contradict",
    "glyph_missing",  # of a text that the font cannot print
    "lon_lat_swapped",
    "missing",  # a place: at, or lon and lat; a use
    "more_than_tenure",  # which depends on the region
    "no_edition",  # on that day
    "not_for_json",  # columns are those of a table
    "out_of_range",  # of lon and lat, which depends on crs
    "repeated_factor",
    "too_many_decimals",  # which a schema says of texts, and of numbers only in binary
    "use_of_region",
}
"""Codes of what is wrong between parameters, each of them good by itself."""

_OF_COLUMNS: Final = re.compile(
    r"The column '\w+' (for l(on|at) )?(has|is not in) |No column is called like "
)
"""A parameter names a column that this table has not, or that cannot be what it is to be; or a
table of deals has none with a price or a date, which may be called in many ways."""


@schemathesis.hook
def filter_failure(
    context: HookContext, failure: Failure, case: Case[Any], response: Response
) -> bool:
    """Keep all failures but good parameters that are refused for each other."""
    if failure.title != "Schema-valid request rejected" or response.status_code != 422:
        return True
    problem = response.json()["error"]
    if problem["field"] in {"known", "factor"}:  # any text, of which few can be read
        return False
    return problem["code"] not in RULES and not _OF_COLUMNS.match(problem["message"])
