"""Answers as JSON; the parts that no coordinate changes are encoded once."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any, Final

from app.web.models import (
    Alternative,
    Bound,
    Bounds,
    KnownFacts,
    Likely,
    NearestRegion,
    PastedCoordinate,
    PlaceInWords,
    Price,
    StandardParcel,
)
from geo.model import Certainty

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import BaseModel

    from app.web.models import PreviousPrice
    from geo.lookup.price import PriceResult
    from geo.lookup.result import Chance, Known, Question
    from geo.model import Region


_CERTAINTY: Final = {certainty: certainty.encode() for certainty in Certainty}
_BOOLEAN: Final = {True: b"true", False: b"false"}
_MAX_KEPT: Final = 1 << 12


class PriceEncoder:
    """Encodes `app.web.models.PriceAnswer`, many times as fast as the model itself."""

    def __init__(self, regions: Sequence[Region], previous: Mapping[str, PreviousPrice]) -> None:
        self._prices = {
            region.code: _price_template(region, previous.get(region.code)) for region in regions
        }
        self._nearest = {region.code: _nearest_template(region) for region in regions}
        # Points far and wide have the same regions.
        self._template = functools.lru_cache(_MAX_KEPT)(self._make_template)
        self._likely = {region.code: _likely(region) for region in regions}
        self._alternatives = {region.code: _alternative(region) for region in regions}

    def encode(self, result: PriceResult, edition: bytes) -> bytes:
        """Return the JSON of an answer, UTF-8, with that of its edition's `EditionSummary`."""
        template = self._template(
            tuple([price.region.code for price in result.prices]),
            tuple([one.region.code for one in result.nearest]),
        )
        asked = repr(result.lon), repr(result.lat), result.crs
        values: list[float | bytes] = [*(text.encode() for text in asked), edition]
        for _, distances_m, probability, certainty, drawn, likeliest, others in result.prices:
            values += distances_m
            values += (
                min(distances_m),
                probability,
                _CERTAINTY[certainty],
                _BOOLEAN[drawn],
                _BOOLEAN[likeliest],
                b",".join([self._alternatives[one.code] % share for one, share in others]),
            )
        for _, distance_m, probability, within in result.nearest:
            values += distance_m, probability, _BOOLEAN[within]
        values.append(b",".join([_chance(one) for one in result.chances]))
        values.append(b"null" if result.question is None else self._question(result.question))
        values.append(b"null" if result.known is None else _known(result.known))
        values.append(_words(result))
        values.append(_pasted(result))
        return template % tuple(values)

    def _question(self, question: Question) -> bytes:
        sides = [
            b'"%b":[%b]'
            % (
                side.encode(),
                b",".join([self._likely[one.code] % share for one, share in likeliest]),
            )
            for side, likeliest in question.sides
        ]
        line = json.dumps(question.line, ensure_ascii=False).encode()
        return b'{"line":%b,"sides":{%b}}' % (line, b",".join(sides))

    def _make_template(self, prices: tuple[str, ...], nearest: tuple[str, ...]) -> bytes:
        return b"".join(
            [
                b'{"query":{"lon":%b,"lat":%b,"crs":"%b"},"edition":%b,"covered":',
                _BOOLEAN[bool(prices)],
                b',"prices":[',
                b",".join([self._prices[code] for code in prices]),
                b'],"nearest":[',
                b",".join([self._nearest[code] for code in nearest]),
                b'],"chances":{%b},"question":%b,"known":%b,"words":%b,"pasted":%b}',
            ]
        )


def _alternative(region: Region) -> bytes:
    alternative = Alternative(
        code=region.code,
        ground_price_cny_m2=region.record.ground_price_cny_m2,
        floor_price_cny_m2=region.record.floor_price_cny_m2,
        probability=0.0,
    )
    return _template(alternative, {'"probability":0.0': '"probability":%.3f'})


def _likely(region: Region) -> bytes:
    likely = Likely(
        use=region.use.code,
        code=region.code,
        ground_price_cny_m2=region.record.ground_price_cny_m2,
        probability=0.0,
    )
    return _template(likely, {'"probability":0.0': '"probability":%.3f'})


def _chance(chance: Chance) -> bytes:
    low, high = chance.price_range_cny_m2 or (None, None)
    text = (
        f'"{chance.use.code}":{{"none_probability":{chance.none_probability:.3f},'
        f'"ground_price_low_cny_m2":{_number(low)},"ground_price_high_cny_m2":{_number(high)}}}'
    )
    return text.encode()


def _words(result: PriceResult) -> bytes:
    if result.at is None or result.whereabouts is None:
        return b"null"
    radius_m = round(result.whereabouts.radius_m, 1)
    return PlaceInWords(at=result.at, radius_m=radius_m).model_dump_json().encode()


def _pasted(result: PriceResult) -> bytes:
    if result.at is None or result.crs_stated is None:
        return b"null"
    return PastedCoordinate(at=result.at, crs_stated=result.crs_stated).model_dump_json().encode()


def _known(known: Known) -> bytes:
    return KnownFacts(**known._asdict()).model_dump_json().encode()


def _number(value: int | None) -> str:
    return "null" if value is None else str(value)


def _price_template(region: Region, previous: PreviousPrice | None) -> bytes:
    """Return the JSON of a region's price, to be filled with what depends on the point."""
    record = region.record
    bounds = {
        side.value: Bound(line=name, distance_m=0.0, accuracy_m=region.accuracy_m[side])
        for side, name in record.bounds
    }
    given: dict[str, Any] = {
        name: getattr(record, name) for name in Price.model_fields if hasattr(record, name)
    }
    price = Price(
        **given
        | {
            "use": record.use.code,
            "use_name": record.use.label,
            "bounds": Bounds(**bounds),
            "standard_parcel": StandardParcel(
                name=record.standard_parcel,
                location=record.parcel_location,
                area_m2=record.parcel_area_m2,
            ),
            "geometry_source": region.geometry_source,
            "placement": region.placement,
            "distance_to_boundary_m": 0.0,
            "probability": 0.0,
            "certainty": Certainty.INSIDE,
            "drawn": False,
            "likeliest": False,
            "alternatives": [],
            "previous": previous,
        }
    )
    return _template(
        price,
        {
            '"distance_m":0.0': '"distance_m":%.1f',
            '"distance_to_boundary_m":0.0': '"distance_to_boundary_m":%.1f',
            '"probability":0.0': '"probability":%.3f',
            '"certainty":"inside"': '"certainty":"%b"',
            '"drawn":false': '"drawn":%b',
            '"likeliest":false': '"likeliest":%b',
            '"alternatives":[]': '"alternatives":[%b]',
        },
    )


def _nearest_template(region: Region) -> bytes:
    nearest = NearestRegion(
        code=region.code,
        use=region.use.code,
        distance_m=0.0,
        probability=0.0,
        within_accuracy=False,
    )
    slots = {
        '"distance_m":0.0': '"distance_m":%.1f',
        '"probability":0.0': '"probability":%.3f',
        '"within_accuracy":false': '"within_accuracy":%b',
    }
    return _template(nearest, slots)


def _template(filled: BaseModel, slots: dict[str, str]) -> bytes:
    """Put slots in the place of blanks; none is in a text, whose quotation marks are escaped."""
    text = filled.model_dump_json().replace("%", "%%")
    for blank, slot in slots.items():
        text = text.replace(blank, slot)
    return text.encode()
