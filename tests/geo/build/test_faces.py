"""Faces between lines: small handmade grids, every refusal, and polygonized twins.

The synthetic roads 甲路 to 丁路 run north-south, west to east; the streets 一街 to 四街 run
east-west, south to north. Neighbouring ones are a hundredth of a degree apart, and each line goes
on for a hundredth beyond the outermost lines across it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString

from geo.build.faces import Course, Face, describe, draw_regions
from geo.errors import NetworkError
from geo.geojson import DECIMALS
from geo.model import RING_ORDER, FourBounds, Side

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy.typing as npt

WEST, SOUTH, STEP = 114.0, 33.0, 0.01
ROADS, STREETS = ("甲路", "乙路", "丙路", "丁路"), ("一街", "二街", "三街", "四街")


def lon_of(place: float) -> float:
    return WEST + STEP * place


def lat_of(place: float) -> float:
    return SOUTH + STEP * place


def course(*vertices: tuple[float, float], accuracy_m: float | Sequence[float] = 10.0) -> Course:
    """Return a course through grid places (x, y), in hundredths of a degree."""
    x, y = np.array(vertices, dtype=float).T
    spread = np.broadcast_to(np.asarray(accuracy_m, dtype=float), x.shape)
    return Course(np.column_stack([lon_of(x), lat_of(y)]), spread)


def straight_grid() -> dict[str, Course]:
    roads = {name: course((k, -1), (k, 4)) for k, name in enumerate(ROADS)}
    streets = {name: course((-1, k), (4, k)) for k, name in enumerate(STREETS)}
    return roads | streets


def bent_grid() -> dict[str, Course]:
    """Return the grid with a bend halfway between any two crossings."""
    halves = np.arange(-1.0, 4.1, 0.5)
    sway = np.where(halves % 1 == 0, 0.0, 0.2)
    roads = {
        name: course(*zip(k + sway, halves, strict=True), accuracy_m=k + 1.0)
        for k, name in enumerate(ROADS)
    }
    streets = {
        name: course(*zip(halves, k - sway, strict=True), accuracy_m=k + 11.0)
        for k, name in enumerate(STREETS)
    }
    return roads | streets


def between(west: str, east: str, south: str, north: str) -> FourBounds:
    """Return bounds by the first characters of the lines' names."""
    return FourBounds(east=f"{east}路", west=f"{west}路", south=f"{south}街", north=f"{north}街")


def side(face: Face, which: Side) -> list[tuple[float, float]]:
    """Return the vertices of one side of a face, in the order of its ring, by its corners."""
    ring = shapely.get_coordinates(face.polygon.exterior)
    ends = (*face.corners, len(ring) - 1)
    k = RING_ORDER.index(which)
    return [(lon, lat) for lon, lat in ring[ends[k] : ends[k + 1] + 1].tolist()]


def covers(faces: Iterable[Face]) -> bool:
    return bool(shapely.coverage_is_valid([face.polygon for face in faces]))


def problems(bounds: dict[str, FourBounds], courses: dict[str, Course]) -> list[str]:
    with pytest.raises(NetworkError) as refusal:
        draw_regions(bounds, courses)
    assert refusal.value.code == "network_invalid"
    return str(refusal.value).splitlines()


def test_a_face_runs_counterclockwise_from_its_south_west_corner() -> None:
    face = draw_regions({"a": between("甲", "丙", "一", "二")}, straight_grid())["a"]
    expected = [(114.0, 33.0), (114.02, 33.0), (114.02, 33.01), (114.0, 33.01), (114.0, 33.0)]
    np.testing.assert_allclose(shapely.get_coordinates(face.polygon), expected, atol=1e-12)
    assert face.corners == (0, 1, 2, 3)
    assert face.polygon.is_valid


def test_corners_tell_where_the_sides_of_a_bent_face_begin() -> None:
    courses = bent_grid()
    face = draw_regions({"a": between("甲", "丙", "一", "二")}, courses)["a"]
    # Two cells wide: bend, crossing, bend; one cell high: one bend.
    assert face.corners == (0, 4, 6, 10)
    names = {Side.SOUTH: "一街", Side.EAST: "丙路", Side.NORTH: "二街", Side.WEST: "甲路"}
    for which, name in names.items():
        line = LineString(courses[name].vertices)
        assert max(line.distance(shapely.Point(v)) for v in side(face, which)) < 1e-12
    corners = [side(face, which)[0] for which in RING_ORDER]
    expected = [(lon_of(x), lat_of(y)) for x, y in ((0, 0), (2, 0), (2, 1), (0, 1))]
    np.testing.assert_allclose(corners, expected, atol=1e-12)
    assert [side(face, which)[-1] for which in RING_ORDER] == corners[1:] + corners[:1]


