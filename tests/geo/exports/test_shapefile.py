"""The Shapefiles, read back byte by byte and by GDAL."""

from __future__ import annotations

import csv
import dataclasses
import struct
import zipfile
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pyogrio
import pytest
import shapely
from pyproj import CRS

from geo.errors import ExportError
from geo.exports.formats import FORMATS
from geo.exports.layers import POSITION
from geo.exports.writers import export_bytes
from geo.fields import ALL_FIELDS, LINE_FIELDS, PARCEL_FIELDS, REGION_FIELDS, FieldKind
from geo.network.boundary_lines import boundary_lines
from tests.exports import (
    LAYERS,
    check_polygons,
    check_position,
    check_rows,
    crossings,
    exported,
    placed,
    shipped,
    shipped_classes,
)
from tests.metric import METRIC
from tests.uses import USES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from geo.fields import Field
    from geo.model import Use

SUFFIXES = ("cpg", "dbf", "prj", "qmd", "qml", "shp", "shx", "sld")
# Names of Esri's own, which ArcGIS knows without a look at the figures.
ESRI_NAMES = {
    "EPSG:4490": "GCS_China_Geodetic_Coordinate_System_2000",
    "EPSG:4547": "CGCS2000_3_Degree_GK_CM_114E",
    "EPSG:4526": "CGCS2000_3_Degree_GK_Zone_38",
    "EPSG:4326": "GCS_WGS_1984",
}


