"""Lines in the forms in which people hand them in; all of it synthetic."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ezdxf
import geopandas
import pytest
from shapely import LineString

from geo.build.vector import shapefile_encoding
from geo.centrelines.read import read_pieces
from geo.errors import NetworkError

if TYPE_CHECKING:
    from pathlib import Path

LINES = {"文明大道", "雪松大道"}
BOX = (113.7, 32.7, 114.3, 33.3)
ROAD = LineString([(500_000, 3_650_000), (502_000, 3_650_000)])


def osm(path: Path, *ways: str, lon: float = 114.0) -> Path:
    """Write ways of one road, each given by its tags."""
    nodes, texts = [], []
    for k, tags in enumerate(ways):
        first, second = 2 * k + 1, 2 * k + 2
        for node, at in ((first, lon + 0.02 * k), (second, lon + 0.02 * k + 0.02)):
            nodes.append(f'<node id="{node}" version="1" lat="32.98" lon="{at:.4f}"/>')
        pairs = (tag.split("=") for tag in tags.split("|"))
        marks = "".join(f'<tag k="{key}" v="{value}"/>' for key, value in pairs)
        texts.append(
            f'<way id="{1000 + k}" version="1"><nd ref="{first}"/><nd ref="{second}"/>{marks}</way>'
        )
    text = f'<osm version="0.6">{"".join(nodes)}{"".join(texts)}</osm>'
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "tags",
    [
        "name=文明大道",
        "name=文明大道南段",
        "name=文明大道北段",
        "name=文明大道;S206",
        "name=S206;文明大道",
        "name=S206；文明大道",
        "name=文明 大道",
        "name=文明大道　",
        "name=Wenming Avenue|name:zh=文明大道",
        "name=新文明路|alt_name=文明大道",
        "name=新文明路|old_name=文明大道",
        "name=新文明路|alt_name=某路;文明大道",
        "name=国道107|official_name=文明大道南段",
    ],
)
def test_a_road_under_its_other_names(tags: str, tmp_path: Path) -> None:
    path = osm(tmp_path / "city.osm", f"{tags}|highway=primary")
    pieces = read_pieces(path, {}, lines=LINES)
    assert pieces.by_name.keys() == {"文明大道"}
    said = pieces.spellings.get("文明大道", ())
    assert said == () or "文明大道" not in said


@pytest.mark.parametrize(
    ("tags", "name"),
    [
        ("name=文明大道南段", "文明大道南段"),  # where no line is called 文明大道
        ("name=甲路;乙路", "甲路"),
        ("name=甲路|alt_name=乙路", "甲路"),
    ],
)
def test_a_name_that_nobody_wants_stays_as_it_is(tags: str, name: str, tmp_path: Path) -> None:
    path = osm(tmp_path / "city.osm", f"{tags}|highway=primary")
    assert read_pieces(path, {}, lines={"雪松大道"}).by_name.keys() == {name}


def test_a_section_belongs_to_its_line_and_is_said(tmp_path: Path) -> None:
    ways = ("name=文明大道|highway=primary", "name=文明大道南段|highway=primary")
    pieces = read_pieces(osm(tmp_path / "city.osm", *ways), {}, lines=LINES)
    assert len(pieces.by_name["文明大道"]) == 2
    assert pieces.spellings["文明大道"] == ("文明大道", "文明大道南段")


def test_a_road_of_the_same_name_in_another_city(tmp_path: Path) -> None:
    near = osm(tmp_path / "near.osm", "name=文明大道|highway=primary")
    far = osm(tmp_path / "far.osm", "name=文明大道|highway=primary", lon=114.65)
    frames = [geopandas.read_file(path, layer="lines") for path in (near, far)]
    path = tmp_path / "both.gpkg"
    geopandas.pd.concat(frames).to_file(path)
    pieces = read_pieces(path, {}, lines=LINES, box=BOX)
    assert len(pieces.by_name["文明大道"]) == 1
    assert pieces.outside == ("文明大道",)
    with pytest.raises(NetworkError, match=r"no line lies in .*; --bbox changes the box"):
        read_pieces(far, {}, lines=LINES, box=BOX)


def drawing(path: Path, *, block: bool, frame: bool, encoding: str = "R2010") -> Path:
    """Write a drawing of two roads, perhaps in a block, perhaps with a frame."""
    drawn = ezdxf.new(encoding)  # type: ignore[attr-defined]
    space = drawn.modelspace()
    place = drawn.blocks.new("ROADS") if block else space
    for k, name in enumerate(("文明大道", "雪松大道")):
        points = [(500_000, 3_650_000 + 500 * k), (502_000, 3_650_000 + 500 * k)]
        place.add_lwpolyline(points, dxfattribs={"layer": name})
    if block:
        space.add_blockref("ROADS", (0, 0), dxfattribs={"layer": "0"})
    if frame:
        space.add_lwpolyline([(0, 0), (420, 0), (420, 297), (0, 0)], dxfattribs={"layer": "图框"})
    drawn.saveas(path)
    return path


@pytest.mark.parametrize("version", ["R2000", "R2004", "R2010", "R2018"])
@pytest.mark.parametrize("block", [False, True])
@pytest.mark.parametrize("frame", [False, True])
def test_frames_and_blocks_of_drawings(
    version: str, block: bool, frame: bool, tmp_path: Path
) -> None:
    path = drawing(tmp_path / "roads.dxf", block=block, frame=frame, encoding=version)
    pieces = read_pieces(path, {}, crs="EPSG:4547", lines=LINES, box=BOX)
    assert pieces.by_name.keys() == LINES
    assert pieces.outside == (("图框",) if frame else ())
    for [line] in pieces.by_name.values():
        assert 0.02 < line.length < 0.0216


def test_a_block_in_a_block_and_one_that_is_moved(tmp_path: Path) -> None:
    drawn = ezdxf.new("R2010")  # type: ignore[attr-defined]
    inner, outer = drawn.blocks.new("INNER"), drawn.blocks.new("OUTER")
    inner.add_lwpolyline([(0, 0), (2000, 0)], dxfattribs={"layer": "0"})
    outer.add_blockref("INNER", (0, 0), dxfattribs={"layer": "文明大道"})
    drawn.modelspace().add_blockref("OUTER", (500_000, 3_650_000), dxfattribs={"layer": "x"})
    path = tmp_path / "roads.dxf"
    drawn.saveas(path)
    [line] = read_pieces(path, {}, crs="EPSG:4547", lines=LINES).by_name["文明大道"]
    assert line.bounds[0] == pytest.approx(114.0, abs=1e-6)


def test_a_drawing_of_nothing_but_a_frame_is_refused(tmp_path: Path) -> None:
    drawn = ezdxf.new("R2010")  # type: ignore[attr-defined]
    drawn.modelspace().add_lwpolyline([(0, 0), (420, 297)], dxfattribs={"layer": "图框"})
    path = tmp_path / "frame.dxf"
    drawn.saveas(path)
    with pytest.raises(NetworkError, match="cannot be in CGCS2000"):
        read_pieces(path, {}, crs="EPSG:4547")


def shapefile(path: Path, field: str, names: list[str], encoding: str, cpg: str | None) -> Path:
    """Write a Shapefile whose .cpg says what it may."""
    frame = geopandas.GeoDataFrame({field: names}, geometry=[ROAD] * len(names), crs="EPSG:4547")
    frame.to_file(path, encoding=encoding)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if cpg is not None:
        path.with_suffix(".cpg").write_text(cpg, encoding="ascii")
    return path


@pytest.mark.parametrize(
    ("encoding", "cpg"),
    [
        *[("GB18030", cpg) for cpg in (None, "UTF-8", "GBK", "936", "ISO-8859-1", "nix", "")],
        *[("UTF-8", cpg) for cpg in (None, "UTF-8", "65001", "ISO-8859-1", "nix", "")],
    ],
)
@pytest.mark.parametrize("field", ["name", "路名"])
def test_text_of_shapefiles(encoding: str, cpg: str | None, field: str, tmp_path: Path) -> None:
    names = ["文明大道", "雪松大道"]
    path = shapefile(tmp_path / "roads.shp", field, names, encoding, cpg)
    pieces = read_pieces(path, {}, name_field=None if field == "name" else field)
    assert sorted(pieces.by_name) == sorted(names)


def test_a_stated_encoding_goes_first(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "roads.shp", "name", ["文明大道"], "GB18030", "ISO-8859-1")
    assert read_pieces(path, {}, encoding="GB18030").by_name.keys() == {"文明大道"}


def test_text_in_no_known_encoding(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "roads.shp", "name", ["文明大道"], "UTF-8", None)
    table = path.with_suffix(".dbf")
    content = table.read_bytes()
    table.write_bytes(content.replace("文明大道".encode(), b"\xff" * 12))
    with pytest.raises(ValueError, match=r"its text is not UTF-8, GB18030: .*--encoding"):
        shapefile_encoding(path)
    with pytest.raises(NetworkError, match="--encoding"):
        read_pieces(path, {})


def test_a_file_geodatabase(tmp_path: Path) -> None:
    path = tmp_path / "city.gdb"
    frame = geopandas.GeoDataFrame({"name": ["文明大道"]}, geometry=[ROAD], crs="EPSG:4547")
    frame.to_file(path, driver="OpenFileGDB", layer="roads")
    assert read_pieces(path, {}).by_name.keys() == {"文明大道"}


def test_measured_lines(tmp_path: Path) -> None:
    path = tmp_path / "roads.geojson"
    path.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"文明大道"},'
        '"geometry":{"type":"LineString","coordinates":[[114,33],[114.02,33]]}}]}',
        encoding="utf-8",
    )
    measured = tmp_path / "roads.shp"
    frame = geopandas.read_file(path)
    frame.to_file(measured, encoding="utf-8", SHPT="ARCM")
    assert read_pieces(measured, {}).by_name.keys() == {"文明大道"}


def test_degrees_that_are_none(tmp_path: Path) -> None:
    """A unit of another size, which makes thousands of degrees of some."""
    path = tmp_path / "roads.shp"
    degrees = LineString([(114.0, 32.99), (114.0, 33.0)])
    frame = geopandas.GeoDataFrame({"name": ["文明大道"]}, geometry=[degrees], crs="EPSG:4326")
    frame.to_file(path)
    declared = path.with_suffix(".prj")
    text = declared.read_text(encoding="ascii")
    assert "0.0174532925199433" in text
    declared.write_text(text.replace("0.0174532925199433", "5.0174532925199433"), encoding="ascii")
    with pytest.raises(NetworkError, match="cannot be in WGS 84, which the file is said to be in"):
        read_pieces(path, {})


def test_a_system_of_another_planet(tmp_path: Path) -> None:
    path = tmp_path / "roads.shp"
    degrees = LineString([(114.0, 32.99), (114.0, 33.0)])
    frame = geopandas.GeoDataFrame({"name": ["文明大道"]}, geometry=[degrees], crs="EPSG:4326")
    frame.to_file(path)
    declared = path.with_suffix(".prj")
    text = declared.read_text(encoding="ascii")
    assert "6378137.0" in text
    declared.write_text(text.replace("6378137.0", "1737400.0"), encoding="ascii")
    with pytest.raises(NetworkError, match=r"^roads\.shp: .* leads to no place: "):
        read_pieces(path, {})
