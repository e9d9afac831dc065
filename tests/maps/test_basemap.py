"""The base map that is made of real OpenStreetMap data; see tests/data/README.md."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyogrio
import pytest
import shapely
from matplotlib.colors import to_rgba

from geo.model import COMMERCIAL
from geo.parcels import read_parcels
from geo.symbology import PRICE_CLASSES_FILE, read_price_classes
from maps.basemap import KINDS, Shape, basemap_text, read_basemap, read_osm
from maps.errors import MapError
from maps.sheet.draw import draw_sheet, sheet_bytes
from tests.paths import DATA, HELSINKI_NAMED_WAYS, HELSINKI_STREETS

if TYPE_CHECKING:
    from pathlib import Path

BOX = (24.935, 60.164, 24.953, 60.179)


@pytest.fixture(scope="module")
def shapes() -> list[Shape]:
    return read_osm(HELSINKI_NAMED_WAYS, BOX)


def test_roads_come_with_their_names_and_ranks(shapes: list[Shape]) -> None:
    kinds = {shape.name: shape.kind for shape in shapes}
    assert kinds["Mannerheimintie"] == "major"
    assert kinds["Korkeavuorenkatu"] == "minor"
    order = [KINDS.index(shape.kind) for shape in shapes]
    assert order == sorted(order)


def test_nothing_lies_outside_the_box(shapes: list[Shape]) -> None:
    frame = shapely.box(*BOX).buffer(1e-5)
    assert all(frame.covers(shape.geometry) for shape in shapes)
    half = (BOX[0], BOX[1], (BOX[0] + BOX[2]) / 2, BOX[3])
    assert (
        0
        < sum(shape.geometry.length for shape in read_osm(HELSINKI_NAMED_WAYS, half))
        < sum(shape.geometry.length for shape in shapes)
    )


def test_ways_of_one_road_are_one_shape(shapes: list[Shape]) -> None:
    roads = [(shape.kind, shape.name) for shape in shapes if shape.name]
    assert len(roads) == len(set(roads))


def test_gdal_reads_it_back(shapes: list[Shape], tmp_path: Path) -> None:
    path = tmp_path / "basemap.geojson"
    path.write_text(basemap_text(shapes), encoding="utf-8")
    frame = pyogrio.read_dataframe(path)
    assert len(frame) == len(shapes)
    assert frame.crs.to_epsg() == 4326
    assert [name or "" for name in frame["name"].fillna("")] == [shape.name for shape in shapes]
    assert json.loads(path.read_text())["attribution"] == "© OpenStreetMap contributors, ODbL 1.0"
    assert basemap_text(read_osm(HELSINKI_NAMED_WAYS, BOX)) == basemap_text(shapes)


def test_what_was_written_is_read_back(shapes: list[Shape], tmp_path: Path) -> None:
    path = tmp_path / "basemap.geojson"
    assert read_basemap(path) == []
    path.write_text(basemap_text(shapes), encoding="utf-8")
    assert read_basemap(path) == shapes
    path.write_text('{"features": [{}]}', encoding="utf-8")
    with pytest.raises(MapError, match="make it anew with landprice basemap import"):
        read_basemap(path)


def test_a_sheet_over_a_base_map() -> None:
    """A road and a lake that are invented, around the city of the shipped edition."""
    parcels = read_parcels(DATA / "parcels.geojson")
    classes = read_price_classes(DATA / PRICE_CLASSES_FILE, parcels.prices_cny_m2)
    road = shapely.LineString([(113.97, 33.0), (114.06, 33.01)])
    lake = shapely.box(114.055, 33.045, 114.06, 33.05)
    base = [Shape("water", "湖", lake), Shape("major", "路", road)]
    plain = draw_sheet(parcels, COMMERCIAL, classes[COMMERCIAL], scale=50_000)
    based = draw_sheet(parcels, COMMERCIAL, classes[COMMERCIAL], scale=50_000, base=base)
    assert "底图" in based.canvas.texts()
    assert "底图" not in plain.canvas.texts()
    colours = {patch.get_facecolor() for patch in based.canvas.figure.axes[0].patches}
    assert to_rgba("#cfe3ef") in colours
    assert sheet_bytes(based, "pdf").startswith(b"%PDF")


def test_plain_osm_is_read_too() -> None:
    assert any(shape.kind == "minor" for shape in read_osm(HELSINKI_STREETS, BOX))


def test_what_cannot_be_a_base_map(tmp_path: Path) -> None:
    with pytest.raises(MapError, match=r"has no roads, .* in 113\.000 to 114\.000 east"):
        read_osm(HELSINKI_NAMED_WAYS, (113.0, 32.0, 114.0, 33.0))
    with pytest.raises(MapError, match=r"it must end in \.osm or \.osm\.pbf"):
        read_osm(tmp_path / "roads.shp", BOX)
    broken = tmp_path / "broken.osm.pbf"
    broken.write_bytes(b"nothing")
    with pytest.raises(MapError, match="cannot be read as OpenStreetMap data"):
        read_osm(broken, BOX)
