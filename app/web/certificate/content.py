"""What a certificate says of an answer, in one language; for paper and for the page alike."""

from __future__ import annotations

from importlib.metadata import version
from itertools import chain
from typing import TYPE_CHECKING

from app.web.certificate.blocks import price_blocks, value_block
from app.web.certificate.link import Link, link_text, prints_of
from app.web.certificate.place import place_facts, region_facts
from app.web.certificate.query import Priced
from app.web.certificate.texts import Texts
from app.web.served import DISTRIBUTION
from geo.crs import to_wgs84
from geo.model import GeometrySource
from maps.sheet.certificate.content import Certificate, Fact

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from app.web.certificate.link import Prints
    from app.web.certificate.query import CertificateQuery
    from app.web.served import Served
    from app.web.valuation.query import Appraised
    from geo.model import Region
    from maps.sheet.certificate.content import Block
    from maps.sheet.certificate.extract import Extract, ExtractMap


def regions_of(answer: Priced | Appraised) -> tuple[list[Region], list[Region]]:
    """Return the likeliest region of each use, or of a valuation, and those that may hold it, too.

    Where none may, the nearest are the first.
    """
    place = answer.place
    if isinstance(answer, Priced):
        first: dict[object, Region] = {}
        for price in answer.place.prices:
            first.setdefault(price.use, price.region)
        likeliest = list(first.values())
        chosen = {price.code: price for price in answer.place.prices}
        others = [other.region for one in likeliest for other in chosen[one.code].alternatives]
    else:
        by_code = {region.code: region for region in answer.edition.regions}
        candidates = [by_code[one.appraisal.record.code] for one in answer.valuation.candidates]
        likeliest, others = candidates[:1], candidates[1:]
    if not likeliest and place is not None:
        likeliest = [one.region for one in place.nearest]
    return likeliest, others


def extract_of(answer: Priced | Appraised) -> Extract:
    """Return what the map of an answer shows."""
    from maps.sheet.certificate.extract import Extract  # noqa: PLC0415 - imports matplotlib

    likeliest, others = regions_of(answer)
    place = answer.place
    where = None if place is None else to_wgs84(lon=place.lon, lat=place.lat, crs=place.crs)
    radius_m = place.whereabouts.radius_m if place is not None and place.whereabouts else 0.0
    return Extract(
        parcels=answer.edition.parcels,
        regions=tuple(likeliest),
        others=tuple(others),
        place=where,
        radius_m=radius_m,
    )


def certificate_of(
    served: Served,
    query: CertificateQuery,
    answer: Priced | Appraised,
    *,
    issued: datetime,
    base_url: str,
    drawn: ExtractMap,
) -> Certificate:
    """Write a certificate.

    Parameters
    ----------
    served : Served
        What it was answered from.
    query : CertificateQuery
    answer : Priced or Appraised
        To it.
    issued : datetime
        In China.
    base_url : str
        Address of the service, for the link.
    drawn : ExtractMap
        Its map.
    """
    edition = answer.edition
    say = Texts(query.lang)
    facts = edition.parcels.edition
    prints = prints_of(served, edition, query)
    link = Link(query, facts.id, prints, issued)
    address = f"{base_url}/verify"
    is_price = isinstance(answer, Priced)
    return Certificate(
        lang=query.lang,
        title=say("title_price" if is_price else "title_value"),
        subtitle=say("subtitle", city=facts.city, title=facts.title, document=facts.document),
        issued=issued,
        place=tuple(located(answer, say)),
        blocks=tuple(blocks_of(answer, say)),
        basis=tuple(basis_facts(served, answer, prints, issued, say)),
        notes=(*notes_of(answer, say), *(() if isinstance(answer, Priced) else (say("note_cut"),))),
        map_title=say("map_title", scale=drawn.scale),
        map_caption=_caption(answer, drawn, say),
        link=f"{address}?{link_text(link)}",
        link_title=say("link_title"),
        link_text=say("link_text", address=address),
    )


