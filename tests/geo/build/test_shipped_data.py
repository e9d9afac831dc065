"""The committed edition: what a build gives today, and what must hold of its regions and lines."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from shapely import LineString, Point

from geo.build.audit import audit
from geo.build.edition import Built, build, write_built
from geo.build.report import CrossingPlace
from geo.build.sources import Sources, read_sources
from geo.model import (
    COMMERCIAL,
    INDUSTRIAL,
    RESIDENTIAL,
    GeometrySource,
    Placement,
    Region,
    Side,
    Use,
)
from geo.network.files import NETWORK_FILE
from geo.parcels import PARCELS_FILE, Parcels, read_parcels
from tests.factories import REGION_PROPERTIES
from tests.metric import metric
from tests.paths import DATA

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

OVERLAPPING = {"411700S50011", "411700S50020"}  # by the notice's own text
# As printed: one of their bounds is loose, but which one nobody knows.
LOOSE = [
    {"411700S50003", "411700S50015"},
    {"411700S50006", "411700S50014"},
    {"411700S50007", "411700S50014"},
]
LET_GO = "411700Z70008"  # whose parcel's place does not fit its bounds
HANGING_LOOSE = ("周庄路", "规划七街", "阳城路", "和顺路", "迎宾大道")
ON_LINE_M = 0.02  # a corner and the line are both written with 7 decimals, 11 mm


def read_json(name: str) -> dict[str, Any]:
    collection: dict[str, Any] = json.loads((DATA / name).read_text(encoding="utf-8"))
    return collection


@pytest.fixture(scope="module")
def parcels() -> Parcels:
    return read_parcels(DATA / PARCELS_FILE)


@pytest.fixture(scope="module")
def lines() -> dict[str, LineString]:
    """Return the committed lines in metres, EPSG:4547, by name."""
    return {
        feature["id"]: metric(LineString(feature["geometry"]["coordinates"]))
        for feature in read_json(NETWORK_FILE)["features"]
    }


@pytest.fixture(scope="module")
def sources() -> Sources:
    return read_sources(DATA, None, None)


@pytest.fixture(scope="module")
def built(sources: Sources) -> Built:
    return build(sources)


@pytest.fixture(scope="module")
def sides(parcels: Parcels, sources: Sources) -> list[tuple[Region, Side, str]]:
    """Return every side of every region with the canonical name of its line."""
    aliases = sources.evidence.aliases
    return [
        (region, side, aliases.get(name, name))
        for region in parcels.regions
        for side, name in region.record.bounds
    ]


def polygons(regions: Iterable[Region]) -> list[shapely.Polygon]:
    return [region.polygon for region in regions]


def coordinate_at(line: LineString, place: Point, which: Side) -> float:
    """Return a line's coordinate across its axis at a place, straight on beyond its ends."""
    along, across = (1, 0) if which in {Side.EAST, Side.WEST} else (0, 1)
    vertices = shapely.get_coordinates(line)
    vertices = vertices[np.argsort(vertices[:, along])]
    return float(np.interp((place.x, place.y)[along], vertices[:, along], vertices[:, across]))


def test_the_committed_files_are_what_a_build_gives(built: Built, tmp_path: Path) -> None:
    write_built(built, tmp_path / PARCELS_FILE)
    for name in (PARCELS_FILE, NETWORK_FILE):
        same = (tmp_path / name).read_bytes() == (DATA / name).read_bytes()
        assert same, f"data/{name} is out of date: run landprice build"


def test_there_are_66_regions_in_three_uses(parcels: Parcels) -> None:
    assert len(parcels.regions) == 66
    assert Counter(region.use for region in parcels.regions) == {
        COMMERCIAL: 27,
        RESIDENTIAL: 27,
        INDUSTRIAL: 12,
    }
    letters = {"S": COMMERCIAL, "Z": RESIDENTIAL, "G": INDUSTRIAL}
    assert all(region.use is letters[region.code[6]] for region in parcels.regions)


def test_every_polygon_is_valid_and_one_piece_without_holes(parcels: Parcels) -> None:
    for region in parcels.regions:
        assert region.polygon.is_valid, shapely.is_valid_reason(region.polygon)
        assert not region.polygon.interiors
        assert shapely.is_ccw(region.polygon.exterior)


def test_properties_are_those_of_the_design_in_order() -> None:
    for feature in read_json(PARCELS_FILE)["features"]:
        assert list(feature["properties"]) == REGION_PROPERTIES
        assert feature["id"] == feature["properties"]["code"]


def test_coordinates_have_seven_decimals_at_most() -> None:
    for feature in read_json(PARCELS_FILE)["features"]:
        [ring] = feature["geometry"]["coordinates"]
        assert all(round(degrees, 7) == degrees for position in ring for degrees in position)
        assert all(113.9 < lon < 114.2 and 32.8 < lat < 33.2 for lon, lat in ring)


