"""``GET /v1/price.pdf`` and ``GET /v1/appraise.pdf``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response, params

from app.web.address import base_url
from app.web.certificate import verify
from app.web.certificate.link import now
from app.web.certificate.making import make_certificate
from app.web.certificate.query import PriceCertificateQuery, ValueCertificateQuery
from app.web.models import ProblemBody
from app.web.parameters import SEVERAL, Serving, check_parameters
from app.web.served import Served  # noqa: TC001 - FastAPI resolves it
from app.web.turns import Turns

if TYPE_CHECKING:
    from fastapi import FastAPI
    from pydantic import BaseModel

    from app.web.certificate.query import CertificateQuery

_PDF: Final = "application/pdf"
_MOST: Final = 8
"""Certificates of one process that are made or wait; each takes about half a second."""
_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {_PDF: {"schema": {"type": "string", "format": "binary"}}},
        "description": "One A4 page, with the time of issue and a QR code that leads to `/verify`",
    },
    404: {"model": ProblemBody, "description": "There is no such region or edition"},
    503: {"model": ProblemBody, "description": "Too many certificates are being made"},
    "default": {"model": ProblemBody, "description": "Any other error"},
}
_PRICE_REFUSED: Final = "A parameter is missing, wrong or not known, or two contradict each other"
_VALUE_REFUSED: Final = "A property is missing or wrong, or a coefficient is not known"


def _only(query: type[BaseModel]) -> params.Depends:
    """Refuse parameters that a query does not have, before it is read."""
    names = tuple(query.model_fields)

    def check(request: Request) -> None:
        given = [name for name, _ in request.query_params.multi_items()]
        check_parameters(given, names, several=SEVERAL)

    return params.Depends(check)


def install(app: FastAPI) -> None:
    """Add the certificates, and the page that verifies them, to an application."""
    turns = Turns(_MOST, "certificates are being made")
    routes = APIRouter(prefix="/v1", tags=["Standard land price 标定地价"])

    async def answer(request: Request, served: Served, query: CertificateQuery) -> Response:
        issued = now()
        url = base_url(request)
        make = partial(make_certificate, served, query, issued=issued, base_url=url)
        with turns.turn():
            made = await turns.run(make)
        name = f"certificate-{issued:%Y%m%d-%H%M%S}.pdf"
        headers = {
            "cache-control": "no-store",  # each has its own time of issue
            "content-disposition": f'inline; filename="{name}"',
        }
        return Response(made, media_type=_PDF, headers=headers)

    @routes.get(
        "/price.pdf",
        summary="Certificate of the prices at a place",
        dependencies=[_only(PriceCertificateQuery)],
        response_class=Response,
        responses=_RESPONSES | {422: {"model": ProblemBody, "description": _PRICE_REFUSED}},
    )
    async def price_certificate(
        request: Request, served: Serving, query: Annotated[PriceCertificateQuery, Query()]
    ) -> Response:
        """Answer as `/v1/price` does, with a page to file and a map on it."""
        return await answer(request, served, query)

    @routes.get(
        "/appraise.pdf",
        summary="Certificate of what a parcel is worth",
        dependencies=[_only(ValueCertificateQuery)],
        response_class=Response,
        responses=_RESPONSES | {422: {"model": ProblemBody, "description": _VALUE_REFUSED}},
    )
    async def value_certificate(
        request: Request, served: Serving, query: Annotated[ValueCertificateQuery, Query()]
    ) -> Response:
        """Answer as `/v1/appraise` does, with a page to file that has every step and a map."""
        return await answer(request, served, query)

    app.include_router(routes)
    verify.install(app)
