"""Official region polygons that an authority hands in, in any vector format that GDAL reads."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyproj
import shapely
from shapely import MultiPolygon, Polygon

from geo.crs import Crs, check_datum, check_range, metric
from geo.errors import CoordinateError, RegionsError
from geo.gazette.names import fold
from geo.geojson import rounded
from geo.model import GeometrySource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from geo.gazette.notice import Notice
    from geo.model import Record

OFFICIAL_ACCURACY_M: Final = 10.0
"""How far an official boundary may be off unless the operator says otherwise: 0.5 mm, the width of
a drawn line, on a map at the gazette's 1:20 000."""
FARTHEST_M: Final = 100_000.0
"""A region farther than this from the centre of its city shows a wrong coordinate system."""

_WGS84: Final = 4326


@dataclass(frozen=True, slots=True)
class OfficialRegion:
    """An official polygon, as it is stored.

    Attributes
    ----------
    code : str
    polygon : Polygon or MultiPolygon
        WGS84, counterclockwise from its south-west corner; of several parts the largest is first.
    corners : tuple of (int, int, int, int)
        Where its south, east, north and west side begin in the main ring.
    """

    code: str
    polygon: Polygon | MultiPolygon
    corners: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class OfficialRegions:
    """The official polygons of whole uses.

    Attributes
    ----------
    regions : dict of str to OfficialRegion
        By code.
    accuracy_m : float
        How far their boundaries may be off.
    repairs : tuple of str
        What was changed to read them, in words.
    """

    regions: dict[str, OfficialRegion]
    accuracy_m: float
    repairs: tuple[str, ...]


NO_OFFICIAL_REGIONS: Final = OfficialRegions({}, 0.0, ())


def read_official(
    path: Path,
    records: Sequence[Record],
    notice: Notice,
    *,
    accuracy_m: float,
    crs: str | None = None,
    encoding: str | None = None,
) -> OfficialRegions:
    """Read official polygons.

    Parameters
    ----------
    path : Path
        A file or file geodatabase that GDAL reads; the polygons of all its layers count. The column
        that holds the regions' codes is found by its values, or by codes in its texts, as in the
        descriptions of KML.
    records : sequence of Record
        Regions of the edition; each of its uses must be complete or absent.
    notice : Notice
        Where the city is.
    accuracy_m : float
    crs : str or None
        The coordinate system of a file that declares none.
    encoding : str or None
        Encoding of a Shapefile's text; None to find it.

    Raises
    ------
    RegionsError
        `accuracy_m` is no length; the file cannot be read, declares no coordinate system or a wrong
        one, is schematic by its own word, has no column of codes, lacks a region of a use or has
        one twice, or a polygon is not valid. All such polygons are named.
    """
    if not 0 <= accuracy_m < math.inf:
        raise RegionsError(f"accuracy is {accuracy_m}; it must be 0 or more metres")
    codes = {record.code for record in records}
    found: list[tuple[str, shapely.Geometry]] = []
    for layer in _polygon_layers(path):
        found += _read_layer(path, layer, codes, crs, encoding)
    if not found:
        raise RegionsError(
            f"{path.name}: no layer has polygons and a column of region codes such as {min(codes)}"
        )
    problems = [
        f"{path.name}: {code} is there {count} times"
        for code, count in sorted(Counter(code for code, _ in found).items())
        if count > 1
    ]
    problems += _incomplete_uses(path, records, {code for code, _ in found})
    regions, repairs = {}, []
    for code, geometry in found:
        try:
            polygon, repaired = _cleaned(geometry, accuracy_m, notice.metric_crs)
            regions[code] = _with_corners(code, polygon, notice.metric_crs)
        except ValueError as error:
            problems.append(f"{path.name}: {code} {error}")
            continue
        repairs += [f"{code}: {repair}" for repair in repaired]
    if problems:
        raise RegionsError("\n".join(problems))
    _check_place(path, regions, notice)
    return OfficialRegions(regions, accuracy_m, tuple(repairs))


def _polygon_layers(path: Path) -> Iterator[str]:
    import pyogrio  # noqa: PLC0415 - brings pandas, which other commands need not wait for

    try:
        layers = pyogrio.list_layers(path)
    except (RuntimeError, ValueError) as error:
        raise RegionsError(f"{path.name} cannot be read: {_first_line(error)}") from error
    for name, kind in layers:
        if kind is not None and ("Polygon" in kind or kind in {"Unknown", "GeometryCollection"}):
            yield name


