"""Answers a price query from an edition: the same for HTTP and the command line."""

from __future__ import annotations

import functools
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from app.web.models import EditionFacts, EditionSummary, PriceAnswer
from app.web.price_json import AnswerTexts
from geo.lookup.edition import OpenEdition
from geo.lookup.price import price_at

if TYPE_CHECKING:
    from datetime import date

    from geo.crs import Crs
    from geo.model import Use

DISTRIBUTION: Final = "zhumadian-landprice"

CACHE_CONTROL: Final = "public, max-age=300"
"""An edition holds for a year; five minutes after its file was replaced all caches know."""


class LoadedEdition(OpenEdition):
    """An edition that is ready to answer over HTTP."""

    @functools.cached_property
    def facts(self) -> EditionFacts:
        """What the edition says of itself."""
        return EditionFacts(**asdict(self.parcels.edition))

    @functools.cached_property
    def summary(self) -> EditionSummary:
        """What every answer repeats of it."""
        fields = set(EditionSummary.model_fields)
        return EditionSummary(**self.facts.model_dump(include=fields))

    @functools.cached_property
    def etag(self) -> str:
        """Strong entity tag of every answer from it: with the URL, data and software decide it."""
        return f'"{self.parcels.sha256[:16]}-{version(DISTRIBUTION)}"'

    @functools.cached_property
    def headers(self) -> dict[str, str]:
        """Headers of every answer from it, by which it may be kept."""
        return {"etag": self.etag, "cache-control": CACHE_CONTROL}

    @functools.cached_property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The same as ASGI has them."""
        return [(name.encode(), value.encode()) for name, value in self.headers.items()]

    @functools.cached_property
    def texts(self) -> AnswerTexts:
        """Its answers as JSON."""
        return AnswerTexts(self.index.regions, self.summary)


def answer_json(
    edition: LoadedEdition,
    *,
    lon: float,
    lat: float,
    crs: Crs,
    use: Use | None = None,
    as_of: date | None = None,
) -> bytes:
    """Answer what the standard land price is at a coordinate.

    Parameters
    ----------
    edition, lon, lat, crs, use, as_of
        As of `price_at`.

    Returns
    -------
    bytes
        The JSON of a `PriceAnswer`, UTF-8.

    Raises
    ------
    CoordinateError, NoEditionError
        As `price_at`.
    """
    return edition.texts.answer(price_at(edition, lon=lon, lat=lat, crs=crs, use=use, as_of=as_of))


def answer_price(
    edition: LoadedEdition,
    *,
    lon: float,
    lat: float,
    crs: Crs,
    use: Use | None = None,
    as_of: date | None = None,
) -> PriceAnswer:
    """Do the same as `answer_json`; return an object.

    Parameters
    ----------
    edition, lon, lat, crs, use, as_of
        As there.

    Returns
    -------
    PriceAnswer

    Raises
    ------
    CoordinateError, NoEditionError
        As there.
    """
    text = answer_json(edition, lon=lon, lat=lat, crs=crs, use=use, as_of=as_of)
    return PriceAnswer.model_validate_json(text)
