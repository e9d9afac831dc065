"""Shapefiles, zipped with their styles, their metadata and a table of what their fields mean."""

from __future__ import annotations

import csv
import tempfile
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from geo.errors import ExportError
from geo.exports.archive import zip_bytes
from geo.exports.gdal import write_layer
from geo.exports.layers import all_layers
from geo.exports.metadata import qmd_of
from geo.exports.notes import notes_of, notes_text
from geo.exports.styles import style_of
from geo.fields import ALL_FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo.exports.layers import Layer
    from geo.exports.notes import Note
    from geo.model import Use
    from geo.parcels import Parcels
    from geo.symbology import PriceClasses

_BOM: Final = "\ufeff"  # Notepad and Excel take a file without one for GBK
_LONGEST_TEXT_BYTES: Final = 254  # of a text field in a DBF
_LARGEST: Final = 1e7  # of a number with GDAL's 15 decimals in 24 characters


def shapefile_bytes(parcels: Parcels, classes: Mapping[Use, PriceClasses], crs: str) -> bytes:
    """Return an edition as a ZIP archive of Shapefiles.

    Returns
    -------
    bytes
        The same for the same data.

    Raises
    ------
    ExportError
        With code ``value_too_long``, if a text or a number is longer than a Shapefile can hold.
    """
    layers, notes = all_layers(parcels, crs), notes_of(parcels, crs)
    for layer in layers:
        _check(layer)
    contents = {"README.txt": _readme(layers, notes), "field_names.csv": _field_names()}
    admin_code = parcels.edition.admin_code
    options = {
        "ENCODING": "UTF-8",
        "DBF_DATE_LAST_UPDATE": str(parcels.edition.effective_from),
        "SPATIAL_INDEX": "NO",
    }
    with tempfile.TemporaryDirectory() as folder:
        for layer in layers:
            path = Path(folder) / f"{layer.name}.shp"
            write_layer(layer, path, "ESRI Shapefile", short_names=True, layer_options=options)
            qml = style_of(layer, classes, "qml", admin_code=admin_code, short_names=True)
            path.with_suffix(".qml").write_text(qml, encoding="utf-8")
            sld = style_of(layer, classes, "sld", short_names=True)
            path.with_suffix(".sld").write_text(sld, encoding="utf-8")
            path.with_suffix(".qmd").write_text(qmd_of(layer, notes), encoding="utf-8")
        parts = sorted(Path(folder).iterdir())
        return zip_bytes(contents | {part.name: part.read_bytes() for part in parts})


def _check(layer: Layer) -> None:
    for row in layer.rows:
        for name, value in row.items():
            problem = None
            if isinstance(value, str) and len(value.encode()) > _LONGEST_TEXT_BYTES:
                problem = f"has {len(value.encode())} bytes", f"{_LONGEST_TEXT_BYTES}"
            elif isinstance(value, float) and not -_LARGEST < value < _LARGEST:
                problem = f"is {value:g}", f"less than {_LARGEST:g}"
            if problem:
                raise ExportError(
                    f"{name} of {next(iter(row.values()))} {problem[0]}; a Shapefile holds"
                    f" {problem[1]}: take another format",
                    code="value_too_long",
                )


def _readme(layers: Sequence[Layer], notes: Sequence[Note]) -> bytes:
    width = max(len(layer.name) for layer in layers)
    lines = [
        notes_text(notes),
        "",
        "图层 Layers",
        *(f"{layer.name:{width}}  {layer.title}" for layer in layers),
        "",
        "字段 Fields (field_names.csv)",
        *(
            f"{field.short_name:10}  {field.name:19}  {field.title_zh}  {field.title_en}"
            for field in ALL_FIELDS
        ),
        "",
        "编码 Encoding: UTF-8",
        "样式 Styles: .qml (QGIS), .sld (OGC)",
    ]
    return (_BOM + "\n".join([*lines, ""]).replace("\n", "\r\n")).encode()


def _field_names() -> bytes:
    text = StringIO()
    table = csv.writer(text)
    table.writerow(("short_name", "field", "title_zh", "title_en", "unit"))
    table.writerows((f.short_name, f.name, f.title_zh, f.title_en, f.symbol) for f in ALL_FIELDS)
    return (_BOM + text.getvalue()).encode()
