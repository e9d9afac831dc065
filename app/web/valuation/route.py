"""``POST /v1/appraise``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from app.errors import DamagedBodyError
from app.web.body import read_body
from app.web.models import PriceAnswer, ProblemBody
from app.web.parameters import Serving, check_parameters, only_known_parameters
from app.web.served import Served  # noqa: TC001 - FastAPI resolves it
from app.web.valuation.models import (
    Amounts,
    AppraiseAnswer,
    AppraisedCandidate,
    CoefficientsSummary,
    ValuedParcel,
)
from app.web.valuation.query import AppraiseQuery, appraise

if TYPE_CHECKING:
    from app.web.valuation.query import Appraised

_MOST_BYTES: Final = 64_000
ROUNDING: Final = (
    "系数四舍五入到小数点后4位（期日修正5位），地面单价到分；楼面单价与总价由取整后的地面单价算出，再取整到分。"
    " Factors are rounded half up to 4 decimals (the date's to 5), the ground price to 0.01 yuan;"
    " floor price and total follow from it as rounded, to 0.01 yuan."
)

routes = APIRouter(
    prefix="/v1",
    tags=["Standard land price 标定地价"],
    dependencies=[Depends(only_known_parameters)],
)


@routes.post(
    "/appraise",
    summary="What a parcel is worth by the standard land price",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": AppraiseQuery.model_json_schema(),
                    "example": {
                        "lon": 114.0127,
                        "lat": 32.993,
                        "use": "commercial",
                        "area_m2": 5000,
                    },
                }
            },
        }
    },
    responses={
        404: {"model": ProblemBody, "description": "There is no such region or edition"},
        413: {"model": ProblemBody, "description": "The body has more than 64 kB"},
        422: {
            "model": ProblemBody,
            "description": "A property is missing or wrong, or a coefficient is not known",
        },
        "default": {"model": ProblemBody, "description": "Any other error"},
    },
)
async def appraise_parcel(request: Request, served: Serving) -> AppraiseAnswer:
    """By the coefficient method, for each region that may hold it, with every step."""
    body = await read_body(
        request, most_bytes=_MOST_BYTES, too_large="The body has more than 64 kB."
    )
    return answer_of(served, appraise(served, read_query(body)))


def read_query(body: bytes) -> AppraiseQuery:
    """Read the body of a request.

    Raises
    ------
    DamagedBodyError
        It is no JSON object.
    ParameterError
        A property is not known, or is given twice.
    """

    def read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        check_parameters([name for name, _ in pairs], tuple(AppraiseQuery.model_fields))
        return dict(pairs)

    try:
        given = json.loads(body, object_pairs_hook=read_object)
    except (ValueError, RecursionError) as error:
        raise DamagedBodyError("The body is not JSON; it must be an object.") from error
    if not isinstance(given, dict):
        raise DamagedBodyError("The body is not a JSON object with the properties of a parcel.")
    try:
        return AppraiseQuery.model_validate(given)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error


def answer_of(served: Served, found: Appraised) -> AppraiseAnswer:
    """Return the answer of a valuation."""
    edition, valuation = found.edition, found.valuation
    coefficients = edition.coefficients
    place = None
    if found.place is not None:
        text = served.encode(edition, found.place, found.query.as_of)
        place = PriceAnswer.model_validate_json(text)
    expected, low, high = (
        None if amounts is None else Amounts.of(amounts)
        for amounts in (valuation.expected, valuation.low, valuation.high)
    )
    return AppraiseAnswer(
        edition=served.summary(edition, found.query.as_of or found.query.date),
        basis=found.basis,
        coefficients=None
        if coefficients is None
        else CoefficientsSummary(synthetic=coefficients.synthetic, sha256=coefficients.sha256),
        use=valuation.use.code,
        use_name=valuation.use.label,
        parcel=ValuedParcel.of(found.query.parcel),
        expected=expected,
        low=low,
        high=high,
        none_probability=valuation.none_probability,
        candidates=[AppraisedCandidate.of(*one) for one in valuation.candidates],
        rounding=ROUNDING,
        place=place,
    )
