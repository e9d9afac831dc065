"""FlatGeobuf: all regions in one file with a spatial index, for maps on the web."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from geo.exports.gdal import write_layer
from geo.exports.layers import region_layer
from geo.exports.notes import notes_of, notes_text

if TYPE_CHECKING:
    from geo.parcels import Parcels


def flatgeobuf_bytes(parcels: Parcels, crs: str) -> bytes:
    """Return the regions of an edition as FlatGeobuf.

    Returns
    -------
    bytes
        Its header holds the notes as title, description and metadata.
    """
    notes = notes_of(parcels, crs)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "landprice.fgb"
        options = {
            "SPATIAL_INDEX": "YES",
            "TITLE": parcels.edition.title,
            "DESCRIPTION": notes_text(notes),
        }
        write_layer(
            region_layer(parcels, crs),
            path,
            "FlatGeobuf",
            layer_options=options,
            layer_metadata={note.key: note.value for note in notes if note.key != "title"},
        )
        return path.read_bytes()
