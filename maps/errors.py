"""What can be wrong with a map."""

from __future__ import annotations

from geo.errors import GeoError


class MapError(GeoError):
    """A map that cannot be drawn as it is asked for."""

    code = "map_invalid"


class MissingGlyphError(MapError):
    """Text that the maps' font cannot print."""

    code = "glyph_missing"
