"""The layers that an edition is exported as, in the coordinate system that was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import shapely

from geo.crs import Crs, from_wgs84
from geo.exports.formats import CGCS2000, WGS84
from geo.fields import AREA_FIELDS, LINE_FIELDS, PARCEL_FIELDS, REGION_FIELDS
from geo.network.boundary_lines import boundary_lines
from geo.parcels import flat_properties

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.exports.areas import LikelyArea
    from geo.fields import Field
    from geo.model import Region, Use
    from geo.parcels import Parcels

GEOMETRY_COLUMN: Final = "geom"
LINES_LAYER: Final = "boundary_lines"
PARCELS_LAYER: Final = "standard_parcels"
AREAS_LAYER: Final = "likely_areas"

POSITION: Final = (
    "公告所述路口，并非测量的宗地位置 The crossing stated in words, not a surveyed parcel"
)
"""What the point of a standard parcel is."""

_METRIC_DECIMALS: Final = 4  # 0.1 mm, so that all platforms write the same digits


@dataclass(frozen=True, slots=True)
class Layer:
    """A table with one geometry a row.

    Attributes
    ----------
    name : str
        For programs.
    title_zh, title_en : str
    crs : str
        CRS of the geometries, as ``EPSG:4490``; x is always the longitude or easting.
    geometry_type : {"Polygon", "MultiPolygon", "MultiLineString", "Point"}
    fields : tuple of Field
    rows : tuple of dict
        Values by field name.
    geometries : tuple of Geometry
        One a row.
    use : Use or None
        Use of all its regions.
    """

    name: str
    title_zh: str
    title_en: str
    crs: str
    geometry_type: Literal["Polygon", "MultiPolygon", "MultiLineString", "Point"]
    fields: tuple[Field, ...]
    rows: tuple[dict[str, Any], ...]
    geometries: tuple[shapely.Geometry, ...]
    use: Use | None = None

    @property
    def title(self) -> str:
        """Its title in Chinese and English."""
        return f"{self.title_zh} {self.title_en}"


def all_layers(parcels: Parcels, crs: str) -> tuple[Layer, ...]:
    """Return the regions by use, the boundary lines, and the standard parcels that have a place.

    Parameters
    ----------
    parcels : Parcels
    crs : str
        One of those that a format of `geo.exports.formats` can have.

    Returns
    -------
    tuple of Layer
        None of them empty.
    """
    layers = (
        *(use_layer(parcels, use, crs) for use in parcels.uses),
        line_layer(parcels, crs),
        _parcel_layer(parcels, crs),
    )
    return tuple(layer for layer in layers if layer.rows)


def use_layer(parcels: Parcels, use: Use, crs: str) -> Layer:
    """Return the regions of a use, of which there may be none."""
    regions = tuple(region for region in parcels.regions if region.use == use)
    titles = (f"{use.label}标定区域", f"{use.title_en} standard price regions")
    return _regions(f"standard_regions_{use}", titles, regions, crs, use)


def line_layer(parcels: Parcels, crs: str) -> Layer:
    """Return the boundary lines of all regions."""
    lines = boundary_lines(parcels.regions, parcels.spellings)
    return Layer(
        LINES_LAYER,
        "标定区域界线",
        "Boundary lines",
        crs,
        "MultiLineString",
        LINE_FIELDS,
        tuple({"name": li.name, "kind": li.kind, "accuracy_m": li.accuracy_m} for li in lines),
        tuple(projected(line.geometry, crs) for line in lines),
    )


def area_layer(areas: Sequence[LikelyArea], crs: str) -> Layer:
    """Return where regions lie with some probability, the likelier above the less likely."""
    ordered = sorted(areas, key=lambda one: one.at_least)
    return Layer(
        AREAS_LAYER,
        "标定区域概率范围",
        "Where regions lie, by probability",
        crs,
        "MultiPolygon",
        AREA_FIELDS,
        tuple(_area_row(one) for one in ordered),
        tuple(projected(one.area, crs) for one in ordered),
    )


def region_layer(parcels: Parcels, crs: str) -> Layer:
    """Return the regions of all uses in one layer."""
    return _regions(
        "standard_regions", ("标定区域", "Standard price regions"), parcels.regions, crs
    )


def projected(geometry: shapely.Geometry, crs: str) -> shapely.Geometry:
    """Return a WGS84 geometry in another coordinate system, x before y.

    Parameters
    ----------
    geometry : Geometry
    crs : str
        CGCS2000 degrees are taken as equal to WGS84, see `geo.crs`.
    """
    if crs in {WGS84, CGCS2000}:
        return geometry
    system = Crs(crs.lower())

    def project(lon_lat: np.ndarray[Any, np.dtype[np.float64]]) -> Any:  # noqa: ANN401
        lon, lat = lon_lat.T
        points = np.column_stack(from_wgs84(lon=lon.copy(), lat=lat.copy(), crs=system))
        return points.round(_METRIC_DECIMALS)

    found: shapely.Geometry = shapely.transform(geometry, project)
    return found


def _regions(
    name: str,
    titles: tuple[str, str],
    regions: tuple[Region, ...],
    crs: str,
    use: Use | None = None,
) -> Layer:
    shapes = [region.polygon for region in regions]
    several = any(isinstance(shape, shapely.MultiPolygon) for shape in shapes)
    if several:  # a layer has one type
        shapes = [shapely.MultiPolygon(list(shapely.get_parts(shape))) for shape in shapes]
    return Layer(
        name,
        *titles,
        crs,
        "MultiPolygon" if several else "Polygon",
        REGION_FIELDS,
        tuple(flat_properties(region) for region in regions),
        tuple(projected(shape, crs) for shape in shapes),
        use,
    )


def _parcel_layer(parcels: Parcels, crs: str) -> Layer:
    placed = [region for region in parcels.regions if region.parcel_crossing is not None]
    return Layer(
        PARCELS_LAYER,
        "标准宗地（公告所述路口）",
        "Standard parcels, at the crossings stated in words",
        crs,
        "Point",
        PARCEL_FIELDS,
        tuple(_parcel_row(region) for region in placed),
        tuple(projected(shapely.Point(region.parcel_crossing), crs) for region in placed),
    )


def _area_row(one: LikelyArea) -> dict[str, Any]:
    values = flat_properties(one.region) | {
        "area": f"{one.region.code}-{one.at_least:.0%}",
        "probability_at_least": one.at_least,
    }
    return {field.name: values[field.name] for field in AREA_FIELDS}


def _parcel_row(region: Region) -> dict[str, Any]:
    values = flat_properties(region) | {"position": POSITION}
    return {field.name: values[field.name] for field in PARCEL_FIELDS}
