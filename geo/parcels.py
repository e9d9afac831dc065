"""``data/parcels.geojson``: the one file that lookup, maps and exports read.

Written by ``landprice build``, one file an edition. It is validated exhaustively when it is built
(``geo.build.checks``) and cheaply when it is read.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from datetime import date  # noqa: TC003 - pydantic resolves it
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import shapely
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, create_model
from shapely import MultiPolygon, Polygon

from geo import fields
from geo.atomic.together import read_together
from geo.crs import Crs, gauss_kruger
from geo.errors import ParcelsError
from geo.fields import FieldKind
from geo.geojson import collection_text
from geo.model import (
    REGION_CODE,
    STANDARD_USES,
    Edition,
    FourBounds,
    GeometrySource,
    Placement,
    Record,
    Region,
    Side,
    Use,
    uses_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SCHEMA_VERSIONS: Final = ("1.1", "1.2", "1.3")
"""Since 1.2, columns that a city does not print are null, ``uses`` may list uses of its own, and
regions may have holes and several parts. Since 1.3, an edition may say until when it is valid."""

GAZETTE_FOLDER: Final = "gazette"
PARCELS_FILE: Final = "parcels.geojson"
NETWORK_FILE: Final = "network.geojson"
"""What is built together, beside ``layouts.parquet``."""

_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""What no name has, and no XML, map or sheet can show."""

_PACKAGE: Final = Path(__file__).resolve().parent

INSTALLED_DATA: Final = _PACKAGE / "data"
"""The shipped folder inside an installed package, where nothing is written; a checkout has none."""

SHIPPED_DATA: Final = INSTALLED_DATA if INSTALLED_DATA.is_dir() else _PACKAGE.parent / "data"
"""The folder that comes with the program: in an installed package, or in the checkout."""


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
        Checksum of the file this was read from; empty before it is written.
    own_uses : tuple of Use
        Uses that the edition's metadata list, in their order.
    """

    edition: Edition
    regions: tuple[Region, ...]
    attribution: str
    inputs: dict[str, str]
    spellings: dict[str, str]
    sha256: str = ""
    own_uses: tuple[Use, ...] = ()

    @property
    def uses(self) -> tuple[Use, ...]:
        """The uses that have regions, in the order of answers."""
        return uses_of((region.use for region in self.regions), (*self.own_uses, *STANDARD_USES))

    @property
    def metric_crs(self) -> Crs:
        """The Gauss-Kruger zone in which the regions' middle lies."""
        west, _, east, _ = shapely.total_bounds([region.polygon for region in self.regions])
        return gauss_kruger(lon=float(west + east) / 2)

    @property
    def prices_cny_m2(self) -> dict[Use, list[int]]:
        """Ground prices of each use, yuan per m² of land."""
        prices: dict[Use, list[int]] = {use: [] for use in self.uses}
        for region in self.regions:
            prices[region.use].append(region.record.ground_price_cny_m2)
        return prices


