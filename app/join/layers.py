"""Layers of points in files of GDAL's formats, as streams of record batches. Slow to import."""

from __future__ import annotations

import json
import os
import warnings
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyogrio
import pyogrio.raw
import pyproj
import shapely

from app.join.formats import BATCH_ROWS, TableStream
from app.join.geometry import UNKNOWN_KIND, Geometry
from app.join.kinds import DRIVERS, FileKind, file_kind
from geo.build.vector import text_encoding
from geo.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

_DATASET_OPTIONS: Final = {
    # The version that older programs read without a warning; nothing here needs a newer one.
    FileKind.GEOPACKAGE: {"VERSION": "1.2"},
}
_LAYER_OPTIONS: Final = {
    FileKind.GEOJSON: {"RFC7946": "YES", "COORDINATE_PRECISION": "9"},
    FileKind.SHAPEFILE: {"ENCODING": "UTF-8", "SPATIAL_INDEX": "NO"},
    # An index would put the rows in another order, and could not hold rows without a point.
    FileKind.FLATGEOBUF: {"SPATIAL_INDEX": "NO"},
}
_CONFIG: Final = {
    # What goes wrong while GDAL reads is raised here; it need not be on stderr as well.
    "CPL_LOG": os.devnull,
    # GDAL 3.12's faster way to read FlatGeobuf ends the process at features without a geometry.
    "OGR_FLATGEOBUF_STREAM_BASE_IMPL": "YES",
}
_NUMBERS_FEATURES: Final = frozenset({FileKind.GEOPACKAGE, FileKind.GEODATABASE})
_ONE_NAME_IN_ANY_CASE: Final = frozenset(
    {FileKind.GEOPACKAGE, FileKind.GEODATABASE, FileKind.SHAPEFILE, FileKind.KML}
)
_TITLES: Final = {
    FileKind.GEOPACKAGE: "GeoPackage",
    FileKind.GEOJSON: "GeoJSON",
    FileKind.SHAPEFILE: "Shapefile",
    FileKind.FLATGEOBUF: "FlatGeobuf",
    FileKind.KML: "KML",
    FileKind.GEODATABASE: "file geodatabase",
}
_MEASURED: Final = "Measured"
_HARMLESS: Final = (
    "'crs' was not provided",  # nor was it to be had
    "Field .* created as String field, though DateTime requested",  # as it was read
    "Normalized/laundered layer name",
)
_TYPE_KEY: Final = b"GDAL:OGR:type"
_JSON: Final = {b"ARROW:extension:name": b"arrow.json"}
_FID_COLUMNS: Final = ("fid", "feature_id", "landprice_fid")
_ID_COLUMNS: Final = ("id", "feature_id", "landprice_id")
_GEOMETRY_COLUMNS: Final = ("geom", "geometry", "landprice_geom")
_SHAPEFILE_NAME_BYTES: Final = 10
_KML_STYLE: Final = frozenset(
    {"altitudeMode", "tessellate", "extrude", "visibility", "drawOrder", "icon"}
)
_KML_OPTIONAL: Final = frozenset({"id", "description", "timestamp", "begin", "end"})


@dataclass(frozen=True, slots=True)
class SourceLayer:
    """A layer that is being read.

    Attributes
    ----------
    name : str
    table : TableStream
    geometry : Geometry
    fid_column : str or None
        The column with the features' numbers; None for a format that has no such column.
    """

    name: str
    table: TableStream
    geometry: Geometry
    fid_column: str | None


def open_layer(path: Path, name: str | None, encoding: str | None) -> SourceLayer:
    """Open a layer for reading.

    Parameters
    ----------
    path : Path
    name : str or None
        None if there is only one that can hold points.
    encoding : str or None
        Of the text of a Shapefile; found by its bytes if None.

    Raises
    ------
    TableError
        The file cannot be read, or has no such layer, or several.
    """
    with _sentences(path, "read"), _measures() as measures:
        name = _layer_name(path, name)
        encoding = text_encoding(path, encoding)
        info = pyogrio.read_info(path, layer=name, encoding=encoding, force_feature_count=True)
        columns = _columns(path, name, list(info["fields"]))
        read = {
            "layer": name,
            "encoding": encoding,
            "columns": columns,
            "return_fids": bool(info["fid_column"]) or _has_ids(path, name),
        }
        with _opened(path, read) as (_, stream):
            fields = [_plain(field) for field in stream.schema]
        crs = None if info["crs"] is None else pyproj.CRS.from_user_input(info["crs"])
    if read["return_fids"] and not info["fid_column"]:
        fields[0] = fields[0].with_name(_free(_ID_COLUMNS, columns))
    if not info["geometry_name"]:
        fields[-1] = fields[-1].with_name(_free(_GEOMETRY_COLUMNS, columns))
    geometry = Geometry(fields[-1].name, info["geometry_type"], crs)
    schema, rows = pa.schema(fields), info["features"]
    batches = _batches(path, read, schema, rows, measured=bool(measures))
    table = TableStream(schema, batches, rows)
    return SourceLayer(name, table, geometry, info["fid_column"] or None)


