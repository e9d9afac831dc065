"""Pieces of named lines from the files that surveyors, planners and OpenStreetMap hand out."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError, ProjError

from geo.build.vector import exploded, read_info, read_layer
from geo.crs import WGS84, check_datum
from geo.errors import CoordinateError, NetworkError
from geo.gazette.names import SECTION, fold
from geo.geojson import read_collection
from geo.network.files import refuse_schematic

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    import geopandas
    from shapely import LineString

OSM_ATTRIBUTION: Final = "© OpenStreetMap contributors, ODbL 1.0"

_OSM: Final = (".osm", ".pbf")
_GEOJSON: Final = (".geojson", ".json")
_SUFFIXES: Final = (*_GEOJSON, ".gpkg", ".shp", ".gdb", ".dxf", *_OSM)
_OSM_LAYER: Final = "lines"
_OSM_KINDS: Final = ("highway", "railway", "waterway")
_NOT_BUILT: Final = (
    *("proposed", "planned", "construction", "razed", "demolished", "removed"),
    *("abandoned", "disused", "destroyed", "no"),
)
_LINK: Final = "_link"  # a slip road, which has its road's name and runs beside it
_NOT_LINES: Final = "platform"  # a railway or highway tag that is no way along which one travels
_OTHER_TAGS: Final = "other_tags"
_OTHER_NAMES: Final = ("name:zh", "alt_name", "old_name", "official_name", "short_name", "loc_name")
_ESCAPED: Final = re.compile(r"\\U\+([0-9A-Fa-f]{4})")  # as drawings write characters
_TAG: Final = re.compile(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"')
_BEYOND_DEG: Final = 5.0  # a projection is used at most this far outside the area it is made for


@dataclass(frozen=True)
class NamedPieces:
    """The pieces of each line in a file, and what was passed over or repaired on reading.

    Attributes
    ----------
    by_name : dict of str to list of LineString
        By canonical name, sorted; WGS84.
    accuracy_m : dict of str to float
        Accuracy of lines whose file states one: the worst of the pieces.
    spellings : dict of str to tuple of str
        The names in the file that stand for a line, where they are not its own alone.
    crs : str
        CRS of the file.
    attribution : str
        What the file says that whatever is made of it must say; may be empty.
    flattened : int
        Features with heights, which were dropped.
    split : int
        Features of several parts, which became one piece each.
    unnamed : int
        Lines without a name.
    not_lines : int
        Points, polygons and lines of other things than roads, rails and rivers.
    not_built : tuple of str
        Names of ways of OpenStreetMap that were left out because they are planned, being built,
        no longer there, or slip roads; once a way, sorted.
    outside : tuple of str
        Names of lines that were left out because they lie outside the box of the city, or of layers
        of a drawing that lie where its CRS has nothing, as its frame does; sorted.
    """

    by_name: dict[str, list[LineString]]
    accuracy_m: dict[str, float]
    spellings: dict[str, tuple[str, ...]]
    crs: str
    attribution: str
    flattened: int
    split: int
    unnamed: int
    not_lines: int
    not_built: tuple[str, ...]
    outside: tuple[str, ...]


def read_pieces(  # noqa: PLR0913 - one parameter an option
    path: Path,
    aliases: Mapping[str, str],
    *,
    layer: str | None = None,
    name_field: str | None = None,
    crs: str | None = None,
    lines: Collection[str] = (),
    box: tuple[float, float, float, float] | None = None,
    encoding: str | None = None,
) -> NamedPieces:
    """Read the pieces of named lines.

    Parameters
    ----------
    path : Path
        GeoJSON, GeoPackage, Shapefile, file geodatabase, DXF or OpenStreetMap data (``.osm``,
        ``.osm.pbf``).
    aliases : mapping of str to str
        Other spellings, to the canonical name.
    layer : str or None
        Needed if the file has several layers with lines.
    name_field : str or None
        The column with the names; None for ``name`` in any letter case, in a DXF file for the CAD
        layer that a line is drawn on.
    crs : str or None
        CRS of a file that cannot or does not declare one.
    lines : collection of str
        The canonical names that are wanted. A feature with several names has that of the first
        which is wanted; 文明大道南段 is a part of 文明大道 if that is.
    box : tuple of float or None
        West, south, east and north edge of the city, WGS84 degrees; what lies outside is another
        city's. None for the whole file.
    encoding : str or None
        Encoding of a Shapefile's text; None to find it.

    Raises
    ------
    NetworkError
        The file is damaged or of another kind, is an inferred network, has no such layer or
        column or no named line, declares no CRS (or another than the given), or has coordinates
        that cannot be in its CRS.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise NetworkError(f"{path.name}: its name must end in {', '.join(_SUFFIXES)}")
    attribution = OSM_ATTRIBUTION if path.suffix.lower() in _OSM else ""
    if path.suffix.lower() in _GEOJSON:
        attribution = _check_members(path)
    with TemporaryDirectory() as folder:
        frame, column = _read(path, layer, name_field, encoding, Path(folder))
    features = len(frame)
    not_built: tuple[str, ...] = ()
    if path.suffix.lower() in _OSM:
        kinds = frame[list(_OSM_KINDS)]
        frame = frame[kinds.notna().any(axis=1) & ~kinds.eq(_NOT_LINES).any(axis=1)]
        frame, not_built = _without_unbuilt(frame, column)
    frame = frame[frame.geom_type.isin(["LineString", "MultiLineString"])]
    not_lines = features - len(frame) - len(not_built)
    known = {*lines, *aliases}
    rows = frame.drop(columns="geometry").iterrows()
    names = pd.Series([_name(row, column, known, aliases) for _, row in rows], frame.index, str)
    frame, names = frame[names != ""], names[names != ""]
    if frame.empty:
        left = f" but for ways that are not built: {'、'.join(not_built)}" if not_built else ""
        raise NetworkError(f"{path.name}: no line in it has a name in the column {column}{left}")
    unnamed = features - not_lines - len(not_built) - len(frame)
    # Only now: a drawing has its frame and legend anywhere.
    declared = _crs(path, frame, crs)
    kept = _in_range(path, frame, names, declared)
    outside = set(names[~kept])
    frame, names = frame[kept], names[kept]
    frame = _in_wgs84(path, frame, declared)
    if box is not None:
        kept = frame.intersects(shapely.box(*box))
        outside |= set(names[~kept])
        frame, names = frame[kept], names[kept]
        if frame.empty:
            edges = ",".join(f"{edge:.4f}" for edge in box)
            raise NetworkError(f"{path.name}: no line lies in {edges}; --bbox changes the box")
    canonical = [aliases.get(name, name) for name in names]
    canonical = [_whole(name, lines) for name in canonical]
    return NamedPieces(
        by_name=_grouped(canonical, frame.geometry),
        accuracy_m=_accuracies_m(path, canonical, frame),
        spellings=_spellings(canonical, names),
        crs=declared.name,
        attribution=attribution,
        flattened=int(frame.has_z.sum()),
        split=int((shapely.get_num_geometries(frame.geometry) > 1).sum()),
        unnamed=unnamed,
        not_lines=not_lines,
        not_built=tuple(name for name in not_built if name),
        outside=tuple(sorted(outside)),
    )


