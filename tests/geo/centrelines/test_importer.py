"""Networks made from files: every format, every refusal, a real city and an invented one.

`tests/data/helsinki.osm` is real: © OpenStreetMap contributors, ODbL 1.0. Everything else is
synthetic.
"""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pytest
import shapely
from ezdxf.filemanagement import new as new_drawing
from ezdxf.filemanagement import readfile as load_drawing
from shapely import LineString, MultiLineString, Point

from geo.build.edition import build
from geo.build.faces import Course, Face, draw_regions
from geo.centrelines.importer import ImportedLine, LeftOut, NetworkMaker, imported_text
from geo.centrelines.read import OSM_ATTRIBUTION, NamedPieces, read_pieces
from geo.errors import NetworkError
from geo.model import Axis, FourBounds, GeometrySource
from geo.network.files import GivenLine, read_centrelines
from tests.broken_streets import broken_up
from tests.metric import from_metric, metric
from tests.paths import HELSINKI_NAMED_WAYS, HELSINKI_STREETS
from tests.synthetic import CENTRE_M, City, regular_city

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from shapely import Geometry

HELSINKI_CRS = "EPSG:3067"
ALIASES = {"甲大道": "甲路"}
NAMES = ["甲路", "乙路"]
# Beside the city's own meridian, in EPSG:4547.
COURSES_M = [
    LineString(np.array([[-900.0, 0.0], [0.0, 20.0], [900.0, 0.0]]) + CENTRE_M),
    LineString(np.array([[0.0, -900.0], [10.0, 900.0]]) + CENTRE_M),
]


def frame(
    names: Sequence[object] = NAMES, courses_m: Sequence[Geometry] = COURSES_M, **columns: object
) -> geopandas.GeoDataFrame:
    return geopandas.GeoDataFrame(
        {"name": names, **columns}, geometry=list(courses_m), crs="EPSG:4547"
    )


def in_wgs84(geometry: Geometry) -> Geometry:
    return geopandas.GeoSeries([geometry], crs="EPSG:4547").to_crs("EPSG:4326").iloc[0]


def made(pieces: NamedPieces) -> tuple[dict[str, ImportedLine], tuple[LeftOut, ...]]:
    maker = NetworkMaker(pieces)
    lines, left_out = maker.network(maker.centrelines())
    return {line.name: line for line in lines}, left_out


def refused(path: Path, **options: Any) -> str:  # noqa: ANN401
    with pytest.raises(NetworkError) as refusal:
        read_pieces(path, ALIASES, **options)
    assert refusal.value.code == "network_invalid"
    told = str(refusal.value)
    assert str(path.parent) not in told
    assert "\n" not in told
    return told


def check_read(pieces: NamedPieces) -> None:
    """Check that the two courses came back, wherever they were written."""
    assert list(pieces.by_name) == sorted(NAMES)
    for name, course_m in zip(NAMES, COURSES_M, strict=True):
        [piece] = pieces.by_name[name]
        back_m = metric(piece)
        assert shapely.hausdorff_distance(back_m, course_m) < 0.01


@pytest.fixture
def drawing(tmp_path: Path) -> Path:
    document = new_drawing("R2010")
    space = document.modelspace()
    for name, course_m in zip(NAMES, COURSES_M, strict=True):
        space.add_lwpolyline(list(course_m.coords), dxfattribs={"layer": name})
    space.add_text("甲路", dxfattribs={"layer": "甲路"})
    path = tmp_path / "lines.dxf"
    document.saveas(path)
    return path


@pytest.mark.parametrize("crs", ["EPSG:4547", "EPSG:4526", "EPSG:4490", "EPSG:4326", "EPSG:3857"])
@pytest.mark.parametrize("suffix", ["gpkg", "shp"])
def test_any_declared_crs_is_read(suffix: str, crs: str, tmp_path: Path) -> None:
    path = tmp_path / f"lines.{suffix}"
    frame().to_crs(crs).to_file(path, encoding="utf-8")
    check_read(read_pieces(path, ALIASES))


