"""The place of a certificate, in every coordinate system that its readers use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geo.crs import Crs, central_meridian, from_wgs84, to_wgs84
from maps.sheet.certificate.content import Fact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.web.certificate.texts import Texts
    from geo.lookup.price import PriceResult
    from geo.lookup.result import Known
    from geo.model import Record

_ZONE_REACH_DEG: Final = 4.5
"""Degrees from its central meridian up to which coordinates in a zone of 3 degrees are told."""


def place_facts(place: PriceResult, zone: Crs, say: Texts) -> Iterator[Fact]:
    """Tell where a place is.

    Parameters
    ----------
    place : PriceResult
    zone : Crs
        The city's Gauss-Kruger zone.
    say : Texts
    """
    lon, lat = to_wgs84(lon=place.lon, lat=place.lat, crs=place.crs)
    where = place.whereabouts
    if where is not None:
        yield Fact(say("place_words"), place.at or "")
        radius = say.metres(where.radius_m)
        yield Fact(say("place_radius"), say("place_radius_text", radius=radius))
    elif place.crs is not Crs.WGS84 or place.crs_stated is False:
        key = "place_assumed" if place.crs_stated is False else "place_stated"
        asked = say(key, lon=_plain(place.lon), lat=_plain(place.lat), crs=place.crs.upper())
        yield Fact(say("place_asked"), asked)
    decimals = 6 if where is None else 4
    degrees = {"lon": f"{lon:.{decimals}f}", "lat": f"{lat:.{decimals}f}"}
    yield Fact(say("place_wgs84"), say("place_wgs84_text", **degrees))
    yield Fact(say("place_cgcs2000"), say("place_cgcs2000_text"))
    meridian = central_meridian(zone)
    if abs(lon - meridian) <= _ZONE_REACH_DEG:
        easting_m, northing_m = from_wgs84(lon=lon, lat=lat, crs=zone)
        form = ",.2f" if where is None else ",.0f"
        text = say(
            "place_zone_text",
            easting=format(easting_m, form),
            northing=format(northing_m, form),
            meridian=meridian,
        )
    else:
        text = say("place_zone_outside", meridian=meridian)
    yield Fact(zone.upper(), text)
    if place.known is not None:
        yield Fact(say("place_known"), _known(place.known, say))


def region_facts(record: Record, say: Texts) -> Iterator[Fact]:
    """Tell of a region that was named in the place of a coordinate."""
    yield Fact(say("place_region"), record.code)
    parcel = [text for text in (record.standard_parcel, record.parcel_location) if text]
    if parcel:
        yield Fact(say("place_parcel"), say.listed(parcel))


def _known(known: Known, say: Texts) -> str:
    sides = (fact.partition(":") for fact in known.facts)
    told = say.listed([say(f"known_{side}", line=line) for side, _, line in sides])
    if known.by_words:
        return told + say("known_by_words")
    return told + say("known_share", layouts=known.layouts, of=known.of)


def _plain(value: float) -> str:
    return f"{value:.2f}" if abs(value) > 180 else f"{value:.7g}"
