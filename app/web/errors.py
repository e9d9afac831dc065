"""From exception to HTTP answer: the only place that knows statuses."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.errors import (
    BusyError,
    DamagedBodyError,
    NotebookError,
    NoteError,
    ParameterError,
    TooLargeError,
    TooManyRequestsError,
    UnknownExportError,
    UnknownSheetError,
    UnsupportedMediaTypeError,
)
from app.web.access import request_id
from app.web.models import Problem, ProblemBody
from geo.errors import (
    AppraisalError,
    CoefficientMissingError,
    CoordinateError,
    DifferentCitiesError,
    GeoError,
    KnownError,
    LocationError,
    NetworkError,
    NoEditionError,
    NotebookChangedError,
    NothingToObserveError,
    SurveyError,
    TableError,
    UnknownCityError,
    UnknownColumnError,
    UnknownEditionError,
    UnknownRegionError,
    UnknownUseError,
    missing,
    not_a_number,
)
from maps.errors import MissingGlyphError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI, Request
    from starlette.types import Scope

_LOG = logging.getLogger("landprice")

_STATUS: Final[dict[type[GeoError], HTTPStatus]] = {
    BusyError: HTTPStatus.SERVICE_UNAVAILABLE,
    AppraisalError: HTTPStatus.UNPROCESSABLE_ENTITY,
    CoefficientMissingError: HTTPStatus.UNPROCESSABLE_ENTITY,
    CoordinateError: HTTPStatus.UNPROCESSABLE_ENTITY,
    DifferentCitiesError: HTTPStatus.UNPROCESSABLE_ENTITY,
    DamagedBodyError: HTTPStatus.UNPROCESSABLE_ENTITY,
    KnownError: HTTPStatus.UNPROCESSABLE_ENTITY,
    MissingGlyphError: HTTPStatus.UNPROCESSABLE_ENTITY,
    LocationError: HTTPStatus.UNPROCESSABLE_ENTITY,
    NetworkError: HTTPStatus.INTERNAL_SERVER_ERROR,
    NoEditionError: HTTPStatus.NOT_FOUND,
    NoteError: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotebookChangedError: HTTPStatus.CONFLICT,
    NotebookError: HTTPStatus.SERVICE_UNAVAILABLE,
    NothingToObserveError: HTTPStatus.SERVICE_UNAVAILABLE,
    ParameterError: HTTPStatus.UNPROCESSABLE_ENTITY,
    SurveyError: HTTPStatus.UNPROCESSABLE_ENTITY,
    TableError: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnknownCityError: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooManyRequestsError: HTTPStatus.TOO_MANY_REQUESTS,
    UnknownColumnError: HTTPStatus.UNPROCESSABLE_ENTITY,
    UnknownEditionError: HTTPStatus.NOT_FOUND,
    UnknownExportError: HTTPStatus.NOT_FOUND,
    UnknownRegionError: HTTPStatus.NOT_FOUND,
    UnknownSheetError: HTTPStatus.NOT_FOUND,
    UnknownUseError: HTTPStatus.UNPROCESSABLE_ENTITY,
    UnsupportedMediaTypeError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
}

# What pydantic finds in a query string, in our words.
_CODES: Final = {
    "missing": "missing",
    "float_parsing": "not_a_number",
    "float_type": "not_a_number",
    "date_from_datetime_parsing": "not_a_date",
    "date_from_datetime_inexact": "not_a_date",
    "date_parsing": "not_a_date",
    "date_type": "not_a_date",
    "extra_forbidden": "unknown_parameter",
}
_WHERE: Final = frozenset({"query", "path", "body"})  # where a parameter stands
_SHOULD_BE: Final = "Input should be "
_WANTED: Final = {
    "not_a_date": "a date like 2024-12-31",
    "unknown_parameter": "left out, as there is no such field",
}


def install(app: FastAPI) -> None:
    """Give every error of an application the same body."""

    async def handle(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException) and error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            return _other_method(request.method, error)
        return problem_response(error, request.scope)

    for kind in (RequestValidationError, HTTPException, GeoError, Exception):
        app.add_exception_handler(kind, handle)


def _other_method(method: str, error: HTTPException) -> Response:
    """Tell which methods an address has: to OPTIONS that is the answer (RFC 9110, 9.3.7)."""
    told = {name.strip() for name in (error.headers or {}).get("Allow", "").split(",")}
    implied = {"HEAD", "OPTIONS"} if "GET" in told else {"OPTIONS"}
    headers = {"Allow": ", ".join(sorted(told | implied))}
    if method == "OPTIONS":
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)
    return problem_response(HTTPException(error.status_code, headers=headers), {})


def problem_response(error: Exception, scope: Scope) -> JSONResponse:
    """Turn an exception into an answer; log one that nobody expected.

    Parameters
    ----------
    error : Exception
    scope : Scope
        Of the request, for the log.
    """
    if isinstance(error, RequestValidationError):
        return _bad_request(error)
    if isinstance(error, HTTPException):
        status = HTTPStatus(error.status_code)
        code = status.phrase.lower().replace(" ", "_")
        problem = Problem(code=code, message=f"{status.phrase}.", field=None)
        return _body(status, problem, error.headers)
    if isinstance(error, GeoError) and type(error) in _STATUS:
        problem = Problem(code=error.code, message=str(error), field=error.field)
        headers = {"retry-after": str(error.retry_s)} if isinstance(error, BusyError) else None
        return _body(_STATUS[type(error)], problem, headers)
    told = scope["method"], scope["path"], request_id.get() or "-"
    _LOG.error("%s %s failed, request %s", *told, exc_info=error)
    message = "The service failed; the operator finds the reason in its log."
    problem = Problem(code="internal_error", message=message, field=None)
    return _body(HTTPStatus.INTERNAL_SERVER_ERROR, problem)


def _bad_request(error: RequestValidationError) -> JSONResponse:
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"] if part not in _WHERE)
    code = _CODES.get(first["type"], "invalid")
    if code == "missing":
        message = str(missing(field))
    elif code == "not_a_number":
        message = str(not_a_number(field, first["input"]))
    else:
        told = first["msg"].removeprefix("Value error, ")
        wanted = _WANTED.get(code) or told.removeprefix(_SHOULD_BE)
        if code not in _WANTED and not told.startswith(_SHOULD_BE):
            wanted = f"otherwise: {told[:1].lower()}{told[1:]}"
        message = f"{field} is {str(first['input'])[:60]!r}; it must be {wanted}."
    problem = Problem(code=code, message=message, field=field)
    return _body(HTTPStatus.UNPROCESSABLE_ENTITY, problem)


def _body(
    status: HTTPStatus, problem: Problem, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    return JSONResponse(ProblemBody(error=problem).model_dump(), status, headers)
