"""A QGIS project inside the GeoPackage: its layers in groups by use, styled, one use visible.

QGIS keeps such a project in the table ``qgis_projects`` as a zipped ``.qgs`` document, hexadecimal
(QgsGeoPackageProjectStorage). Elements of a layer's style (QML) are elements of the layer there.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

import shapely

from geo.exports.layers import AREAS_LAYER, LINES_LAYER, PARCELS_LAYER

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from geo.exports.layers import Layer
    from geo.model import Use
    from geo.parcels import Parcels

PROJECT: Final = "标定地价"
"""Name of the project in the GeoPackage."""

_VERSION: Final = "3.28.0"
_TABLE: Final = "CREATE TABLE qgis_projects (name TEXT PRIMARY KEY, metadata BLOB, content BLOB)"
_GEOMETRIES: Final = {"Polygon": "Polygon", "MultiPolygon": "Polygon", "Point": "Point"}
_OF_EVERY_USE: Final = {PARCELS_LAYER: True, AREAS_LAYER: False}
"""Layers of all uses that stand in the group of each, and whether they are shown at first."""
_CHECKED: Final = {True: "Qt::Checked", False: "Qt::Unchecked"}
_DOCTYPE: Final = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_TIMES: Final = (1980, 1, 1, 0, 0, 0)  # the same bytes for the same project


def add_project(
    database: sqlite3.Connection,
    layers: Sequence[Layer],
    styles: Mapping[str, str],
    parcels: Parcels,
    file_name: str,
    moment: str,
) -> None:
    """Put a project into a GeoPackage.

    Parameters
    ----------
    database : sqlite3.Connection
        The GeoPackage.
    layers : sequence of Layer
        What it has.
    styles : mapping of str to str
        QML, by layer.
    parcels : Parcels
    file_name : str
        Of the GeoPackage, which QGIS looks for beside the project; it must keep this name.
    moment : str
        When the data changed, as ISO 8601.
    """
    document = _document(layers, styles, parcels, file_name)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(f"{PROJECT}.qgs", _TIMES), document)
    metadata = {"last_modified_time": moment, "last_modified_user": ""}
    database.execute(_TABLE)
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change,"
        " srs_id) VALUES ('qgis_projects', 'attributes', 'qgis_projects', '', ?, 0)",
        (moment,),
    )
    database.execute(
        "INSERT INTO qgis_projects VALUES (?, ?, ?)",
        (PROJECT, json.dumps(metadata), content.getvalue().hex()),
    )


def _document(
    layers: Sequence[Layer], styles: Mapping[str, str], parcels: Parcels, file_name: str
) -> bytes:
    by_name = {layer.name: layer for layer in layers}
    tree, maps = _group(), ET.Element("projectlayers")

    def add(group: ET.Element, layer: Layer, use: Use | None, *, shown: bool) -> None:
        number = f"{layer.name}_{use.code}" if use else layer.name
        source = f"./{file_name}|layername={layer.name}"
        if use is not None and layer.use is None:
            source += f"|subset=\"use\" = '{use.code}'"
        node = {
            "id": number,
            "name": layer.title_zh,
            "source": source,
            "providerKey": "ogr",
            "checked": _CHECKED[shown],
            "expanded": str(int(shown and layer.use is not None)),
        }
        ET.SubElement(group, "layer-tree-layer", node)
        maps.append(_layer(layer, number, source, styles[layer.name], parcels.attribution))

    if LINES_LAYER in by_name:
        add(tree, by_name[LINES_LAYER], None, shown=True)
    uses = _group(name="用途", checked=_CHECKED[True])
    uses.attrib |= {"mutually-exclusive": "1", "mutually-exclusive-child": "0"}
    for place, use in enumerate(parcels.uses):
        first = place == 0
        group = _group(name=use.label, checked=_CHECKED[first], expanded=str(int(first)))
        for name, shown in _OF_EVERY_USE.items():
            if name in by_name:
                add(group, by_name[name], use, shown=shown)
        for layer in layers:
            if layer.use == use:
                add(group, layer, use, shown=True)
        uses.append(group)
    tree.append(uses)
    project = ET.Element("qgis", {"version": _VERSION, "projectname": PROJECT})
    ET.SubElement(project, "title").text = f"{parcels.edition.city}{PROJECT}"
    ET.SubElement(project, "projectCrs").append(_crs(layers[0].crs))
    project.extend([tree, maps])
    canvas = ET.SubElement(project, "mapcanvas", {"name": "theMapCanvas"})
    canvas.append(_extent(layers))
    system = ET.SubElement(ET.SubElement(project, "properties"), "SpatialRefSys")
    ET.SubElement(system, "ProjectionsEnabled", {"type": "int"}).text = "1"
    return f"{_DOCTYPE}{ET.tostring(project, encoding='unicode')}".encode()


def _group(**attributes: str) -> ET.Element:
    group = ET.Element("layer-tree-group", attributes)
    ET.SubElement(group, "customproperties")
    return group


def _layer(layer: Layer, number: str, source: str, style: str, attribution: str) -> ET.Element:
    look = ET.fromstring(style)  # noqa: S314 - its text was written here
    made = ET.Element("maplayer", look.attrib)
    made.attrib |= {
        "type": "vector",
        "geometry": _GEOMETRIES.get(layer.geometry_type, "Line"),
        "styleCategories": "AllStyleCategories",
    }
    for tag, text in (
        ("id", number),
        ("datasource", source),
        ("layername", layer.title_zh),
        ("provider", "ogr"),
        ("attribution", attribution),
    ):
        ET.SubElement(made, tag).text = text
    ET.SubElement(made, "srs").append(_crs(layer.crs))
    made.extend(look)
    return made


def _crs(name: str) -> ET.Element:
    """Name a system by its authority, from which QGIS knows all else."""
    system = ET.Element("spatialrefsys")
    ET.SubElement(system, "srsid").text = "1"  # only behind some number QGIS reads the authority
    ET.SubElement(system, "authid").text = name
    return system


def _extent(layers: Sequence[Layer]) -> ET.Element:
    shapes = [shape for layer in layers if layer.use for shape in layer.geometries]
    extent = ET.Element("extent")
    ends = shapely.total_bounds(shapes).tolist()
    for name, end in zip(("xmin", "ymin", "xmax", "ymax"), ends, strict=True):
        ET.SubElement(extent, name).text = repr(end)
    return extent