def _name(row: Any, column: str, known: Collection[str], aliases: Mapping[str, str]) -> str:  # noqa: ANN401
    """Return the name of a feature: of several, the first that is known, else the first."""
    texts = [row[column]]
    if _OTHER_TAGS in row.index and isinstance(row[_OTHER_TAGS], str):
        tags = dict(_TAG.findall(row[_OTHER_TAGS]))
        texts += [tags[key] for key in _OTHER_NAMES if key in tags]
    names = [name for text in texts for name in re.split("[;；]", _text(text)) if _text(name)]
    folded = [fold(name) for name in names]
    found = [one for one in folded if one in known or _whole(one, known) in known]
    exact = [name.strip() for name in names if name.strip() in aliases]
    return (exact or found or [name.strip() for name in names] or [""])[0]


def _whole(name: str, lines: Collection[str]) -> str:
    """Return the line of which a name is a section, if it is one of the lines."""
    section = SECTION.fullmatch(name)
    return section["line"] if section and name not in lines and section["line"] in lines else name


def _in_range(
    path: Path, frame: geopandas.GeoDataFrame, names: pd.Series, declared: CRS
) -> pd.Series:
    """Tell which features of a drawing are not on a layer that lies where its CRS has nothing."""
    everything = names.notna()
    if path.suffix.lower() != ".dxf" or declared.area_of_use is None:
        return everything
    area = declared.area_of_use
    bounds = _moved(path, frame, declared).bounds
    good = (bounds.minx >= area.west - _BEYOND_DEG) & (bounds.maxx <= area.east + _BEYOND_DEG)
    good &= (bounds.miny >= area.south - _BEYOND_DEG) & (bounds.maxy <= area.north + _BEYOND_DEG)
    kept = ~names.isin(set(names[~good]))
    return kept if kept.any() else everything