def _read_layer(
    path: Path, layer: str, codes: set[str], crs: str | None, encoding: str | None
) -> list[tuple[str, shapely.Geometry]]:
    """Return codes and geometries of a layer in WGS84; none if it has no column of codes."""
    from geo.build.vector import read_layer  # noqa: PLC0415 - brings pandas

    try:
        table: Any = read_layer(path, layer, encoding=encoding)
    except (RuntimeError, ValueError, LookupError) as error:
        raise RegionsError(f"{path.name}: {layer} cannot be read: {_first_line(error)}") from error
    if "geometry" not in table:
        return []
    column, found = _codes(table, codes)
    if not column:
        return []
    table = _with_crs(path, layer, table, crs)
    if any(
        (table[name] == GeometrySource.SCHEMATIC).any() for name in table.columns.drop("geometry")
    ):
        raise RegionsError(
            f"{path.name}: {layer} says that its geometry is schematic: inferred regions are no"
            " official polygons"
        )
    if "" in found:
        raise RegionsError(
            f"{path.name}: row {found.index('') + 1} of {layer} has no code in {column}"
        )
    unknown = sorted(set(found) - codes)
    if unknown:
        raise RegionsError(
            f"{path.name}: {column} holds {unknown[0]!r}, which is no code of this edition"
        )
    try:
        geometries = table.geometry.to_crs(_WGS84)
    except pyproj.exceptions.ProjError as error:
        raise RegionsError(f"{path.name}: {layer} cannot be projected: {error}") from error
    bounds = tuple(map(float, geometries.total_bounds))
    if np.isfinite(bounds).all():
        try:
            check_datum(table.crs, bounds)
        except CoordinateError as error:
            raise RegionsError(f"{path.name}: {layer}: {error}") from error
    return list(zip(found, geometries, strict=True))


def _codes(table: Any, codes: set[str]) -> tuple[str, list[str]]:  # noqa: ANN401
    """Return the column that holds codes, or names them in its texts, and the code of each row."""
    for read in (_code, partial(_code_named, codes=codes)):
        for name in table.columns.drop("geometry"):
            found = [read(value) for value in table[name]]
            if any(code in codes for code in found):
                return name, found
    return "", []


def _code_named(value: object, codes: set[str]) -> str:
    """Return the one code that a text names; empty for none or several."""
    text = _code(value)
    words = {*re.findall(r"[0-9A-Z]+", text), *re.findall(r"\b[0-9A-Z._-]+\b", text)}
    return words.intersection(codes).pop() if len(words & codes) == 1 else ""


def _with_crs(path: Path, layer: str, table: Any, crs: str | None) -> Any:  # noqa: ANN401
    if table.crs is None and crs is None:
        raise RegionsError(
            f"{path.name}: {layer} declares no coordinate system; say which it is (--crs), such as"
            " EPSG:4490 or EPSG:4547"
        )
    try:
        given = table.crs if crs is None else pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as error:
        raise RegionsError(f"crs is {crs!r}, which PROJ does not know") from error
    if table.crs is not None and given != table.crs:
        raise RegionsError(f"{path.name}: {layer} declares {table.crs.name}; leave out --crs")
    return table.set_crs(given)


def _code(value: object) -> str:
    """Return a code as it is meant: without spaces, in capital letters; empty for none."""
    return fold(value).upper() if isinstance(value, str) else ""


def _incomplete_uses(path: Path, records: Sequence[Record], found: set[str]) -> Iterator[str]:
    """Name the uses of which some but not all regions are there: edges would not match."""
    missing = defaultdict(list)
    for record in records:
        if record.code not in found:
            missing[record.use].append(record.code)
    for use, codes in missing.items():
        total = sum(record.use == use for record in records)
        if len(codes) < total:
            yield (
                f"{path.name}: {len(codes)} of the {total} {use} regions are missing, such"
                f" as {codes[0]}; hand in all of a use or none"
            )


