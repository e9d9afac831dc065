"""Boundary lines as files: centrelines an operator hands in, and the network that was built."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely import LineString, MultiLineString

from geo.crs import Crs, from_wgs84
from geo.errors import NetworkError
from geo.geojson import collection_text, read_collection
from geo.model import Axis, GeometrySource, LineKind
from geo.network.evidence import ObservedLine
from geo.network.named_lines import read_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from geo.network.named_lines import Positions

CENTRELINE_ACCURACY_M: Final = 10.0
"""How far a boundary may lie from a digitised centreline whose file states no ``accuracy_m``: about
half a carriageway, as digitised from imagery."""


@dataclass(frozen=True, slots=True)
class Line:
    """A boundary line.

    Attributes
    ----------
    name : str
    kind : LineKind
    axis : Axis
    accuracy_m : float
        How far the true line may be from this one, across its axis, wherever it bounds a region.
    source : str
        What holds it in place: centrelines, control points, or order alone.
    geometry : LineString
        WGS84.
    """

    name: str
    kind: LineKind
    axis: Axis
    accuracy_m: float
    source: str
    geometry: LineString


@dataclass(frozen=True, slots=True)
class GivenLine:
    """A centreline that the operator hands in; it is drawn as it is given.

    Attributes
    ----------
    name : str
        Canonical name.
    geometry : LineString
        WGS84.
    accuracy_m : float
    attribution : str
        Whom its file says to credit.
    """

    name: str
    geometry: LineString
    accuracy_m: float
    attribution: str = ""

    def as_evidence(self, crs: Crs) -> ObservedLine:
        """Return the line as evidence for the lines around it, in a Gauss-Kruger zone."""
        lon, lat = shapely.get_coordinates(self.geometry).T
        piece = np.column_stack(from_wgs84(lon=lon.copy(), lat=lat.copy(), crs=crs))
        return ObservedLine(self.name, (piece,), self.accuracy_m, "given centreline")


def _check_crs(path: Path, collection: Mapping[str, Any]) -> None:
    """Refuse the member ``crs`` of older GeoJSON, if it is not WGS84 or CGCS2000 degrees."""
    member = collection.get("crs")
    if member is None:
        return
    try:
        declared = CRS.from_user_input(member["properties"]["name"])
    except (CRSError, KeyError, TypeError):
        raise NetworkError(f"{path.name}: its member crs names no coordinate system") from None
    if declared.to_authority() not in {("OGC", "CRS84"), ("EPSG", "4326"), ("EPSG", "4490")}:
        raise NetworkError(
            f"{path.name}: it is in {declared.name}; lines must be in WGS84, to which landprice"
            " network import brings them"
        )


def read_centrelines(path: Path, aliases: Mapping[str, str]) -> dict[str, GivenLine]:
    """Read surveyed or digitised centrelines.

    Parameters
    ----------
    path : Path
        A GeoJSON FeatureCollection in WGS84 of LineStrings and MultiLineStrings with the property
        ``name`` and, if known, ``accuracy_m``. Features of one name are pieces of one line. A
        member ``attribution`` says whom to credit.
    aliases : mapping of str to str
        Other spellings, to the canonical name.

    Returns
    -------
    dict of str to GivenLine
        By canonical name.

    Raises
    ------
    NetworkError
        The file is not such a collection; it is a schematic network, which is inferred and must
        not come back as surveyed; or the pieces of a line do not join. All such features are
        named.
    """
    collection = read_collection(path)
    refuse_schematic(path, collection)
    _check_crs(path, collection)
    attribution = str(collection.get("attribution") or "")
    pieces: dict[str, list[LineString]] = {}
    accuracies_m: dict[str, float] = {}
    problems = []
    if not collection["features"]:
        raise NetworkError(f"{path.name}: it has no features; it must hold the lines")
    for number, feature in enumerate(collection["features"], start=1):
        try:
            name, parts, accuracy_m = _read_feature(feature)
        except ValueError as error:
            problems.append(f"{path.name}, feature {number}: {error}")
            continue
        name = aliases.get(name, name)
        pieces.setdefault(name, []).extend(parts)
        accuracies_m[name] = max(accuracy_m, accuracies_m.get(name, 0.0))
    given = {}
    for name, parts in pieces.items():
        joined = shapely.line_merge(MultiLineString(parts))
        if joined.geom_type == "LineString" and not joined.is_simple:
            problems.append(f"{path.name}: {name} runs over itself")
        elif joined.geom_type == "LineString":
            given[name] = GivenLine(name, joined, accuracies_m[name], attribution)
        else:
            count = shapely.get_num_geometries(joined)
            problems.append(f"{path.name}: {name} is in {count} pieces that do not join end to end")
    if problems:
        raise NetworkError("\n".join(problems))
    return given


def refuse_schematic(path: Path, collection: Mapping[str, Any]) -> None:
    """Refuse a network that says of itself that it was inferred.

    Parameters
    ----------
    path : Path
    collection : mapping
        Its content.

    Raises
    ------
    NetworkError
        It is such a network: taken as surveyed, it would replace itself.
    """
    if collection.get("geometry_source") == GeometrySource.SCHEMATIC:
        raise NetworkError(
            f"{path.name}: geometry_source is schematic: an inferred network is no survey and"
            " cannot replace itself"
        )


def _read_feature(feature: object) -> tuple[str, list[LineString], float]:
    name, properties, pieces = read_line(feature)
    accuracy_m = properties.get("accuracy_m")
    if accuracy_m is None:
        accuracy_m = CENTRELINE_ACCURACY_M
    return name, _strings(name, pieces), _metres(name, accuracy_m)


def _metres(name: str, accuracy_m: Any) -> float:  # noqa: ANN401 - whatever a file has there
    if type(accuracy_m) not in {int, float} or not 0 <= accuracy_m < math.inf:
        raise ValueError(f"accuracy_m of {name} is {accuracy_m!r}; it must be 0 or more metres")
    return float(accuracy_m)


def _strings(name: str, pieces: list[Positions]) -> list[LineString]:
    if any(len(set(positions)) < 2 for positions in pieces):
        raise ValueError(f"{name} has fewer than two different positions")
    return [LineString(positions) for positions in pieces]


def read_network(path: Path) -> tuple[Line, ...]:
    """Read a network that was built, as `network_text` gives it.

    Raises
    ------
    NetworkError
        The file cannot be read, or is not such a network; the first feature at fault is named.
    """
    lines = []
    for number, feature in enumerate(read_collection(path)["features"], start=1):
        try:
            name, properties, pieces = read_line(feature)
            kind, axis = LineKind(str(properties.get("kind"))), Axis(str(properties.get("axis")))
            accuracy_m = _metres(name, properties.get("accuracy_m"))
            geometry, *more = _strings(name, pieces)
            if more:
                raise ValueError(f"{name} is in several pieces; it must be one LineString")
            source = properties.get("source")
            if not (isinstance(source, str) and source):
                raise ValueError(
                    f"source of {name} is {source!r}; it must say what holds the line in place"
                )
        except ValueError as error:
            raise NetworkError(f"{path.name}, feature {number}: {error}") from error
        lines.append(Line(name, kind, axis, accuracy_m, source, geometry))
    return tuple(lines)


def network_text(lines: Sequence[Line], *, source: GeometrySource, attribution: str) -> str:
    """Return a network as GeoJSON text, the same bytes for the same lines.

    Parameters
    ----------
    lines : sequence of Line
    source : GeometrySource
        Accuracy of the worst line in it.
    attribution : str

    Returns
    -------
    str
        A FeatureCollection, one line of text a feature, sorted by name.
    """
    features = (
        {
            "type": "Feature",
            "id": line.name,
            "properties": {
                "name": line.name,
                "kind": line.kind,
                "axis": line.axis,
                "accuracy_m": line.accuracy_m,
                "source": line.source,
            },
            "geometry": line.geometry,
        }
        for line in sorted(lines, key=lambda line: line.name)
    )
    return collection_text({"geometry_source": source, "attribution": attribution}, features)