def blocks_of(answer: Priced | Appraised, say: Texts) -> list[Block]:
    """Tell what was answered, use by use."""
    if isinstance(answer, Priced):
        return list(price_blocks(answer.place, say))
    likeliest, others = regions_of(answer)
    has_any = bool(answer.valuation.candidates)
    return [value_block(answer, (*likeliest, *others) if has_any else (), say)]


def located(answer: Priced | Appraised, say: Texts) -> list[Fact]:
    """Tell which place was asked for."""
    if answer.place is not None:
        return list(place_facts(answer.place, answer.edition.point_index.zone, say))
    [one] = answer.valuation.candidates
    return list(region_facts(one.appraisal.record, say))


def basis_facts(
    served: Served, answer: Priced | Appraised, prints: Prints, issued: datetime, say: Texts
) -> list[Fact]:
    """Tell of the edition and its data.

    Parameters
    ----------
    served : Served
    answer : Priced or Appraised
    prints : Prints
        Of the data.
    issued : datetime
        On whose day the status is told.
    say : Texts
    """
    edition = answer.edition
    facts = edition.parcels.edition
    valid_to = say("valid_to_unsaid") if facts.valid_to is None else say.day(facts.valid_to)
    found = [
        ("edition", facts.id),
        ("document", facts.document),
        ("publisher", facts.publisher),
        ("valuation_date", say.day(facts.valuation_date)),
        ("effective_from", say.day(facts.effective_from)),
        ("valid_to", valid_to),
        ("status", _status(served, answer, issued.date(), say)),
        ("data_hash", say("hash_text", hash=prints.data)),
        *_coefficients(answer, prints, say),
        ("software", f"{DISTRIBUTION} {version(DISTRIBUTION)}"),
        ("issued", say.time(issued)),
        ("review_number", ""),
    ]
    return [Fact(say(key), text) for key, text in found]


def _coefficients(
    answer: Priced | Appraised, prints: Prints, say: Texts
) -> Iterator[tuple[str, str]]:
    if isinstance(answer, Priced):
        return
    coefficients = answer.edition.coefficients
    if coefficients is None:
        yield "coefficients_hash", say("coefficients_none")
        return
    text = say("hash_text", hash=prints.coefficients)
    if coefficients.synthetic:
        text = say("coefficients_synthetic", hash=text)
    yield "coefficients_hash", text


def _status(served: Served, answer: Priced | Appraised, day: date, say: Texts) -> str:
    facts = answer.edition.parcels.edition
    after = served.catalogue.superseded_by(answer.edition, day)
    if after is not None:
        return say("status_superseded", later=after.parcels.edition.id)
    if day < facts.effective_from:
        return say("status_future")
    if facts.valid_to is not None and day > facts.valid_to:
        return say("status_expired")
    return say("status_current")


def notes_of(answer: Priced | Appraised, say: Texts) -> list[str]:
    """Tell what an answer is, and what it is not."""
    return list(_notes(answer, say))


def _notes(answer: Priced | Appraised, say: Texts) -> Iterator[str]:
    yield say("note_unofficial")
    sources = {region.geometry_source for region in chain(*regions_of(answer))}
    if sources != {GeometrySource.OFFICIAL}:
        yield say("note_schematic")
    if GeometrySource.OFFICIAL in sources:
        yield say("note_official")
    if answer.edition.parcels.attribution:
        yield say("note_data", attribution=answer.edition.parcels.attribution)


def _caption(answer: Priced | Appraised, drawn: ExtractMap, say: Texts) -> str:
    _, others = regions_of(answer)
    parts = []
    if answer.place is not None:
        parts.append("map_place" if drawn.shows_place else "map_no_place")
        if drawn.shows_place and answer.place.whereabouts:
            parts.append("map_radius")
    if isinstance(answer, Priced):
        is_held = bool(answer.place.prices)
    else:
        is_held = bool(answer.valuation.candidates)
    parts.append("map_bands" if is_held else "map_nearest")
    if answer.place is None:
        parts = ["map_region"]
    if others:
        parts.append("map_others")
    return say.listed([say(part) for part in (*parts, "map_errors")])
