"""A pale base map of the city's own: roads, rails, water and green from OpenStreetMap data.

``landprice basemap import`` makes it once; it lies beside the city's data and needs no other host.
"""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyogrio
import shapely

from geo.geojson import collection_text
from maps.errors import MapError
from maps.interactive.base_maps import OWN_ATTRIBUTION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import geopandas

_SUFFIXES: Final = (".osm", ".pbf")
_DECIMALS: Final = 5  # of a degree: 1.1 m
_SIMPLER_DEG: Final = 0.00002  # 2 m
_LEAST_DEG2: Final = 2e-8  # some 200 m²: a pond or lawn that is smaller shows nothing

_HIGHWAYS: Final = {
    "major": ("motorway", "trunk", "primary", "motorway_link", "trunk_link", "primary_link"),
    "middle": ("secondary", "tertiary", "secondary_link", "tertiary_link"),
    "minor": ("residential", "unclassified", "living_street", "pedestrian", "road"),
}
_RAILWAYS: Final = ("rail", "light_rail", "narrow_gauge")
_WATERWAYS: Final = ("river", "canal", "stream")
_WATER: Final = {"natural": ("water", "bay"), "landuse": ("reservoir", "basin")}
_GREEN: Final = {
    "leisure": ("park", "garden", "golf_course", "nature_reserve", "common"),
    "landuse": ("forest", "grass", "recreation_ground", "cemetery", "meadow", "village_green"),
    "natural": ("wood", "scrub", "grassland", "heath"),
}
KINDS: Final = ("water", "green", "minor", "middle", "major", "rail")
"""What it shows, from the lowest."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Something on the base map.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    name : str
        As signs on the spot have it; empty if it has none.
    geometry : shapely.Geometry
        WGS84.
    """

    kind: str
    name: str
    geometry: shapely.Geometry


def read_osm(path: Path, box: tuple[float, float, float, float]) -> list[Shape]:
    """Read what a base map shows from OpenStreetMap data.

    Parameters
    ----------
    path : Path
        ``.osm`` or ``.osm.pbf``.
    box : tuple of float
        West, south, east and north edge of the city, WGS84 degrees; all else is cut off.

    Returns
    -------
    list of Shape
        From the lowest up.

    Raises
    ------
    MapError
        The file cannot be read, or has nothing in the box.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise MapError(f"{path} is no OpenStreetMap data: it must end in .osm or .osm.pbf")
    frame = shapely.box(*box)
    cut: dict[tuple[str, str, int], list[shapely.Geometry]] = {}
    for shape in (*_lines(path), *_areas(path)):
        part = _cut(shape.geometry, frame)
        if not part.is_empty:
            cut.setdefault((shape.kind, shape.name, part.geom_type), []).append(part)
    found = [
        Shape(kind, name, whole)
        for (kind, name, _), parts in cut.items()
        if not (whole := _joined(parts)).is_empty
    ]
    if not found:
        west, south, east, north = box
        raise MapError(
            f"{path} has no roads, rails, water or green in {west:.3f} to {east:.3f} east and"
            f" {south:.3f} to {north:.3f} north, where the city is"
        )
    return sorted(
        found, key=lambda shape: (KINDS.index(shape.kind), shape.name, shape.geometry.wkt)
    )


def basemap_text(shapes: list[Shape]) -> str:
    """Return a base map as GeoJSON text, the same bytes for the same shapes."""
    features = (
        {
            "type": "Feature",
            "properties": {"kind": shape.kind, **({"name": shape.name} if shape.name else {})},
            "geometry": shape.geometry,
        }
        for shape in shapes
    )
    return collection_text({"attribution": OWN_ATTRIBUTION}, features)


def read_basemap(path: Path) -> list[Shape]:
    """Read a base map that `basemap_text` made; none if there is no such file.

    Raises
    ------
    MapError
        It is damaged.
    """
    if not path.exists():
        return []
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return [
            Shape(
                feature["properties"]["kind"],
                feature["properties"].get("name", ""),
                shapely.geometry.shape(feature["geometry"]),
            )
            for feature in content["features"]
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MapError(
            f"{path.name} is damaged: make it anew with landprice basemap import"
        ) from error


def _read(path: Path, layer: str, columns: list[str]) -> geopandas.GeoDataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of rings that GDAL cannot close, which are left out
        try:
            return pyogrio.read_dataframe(path, layer=layer, columns=columns, on_invalid="ignore")
        except pyogrio.errors.DataSourceError as error:
            raise MapError(f"{path} cannot be read as OpenStreetMap data") from error


def _lines(path: Path) -> Iterator[Shape]:
    kind_of = {value: kind for kind, values in _HIGHWAYS.items() for value in values}
    frame = _read(path, "lines", ["name", "highway", "railway", "waterway"])
    for row in _rows(frame):
        kind = kind_of.get(row["highway"])
        if row["railway"] in _RAILWAYS:
            kind = "rail"
        elif row["waterway"] in _WATERWAYS:
            kind = "water"
        if kind is not None:
            yield Shape(kind, row["name"], row["geometry"])


def _areas(path: Path) -> Iterator[Shape]:
    frame = _read(path, "multipolygons", ["name", "natural", "leisure", "landuse"])
    for row in _rows(frame):
        for kind, tags in (("water", _WATER), ("green", _GREEN)):
            if any(row[key] in values for key, values in tags.items()):
                yield Shape(kind, row["name"], row["geometry"])
                break


def _rows(frame: geopandas.GeoDataFrame) -> Iterator[dict[str, Any]]:
    for row in frame.fillna({"name": ""}).to_dict("records"):
        if row["geometry"] is not None and not row["geometry"].is_empty:
            yield row


def _joined(parts: list[shapely.Geometry]) -> shapely.Geometry:
    """Return the parts of what has one name as one shape, lines as long as they go."""
    whole = shapely.union_all(parts)
    return shapely.line_merge(whole) if shapely.get_dimensions(whole) == 1 else whole


def _cut(geometry: shapely.Geometry, frame: shapely.Geometry) -> shapely.Geometry:
    """Return what of a shape lies in a frame, no finer than a screen shows."""
    is_area = shapely.get_dimensions(geometry) == 2
    sound = shapely.make_valid(geometry) if is_area else geometry
    cut = shapely.simplify(shapely.intersection(sound, frame), _SIMPLER_DEG)
    parts = shapely.get_parts(cut)
    parts = parts[shapely.get_dimensions(parts) == (2 if is_area else 1)]
    if is_area:
        parts = parts[shapely.area(parts) >= _LEAST_DEG2]
        whole: shapely.Geometry = shapely.multipolygons(parts)
    else:
        whole = shapely.multilinestrings(parts)
    rounded: shapely.Geometry = shapely.transform(whole, lambda at: at.round(_DECIMALS))
    return rounded