def write_layer(
    path: Path,
    name: str,
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    geometry: Geometry,
    *,
    fid_column: str | None,
) -> None:
    """Write a layer to a file of its own.

    Parameters
    ----------
    path : Path
        Its name says which format it is.
    name : str
    schema : pyarrow.Schema
        Its metadata are kept as the layer's where the format has a place for them.
    batches : iterable of pyarrow.RecordBatch
        An error in there comes out as it is.
    geometry : Geometry
        One of the columns.
    fid_column : str or None
        The column with the features' numbers; None to number them in order.

    Raises
    ------
    TableError
        The format cannot hold the table as it is, or the file cannot be written.
    """
    kind = file_kind(path)
    options = dict(_LAYER_OPTIONS.get(kind, {}))
    if kind in _NUMBERS_FEATURES:
        options["FID"] = fid_column or _free(_FID_COLUMNS, schema.names)
    if kind is FileKind.GEODATABASE and pa.int64() in _types(schema, without=fid_column):
        # Older versions know no such numbers; GDAL would write them with decimals.
        options["TARGET_ARCGIS_VERSION"] = "ARCGIS_PRO_3_2_OR_LATER"
    _check_names(kind, [one for one in schema.names if one != geometry.column])
    failure: list[BaseException] = []
    with _sentences(path, "written", failure), _unchanged():
        pyogrio.write_arrow(
            pa.RecordBatchReader.from_batches(schema, _kept(batches, failure)),
            path,
            layer=name,
            driver=DRIVERS[kind],
            geometry_name=geometry.column,
            geometry_type=_geometry_type(kind, geometry),
            crs=None if geometry.crs is None else geometry.crs.to_wkt(),
            dataset_options=_DATASET_OPTIONS.get(kind),
            layer_options=options,
            layer_metadata=_texts(schema.metadata or {}) if kind in _NUMBERS_FEATURES else None,
        )


def _layer_name(path: Path, name: str | None) -> str:
    layers = {str(one): kind for one, kind in pyogrio.list_layers(path)}
    if name is not None:
        if layers.get(name) is None:
            raise TableError(
                f"{path.name} has no layer {name!r} with geometry, but {', '.join(layers)}."
            )
        return name
    of_points = [one for one, kind in layers.items() if kind and _may_hold_points(kind)]
    if len(of_points) != 1:
        found = f" ({', '.join(of_points)}); name one of them (--layer)" if of_points else ""
        raise TableError(f"{path.name} has {len(of_points)} layers that can hold points{found}.")
    return of_points[0]


def _may_hold_points(kind: str) -> bool:
    return "Point" in kind or kind.startswith("Unknown")


def _columns(path: Path, layer: str, fields: Sequence[str]) -> list[str]:
    """Leave out the columns that GDAL makes of any KML: how it is drawn, and what is empty."""
    if file_kind(path) is not FileKind.KML:
        return list(fields)
    wanted = [name for name in fields if name not in _KML_STYLE]
    known = [name for name in wanted if name in _KML_OPTIONAL]
    table = pyogrio.read_dataframe(path, layer=layer, columns=known, read_geometry=False)
    empty = set(table.columns[table.isna().all()])
    return [name for name in wanted if name not in empty]


def _has_ids(path: Path, layer: str) -> bool:
    """Tell whether the features of GeoJSON have numbers of their own, not just an order."""
    if file_kind(path) is not FileKind.GEOJSON:
        return False
    found = pyogrio.raw.read(path, layer=layer, columns=[], read_geometry=False, return_fids=True)
    return not np.array_equal(found[1], np.arange(len(found[1])))


def _free(names: Sequence[str], taken: Iterable[str]) -> str:
    folded = {name.casefold() for name in taken}
    return next(name for name in names if name not in folded)


def _types(schema: pa.Schema, *, without: str | None) -> set[pa.DataType]:
    return {field.type for field in schema if field.name != without}


def _geometry_type(kind: FileKind, geometry: Geometry) -> str:
    """Return the type of a layer; those of some formats must have one."""
    unknown = geometry.kind == UNKNOWN_KIND
    return "Point" if unknown and kind.is_several_files else geometry.kind


