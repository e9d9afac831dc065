"""Lines with names in GeoJSON files that other people wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geo.crs import Crs, check_range
from geo.errors import CoordinateError

if TYPE_CHECKING:
    from collections.abc import Iterator

Positions = list[tuple[float, float]]
"""Longitude and latitude of the vertices of one piece of a line, WGS84 degrees."""


def read_line(feature: object) -> tuple[str, dict[str, Any], list[Positions]]:
    """Read a feature that must be a named line.

    Parameters
    ----------
    feature : object
        One member of ``features``.

    Returns
    -------
    name : str
    properties : dict
    pieces : list of Positions
        Heights are passed over (RFC 7946 allows them).

    Raises
    ------
    ValueError
        It is not a named line of WGS84 positions; the message says why.
    """
    if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict):
        raise ValueError("it has no properties")
    properties = feature["properties"]
    name = properties.get("name")
    if not (isinstance(name, str) and name):
        raise ValueError(f"name is {name!r}; it must be the line's name")
    geometry = feature.get("geometry")
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(geometry, dict) or kind not in {"LineString", "MultiLineString"}:
        raise ValueError(f"{name} is a {kind}; it must be a LineString or MultiLineString")
    parts = geometry.get("coordinates")
    parts = [parts] if kind == "LineString" else parts
    if not isinstance(parts, list) or not parts:
        raise ValueError(f"{name} has no coordinates")
    return name, properties, [list(_positions(name, part)) for part in parts]


def _positions(name: str, part: object) -> Iterator[tuple[float, float]]:
    if not isinstance(part, list) or len(part) < 2:
        raise ValueError(f"{name} has fewer than two positions")
    for position in part:
        numbers = position[:2] if isinstance(position, list) else []
        if len(numbers) < 2 or not all(type(n) in {int, float} for n in numbers):
            raise ValueError(f"{name} has the position {position!r}; it must be [lon, lat]")
        lon, lat = float(numbers[0]), float(numbers[1])
        try:
            check_range(lon=lon, lat=lat, crs=Crs.WGS84)
        except CoordinateError as error:
            raise ValueError(f"{name}: {error}") from error
        yield lon, lat
