"""``data/parcels.geojson``: the one file that lookup, maps and exports read.

Written by ``landprice build``, one file an edition. It is validated exhaustively when it is built
(``check_parcels``) and cheaply when it is read.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date  # noqa: TC003 - pydantic resolves it
from enum import StrEnum
from itertools import combinations
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar

import numpy as np
import shapely
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from shapely import Polygon

from geo.crs import to_metric
from geo.errors import ParcelsError
from geo.geojson import collection_text
from geo.model import RING_ORDER, Edition, FourBounds, Record, Side, Use
from geo.network.files import GeometrySource  # noqa: TC001 - pydantic resolves it

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SCHEMA_VERSION: Final = "1.1"

_G = TypeVar("_G", bound=shapely.Geometry)


class Placement(StrEnum):
    """Whether facts fix a region's position to better than its own size."""

    TIED = "tied"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class Region:
    """A standard price region (标定区域): its record and its polygon.

    Attributes
    ----------
    record : Record
    polygon : Polygon
        WGS84, counterclockwise from its south-west corner.
    corners : tuple of (int, int, int, int)
        Indices of the ring's south-west, south-east, north-east and north-west corner: where its
        south, east, north and west side begin.
    geometry_source : GeometrySource
    placement : Placement
    accuracy_m : dict of Side to float
        How far each side may be off.
    parcel_crossing : tuple of (float, float) or None
        WGS84 longitude and latitude of the crossing at which the standard parcel lies; None if
        its location names no crossing that the network has.
    """

    record: Record
    polygon: Polygon
    corners: tuple[int, int, int, int]
    geometry_source: GeometrySource
    placement: Placement
    accuracy_m: dict[Side, float]
    parcel_crossing: tuple[float, float] | None

    @property
    def code(self) -> str:
        """The region's code."""
        return self.record.code

    @property
    def use(self) -> Use:
        """The region's use."""
        return self.record.use

    def side(self, side: Side) -> shapely.LineString:
        """Return one side of the polygon, WGS84, counterclockwise."""
        ring = shapely.get_coordinates(self.polygon.exterior)
        ends = (*self.corners, len(ring) - 1)
        k = RING_ORDER.index(side)
        return shapely.LineString(ring[ends[k] : ends[k + 1] + 1])


@dataclass(frozen=True, slots=True)
class Parcels:
    """The content of ``parcels.geojson``.

    Attributes
    ----------
    edition : Edition
    regions : tuple of Region
        Sorted by code.
    attribution : str
    inputs : dict of str to str
        SHA-256 of each input file, by name.
    spellings : dict of str to str
        The one name of a line, by each other spelling of it among the bounds.
    sha256 : str
        Of the file this was read from; empty before it is written.
    """

    edition: Edition
    regions: tuple[Region, ...]
    attribution: str
    inputs: dict[str, str]
    spellings: dict[str, str]
    sha256: str = ""


def parcels_text(parcels: Parcels) -> str:
    """Return the content as GeoJSON text, the same bytes for the same content."""
    members = {
        "schema_version": SCHEMA_VERSION,
        "edition": {key: str(value) for key, value in asdict(parcels.edition).items()},
        "attribution": parcels.attribution,
        "inputs": dict(sorted(parcels.inputs.items())),
        "spellings": dict(sorted(parcels.spellings.items())),
    }
    features = (
        {
            "type": "Feature",
            "id": region.code,
            "properties": flat_properties(region),
            "corners": region.corners,
            "parcel_crossing": region.parcel_crossing,
            "geometry": region.polygon,
        }
        for region in parcels.regions
    )
    return collection_text(members, features)


def flat_properties(region: Region) -> dict[str, Any]:
    """Return everything about a region but its geometry, as the file's flat properties."""
    record = asdict(region.record)
    del record["bounds"]
    head = {"code": record.pop("code"), "use": record.pop("use"), "use_name": region.use.label}
    return {
        **head,
        **{f"bound_{side}": name for side, name in region.record.bounds},
        **record,
        "geometry_source": region.geometry_source,
        "placement": region.placement,
        **{f"accuracy_{side}_m": region.accuracy_m[side] for side in Side},
    }


