"""FlatGeobuf, GeoJSON and GeoParquet: all regions in one file."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any

import geopandas
import pyogrio
import pytest
import shapely
from pyarrow import parquet
from pyproj import CRS

from geo.exports.formats import FORMATS
from geo.exports.notes import notes_of
from geo.fields import REGION_FIELDS
from tests.exports import check_polygons, check_rows, exported, placed, shipped, written
from tests.metric import METRIC

if TYPE_CHECKING:
    from pathlib import Path

NAMES = [field.name for field in REGION_FIELDS]
OVERLAP = {"411700S50011", "411700S50020"}


def notes(crs: str | None) -> dict[str, str]:
    return {note.key: note.value for note in notes_of(shipped(), crs)}


def read_by_gdal(path: Path) -> tuple[list[dict[str, Any]], dict[str, shapely.Polygon]]:
    """Read rows, and polygons by code."""
    _, table = pyogrio.read_arrow(path)
    rows = table.to_pylist()
    geometry = next(name for name in table.column_names if name not in {*NAMES, "id"})
    polygons = {row["code"]: shapely.from_wkb(row[geometry]) for row in rows}
    return [{name: row[name] for name in NAMES} for row in rows], polygons


@pytest.mark.parametrize("crs", FORMATS["fgb"].crs(METRIC))
def test_flatgeobuf_comes_back_whole(tmp_path: Path, crs: str) -> None:
    path = written("fgb", tmp_path, crs)
    assert path.read_bytes()[:8] == b"fgb\3fgb\1"
    info = pyogrio.read_info(path)
    assert (info["crs"], info["features"]) == (crs, 66)
    rows, polygons = read_by_gdal(path)
    check_rows(rows)
    check_polygons(polygons, crs=crs)


def test_flatgeobuf_finds_regions_by_its_index(tmp_path: Path) -> None:
    path = written("fgb", tmp_path)
    assert pyogrio.read_info(path)["capabilities"]["fast_spatial_filter"]
    lon, lat = 114.0127, 32.9930
    place = shapely.Point(lon, lat)
    wanted = {r.code for r in shipped().regions if r.polygon.intersects(place)}
    found = pyogrio.read_dataframe(path, bbox=(lon, lat, lon, lat))
    assert wanted
    assert wanted <= set(found["code"])
    assert len(found) < 10


def test_flatgeobuf_says_what_it_is(tmp_path: Path) -> None:
    metadata = pyogrio.read_info(written("fgb", tmp_path))["layer_metadata"]
    assert metadata["TITLE"] == shipped().edition.title
    for key, value in notes("EPSG:4326").items():
        assert metadata["TITLE" if key == "title" else key] == value
        assert value in metadata["DESCRIPTION"]


def test_geojson_is_rfc_7946(tmp_path: Path) -> None:
    content = json.loads(exported("geojson"))
    assert content["type"] == "FeatureCollection"
    assert "crs" not in content
    assert {key: content[key] for key in notes(None)} == notes(None)
    features = content["features"]
    check_rows([feature["properties"] for feature in features])
    assert all(feature["id"] == feature["properties"]["code"] for feature in features)
    polygons = {f["id"]: shapely.geometry.shape(f["geometry"]) for f in features}
    assert all(polygon.exterior.is_ccw for polygon in polygons.values()), "right-hand rule"
    check_polygons(polygons)
    rows, by_gdal = read_by_gdal(written("geojson", tmp_path))
    check_rows(rows)
    check_polygons(by_gdal)


@pytest.mark.parametrize("crs", FORMATS["parquet"].crs(METRIC))
def test_geoparquet_comes_back_whole(tmp_path: Path, crs: str) -> None:
    path = written("parquet", tmp_path, crs)
    table = parquet.read_table(path)
    check_rows(table.drop_columns(["geometry"]).to_pylist())
    blobs = table.column("geometry").to_pylist()
    codes = table.column("code").to_pylist()
    check_polygons(dict(zip(codes, map(shapely.from_wkb, blobs), strict=True)), crs=crs)
    frame = geopandas.read_parquet(path)
    assert frame.crs == CRS(crs)
    assert frame.crs.to_epsg() == int(crs.removeprefix("EPSG:"))
    check_polygons(dict(zip(frame["code"], frame.geometry, strict=True)), crs=crs)


@pytest.mark.parametrize("crs", FORMATS["parquet"].crs(METRIC))
def test_geoparquet_metadata_is_version_1_1(crs: str) -> None:
    metadata = parquet.read_schema(BytesIO(exported("parquet", crs))).metadata
    geo = json.loads(metadata[b"geo"])
    assert (geo["version"], geo["primary_column"]) == ("1.1.0", "geometry")
    column = geo["columns"]["geometry"]
    assert (column["encoding"], column["geometry_types"]) == ("WKB", ["Polygon"])
    assert CRS.from_json_dict(column["crs"]).to_epsg() == int(crs.removeprefix("EPSG:"))
    west, south, east, north = column["bbox"]
    assert shapely.Point(west, south).distance(placed(shapely.Point(113.96, 32.92), crs)) < 5000
    assert west < east
    assert south < north
    found = {key.decode(): value.decode() for key, value in metadata.items()}
    assert {key: found[key] for key in notes(crs)} == notes(crs)


@pytest.mark.parametrize("name", ["fgb", "parquet"])
def test_the_two_that_overlap_by_the_notice_still_do(tmp_path: Path, name: str) -> None:
    path = written(name, tmp_path)
    frame = geopandas.read_parquet(path) if name == "parquet" else geopandas.read_file(path)
    one, two = frame[frame["code"].isin(OVERLAP)].geometry
    assert one.intersection(two).area > 0