@pytest.mark.parametrize("use", [RESIDENTIAL, INDUSTRIAL])
def test_regions_of_a_use_cover_without_overlap_and_match_at_their_edges(
    use: Use, parcels: Parcels
) -> None:
    layer = [region for region in parcels.regions if region.use is use]
    assert shapely.coverage_is_valid(polygons(layer))


def test_commercial_regions_do_so_but_for_those_that_overlap_as_printed(
    parcels: Parcels,
) -> None:
    layer = {r.code: r for r in parcels.regions if r.use is COMMERCIAL}
    assert not shapely.coverage_is_valid(polygons(layer.values()))
    for one in sorted(OVERLAPPING):
        left_out = {one, "411700S50015", "411700S50014"}
        assert shapely.coverage_is_valid(
            polygons(region for code, region in layer.items() if code not in left_out)
        )


def test_only_pairs_that_are_known_share_area(parcels: Parcels) -> None:
    sharing = [
        {one.code, two.code}
        for one, two in itertools.combinations(parcels.regions, 2)
        if one.use is two.use and one.polygon.intersection(two.polygon).area > 0
    ]
    assert sharing == [*LOOSE, OVERLAPPING]


def test_the_overlap_is_the_face_between_the_lines_the_notice_names(
    parcels: Parcels, lines: dict[str, LineString]
) -> None:
    one, two = (r.polygon for r in parcels.regions if r.code in OVERLAPPING)
    shared = metric(one.intersection(two))
    around = [lines[name] for name in ("前进大道", "兴业大道", "置地大道", "开源大道")]
    corners = shapely.points(shapely.get_coordinates(shared.exterior))
    assert shapely.distance(corners, shapely.union_all(around)).max() < ON_LINE_M
    assert all(line.distance(shared) < ON_LINE_M for line in around)
    assert shared.area > 1e4


def test_every_region_is_larger_than_its_standard_parcel(parcels: Parcels) -> None:
    ratios = [metric(r.polygon).area / r.record.parcel_area_m2 for r in parcels.regions]
    assert min(ratios) > 1.0


def test_every_line_lies_on_its_side_of_the_region(
    sides: list[tuple[Region, Side, str]], lines: dict[str, LineString]
) -> None:
    for region, side, name in sides:
        place = metric(region.polygon).representative_point()
        beyond = coordinate_at(lines[name], place, side)
        here = place.x if side in {Side.EAST, Side.WEST} else place.y
        if side in {Side.EAST, Side.NORTH}:
            assert here < beyond, (region.code, side)
        else:
            assert beyond < here, (region.code, side)


def test_every_side_lies_on_the_line_it_names(
    sides: list[tuple[Region, Side, str]], lines: dict[str, LineString]
) -> None:
    for region, side, name in sides:
        course = shapely.segmentize(metric(region.side(side)), 50.0)
        places = shapely.points(shapely.get_coordinates(course))
        assert shapely.distance(places, lines[name]).max() < ON_LINE_M, (region.code, side)


def test_sides_follow_each_other_round_the_whole_ring(parcels: Parcels) -> None:
    for region in parcels.regions:
        ring = region.polygon.exterior
        assert sum(region.side(side).length for side in Side) == pytest.approx(ring.length)
        assert region.side(Side.SOUTH).coords[-1] == region.side(Side.EAST).coords[0]
        assert region.side(Side.WEST).coords[-1] == region.side(Side.SOUTH).coords[0]


def test_there_are_59_lines_23_of_them_north_south(
    sides: list[tuple[Region, Side, str]],
) -> None:
    network = [feature["properties"] for feature in read_json(NETWORK_FILE)["features"]]
    assert Counter(line["axis"] for line in network) == {"ns": 23, "ew": 36}
    kinds = {line["name"]: line["kind"] for line in network if line["kind"] != "road"}
    assert kinds == {
        "京广铁路": "rail",
        "石武高铁": "rail",
        "练江河": "river",
        "前进大道以西规划路": "planned",
        "练江大道以南规划路": "planned",
        "规划七街": "planned",
    }
    assert {name for _, _, name in sides} == {line["name"] for line in network}


def test_lines_cross_the_axis_they_run_along_no_steeper_than_streets_do(
    lines: dict[str, LineString],
) -> None:
    axes = {f["id"]: f["properties"]["axis"] for f in read_json(NETWORK_FILE)["features"]}
    for name, line in lines.items():
        steps = np.abs(np.diff(shapely.get_coordinates(line), axis=0))
        along, across = steps.T if axes[name] == "ew" else steps.T[::-1]
        assert (across < along).all(), name


def test_no_accuracy_is_zero_and_lines_without_a_hold_say_so(parcels: Parcels) -> None:
    accuracy_m = {
        feature["id"]: feature["properties"]["accuracy_m"]
        for feature in read_json(NETWORK_FILE)["features"]
    }
    assert min(accuracy_m.values()) > 0
    assert min(metres for r in parcels.regions for metres in r.accuracy_m.values()) > 0
    for name in HANGING_LOOSE:
        assert accuracy_m[name] > 1000.0, name
    # The railways are the best known lines of all.
    assert sorted(accuracy_m, key=accuracy_m.__getitem__)[:2] == ["京广铁路", "石武高铁"]