def _without_unbuilt(
    frame: geopandas.GeoDataFrame, column: str
) -> tuple[geopandas.GeoDataFrame, tuple[str, ...]]:
    """Leave out ways along which nobody travels, and return their names."""
    out = np.zeros(len(frame), dtype=bool)
    for kind in _OSM_KINDS:
        values = frame[kind].astype("string").str.lower()
        out |= (values.isin(_NOT_BUILT) | values.str.endswith(_LINK)).fillna(value=False).to_numpy()
    return frame[~out], tuple(sorted(frame.loc[out, column].map(_text)))


def _check_members(path: Path) -> str:
    """Refuse an inferred network, which must not come back as surveyed; return the attribution."""
    content = read_collection(path)
    refuse_schematic(path, content)
    attribution = content.get("attribution")
    return attribution if isinstance(attribution, str) else ""


def _read(
    path: Path, layer: str | None, name_field: str | None, encoding: str | None, folder: Path
) -> tuple[geopandas.GeoDataFrame, str]:
    suffix = path.suffix.lower()
    try:
        if suffix == ".dxf" and (drawing := exploded(path, folder)) != path:
            return _read(drawing, layer, name_field, encoding, folder)
        layer = _layer(path, layer)
        fields = list(read_info(path, layer, encoding=encoding)["fields"])
        column = _column(path, fields, name_field)
        # What a national extract has beside names and kinds does not fit into memory.
        wanted: dict[str, Any] = {}
        if suffix in _OSM:
            wanted = {"columns": [column, *_OSM_KINDS, _OTHER_TAGS]}
        frame = read_layer(path, layer, encoding=encoding, **wanted)
    except (RuntimeError, OSError, ValueError) as error:
        summary = str(error).replace(f"{path.parent}/", "").split(";")[0].splitlines()[0]
        raise NetworkError(f"{path.name}: not readable: {summary}") from error
    if "geometry" not in frame:
        raise NetworkError(f"{path.name}: the layer {layer} has no geometry")
    if lost := int(frame.geometry.isna().sum()):
        raise NetworkError(
            f"{path.name}: {lost} of {len(frame)} features have no geometry; the file may be"
            " truncated"
        )
    return frame, column


def _layer(path: Path, layer: str | None) -> str:
    layers = {str(name): str(kind) for name, kind in pyogrio.list_layers(path)}
    if layer is not None and layer not in layers:
        raise NetworkError(f"{path.name}: it has no layer {layer}, but {', '.join(layers)}")
    if layer is None and path.suffix.lower() in _OSM:
        return _OSM_LAYER
    if layer is not None:
        return layer
    of_lines = [
        name for name, kind in layers.items() if "LineString" in kind or kind.startswith("Unknown")
    ]
    if len(of_lines) != 1:
        raise NetworkError(
            f"{path.name}: it has {len(of_lines)} layers that can hold lines"
            + (f" ({', '.join(of_lines)}); name one of them" if of_lines else "")
        )
    return of_lines[0]


