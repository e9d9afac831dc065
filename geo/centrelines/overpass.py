"""A query for the OpenStreetMap data of a city's lines, for someone with access to the internet.

Overpass QL: https://wiki.openstreetmap.org/wiki/Overpass_API/Overpass_QL
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

MARGIN_M: Final = 3_000.0
"""How far beyond the regions lines are asked for: inferred regions may be a kilometre or two
off."""

_DEGREE_M: Final = 111_320.0  # of latitude
_TIMEOUT_S: Final = 180
_TAGS: Final = ("highway", "railway", "waterway")


def overpass_query(
    names: Iterable[str], *, west: float, south: float, east: float, north: float
) -> str:
    """Return a query for all ways with one of the given names around a city.

    Parameters
    ----------
    names : iterable of str
        With their other spellings.
    west, south, east, north : float
        Around the city's regions, WGS84 degrees; `MARGIN_M` is added on all sides.

    Returns
    -------
    str
        Overpass QL. Its answer, saved as ``.osm``, is what ``landprice network import`` reads: the
        nodes come first and in full, which GDAL needs, so it is not asked for with ``out geom``.
    """
    margin_lat = MARGIN_M / _DEGREE_M
    margin_lon = margin_lat / math.cos(math.radians(max(abs(south), abs(north))))
    box = (south - margin_lat, west - margin_lon, north + margin_lat, east + margin_lon)
    ways = [
        f'  way["name"={_quoted(name)}]["{tag}"];' for name in sorted(set(names)) for tag in _TAGS
    ]
    return "\n".join(
        [
            f"[out:xml][timeout:{_TIMEOUT_S}][bbox:{','.join(f'{edge:.5f}' for edge in box)}];",
            "(",
            *ways,
            ");",
            "(._;>;);",
            "out body;",
            "",
        ]
    )


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\t", "\\t") + '"'
