"""Certificates of the shipped edition, with the example's coefficients, which are synthetic."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.web.certificate.query import PriceCertificateQuery, ValueCertificateQuery
from app.web.served import Served
from tests.app.web.certificate.reading import BASE, ISSUED, Make

if TYPE_CHECKING:
    from pathlib import Path

    from app.web.certificate.query import CertificateQuery


@pytest.fixture(scope="session")
def valued(valued_data: Path) -> Served:
    """What is served."""
    return Served.read(valued_data)


@pytest.fixture(scope="session")
def certify(valued: Served) -> Make:
    """Makes a certificate of a query at a fixed time; a valuation where it is of a parcel."""
    from app.web.certificate.making import make_certificate  # noqa: PLC0415 - slow to import

    def make(**asked: object) -> bytes:
        of_parcel = asked.keys() & {"code", "area_m2", "plot_ratio", "factor", "remaining_years"}
        kind: type[CertificateQuery]
        kind = ValueCertificateQuery if of_parcel else PriceCertificateQuery
        query = kind.model_validate(asked)
        return make_certificate(valued, query, issued=ISSUED, base_url=BASE)

    return make
