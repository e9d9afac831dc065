"""What the OGC API serves: the regions of each use, and the lines that bound them."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from geo.model import Use
from geo.parcels import boundary_lines, flat_properties

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.parcels import Parcels

BOUNDARY_LINES: Final = "boundary_lines"
"""The collection of boundary lines; each other one has the name of its use."""

GEOMETRY: Final = "geometry"
"""What queries call the geometry; no property has this name."""

_JSON_TYPES: Final = {int: "integer", float: "number"}


@dataclass(frozen=True)
class Layer:
    """A collection of features.

    Attributes
    ----------
    name : str
    id_field : str
        The property that is the features' id.
    fields : dict of str to str
        JSON Schema type of each property, by name.
    properties : tuple of dict
        Of each feature, ordered by id; never changed.
    geometries : ndarray of shapely.Geometry, shape (n,)
        Of each feature, WGS84.
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


def layers_of(parcels: Parcels) -> tuple[Layer, ...]:
    """Make the collections of an edition.

    Returns
    -------
    tuple of Layer
        One a use that the edition has, then the boundary lines.
    """
    # A property has one type in all collections, though industrial land has no floor prices.
    fields = _fields([flat_properties(region) for region in parcels.regions])
    layers = []
    for use in Use:
        regions = [region for region in parcels.regions if region.use is use]
        if regions:
            properties = [flat_properties(region) for region in regions]
            shapes = [region.polygon for region in regions]
            layers.append(_layer(use.value, "code", fields, properties, shapes))
    lines = boundary_lines(parcels.regions, parcels.spellings)
    about = [
        {"name": line.name, "kind": line.kind, "accuracy_m": line.accuracy_m} for line in lines
    ]
    shapes = [line.geometry for line in lines]
    layers.append(_layer(BOUNDARY_LINES, "name", _fields(about), about, shapes))
    return tuple(layers)


def _layer(
    name: str,
    id_field: str,
    fields: dict[str, str],
    properties: Sequence[dict[str, Any]],
    shapes: Sequence[shapely.Geometry],
) -> Layer:
    # Enumerations, which are texts of a type of their own, become plain texts.
    plain = tuple(
        {key: str(value) if isinstance(value, str) else value for key, value in one.items()}
        for one in properties
    )
    return Layer(name, id_field, fields, plain, np.array(shapes, dtype=object))


def _fields(properties: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Find the JSON Schema type of each property from the values; an amount may be null."""
    return {
        name: next(
            (
                _JSON_TYPES.get(type(one[name]), "string")
                for one in properties
                if one[name] is not None
            ),
            "integer",  # the one property without any value is floor_price_cny_m2, in yuan
        )
        for name in properties[0]
    }
