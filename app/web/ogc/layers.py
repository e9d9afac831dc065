"""What the OGC API serves: regions of each use, their lines, and where they are likely to lie."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from geo.exports.formats import WGS84
from geo.exports.layers import AREAS_LAYER, area_layer, line_layer, use_layer
from geo.fields import FieldKind

if TYPE_CHECKING:
    from app.web.edition import LoadedEdition
    from geo.exports import layers as exports

BOUNDARY_LINES: Final = "boundary_lines"
"""The collection of boundary lines."""

GEOMETRY: Final = "geometry"
"""What queries call the geometry; no property has this name."""

_JSON_TYPES: Final = {
    FieldKind.TEXT: "string",
    FieldKind.INTEGER: "integer",
    FieldKind.REAL: "number",
}


@dataclass(frozen=True)
class Collection:
    """A collection of features.

    Attributes
    ----------
    name : str
    id_field : str
        The property that is the features' id.
    fields : dict of str to str
        JSON Schema type of each property, by name.
    properties : tuple of dict
        Properties of each feature, ordered by id; never changed.
    geometries : ndarray of shapely.Geometry, shape (n,)
        Geometry of each feature, WGS84.
    """

    name: str
    id_field: str
    fields: dict[str, str]
    properties: tuple[dict[str, Any], ...]
    geometries: np.ndarray[Any, np.dtype[np.object_]] = field(repr=False)

    @functools.cached_property
    def features(self) -> tuple[dict[str, Any], ...]:
        """The features as GeoJSON, for filters."""
        shapes = map(json.loads, shapely.to_geojson(self.geometries))
        return tuple(
            {"type": "Feature", "properties": properties, "geometry": shape}
            for properties, shape in zip(self.properties, shapes, strict=True)
        )

    @functools.cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north edge, WGS84 degrees."""
        west, south, east, north = (float(edge) for edge in shapely.total_bounds(self.geometries))
        return west, south, east, north


def layers_of(edition: LoadedEdition) -> tuple[Collection, ...]:
    """Return the collections of an edition: its uses, boundary lines, and areas by probability."""
    parcels = edition.parcels
    regions = (_served(use.code, "code", use_layer(parcels, use, WGS84)) for use in parcels.uses)
    lines = _served(BOUNDARY_LINES, "name", line_layer(parcels, WGS84))
    areas = _served(AREAS_LAYER, "area", area_layer(edition.areas, WGS84))
    return tuple(layer for layer in (*regions, lines, areas) if layer.properties)


def _served(name: str, id_field: str, layer: exports.Layer) -> Collection:
    # Enumerations, which are texts of a type of their own, become plain texts.
    plain = tuple(
        {key: str(value) if isinstance(value, str) else value for key, value in row.items()}
        for row in layer.rows
    )
    fields = {field.name: _JSON_TYPES[field.kind] for field in layer.fields}
    return Collection(name, id_field, fields, plain, np.array(layer.geometries, dtype=object))
