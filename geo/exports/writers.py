"""An edition as a file of any format that GIS, CAD and office programs read.

Everything comes from ``data/parcels.geojson``; the styles also from the classes of price.
"""

from __future__ import annotations

from dataclasses import dataclass
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
    from collections.abc import Callable, Mapping, Sequence

    from geo.exports.areas import LikelyArea
    from geo.exports.formats import ExportFormat
    from geo.model import Use
    from geo.parcels import Parcels
    from geo.symbology import PriceClasses


@dataclass(frozen=True)
class _Asked:
    """What is asked of a writer."""

    parcels: Parcels
    classes: Mapping[Use, PriceClasses]
    crs: str
    areas: Sequence[LikelyArea]
    file_name: str


_WRITERS: Final[dict[str, Callable[[_Asked], bytes]]] = {
    "gpkg": lambda asked: geopackage_bytes(
        asked.parcels, asked.classes, asked.crs, asked.areas, file_name=asked.file_name
    ),
    "shp": lambda asked: shapefile_bytes(asked.parcels, asked.classes, asked.crs),
    "fgb": lambda asked: flatgeobuf_bytes(asked.parcels, asked.crs),
    "geojson": lambda asked: geojson_bytes(asked.parcels),
    "parquet": lambda asked: parquet_bytes(asked.parcels, asked.crs),
    "kml": lambda asked: kml_bytes(asked.parcels, asked.classes),
    "dxf": lambda asked: dxf_bytes(asked.parcels, asked.crs),
    "xlsx": lambda asked: xlsx_bytes(asked.parcels),
    "csv": lambda asked: csv_bytes(asked.parcels),
}


def export_bytes(
    parcels: Parcels,
    classes: Mapping[Use, PriceClasses],
    fmt: ExportFormat,
    crs: str | None = None,
    areas: Sequence[LikelyArea] = (),
    file_name: str | None = None,
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
    file_name : str, optional
        The name that a GeoPackage will have, by which the QGIS project inside finds its layers;
        the usual one if it is not given.

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
    asked = _Asked(parcels, classes, chosen, areas, file_name or fmt.file_name)
    return _WRITERS[fmt.name](asked)
