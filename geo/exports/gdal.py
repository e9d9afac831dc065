"""Layers to files by GDAL, with values of exactly the fields' types."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyogrio
import pyogrio.raw
import shapely

from geo.exports.layers import GEOMETRY_COLUMN
from geo.fields import FieldKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from geo.exports.layers import Layer
    from geo.fields import Field

# The version of GeoPackage that older GDAL and ArcGIS read without a warning; nothing here needs a
# newer one.
_DATASET_OPTIONS: Final = {"GPKG": {"VERSION": "1.2"}}
_TYPES: Final = {
    FieldKind.TEXT: pa.string(),
    FieldKind.INTEGER: pa.int32(),
    FieldKind.REAL: pa.float64(),
}


def attribute_columns(
    fields: Sequence[Field], rows: Sequence[Mapping[str, Any]]
) -> dict[str, pa.Array]:
    """Return rows as typed columns, by field name."""
    return {
        field.name: pa.array([row[field.name] for row in rows], _TYPES[field.kind])
        for field in fields
    }


def wkb_column(layer: Layer) -> pa.Array:
    """Return a layer's geometries as WKB, x before y."""
    return pa.array([shapely.to_wkb(geometry) for geometry in layer.geometries], pa.binary())


def write_layer(
    layer: Layer,
    path: Path,
    driver: str,
    *,
    short_names: bool = False,
    layer_options: Mapping[str, str] | None = None,
    layer_metadata: Mapping[str, str] | None = None,
    dataset_metadata: Mapping[str, str] | None = None,
) -> None:
    """Write a layer to a file, beside the layers that it has.

    Parameters
    ----------
    layer : Layer
    path : Path
    driver : str
        GDAL's name of the format.
    short_names : bool
        Name the fields as Shapefiles must.
    layer_options : mapping of str to str, optional
        GDAL's layer creation options.
    layer_metadata, dataset_metadata : mapping of str to str, optional
    """
    columns = attribute_columns(layer.fields, layer.rows)
    schema = [
        pa.field(
            field.short_name if short_names else field.name,
            _TYPES[field.kind],
            metadata={
                "GDAL:OGR:alternative_name": field.title_zh,
                "GDAL:OGR:comment": _comment(field),
            },
        )
        for field in layer.fields
    ]
    table = pa.table(
        [*columns.values(), wkb_column(layer)],
        schema=pa.schema([*schema, pa.field(GEOMETRY_COLUMN, pa.binary())]),
    )
    pyogrio.raw.write_arrow(
        table,
        path,
        layer=layer.name,
        driver=driver,
        geometry_name=GEOMETRY_COLUMN,
        geometry_type=layer.geometry_type,
        crs=layer.crs,
        dataset_options=_DATASET_OPTIONS.get(driver),
        layer_options=layer_options,
        layer_metadata=layer_metadata,
        dataset_metadata=dataset_metadata,
    )


def write_table(name: str, rows: Sequence[Mapping[str, str]], path: Path, driver: str) -> None:
    """Write a table of text without geometry to a file, beside the layers that it has."""
    columns = {key: pa.array([row[key] for row in rows], pa.string()) for key in rows[0]}
    pyogrio.raw.write_arrow(pa.table(columns), path, layer=name, driver=driver)


@contextmanager
def dated(day: date) -> Iterator[str]:
    """Have GDAL write a day instead of the present; the setting is the whole process's.

    Yields
    ------
    str
        The moment that is written, as GeoPackage spells it.
    """
    moment = f"{day}T00:00:00.000Z"
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": moment})
    try:
        yield moment
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def _comment(field: Field) -> str:
    return f"{field.title_en}, {field.symbol}" if field.symbol else field.title_en
