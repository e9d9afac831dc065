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
from geo.fields import AREA_FIELDS, FieldKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.web.edition import LoadedEdition
    from geo.exports import layers as exports
    from geo.fields import Field

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
    bounds : tuple of float
        West, south, east and north edge, WGS84 degrees.
    load : callable
        Returns the features; called when they are first needed, for some take seconds to make.
    """

    name: str
    id_field: str
    fields: dict[str, str]
    bounds: tuple[float, float, float, float]
    load: Callable[[], exports.Layer] = field(repr=False)

    def __deepcopy__(self, _: object) -> Collection:
        """Return itself: pygeoapi copies its configuration, and features are made once."""
        return self

    @functools.cached_property
    def _layer(self) -> exports.Layer:
        return self.load()

    @functools.cached_property
    def properties(self) -> tuple[dict[str, Any], ...]:
        """Properties of each feature, ordered by id; never changed."""
        # Enumerations, which are texts of a type of their own, become plain texts.
        return tuple(
            {key: str(value) if isinstance(value, str) else value for key, value in row.items()}
            for row in self._layer.rows
        )

    @functools.cached_property
    def geometries(self) -> np.ndarray[Any, np.dtype[np.object_]]:
        """Geometry of each feature, WGS84, shape (n,)."""
        return np.array(self._layer.geometries, dtype=object)

    @functools.cached_property
    def features(self) -> tuple[dict[str, Any], ...]:
        """The features as GeoJSON, for filters."""
        shapes = map(json.loads, shapely.to_geojson(self.geometries))
        return tuple(
            {"type": "Feature", "properties": properties, "geometry": shape}
            for properties, shape in zip(self.properties, shapes, strict=True)
        )


def layers_of(edition: LoadedEdition) -> tuple[Collection, ...]:
    """Return the collections of an edition: its uses, boundary lines, and areas by probability."""
    parcels = edition.parcels
    regions = (_served(use.code, "code", use_layer(parcels, use, WGS84)) for use in parcels.uses)
    lines = _served(BOUNDARY_LINES, "name", line_layer(parcels, WGS84))
    found = [layer for layer in (*regions, lines) if layer is not None]
    if edition.field.layouts is not None:
        areas = Collection(
            AREAS_LAYER,
            "area",
            _types_of(AREA_FIELDS),
            edition.field.reach,
            lambda: area_layer(edition.areas, WGS84),
        )
        found.append(areas)
    return tuple(found)


def _served(name: str, id_field: str, layer: exports.Layer) -> Collection | None:
    if not layer.rows:
        return None
    west, south, east, north = shapely.total_bounds(list(layer.geometries)).tolist()
    return Collection(
        name, id_field, _types_of(layer.fields), (west, south, east, north), lambda: layer
    )


def _types_of(fields: Iterable[Field]) -> dict[str, str]:
    return {field.name: _JSON_TYPES[field.kind] for field in fields}
