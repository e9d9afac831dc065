"""What a certificate is asked for, and its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple, cast

from fastapi import Query

from app.web.price import PriceQuery, check_place
from app.web.valuation.query import AppraiseQuery, appraise
from geo.lookup.price import price_at, price_at_text

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
    return _priced(served, query, edition)


def _priced(served: Served, query: PriceCertificateQuery, edition: LoadedEdition | None) -> Priced:
    check_place([name for name in query.model_fields_set if getattr(query, name) is not None])
    catalogue, city, day = served.catalogue, query.city, query.as_of
    if query.at is not None:
        edition = edition or catalogue.at_text(query.at, crs=query.crs, city=city, as_of=day)
        crs = query.crs if "crs" in query.model_fields_set else None
        found = price_at_text(edition, query.at, crs=crs, use=query.use, known=query.known)
        return Priced(query, edition, found)
    lon, lat = cast("float", query.lon), cast("float", query.lat)
    edition = edition or catalogue.at(lon=lon, lat=lat, crs=query.crs, city=city, as_of=day)
    found = price_at(edition, lon=lon, lat=lat, crs=query.crs, use=query.use, known=query.known)
    return Priced(query, edition, found)
