"""What the tests of exports share: the shipped edition as files, and what must be in them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from pyproj import Transformer

from app.settings import Settings
from geo import open_edition
from geo.exports.areas import likely_areas
from geo.exports.formats import FORMATS
from geo.exports.writers import export_bytes
from geo.model import COMMERCIAL, INDUSTRIAL, RESIDENTIAL
from geo.parcels import flat_properties, read_parcels
from geo.symbology import read_price_classes
from tests.uses import USES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from geo.exports.areas import LikelyArea
    from geo.model import Use
    from geo.parcels import Parcels
    from geo.symbology import PriceClasses

COUNTS: Final = {COMMERCIAL: 27, RESIDENTIAL: 27, INDUSTRIAL: 12}
LAYERS: Final = (
    *(f"standard_regions_{use}" for use in USES),
    "boundary_lines",
    "standard_parcels",
)
GPKG_LAYERS: Final = (*LAYERS, "likely_areas")
MILLIMETRE_DEG: Final = 9e-9  # of latitude, the shorter


@functools.cache
def shipped() -> Parcels:
    """The shipped edition."""
    return read_parcels(Settings(data=Settings.model_fields["data"].default).parcels)


@functools.cache
def shipped_classes() -> dict[Use, PriceClasses]:
    """The shipped classes of price."""
    path = Settings(data=Settings.model_fields["data"].default).price_classes
    return read_price_classes(path, {key: [1000] for key in USES})


@functools.cache
def shipped_areas() -> tuple[LikelyArea, ...]:
    """Where the shipped regions lie by probability."""
    return likely_areas(open_edition().field)


@functools.cache
def exported(name: str, crs: str | None = None) -> bytes:
    """The shipped edition as a file, made once."""
    areas = shipped_areas() if name == "gpkg" else ()
    return export_bytes(shipped(), shipped_classes(), FORMATS[name], crs, areas)


def written(name: str, folder: Path, crs: str | None = None) -> Path:
    """The shipped edition as a file in a folder."""
    path = folder / FORMATS[name].file_name
    path.write_bytes(exported(name, crs))
    return path


def expected_rows(use: Use | None = None) -> dict[str, dict[str, Any]]:
    """Everything about each region but its geometry, by code."""
    return {r.code: flat_properties(r) for r in shipped().regions if use in {None, r.use}}


def check_rows(rows: Iterable[Mapping[str, Any]], use: Use | None = None) -> None:
    """Check that rows hold every attribute of every region, and nothing else."""
    found = {row["code"]: dict(row) for row in rows}
    assert found == expected_rows(use)


def check_polygons(
    polygons: Mapping[str, shapely.Polygon], use: Use | None = None, crs: str = "EPSG:4326"
) -> None:
    """Check that polygons by code are the regions' own, to a millimetre."""
    regions = {r.code: r for r in shipped().regions if use in {None, r.use}}
    assert polygons.keys() == regions.keys()
    for code, polygon in polygons.items():
        wanted = placed(regions[code].polygon, crs)
        tolerance = MILLIMETRE_DEG if degrees(crs) else 0.001
        assert shapely.equals_exact(polygon.normalize(), wanted.normalize(), tolerance), code


def degrees(crs: str) -> bool:
    """Whether coordinates are degrees."""
    return crs in {"EPSG:4326", "EPSG:4490"}


def placed(geometry: Any, crs: str) -> Any:  # noqa: ANN401 - of the same kind as it came
    """Project a WGS84 geometry by PROJ alone, x before y."""
    if degrees(crs):
        return geometry
    to_crs = Transformer.from_crs("EPSG:4490", crs, always_xy=True)
    return shapely.transform(geometry, lambda p: np.column_stack(to_crs.transform(*p.T)))


def crossings() -> dict[str, shapely.Point]:
    """Where the standard parcels are, WGS84, by code of the region."""
    return {
        r.code: shapely.Point(r.parcel_crossing) for r in shipped().regions if r.parcel_crossing
    }


def check_position(point: shapely.Point, code: str, crs: str) -> None:
    """Check that a standard parcel is where it belongs, with nothing swapped."""
    west_m = {"EPSG:4547": 490_000, "EPSG:4526": 38_490_000}.get(crs)
    if west_m is None:
        assert 113 < point.x < 115
        assert 32 < point.y < 34
    else:
        assert west_m < point.x < west_m + 20_000
        assert 3_640_000 < point.y < 3_665_000
    tolerance = MILLIMETRE_DEG if degrees(crs) else 0.001
    assert shapely.equals_exact(point, placed(crossings()[code], crs), tolerance)
