"""From exception to HTTP answer: the only place that knows statuses."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from app.errors import (
    DamagedBodyError,
    TooLargeError,
    UnknownExportError,
    UnknownSheetError,
    UnsupportedMediaTypeError,
)
from app.web.models import Problem, ProblemBody
from geo.errors import (
    CoordinateError,
    GeoError,
    NoEditionError,
    UnknownColumnError,
    UnknownRegionError,
    UnknownUseError,
    missing,
    not_a_number,
)

if TYPE_CHECKING:
    from fastapi import FastAPI, Request

_LOG = logging.getLogger("landprice")

_STATUS: Final[dict[type[GeoError], HTTPStatus]] = {
    CoordinateError: HTTPStatus.UNPROCESSABLE_ENTITY,
    DamagedBodyError: HTTPStatus.UNPROCESSABLE_ENTITY,
    NoEditionError: HTTPStatus.NOT_FOUND,
    TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnknownColumnError: HTTPStatus.UNPROCESSABLE_ENTITY,
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
    "enum": "unknown_use",
    "date_from_datetime_parsing": "not_a_date",
    "date_from_datetime_inexact": "not_a_date",
    "date_parsing": "not_a_date",
    "date_type": "not_a_date",
}
_WANTED: Final = {
    "unknown_use": "commercial, residential or industrial",
    "not_a_date": "a date like 2024-12-31",
}


def install(app: FastAPI) -> None:
    """Give every error of an application the same body."""
    app.add_exception_handler(RequestValidationError, _bad_request)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(GeoError, _geo_error)
    app.add_exception_handler(Exception, _unexpected)


def _body(
    status: int,
    *,
    code: str,
    message: str,
    field: str | None,
    headers: Any = None,  # noqa: ANN401
) -> JSONResponse:
    body = ProblemBody(error=Problem(code=code, message=message, field=field))
    return JSONResponse(body.model_dump(), status_code=status, headers=headers)


async def _bad_request(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it alone
    first = error.errors()[0]
    field = str(first["loc"][-1])
    code = _CODES.get(first["type"], "invalid")
    if code == "missing":
        message = str(missing(field))
    elif code == "not_a_number":
        message = str(not_a_number(field, first["input"]))
    else:
        wanted = _WANTED.get(code, first["msg"])
        message = f"{field} is {str(first['input'])[:60]!r}; it must be {wanted}."
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return _body(status, code=code, message=message, field=field)


async def _http_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it alone
    status = HTTPStatus(error.status_code)
    code = status.phrase.lower().replace(" ", "_")
    return _body(status, code=code, message=f"{status.phrase}.", field=None, headers=error.headers)


async def _geo_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, GeoError)  # noqa: S101 - registered for it alone
    if type(error) not in _STATUS:
        return await _unexpected(request, error)
    return _body(_STATUS[type(error)], code=error.code, message=str(error), field=error.field)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    _LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return _body(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        code="internal_error",
        message="The service failed; the operator finds the reason in its log.",
        field=None,
    )
