"""Answers a price query from an edition: the same for HTTP and the command line."""

from __future__ import annotations

import functools
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import shapely

from app.models import (
    Alternative,
    Bound,
    Bounds,
    EditionFacts,
    EditionSummary,
    NearestRegion,
    Price,
    PriceAnswer,
    Query,
    StandardParcel,
)
from geo.crs import check_range, to_wgs84
from geo.errors import CoordinateError, NoEditionError
from geo.index import Match, RegionIndex
from geo.parcels import Parcels, read_parcels
from geo.records import Use

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from geo.crs import Crs


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

    @functools.cached_property
    def facts(self) -> EditionFacts:
        """What the edition says of itself."""
        return EditionFacts(**asdict(self.parcels.edition))

    @functools.cached_property
    def summary(self) -> EditionSummary:
        """What every answer repeats of it."""
        fields = set(EditionSummary.model_fields)
        return EditionSummary(**self.facts.model_dump(include=fields))


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


def answer_price(
    edition: LoadedEdition,
    *,
    lon: float,
    lat: float,
    crs: Crs,
    use: Use | None = None,
    as_of: date | None = None,
) -> PriceAnswer:
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
    PriceAnswer

    Raises
    ------
    CoordinateError
        The coordinate is not finite, out of the range of its system, or has its two numbers
        swapped.
    NoEditionError
        No edition was in force on that day.
    """
    check_in_force(edition, as_of)
    check_coordinate(edition, lon=lon, lat=lat, crs=crs)
    at_lon, at_lat = to_wgs84(lon=lon, lat=lat, crs=crs)
    at_lat = min(max(at_lat, -90.0), 90.0)  # BD-09 shifts the poles themselves by metres
    uses = list(Use) if use is None else [use]
    matches = [m for m in edition.index.matches(lon=at_lon, lat=at_lat) if m.region.use in uses]
    covered = {match.region.use for match in matches}
    nearest = edition.index.nearest(
        lon=at_lon, lat=at_lat, uses=[use for use in uses if use not in covered]
    )
    return PriceAnswer(
        query=Query(lon=lon, lat=lat, crs=crs),
        edition=edition.summary,
        covered=bool(matches),
        prices=[_price(match) for match in matches],
        nearest=[
            NearestRegion(
                code=found.region.code,
                use=found.region.use,
                distance_m=round(found.distance_m, 1),
                within_accuracy=found.within_accuracy,
            )
            for found in nearest
        ],
    )


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
    at_lon, at_lat = to_wgs84(lon=lon, lat=lat, crs=crs)
    west, south, east, north = edition.extent
    return west <= at_lon <= east and south <= at_lat <= north


def _price(match: Match) -> Price:
    region, record = match.region, match.region.record
    bounds = {
        side.value: Bound(
            line=name,
            distance_m=round(match.distance_m[side], 1),
            accuracy_m=region.accuracy_m[side],
        )
        for side, name in record.bounds
    }
    return Price(
        code=record.code,
        use=record.use,
        use_name=record.use.label,
        ground_price_cny_m2=record.ground_price_cny_m2,
        floor_price_cny_m2=record.floor_price_cny_m2,
        plot_ratio=record.plot_ratio,
        tenure_years=record.tenure_years,
        right_type=record.right_type,
        development=record.development,
        bounds=Bounds(**bounds),
        standard_parcel=StandardParcel(
            name=record.standard_parcel,
            location=record.parcel_location,
            area_m2=record.parcel_area_m2,
        ),
        geometry_source=region.geometry_source,
        placement=region.placement,
        distance_to_boundary_m=round(match.distance_to_boundary_m, 1),
        certainty=match.certainty,
        alternatives=[
            Alternative(
                code=other.code,
                ground_price_cny_m2=other.record.ground_price_cny_m2,
                floor_price_cny_m2=other.record.floor_price_cny_m2,
            )
            for other in match.alternatives
        ],
    )