def test_geojson_is_read(tmp_path: Path) -> None:
    path = tmp_path / "lines.geojson"
    frame().to_crs("EPSG:4326").to_file(path)
    check_read(read_pieces(path, ALIASES))


@pytest.mark.parametrize("declared", [True, False])
def test_a_shapefile_in_gbk_is_read(declared: bool, tmp_path: Path) -> None:
    path = tmp_path / "lines.shp"
    frame().to_file(path, encoding="gbk")
    if not declared:
        path.with_suffix(".cpg").unlink()
    check_read(read_pieces(path, ALIASES))


@pytest.mark.parametrize("version", ["R2000", "R2010"])
def test_a_drawing_is_read_by_cad_layers_in_the_stated_crs(
    version: str, drawing: Path, tmp_path: Path
) -> None:
    path = tmp_path / "converted.dxf"
    document = load_drawing(drawing)
    document.dxfversion = version
    if version != "R2010":
        document.encoding = "gbk"
    document.saveas(path)
    pieces = read_pieces(path, ALIASES, crs="EPSG:4547")
    check_read(pieces)
    assert pieces.not_lines == 1


def test_a_drawing_without_a_stated_crs_is_refused(drawing: Path) -> None:
    assert refused(drawing) == ("lines.dxf: it declares no CRS; state the one it is in (--crs)")


def test_osm_data_is_read_by_name(tmp_path: Path) -> None:
    path = tmp_path / "city.osm"
    path.write_text(osm_text(), encoding="utf-8")
    pieces = read_pieces(path, ALIASES)
    check_read(pieces)
    assert pieces.attribution == OSM_ATTRIBUTION
    assert (pieces.unnamed, pieces.not_lines) == (1, 2)  # a fence and a platform are no ways


@pytest.mark.parametrize(
    "tag",
    [
        *("highway=proposed", "highway=construction", "highway=razed", "highway=abandoned"),
        *("highway=primary_link", "highway=motorway_link", "railway=disused", "railway=proposed"),
        *("highway=planned", "highway=Proposed", "railway=abandoned"),
    ],
)
def test_what_is_not_built_is_left_out_and_named(tmp_path: Path, tag: str) -> None:
    path = tmp_path / "city.osm"
    path.write_text(osm_text(), encoding="utf-8")
    expected = read_pieces(path, ALIASES)
    key, value = tag.split("=")
    ways = osm_text()
    name = re.findall(r'<tag k="name" v="([^"]+)"/>', ways)[0]
    extra = re.search(r"<way id=.*?</way>", ways, re.DOTALL)
    assert extra is not None
    unbuilt = re.sub(r'<way id="\d+"', '<way id="900"', extra[0])
    tagged = f'<tag k="{key}" v="{value}"/>'
    unbuilt = re.sub(r'<tag k="(highway|railway)" v="[^"]+"/>', tagged, unbuilt)
    path.write_text(ways.replace("</osm>", f"{unbuilt}</osm>"), encoding="utf-8")
    pieces = read_pieces(path, ALIASES)
    assert pieces.not_built == (name,)
    assert pieces.by_name == expected.by_name
    assert (pieces.unnamed, pieces.not_lines) == (expected.unnamed, expected.not_lines)


def osm_text() -> str:
    nodes: list[str] = []
    ways: list[str] = []
    tags = ["highway=primary", "railway=rail", "barrier=fence", "railway=platform", "highway=path"]
    for way, (tag, course_m) in enumerate(
        zip(tags, itertools.cycle(COURSES_M), strict=False), start=1
    ):
        references = ""
        for lon, lat in in_wgs84(course_m).coords:
            nodes.append(f'<node id="{len(nodes) + 1}" lat="{lat:.8f}" lon="{lon:.8f}"/>')
            references += f'<nd ref="{len(nodes)}"/>'
        key, value = tag.split("=")
        name = "" if value == "path" else f'<tag k="name" v="{NAMES[(way - 1) % 2]}"/>'
        ways.append(f'<way id="{way}">{references}<tag k="{key}" v="{value}"/>{name}</way>')
    return f'<osm version="0.6">{"".join(nodes)}{"".join(ways)}</osm>'


