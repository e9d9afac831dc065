"""The files that an edition can be exported to: names, media types, coordinate systems.

Kept apart from the writers, which are slow to import.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from geo.crs import Crs, with_zone_number
from geo.errors import ExportError

WGS84: Final = "EPSG:4326"
CGCS2000: Final = "EPSG:4490"


class Systems(Enum):
    """The coordinate systems that a kind of file can be written in."""

    NONE = "a table without geometry"
    WGS84_ONLY = "WGS84"
    METRES = "the city's Gauss-Kruger zone"
    ANY = "all, CGCS2000 first"
    ANY_WGS84_FIRST = "all, WGS84 first"


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
    systems : Systems
    """

    name: str
    file_name: str
    media_type: str
    systems: Systems

    def crs(self, zone: Crs) -> tuple[str, ...]:
        """Return the coordinate systems it can be written in, the usual one first.

        Parameters
        ----------
        zone : Crs
            The Gauss-Kruger zone of the city, without zone number.
        """
        metres = (zone.upper(), with_zone_number(zone).upper())
        return {
            Systems.NONE: (),
            Systems.WGS84_ONLY: (WGS84,),
            Systems.METRES: metres,
            Systems.ANY: (CGCS2000, *metres, WGS84),
            Systems.ANY_WGS84_FIRST: (WGS84, CGCS2000, *metres),
        }[self.systems]


FORMATS: Final = {
    fmt.name: fmt
    for fmt in (
        ExportFormat("gpkg", "landprice.gpkg", "application/geopackage+sqlite3", Systems.ANY),
        ExportFormat("shp", "landprice-shp.zip", "application/zip", Systems.ANY),
        ExportFormat("fgb", "landprice.fgb", "application/flatgeobuf", Systems.ANY_WGS84_FIRST),
        ExportFormat("geojson", "landprice.geojson", "application/geo+json", Systems.WGS84_ONLY),
        ExportFormat(
            "parquet",
            "landprice.parquet",
            "application/vnd.apache.parquet",
            Systems.ANY_WGS84_FIRST,
        ),
        ExportFormat(
            "kml", "landprice.kml", "application/vnd.google-earth.kml+xml", Systems.WGS84_ONLY
        ),
        ExportFormat("dxf", "landprice.dxf", "image/vnd.dxf", Systems.METRES),
        ExportFormat(
            "xlsx",
            "landprice.xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Systems.NONE,
        ),
        ExportFormat("csv", "landprice.csv", "text/csv", Systems.NONE),
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


def parse_export_crs(fmt: ExportFormat, name: str | None, zone: Crs) -> str:
    """Read the coordinate system that a file shall have.

    Parameters
    ----------
    fmt : ExportFormat
    name : str or None
        As ``EPSG:4547``, in any letter case; None for the format's usual one.
    zone : Crs
        The Gauss-Kruger zone of the city, without zone number.

    Returns
    -------
    str
        Empty for a table without geometry.

    Raises
    ------
    ExportError
        With code ``unknown_crs``, if the format cannot be written in that system.
    """
    offered = fmt.crs(zone)
    if name is None:
        return offered[0] if offered else ""
    if name.upper() in offered:
        return name.upper()
    choice = f"can have {', '.join(offered)}" if offered else "has no coordinates"
    raise ExportError(
        f"crs is {name[:40]!r}; a {fmt.name} file {choice}", code="unknown_crs", field="crs"
    )
