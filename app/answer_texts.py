"""Answers as JSON text, whose parts that no coordinate changes are encoded once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.models import Alternative, Bound, Bounds, NearestRegion, Price, StandardParcel
from geo.index import Certainty

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pydantic import BaseModel

    from app.models import EditionSummary
    from geo.crs import Crs
    from geo.index import Match, Nearest
    from geo.parcels import Region


class AnswerTexts:
    """The text of `app.models.PriceAnswer`, many times as fast as by the model itself.

    Parameters
    ----------
    regions : sequence of Region
    edition : EditionSummary
    """

    def __init__(self, regions: Sequence[Region], edition: EditionSummary) -> None:
        self._edition = edition.model_dump_json()
        self._prices = {region.code: _price_template(region) for region in regions}
        self._alternatives = {region.code: _alternative(region) for region in regions}
        self._nearest = {region.code: _nearest_template(region) for region in regions}

    def answer(
        self,
        lon: float,
        lat: float,
        crs: Crs,
        matches: Sequence[Match],
        nearest: Iterable[Nearest],
    ) -> str:
        """Return the JSON of an answer.

        Parameters
        ----------
        lon, lat : float
            As they were asked for, in `crs`.
        crs : Crs
        matches : sequence of Match
        nearest : iterable of Nearest

        Returns
        -------
        str
        """
        prices = ",".join(map(self._price, matches))
        others = ",".join(map(self._near, nearest))
        return (
            f'{{"query":{{"lon":{lon!r},"lat":{lat!r},"crs":"{crs}"}},'
            f'"edition":{self._edition},"covered":{"true" if prices else "false"},'
            f'"prices":[{prices}],"nearest":[{others}]}}'
        )

    def _price(self, match: Match) -> str:
        code = match.region.code
        alternatives = ",".join([self._alternatives[other.code] for other in match.alternatives])
        distances_m = match.distances_m
        return self._prices[code] % (*distances_m, min(distances_m), match.certainty, alternatives)

    def _near(self, nearest: Nearest) -> str:
        within = "true" if nearest.within_accuracy else "false"
        return self._nearest[nearest.region.code] % (nearest.distance_m, within)


def _alternative(region: Region) -> str:
    return Alternative(
        code=region.code,
        ground_price_cny_m2=region.record.ground_price_cny_m2,
        floor_price_cny_m2=region.record.floor_price_cny_m2,
    ).model_dump_json()


def _price_template(region: Region) -> str:
    """Return the JSON of a region's price, to be filled with what depends on the point."""
    record = region.record
    bounds = {
        side.value: Bound(line=name, distance_m=0.0, accuracy_m=region.accuracy_m[side])
        for side, name in record.bounds
    }
    price = Price(
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
        distance_to_boundary_m=0.0,
        certainty=Certainty.INSIDE,
        alternatives=[],
    )
    return _template(
        price,
        {
            '"distance_m":0.0': '"distance_m":%.1f',
            '"distance_to_boundary_m":0.0': '"distance_to_boundary_m":%.1f',
            '"certainty":"inside"': '"certainty":"%s"',
            '"alternatives":[]': '"alternatives":[%s]',
        },
    )


def _nearest_template(region: Region) -> str:
    nearest = NearestRegion(code=region.code, use=region.use, distance_m=0.0, within_accuracy=False)
    slots = {
        '"distance_m":0.0': '"distance_m":%.1f',
        '"within_accuracy":false': '"within_accuracy":%s',
    }
    return _template(nearest, slots)


def _template(filled: BaseModel, slots: dict[str, str]) -> str:
    """Put slots in the place of blanks; none is in a text, whose quotation marks are escaped."""
    text = filled.model_dump_json().replace("%", "%%")
    for blank, slot in slots.items():
        text = text.replace(blank, slot)
    return text