def test_a_column_and_a_layer_are_chosen(tmp_path: Path) -> None:
    path = tmp_path / "lines.gpkg"
    frame(["x", "y"], road=NAMES).to_file(path, layer="roads")
    frame(["x", "y"]).to_file(path, layer="pipes")
    check_read(read_pieces(path, ALIASES, layer="roads", name_field="road"))
    assert refused(path) == (
        "lines.gpkg: it has 2 layers that can hold lines (roads, pipes); name one of them"
    )
    assert refused(path, layer="rails") == ("lines.gpkg: it has no layer rails, but roads, pipes")
    assert refused(path, layer="pipes", name_field="road") == (
        "lines.gpkg: it has no column road, but name"
    )


def test_names_are_merged_by_alias_and_trimmed(tmp_path: Path) -> None:
    path = tmp_path / "lines.gpkg"
    west, east = (LineString(COURSES_M[0].coords[k : k + 2]) for k in (0, 1))
    frame(["甲大道", " 甲路 ", "乙路"], [west, east, COURSES_M[1]]).to_file(path)
    pieces = read_pieces(path, ALIASES)
    assert {name: len(parts) for name, parts in pieces.by_name.items()} == {"乙路": 1, "甲路": 2}
    lines, _ = made(pieces)
    assert lines["甲路"].spellings == ("甲大道", "甲路")
    assert lines["甲路"].length_m == pytest.approx(COURSES_M[0].length, rel=1e-4)
    assert lines["乙路"].spellings == ()


def test_heights_and_parts_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "lines.gpkg"
    high = shapely.force_3d(COURSES_M[0], 80.0)
    parts = MultiLineString(
        [
            shapely.ops.substring(COURSES_M[1], a, b, normalized=True)
            for a, b in ((0, 0.5), (0.5, 1))
        ]
    )
    frame(courses_m=[MultiLineString([high]), parts]).to_file(path)
    pieces = read_pieces(path, ALIASES)
    assert (pieces.flattened, pieces.split) == (1, 1)
    assert not any(part.has_z for part in itertools.chain(*pieces.by_name.values()))
    assert {name: line.pieces for name, line in made(pieces)[0].items()} == {"甲路": 1, "乙路": 2}


def test_what_is_no_named_line_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "lines.geojson"
    courses = [*COURSES_M, COURSES_M[0], COURSES_M[0], Point(CENTRE_M), Point(CENTRE_M).buffer(9)]
    frame([*NAMES, None, "  ", "丙路", "丁路"], courses).to_crs("EPSG:4326").to_file(path)
    pieces = read_pieces(path, ALIASES)
    assert (pieces.unnamed, pieces.not_lines) == (2, 2)
    assert sorted(pieces.by_name) == sorted(NAMES)


def test_numbers_serve_as_names(tmp_path: Path) -> None:
    path = tmp_path / "lines.gpkg"
    frame([31, 32]).to_file(path)
    assert list(read_pieces(path, ALIASES).by_name) == ["31", "32"]


def test_the_stated_accuracy_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "lines.gpkg"
    names, courses = ["甲路", "甲路", "乙路"], [*COURSES_M[:1], COURSES_M[0], COURSES_M[1]]
    frame(names, courses, accuracy_m=[25.0, 3.0, None]).to_file(path)
    lines, _ = made(read_pieces(path, ALIASES))
    assert {name: line.accuracy_m for name, line in lines.items()} == {"甲路": 25.0, "乙路": 10.0}


@pytest.mark.parametrize("value", [-1.0, np.inf])
def test_an_impossible_accuracy_is_refused(value: float, tmp_path: Path) -> None:
    path = tmp_path / "lines.gpkg"
    frame(accuracy_m=[value, 1.0]).to_file(path)
    assert refused(path).endswith(f"accuracy_m of 甲路 is {value!r}; it must be 0 or more metres")


def test_a_word_for_an_accuracy_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lines.gpkg"
    frame(accuracy_m=["good", "bad"]).to_file(path)
    assert "accuracy_m of 甲路 is 'good'" in refused(path)


