"""Kinds of files that are joined, by the ends of their names."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from app.join.formats import TableFormat
from geo.errors import TableError

if TYPE_CHECKING:
    from pathlib import Path


class FileKind(StrEnum):
    """Kinds of files, each the end of their names."""

    CSV = ".csv"
    TSV = ".tsv"
    CSV_GZIP = ".csv.gz"
    TSV_GZIP = ".tsv.gz"
    PARQUET = ".parquet"
    XLSX = ".xlsx"
    XLS = ".xls"
    GEOPACKAGE = ".gpkg"
    GEOJSON = ".geojson"
    SHAPEFILE = ".shp"
    FLATGEOBUF = ".fgb"
    KML = ".kml"
    GEODATABASE = ".gdb"

    @property
    def is_text(self) -> bool:
        """Whether it is text that may be in another encoding than UTF-8."""
        return TABLES.get(self) in {TableFormat.CSV, TableFormat.TSV}

    @property
    def has_geometry(self) -> bool:
        """Whether a file of it holds geometries, instead of columns with coordinates."""
        return self is FileKind.PARQUET or self in DRIVERS

    @property
    def is_in_degrees(self) -> bool:
        """Whether its standard has all geometries in WGS84 (RFC 7946, OGC KML 2.3)."""
        return self in {FileKind.GEOJSON, FileKind.KML}

    @property
    def is_several_files(self) -> bool:
        """Whether it is a folder, or a file with others beside it: not replaced in one step."""
        return self in {FileKind.GEODATABASE, FileKind.SHAPEFILE}


TABLES: Final = {
    FileKind.CSV: TableFormat.CSV,
    FileKind.TSV: TableFormat.TSV,
    FileKind.CSV_GZIP: TableFormat.CSV,
    FileKind.TSV_GZIP: TableFormat.TSV,
    FileKind.PARQUET: TableFormat.PARQUET,
}
"""Formats of the files that are streams of rows."""

DRIVERS: Final = {
    FileKind.GEOPACKAGE: "GPKG",
    FileKind.GEOJSON: "GeoJSON",
    FileKind.SHAPEFILE: "ESRI Shapefile",
    FileKind.FLATGEOBUF: "FlatGeobuf",
    FileKind.KML: "KML",
    FileKind.GEODATABASE: "OpenFileGDB",
}
"""GDAL's names of the formats that it reads and writes here."""

GZIPPED: Final = frozenset({FileKind.CSV_GZIP, FileKind.TSV_GZIP})
SHEETS: Final = frozenset({FileKind.XLSX, FileKind.XLS})


def kind_of(path: Path) -> FileKind | None:
    """Return of which kind a file is; None if its name does not say."""
    name = path.name.lower()
    found = (kind for kind in FileKind if name.endswith(kind))
    return max(found, key=len, default=None)


def file_kind(path: Path) -> FileKind:
    """Return of which kind a file is.

    Raises
    ------
    TableError
        Its name does not say.
    """
    kind = kind_of(path)
    if kind is None:
        raise TableError(f"{path} must end in {', '.join(FileKind)}.")
    return kind