def parcels_text(parcels: Parcels) -> str:
    """Return the content as GeoJSON text, the same bytes for the same content."""
    members = {
        "schema_version": _schema_version(parcels),
        "edition": {
            key: str(value) for key, value in asdict(parcels.edition).items() if value is not None
        },
        "attribution": parcels.attribution,
        "inputs": dict(sorted(parcels.inputs.items())),
        "spellings": dict(sorted(parcels.spellings.items())),
        **({"uses": [asdict(use) for use in parcels.own_uses]} if parcels.own_uses else {}),
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


def _schema_version(parcels: Parcels) -> str:
    """Return the oldest version of the schema that has all that is there."""
    oldest, with_own_columns, newest = SCHEMA_VERSIONS
    if parcels.edition.valid_to is not None:
        return newest
    since_1_1 = [f.name for f in fields.GAZETTE_FIELDS if f.name != "floor_price_cny_m2"]
    plain = all(getattr(r.record, name) is not None for r in parcels.regions for name in since_1_1)
    first = {"commercial", "residential", "industrial"}
    plain &= not any(shapely.get_num_interior_rings(r.polygon) for r in parcels.regions)
    plain &= all(isinstance(r.polygon, Polygon) for r in parcels.regions)
    if plain and not parcels.own_uses and {use.code for use in parcels.uses} <= first:
        return oldest
    return with_own_columns


def flat_properties(region: Region) -> dict[str, Any]:
    """Return everything about a region but its geometry, as the file's flat properties."""
    record = asdict(region.record)
    del record["bounds"]
    del record["use"]
    head = {"code": record.pop("code"), "use": region.use.code, "use_name": region.use.label}
    return {
        **head,
        **{f"bound_{side}": name for side, name in region.record.bounds},
        **record,
        "geometry_source": region.geometry_source,
        "placement": region.placement,
        **{f"accuracy_{side}_m": region.accuracy_m[side] for side in Side},
    }


def _printable(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("it has a control character")
    return text


_Text = Annotated[str, AfterValidator(_printable)]
_Name = Annotated[_Text, Field(min_length=1)]
_Accuracy = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Position = tuple[Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


_KINDS: Final[dict[FieldKind, Any]] = {
    FieldKind.TEXT: _Name,
    FieldKind.REAL: Annotated[float, Field(gt=0, allow_inf_nan=False)],
    FieldKind.INTEGER: Annotated[int, Field(gt=0)],
}
_TYPES: Final[dict[str, Any]] = {
    "code": Annotated[str, Field(pattern=f"^{REGION_CODE}$")],
    "use": Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")],
    "geometry_source": GeometrySource,
    "placement": Placement,
    **{f"accuracy_{side}_m": _Accuracy for side in Side},
}
"""Types of the fields that hold something else than any text or positive number."""


def _type(field: fields.Field) -> Any:  # noqa: ANN401 - a type
    found = _TYPES.get(field.name, _KINDS[field.kind])
    return found | None if field.optional else found


_DEFINITIONS: Final[dict[str, Any]] = {
    field.name: (_type(field), ...) for field in fields.REGION_FIELDS
}
if TYPE_CHECKING:
    _PropertiesModel = _Strict
else:
    _PropertiesModel = create_model("_PropertiesModel", __base__=_Strict, **_DEFINITIONS)


def _closed(ring: list[_Position]) -> list[_Position]:
    if ring[0] != ring[-1]:
        raise ValueError("the ring is not closed")
    return ring


_Ring = Annotated[list[_Position], Field(min_length=4), AfterValidator(_closed)]
_Rings = Annotated[list[_Ring], Field(min_length=1)]


class _PolygonModel(_Strict):
    type: Literal["Polygon"]
    coordinates: _Rings


class _MultiPolygonModel(_Strict):
    type: Literal["MultiPolygon"]
    coordinates: Annotated[list[_Rings], Field(min_length=1)]


class _FeatureModel(_Strict):
    type: Literal["Feature"]
    id: str
    properties: _PropertiesModel
    corners: tuple[int, int, int, int]
    parcel_crossing: _Position | None
    geometry: Annotated[_PolygonModel | _MultiPolygonModel, Field(discriminator="type")]


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
    valid_to: date | None = None


class _UseModel(_Strict):
    code: _Name
    label: _Name
    title_en: _Name
    colours: _Name
    tenure_years: int | None
    floor_price: bool
    other_names: tuple[str, ...]


class _CollectionModel(_Strict):
    type: Literal["FeatureCollection"]
    schema_version: Literal[SCHEMA_VERSIONS]  # type: ignore[valid-type]
    edition: _EditionModel
    attribution: _Text
    inputs: dict[str, str]
    spellings: dict[_Text, _Text]
    uses: list[_UseModel] = []
    features: Annotated[list[_FeatureModel], Field(min_length=1)]


def read_parcels(path: Path) -> Parcels:
    """Read ``parcels.geojson``, with the checks that are cheap.

    What a build has written last is read, also before it is in its place.

    Raises
    ------
    ParcelsError
        The file is missing, is not JSON, or a value is not what the schema says; one sentence
        names the first value at fault.
    """
    return read_together(path, _read_parcels)


def _read_parcels(path: Path) -> Parcels:
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
    own_uses = tuple(Use(**use.model_dump()) for use in collection.uses)
    regions = tuple(_regions(path, collection.features, own_uses))
    codes = [region.code for region in regions]
    if codes != sorted(set(codes)):
        raise ParcelsError(f"{path.name} is damaged: the codes are not unique and in order")
    for region, feature in zip(regions, collection.features, strict=True):
        problem = shape_problem(region)
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
        own_uses=own_uses,
    )


def _first_problem(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    tags = {"Polygon", "MultiPolygon"}  # of a union, which the file does not have
    place = ".".join(str(part) for part in first["loc"] if part not in tags)
    value = json.dumps(first["input"], ensure_ascii=False, default=str)
    shown = value if len(value) <= 60 else value[:57] + "..."
    return f"{place or 'the file'}: {first['msg']} (it is {shown})"


def _regions(
    path: Path, features: Sequence[_FeatureModel], own_uses: Sequence[Use]
) -> Iterator[Region]:
    uses = {use.code: use for use in (*STANDARD_USES, *own_uses)}
    named: dict[tuple[str, str], Use] = {}  # one object a use
    for feature in features:
        values = feature.properties.model_dump()
        code, name = values.pop("use"), values.pop("use_name")
        if code not in uses:
            raise ParcelsError(
                f"{path.name} is damaged: {feature.id}: its use {code!r} is not among the uses"
            )
        if (code, name) not in named:
            named[code, name] = uses[code].called(name)
        yield _region(feature, values, named[code, name])


def _region(feature: _FeatureModel, values: dict[str, Any], use: Use) -> Region:
    bounds = FourBounds(**{side.value: values.pop(f"bound_{side}") for side in Side})
    accuracy_m = {side: values.pop(f"accuracy_{side}_m") for side in Side}
    source, placement = values.pop("geometry_source"), values.pop("placement")
    return Region(
        record=Record(use=use, bounds=bounds, **values),
        polygon=_polygon(feature.geometry),
        corners=feature.corners,
        geometry_source=source,
        placement=placement,
        accuracy_m=accuracy_m,
        parcel_crossing=feature.parcel_crossing,
    )


def _polygon(geometry: _PolygonModel | _MultiPolygonModel) -> Polygon | MultiPolygon:
    if isinstance(geometry, _PolygonModel):
        shell, *holes = geometry.coordinates
        return Polygon(shell, holes)
    return MultiPolygon([Polygon(shell, holes) for shell, *holes in geometry.coordinates])


def shape_problem(region: Region) -> str | None:
    """Find what keeps a polygon from having four sides; None if nothing does."""
    ring = shapely.get_coordinates(region.main_ring)
    if region.corners[0] != 0 or list(region.corners) != sorted({*region.corners}):
        return f"corners are {region.corners}; they must start at 0 and increase"
    if region.corners[-1] >= len(ring) - 1:
        return f"corners are {region.corners}; the ring has only {len(ring) - 1} positions"
    if not shapely.is_ccw(region.main_ring):
        return "the ring runs clockwise"
    return None
