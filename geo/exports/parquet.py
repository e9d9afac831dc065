"""GeoParquet 1.1: all regions in one file, for analysis.

GDAL is often built without Parquet, so pyarrow writes the file and this module the ``geo`` key, as
https://geoparquet.org/releases/v1.1.0/ lays it out.
"""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING

import pyarrow as pa
import shapely
from pyarrow import parquet
from pyproj import CRS

from geo.exports.gdal import attribute_columns, wkb_column
from geo.exports.layers import region_layer
from geo.exports.notes import notes_of

if TYPE_CHECKING:
    from geo.parcels import Parcels

_GEOMETRY = "geometry"


def parquet_bytes(parcels: Parcels, crs: str) -> bytes:
    """Return the regions of an edition as GeoParquet.

    Returns
    -------
    bytes
        The notes are key-value metadata of the file.
    """
    layer = region_layer(parcels, crs)
    column = {
        "encoding": "WKB",
        "geometry_types": [layer.geometry_type],
        "crs": CRS(crs).to_json_dict(),
        "orientation": "counterclockwise",
        "edges": "planar",
        "bbox": [float(bound) for bound in shapely.total_bounds(list(layer.geometries))],
    }
    geo = {"version": "1.1.0", "primary_column": _GEOMETRY, "columns": {_GEOMETRY: column}}
    metadata = {note.key: note.value for note in notes_of(parcels, crs)}
    columns = attribute_columns(layer.fields, layer.rows) | {_GEOMETRY: wkb_column(layer)}
    table = pa.table(columns).replace_schema_metadata({**metadata, "geo": json.dumps(geo)})
    buffer = BytesIO()
    parquet.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()
