"""Makes certificates: one at a time in each process, and no more wait than can be made soon."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from anyio import CapacityLimiter, to_thread

from app.errors import BusyError
from app.web.certificate.content import certificate_of, extract_of
from app.web.certificate.query import answered

if TYPE_CHECKING:
    from datetime import datetime

    from app.web.certificate.query import CertificateQuery
    from app.web.served import Served

_MOST_WAITING: Final = 8
"""Being made or waiting, of one process; each takes about half a second."""


@dataclass(slots=True)
class Maker:
    """Makes the certificates of one process."""

    waiting: int = 0
    thread: CapacityLimiter = field(default_factory=partial(CapacityLimiter, 1))

    async def make(
        self, served: Served, query: CertificateQuery, *, issued: datetime, base_url: str
    ) -> bytes:
        """Make a certificate, see `make_certificate`.

        Raises
        ------
        BusyError
            So many are being made that it would wait for long.
        """
        if self.waiting >= _MOST_WAITING:
            raise BusyError(
                f"{_MOST_WAITING} certificates are being made, the most at a time; try again in"
                " some seconds."
            )
        self.waiting += 1
        try:
            make = partial(make_certificate, served, query, issued=issued, base_url=base_url)
            return await to_thread.run_sync(make, limiter=self.thread)
        finally:
            self.waiting -= 1


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
