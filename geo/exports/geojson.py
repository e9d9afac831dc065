"""GeoJSON (RFC 7946): all regions in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo.exports.formats import WGS84
from geo.exports.layers import region_layer
from geo.exports.notes import notes_of
from geo.geojson import collection_text

if TYPE_CHECKING:
    from geo.parcels import Parcels


def geojson_bytes(parcels: Parcels) -> bytes:
    """Return the regions of an edition as GeoJSON in WGS84.

    Returns
    -------
    bytes
        The notes are foreign members of the collection. It has no ``crs`` member, which RFC 7946
        has removed.
    """
    layer = region_layer(parcels, WGS84)
    members = {note.key: note.value for note in notes_of(parcels, None)}
    features = (
        {"type": "Feature", "id": row["code"], "properties": row, "geometry": geometry}
        for row, geometry in zip(layer.rows, layer.geometries, strict=True)
    )
    return collection_text(members, features).encode()