def test_a_road_is_no_better_known_than_its_carriageways_are_apart(tmp_path: Path) -> None:
    path = tmp_path / "lines.gpkg"
    tracks = [COURSES_M[1].offset_curve(side) for side in (16.0, -16.0)]
    frame(["甲路"] * 2, tracks).to_file(path)
    lines, _ = made(read_pieces(path, ALIASES))
    assert lines["甲路"].accuracy_m == pytest.approx(16.0, abs=1.0)


@pytest.mark.parametrize("name", ["a.geojson", "a.gpkg", "a.shp", "a.dxf", "a.osm", "a.osm.pbf"])
@pytest.mark.parametrize("content", [b"", b"no lines here", b"\x00\xff" * 40])
def test_what_is_no_such_file_is_refused(name: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert refused(path).startswith(f"{name}: not readable")


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "shp", "dxf", "osm"])
def test_a_truncated_file_is_refused(suffix: str, drawing: Path, tmp_path: Path) -> None:
    path = tmp_path / f"whole.{suffix}"
    if suffix == "dxf":
        path.write_bytes(drawing.read_bytes())
    elif suffix == "osm":
        path.write_text(osm_text(), encoding="utf-8")
    else:
        many = frame(NAMES * 200, COURSES_M * 200)
        (many.to_crs("EPSG:4326") if suffix == "geojson" else many).to_file(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * 0.6)])
    told = refused(path, crs="EPSG:4547" if suffix == "dxf" else None)
    assert "not readable" in told or "the file may be truncated" in told


def test_a_shapefile_without_its_index_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lines.shp"
    frame().to_file(path)
    path.with_suffix(".shx").unlink()
    assert refused(path).startswith("lines.shp: not readable: Unable to open lines.shx")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "absent.gpkg").startswith("absent.gpkg: not readable")


def test_another_format_is_refused(tmp_path: Path) -> None:
    told = "lines.kml: its name must end in .geojson, .json, .gpkg, .shp, .gdb, .dxf, .osm, .pbf"
    assert refused(tmp_path / "lines.kml") == told


def test_a_list_is_no_collection(tmp_path: Path) -> None:
    path = tmp_path / "lines.geojson"
    path.write_text("[]")
    assert refused(path) == "lines.geojson: not a GeoJSON FeatureCollection"


def test_a_file_without_named_lines_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lines.gpkg"
    frame([None, ""]).to_file(path)
    assert refused(path) == "lines.gpkg: no line in it has a name in the column name"


