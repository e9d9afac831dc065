"""What holds of every export: refusals, fields, notes, and the same bytes for the same data."""

from __future__ import annotations

import dataclasses
import hashlib
import re

import pytest

from geo.errors import ExportError
from geo.exports import writers
from geo.exports.formats import FORMATS, parse_export_crs, parse_format
from geo.exports.notes import accuracy_of, notes_of
from geo.exports.writers import export_bytes
from geo.fields import ALL_FIELDS, REGION_FIELDS, FieldKind
from geo.model import COMMERCIAL, GeometrySource, Placement
from tests.exports import expected_rows, exported, shipped, shipped_classes
from tests.metric import METRIC
from tests.processes import run_script

HASHES = """
import hashlib
from tests.exports import exported
from geo.exports.formats import FORMATS
for name in FORMATS:
    print(name, hashlib.sha256(exported(name)).hexdigest())
"""


def test_every_format_has_a_writer() -> None:
    assert writers._WRITERS.keys() == FORMATS.keys()


@pytest.mark.parametrize("name", ["", "tiff", "GPKG ", "格式", "x" * 500])
def test_an_unknown_format_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(ExportError) as caught:
        parse_format(name)
    assert (caught.value.code, caught.value.field) == ("unknown_format", "format")
    assert "gpkg, shp, fgb, geojson, parquet, kml, dxf, xlsx, csv" in str(caught.value)
    assert len(str(caught.value)) < 200


def test_names_are_read_in_any_case() -> None:
    assert parse_format("GeoJSON") is FORMATS["geojson"]
    assert parse_export_crs(FORMATS["gpkg"], "epsg:4547", METRIC) == "EPSG:4547"


@pytest.mark.parametrize(
    ("fmt", "crs", "possible"),
    [
        ("gpkg", "EPSG:3857", "a gpkg file can have EPSG:4490, EPSG:4547, EPSG:4526, EPSG:4326"),
        ("gpkg", "4547", "EPSG:4490, EPSG:4547"),
        ("shp", "gcj02", "EPSG:4490, EPSG:4547"),
        ("geojson", "EPSG:4547", "a geojson file can have EPSG:4326"),
        ("kml", "EPSG:4490", "a kml file can have EPSG:4326"),
        ("dxf", "EPSG:4490", "a dxf file can have EPSG:4547, EPSG:4526"),
        ("csv", "EPSG:4490", "a csv file has no coordinates"),
        ("xlsx", "EPSG:4547", "a xlsx file has no coordinates"),
    ],
)
def test_a_coordinate_system_that_a_format_cannot_have_is_refused(
    fmt: str, crs: str, possible: str
) -> None:
    with pytest.raises(ExportError) as caught:
        export_bytes(shipped(), shipped_classes(), FORMATS[fmt], crs)
    assert (caught.value.code, caught.value.field) == ("unknown_crs", "crs")
    assert str(caught.value).startswith(f"crs is {crs!r}; ")
    assert possible in str(caught.value)


def test_fields_are_those_of_parcels_geojson_in_its_order() -> None:
    for row in expected_rows().values():
        assert [field.name for field in REGION_FIELDS] == list(row)
        for field in REGION_FIELDS:
            value = row[field.name]
            kind = {str: FieldKind.TEXT, int: FieldKind.INTEGER, float: FieldKind.REAL}
            found = next((k for t, k in kind.items() if isinstance(value, t)), None)
            assert value is None or field.kind is found, field.name


def test_short_names_fit_a_shapefile_and_differ() -> None:
    short_names = [field.short_name for field in ALL_FIELDS]
    assert len(set(short_names)) == len(short_names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,9}", name) for name in short_names)
    assert all(field.title_zh and field.title_en for field in ALL_FIELDS)


def test_notes_say_edition_sources_accuracy_and_version() -> None:
    parcels = shipped()
    notes = {note.key: note.value for note in notes_of(parcels, "EPSG:4490")}
    assert notes["title"] == parcels.edition.title
    assert notes["document"] == parcels.edition.document
    assert notes["valuation_date"] == str(parcels.edition.valuation_date)
    assert notes["attribution"] == parcels.attribution
    assert parcels.sha256 in notes["data_version"]
    assert len(parcels.sha256) == 64
    assert notes["crs"] == "EPSG:4490"
    assert "不是测量成果" in notes["accuracy"]
    assert "not surveyed" in notes["accuracy"]
    assert "crs" not in {note.key for note in notes_of(parcels, None)}


def test_the_accuracy_statement_follows_the_geometry() -> None:
    surveyed = [
        dataclasses.replace(
            region, geometry_source=GeometrySource.CENTRELINES, placement=Placement.TIED
        )
        for region in shipped().regions
    ]
    assert "surveyed" not in accuracy_of(surveyed)
    assert "测量" not in accuracy_of(surveyed)
    mixed = [*surveyed[1:], shipped().regions[0]]
    assert "1 of 66 regions is inferred" in accuracy_of(mixed)


@pytest.mark.slow
def test_the_same_data_give_the_same_bytes_in_another_process() -> None:
    printed = run_script(HASHES, TZ="Asia/Shanghai", PYTHONHASHSEED="7", LANG="C.UTF-8")
    here = {name: hashlib.sha256(exported(name)).hexdigest() for name in FORMATS}
    assert dict(line.split() for line in printed.splitlines()) == here


@pytest.mark.parametrize("name", FORMATS)
def test_other_data_give_other_bytes(name: str) -> None:
    changed = dataclasses.replace(shipped(), sha256="0" * 64)
    other = export_bytes(changed, shipped_classes(), FORMATS[name])
    assert other != exported(name)


@pytest.mark.parametrize("name", FORMATS)
def test_an_edition_without_a_use_can_be_exported(name: str) -> None:
    regions = tuple(r for r in shipped().regions if r.use == COMMERCIAL)
    few = dataclasses.replace(
        shipped(),
        regions=tuple(dataclasses.replace(r, parcel_crossing=None) for r in regions),
        attribution="",
    )
    assert export_bytes(few, shipped_classes(), FORMATS[name])
