"""``GET /v1/price``: from the query string to the answer, in one ASGI handler.

The application calls it before routing and middleware, which take several times as long as the
answer itself; the documented route calls it too, where the service runs below a prefix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import parse_qsl

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, ValidationError

from app.errors import ParameterError
from app.web.caching import is_current
from app.web.errors import problem_response
from app.web.parameters import (
    SEVERAL,
    AsOf,
    AtParameter,
    CityParameter,
    CrsParameter,
    KnownParameter,
    LatParameter,
    LonParameter,
    UseParameter,
    check_parameters,
)
from geo.crs import Crs
from geo.errors import missing
from geo.lookup.price import price_at, price_at_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Coroutine, Sequence
    from datetime import date

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

    from app.web.edition import LoadedEdition
    from app.web.served import Served
    from geo.editions.catalogue import Catalogue
    from geo.lookup.price import PriceResult

PATH: Final = "/v1/price"
_JSON: Final = (b"content-type", b"application/json")


class PriceQuery(BaseModel):
    """The parameters of a query for prices."""

    model_config = ConfigDict(frozen=True)

    lon: LonParameter = None
    lat: LatParameter = None
    use: UseParameter = None
    as_of: AsOf = None
    city: CityParameter = None
    crs: CrsParameter = Crs.WGS84
    known: KnownParameter = []
    at: AtParameter = None

    @property
    def given(self) -> frozenset[str]:
        """Names of what is given."""
        return frozenset(
            name for name in self.model_fields_set if getattr(self, name) not in (None, [], ())
        )


_NAMES: Final = PriceQuery.model_fields.keys()


class PriceRoute(APIRoute):
    """A route that is documented by its endpoint's signature and answered by `answer_price`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what FastAPI asks for the answer, which it calls as an ASGI application."""

        async def handle(_: Request) -> Response:
            return cast("Response", answer_price)

        return handle


async def answer_price(scope: Scope, _: Receive, send: Send) -> None:
    """Answer a request for the prices at a coordinate, or refuse it."""
    state = scope["app"].state
    served: Served = state.served
    status, body = 200, b""
    try:
        body = _answer(served, scope["query_string"])
        tag = served.tag
        headers = [*tag.raw_headers, *state.security_headers]
        if _has_current(scope, tag.etag):
            status, body = 304, b""
        else:
            headers += _JSON, (b"content-length", b"%d" % len(body))
    except Exception as error:
        problem = problem_response(error, scope)
        status, body = problem.status_code, bytes(problem.body)
        headers = [*problem.raw_headers, *state.security_headers]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _answer(served: Served, query_string: bytes) -> bytes:
    parameters = _parameters(query_string.decode("latin-1"))
    try:
        query = PriceQuery.model_validate(parameters)
    except ValidationError as error:
        check_place(parameters, wrong=[problem["loc"][0] for problem in error.errors()])
        raise RequestValidationError(error.errors()) from error
    check_place(parameters)
    edition = edition_of(served.catalogue, query, query.as_of)
    return served.encode(edition, prices_of(edition, query), query.as_of)


def edition_of(
    catalogue: Catalogue[LoadedEdition], query: PriceQuery, as_of: date | None
) -> LoadedEdition:
    """Return the edition that answers a query which has a place, as `Catalogue.at` does.

    Parameters
    ----------
    catalogue : Catalogue
    query : PriceQuery
    as_of : date or None
        The day on which it must be in force, whatever the query says.
    """
    if query.at is not None:
        return catalogue.at_text(query.at, crs=query.crs, city=query.city, as_of=as_of)
    lon, lat = cast("float", query.lon), cast("float", query.lat)
    return catalogue.at(lon=lon, lat=lat, crs=query.crs, city=query.city, as_of=as_of)


def prices_of(edition: LoadedEdition, query: PriceQuery) -> PriceResult:
    """Return the prices at the place of a query, of an edition; errors as for `price_at_text`."""
    use, known = query.use, query.known
    if query.at is not None:
        crs = query.crs if "crs" in query.model_fields_set else None
        return price_at_text(edition, query.at, crs=crs, use=use, known=known)
    lon, lat = cast("float", query.lon), cast("float", query.lat)
    return price_at(edition, lon=lon, lat=lat, crs=query.crs, use=use, known=known)


def check_place(given: Collection[str], wrong: Sequence[object] = ()) -> None:
    """Refuse a query without a place, or with two; what is wrong before that is told first.

    Parameters
    ----------
    given : collection of str
        Names of the parameters that there are.
    wrong : sequence of str, optional
        Names of those that cannot be read.

    Raises
    ------
    CoordinateError
        There is no place.
    ParameterError
        There are a coordinate and a text.
    """
    for name in ("lon", "lat"):
        if name in wrong or ("at" in given and wrong):
            return
        if "at" not in given and name not in given:
            raise missing(name)
        if "at" in given and name in given:
            message = f"at stands in the place of a coordinate; leave out {name}."
            raise ParameterError(message, code="at_and_coordinate", field=name)


def _parameters(query: str) -> dict[str, str | list[str]]:
    """Return the parameters of a query.

    Raises
    ------
    ParameterError
        One is not known, or is given more than once.
    """
    if "%" in query or "+" in query:
        pairs = parse_qsl(query, keep_blank_values=True)
    else:  # three times as fast
        parts = [part.partition("=") for part in query.split("&") if part]
        pairs = [(name, value) for name, _, value in parts]
    parameters: dict[str, str | list[str]] = dict(pairs)
    if len(parameters) < len(pairs) or not parameters.keys() <= _NAMES:
        names = tuple(PriceQuery.model_fields)
        check_parameters([name for name, _ in pairs], names, several=SEVERAL)
    if "known" in parameters:
        parameters["known"] = [value for name, value in pairs if name == "known"]
    return parameters


def _has_current(scope: Scope, etag: str) -> bool:
    """Tell whether the client has the answer of this tag."""
    tags = [value for name, value in scope["headers"] if name == b"if-none-match"]
    return bool(tags) and is_current(etag, tags[0].decode("latin-1"))