def test_a_table_without_geometry_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lines.gpkg"
    frame().to_file(path)
    geopandas.GeoDataFrame({"name": NAMES}).to_file(path, layer="table")
    assert refused(path, layer="table") == "lines.gpkg: the layer table has no geometry"
    assert read_pieces(path, ALIASES).by_name  # the one layer with lines


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
@pytest.mark.parametrize("suffix", ["gpkg", "shp"])
def test_no_crs_is_refused_unless_one_is_stated(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"lines.{suffix}"
    frame().set_crs(None, allow_override=True).to_file(path, encoding="utf-8")
    assert refused(path) == f"lines.{suffix}: it declares no CRS; state the one it is in (--crs)"
    check_read(read_pieces(path, ALIASES, crs="EPSG:4547"))
    assert refused(path, crs="EPSG:nix") == "EPSG:nix is no coordinate system that PROJ knows"


def test_a_stated_crs_does_not_override_the_declared_one(tmp_path: Path) -> None:
    path = tmp_path / "lines.gpkg"
    frame().to_file(path)
    assert refused(path, crs="EPSG:4326") == (
        "lines.gpkg: it declares CGCS2000 / 3-degree Gauss-Kruger CM 114E, not WGS 84"
    )
    check_read(read_pieces(path, ALIASES, crs="EPSG:4547"))


@pytest.mark.parametrize(
    ("true", "declared"),
    [
        ("EPSG:4547", "EPSG:4326"),
        ("EPSG:4326", "EPSG:4547"),
        ("EPSG:4526", "EPSG:4547"),
        ("EPSG:4547", "EPSG:4526"),
        ("EPSG:4547", "EPSG:3067"),
    ],
)
def test_a_wrongly_declared_crs_is_refused(true: str, declared: str, tmp_path: Path) -> None:
    path = tmp_path / "lines.gpkg"
    frame().to_crs(true).set_crs(declared, allow_override=True).to_file(path)
    assert "cannot be in " in refused(path)


def test_latitude_before_longitude_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lines.geojson"
    swapped = [shapely.transform(in_wgs84(c), lambda xy: xy[:, ::-1]) for c in COURSES_M]
    frame().set_geometry(swapped, crs="EPSG:4326").to_file(path)
    assert "cannot be in WGS 84" in refused(path)


def test_an_inferred_network_does_not_come_back_as_surveyed(tmp_path: Path) -> None:
    path = tmp_path / "network.geojson"
    path.write_text('{"type":"FeatureCollection","geometry_source":"schematic","features":[]}')
    assert refused(path).startswith("network.geojson: geometry_source is schematic: ")


def test_what_cannot_be_one_line_is_left_out_with_the_place(tmp_path: Path) -> None:
    path = tmp_path / "lines.gpkg"
    broken = [LineString([(x, 0), (x + 500, 0)]) for x in (0.0, 900.0)]
    moved = [shapely.transform(piece, lambda xy: xy + CENTRE_M) for piece in broken]
    frame(["乙路", "甲路", "甲路"], [COURSES_M[1], *moved]).to_file(path)
    lines, left_out = made(read_pieces(path, ALIASES))
    assert list(lines) == ["乙路"]
    [line] = left_out
    assert (line.name, line.pieces) == ("甲路", 2)
    told, place = line.reason.removesuffix(")").split(" (near ")
    assert told == (
        "it is in 2 parts; the two longest, of 500 m and 500 m, are 400 m apart"
        "; --max-gap 400 bridges that"
    )
    lon, lat = map(float, place.split(", "))
    assert in_wgs84(Point(CENTRE_M[0] + 700, CENTRE_M[1])).distance(Point(lon, lat)) < 2e-4


def test_a_file_of_which_no_line_can_be_made_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lines.gpkg"
    frame(["甲路"], [LineString(Point(CENTRE_M).buffer(800).exterior.coords)]).to_file(path)
    maker = NetworkMaker(read_pieces(path, ALIASES))
    with pytest.raises(NetworkError, match=r"^no line can be made\n甲路: it runs around"):
        maker.network(maker.centrelines())


def test_a_piece_without_length_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "lines.geojson"
    frame(["甲路", "乙路"], [LineString([CENTRE_M, CENTRE_M]), COURSES_M[1]]).to_crs(
        "EPSG:4326"
    ).to_file(path)
    _, [left_out] = made(read_pieces(path, ALIASES))
    assert (left_out.name, left_out.reason) == ("甲路", "it has no length")


def test_a_fold_of_millimetres_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "lines.gpkg"
    fold = [(0, 0), (50, 0), (50, 0.001), (45, 0.001), (45, 0.002), (100, 0.002)]
    frame(["甲路", "乙路"], [LineString(np.array(fold) + CENTRE_M), COURSES_M[1]]).to_file(path)
    _, [left_out] = made(read_pieces(path, ALIASES))
    assert left_out.reason == "it runs over itself"


def test_the_output_is_what_build_reads(tmp_path: Path) -> None:
    path = tmp_path / "lines.gpkg"
    frame().to_file(path)
    lines, _ = made(read_pieces(path, ALIASES))
    text = imported_text(lines.values(), attribution="synthetic", source="a test")
    output = tmp_path / "centrelines.geojson"
    output.write_text(text, encoding="utf-8")
    assert read_centrelines(output, {}) == {
        name: GivenLine(name, line.geometry, 10.0, "synthetic") for name, line in lines.items()
    }
    collection = json.loads(text)
    assert collection["geometry_source"] == GeometrySource.CENTRELINES
    assert collection["attribution"] == "synthetic"
    assert collection["features"][0]["properties"] == {
        "name": "乙路",
        "kind": "road",
        "accuracy_m": 10.0,
        "source": "a test",
    }
    again, _ = made(read_pieces(output, {}))
    assert imported_text(again.values(), attribution="synthetic", source="a test") == text


# --- central Helsinki, whose western grid is turned by a third of a right angle ---

# East, west, south and north bound of blocks and quarters.
CLEAN = {
    "turned block": ("Yrjönkatu", "Annankatu", "Lönnrotinkatu", "Kalevankatu"),
    "turned block, south": ("Yrjönkatu", "Annankatu", "Bulevardi", "Lönnrotinkatu"),
    "turned block, farther south": ("Yrjönkatu", "Annankatu", "Uudenmaankatu", "Bulevardi"),
    "turned block, west": ("Annankatu", "Fredrikinkatu", "Bulevardi", "Lönnrotinkatu"),
    "three turned blocks": ("Yrjönkatu", "Annankatu", "Uudenmaankatu", "Kalevankatu"),
    "block": ("Kluuvikatu", "Mikonkatu", "Aleksanterinkatu", "Yliopistonkatu"),
    "block south": ("Kluuvikatu", "Mikonkatu", "Pohjoisesplanadi", "Aleksanterinkatu"),
    "block east": ("Fabianinkatu", "Kluuvikatu", "Pohjoisesplanadi", "Aleksanterinkatu"),
    "block by the square": ("Unioninkatu", "Fabianinkatu", "Pohjoisesplanadi", "Aleksanterinkatu"),
    "university": ("Unioninkatu", "Fabianinkatu", "Aleksanterinkatu", "Yliopistonkatu"),
    "library": ("Unioninkatu", "Fabianinkatu", "Yliopistonkatu", "Kirkkokatu"),
    "end of the park": ("Unioninkatu", "Fabianinkatu", "Eteläesplanadi", "Pohjoisesplanadi"),
    "park": ("Fabianinkatu", "Korkeavuorenkatu", "Eteläesplanadi", "Pohjoisesplanadi"),
    "south of it": ("Fabianinkatu", "Kasarmikatu", "Pohjoinen Makasiinikatu", "Eteläesplanadi"),
    "quarter": ("Unioninkatu", "Kasarmikatu", "Eteläinen Makasiinikatu", "Eteläesplanadi"),
    "long quarter": ("Kasarmikatu", "Korkeavuorenkatu", "Pieni Roobertinkatu", "Eteläesplanadi"),
    "six blocks": ("Unioninkatu", "Mikonkatu", "Pohjoisesplanadi", "Yliopistonkatu"),
    "hill": ("Snellmaninkatu", "Unioninkatu", "Rauhankatu", "Yrjö-Koskisen katu"),
}
DUAL = {
    "turned, at a boulevard": ("Mannerheimintie", "Yrjönkatu", "Bulevardi", "Lönnrotinkatu"),
    "between boulevards": ("Mikonkatu", "Mannerheimintie", "Aleksanterinkatu", "Kaivokatu"),
    "wedge": ("Mikonkatu", "Mannerheimintie", "Pohjoisesplanadi", "Aleksanterinkatu"),
    "market": ("Eteläranta", "Fabianinkatu", "Eteläinen Makasiinikatu", "Pohjoinen Makasiinikatu"),
    "roundabout": ("Snellmaninkatu", "Unioninkatu", "Yrjö-Koskisen katu", "Liisankatu"),
}
# Kalevankatu's ways end 12 m short of Mannerheimintie's: no face of them is this block.
OPEN = {
    "turned, open": ("Mannerheimintie", "Yrjönkatu", "Lönnrotinkatu", "Kalevankatu"),
    "turned quarter, open": ("Mannerheimintie", "Annankatu", "Bulevardi", "Kalevankatu"),
}


@pytest.fixture(scope="module")
def helsinki() -> NamedPieces:
    return read_pieces(HELSINKI_STREETS, {})


@pytest.fixture(scope="module")
def helsinki_lines(helsinki: NamedPieces) -> dict[str, ImportedLine]:
    return made(helsinki)[0]


def region(lines: Mapping[str, ImportedLine], four: tuple[str, str, str, str]) -> Face:
    """Draw a region from its four bounds in words, as the product does."""
    east, west, south, north = four
    courses = {}
    for name in four:
        vertices = shapely.get_coordinates(lines[name].geometry)
        courses[name] = Course(vertices, np.full(len(vertices), lines[name].accuracy_m))
    bounds = FourBounds(east=east, west=west, south=south, north=north)
    return draw_regions({"code": bounds}, courses)["code"]


def in_metres(geometry: Geometry) -> Geometry:
    return geopandas.GeoSeries([geometry], crs="EPSG:4326").to_crs(HELSINKI_CRS).iloc[0]


def faces_of_ways(pieces: NamedPieces, four: tuple[str, str, str, str]) -> list[Geometry]:
    """Return the faces between the ways as OpenStreetMap has them, in metres."""
    ways = in_metres(MultiLineString([way for name in four for way in pieces.by_name[name]]))
    noded = shapely.node(ways)
    return list(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))))


