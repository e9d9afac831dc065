"""Official polygons in the files in which offices hand them over; all of it synthetic."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import ezdxf
import geopandas
import pytest
import shapely
from shapely import Polygon

from geo.build.edition import build
from geo.build.official import read_official
from geo.build.sources import read_sources
from geo.build.vector import exploded, shapefile_encoding
from geo.errors import EditionError, GazetteError, RegionsError
from geo.model import INDUSTRIAL, GeometrySource
from geo.parcels import PARCELS_FILE, read_parcels
from tests.metric import metric
from tests.paths import DATA

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SOURCES = read_sources(DATA, None, None)
REGIONS = [r for r in read_parcels(DATA / PARCELS_FILE).regions if r.use == INDUSTRIAL]
CODES = {region.code for region in REGIONS}


def table(crs: str | None = "EPSG:4547", **columns: object) -> Any:  # noqa: ANN401
    shapes = [metric(region.polygon) for region in REGIONS]
    codes = [region.code for region in REGIONS]
    return geopandas.GeoDataFrame({"BM": codes, **columns}, geometry=shapes, crs=crs)


def read(path: Path, **options: str) -> set[str]:
    found = read_official(
        path, SOURCES.gazette.records, SOURCES.notice, accuracy_m=1.0, **options
    ).regions
    for region in REGIONS:
        shape = metric(found[region.code].polygon)
        assert shapely.hausdorff_distance(shape, metric(region.polygon)) < 0.02
    return set(found)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("official.gdb", {"driver": "OpenFileGDB"}),
        ("official.gpkg", {}),
        ("official.fgb", {}),
        ("official.sqlite", {"driver": "SQLite"}),
        ("official.shp", {"encoding": "GB18030"}),
        ("official.shp", {"encoding": "UTF-8"}),
    ],
)
def test_the_forms_of_offices(name: str, options: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / name
    table(MC=["工业用地"] * len(REGIONS)).to_file(path, **options)
    if options.get("encoding") == "GB18030":
        path.with_suffix(".cpg").write_text("UTF-8", encoding="ascii")
    assert read(path) == CODES


@pytest.mark.parametrize(
    "text",
    [
        "<b>编号</b>：{}<br/>",
        "<table><tr><td>标定区域编号</td><td>{}</td></tr></table>",
        "区域 {}，工业用地",
        " {} ",
    ],
)
def test_codes_in_descriptions_of_kml(text: str, tmp_path: Path) -> None:
    path = tmp_path / "official.kml"
    frame = table().to_crs(4326)
    frame["Name"] = "工业用地"
    frame["Description"] = [text.format(code) for code in frame.pop("BM")]
    frame.to_file(path, driver="KML")
    assert read(path) == CODES


def test_a_text_with_two_codes_names_none(tmp_path: Path) -> None:
    path = tmp_path / "official.gpkg"
    frame = table()
    frame["BM"] = [f"{code}及411700G60001" for code in frame["BM"]]
    frame.to_file(path)
    with pytest.raises(RegionsError, match=r"row 2 of official has no code in BM"):
        read(path)


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_a_file_that_declares_no_crs(tmp_path: Path) -> None:
    path = tmp_path / "official.gpkg"
    table(crs=None).to_file(path)
    with pytest.raises(RegionsError, match=r"say which it is \(--crs\)"):
        read(path)
    assert read(path, crs="EPSG:4547") == CODES
    with pytest.raises(RegionsError, match="crs is 'nix', which PROJ does not know"):
        read(path, crs="nix")


def test_a_declared_crs_is_not_overridden(tmp_path: Path) -> None:
    path = tmp_path / "official.gpkg"
    table().to_file(path)
    assert read(path, crs="EPSG:4547") == CODES
    with pytest.raises(RegionsError, match="leave out --crs"):
        read(path, crs="EPSG:4526")


def test_measures_are_dropped_without_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "official.shp"
    table().to_file(path, SHPT="POLYGONM")
    assert read(path) == CODES


def attributes(path: Path, change: Callable[[Any], Any] = lambda frame: frame) -> Path:
    """Write the industrial regions as polygons that carry their facts, under other titles."""
    facts = [region.record for region in REGIONS]
    frame = table(
        土地用途=["工矿用地" for _ in facts],
        四至范围=[
            "；".join(
                f"{word}至{getattr(fact.bounds, side)}"
                for word, side in zip("东南西北", ("east", "south", "west", "north"), strict=True)
            )
            for fact in facts
        ],
        容积率=[fact.plot_ratio for fact in facts],
        地价=[float(fact.ground_price_cny_m2) for fact in facts],
    ).rename(columns={"BM": "区域编号", "地价": "地面地价(元/平方米)"})
    change(frame).to_file(path)
    return path


def folder(tmp_path: Path) -> Path:
    """Return a city's folder without a table."""
    data = tmp_path / "city"
    (data / "gazette").mkdir(parents=True)
    text = (DATA / "gazette" / "2022.toml").read_text(encoding="utf-8")
    counts = f"commercial = 0\nresidential = 0\nindustrial = {len(REGIONS)}\n"
    before, _, rest = text.partition("[counts]")
    text = f"{before}[counts]\n{counts}\n{rest[rest.index('[maps]') :]}"
    (data / "gazette" / "2022.toml").write_text(text, encoding="utf-8")
    return data


