"""GeoPackage: layers with QGIS and SLD styles, metadata and a table of field names in one file.

GDAL writes the layers. What it has no word for is added by SQL: ``layer_styles`` as QGIS lays it
out, and each layer's metadata in QGIS's own XML.
"""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from geo.exports.gdal import dated, write_layer, write_table
from geo.exports.layers import GEOMETRY_COLUMN, all_layers, area_layer
from geo.exports.metadata import description_of, qmd_of
from geo.exports.notes import notes_of
from geo.exports.qgis_project import add_project
from geo.exports.styles import style_of
from geo.fields import ALL_FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo.exports.areas import LikelyArea
    from geo.exports.layers import Layer
    from geo.exports.notes import Note
    from geo.model import Use
    from geo.parcels import Parcels
    from geo.symbology import PriceClasses

FIELD_NAMES_TABLE: Final = "field_names"

# As QGIS itself creates it in a GeoPackage.
_LAYER_STYLES: Final = """
CREATE TABLE "layer_styles" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  "f_table_catalog" TEXT(256), "f_table_schema" TEXT(256), "f_table_name" TEXT(256),
  "f_geometry_column" TEXT(256), "styleName" TEXT(30), "styleQML" TEXT, "styleSLD" TEXT,
  "useAsDefault" BOOLEAN, "description" TEXT, "owner" TEXT(30), "ui" TEXT(30),
  "update_time" DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)"""
_QMD_STANDARD: Final = "http://mrcc.com/qgis.dtd"  # by which QGIS finds its own


def geopackage_bytes(
    parcels: Parcels,
    classes: Mapping[Use, PriceClasses],
    crs: str,
    areas: Sequence[LikelyArea] = (),
    *,
    file_name: str,
) -> bytes:
    """Return an edition as a GeoPackage, with areas by probability if there are any.

    Parameters
    ----------
    parcels : Parcels
    classes : mapping of Use to PriceClasses
    crs : str
    areas : sequence of LikelyArea, optional
    file_name : str
        The name that it will have, by which the project inside finds its layers.

    Returns
    -------
    bytes
        The same for the same data; with no write-ahead log, so that it opens read-only.
    """
    layers, notes = all_layers(parcels, crs), notes_of(parcels, crs)
    if areas:
        layers = (*layers, area_layer(areas, crs))
    with (
        tempfile.TemporaryDirectory() as folder,
        dated(parcels.edition.effective_from) as moment,
    ):
        path = Path(folder) / file_name
        facts = {note.key: note.value for note in notes}
        for layer in layers:
            options = {"IDENTIFIER": layer.title, "DESCRIPTION": description_of(layer, notes)}
            write_layer(
                layer,
                path,
                "GPKG",
                layer_options=options,
                dataset_metadata=facts,
            )
        write_table(FIELD_NAMES_TABLE, _field_names(), path, "GPKG")
        with closing(sqlite3.connect(path)) as database, database:
            styles = {
                layer.name: style_of(layer, classes, "qml", admin_code=parcels.edition.admin_code)
                for layer in layers
            }
            _add_styles(database, layers, classes, styles, moment)
            add_project(database, layers, styles, parcels, file_name, moment)
            _add_metadata(database, layers, notes, moment)
        return path.read_bytes()


def _field_names() -> list[dict[str, str]]:
    return [
        {"field": f.name, "title_zh": f.title_zh, "title_en": f.title_en, "unit": f.symbol}
        for f in ALL_FIELDS
    ]


def _add_styles(
    database: sqlite3.Connection,
    layers: Sequence[Layer],
    classes: Mapping[Use, PriceClasses],
    styles: Mapping[str, str],
    moment: str,
) -> None:
    database.execute(_LAYER_STYLES)
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change,"
        " srs_id) VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?, 0)",
        (moment,),
    )
    database.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name,"
        " f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner,"
        " update_time) VALUES ('', '', ?, ?, ?, ?, ?, 1, ?, '', ?)",
        [
            (
                layer.name,
                GEOMETRY_COLUMN,
                layer.name,
                styles[layer.name],
                style_of(layer, classes, "sld"),
                layer.title,
                moment,
            )
            for layer in layers
        ],
    )


def _add_metadata(
    database: sqlite3.Connection, layers: Sequence[Layer], notes: Sequence[Note], moment: str
) -> None:
    """Add metadata that QGIS reads to the tables that GDAL made for the file's."""
    [(of_file,)] = database.execute(
        "SELECT md_file_id FROM gpkg_metadata_reference WHERE reference_scope = 'geopackage'"
    )
    for layer in layers:
        of_layer = database.execute(
            "INSERT INTO gpkg_metadata (md_standard_uri, mime_type, metadata)"
            " VALUES (?, 'text/xml', ?)",
            (_QMD_STANDARD, qmd_of(layer, notes)),
        ).lastrowid
        database.execute(
            "INSERT INTO gpkg_metadata_reference (reference_scope, table_name, timestamp,"
            " md_file_id, md_parent_id) VALUES ('table', ?, ?, ?, ?)",
            (layer.name, moment, of_layer, of_file),
        )