def compared(
    pieces: NamedPieces, lines: Mapping[str, ImportedLine], four: tuple[str, str, str, str]
) -> tuple[float, float, Face]:
    """Return how much of both areas is common, and how far the outlines are apart in metres."""
    face = region(lines, four)
    ours = in_metres(face.polygon)
    theirs = max(faces_of_ways(pieces, four), key=lambda one: one.intersection(ours).area)
    common = ours.intersection(theirs).area / ours.union(theirs).area
    apart_m = shapely.hausdorff_distance(ours.exterior, theirs.exterior, densify=0.02)
    return common, apart_m, face


@pytest.mark.parametrize("four", CLEAN.values(), ids=CLEAN)
def test_a_region_between_streets_is_the_face_of_their_ways(
    four: tuple[str, str, str, str],
    helsinki: NamedPieces,
    helsinki_lines: dict[str, ImportedLine],
) -> None:
    common, apart_m, _ = compared(helsinki, helsinki_lines, four)
    assert common > 0.995
    assert apart_m < 1.5


@pytest.mark.parametrize("four", DUAL.values(), ids=DUAL)
def test_at_a_dual_carriageway_a_region_goes_to_its_middle(
    four: tuple[str, str, str, str],
    helsinki: NamedPieces,
    helsinki_lines: dict[str, ImportedLine],
) -> None:
    common, apart_m, face = compared(helsinki, helsinki_lines, four)
    # The face of the ways ends at the near carriageway. What differs is half the median, and the
    # accuracy of the line says so.
    assert 0.91 < common < 0.99
    assert 5.0 < apart_m < max(face.accuracy_m.values())


