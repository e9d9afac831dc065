"""Metadata of a layer in QGIS's own XML (QMD), which QGIS shows with the layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element, SubElement, tostring

import shapely
from pyproj import CRS

from geo.exports.notes import notes_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.exports.layers import Layer
    from geo.exports.notes import Note

_DOCTYPE: Final = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_VERSION: Final = "3.28.0"


def description_of(layer: Layer, notes: Sequence[Note]) -> str:
    """Return what a layer holds and the notes, as text."""
    return f"{layer.title}\n{notes_text(notes)}"


def qmd_of(layer: Layer, notes: Sequence[Note]) -> str:
    """Return a layer's metadata as XML.

    Parameters
    ----------
    layer : Layer
    notes : sequence of Note
        What `geo.exports.notes.notes_of` returned.
    """
    values = {note.key: note.value for note in notes}
    root = Element("qgis", version=_VERSION)
    SubElement(root, "identifier").text = f"{values['data_version']} {layer.name}"
    SubElement(root, "parentidentifier").text = values["document"]
    SubElement(root, "language").text = "ZHO"
    SubElement(root, "type").text = "dataset"
    SubElement(root, "title").text = layer.title
    SubElement(root, "abstract").text = description_of(layer, notes)
    contact = SubElement(root, "contact")
    SubElement(contact, "organization").text = values["publisher"]
    SubElement(contact, "role").text = "originator"
    SubElement(root, "links")
    dates = SubElement(root, "dates")
    SubElement(dates, "date", type="Published", value=f"{values['effective_from']}T00:00:00Z")
    SubElement(root, "constraints", type="other").text = values["accuracy"]
    SubElement(root, "rights").text = values["attribution"]
    system = CRS(layer.crs)
    reference = SubElement(SubElement(root, "crs"), "spatialrefsys", nativeFormat="Wkt")
    SubElement(reference, "wkt").text = system.to_wkt()
    SubElement(reference, "authid").text = layer.crs
    SubElement(reference, "description").text = system.name
    SubElement(reference, "geographicflag").text = str(system.is_geographic).lower()
    west, south, east, north = map(str, shapely.total_bounds(list(layer.geometries)))
    SubElement(
        SubElement(root, "extent"),
        "spatial",
        dimensions="2",
        crs=layer.crs,
        minx=west,
        miny=south,
        maxx=east,
        maxy=north,
        minz="0",
        maxz="0",
    )
    return _DOCTYPE + tostring(root, encoding="unicode")
