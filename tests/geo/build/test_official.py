"""Official region polygons: taken as they are, or refused in one clear sentence.

The polygons are synthetic: the shipped regions, moved and reshaped as no authority has.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, Polygon, affinity

from geo.build.edition import Built, build, write_built
from geo.build.official import FARTHEST_M, OFFICIAL_ACCURACY_M, _with_corners, read_official
from geo.build.sources import read_sources
from geo.errors import RegionsError
from geo.exports.formats import parse_format
from geo.exports.writers import export_bytes
from geo.lookup.edition import OpenEdition
from geo.model import INDUSTRIAL, RESIDENTIAL, GeometrySource, Placement, Side, Use
from geo.parcels import PARCELS_FILE, read_parcels
from geo.symbology import PRICE_CLASSES_FILE, read_price_classes
from tests.metric import METRIC, metric
from tests.paths import DATA
from tests.uses import USES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SOURCES = read_sources(DATA, None, None)
RECORDS = SOURCES.gazette.records
REGIONS = read_parcels(DATA / PARCELS_FILE).regions
MOVED_M = (220.0, -130.0)  # east and north


def table(use: Use | None = None) -> Any:  # noqa: ANN401
    """Return moved regions with their codes, EPSG:4547."""
    shown = [region for region in REGIONS if use in {None, region.use}]
    polygons = [affinity.translate(metric(region.polygon), *MOVED_M) for region in shown]
    codes = [region.code for region in shown]
    return geopandas.GeoDataFrame({"BM": codes, "n": 1}, geometry=polygons, crs="EPSG:4547")


def with_geometry(geometry: object, code: str = "411700G60005") -> Any:  # noqa: ANN401
    """Return the industrial regions, one of them another shape."""
    frame = table(INDUSTRIAL)
    frame["geometry"] = [
        geometry if one == code else polygon
        for one, polygon in zip(frame["BM"], frame.geometry, strict=True)
    ]
    return frame


def reference() -> Polygon:
    return table().geometry[list(table()["BM"]).index("411700G60005")]


def read(frame: Any, folder: Path, name: str = "official.gpkg") -> Any:  # noqa: ANN401
    path = folder / name
    frame.to_file(path)
    return read_official(path, RECORDS, SOURCES.notice, accuracy_m=1.0)


def refused(path: Path) -> str:
    with pytest.raises(RegionsError) as caught:
        read_official(path, RECORDS, SOURCES.notice, accuracy_m=1.0)
    assert caught.value.code == "regions_invalid"
    return str(caught.value)


def refused_frame(frame: Any, folder: Path) -> str:  # noqa: ANN401
    path = folder / "official.gpkg"
    frame.to_file(path)
    return refused(path)


@pytest.fixture(scope="module")
def gpkg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("official") / "official.gpkg"
    table().to_file(path)
    return path


@pytest.fixture(scope="module")
def built(gpkg: Path) -> Built:
    return build(read_sources(DATA, None, None, gpkg, accuracy_m=0.5))


@pytest.mark.parametrize(
    ("name", "crs"),
    [
        ("regions.gpkg", "EPSG:4490"),
        ("regions.shp", "EPSG:4547"),
        ("regions.shp", "EPSG:4526"),
        ("regions.fgb", "EPSG:4547"),
        ("regions.geojson", "EPSG:4326"),
        ("regions.kml", "EPSG:4326"),
    ],
)
def test_any_format_in_any_declared_system_puts_regions_where_they_are(
    name: str, crs: str, tmp_path: Path
) -> None:
    frame = table()
    official = read(frame.to_crs(crs), tmp_path, name)
    assert set(official.regions) == {record.code for record in RECORDS}
    for code, polygon in zip(frame["BM"], frame.geometry, strict=True):
        # Seven decimals of a degree are 11 mm at most; half of that each way.
        found = metric(official.regions[code].polygon)
        assert shapely.hausdorff_distance(found, polygon) < 0.01


def test_official_polygons_replace_every_region_and_say_so(built: Built) -> None:
    frame = table()
    for region, polygon in zip(built.parcels.regions, frame.geometry, strict=True):
        assert shapely.hausdorff_distance(metric(region.polygon), polygon) < 0.01
        assert region.geometry_source is GeometrySource.OFFICIAL
        assert region.placement is Placement.TIED
        assert set(region.accuracy_m.values()) == {0.5}
    assert built.parcels.attribution == "", "nothing of them derives from anyone else's lines"
    assert list(built.parcels.inputs)[-1] == "regions/official.gpkg"


def test_what_is_built_is_written_and_read_again(built: Built, tmp_path: Path) -> None:
    write_built(built, tmp_path / PARCELS_FILE)
    again = read_parcels(tmp_path / PARCELS_FILE)
    assert again.regions == built.parcels.regions
    assert '"geometry_source": "schematic"' in (tmp_path / "network.geojson").read_text("utf-8")


def test_answers_come_from_the_official_polygons(built: Built) -> None:
    index = OpenEdition.of(built.parcels).point_index
    for region in built.parcels.regions:
        place = region.polygon.representative_point()
        assert region.code in [m.region.code for m in index.look_up(lon=place.x, lat=place.y)[0]]
    # Moved to the east, so the west edge of what was inferred is outside now.
    inferred = {region.code: region for region in REGIONS}["411700Z70016"]
    edge = inferred.side(Side.WEST).interpolate(0.5, normalized=True)
    assert not [
        m for m in index.look_up(lon=edge.x, lat=edge.y)[0] if m.region.code == inferred.code
    ]


def test_sides_are_those_of_the_region_it_replaces(built: Built) -> None:
    for region, inferred in zip(built.parcels.regions, REGIONS, strict=True):
        for side in Side:
            moved = affinity.translate(metric(inferred.side(side)), *MOVED_M)
            assert shapely.hausdorff_distance(metric(region.side(side)), moved) < 0.01, region.code


def test_crossings_are_where_official_sides_meet(built: Built) -> None:
    placed = [region for region in built.parcels.regions if region.parcel_crossing]
    assert len(placed) >= 9, "most crossings are with a street that bounds nothing there"
    for region in placed:
        assert region.parcel_crossing is not None
        crossing = Point(region.parcel_crossing)
        apart = region.polygon.distance(crossing)
        assert (apart < 1e-6) != (region.code == "411700Z70008"), "whose place is let go"


def test_one_use_alone_leaves_the_others_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "residential.gpkg"
    table(RESIDENTIAL).to_file(path)
    parcels = build(read_sources(DATA, None, None, path)).parcels
    for region, before in zip(parcels.regions, REGIONS, strict=True):
        if region.use is RESIDENTIAL:
            assert region.geometry_source is GeometrySource.OFFICIAL
            assert region.accuracy_m[Side.EAST] == OFFICIAL_ACCURACY_M
        else:
            assert shapely.hausdorff_distance(region.polygon, before.polygon) < 1e-7
            assert replace(region, polygon=before.polygon) == before
    assert parcels.attribution == "© OpenStreetMap contributors, ODbL 1.0"


def test_overlaps_and_sides_off_their_lines_are_remarked(built: Built) -> None:
    overlaps = [remark for remark in built.remarks if "overlap" in remark]
    assert [remark.partition(":")[0] for remark in overlaps] == [
        "411700S50003 and 411700S50015 overlap",
        "411700S50006 and 411700S50014 overlap",
        "411700S50007 and 411700S50014 overlap",
        "411700S50011 and 411700S50020 overlap",
    ]
    # The railway is known to 100 m; the regions were moved by 220 m.
    rail = [remark for remark in built.remarks if "京广铁路" in remark]
    assert rail
    assert all("m from 京广铁路 as the network has it, which claims 100 m" in r for r in rail)


def test_a_region_smaller_than_its_parcel_is_named(tmp_path: Path) -> None:
    path = tmp_path / "tiny.gpkg"
    with_geometry(reference().centroid.buffer(10, cap_style="square")).to_file(path)
    built = build(read_sources(DATA, None, None, path))
    assert any(text.startswith("411700G60005 has 400 m², its standard") for text in built.relaxed)


def test_every_layer_of_a_file_counts(tmp_path: Path) -> None:
    path = tmp_path / "layers.gpkg"
    for use in USES:
        table(use).to_file(path, layer=use.code)
    geopandas.GeoDataFrame({"a": [1]}, geometry=[Point(0, 0)], crs=4326).to_file(path, layer="x")
    official = read_official(path, RECORDS, SOURCES.notice, accuracy_m=1.0)
    assert len(official.regions) == 66


class TestRepairs:
    def test_heights_are_dropped_and_reported(self, tmp_path: Path) -> None:
        official = read(with_geometry(shapely.force_3d(reference(), 63.2)), tmp_path)
        assert official.repairs == ("411700G60005: heights were dropped",)
        assert not official.regions["411700G60005"].polygon.has_z

    def test_one_part_of_a_multipolygon_is_a_polygon(self, tmp_path: Path) -> None:
        official = read(with_geometry(MultiPolygon([reference()])), tmp_path)
        assert official.repairs == ()
        found = official.regions["411700G60005"].polygon
        assert shapely.hausdorff_distance(metric(found), reference()) < 0.01

    @pytest.mark.parametrize("size_m", [0.001, 0.5, 1.9])
    def test_holes_and_parts_narrower_than_the_accuracy_are_dropped(
        self, size_m: float, tmp_path: Path
    ) -> None:
        dirt = reference().centroid.buffer(size_m / 2, cap_style="square")
        official = read(with_geometry(reference().difference(dirt)), tmp_path)
        assert re.match(r"411700G60005: a hole of .+ m² at 11.+ was filled", official.repairs[0])
        beside = affinity.translate(dirt, 9000, 0)
        official = read(with_geometry(MultiPolygon([reference(), beside])), tmp_path, "2.gpkg")
        assert re.match(r"411700G60005: a part of .+ m² at 11.+ was dropped", official.repairs[0])
        found = official.regions["411700G60005"].polygon
        assert shapely.hausdorff_distance(metric(found), reference()) < 0.01

    @pytest.mark.parametrize("change", [str.lower, lambda code: f" {code}\u3000", "{}。".format])
    def test_codes_are_read_as_they_are_meant(
        self, change: Callable[[str], str], tmp_path: Path
    ) -> None:
        frame = with_geometry(reference())
        frame["BM"] = [change(code) for code in frame["BM"]]
        assert read(frame, tmp_path).regions.keys() == set(table(INDUSTRIAL)["BM"])

    def test_a_clockwise_ring_is_turned(self, tmp_path: Path) -> None:
        ring = list(reference().exterior.coords)[::-1]
        official = read(with_geometry(Polygon(ring)), tmp_path)
        assert shapely.is_ccw(official.regions["411700G60005"].polygon.exterior)


class TestRefusals:
    @pytest.mark.parametrize(
        ("shape", "message"),
        [
            (
                lambda p: Polygon(
                    [(x, y) for x, y in np.array(p.exterior.coords)[[0, 20, 10, 30]]]
                ),
                "is not valid: Self-intersection",
            ),
            (lambda _: None, "has no geometry"),
            (lambda _: Polygon(), "has no geometry"),
            (
                lambda p: Polygon(np.array(p.exterior.coords)[[0, 10, 20]]),
                "has 3 corners; a region between four lines has at least 4",
            ),
            (
                lambda p: p.centroid.buffer(0.001, cap_style="square"),
                "has edges closer than 1 cm to one another, which the file cannot keep",
            ),
        ],
    )
    def test_a_shape_that_is_no_region(
        self, shape: Callable[[Polygon], object], message: str, tmp_path: Path
    ) -> None:
        told = refused_frame(with_geometry(shape(reference())), tmp_path)
        assert told.startswith(f"official.gpkg: 411700G60005 {message}")

    def test_a_row_without_a_code_is_named(self, tmp_path: Path) -> None:
        frame = with_geometry(reference())
        frame["BM"] = [None if i == 4 else code for i, code in enumerate(frame["BM"])]
        assert refused_frame(frame, tmp_path) == (
            "official.gpkg: row 5 of official has no code in BM"
        )

    @pytest.mark.parametrize("crs", ["EPSG:4214", "EPSG:4610", "EPSG:2435", "EPSG:2383"])
    def test_a_datum_that_nobody_can_bring_to_wgs84(self, crs: str, tmp_path: Path) -> None:
        told = refused_frame(with_geometry(reference()).to_crs(crs), tmp_path)
        assert "from which no accurate transformation to WGS84 is known here" in told

    def test_a_line_is_no_region(self, tmp_path: Path) -> None:
        path = tmp_path / "mixed.geojson"
        with_geometry(LineString(reference().exterior)).to_crs(4326).to_file(path)
        assert refused(path) == "mixed.geojson: 411700G60005 is a LineString; a region is a polygon"

    def test_every_wrong_polygon_is_named(self, tmp_path: Path) -> None:
        frame = table(INDUSTRIAL)
        frame["geometry"] = [None, None, *frame.geometry[2:]]
        told = refused_frame(frame, tmp_path).splitlines()
        assert told == [f"official.gpkg: 411700G6000{k} has no geometry" for k in (1, 2)]

    def test_no_coordinate_system(self, tmp_path: Path) -> None:
        frame = table().set_crs(None, allow_override=True)
        with pytest.warns(UserWarning, match="crs"):
            frame.to_file(tmp_path / "official.shp")
        assert refused(tmp_path / "official.shp") == (
            "official.shp: official declares no coordinate system; say which it is (--crs), such as"
            " EPSG:4490 or EPSG:4547"
        )

    @pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4526", "EPSG:3857", "EPSG:4549"])
    def test_a_wrong_coordinate_system(self, crs: str, tmp_path: Path) -> None:
        told = refused_frame(table().set_crs(crs, allow_override=True), tmp_path)
        assert "is the declared coordinate system right?" in told or "off the earth" in told

    def test_as_far_as_a_city_may_reach(self, tmp_path: Path) -> None:
        frame = table(INDUSTRIAL)
        frame["geometry"] = frame.translate(FARTHEST_M + 60_000, 0)
        told = refused_frame(frame, tmp_path)
        assert told.startswith("official.gpkg: 411700G600")
        assert "km from the centre of 驻马店市" in told

    def test_codes_missing_double_and_unknown(self, tmp_path: Path) -> None:
        frame = table(INDUSTRIAL)
        frame["BM"] = [*frame["BM"][:-1], frame["BM"][0]]
        assert refused_frame(frame, tmp_path) == (
            "official.gpkg: 411700G60001 is there 2 times\n"
            "official.gpkg: 1 of the 12 industrial regions are missing, such as 411700G60012;"
            " hand in all of a use or none"
        )
        frame["BM"] = [*frame["BM"][:-1], "411700G60099"]
        assert refused_frame(frame, tmp_path) == (
            "official.gpkg: BM holds '411700G60099', which is no code of this edition"
        )

    @pytest.mark.parametrize("fmt", ["gpkg", "geojson", "shp"])
    def test_inferred_regions_do_not_come_back_as_official(self, fmt: str, tmp_path: Path) -> None:
        """What the product itself has exported says of itself that it was inferred."""
        chosen = parse_format(fmt)
        classes = read_price_classes(DATA / PRICE_CLASSES_FILE, {key: [1000] for key in USES})
        path = tmp_path / chosen.file_name
        path.write_bytes(export_bytes(read_parcels(DATA / PARCELS_FILE), classes, chosen))
        told = refused(path)
        assert told.startswith(f"{path.name}: ")
        assert told.endswith(
            "says that its geometry is schematic: inferred regions are no official polygons"
        )

    def test_no_codes_at_all(self, tmp_path: Path) -> None:
        assert refused_frame(table().drop(columns="BM"), tmp_path) == (
            "official.gpkg: no layer has polygons and a column of region codes such as 411700G60001"
        )

    @pytest.mark.parametrize("accuracy_m", [-0.1, float("nan"), float("inf")])
    def test_an_accuracy_that_is_no_length(self, accuracy_m: float, gpkg: Path) -> None:
        with pytest.raises(RegionsError, match=r"^accuracy is .*; it must be 0 or more metres$"):
            read_official(gpkg, RECORDS, SOURCES.notice, accuracy_m=accuracy_m)

    @pytest.mark.parametrize("content", [b"", b"not a map", b'{"type": "FeatureCollection"'])
    def test_a_file_that_is_no_map(self, content: bytes, tmp_path: Path) -> None:
        path = tmp_path / "official.geojson"
        path.write_bytes(content)
        assert refused(path).startswith("official.geojson cannot be read: ")

    def test_a_truncated_file(self, gpkg: Path, tmp_path: Path) -> None:
        path = tmp_path / "official.gpkg"
        path.write_bytes(gpkg.read_bytes()[:9000])
        assert refused(path).startswith("official.gpkg")


corner = st.floats(-0.24, 0.24)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(corner, corner), min_size=4, max_size=4),
    st.floats(0.2, 5.0),
    st.floats(-0.35, 0.35),
    st.integers(0, 7),
)
def test_corners_of_bent_and_turned_regions(
    bends: list[tuple[float, float]], width: float, turn: float, start: int
) -> None:
    """Four corners with a bend in each side, of any proportion, turned by up to 20°."""
    square = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], dtype=float)
    middles = (square + np.roll(square, -1, axis=0)) / 2 + np.array(bends)
    place = np.array([114.0, 33.0])
    ring = np.stack([square, middles], axis=1).reshape(-1, 2) * [width * 1e-3, 1e-3]
    cos, sin = np.cos(turn), np.sin(turn)
    turned = place + (ring @ np.array([[cos, sin], [-sin, cos]]) if 0.5 < width < 2 else ring)
    polygon = Polygon(np.roll(turned, start, axis=0))
    found = _with_corners("999900S50001", polygon, METRIC)
    corners = shapely.get_coordinates(found.polygon.exterior)[list(found.corners)]
    expected = turned[::2]
    assert corners == pytest.approx(expected, abs=1e-12)