@pytest.mark.parametrize("reversed_lines", [ROADS, STREETS, ROADS + STREETS])
def test_the_direction_a_line_was_digitised_in_does_not_matter(
    reversed_lines: tuple[str, ...],
) -> None:
    courses = bent_grid()
    bounds = {"a": between("甲", "丙", "一", "三")}
    forth = draw_regions(bounds, courses)["a"]
    for name in reversed_lines:
        vertices, accuracy_m = courses[name].vertices[::-1], courses[name].accuracy_m[::-1]
        courses[name] = Course(vertices.copy(), accuracy_m.copy())
    back = draw_regions(bounds, courses)["a"]
    assert back.polygon.equals_exact(forth.polygon, tolerance=1e-12)
    assert (back.corners, back.accuracy_m) == (forth.corners, forth.accuracy_m)


def test_neighbours_share_their_edge_vertex_for_vertex() -> None:
    faces = draw_regions(
        {
            "sw": between("甲", "乙", "一", "二"),
            "se": between("乙", "丙", "一", "二"),
            "nw": between("甲", "乙", "二", "三"),
            "ne": between("乙", "丙", "二", "三"),
        },
        bent_grid(),
    )
    assert covers(faces.values())
    for west, east in (("sw", "se"), ("nw", "ne")):
        edge = side(faces[west], Side.EAST)
        assert len(edge) == 3
        assert edge == side(faces[east], Side.WEST)[::-1]
    for south, north in (("sw", "nw"), ("se", "ne")):
        edge = side(faces[south], Side.NORTH)
        assert len(edge) == 3
        assert edge == side(faces[north], Side.SOUTH)[::-1]


@pytest.mark.parametrize("grid", [straight_grid, bent_grid])
def test_a_neighbours_corner_in_the_middle_of_an_edge_is_a_vertex_of_it(
    grid: Callable[[], dict[str, Course]],
) -> None:
    faces = draw_regions(
        {
            "long": between("甲", "乙", "一", "四"),
            "low": between("乙", "丙", "一", "二"),
            "middle": between("乙", "丙", "二", "三"),
            "high": between("乙", "丁", "三", "四"),
            "below": between("丙", "丁", "一", "三"),
        },
        grid(),
    )
    assert covers(faces.values())
    edge = side(faces["long"], Side.EAST)
    parts = [side(faces[code], Side.WEST)[::-1] for code in ("low", "middle", "high")]
    assert edge == parts[0] + parts[1][1:] + parts[2][1:]
    roof = side(faces["high"], Side.SOUTH)
    assert (
        roof == side(faces["middle"], Side.NORTH)[::-1] + side(faces["below"], Side.NORTH)[-2::-1]
    )


def test_a_corner_beside_a_vertex_of_the_line_replaces_it() -> None:
    """Two vertices that round to one would be a zero-length edge in the file."""
    courses = straight_grid()
    courses["二街"] = course((-1, 1 + 2e-6), (4, 1 + 2e-6))
    courses["乙路"] = course((1, -1), (1, 1 + 4e-6), (1, 4))
    faces = draw_regions(
        {"low": between("甲", "乙", "一", "二"), "high": between("甲", "乙", "二", "三")}, courses
    )
    assert [len(side(face, Side.EAST)) for face in faces.values()] == [2, 2]
    assert covers(faces.values())


def test_a_corner_beside_a_vertex_gives_a_polygon_that_can_be_rounded() -> None:
    courses = straight_grid()
    # 二街 turns 4e-8 degrees east of 甲路, which it meets 2e-8 degrees farther north.
    courses["二街"] = course((-1, 1 + 0.5), (4e-6, 1 + 4e-6), (4, 1))
    face = draw_regions({"a": between("甲", "乙", "一", "二")}, courses)["a"]
    assert face.polygon.is_valid
    rounded = shapely.transform(face.polygon, lambda degrees: degrees.round(DECIMALS))
    assert rounded.is_valid, shapely.is_valid_reason(rounded)


