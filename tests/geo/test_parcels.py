"""parcels.geojson: what is written comes back, damage is refused, and polygons are checked.

Regions are synthetic squares of a hundredth of a degree, about 0.93 km by 1.11 km.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas
import pytest
import shapely
from pyproj import Geod
from shapely import Polygon

from geo.build.checks import check_parcels, overlaps, region_area_m2, too_small
from geo.errors import ParcelsError
from geo.model import COMMERCIAL, INDUSTRIAL, RESIDENTIAL, Placement, Region, Side, Use
from geo.parcels import Parcels, flat_properties, parcels_text, read_parcels
from tests.factories import EDITION, REGION_PROPERTIES, Ring, rectangle, region
from tests.metric import METRIC, metric
from tests.paths import DATA

if TYPE_CHECKING:
    from pathlib import Path

GEOD = Geod(ellps="GRS80")
PLANT = region("G60001", rectangle(lon=114.3, lat=33.0), use=INDUSTRIAL)
SHOP = region("S50001", rectangle(lon=114.0, lat=33.0))
# Its west side is SHOP's east side; its north side has a bend.
MALL = region(
    "S50002",
    [(114.01, 33.0), (114.02, 33.0), (114.0200001, 33.01), (114.0151234, 33.0112), (114.01, 33.01)],
    corners=(0, 1, 2, 4),
)
PARCELS = Parcels(
    edition=EDITION,
    regions=(PLANT, replace(SHOP, placement=Placement.FREE), MALL),
    attribution="© synthetic",
    inputs={"b.tsv": "22", "a.toml": "11"},
    spellings={"乙路": "已路", "丙路": "已路"},
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "parcels.geojson"
    path.write_text(parcels_text(PARCELS), encoding="utf-8")
    return path


def test_what_is_written_comes_back(path: Path) -> None:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert read_parcels(path) == replace(PARCELS, sha256=digest)


def test_writing_what_was_read_gives_the_same_bytes(path: Path) -> None:
    fine = [(lon + 1.23456789e-5, lat - 1.23456789e-5) for lon, lat in rectangle(lon=114, lat=33)]
    parcels = replace(PARCELS, regions=(region("S50001", fine),))
    text = parcels_text(parcels)
    path.write_text(text, encoding="utf-8")
    read = read_parcels(path)
    assert parcels_text(read) == text
    # 7 decimals are 11 mm north to south, so a position is at most half of that off.
    expected = parcels.regions[0].polygon
    assert 0 < shapely.hausdorff_distance(read.regions[0].polygon, expected) <= 7.1e-8


def test_the_same_content_is_the_same_bytes() -> None:
    inputs = dict(reversed(PARCELS.inputs.items()))
    assert parcels_text(replace(PARCELS, inputs=inputs)) == parcels_text(PARCELS)
    assert parcels_text(replace(PARCELS, attribution="")) != parcels_text(PARCELS)


def test_the_file_says_what_it_is_and_what_it_was_made_from(path: Path) -> None:
    collection = json.loads(path.read_text(encoding="utf-8"))
    assert list(collection) == [
        "type",
        "schema_version",
        "edition",
        "attribution",
        "inputs",
        "spellings",
        "features",
    ]
    assert collection["schema_version"] == "1.1"
    assert collection["edition"] == {
        "city": "虚构市",
        "admin_code": "999900",
        "title": "虚构市标定地价公示信息表",
        "document": "虚政〔2030〕1号",
        "valuation_date": "2030-01-01",
        "effective_from": "2030-04-01",
        "publisher": "虚构市自然资源和规划局",
        "map_title": "虚构市{use}标定区域与标定地价图",
        "map_compiler": "虚构市自然资源和规划局",
        "map_date": "2030-03",
    }
    assert collection["attribution"] == "© synthetic"
    assert list(collection["inputs"].items()) == [("a.toml", "11"), ("b.tsv", "22")]
    assert list(collection["spellings"].items()) == [("丙路", "已路"), ("乙路", "已路")]


def test_a_feature_has_its_code_as_id_and_the_flat_properties_in_order(path: Path) -> None:
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    assert [feature["id"] for feature in features] == [r.code for r in PARCELS.regions]
    for feature, expected in zip(features, PARCELS.regions, strict=True):
        assert list(feature["properties"]) == REGION_PROPERTIES
        assert feature["properties"]["code"] == feature["id"]
        assert feature["properties"] == flat_properties(expected)
    assert features[2]["corners"] == [0, 1, 2, 4]
    assert [feature["parcel_crossing"] for feature in features] == [None, [114, 33], [114.01, 33]]
    assert features[0]["properties"]["floor_price_cny_m2"] is None
    assert features[1]["properties"] == {
        "code": "999900S50001",
        "use": "commercial",
        "use_name": "商服用地",
        "bound_east": "乙路",
        "bound_west": "甲路",
        "bound_south": "一街",
        "bound_north": "二街",
        "standard_parcel": "虚构宗地",
        "parcel_location": "甲路与一街交叉口东北角",
        "right_type": "出让",
        "parcel_area_m2": 3298.21,
        "plot_ratio": 2.4,
        "development": "七通一平",
        "tenure_years": 40,
        "ground_price_cny_m2": 4260,
        "floor_price_cny_m2": 1775,
        "geometry_source": "schematic",
        "placement": "free",
        "accuracy_east_m": 10.0,
        "accuracy_west_m": 25.0,
        "accuracy_south_m": 3.5,
        "accuracy_north_m": 1200.0,
    }


def test_the_file_is_readable_by_geopandas(path: Path) -> None:
    frame = geopandas.read_file(path, engine="pyogrio")
    assert frame.crs == "EPSG:4326"
    assert [
        column for column in frame.columns if column not in {"id", "geometry"}
    ] == REGION_PROPERTIES
    assert frame["id"].tolist() == frame["code"].tolist() == [r.code for r in PARCELS.regions]
    assert frame["use"].tolist() == ["industrial", "commercial", "commercial"]
    assert frame["ground_price_cny_m2"].tolist() == [4260, 4260, 4260]
    assert frame["floor_price_cny_m2"].isna().tolist() == [True, False, False]
    assert frame["accuracy_south_m"].tolist() == [3.5, 3.5, 3.5]
    for drawn, expected in zip(frame.geometry, PARCELS.regions, strict=True):
        assert drawn == expected.polygon


def test_a_region_knows_its_sides_counterclockwise() -> None:
    ring = shapely.get_coordinates(MALL.polygon.exterior).tolist()
    assert {side: shapely.get_coordinates(MALL.side(side)).tolist() for side in Side} == {
        Side.SOUTH: ring[0:2],
        Side.EAST: ring[1:3],
        Side.NORTH: ring[2:5],
        Side.WEST: ring[4:6],
    }


Damage = tuple[str | int, ...]
FIRST = ("features", 0)
PROPERTIES = (*FIRST, "properties")
RING = (*FIRST, "geometry", "coordinates", 0)
PLANT_RING = [list(position) for position in rectangle(lon=114.3, lat=33.0)]
ABSENT = object()


def refusal(path: Path) -> str:
    """Return what is said of a file that must be refused: one sentence on one line."""
    with pytest.raises(ParcelsError) as error:
        read_parcels(path)
    assert error.value.code == "parcels_invalid"
    sentence = str(error.value)
    assert sentence.startswith(path.name)
    assert "\n" not in sentence
    return sentence


def damaged(path: Path, place: Damage, value: object) -> str:
    """Change one value in the file, or take it out, and return the refusal."""
    collection = json.loads(path.read_text(encoding="utf-8"))
    holder: Any = collection
    for key in place[:-1]:
        holder = holder[key]
    if value is ABSENT:
        del holder[place[-1]]
    else:
        holder[place[-1]] = value
    path.write_text(json.dumps(collection, ensure_ascii=False), encoding="utf-8")
    return refusal(path)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("type",), "Feature"),
        (("schema_version",), ABSENT),
        (("schema_version",), "0.9"),
        (("schema_version",), 1.0),
        (("edition",), None),
        (("edition", "city"), ""),
        (("edition", "valuation_date"), "2022-02-30"),
        (("edition", "publisher"), ABSENT),
        (("attribution",), ABSENT),
        (("inputs",), []),
        (("inputs", "a.toml"), 11),
        (("features",), []),
        (("features",), None),
        ((*FIRST, "type"), "Polygon"),
        ((*FIRST, "geometry"), None),
        ((*FIRST, "corners"), ABSENT),
        ((*FIRST, "corners"), [0, 1, 2]),
        ((*FIRST, "corners"), [0, 1, 2, 2.5]),
        ((*FIRST, "geometry"), {"type": "Point", "coordinates": [114.0, 33.0]}),
        ((*FIRST, "geometry", "coordinates"), []),
        ((*FIRST, "geometry", "coordinates"), [PLANT_RING, PLANT_RING]),
        (RING, PLANT_RING[:3]),
        ((*RING, 1), [114.0]),
        ((*RING, 1), [114.0, 33.0, 80.0]),
        ((*RING, 1), ["east", 33.0]),
        ((*RING, 1, 0), float("nan")),
        ((*RING, 1, 1), float("nan")),
        ((*RING, 1, 0), float("-inf")),
        ((*RING, 1, 0), 180.1),
        ((*RING, 1, 1), -90.1),
        ((*PROPERTIES, "unheard_of"), 1),
        ((*PROPERTIES, "code"), "s50001"),
        ((*PROPERTIES, "code"), "S/50001"),
        ((*PROPERTIES, "code"), "S" * 32),
        ((*PROPERTIES, "use"), "Farmland"),
        ((*PROPERTIES, "use_name"), None),
        ((*PROPERTIES, "bound_east"), ""),
        ((*PROPERTIES, "standard_parcel"), 7),
        ((*PROPERTIES, "parcel_area_m2"), float("nan")),
        ((*PROPERTIES, "parcel_area_m2"), float("inf")),
        ((*PROPERTIES, "parcel_area_m2"), 0),
        ((*PROPERTIES, "plot_ratio"), -1.0),
        ((*PROPERTIES, "plot_ratio"), "high"),
        ((*PROPERTIES, "tenure_years"), 0),
        ((*PROPERTIES, "tenure_years"), 39.5),
        ((*PROPERTIES, "ground_price_cny_m2"), None),
        ((*PROPERTIES, "ground_price_cny_m2"), -361),
        ((*PROPERTIES, "floor_price_cny_m2"), 0),
        ((*PROPERTIES, "geometry_source"), "guessed"),
        ((*PROPERTIES, "placement"), "loose"),
        ((*PROPERTIES, "accuracy_east_m"), -0.1),
        ((*PROPERTIES, "accuracy_north_m"), float("nan")),
        ((*PROPERTIES, "accuracy_south_m"), None),
        *(((*PROPERTIES, column), ABSENT) for column in REGION_PROPERTIES),
    ],
)
def test_a_value_that_the_schema_does_not_allow_is_named(
    place: Damage, value: object, path: Path
) -> None:
    assert f"is damaged: {'.'.join(map(str, place))}" in damaged(path, place, value)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ((*PROPERTIES, "ground_price_cny_m2"), "4260"),
        ((*PROPERTIES, "ground_price_cny_m2"), True),
        ((*PROPERTIES, "parcel_area_m2"), "3298.21"),
        ((*PROPERTIES, "accuracy_east_m"), False),
        ((*FIRST, "corners"), ["0", "1", "2", "3"]),
        ((*RING, 1, 0), "114.31"),
        (("edition", "valuation_date"), 0),
    ],
)
def test_a_value_of_the_wrong_type_is_named(place: Damage, value: object, path: Path) -> None:
    assert f"is damaged: {'.'.join(map(str, place))}" in damaged(path, place, value)


@pytest.mark.parametrize(
    ("corners", "complaint"),
    [
        ([0, 1, 2, 4], "the ring has only 4 positions"),
        ([0, 1, 2, 99], "the ring has only 4 positions"),
        ([1, 2, 3, 4], "they must start at 0 and increase"),
        ([0, 2, 1, 3], "they must start at 0 and increase"),
        ([0, 1, 1, 2], "they must start at 0 and increase"),
        ([0, -1, 2, 3], "they must start at 0 and increase"),
    ],
)
def test_corners_out_of_range_are_refused(corners: list[int], complaint: str, path: Path) -> None:
    sentence = damaged(path, (*FIRST, "corners"), corners)
    assert sentence.startswith("parcels.geojson is damaged: 999900G60001: corners are (")
    assert sentence.endswith(complaint)


def test_a_clockwise_ring_is_refused(path: Path) -> None:
    ring = [*PLANT_RING, PLANT_RING[0]][::-1]
    assert damaged(path, RING, ring) == (
        "parcels.geojson is damaged: 999900G60001: the ring runs clockwise"
    )


def test_an_open_ring_of_four_positions_is_refused(path: Path) -> None:
    sentence = damaged(path, RING, PLANT_RING)
    assert sentence.startswith("parcels.geojson is damaged: features.0.geometry.coordinates.0: ")


def test_an_open_ring_is_refused(path: Path) -> None:
    bulge = [114.32, 33.005]
    assert damaged(path, RING, [*PLANT_RING[:2], bulge, *PLANT_RING[2:]])


def test_an_id_that_is_not_the_code_is_refused(path: Path) -> None:
    assert damaged(path, (*FIRST, "id"), "999900G60002") == (
        "parcels.geojson is damaged: 999900G60001: its id is 999900G60002"
    )


@pytest.mark.parametrize("order", [(1, 0, 2), (0, 2, 1), (0, 1, 1, 2), (0, 0)])
def test_codes_out_of_order_or_there_twice_are_refused(order: tuple[int, ...], path: Path) -> None:
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    assert damaged(path, ("features",), [features[k] for k in order]) == (
        "parcels.geojson is damaged: the codes are not unique and in order"
    )


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(share: float, path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert refusal(path).startswith("parcels.geojson is damaged: the file: Invalid JSON: ")


def test_a_file_in_another_encoding_is_refused(path: Path) -> None:
    path.write_bytes(path.read_text(encoding="utf-8").replace("©", "").encode("gbk"))
    assert refusal(path).startswith("parcels.geojson is damaged: the file: Invalid JSON: ")


def test_json_that_is_no_collection_is_refused(path: Path) -> None:
    path.write_text("[]", encoding="utf-8")
    assert refusal(path).startswith("parcels.geojson is damaged: the file: ")


def test_a_long_value_is_cut_short_in_the_sentence(path: Path) -> None:
    assert len(damaged(path, (*PROPERTIES, "placement"), "x" * 10_000)) < 250


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    sentence = refusal(tmp_path / "parcels.geojson")
    assert sentence.endswith(": run landprice build")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path)


def test_sound_regions_have_no_problems() -> None:
    assert check_parcels(PARCELS.regions) == []
    assert check_parcels([]) == []


BOW_TIES = {
    # The east side runs on across the south side; the larger loop is counterclockwise.
    "uneven": [(114.0, 33.0), (114.01, 33.0), (114.01, 33.01), (114.004, 32.999)],
    "even": [(114.0, 33.0), (114.01, 33.01), (114.01, 33.0), (114.0, 33.01)],
}


@pytest.mark.parametrize("shape", BOW_TIES)
def test_an_invalid_polygon_is_reported(shape: str) -> None:
    [problem] = check_parcels([region("S50001", BOW_TIES[shape])])
    assert problem.startswith("999900S50001: the polygon is not valid: Self-intersection[")


@pytest.mark.parametrize("shape", BOW_TIES)
def test_an_invalid_polygon_beside_its_neighbour_is_reported(shape: str) -> None:
    problems = check_parcels([region("S50001", BOW_TIES[shape]), MALL])
    assert problems[0].startswith("999900S50001: the polygon is not valid: Self-intersection[")


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        (replace(SHOP, polygon=SHOP.polygon.reverse()), "the ring runs clockwise"),
        (replace(SHOP, corners=(0, 1, 2, 4)), "corners are (0, 1, 2, 4); the ring has only 4"),
    ],
)
def test_a_polygon_without_four_sides_is_reported(broken: Region, complaint: str) -> None:
    [problem] = check_parcels([PLANT, broken])
    assert problem.startswith(f"999900S50001: {complaint}")


def neighbours(*uses: Use) -> list[Region]:
    """Return a tall region and two low ones east of it, whose common corner it lacks."""
    rings = [
        rectangle(lon=114.0, lat=33.0, height=0.02),
        rectangle(lon=114.01, lat=33.0),
        rectangle(lon=114.01, lat=33.01),
    ]
    return [
        region(f"S5000{k}", ring, use=use)
        for k, (ring, use) in enumerate(zip(rings, uses, strict=True))
    ]


def test_a_mismatched_edge_is_reported_on_every_side_of_it() -> None:
    assert check_parcels(neighbours(*[COMMERCIAL] * 3)) == [
        f"999900S5000{k}: an edge does not match its neighbour's" for k in range(3)
    ]


def test_edges_of_different_uses_need_not_match() -> None:
    uses = (INDUSTRIAL, COMMERCIAL, COMMERCIAL)
    assert check_parcels(neighbours(*uses)) == []


def test_a_shared_edge_with_the_neighbours_corner_matches() -> None:
    tall, low, high = neighbours(*[COMMERCIAL] * 3)
    ring = [(114.0, 33.0), (114.01, 33.0), (114.01, 33.01), (114.01, 33.02), (114.0, 33.02)]
    tall = region("S50000", ring, corners=(0, 1, 3, 4))
    assert check_parcels([tall, low, high]) == []


def test_every_problem_is_reported_at_once() -> None:
    clockwise = replace(PLANT, polygon=PLANT.polygon.reverse())
    problems = check_parcels([clockwise, *neighbours(*[COMMERCIAL] * 3)])
    assert problems[0] == "999900G60001: the ring runs clockwise"
    assert len(problems) == 4


def test_overlapping_regions_are_no_problem_but_hide_none_of_the_others() -> None:
    """The notice itself may overlap; the regions beside the overlap must still match."""
    twins = [region(f"S5000{k}", rectangle(lon=114.2, lat=33.0)) for k in (8, 9)]
    assert check_parcels(twins) == []
    assert len(check_parcels([*twins, *neighbours(*[COMMERCIAL] * 3)])) == 3


def geodesic_area_m2(ring: Ring) -> float:
    area_m2, _ = GEOD.geometry_area_perimeter(Polygon(ring))
    return float(area_m2)


def test_a_region_with_no_room_for_its_standard_parcel_is_named() -> None:
    ring = rectangle(lon=114.0, lat=33.0, width=0.0001, height=0.0001)
    area_m2 = region_area_m2(region("S50001", ring), METRIC)
    regions = [
        PLANT,
        region("S50001", ring, parcel_area_m2=area_m2 + 1.0),
        region("S50002", ring, parcel_area_m2=area_m2),
        region("S50003", ring, parcel_area_m2=area_m2 - 0.001),
    ]
    assert too_small(regions, METRIC) == [
        f"999900S50001 has {area_m2:.0f} m², its standard parcel {area_m2 + 1:.0f} m²",
        f"999900S50002 has {area_m2:.0f} m², its standard parcel {area_m2:.0f} m²",
    ]


@pytest.mark.parametrize(
    ("other", "shared"),
    [
        (rectangle(lon=114.005, lat=33.0), rectangle(lon=114.005, lat=33.0, width=0.005)),
        (rectangle(lon=114.0, lat=33.0), rectangle(lon=114.0, lat=33.0)),
        (
            rectangle(lon=114.002, lat=33.002, width=0.001, height=0.001),
            rectangle(lon=114.002, lat=33.002, width=0.001, height=0.001),
        ),
        (
            rectangle(lon=114.0, lat=33.00999, height=0.01),
            rectangle(lon=114.0, lat=33.00999, height=0.00001),
        ),
    ],
    ids=["half", "all", "inside", "a metre"],
)
def test_overlaps_are_found_with_their_area(other: Ring, shared: Ring) -> None:
    [(one, two, found)] = overlaps([SHOP, region("S50007", other), PLANT])
    assert (one, two) == ("999900S50001", "999900S50007")
    assert metric(found).area == pytest.approx(geodesic_area_m2(shared), rel=1e-4)


@pytest.mark.parametrize(
    "beside",
    [
        region("S50007", rectangle(lon=114.01, lat=33.0)),
        region("S50007", rectangle(lon=114.01, lat=33.01)),
        region("S50007", rectangle(lon=114.1, lat=33.1)),
        region("Z70007", rectangle(lon=114.0, lat=33.0), use=RESIDENTIAL),
    ],
    ids=["edge", "corner", "apart", "another use"],
)
def test_regions_that_only_touch_or_differ_in_use_do_not_overlap(beside: Region) -> None:
    assert overlaps([SHOP, beside]) == []


def test_every_overlapping_pair_is_found() -> None:
    regions = [region(f"S5000{k}", rectangle(lon=114.0 + k / 250, lat=33.0)) for k in range(4)]
    assert [(one[-1], two[-1]) for one, two, _ in overlaps(regions)] == [
        ("0", "1"),
        ("0", "2"),
        ("1", "2"),
        ("1", "3"),
        ("2", "3"),
    ]


def test_areas_are_metric() -> None:
    ring = rectangle(lon=114.0, lat=33.0)
    assert region_area_m2(region("S50001", ring), METRIC) == pytest.approx(
        geodesic_area_m2(ring), rel=1e-4
    )


def test_metric_is_epsg_4547_easting_first() -> None:
    west, south, east, north = metric(shapely.box(114.0, 32.98, 114.02, 33.0)).bounds
    assert west == pytest.approx(500_000.0, abs=1e-3)
    assert east == pytest.approx(501_869.0, abs=1.0)
    assert 3_650_000 < south < north < 3_653_500


def test_a_use_that_is_neither_standard_nor_listed_is_named(tmp_path: Path) -> None:
    path = tmp_path / "parcels.geojson"
    text = (DATA / "parcels.geojson").read_text(encoding="utf-8")
    path.write_text(text.replace('"use":"industrial"', '"use":"farmland"', 1), encoding="utf-8")
    message = r"^parcels\.geojson is damaged: 411700G60001: its use 'farmland' is not among the"
    with pytest.raises(ParcelsError, match=message):
        read_parcels(path)
