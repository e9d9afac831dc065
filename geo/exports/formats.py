"""The files that an edition can be exported to: names, media types, coordinate systems.

Kept apart from the writers, which are slow to import.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from geo.errors import ExportError

WGS84: Final = "EPSG:4326"
CGCS2000: Final = "EPSG:4490"
CGCS2000_GK_CM_114E: Final = "EPSG:4547"
CGCS2000_GK_ZONE_38: Final = "EPSG:4526"

_ANY: Final = (CGCS2000, CGCS2000_GK_CM_114E, CGCS2000_GK_ZONE_38, WGS84)
_ANY_WGS84_FIRST: Final = (WGS84, CGCS2000, CGCS2000_GK_CM_114E, CGCS2000_GK_ZONE_38)


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A kind of file.

    Attributes
    ----------
    name : str
        As the command line takes it.
    file_name : str
        As the service offers it.
    media_type : str
    crs : tuple of str
        The coordinate systems it can be written in, the usual one first; empty for a table
        without geometry.
    """

    name: str
    file_name: str
    media_type: str
    crs: tuple[str, ...]


FORMATS: Final = {
    fmt.name: fmt
    for fmt in (
        ExportFormat("gpkg", "landprice.gpkg", "application/geopackage+sqlite3", _ANY),
        ExportFormat("shp", "landprice-shp.zip", "application/zip", _ANY),
        ExportFormat("fgb", "landprice.fgb", "application/flatgeobuf", _ANY_WGS84_FIRST),
        ExportFormat("geojson", "landprice.geojson", "application/geo+json", (WGS84,)),
        ExportFormat(
            "parquet", "landprice.parquet", "application/vnd.apache.parquet", _ANY_WGS84_FIRST
        ),
        ExportFormat("kml", "landprice.kml", "application/vnd.google-earth.kml+xml", (WGS84,)),
        ExportFormat(
            "dxf", "landprice.dxf", "image/vnd.dxf", (CGCS2000_GK_CM_114E, CGCS2000_GK_ZONE_38)
        ),
        ExportFormat(
            "xlsx",
            "landprice.xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            (),
        ),
        ExportFormat("csv", "landprice.csv", "text/csv", ()),
    )
}
"""Every format, by name."""


def parse_format(name: str) -> ExportFormat:
    """Read the name of a format, in any letter case.

    Parameters
    ----------
    name : str
        A key of `FORMATS`.

    Raises
    ------
    ExportError
        With code ``unknown_format``, if there is no such format.
    """
    try:
        return FORMATS[name.lower()]
    except KeyError:
        raise ExportError(
            f"format is {name[:40]!r}, which is none of {', '.join(FORMATS)}",
            code="unknown_format",
            field="format",
        ) from None


def parse_export_crs(fmt: ExportFormat, name: str | None) -> str:
    """Read the coordinate system that a file shall have.

    Parameters
    ----------
    fmt : ExportFormat
    name : str or None
        As ``EPSG:4547``, in any letter case; None for the format's usual one.

    Returns
    -------
    str
        Empty for a table without geometry.

    Raises
    ------
    ExportError
        With code ``unknown_crs``, if the format cannot be written in that system.
    """
    if name is None:
        return fmt.crs[0] if fmt.crs else ""
    if name.upper() in fmt.crs:
        return name.upper()
    choice = f"can have {', '.join(fmt.crs)}" if fmt.crs else "has no coordinates"
    raise ExportError(
        f"crs is {name[:40]!r}; a {fmt.name} file {choice}", code="unknown_crs", field="crs"
    )