def _check_names(kind: FileKind, names: Sequence[str]) -> None:
    """Refuse columns that the format would take for one."""
    if kind is FileKind.SHAPEFILE:
        for name in names:
            if len(name.encode()) > _SHAPEFILE_NAME_BYTES:
                raise TableError(
                    f"The name of the column {name!r} has {len(name.encode())} bytes; a Shapefile"
                    f" holds {_SHAPEFILE_NAME_BYTES}: shorten it, or write .gpkg."
                )
    fold = str.casefold if kind in _ONE_NAME_IN_ANY_CASE else str
    seen: dict[str, str] = {}
    for name in names:
        other = seen.get(fold(name))
        if other is not None:
            raise TableError(
                f"The columns {other!r} and {name!r} cannot both be in a {kind} file; name one of"
                " them otherwise, or write .parquet."
            )
        seen[fold(name)] = name


@contextmanager
def _opened(path: Path, read: Mapping[str, Any]) -> Iterator[Any]:
    pyogrio.set_gdal_config_options(_CONFIG)
    with ExitStack() as stack:
        with warnings.catch_warnings():  # which is the whole process's, so not while rows are read
            warnings.filterwarnings("ignore", _MEASURED)
            stream = stack.enter_context(
                pyogrio.open_arrow(
                    path,
                    **read,
                    batch_size=BATCH_ROWS,
                    use_pyarrow=True,
                    datetime_as_string=True,  # as numbers, times without a zone would become UTC's
                )
            )
        yield stream


def _plain(field: pa.Field) -> pa.Field:
    """Leave out GDAL's notes but what a text is: a time, or JSON, as which it is written again."""
    if _is_json(field.type):
        return pa.field(field.name, pa.string(), metadata=_JSON)
    kept = {key: value for key, value in (field.metadata or {}).items() if key == _TYPE_KEY}
    return field.with_metadata(kept) if pa.types.is_string(field.type) else field.remove_metadata()


def _is_json(kind: pa.DataType) -> bool:
    return isinstance(kind, pa.JsonType) or pa.types.is_nested(kind)


def _plain_column(column: pa.Array) -> pa.Array:
    if isinstance(column.type, pa.JsonType):
        return column.storage
    if pa.types.is_nested(column.type):
        values = column.to_pylist()
        texts = [None if one is None else json.dumps(one, ensure_ascii=False) for one in values]
        return pa.array(texts, pa.string())
    return column


@contextmanager
def _measures() -> Iterator[list[str]]:
    """Yield a list that gets GDAL's warnings of measures (M), which none of its types here has."""
    found: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield found
        found += [str(one.message) for one in caught if str(one.message).startswith(_MEASURED)]


def _without_measures(column: pa.Array) -> pa.Array:
    geometries = shapely.from_wkb(column.to_numpy(zero_copy_only=False))
    flat = shapely.has_m(geometries) & ~shapely.has_z(geometries)
    geometries[flat] = shapely.force_2d(geometries[flat])
    return pa.array(shapely.to_wkb(geometries, output_dimension=3), pa.binary())


def _batches(
    path: Path,
    read_as: Mapping[str, Any],
    schema: pa.Schema,
    rows: int,
    *,
    measured: bool,
) -> Generator[pa.RecordBatch]:
    read = 0
    with _sentences(path, "read"), _opened(path, read_as) as (_, stream):
        for batch in stream:
            columns = [_plain_column(column) for column in batch.columns[:-1]]
            geometries = batch.columns[-1]
            columns.append(_without_measures(geometries) if measured else geometries)
            yield pa.RecordBatch.from_arrays(columns, schema=schema)
            read += len(batch)
    if read != rows:  # where the file is damaged, GDAL may just stop
        raise TableError(
            f"{path.name} cannot be read as {_title(path)}: {read} of {rows} rows are left"
        )


def _kept(
    batches: Iterable[pa.RecordBatch], failure: list[BaseException]
) -> Iterator[pa.RecordBatch]:
    """Pass on batches and keep what goes wrong with them, of which GDAL says nothing."""
    try:
        yield from batches
    except BaseException as error:
        failure.append(error)
        raise


@contextmanager
def _sentences(path: Path, done: str, failure: Sequence[BaseException] = ()) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, OSError, ValueError, pa.ArrowException) as error:
        if failure:
            raise failure[0] from None
        summary = str(error).replace(f"{path.parent}/", "").splitlines()[0].split(";")[0]
        raise TableError(f"{path.name} cannot be {done} as {_title(path)}: {summary}") from error


@contextmanager
def _unchanged() -> Iterator[None]:
    """Refuse what GDAL only warns of: a text or a number that it cuts, a column that it renames."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always", RuntimeWarning)
        for harmless in _HARMLESS:
            warnings.filterwarnings("ignore", harmless)
        yield
    for warning in found:  # others may come from rows that are answered meanwhile
        if issubclass(warning.category, RuntimeWarning) and "pyogrio" in warning.filename:
            raise ValueError(str(warning.message))


def _title(path: Path) -> str:
    return _TITLES[file_kind(path)]


def _texts(metadata: Mapping[bytes, bytes]) -> dict[str, str]:
    return {key.decode(): value.decode() for key, value in metadata.items()}
