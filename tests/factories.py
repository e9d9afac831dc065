"""Values of the domain for tests: a synthetic city's edition and regions, and points."""

from __future__ import annotations

import functools
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from shapely import Polygon

from app.web.models import PriceAnswer
from app.web.served import Served
from geo.crs import Crs
from geo.editions.catalogue import Catalogue
from geo.editions.folder import Publication
from geo.editions.manifest import Manifest
from geo.errors import CoordinateError
from geo.lookup.price import price_at
from geo.lookup.table import DEFAULT_COLUMNS, ERROR_COLUMNS, Column
from geo.model import (
    COMMERCIAL,
    INDUSTRIAL,
    Edition,
    FourBounds,
    GeometrySource,
    Placement,
    Record,
    Region,
    Side,
    Use,
)
from geo.parcels import PARCELS_FILE
from tests.uses import USES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from app.web.edition import LoadedEdition

Ring = list[tuple[float, float]]

LON: Final = 114.0127
LAT: Final = 32.9930
"""A place in two regions of the shipped edition, WGS84."""

REGION_PROPERTIES: Final = [
    "code",
    "use",
    "use_name",
    "bound_east",
    "bound_west",
    "bound_south",
    "bound_north",
    "standard_parcel",
    "parcel_location",
    "right_type",
    "parcel_area_m2",
    "plot_ratio",
    "development",
    "tenure_years",
    "ground_price_cny_m2",
    "floor_price_cny_m2",
    "geometry_source",
    "placement",
    "accuracy_east_m",
    "accuracy_west_m",
    "accuracy_south_m",
    "accuracy_north_m",
]
"""Of a region in parcels.geojson, in order."""

EDITION: Final = Edition(
    city="虚构市",
    admin_code="999900",
    title="虚构市标定地价公示信息表",
    document="虚政〔2030〕1号",
    valuation_date=date(2030, 1, 1),
    effective_from=date(2030, 4, 1),
    publisher="虚构市自然资源和规划局",
    map_title="虚构市{use}标定区域与标定地价图",
    map_compiler="虚构市自然资源和规划局",
    map_date="2030-03",
)

_RECORD: Final = Record(
    code="999900S50001",
    use=COMMERCIAL,
    bounds=FourBounds(east="乙路", west="甲路", south="一街", north="二街"),
    standard_parcel="虚构宗地",
    parcel_location="甲路与一街交叉口东北角",
    right_type="出让",
    parcel_area_m2=3298.21,
    plot_ratio=2.4,
    development="七通一平",
    tenure_years=40,
    ground_price_cny_m2=4260,
    floor_price_cny_m2=1775,
)


def record(code: str, **changed: Any) -> Record:  # noqa: ANN401 - what a record has
    """Make a row of the synthetic city's table; industrial land has no price of floors."""
    if changed.get("use") is INDUSTRIAL:
        changed = {"floor_price_cny_m2": None, **changed}
    return replace(_RECORD, code=code, **changed)


def rectangle(*, lon: float, lat: float, width: float = 0.01, height: float = 0.01) -> Ring:
    """Return the corners of a rectangle from its south-west one, counterclockwise, in degrees."""
    east, north = round(lon + width, 7), round(lat + height, 7)
    return [(lon, lat), (east, lat), (east, north), (lon, north)]


def region(
    code: str,
    ring: Ring,
    *,
    corners: tuple[int, int, int, int] = (0, 1, 2, 3),
    **changed: Any,  # noqa: ANN401 - what a record has
) -> Region:
    """Make a region of the synthetic city, by the end of its code and its ring, WGS84."""
    row = record(f"999900{code}", **changed)
    return Region(
        record=row,
        polygon=Polygon(ring),
        corners=corners,
        geometry_source=GeometrySource.SCHEMATIC,
        placement=Placement.TIED,
        accuracy_m={Side.EAST: 10.0, Side.WEST: 25.0, Side.SOUTH: 3.5, Side.NORTH: 1200.0},
        parcel_crossing=ring[0] if row.use is COMMERCIAL else None,
    )


def places(
    edition: LoadedEdition, count: int, *, seed: int = 3, margin_deg: float = 0.01
) -> npt.NDArray[np.float64]:
    """Return places in and around all regions, WGS84, shape (count, 2), six decimals."""
    west, south, east, north = edition.extent
    rng = np.random.default_rng(seed)
    lon = rng.uniform(west - margin_deg, east + margin_deg, count)
    lat = rng.uniform(south - margin_deg, north + margin_deg, count)
    return np.column_stack([lon, lat]).round(6)


def edition_facts(edition: LoadedEdition) -> dict[str, str]:
    """Return what a table of answers says of its edition."""
    facts = edition.parcels.edition
    return {
        "id": facts.id,
        "valuation_date": str(facts.valuation_date),
        "effective_from": str(facts.effective_from),
        "document": facts.document,
        "city": facts.city,
        "admin_code": facts.admin_code,
        "title": facts.title,
        "publisher": facts.publisher,
    }


@functools.cache
def alone(edition: LoadedEdition) -> Served:
    """Return what a service of one edition serves."""
    facts = edition.parcels.edition
    manifest = Manifest(
        number=0,
        published_at=None,
        default_city=facts.admin_code,
        editions={facts.id: {PARCELS_FILE: edition.parcels.sha256 or "0" * 64}},
    )
    return Served(Publication(manifest, Catalogue.of([edition])))


def answer_at(
    edition: LoadedEdition,
    *,
    lon: float,
    lat: float,
    crs: Crs = Crs.WGS84,
    use: Use | None = None,
    as_of: date | None = None,
) -> PriceAnswer:
    """Return the answer for one point as the service encodes it."""
    result = price_at(edition, lon=lon, lat=lat, crs=crs, use=use, as_of=as_of)
    return PriceAnswer.model_validate_json(alone(edition).encode(edition, result, as_of))


def answer_row(
    edition: LoadedEdition,
    *,
    lon: float,
    lat: float,
    crs: Crs = Crs.WGS84,
    uses: Sequence[Use] = tuple(USES),
    columns: Sequence[Column] = DEFAULT_COLUMNS,
) -> dict[str, Any]:
    """Return the answer for one point as the columns that a table of many gets."""
    row: dict[str, Any] = {f"{use}_{column}": None for use in uses for column in columns}
    row |= dict.fromkeys(ERROR_COLUMNS)
    try:
        answer = answer_at(edition, lon=lon, lat=lat, crs=crs)
    except CoordinateError as error:
        return {**row, "error": error.code, "error_message": str(error)}
    own = [column for column in columns if column is not Column.NONE_PROBABILITY]
    for price in reversed(answer.prices):  # the first last, which is kept
        if price.use in {use.code for use in uses}:
            row |= {f"{price.use}_{column}": getattr(price, column) for column in own}
    if len(own) < len(columns):
        row |= {
            f"{use}_none_probability": answer.chances[use.code].none_probability for use in uses
        }
    return row