def _column(path: Path, fields: list[str], name_field: str | None) -> str:
    default = "Layer" if path.suffix.lower() == ".dxf" else "name"
    found = [field for field in fields if field == name_field]
    if name_field is None:
        found = [field for field in fields if field.lower() == default.lower()]
    if not found:
        raise NetworkError(
            f"{path.name}: it has no column {name_field or default}, but {', '.join(fields)}"
        )
    return found[0]


def _crs(path: Path, frame: geopandas.GeoDataFrame, stated: str | None) -> CRS:
    try:
        given = None if stated is None else CRS.from_user_input(stated)
    except CRSError as error:
        raise NetworkError(f"{stated} is no coordinate system that PROJ knows") from error
    if frame.crs is None and given is None:
        raise NetworkError(f"{path.name}: it declares no CRS; state the one it is in (--crs)")
    if frame.crs is not None and given is not None and given != frame.crs:
        raise NetworkError(f"{path.name}: it declares {frame.crs.name}, not {given.name}")
    return CRS.from_user_input(frame.crs or given)


def _moved(path: Path, frame: geopandas.GeoDataFrame, declared: CRS) -> geopandas.GeoDataFrame:
    try:
        return frame.set_crs(declared).to_crs(WGS84)
    except ProjError as error:  # such as of another planet
        raise NetworkError(f"{path.name}: {declared.name} leads to no place: {error}") from error


def _in_wgs84(path: Path, frame: geopandas.GeoDataFrame, declared: CRS) -> geopandas.GeoDataFrame:
    west, south, east, north = frame.total_bounds
    if declared.is_geographic and not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise NetworkError(_out_of_range(path, declared, frame))
    moved = _moved(path, frame, declared)
    west, south, east, north = moved.total_bounds
    area = declared.area_of_use
    # Of a system of neither degrees nor metres, as a damaged .prj names one, anything may come.
    inside = -180 <= west <= east <= 180 and -90 <= south <= north <= 90
    if area is not None and declared.is_projected:
        inside &= area.west - _BEYOND_DEG <= west and east <= area.east + _BEYOND_DEG
        inside &= area.south - _BEYOND_DEG <= south and north <= area.north + _BEYOND_DEG
    if not inside:
        raise NetworkError(_out_of_range(path, declared, frame))
    try:
        check_datum(declared, (west, south, east, north))
    except CoordinateError as error:
        raise NetworkError(f"{path.name}: {error}") from error
    return moved


def _out_of_range(path: Path, declared: CRS, frame: geopandas.GeoDataFrame) -> str:
    west, south, east, north = frame.total_bounds
    return (
        f"{path.name}: coordinates from {west:.10g}, {south:.10g} to {east:.10g}, {north:.10g}"
        f" cannot be in {declared.name}, which the file is said to be in"
    )


def _text(value: object) -> str:
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return ""
    return _ESCAPED.sub(lambda code: chr(int(code[1], 16)), str(value)).strip()


def _grouped(names: Iterable[str], geometries: geopandas.GeoSeries) -> dict[str, list[LineString]]:
    pieces: dict[str, list[LineString]] = defaultdict(list)
    for name, geometry in zip(names, geometries, strict=True):
        parts = shapely.get_parts(shapely.force_2d(geometry))
        pieces[name] += [part for part in parts if part.length > 0]
    return dict(sorted(pieces.items()))


def _accuracies_m(
    path: Path, names: Iterable[str], frame: geopandas.GeoDataFrame
) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, value in zip(names, frame.get("accuracy_m", []), strict=False):
        if _text(value) == "":
            continue
        try:
            accuracy_m = float(value)
        except (TypeError, ValueError):
            accuracy_m = -1.0
        if not 0 <= accuracy_m < np.inf:
            raise NetworkError(
                f"{path.name}: accuracy_m of {name} is {value!r}; it must be 0 or more metres"
            )
        found[name] = max(accuracy_m, found.get(name, 0.0))
    return found


def _spellings(canonical: Iterable[str], names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = defaultdict(set)
    for own, name in zip(canonical, names, strict=True):
        found[own].add(name)
    return {own: tuple(sorted(used)) for own, used in found.items() if used != {own}}
