"""What a certificate is asked for, and its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from fastapi import Query

from app.web.price import PriceQuery, check_place, edition_of, prices_of
from app.web.valuation.query import AppraiseQuery, appraise

if TYPE_CHECKING:
    from app.web.edition import LoadedEdition
    from app.web.served import Served
    from app.web.valuation.query import Appraised
    from geo.lookup.price import PriceResult

Lang = Literal["zh", "en"]
LangParameter = Annotated[
    Lang, Query(title="Language 语言", description="Of the certificate: `zh` or `en`.")
]


class PriceCertificateQuery(PriceQuery):
    """A place whose prices are certified."""

    lang: LangParameter = "zh"


class ValueCertificateQuery(AppraiseQuery):
    """A parcel whose value is certified."""

    lang: LangParameter = "zh"


CertificateQuery = PriceCertificateQuery | ValueCertificateQuery


class Priced(NamedTuple):
    """Prices at a place, and what they rest on."""

    query: PriceCertificateQuery
    edition: LoadedEdition
    place: PriceResult


def answered(
    served: Served, query: CertificateQuery, *, edition: LoadedEdition | None = None
) -> Priced | Appraised:
    """Answer what a certificate is asked for.

    Parameters
    ----------
    served : Served
    query : CertificateQuery
    edition : LoadedEdition, optional
        The one to answer from, whatever is in force; that of the query if it is not given.

    Raises
    ------
    GeoError
        As for ``GET /v1/price`` or ``POST /v1/appraise``.
    """
    if isinstance(query, ValueCertificateQuery):
        return appraise(served, query, edition=edition)
    check_place(query.given)
    chosen = edition or edition_of(served.catalogue, query, query.as_of)
    return Priced(query, chosen, prices_of(chosen, query))