@pytest.mark.parametrize("four", OPEN.values(), ids=OPEN)
def test_streets_whose_ways_do_not_meet_bound_a_region(
    four: tuple[str, str, str, str],
    helsinki: NamedPieces,
    helsinki_lines: dict[str, ImportedLine],
) -> None:
    ours = in_metres(region(helsinki_lines, four).polygon)
    assert not any(
        one.intersection(ours).area > 0.5 * ours.area for one in faces_of_ways(helsinki, four)
    )
    assert 10_000 < ours.area < 70_000


def test_blocks_beside_each_other_share_their_street(
    helsinki_lines: dict[str, ImportedLine],
) -> None:
    whole = in_metres(region(helsinki_lines, CLEAN["three turned blocks"]).polygon)
    names = ("turned block", "turned block, south", "turned block, farther south")
    parts = [in_metres(region(helsinki_lines, CLEAN[name]).polygon) for name in names]
    assert sum(part.area for part in parts) == pytest.approx(whole.area, rel=1e-5)


def test_helsinki_is_reported_as_it_is(
    helsinki: NamedPieces, helsinki_lines: dict[str, ImportedLine]
) -> None:
    assert helsinki.attribution == OSM_ATTRIBUTION
    assert helsinki.not_lines > 0  # the platforms of the metro
    assert "Helsingin yliopisto" not in helsinki.by_name
    _, left_out = made(helsinki)
    assert [(line.name, line.reason.split(";")[0]) for line in left_out] == [
        ("Vuorikatu", "it is in 2 parts")
    ]
    boulevard = helsinki_lines["Mannerheimintie"]
    assert boulevard.pieces == 48
    assert boulevard.apart_m == pytest.approx(27.7, abs=0.5)
    assert boulevard.merged_m == pytest.approx(675.0, abs=15.0)
    single = helsinki_lines["Annankatu"]
    assert (single.merged_m, single.gaps_m, single.dropped_m) == (0.0, (), 0.0)
    assert all(line.geometry.is_simple for line in helsinki_lines.values())