def _cleaned(
    geometry: shapely.Geometry | None, accuracy_m: float, crs: Crs
) -> tuple[Polygon | MultiPolygon, list[str]]:
    """Return a geometry as it is stored, WGS84, and what had to be changed."""
    if geometry is None or geometry.is_empty:
        raise ValueError("has no geometry")
    repairs = []
    if shapely.has_z(geometry):
        geometry = shapely.force_2d(geometry)
        repairs.append("heights were dropped")
    if not isinstance(geometry, (Polygon, MultiPolygon)):
        raise ValueError(f"is a {geometry.geom_type}; a region is a polygon")
    if not np.isfinite(shapely.get_coordinates(geometry)).all():
        raise ValueError("cannot be projected; is the declared coordinate system right?")
    if not geometry.is_valid:
        raise ValueError(f"is not valid: {shapely.is_valid_reason(geometry)}")
    try:
        for lon, lat in shapely.get_coordinates(geometry):
            check_range(lon=float(lon), lat=float(lat), crs=Crs.WGS84)
    except CoordinateError as error:
        raise ValueError(f"lies off the earth: {error}") from error

    def real(polygons: Iterable[Polygon], dirt: str) -> list[Polygon]:
        """Leave out what is narrower than the accuracy on both sides."""
        found = []
        for polygon in polygons:
            ground = metric(polygon, crs)
            if accuracy_m > 0 and ground.buffer(-accuracy_m).is_empty:
                place = polygon.centroid
                size = f"of {ground.area:.4g} m² at {place.x:.6f}, {place.y:.6f}"
                repairs.append(f"a {dirt.format(size)}")
            else:
                found.append(polygon)
        return found

    parts = list(shapely.get_parts(geometry))
    if len(parts) > 1:
        parts = real(parts, "part {} was dropped")
        if not parts:
            raise ValueError(f"has no part that is wider than its accuracy of {accuracy_m:g} m")
    whole = [
        Polygon(part.exterior, [h.exterior for h in real(map(Polygon, part.interiors), _FILLED)])
        for part in sorted(parts, key=lambda part: metric(part, crs).area, reverse=True)
    ]
    stored = rounded(whole[0] if len(whole) == 1 else MultiPolygon(whole))
    if not stored.is_valid:
        raise ValueError("has edges closer than 1 cm to one another, which the file cannot keep")
    return shapely.remove_repeated_points(stored), repairs


_FILLED: Final = "hole {} was filled"


def _with_corners(code: str, polygon: Polygon | MultiPolygon, crs: Crs) -> OfficialRegion:
    """Find the four corners of a polygon, and let its ring begin at the south-west one.

    The corners are those vertices of the main ring, in its order, that together lie farthest in the
    four diagonal directions of its own width and height.
    """
    main, *parts = shapely.get_parts(shapely.orient_polygons(polygon))
    ring = shapely.get_coordinates(main.exterior)[:-1]
    if len(ring) < 4:
        raise ValueError(f"has {len(ring)} corners; a region between four lines has at least 4")
    plane = shapely.get_coordinates(metric(shapely.LinearRing(ring), crs))[:-1]
    size = np.ptp(plane, axis=0)
    across, along = ((plane - plane.min(axis=0)) / size * 2 - 1).T
    first = int(np.argmax(-across - along))
    ring, across, along = (np.roll(values, -first, axis=0) for values in (ring, across, along))
    south_east, north_east, north_west = _best_in_order(
        np.stack([across - along, across + along, along - across])[:, 1:]
    )
    turned = Polygon(ring, main.interiors)
    whole = MultiPolygon([turned, *parts]) if parts else turned
    return OfficialRegion(code, whole, (0, south_east + 1, north_east + 1, north_west + 1))


def _best_in_order(scores: npt.NDArray[np.float64]) -> tuple[int, int, int]:
    """Choose one place in each of three rows, one after another, of the greatest sum."""
    count = scores.shape[1]
    best = scores[0, : count - 2]
    before = np.maximum.accumulate(best)
    middle = before + scores[1, 1 : count - 1]
    last = int(np.argmax(np.maximum.accumulate(middle) + scores[2, 2:])) + 2
    second = int(np.argmax(middle[: last - 1])) + 1
    return int(np.argmax(best[:second])), second, last


def _check_place(path: Path, regions: Mapping[str, OfficialRegion], notice: Notice) -> None:
    centre = shapely.Point(notice.centre_lon, notice.centre_lat)
    code, far_m = max(
        ((code, float(_geodesic_m(centre, region.polygon))) for code, region in regions.items()),
        key=lambda place: place[1],
    )
    if far_m > FARTHEST_M:
        raise RegionsError(
            f"{path.name}: {code} lies {far_m / 1000:.0f} km from the centre of"
            f" {notice.edition.city}; is the declared coordinate system right?"
        )


def _geodesic_m(centre: shapely.Point, polygon: Polygon | MultiPolygon) -> float:
    place = polygon.representative_point()
    _, _, length_m = pyproj.Geod(ellps="GRS80").inv(centre.x, centre.y, place.x, place.y)
    return float(length_m)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
