"""Answers a price query from an edition: the same for HTTP and the command line."""

from __future__ import annotations

import functools
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

import shapely

from app.answer_texts import AnswerTexts
from app.models import EditionFacts, EditionSummary, PriceAnswer
from geo.crs import Crs, check_range, to_wgs84
from geo.errors import CoordinateError, NoEditionError
from geo.index import RegionIndex
from geo.parcels import Parcels, read_parcels

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from geo.records import Use

DISTRIBUTION: Final = "zhumadian-landprice"

CACHE_CONTROL: Final = "public, max-age=300"
"""An edition holds for a year; five minutes after its file was replaced all caches know."""


@dataclass(frozen=True)
class LoadedEdition:
    """An edition that is ready to answer.

    Attributes
    ----------
    parcels : Parcels
    index : RegionIndex
    """

    parcels: Parcels
    index: RegionIndex

    @functools.cached_property
    def extent(self) -> tuple[float, float, float, float]:
        """West, south, east and north edge of all regions, WGS84 degrees."""
        bounds = shapely.total_bounds([region.polygon for region in self.parcels.regions])
        west, south, east, north = (float(edge) for edge in bounds)
        return west, south, east, north

    def holds(self, lon: float, lat: float) -> bool:
        """Tell whether a place, WGS84 degrees, lies in the extent."""
        west, south, east, north = self.extent
        return west <= lon <= east and south <= lat <= north

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


def load_edition(path: Path) -> LoadedEdition:
    """Read an edition from ``parcels.geojson``.

    Parameters
    ----------
    path : Path

    Returns
    -------
    LoadedEdition

    Raises
    ------
    ParcelsError
        The file is missing or damaged.
    """
    parcels = read_parcels(path)
    return LoadedEdition(parcels, RegionIndex(parcels.regions))


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
    edition : LoadedEdition
    lon, lat : float
        In `crs`; for a projected one the easting and the northing in metres.
    crs : Crs
    use : Use or None
        Only this use; None for all.
    as_of : date or None
        The day the price must be in force; None for the edition at hand.

    Returns
    -------
    bytes
        The JSON of a `PriceAnswer`, UTF-8.

    Raises
    ------
    CoordinateError
        The coordinate is not finite, out of the range of its system, or has its two numbers
        swapped.
    NoEditionError
        No edition was in force on that day.
    """
    check_in_force(edition, as_of)
    at_lon, at_lat = to_wgs84(lon=lon, lat=lat, crs=crs)
    if crs is not Crs.WGS84 or not edition.holds(at_lon, at_lat):
        check_coordinate(edition, lon=lon, lat=lat, crs=crs)
    at_lat = min(max(at_lat, -90.0), 90.0)  # BD-09 shifts the poles themselves by metres
    matches, nearest = edition.index.look_up(lon=at_lon, lat=at_lat, use=use)
    return edition.texts.answer(lon, lat, crs, matches, nearest)


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


def check_in_force(edition: LoadedEdition, as_of: date | None) -> None:
    """Refuse a day on which no edition was in force.

    Parameters
    ----------
    edition : LoadedEdition
    as_of : date or None
        None for the edition at hand.

    Raises
    ------
    NoEditionError
        It is before the first edition.
    """
    effective_from = edition.parcels.edition.effective_from
    if as_of is not None and as_of < effective_from:
        raise NoEditionError(
            f"as_of is {as_of}, but the first edition is in force from {effective_from}."
        )


def check_coordinate(edition: LoadedEdition, *, lon: float, lat: float, crs: Crs) -> None:
    """Refuse a coordinate that cannot be meant.

    Parameters
    ----------
    edition : LoadedEdition
    lon, lat : float
        In `crs`.
    crs : Crs

    Raises
    ------
    CoordinateError
        It is not finite, out of the range of its system, or would lie in the city with its two
        numbers swapped.
    """
    if not _within(edition, lon, lat, crs) and _within(edition, lat, lon, crs):
        raise CoordinateError(
            f"lon is {lon} and lat is {lat}; swapped they lie in {edition.parcels.edition.city}, so"
            f" give lon={lat} and lat={lon}.",
            code="lon_lat_swapped",
            field="lon",
        )
    check_range(lon=lon, lat=lat, crs=crs)


def _within(edition: LoadedEdition, lon: float, lat: float, crs: Crs) -> bool:
    """Tell whether a coordinate, right or wrong, lies in the extent of the regions."""
    try:
        check_range(lon=lon, lat=lat, crs=crs)
    except CoordinateError:
        return False
    return edition.holds(*to_wgs84(lon=lon, lat=lat, crs=crs))