def test_accuracy_of_a_side_is_its_worst_vertex_and_no_other() -> None:
    courses = straight_grid()
    courses["乙路"] = course(
        *((1, y) for y in (-1, 0.5, 1.5, 1.6, 1.7, 4)), accuracy_m=(900, 20, 40, 300, 40, 900)
    )
    courses["甲路"] = course((0, -1), (0, 4), accuracy_m=1.0)
    courses["二街"] = course((-1, 1), (0.5, 1), (4, 1), accuracy_m=(5.0, 7.0, 500.0))
    low, high = draw_regions(
        {"low": between("甲", "乙", "一", "二"), "high": between("甲", "乙", "二", "三")}, courses
    ).values()
    # At 一街 the line is two thirds of the way from 900 down to 20, at 二街 halfway from 20 to 40.
    assert low.accuracy_m[Side.EAST] == pytest.approx(900 - 880 / 1.5, rel=1e-6)
    assert high.accuracy_m[Side.EAST] == pytest.approx(300.0)
    assert low.accuracy_m[Side.WEST] == high.accuracy_m[Side.WEST] == 1.0
    # 二街 is worst at the corner with 乙路, not where it goes on to the east.
    assert low.accuracy_m[Side.NORTH] == pytest.approx(7.0 + 493.0 * 0.5 / 3.5, rel=1e-6)
    assert low.accuracy_m[Side.NORTH] == high.accuracy_m[Side.SOUTH]
    assert (low.accuracy_m[Side.SOUTH], high.accuracy_m[Side.NORTH]) == (10.0, 10.0)


def test_accuracy_between_vertices_is_interpolated_at_a_corner() -> None:
    courses = straight_grid()
    courses["乙路"] = course((1, 0), (1, 2), accuracy_m=(10.0, 30.0))
    face = draw_regions({"a": between("甲", "乙", "一", "二")}, courses)["a"]
    assert face.accuracy_m[Side.EAST] == pytest.approx(20.0)


def test_lines_that_bound_no_region_are_ignored() -> None:
    bounds = {"a": between("甲", "乙", "一", "二")}
    wild = course((-1, 0.5), (4, 0.5), (4, 0.2), (-1, 0.2))
    assert draw_regions(bounds, straight_grid() | {"环路": wild}) == draw_regions(
        bounds, straight_grid()
    )


def test_no_regions_no_faces() -> None:
    assert draw_regions({}, straight_grid()) == {}


def test_describe_says_the_bounds_in_the_gazettes_form() -> None:
    bounds = between("甲", "乙", "一", "二")
    assert describe(bounds) == "东至乙路、西至甲路、南至一街、北至二街"


@pytest.mark.parametrize("other_name_first", [True, False])
def test_two_names_on_one_course_still_give_a_coverage(other_name_first: bool) -> None:
    """乙路 is 戊路 under another name: corners on either are vertices of both."""
    courses = bent_grid()
    courses["戊路"] = Course(courses["乙路"].vertices.copy(), courses["乙路"].accuracy_m + 5.0)
    bounds = {
        "long": between("甲", "戊", "一", "三"),
        "low": between("乙", "丙", "一", "二"),
        "high": between("乙", "丙", "二", "三"),
    }
    if other_name_first:
        bounds = dict(reversed(bounds.items()))
    faces = draw_regions(bounds, courses)
    assert covers(faces.values())
    edge = side(faces["long"], Side.EAST)
    assert edge == side(faces["low"], Side.WEST)[::-1] + side(faces["high"], Side.WEST)[-2::-1]
    # Each name keeps its own accuracy.
    assert faces["long"].accuracy_m[Side.EAST] == 7.0
    assert faces["low"].accuracy_m[Side.WEST] == 2.0


def test_every_line_without_geometry_is_named_once() -> None:
    courses = straight_grid()
    for name in ("丁路", "四街"):
        del courses[name]
    bounds = {
        "a": between("甲", "丁", "一", "四"),
        "b": between("乙", "丁", "一", "四"),
        "c": between("甲", "乙", "一", "二"),
    }
    assert problems(bounds, courses) == ["no geometry for 2 of the lines: 丁路、四街"]


def test_lines_that_do_not_cross_are_refused() -> None:
    courses = straight_grid()
    courses["二街"] = course((-1, 1), (0.9, 1))
    assert problems({"a": between("甲", "乙", "一", "二")}, courses) == [
        "a: 乙路 and 二街 do not cross; a corner needs one crossing"
    ]


def test_lines_that_cross_more_than_once_are_refused() -> None:
    courses = straight_grid()
    courses["二街"] = course((-1, 1), (2, 1), (2, 1.5), (0.5, 1.5), (0.5, 3), (4, 3))
    assert problems({"a": between("甲", "乙", "一", "二")}, courses) == [
        "a: 乙路 and 二街 cross 3 times; a corner needs one crossing"
    ]


