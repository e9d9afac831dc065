"""GeoJSON: read, and written as the same bytes for the same values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, TypeVar

import shapely

from geo.errors import NetworkError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


DECIMALS: Final = 7
"""Decimals of a stored coordinate in degrees: 11 mm."""
_EXACT_DECIMALS: Final = 11  # of a degree: about a micrometre

_G = TypeVar("_G", bound=shapely.Geometry)


def collection_text(members: Mapping[str, Any], features: Iterable[Mapping[str, Any]]) -> str:
    """Return a GeoJSON FeatureCollection as text (RFC 7946), the same bytes for the same values.

    Parameters
    ----------
    members : mapping
        Foreign members of the collection.
    features : iterable of mapping
        Features whose ``geometry`` is a shapely geometry in WGS84; coordinates are rounded to
        `DECIMALS` decimals.

    Returns
    -------
    str
        One line of text a feature, so that two versions can be compared line by line.
    """
    head = json.dumps({"type": "FeatureCollection", **members}, ensure_ascii=False, indent=1)
    lines = [
        json.dumps(
            {**feature, "geometry": _geometry(feature["geometry"])},
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for feature in features
    ]
    return head.removesuffix("\n}") + ',\n "features": [\n' + ",\n".join(lines) + "\n ]\n}\n"


def _geometry(geometry: shapely.Geometry) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shapely.to_geojson(rounded(geometry)))
    return found


def rounded(geometry: _G) -> _G:
    """Return a WGS84 geometry with coordinates as they are stored."""
    # Midpoints lie just between two stored coordinates, and processors differ in the last bit of a
    # sine: what differs by so little is made the same first.
    found: _G = shapely.transform(
        geometry, lambda degrees: degrees.round(_EXACT_DECIMALS).round(DECIMALS)
    )
    return found


def read_collection(path: Path) -> dict[str, Any]:
    """Read a GeoJSON FeatureCollection.

    Returns
    -------
    dict
        With a list as member ``features``.

    Raises
    ------
    NetworkError
        The file cannot be read, or is not such a collection.
    """
    try:
        collection = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise NetworkError(f"{path.name}: not readable as GeoJSON: {error}") from error
    if not isinstance(collection, dict) or not isinstance(collection.get("features"), list):
        raise NetworkError(f"{path.name}: not a GeoJSON FeatureCollection")
    return collection
