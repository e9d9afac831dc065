"""``POST /v1/compare``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from app.errors import ParameterError, UnsupportedMediaTypeError
from app.web.batch.media_types import BodyType, MediaType, parse_content_type
from app.web.body import read_body
from app.web.parameters import (
    OF_TABLE,
    AtColumn,
    CityParameter,
    CrsParameter,
    LatColumn,
    Serving,
    only_known_parameters,
    text,
)
from app.web.turns import Turns
from app.web.valuation.compare.described import BODY, RESPONSES
from app.web.valuation.compare.models import CompareAnswer
from geo.crs import Crs
from geo.valuation.deals.deal import PriceUnit

if TYPE_CHECKING:
    from fastapi import FastAPI

    from app.settings import Settings
    from app.web.served import Served

_BYTES_A_MB: Final = 1_000_000
_MOST_MB: Final = 16
_TAKEN: Final = (MediaType.JSON, MediaType.CSV)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the query string says of a table."""

    use: str | None
    city: str | None
    crs: Crs
    price_unit: PriceUnit | None
    unadjusted: bool
    lon: str | None
    lat: str | None
    at: str | None


def _asked(  # noqa: PLR0913 - one parameter of the query each
    *,
    city: CityParameter = None,
    crs: CrsParameter = Crs.WGS84,
    use: Annotated[
        str | None,
        text(examples=["commercial"]),
        Query(
            title="Use 用途",
            description="The use of all deals, in the place of a column: its code or Chinese name.",
        ),
    ] = None,
    price_unit: Annotated[
        PriceUnit | None,
        text(enum=[unit.value for unit in PriceUnit]),
        Query(
            title="Price unit 价格单位",
            description="In what prices are, where the column's name does not say it: `yuan_m2`"
            " per m² of land; `wan_mu`, 10 000 yuan per mu; `yuan` and `wan`, 10 000 yuan, for the"
            " whole parcel.",
        ),
    ] = None,
    unadjusted: Annotated[
        bool,
        Query(
            title="Unadjusted 未修正也比较",
            description="Compare a deal whose coefficient is missing with the standard price as it"
            " stands, and mark it; else it is not valued.",
        ),
    ] = False,
    lon_column: Annotated[
        str | None,
        OF_TABLE,
        Query(
            title="Column with the longitude or easting 经度或东坐标所在列",
            description="If not given, the columns are found by their names.",
        ),
    ] = None,
    lat_column: LatColumn = None,
    at_column: AtColumn = None,
) -> _Asked:
    others = {
        "lon_column": lon_column,
        "lat_column": lat_column,
        "crs": None if crs is Crs.WGS84 else crs,
    }
    for name, given in others.items():
        if at_column is not None and given is not None:
            message = f"at_column stands in the place of coordinates; leave out {name}."
            raise ParameterError(message, code="at_and_coordinate", field=name)
    return _Asked(use, city, crs, price_unit, unadjusted, lon_column, lat_column, at_column)


def install(app: FastAPI, settings: Settings) -> None:
    """Add the route to an application.

    Parameters
    ----------
    app : FastAPI
    settings : Settings
        How large a body may be, and how many at a time.
    """
    most_mb = min(settings.batch_max_mb, _MOST_MB)
    turns = Turns(settings.batches_max, "tables are being compared")
    routes = APIRouter(
        prefix="/v1",
        tags=["Standard land price 标定地价"],
        dependencies=[Depends(only_known_parameters)],
    )

    @routes.post(
        "/compare",
        summary="Deals compared with the standard land price",
        response_model=CompareAnswer,
        responses=RESPONSES,
        openapi_extra={"requestBody": BODY},
    )
    async def compare(
        request: Request, served: Serving, asked: Annotated[_Asked, Depends(_asked)]
    ) -> Response:
        """Deviation of each deal; by region and use how much, and which groups deviate."""
        kind = parse_content_type(
            request.headers.get("content-type", ""), request.headers.get("content-encoding", "")
        )
        if kind.kind not in _TAKEN:
            raise UnsupportedMediaTypeError(
                f"Content-Type is {kind.kind}; it must be {' or '.join(_TAKEN)}."
            )
        with turns.turn():
            body = await read_body(
                request,
                most_bytes=most_mb * _BYTES_A_MB,
                too_large=f"The body has more than {most_mb} MB, which is the most at a time; send"
                " it in parts, or use landprice compare.",
            )
            answer = await turns.run(
                partial(_answer, served, body, kind, asked, settings.batch_columns_max)
            )
        return Response(answer, media_type=MediaType.JSON.value)

    app.include_router(routes)


def _answer(served: Served, body: bytes, kind: BodyType, asked: _Asked, columns: int) -> bytes:
    """Compare the deals of a body, which takes seconds."""
    from app.join.rows import Question  # noqa: PLC0415 - brings pyarrow
    from app.web.valuation.compare.body import open_deals  # noqa: PLC0415
    from app.web.valuation.compare.columns import DealColumns  # noqa: PLC0415
    from app.web.valuation.compare.study import DealQuestion, compare_table  # noqa: PLC0415

    table = open_deals(body, kind, most_columns=columns, words=asked.at)
    crs = None if asked.at is not None else asked.crs
    question = DealQuestion(
        points=Question(lon=asked.lon, lat=asked.lat, location=asked.at, crs=crs),
        columns=DealColumns(price_unit=asked.price_unit),
        use=asked.use,
        city=asked.city,
        unadjusted=asked.unadjusted,
    )
    study = compare_table(served, table, question, name="The body")
    return CompareAnswer.of(study).model_dump_json().encode()
