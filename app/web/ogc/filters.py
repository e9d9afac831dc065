"""CQL2 filters (OGC 21-065r2), read and evaluated by the library cql2."""

from __future__ import annotations

import itertools
import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import cql2
import shapely
from pygeofilter import ast  # type: ignore[import-untyped]

from app.web.ogc.crs import from_served
from app.web.ogc.layers import GEOMETRY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.web.ogc.layers import Collection

LANGUAGES: Final = ("cql2-text", "cql2-json")
"""Values of ``filter-lang``; the first is meant where there is none."""

# The parser of text recurses without a limit, and ends the process when the stack is full: at some
# 3 000 open brackets, or 10 000 characters of operators.
_LONGEST_TEXT: Final = 4_000
_DEEPEST: Final = 100


class FilterError(ValueError):
    """A filter that is not CQL2, or that does not fit the collection."""


@dataclass(frozen=True)
class Filter(ast.Node):  # type: ignore[misc]
    """A condition on features; a node of pygeofilter, because pygeoapi passes on nothing else.

    Attributes
    ----------
    condition : dict
        CQL2 JSON; geometries in WGS84, longitude before latitude.
    """

    condition: dict[str, Any]

    def get_sub_nodes(self) -> list[ast.Node]:
        """Return none, so that pygeoapi changes nothing."""
        return []

    def both(self, other: Filter | None) -> Filter:
        """Return the filter that holds where this one and another do."""
        if other is None:
            return self
        return Filter({"op": "and", "args": [self.condition, other.condition]})


def read_filter(text: str, language: str, crs: str) -> Filter:
    """Read a filter.

    Parameters
    ----------
    text : str
    language : str
        One of ``LANGUAGES``.
    crs : str
        URI of the CRS of its geometries.

    Raises
    ------
    FilterError
        The language is another, the text is not CQL2 in it, or a geometry has no place in the CRS.
    """
    if language not in LANGUAGES:
        raise FilterError(f"filter-lang must be {' or '.join(LANGUAGES)}.")
    if language == "cql2-text" and len(text) > _LONGEST_TEXT:
        raise FilterError(f"A filter in cql2-text has at most {_LONGEST_TEXT} characters.")
    if language == "cql2-text" and _depth(text) > _DEEPEST:
        raise FilterError(f"A filter has at most {_DEEPEST} brackets in one another.")
    parse = cql2.parse_json if language == "cql2-json" else cql2.parse_text
    try:
        condition: Any = parse(text).to_json()
    except Exception as error:  # ParseError, or what Rust raises for numbers out of range
        raise FilterError(f"The filter is not {language}.") from error
    if not isinstance(condition, dict) or "op" not in condition:
        raise FilterError("The filter is a value, not a condition.")
    try:
        return Filter(_in_wgs84(condition, crs))
    except RecursionError as error:
        raise FilterError("The filter is nested too deeply.") from error


def within(bbox: Sequence[float], crs: str) -> Filter:
    """Make the filter that a bbox in another CRS than WGS84 is.

    Parameters
    ----------
    bbox : sequence of float
        Lower and upper corner, each with or without a height.
    crs : str
        URI of its CRS.

    Raises
    ------
    FilterError
        The bbox has no place in the CRS.
    """
    if not all(map(math.isfinite, bbox)):
        raise FilterError("bbox must be finite.")
    half = len(bbox) // 2
    try:
        area = from_served(shapely.box(*bbox[:2], *bbox[half : half + 2]), crs)
    except ValueError as error:
        raise FilterError(f"The bbox is wrong: {error}") from error
    return Filter({"op": "s_intersects", "args": [{"property": GEOMETRY}, _geojson(area)]})


def matches(layer: Collection, wanted: Filter) -> list[bool]:
    """Evaluate a filter for every feature.

    Returns
    -------
    list of bool
        For each feature whether the filter holds; an unknown, the comparison with a null, does not.

    Raises
    ------
    FilterError
        The filter names a property that the collection does not have, compares what cannot be
        compared, or asks for what is not supported.
    """
    used = set(_properties(wanted.condition))
    unknown = sorted(used - {GEOMETRY, *layer.fields})
    if unknown:
        raise FilterError(f"There is no property {unknown[0][:40]!r}.")
    expression = cql2.Expr(wanted.condition)
    found = []
    for feature in layer.features:
        try:
            found.append(expression.matches(feature))
        except Exception as error:  # cql2's own is a bare Exception
            values = feature["properties"]
            if all(values.get(name, feature) is not None for name in used):
                raise FilterError("The filter compares what cannot be compared.") from error
            found.append(False)
    return found


def _depth(text: str) -> int:
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", "", text)
    steps = ((character == "(") - (character == ")") for character in bare)
    return max(itertools.accumulate(steps), default=0)


def _properties(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("property"), str):
            yield node["property"]
        else:
            for part in node.values():
                yield from _properties(part)
    elif isinstance(node, list):
        for part in node:
            yield from _properties(part)


def _in_wgs84(node: Any, crs: str) -> Any:  # noqa: ANN401 - any part of JSON
    if isinstance(node, list):
        return [_in_wgs84(part, crs) for part in node]
    if not isinstance(node, dict):
        return node
    try:
        if "bbox" in node and "op" not in node:
            west, south, east, north = map(float, node["bbox"])
            return _geojson(from_served(shapely.box(west, south, east, north), crs))
        if "coordinates" in node or "geometries" in node:
            return _geojson(from_served(shapely.from_geojson(json.dumps(node)), crs))
    except (ValueError, TypeError, LookupError, shapely.errors.ShapelyError) as error:
        raise FilterError(f"A geometry in the filter is wrong: {error}") from error
    return {name: _in_wgs84(part, crs) for name, part in node.items()}


def _geojson(geometry: shapely.Geometry) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shapely.to_geojson(geometry))
    return found