@pytest.mark.slow
def test_the_whole_extract_is_read() -> None:
    pieces = read_pieces(HELSINKI_NAMED_WAYS, {})
    lines, left_out = made(pieces)
    assert len(pieces.by_name) == 92
    assert [line.name for line in left_out] == ["Elielinaukio", "Vuorikatu"]
    assert len(lines) == 90
    for four in (*CLEAN.values(), *DUAL.values(), *OPEN.values()):
        assert region(lines, four).polygon.is_valid


def test_a_truncated_extract_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.osm.pbf"
    path.write_bytes(HELSINKI_NAMED_WAYS.read_bytes()[:20_000])
    assert refused(path).startswith("cut.osm.pbf: not readable: An error occurred")


# --- an invented city, broken up ---


@pytest.fixture(scope="module")
def broken_city(tmp_path_factory: pytest.TempPathFactory) -> tuple[City, dict[str, GivenLine]]:
    """Return a city, and its true lines as they come back from pieces of them."""
    city = regular_city()
    folder = tmp_path_factory.mktemp("broken")
    names, pieces = [], []
    rng = np.random.default_rng(7)
    for number, (name, course) in enumerate(city.truth.items()):
        # Every third road has a single carriageway.
        parts = broken_up(LineString(course), rng, aside_m=8.0 if number % 3 else 0.0)
        names += [name] * len(parts)
        pieces += parts
    frame(names, pieces).to_file(folder / "city.gpkg")
    lines, left_out = made(read_pieces(folder / "city.gpkg", {}))
    assert not left_out
    text = imported_text(lines.values(), attribution="", source="a test")
    (folder / "city.geojson").write_text(text, encoding="utf-8")
    return city, read_centrelines(folder / "city.geojson", {})


def test_a_broken_city_has_the_regions_of_its_true_lines(
    broken_city: tuple[City, dict[str, GivenLine]],
) -> None:
    city, lines = broken_city
    true = build(city.sources(surveyed=True)).parcels.regions
    found = build(replace(city.sources(), given=lines)).parcels.regions
    assert {one.geometry_source for one in found} == {GeometrySource.CENTRELINES}
    for one, other in zip(true, found, strict=True):
        apart_m = shapely.hausdorff_distance(
            metric(one.polygon).exterior, metric(other.polygon).exterior, densify=0.01
        )
        assert apart_m < 1.0


def test_a_partial_network_says_which_lines_are_schematic(
    broken_city: tuple[City, dict[str, GivenLine]],
) -> None:
    city, lines = broken_city
    lost = {"经2路", "纬0路"}
    given = {name: line for name, line in lines.items() if name not in lost}
    built = build(replace(city.sources(), given=given))
    sources = {name: line.source for name, line in built.lines.items()}
    assert {name for name, source in sources.items() if source != "given centreline"} == lost
    for one in built.parcels.regions:
        bounds = {name for _, name in one.record.bounds}
        expected = GeometrySource.SCHEMATIC if bounds & lost else GeometrySource.CENTRELINES
        assert one.geometry_source == expected


def test_the_centre_of_the_city_is_where_it_was() -> None:
    lon, lat = from_metric(easting_m=CENTRE_M[0], northing_m=CENTRE_M[1])
    assert in_wgs84(Point(CENTRE_M)).distance(Point(lon, lat)) < 1e-9
    assert regular_city().lines[Axis.NS]
