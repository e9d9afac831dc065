"""An edition as a file of any format that GIS, CAD and office programs read.

Everything comes from ``data/parcels.geojson``; the styles also from the classes of price.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from geo.exports.dxf import dxf_bytes
from geo.exports.flatgeobuf import flatgeobuf_bytes
from geo.exports.formats import parse_export_crs
from geo.exports.geojson import geojson_bytes
from geo.exports.geopackage import geopackage_bytes
from geo.exports.kml import kml_bytes
from geo.exports.parquet import parquet_bytes
from geo.exports.shapefile import shapefile_bytes
from geo.exports.tables import csv_bytes, xlsx_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo.exports.areas import LikelyArea
    from geo.exports.formats import ExportFormat
    from geo.model import Use
    from geo.parcels import Parcels
    from geo.symbology import PriceClasses


_Writer = Callable[["Parcels", "Mapping[Use, PriceClasses]", str, "Sequence[LikelyArea]"], bytes]

_WRITERS: Final[dict[str, _Writer]] = {
    "gpkg": geopackage_bytes,
    "shp": lambda parcels, classes, crs, _: shapefile_bytes(parcels, classes, crs),
    "fgb": lambda parcels, _, crs, *__: flatgeobuf_bytes(parcels, crs),
    "geojson": lambda parcels, *_: geojson_bytes(parcels),
    "parquet": lambda parcels, _, crs, *__: parquet_bytes(parcels, crs),
    "kml": lambda parcels, classes, *_: kml_bytes(parcels, classes),
    "dxf": lambda parcels, _, crs, *__: dxf_bytes(parcels, crs),
    "xlsx": lambda parcels, *_: xlsx_bytes(parcels),
    "csv": lambda parcels, *_: csv_bytes(parcels),
}


def export_bytes(
    parcels: Parcels,
    classes: Mapping[Use, PriceClasses],
    fmt: ExportFormat,
    crs: str | None = None,
    areas: Sequence[LikelyArea] = (),
) -> bytes:
    """Return an edition as a file.

    Parameters
    ----------
    parcels : Parcels
    classes : mapping of Use to PriceClasses
        Price classes of every use.
    fmt : ExportFormat
    crs : str, optional
        As ``EPSG:4547``; the format's usual one if it is not given.
    areas : sequence of LikelyArea, optional
        Where regions lie by probability, for a GeoPackage.

    Returns
    -------
    bytes
        The same for the same data and the same versions of the libraries.

    Raises
    ------
    ExportError
        The format cannot be written in that coordinate system, or cannot hold a value.
    """
    chosen = parse_export_crs(fmt, crs, parcels.metric_crs)
    return _WRITERS[fmt.name](parcels, classes, chosen, areas)
