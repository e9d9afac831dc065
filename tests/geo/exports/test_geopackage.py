"""The GeoPackage, read back by SQL alone and by GDAL."""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pyogrio
import pytest
import shapely

from geo.exports.formats import FORMATS
from geo.exports.layers import POSITION
from geo.exports.notes import notes_of
from geo.fields import ALL_FIELDS, AREA_FIELDS, LINE_FIELDS, PARCEL_FIELDS, REGION_FIELDS
from geo.model import COMMERCIAL
from geo.network.boundary_lines import boundary_lines
from tests.exports import (
    COUNTS,
    GPKG_LAYERS,
    check_polygons,
    check_position,
    check_rows,
    crossings,
    exported,
    placed,
    shipped,
    written,
)
from tests.metric import METRIC
from tests.uses import USES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from geo.model import Use

QGIS_COLUMNS = [
    "id",
    "f_table_catalog",
    "f_table_schema",
    "f_table_name",
    "f_geometry_column",
    "styleName",
    "styleQML",
    "styleSLD",
    "useAsDefault",
    "description",
    "owner",
    "ui",
    "update_time",
]


@pytest.fixture(scope="module", params=FORMATS["gpkg"].crs(METRIC))
def crs(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def path(crs: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written("gpkg", tmp_path_factory.mktemp("gpkg"), crs)


@pytest.fixture(scope="module")
def database(path: Path) -> Iterator[sqlite3.Connection]:
    """The file as if nothing could ever write to it."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


def rows_of(database: sqlite3.Connection, table: str) -> list[dict[str, Any]]:
    return [dict(row) for row in database.execute(f'SELECT * FROM "{table}"')]  # noqa: S608


def geometry_of(blob: bytes, crs: str) -> shapely.Geometry:
    """Read a GeoPackage geometry: magic, version, flags, reference system, envelope, WKB."""
    assert blob[:3] == b"GP\0"
    flags = blob[3]
    assert flags & 1, "little endian"
    assert struct.unpack("<i", blob[4:8])[0] == int(crs.removeprefix("EPSG:"))
    envelope_bytes = (0, 32, 48, 48, 64)[flags >> 1 & 7]
    return shapely.from_wkb(blob[8 + envelope_bytes :])


@pytest.mark.parametrize("use", list(USES))
def test_regions_come_back_whole(database: sqlite3.Connection, crs: str, use: Use) -> None:
    rows = rows_of(database, f"standard_regions_{use}")
    assert len(rows) == COUNTS[use]
    assert [row.pop("fid") for row in rows] == list(range(1, len(rows) + 1))
    polygons = {row["code"]: geometry_of(row.pop("geom"), crs) for row in rows}
    check_rows(rows, use)
    check_polygons(polygons, use, crs)


def test_lines_come_back_whole(database: sqlite3.Connection, crs: str) -> None:
    lines = boundary_lines(shipped().regions, shipped().spellings)
    rows = rows_of(database, "boundary_lines")
    assert len(rows) == len(lines) == 59
    for row, line in zip(rows, lines, strict=True):
        assert (row["name"], row["kind"]) == (line.name, line.kind)
        assert row["accuracy_m"] == line.accuracy_m
        wanted = placed(line.geometry, crs)
        tolerance = 0.001 if wanted.bounds[0] > 1000 else 1e-9
        assert shapely.equals_exact(geometry_of(row["geom"], crs), wanted, tolerance)


def test_parcels_lie_at_their_crossings_and_say_what_they_are(
    database: sqlite3.Connection, crs: str
) -> None:
    rows = rows_of(database, "standard_parcels")
    assert {row["code"] for row in rows} == crossings().keys()
    for row in rows:
        point = geometry_of(row["geom"], crs)
        assert isinstance(point, shapely.Point)
        check_position(point, row["code"], crs)
        assert row["position"] == POSITION
        assert "not a surveyed parcel" in row["position"]
        assert "并非测量" in row["position"]


def test_the_file_is_a_sound_geopackage(database: sqlite3.Connection, crs: str) -> None:
    assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    assert database.execute("PRAGMA application_id").fetchone()[0] == 0x47504B47  # GPKG
    contents = {row["table_name"]: row for row in rows_of(database, "gpkg_contents")}
    assert list(contents) == [*GPKG_LAYERS, "field_names", "layer_styles", "qgis_projects"]
    number = int(crs.removeprefix("EPSG:"))
    for layer in GPKG_LAYERS:
        assert (contents[layer]["data_type"], contents[layer]["srs_id"]) == ("features", number)
        assert contents[layer]["identifier"] != layer
        assert "not surveyed" in contents[layer]["description"]
    for table in ("field_names", "layer_styles", "qgis_projects"):
        assert contents[table]["data_type"] == "attributes"
    day = shipped().edition.effective_from
    assert {row["last_change"] for row in contents.values()} == {f"{day}T00:00:00.000Z"}
    [system] = database.execute(
        "SELECT * FROM gpkg_spatial_ref_sys WHERE srs_id = ?", (number,)
    ).fetchall()
    assert (system["organization"], system["organization_coordsys_id"]) == ("EPSG", number)


def test_every_layer_has_a_spatial_index(database: sqlite3.Connection) -> None:
    indexed = database.execute(
        "SELECT table_name FROM gpkg_extensions WHERE extension_name = 'gpkg_rtree_index'"
    )
    assert {row[0] for row in indexed} == {*GPKG_LAYERS}
    for layer in GPKG_LAYERS:
        boxes = database.execute(f"SELECT count(*) FROM rtree_{layer}_geom")  # noqa: S608
        assert boxes.fetchone()[0] == len(rows_of(database, layer))


def test_styles_are_laid_out_as_qgis_does(database: sqlite3.Connection) -> None:
    columns = [row[1] for row in database.execute("PRAGMA table_info(layer_styles)")]
    assert columns == QGIS_COLUMNS
    rows = rows_of(database, "layer_styles")
    assert [row["f_table_name"] for row in rows] == list(GPKG_LAYERS)
    for row in rows:
        # By exactly these QGIS finds the style of a layer.
        assert (row["f_table_catalog"], row["f_table_schema"]) == ("", "")
        assert row["f_geometry_column"] == "geom"
        assert row["useAsDefault"] == 1
        assert len(row["styleName"]) <= 30
        assert ET.fromstring(row["styleQML"]).tag == "qgis"  # noqa: S314 - our own
        assert "StyledLayerDescriptor" in ET.fromstring(row["styleSLD"].encode()).tag  # noqa: S314


def test_metadata_says_what_the_data_are(database: sqlite3.Connection, crs: str) -> None:
    notes = {note.key: note.value for note in notes_of(shipped(), crs)}
    references = rows_of(database, "gpkg_metadata_reference")
    documents = {row["id"]: row for row in rows_of(database, "gpkg_metadata")}
    [of_file] = [row for row in references if row["reference_scope"] == "geopackage"]
    facts = ET.fromstring(documents[of_file["md_file_id"]]["metadata"])  # noqa: S314
    assert {item.get("key"): item.text for item in facts.iter("MDI")} == notes
    of_layers = [row for row in references if row["reference_scope"] == "table"]
    assert [row["table_name"] for row in of_layers] == list(GPKG_LAYERS)
    contents = rows_of(database, "gpkg_contents")
    names = ("min_x", "min_y", "max_x", "max_y")
    bounds = {row["table_name"]: [row[name] for name in names] for row in contents}
    for row in of_layers:
        document = documents[row["md_file_id"]]
        assert document["md_standard_uri"] == "http://mrcc.com/qgis.dtd"
        metadata = ET.fromstring(document["metadata"])  # noqa: S314
        assert metadata.findtext("rights") == notes["attribution"]
        assert metadata.findtext("constraints") == notes["accuracy"]
        assert metadata.findtext("crs/spatialrefsys/authid") == crs
        abstract = metadata.findtext("abstract", "")
        assert all(value in abstract for value in notes.values())
        [extent] = metadata.findall("extent/spatial")
        edges = [float(extent.get(name, 0)) for name in ("minx", "miny", "maxx", "maxy")]
        assert edges == pytest.approx(bounds[row["table_name"]], abs=1.0)


def test_a_table_says_what_each_field_means(database: sqlite3.Connection) -> None:
    rows = {row["field"]: row for row in rows_of(database, "field_names")}
    assert list(rows) == [field.name for field in ALL_FIELDS]
    assert rows["ground_price_cny_m2"]["title_zh"] == "地面单价（元/平方米）"
    assert rows["parcel_area_m2"]["unit"] == "m²"
    columns = {
        (r["table_name"], r["column_name"]): r for r in rows_of(database, "gpkg_data_columns")
    }
    for layer, fields in zip(
        GPKG_LAYERS, (*[REGION_FIELDS] * 3, LINE_FIELDS, PARCEL_FIELDS, AREA_FIELDS), strict=True
    ):
        for field in fields:
            assert columns[layer, field.name]["name"] == field.title_zh


def test_gdal_reads_the_same_layers_and_system(path: Path, crs: str) -> None:
    names = [str(name) for name, _ in pyogrio.list_layers(path)]
    assert names == [*GPKG_LAYERS, "field_names", "layer_styles", "qgis_projects"]
    for layer in GPKG_LAYERS:
        info = pyogrio.read_info(path, layer=layer, force_total_bounds=True)
        assert info["crs"] == crs
        assert info["capabilities"]["fast_spatial_filter"]
        west, south, *_ = info["total_bounds"]
        corner = placed(shapely.Point(113.96, 32.92), crs)
        # Regions may lie some kilometres from where they are drawn.
        reach_m = 10_000 if layer == "likely_areas" else 5_000
        assert shapely.Point(west, south).distance(corner) < reach_m
        assert info["dataset_metadata"]["document"] == shipped().edition.document


def test_nothing_is_left_beside_it_and_it_opens_where_nothing_can_be_written(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "read-only"
    folder.mkdir()
    path = written("gpkg", folder)
    header = path.read_bytes()[:100]
    assert header[18:20] == b"\1\1", "a rollback journal, no write-ahead log"
    path.chmod(0o444)
    folder.chmod(0o555)
    try:
        assert pyogrio.read_info(path, layer=GPKG_LAYERS[0])["features"] == COUNTS[COMMERCIAL]
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            count = database.execute("SELECT count(*) FROM layer_styles").fetchone()[0]
        assert count == len(GPKG_LAYERS)
        assert [entry.name for entry in folder.iterdir()] == [path.name]
        assert path.read_bytes() == exported("gpkg")
    finally:
        folder.chmod(0o755)


def test_the_date_that_gdal_writes_is_set_back() -> None:
    exported("gpkg")
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None