def test_polygons_that_carry_their_facts_need_no_table(tmp_path: Path) -> None:
    path = attributes(tmp_path / "official.gpkg")
    built = build(read_sources(folder(tmp_path), None, None, path, accuracy_m=0.5)).parcels
    assert {region.code for region in built.regions} == CODES
    for region, shipped in zip(built.regions, REGIONS, strict=True):
        assert region.geometry_source is GeometrySource.OFFICIAL
        assert region.record.ground_price_cny_m2 == shipped.record.ground_price_cny_m2
        assert region.record.plot_ratio == shipped.record.plot_ratio
        assert region.record.bounds == shipped.record.bounds
        assert region.use == INDUSTRIAL
    assert set(built.inputs) == {"gazette/2022.toml", "regions/official.gpkg"}


def test_polygons_without_a_price_are_no_table(tmp_path: Path) -> None:
    path = attributes(
        tmp_path / "official.gpkg", lambda frame: frame.drop(columns="地面地价(元/平方米)")
    )
    with pytest.raises(GazetteError, match="地面"):
        read_sources(folder(tmp_path), None, None, path)


def test_neither_table_nor_polygons(tmp_path: Path) -> None:
    with pytest.raises(EditionError, match="no gazette table"):
        read_sources(folder(tmp_path), None, None)


def test_a_folder_that_is_no_geodatabase_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    path.mkdir()
    with pytest.raises(RegionsError, match="folder cannot be read"):
        read(path)


def test_the_checksum_of_a_geodatabase(tmp_path: Path) -> None:
    path = tmp_path / "official.gdb"
    table().to_file(path, driver="OpenFileGDB")
    one, two = (
        read_sources(DATA, None, None, path).inputs["regions/official.gdb"] for _ in range(2)
    )
    assert one == two
    table().iloc[::-1].to_file(tmp_path / "other.gdb", driver="OpenFileGDB")
    other = read_sources(DATA, None, None, tmp_path / "other.gdb").inputs["regions/other.gdb"]
    assert other != one


def test_a_triangle_still_is_no_region(tmp_path: Path) -> None:
    path = tmp_path / "official.gpkg"
    frame = table()
    frame["geometry"] = [Polygon(list(shape.exterior.coords)[:3]) for shape in frame.geometry]
    frame.to_file(path)
    with pytest.raises(RegionsError, match="a region between four lines has at least 4"):
        read(path)


@pytest.mark.parametrize("end", [0, 20, 40, 70, -1])
def test_a_table_beside_a_shapefile_that_is_cut(tmp_path: Path, end: int) -> None:
    path = tmp_path / "official.shp"
    table(MC=["工业用地"] * len(REGIONS)).to_file(path)
    beside = path.with_suffix(".dbf")
    whole = beside.read_bytes()
    beside.write_bytes(whole[:end])
    assert shapefile_encoding(path)
    no_width = whole[:10] + bytes(2) + whole[12:]
    beside.write_bytes(no_width)
    assert shapefile_encoding(path)


def test_a_ring_that_is_not_closed(tmp_path: Path) -> None:
    path = tmp_path / "official.geojson"
    table().to_crs("EPSG:4326").to_file(path)
    content = json.loads(path.read_text(encoding="utf-8"))
    content["features"][0]["geometry"]["coordinates"][0].pop()
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.warns(RuntimeWarning, match="Non closed ring"), pytest.raises(RegionsError) as told:
        read(path)
    assert str(told.value).startswith(
        "official.geojson: official cannot be read: a geometry in it is broken: "
    )


def test_a_block_that_is_not_in_the_drawing(tmp_path: Path) -> None:
    drawing = ezdxf.new()  # type: ignore[attr-defined]
    drawing.modelspace().add_blockref("missing", (0, 0))
    path = tmp_path / "a.dxf"
    drawing.saveas(path)
    assert exploded(path, tmp_path) == path


def test_a_layer_whose_name_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "official.geojson"
    table().to_crs("EPSG:4326").to_file(path)
    content = path.read_bytes()
    assert b'"name": "official"' in content
    path.write_bytes(content.replace(b'"name": "official"', b'"name": "of\x8eicial"'))
    with pytest.raises(RegionsError, match=r"^official\.geojson cannot be read: "):
        read(path)
