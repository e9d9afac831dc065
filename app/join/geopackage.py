"""Layers of points in GeoPackages, as streams of record batches. Slow to import."""

from __future__ import annotations

import os
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyogrio
import pyproj

from app.join.formats import BATCH_ROWS, TableStream
from app.join.geometry import Geometry
from geo.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

# The version that older programs read without a warning; nothing here needs a newer one.
_OPTIONS: Final = {"VERSION": "1.2"}
_TYPE_KEY: Final = b"GDAL:OGR:type"
_FID_COLUMNS: Final = ("fid", "feature_id", "landprice_fid")


@dataclass(frozen=True, slots=True)
class SourceLayer:
    """A layer that is being read.

    Attributes
    ----------
    name : str
    table : TableStream
        Its first column is the feature's number.
    geometry : Geometry
    """

    name: str
    table: TableStream
    geometry: Geometry

    @property
    def fid_column(self) -> str:
        """Name of the column with the features' numbers."""
        name: str = self.table.schema.names[0]
        return name


def open_layer(path: Path, name: str | None) -> SourceLayer:
    """Open a layer for reading.

    Parameters
    ----------
    path : Path
    name : str or None
        None if there is only one that can hold points.

    Raises
    ------
    TableError
        The file cannot be read, or has no such layer, or several.
    """
    with _sentences(path, "read"):
        name = _layer_name(path, name)
        info = pyogrio.read_info(path, layer=name, force_feature_count=True)
        with _opened(path, name) as (_, stream):
            fields = [_plain(field) for field in stream.schema]
        schema = pa.schema(fields)
        crs = None if info["crs"] is None else pyproj.CRS.from_user_input(info["crs"])
    geometry = Geometry(info["geometry_name"], info["geometry_type"], crs)
    rows = info["features"]
    return SourceLayer(
        name, TableStream(schema, _batches(path, name, schema, rows), rows), geometry
    )


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
    name : str
    schema : pyarrow.Schema
        Its metadata are kept as the layer's.
    batches : iterable of pyarrow.RecordBatch
        An error in there comes out as it is.
    geometry : Geometry
        One of the columns.
    fid_column : str or None
        The column with the features' numbers; None to number them in order.

    Raises
    ------
    TableError
        A GeoPackage cannot hold the table, or the file cannot be written.
    """
    failure: list[BaseException] = []
    fid_name = fid_column or next(one for one in _FID_COLUMNS if one not in _folded(schema.names))
    with _sentences(path, "written", failure), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'crs' was not provided")  # nor was it to be had
        pyogrio.write_arrow(
            pa.RecordBatchReader.from_batches(schema, _kept(batches, failure)),
            path,
            layer=name,
            driver="GPKG",
            geometry_name=geometry.column,
            geometry_type=geometry.kind,
            crs=None if geometry.crs is None else geometry.crs.to_wkt(),
            dataset_options=_OPTIONS,
            layer_options={"FID": fid_name},
            layer_metadata=_texts(schema.metadata or {}),
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


def _opened(path: Path, name: str) -> Any:  # noqa: ANN401 - a context manager without types
    # What goes wrong while GDAL reads is raised here; it need not be on stderr as well.
    pyogrio.set_gdal_config_options({"CPL_LOG": os.devnull})
    return pyogrio.open_arrow(
        path,
        layer=name,
        return_fids=True,
        batch_size=BATCH_ROWS,
        use_pyarrow=True,
        datetime_as_string=True,  # as numbers, times without a zone would become UTC's
    )


def _plain(field: pa.Field) -> pa.Field:
    """Leave out GDAL's notes, but that a text is a time, by which it is written as one again."""
    kept = {key: value for key, value in (field.metadata or {}).items() if key == _TYPE_KEY}
    return field.with_metadata(kept) if pa.types.is_string(field.type) else field.remove_metadata()


def _batches(path: Path, name: str, schema: pa.Schema, rows: int) -> Generator[pa.RecordBatch]:
    read = 0
    with _sentences(path, "read"), _opened(path, name) as (_, stream):
        for batch in stream:
            yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)
            read += len(batch)
    if read != rows:  # where the file is damaged, GDAL may just stop
        raise TableError(
            f"{path.name} cannot be read as GeoPackage: {read} of {rows} rows are left"
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
        raise TableError(f"{path.name} cannot be {done} as GeoPackage: {summary}") from error


def _folded(names: Iterable[str]) -> set[str]:
    return {name.casefold() for name in names}


def _texts(metadata: Mapping[bytes, bytes]) -> dict[str, str]:
    return {key.decode(): value.decode() for key, value in metadata.items()}