_Name = Annotated[str, Field(min_length=1)]
_Amount = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Price = Annotated[int, Field(gt=0)]
_Accuracy = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Position = tuple[Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _PropertiesModel(_Strict):
    code: Annotated[str, Field(pattern=r"^\d{6}[A-Z]\d{5}$")]
    use: Use
    use_name: _Name
    bound_east: _Name
    bound_west: _Name
    bound_south: _Name
    bound_north: _Name
    standard_parcel: _Name
    parcel_location: _Name
    right_type: _Name
    parcel_area_m2: _Amount
    plot_ratio: _Amount
    development: _Name
    tenure_years: _Price
    ground_price_cny_m2: _Price
    floor_price_cny_m2: _Price | None
    geometry_source: GeometrySource
    placement: Placement
    accuracy_east_m: _Accuracy
    accuracy_west_m: _Accuracy
    accuracy_south_m: _Accuracy
    accuracy_north_m: _Accuracy


def _closed(ring: list[_Position]) -> list[_Position]:
    if ring[0] != ring[-1]:
        raise ValueError("the ring is not closed")
    return ring


_Ring = Annotated[list[_Position], Field(min_length=5), AfterValidator(_closed)]


class _GeometryModel(_Strict):
    type: Literal["Polygon"]
    coordinates: Annotated[list[_Ring], Field(min_length=1, max_length=1)]


class _FeatureModel(_Strict):
    type: Literal["Feature"]
    id: str
    properties: _PropertiesModel
    corners: tuple[int, int, int, int]
    parcel_crossing: _Position | None
    geometry: _GeometryModel


class _EditionModel(_Strict):
    city: _Name
    admin_code: _Name
    title: _Name
    document: _Name
    valuation_date: date
    effective_from: date
    publisher: _Name
    map_title: Annotated[str, Field(pattern=r"\{use\}")]
    map_compiler: _Name
    map_date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")]


class _CollectionModel(_Strict):
    type: Literal["FeatureCollection"]
    schema_version: Literal["1.1"]
    edition: _EditionModel
    attribution: str
    inputs: dict[str, str]
    spellings: dict[str, str]
    features: Annotated[list[_FeatureModel], Field(min_length=1)]


def read_parcels(path: Path) -> Parcels:
    """Read ``parcels.geojson``, with the checks that are cheap.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Parcels

    Raises
    ------
    ParcelsError
        The file is missing, is not JSON, or a value is not what the schema says; one sentence
        names the first value at fault.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ParcelsError(
            f"{path.name} cannot be read ({error.strerror}): run landprice build"
        ) from error
    try:
        collection = _CollectionModel.model_validate_json(content)
    except ValidationError as error:
        raise ParcelsError(f"{path.name} is damaged: {_first_problem(error)}") from error
    regions = tuple(_region(feature) for feature in collection.features)
    codes = [region.code for region in regions]
    if codes != sorted(set(codes)):
        raise ParcelsError(f"{path.name} is damaged: the codes are not unique and in order")
    for region, feature in zip(regions, collection.features, strict=True):
        problem = _shape_problem(region)
        if feature.id != region.code:
            problem = f"its id is {feature.id}"
        if problem:
            raise ParcelsError(f"{path.name} is damaged: {region.code}: {problem}")
    return Parcels(
        edition=Edition(**collection.edition.model_dump()),
        regions=regions,
        attribution=collection.attribution,
        inputs=collection.inputs,
        spellings=collection.spellings,
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _first_problem(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    value = json.dumps(first["input"], ensure_ascii=False, default=str)
    shown = value if len(value) <= 60 else value[:57] + "..."
    return f"{place or 'the file'}: {first['msg']} (it is {shown})"


def _region(feature: _FeatureModel) -> Region:
    values = feature.properties.model_dump()
    bounds = FourBounds(**{side.value: values.pop(f"bound_{side}") for side in Side})
    accuracy_m = {side: values.pop(f"accuracy_{side}_m") for side in Side}
    source, placement = values.pop("geometry_source"), values.pop("placement")
    del values["use_name"]
    return Region(
        record=Record(bounds=bounds, **values),
        polygon=Polygon(feature.geometry.coordinates[0]),
        corners=feature.corners,
        geometry_source=source,
        placement=placement,
        accuracy_m=accuracy_m,
        parcel_crossing=feature.parcel_crossing,
    )


def _shape_problem(region: Region) -> str | None:
    """Find what keeps a polygon from having four sides; None if nothing does."""
    ring = shapely.get_coordinates(region.polygon.exterior)
    if region.corners[0] != 0 or list(region.corners) != sorted({*region.corners}):
        return f"corners are {region.corners}; they must start at 0 and increase"
    if region.corners[-1] >= len(ring) - 1:
        return f"corners are {region.corners}; the ring has only {len(ring) - 1} positions"
    if not shapely.is_ccw(region.polygon.exterior):
        return "the ring runs clockwise"
    return None


def check_parcels(regions: Sequence[Region]) -> list[str]:
    """Check everything that must hold of the polygons, however long it takes.

    Parameters
    ----------
    regions : sequence of Region

    Returns
    -------
    list of str
        What does not hold, in words. Overlaps within a use are not among them: an edition may
        overlap by its own text (see ``overlaps``).
    """
    problems = []
    for region in regions:
        if not region.polygon.is_valid:
            reason = shapely.is_valid_reason(region.polygon)
            problems.append(f"{region.code}: the polygon is not valid: {reason}")
        if shape := _shape_problem(region):
            problems.append(f"{region.code}: {shape}")
    broken = {problem.split(":")[0] for problem in problems}  # their edges cannot be judged
    for use in Use:
        layer = [r for r in regions if r.use is use and r.code not in broken]
        overlapping = {code for one, two, _ in overlaps(layer) for code in (one, two)}
        clean = [region for region in layer if region.code not in overlapping]
        edges = shapely.coverage_invalid_edges(np.array([r.polygon for r in clean], dtype=object))
        problems.extend(
            f"{region.code}: an edge does not match its neighbour's"
            for region, edge in zip(clean, edges, strict=True)
            if not edge.is_empty
        )
    return problems


def too_small(regions: Sequence[Region]) -> list[str]:
    """Name the regions that have no room for their standard parcel, in words."""
    return [
        f"{region.code} has {area_m2:.0f} m², its standard parcel"
        f" {region.record.parcel_area_m2:.0f} m²"
        for region in regions
        if (area_m2 := region_area_m2(region)) <= region.record.parcel_area_m2
    ]


def overlaps(regions: Sequence[Region]) -> list[tuple[str, str, float]]:
    """Find regions of one use that overlap.

    Parameters
    ----------
    regions : sequence of Region

    Returns
    -------
    list of (str, str, float)
        Codes of the two, and the area they share in m² (EPSG:4547).
    """
    found = []
    for one, two in combinations(regions, 2):
        if one.use is two.use and one.polygon.relate_pattern(two.polygon, "T********"):
            shared = metric(one.polygon.intersection(two.polygon))
            found.append((one.code, two.code, float(shared.area)))
    return found


def region_area_m2(region: Region) -> float:
    """Return a region's area in m², EPSG:4547."""
    return float(metric(region.polygon).area)


def metric(geometry: _G) -> _G:
    """Project a WGS84 geometry to EPSG:4547, in metres."""
    projected: _G = shapely.transform(
        geometry, lambda lon, lat: to_metric(lon=lon, lat=lat), interleaved=False
    )
    return projected
