"""Base maps: from other hosts, if the operator asks for them, and one of the operator's own."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

OWN_BASE_MAP: Final = "basemap/basemap.geojson"
"""Where a city's folder has a base map of its own, see `maps.basemap`."""
OWN_ATTRIBUTION: Final = "© OpenStreetMap contributors, ODbL 1.0"


class BaseMap(StrEnum):
    """A base map by the name that settings and the command line give it."""

    OSM = "osm"
    TIANDITU = "tianditu"

    @property
    def label(self) -> str:
        """The name that readers of the map see."""
        return _LABELS[self]

    @property
    def tile_source(self) -> str:
        """Where its tiles come from, as a source in a Content-Security-Policy."""
        return _TILE_SOURCES[self]

    @property
    def attribution(self) -> str:
        """Who made it."""
        return _ATTRIBUTIONS[self]

    def tile_urls(self, key: str) -> tuple[str, ...]:
        """Return the addresses of its tiles, from the bottom layer to the top.

        Parameters
        ----------
        key : str
            The operator's key; only Tianditu reads it.
        """
        return tuple(url.replace("{key}", quote(key, safe="")) for url in _TILE_URLS[self])


def described(base_maps: Iterable[BaseMap], key: str) -> list[dict[str, object]]:
    """Return what the script of a page must know of base maps.

    Parameters
    ----------
    base_maps : iterable of BaseMap
    key : str
        The operator's key for Tianditu.
    """
    return [
        {"label": base.label, "urls": base.tile_urls(key), "attribution": base.attribution}
        for base in base_maps
    ]


_LABELS: Final = {BaseMap.OSM: "OpenStreetMap", BaseMap.TIANDITU: "天地图"}
_ATTRIBUTIONS: Final = {BaseMap.OSM: "© OpenStreetMap contributors", BaseMap.TIANDITU: "© 天地图"}
_TILE_SOURCES: Final = {
    BaseMap.OSM: "https://tile.openstreetmap.org",
    BaseMap.TIANDITU: "https://*.tianditu.gov.cn",
}
# Tianditu's layers in Web Mercator: the map itself (vec), then its labels (cva). Its CGCS2000
# coordinates lie where WGS84 has them, so nothing is shifted.
_TILE_URLS: Final = {
    BaseMap.OSM: ("https://tile.openstreetmap.org/{z}/{x}/{y}.png",),
    BaseMap.TIANDITU: tuple(
        f"https://t{{s}}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
        f"&LAYER={layer}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
        "&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk={key}"
        for layer in ("vec", "cva")
    ),
}