@pytest.fixture(scope="module", params=FORMATS["shp"].crs(METRIC))
def crs(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def files(crs: str) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(exported("shp", crs))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def dbf_rows(content: bytes, fields: Sequence[Field]) -> list[dict[str, Any]]:
    """Read a dBASE table by its description; values under the fields' long names."""
    count, header_bytes, record_bytes = struct.unpack("<IHH", content[4:12])
    descriptions = [content[at : at + 32] for at in range(32, header_bytes - 1, 32)]
    names = [text[:11].rstrip(b"\0").decode("ascii") for text in descriptions]
    assert names == [field.short_name for field in fields]
    widths = [text[16] for text in descriptions]
    assert sum(widths) + 1 == record_bytes
    rows = []
    for number in range(count):
        at = header_bytes + number * record_bytes + 1
        row = {}
        for field, width in zip(fields, widths, strict=True):
            text = content[at : at + width].decode("utf-8").strip(" \0")
            at += width
            read = {FieldKind.TEXT: str, FieldKind.INTEGER: int, FieldKind.REAL: float}[field.kind]
            row[field.name] = None if text.strip("*") == "" else read(text)
        rows.append(row)
    return rows


def polygons_of(content: bytes) -> list[shapely.Polygon]:
    """Read polygons of one ring each."""
    assert struct.unpack(">I", content[:4])[0] == 9994
    polygons, at = [], 100
    while at < len(content):
        words = struct.unpack(">I", content[at + 4 : at + 8])[0]
        kind, *_, parts, points = struct.unpack("<i4dii", content[at + 8 : at + 52])
        assert (kind, parts) == (5, 1)
        values = struct.unpack(f"<{2 * points}d", content[at + 56 : at + 56 + 16 * points])
        ring = shapely.LinearRing(zip(values[::2], values[1::2], strict=True))
        assert not ring.is_ccw, "outer rings run clockwise in a Shapefile"
        polygons.append(shapely.Polygon(ring))
        at += 8 + 2 * words
    return polygons


def test_the_archive_holds_what_it_must(files: dict[str, bytes]) -> None:
    wanted = [f"{layer}.{suffix}" for layer in sorted(LAYERS) for suffix in SUFFIXES]
    assert list(files) == ["README.txt", "field_names.csv", *wanted]


@pytest.mark.parametrize("use", list(USES))
def test_regions_come_back_whole(files: dict[str, bytes], crs: str, use: Use) -> None:
    name = f"standard_regions_{use}"
    rows = dbf_rows(files[f"{name}.dbf"], REGION_FIELDS)
    check_rows(rows, use)
    polygons = polygons_of(files[f"{name}.shp"])
    codes = [row["code"] for row in rows]
    check_polygons(dict(zip(codes, polygons, strict=True)), use, crs)


def test_parcels_lie_at_their_crossings_and_say_what_they_are(
    files: dict[str, bytes], crs: str
) -> None:
    rows = dbf_rows(files["standard_parcels.dbf"], PARCEL_FIELDS)
    content = files["standard_parcels.shp"]
    assert {row["code"] for row in rows} == crossings().keys()
    for number, row in enumerate(rows):
        at = 100 + 28 * number
        kind, x, y = struct.unpack("<idd", content[at + 8 : at + 28])
        assert kind == 1
        check_position(shapely.Point(x, y), row["code"], crs)
        assert row["position"] == POSITION


def test_lines_come_back_whole(files: dict[str, bytes], crs: str, tmp_path: Path) -> None:
    for suffix in ("shp", "shx"):
        (tmp_path / f"lines.{suffix}").write_bytes(files[f"boundary_lines.{suffix}"])
    _, _, geometries, _ = pyogrio.raw.read(tmp_path / "lines.shp")
    lines = boundary_lines(shipped().regions, shipped().spellings)
    rows = dbf_rows(files["boundary_lines.dbf"], LINE_FIELDS)
    for row, blob, line in zip(rows, geometries, lines, strict=True):
        assert tuple(row.values()) == (line.name, line.kind, line.accuracy_m)
        found = shapely.multilinestrings([*shapely.get_parts(shapely.from_wkb(blob))])
        wanted = placed(line.geometry, crs)
        tolerance = 0.001 if wanted.bounds[0] > 1000 else 1e-9
        assert shapely.equals_exact(found.normalize(), wanted.normalize(), tolerance)


def test_system_and_encoding_are_stated_as_esri_does(files: dict[str, bytes], crs: str) -> None:
    for layer in LAYERS:
        assert files[f"{layer}.cpg"] == b"UTF-8"
        text = files[f"{layer}.prj"].decode("ascii")
        assert ESRI_NAMES[crs] in text
        assert "AUTHORITY" not in text
        assert CRS(text).to_epsg(min_confidence=50) == int(crs.removeprefix("EPSG:"))


def test_gdal_reads_chinese_and_system(files: dict[str, bytes], crs: str, tmp_path: Path) -> None:
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    info = pyogrio.read_info(tmp_path / "standard_regions_industrial.shp")
    assert (info["crs"], info["encoding"], info["features"]) == (crs, "UTF-8", 12)
    frame = pyogrio.read_dataframe(tmp_path / "standard_regions_industrial.shp")
    assert set(frame["use_name"]) == {"工业用地"}
    assert frame["floor_cny"].isna().all()


def test_styles_and_metadata_use_the_short_names(files: dict[str, bytes]) -> None:
    for layer in LAYERS:
        for suffix in ("qml", "sld", "qmd"):
            ET.fromstring(files[f"{layer}.{suffix}"])  # noqa: S314 - our own
    style = files["standard_regions_commercial.qml"].decode()
    assert 'attr="ground_cny"' in style
    assert "ground_price_cny_m2" not in style
    assert "ground_price_cny_m2" not in files["standard_regions_commercial.sld"].decode()


def test_the_readme_and_the_table_say_what_fields_mean(files: dict[str, bytes]) -> None:
    readme = files["README.txt"].decode("utf-8-sig")
    assert readme.count("\r\n") == readme.count("\n")
    parcels = shipped()
    for part in (
        parcels.edition.title,
        parcels.edition.document,
        str(parcels.edition.valuation_date),
        parcels.attribution,
        parcels.sha256,
        "不是测量成果",
        "not surveyed",
        *LAYERS,
    ):
        assert part in readme
    table = csv.DictReader(StringIO(files["field_names.csv"].decode("utf-8-sig")))
    rows = {row["short_name"]: row for row in table}
    assert list(rows) == [field.short_name for field in ALL_FIELDS]
    assert rows["floor_cny"]["field"] == "floor_price_cny_m2"
    assert all(field.short_name in readme and field.title_zh in readme for field in ALL_FIELDS)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("standard_parcel", "宗" * 85, "standard_parcel of {code} has 255 bytes"),
        ("parcel_area_m2", 1e7, "parcel_area_m2 of {code} is 1e+07"),
    ],
)
def test_a_value_that_would_be_cut_is_refused(field: str, value: object, said: str) -> None:
    first, *others = shipped().regions
    changes: dict[str, Any] = {field: value}
    long = dataclasses.replace(first, record=dataclasses.replace(first.record, **changes))
    parcels = dataclasses.replace(shipped(), regions=(long, *others))
    with pytest.raises(ExportError, match="take another format") as caught:
        export_bytes(parcels, shipped_classes(), FORMATS["shp"])
    assert caught.value.code == "value_too_long"
    assert said.format(code=first.code) in str(caught.value)


def test_the_longest_values_that_fit_are_not_cut() -> None:
    first, *others = shipped().regions
    record = dataclasses.replace(
        first.record, standard_parcel="宗" * 84 + "ab", parcel_area_m2=9_999_999.123456
    )
    parcels = dataclasses.replace(
        shipped(), regions=(dataclasses.replace(first, record=record), *others)
    )
    content = export_bytes(parcels, shipped_classes(), FORMATS["shp"])
    with zipfile.ZipFile(BytesIO(content)) as archive:
        rows = dbf_rows(archive.read("standard_regions_industrial.dbf"), REGION_FIELDS)
    assert rows[0]["standard_parcel"] == "宗" * 84 + "ab"
    assert rows[0]["parcel_area_m2"] == 9_999_999.123456
