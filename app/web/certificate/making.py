"""Makes certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.web.certificate.content import certificate_of, extract_of
from app.web.certificate.query import answered

if TYPE_CHECKING:
    from datetime import datetime

    from app.web.certificate.query import CertificateQuery
    from app.web.served import Served


def make_certificate(
    served: Served, query: CertificateQuery, *, issued: datetime, base_url: str
) -> bytes:
    """Answer a query, and make the certificate of it as a PDF.

    Parameters
    ----------
    served : Served
    query : CertificateQuery
    issued : datetime
        In China, to the second; the same query and time give the same bytes.
    base_url : str
        Address of the service, for the link.

    Raises
    ------
    GeoError
        As for ``GET /v1/price`` or ``POST /v1/appraise``.
    MissingGlyphError
        The font lacks a character of the query.
    """
    from maps.sheet.certificate.extract import draw_extract  # noqa: PLC0415 - imports matplotlib
    from maps.sheet.certificate.typeset import certificate_pdf  # noqa: PLC0415

    answer = answered(served, query)
    drawn = draw_extract(extract_of(answer))
    certificate = certificate_of(
        served, query, answer, issued=issued, base_url=base_url, drawn=drawn
    )
    return certificate_pdf(certificate, drawn.svg)