def test_a_line_is_as_accurate_as_the_worst_side_it_bounds(
    sides: list[tuple[Region, Side, str]],
) -> None:
    worst_m: dict[str, float] = {}
    for region, side, name in sides:
        worst_m[name] = max(worst_m.get(name, 0.0), region.accuracy_m[side])
    network = read_json(NETWORK_FILE)["features"]
    assert {f["id"]: f["properties"]["accuracy_m"] for f in network} == worst_m


def test_regions_that_nothing_fixes_are_free(parcels: Parcels) -> None:
    free = {r.code for r in parcels.regions if r.placement is Placement.FREE}
    assert "411700G60012" in free
    assert len(free) < len(parcels.regions)
    for region in parcels.regions:
        west, south, east, north = metric(region.polygon).bounds
        room_m = [
            size_m - min(region.accuracy_m[side] for side in sides)
            for size_m, sides in (
                (east - west, (Side.EAST, Side.WEST)),
                (north - south, (Side.SOUTH, Side.NORTH)),
            )
        ]
        if abs(min(room_m)) > 1.0:  # accuracies are written in whole metres
            assert (region.code in free) == (min(room_m) < 0), region.code


def test_everything_is_schematic_and_names_its_sources(parcels: Parcels) -> None:
    assert {region.geometry_source for region in parcels.regions} == {GeometrySource.SCHEMATIC}
    network = read_json(NETWORK_FILE)
    assert network["geometry_source"] == "schematic"
    for attribution in (parcels.attribution, network["attribution"]):
        assert "OpenStreetMap" in attribution
        assert "ODbL" in attribution


def test_the_edition_is_the_notice_of_2023(parcels: Parcels) -> None:
    edition = parcels.edition
    assert (edition.city, edition.document) == ("驻马店市", "驻政〔2023〕13号")
    assert edition.valuation_date.isoformat() == "2022-01-01"
    assert edition.effective_from.isoformat() == "2023-04-24"


def test_what_is_let_go_is_named(built: Built) -> None:
    overlaps = [" and ".join(sorted(pair)) + " overlap" for pair in (OVERLAPPING, *LOOSE)]
    place = "洪河大道 before 板桥路 (parcel of 411700Z70008) lacks 150 m"
    assert built.relaxed == (*overlaps, place)


def test_only_the_parcel_that_is_let_go_lies_outside_its_region(
    sources: Sources, built: Built
) -> None:
    report = audit(sources, built, [], {})
    places = Counter(crossing.place for crossing in report.crossings)
    assert sum(places.values()) == 66
    assert [c.code for c in report.crossings if c.place is CrossingPlace.OUTSIDE] == [LET_GO]
    assert places[CrossingPlace.INSIDE] + places[CrossingPlace.ON_EDGE] >= 25


@pytest.mark.parametrize(
    ("code", "first", "second"),
    [
        ("411700G60007", "中原大道", "练江大道"),
        ("411700G60010", "建设大道", "中原大道"),
        ("411700S50005", "文明大道", "慎阳路"),
        ("411700S50012", "驿城大道", "文渊路"),
        ("411700S50016", "雪松大道", "前进大道"),
        ("411700S50018", "汝河大道", "前进大道"),
        ("411700S50021", "文明大道", "古吕路"),
        ("411700Z70020", "文明大道", "吴房路"),
        ("411700Z70025", "雪松大道", "兴业大道"),
    ],
)
def test_a_stated_crossing_lies_in_or_on_the_edge_of_its_region(
    code: str, first: str, second: str, parcels: Parcels, built: Built
) -> None:
    [region] = [region for region in parcels.regions if region.code == code]
    crossing = metric(built.courses[first].intersection(built.courses[second]))
    assert isinstance(crossing, Point)
    assert metric(region.polygon).distance(crossing) < ON_LINE_M


def test_neighbours_between_the_same_lines_share_their_edge_vertex_for_vertex(
    parcels: Parcels,
) -> None:
    shared = 0
    for one, two in itertools.permutations(parcels.regions, 2):
        a, b = one.record.bounds, two.record.bounds
        if one.use is not two.use:
            continue
        if (a.east, a.south, a.north) == (b.west, b.south, b.north):
            edge = list(one.side(Side.EAST).coords)
            assert edge == list(two.side(Side.WEST).coords)[::-1]
            shared += 1
        if (a.north, a.east, a.west) == (b.south, b.east, b.west):
            edge = list(one.side(Side.NORTH).coords)
            assert edge == list(two.side(Side.SOUTH).coords)[::-1]
            shared += 1
    assert shared >= 5