def test_a_line_that_runs_along_the_other_for_a_stretch_has_no_crossing_with_it() -> None:
    courses = straight_grid()
    courses["二街"] = course((-1, 1), (1, 1), (1, 2), (4, 2))
    [problem] = problems({"a": between("甲", "乙", "一", "二")}, courses)
    assert problem.startswith("a: 乙路 and 二街 ")


@pytest.mark.parametrize(
    "swapped",
    [("乙", "甲", "一", "二"), ("甲", "乙", "二", "一")],
    ids=["west and east", "south and north"],
)
def test_a_line_on_the_wrong_side_is_refused(swapped: tuple[str, str, str, str]) -> None:
    four = between(*swapped)
    assert problems({"a": four}, straight_grid()) == [
        f"a: {describe(four)} enclose no region, one is on a wrong side"
    ]


def test_lines_on_the_wrong_side_in_both_directions_are_refused() -> None:
    assert problems({"a": between("乙", "甲", "二", "一")}, straight_grid())


def test_one_course_under_two_names_on_opposite_sides_encloses_nothing() -> None:
    courses = straight_grid()
    courses["乙路"] = courses["甲路"] = course((0, -1), (0, 0.5), (0, 4))
    [problem] = problems({"a": between("甲", "乙", "一", "二")}, courses)
    assert problem.endswith("enclose no region, one is on a wrong side")


def test_one_straight_course_under_two_names_on_opposite_sides_encloses_nothing() -> None:
    courses = straight_grid()
    courses["乙路"] = courses["甲路"]
    [problem] = problems({"a": between("甲", "乙", "一", "二")}, courses)
    assert problem.endswith("enclose no region, one is on a wrong side")


def test_one_road_digitised_twice_under_two_names_is_drawn_or_refused() -> None:
    courses = straight_grid()
    courses["乙路"] = course((1.1, -1), (1.7, 4))
    courses["戊路"] = course((1.1 + 1e-6, -1), (1.7 + 1e-6, 4))  # a millimetre beside it
    bounds = {"a": between("甲", "乙", "一", "二"), "b": between("戊", "丙", "一", "二")}
    with suppress(NetworkError):
        assert all(face.polygon.is_valid for face in draw_regions(bounds, courses).values())


def test_all_problems_are_reported_at_once() -> None:
    courses = straight_grid()
    courses["丁路"] = course((3, 2.5), (3, 4))
    wrong = between("丙", "乙", "一", "二")
    found = problems(
        {
            "short": between("甲", "丁", "一", "三"),
            "wrong": wrong,
            "fine": between("甲", "乙", "一", "二"),
            "short again": between("乙", "丁", "二", "四"),
        },
        courses,
    )
    assert sorted(found) == [
        "short again: 丁路 and 二街 do not cross; a corner needs one crossing",
        "short: 丁路 and 一街 do not cross; a corner needs one crossing",
        "short: 丁路 and 三街 do not cross; a corner needs one crossing",
        f"wrong: {describe(wrong)} enclose no region, one is on a wrong side",
    ]


def wobbly_grid(sways: npt.NDArray[np.float64]) -> dict[str, Course]:
    """Return a grid whose lines sway at each of their 11 vertices, by 0.15 of a cell at most."""
    places = np.linspace(-1.0, 4.0, 11)
    roads = {name: course(*zip(k + sways[k], places, strict=True)) for k, name in enumerate(ROADS)}
    streets = {
        name: course(*zip(places, k + sways[4 + k], strict=True)) for k, name in enumerate(STREETS)
    }
    return roads | streets


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-3, 3), min_size=88, max_size=88))
def test_faces_agree_with_polygonizing_the_same_lines(sways: list[int]) -> None:
    courses = wobbly_grid(np.array(sways).reshape(8, 11) / 20)
    cells = [(i, j) for i in range(3) for j in range(3)]
    faces = draw_regions(
        {
            f"{i}{j}": FourBounds(
                west=ROADS[i], east=ROADS[i + 1], south=STREETS[j], north=STREETS[j + 1]
            )
            for i, j in cells
        },
        courses,
    )
    noded = shapely.node(shapely.MultiLineString([c.vertices for c in courses.values()]))
    twins = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    for i, j in cells:
        # However the lines sway, the middle of a cell lies in no other.
        middle = shapely.Point(lon_of(i + 0.5), lat_of(j + 0.5))
        [twin] = [polygon for polygon in twins if polygon.contains(middle)]
        drawn = faces[f"{i}{j}"].polygon
        assert shapely.hausdorff_distance(drawn.exterior, twin.exterior) < 1e-9
        assert drawn.area == pytest.approx(twin.area, rel=1e-9)
    assert covers(faces.values())
