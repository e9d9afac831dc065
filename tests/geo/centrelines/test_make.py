"""One line from many pieces: invented roads whose true course is known, in metres."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, Polygon

from geo.centrelines.make import (
    CARRIAGEWAYS_APART_M,
    LONGEST_SPUR_M,
    MAX_GAP_M,
    Centreline,
    NoCentrelineError,
    make_centreline,
)
from geo.centrelines.medial_axis import medial_path
from tests.broken_streets import broken_up

STRAIGHT = LineString([(0, 0), (1_000, 0)])


def wavy(wave_m: float, tilt: float, length_m: float = 2_000.0) -> LineString:
    """Return a road that winds 40 m either side of its way; its sharpest bend has 50 m radius."""
    along = np.arange(0.0, length_m, 20.0)
    across = 40.0 * np.sin(along / wave_m) + tilt * along
    return LineString(np.column_stack([along, across]))


def carriageways(line: LineString, aside_m: float) -> list[LineString]:
    return [line.offset_curve(aside_m), line.offset_curve(-aside_m)]


def farthest_m(one: LineString, other: LineString) -> float:
    """Return how far the lines are apart at most, either way."""
    found: float = shapely.hausdorff_distance(one, other, densify=0.005)
    return found


def refused(pieces: list[LineString], max_gap_m: float = MAX_GAP_M) -> NoCentrelineError:
    with pytest.raises(NoCentrelineError) as refusal:
        make_centreline(pieces, max_gap_m)
    return refusal.value


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    aside_m=st.sampled_from([0.0, 4.0, 8.0, 12.0, 20.0]),
    wave_m=st.floats(150.0, 900.0),
    tilt=st.floats(-1.0, 1.0),
)
def test_a_broken_road_comes_back_within_two_metres(
    seed: int, aside_m: float, wave_m: float, tilt: float
) -> None:
    truth = wavy(wave_m, tilt)
    pieces = broken_up(truth, np.random.default_rng(seed), aside_m=aside_m)
    made = make_centreline(pieces)
    assert made.geometry.is_simple
    assert farthest_m(made.geometry, truth) < 2.0
    assert made.apart_m == pytest.approx(2 * aside_m, abs=3.0)
    assert made.merged_m == pytest.approx(truth.length if aside_m else 0.0, rel=0.05)
    assert made.gaps_m == pytest.approx((40.0,), abs=5.0)
    assert made.pieces == len(pieces)
    assert made.dropped_m > 0


def test_eight_metres_aside_means_half_a_metre_off() -> None:
    off_m = []
    for seed in range(5):
        truth = wavy(300.0, 0.2)
        made = make_centreline(broken_up(truth, np.random.default_rng(seed)))
        off_m.append(farthest_m(made.geometry, truth))
    assert max(off_m) < 0.7


def test_order_and_direction_of_pieces_do_not_matter() -> None:
    truth = wavy(300.0, 0.2)
    pieces = broken_up(truth, np.random.default_rng(1))
    one = make_centreline(pieces)
    other = make_centreline([piece.reverse() for piece in reversed(pieces)])
    assert farthest_m(one.geometry, other.geometry) < 0.5


def test_the_same_pieces_give_the_same_line() -> None:
    pieces = broken_up(wavy(300.0, 0.2), np.random.default_rng(1))
    assert make_centreline(pieces) == make_centreline(pieces)


@pytest.mark.parametrize(
    "line",
    [
        STRAIGHT,
        wavy(200.0, 0.3),
        LineString([(0, 0), (300, 0), (300, 300)]),
        LineString([(0, 0), (12, 5)]),
    ],
    ids=["straight", "winding", "corner", "short"],
)
def test_a_clean_line_comes_back_as_it_is(line: LineString) -> None:
    inner = np.linspace(0, 1, 5)
    cut = [shapely.ops.substring(line, a, b, normalized=True) for a, b in itertools.pairwise(inner)]
    for pieces in ([line], cut[::-1]):
        made = make_centreline(pieces)
        assert shapely.equals_exact(
            shapely.normalize(made.geometry.simplify(1e-9)),
            shapely.normalize(line.simplify(1e-9)),
            tolerance=1e-9,
        )
        assert (made.merged_m, made.apart_m, made.gaps_m, made.dropped_m) == (0, 0, (), 0)


def test_a_corner_of_a_street_in_two_parts_stays_a_corner() -> None:
    pieces = [LineString([(0, 0), (300, 0), (300, 200)]), LineString([(300, 230), (300, 500)])]
    made = make_centreline(pieces)
    assert made.geometry.distance(Point(300, 0)) < 2.5
    assert made.gaps_m == pytest.approx((30.0,), abs=4.0)


def test_carriageways_that_join_at_one_end_are_no_there_and_back() -> None:
    loop = LineString([(0, 8), (1_000, 8), (1_010, 0), (1_000, -8), (0, -8)])
    made = make_centreline([loop])
    assert farthest_m(made.geometry, STRAIGHT) < 11.0
    assert made.geometry.length == pytest.approx(1_000, abs=15.0)


def test_carriageways_merge_into_a_single_road() -> None:
    fork = [LineString([(500, 0), (560, side), (1_000, side)]) for side in (10, -10)]
    made = make_centreline([LineString([(0, 0), (500, 0)]), *fork])
    assert farthest_m(made.geometry, STRAIGHT) < 1.0
    assert made.merged_m == pytest.approx(490.0, abs=20.0)
    assert made.apart_m == pytest.approx(20.0, abs=0.5)


def test_a_road_with_side_roads_is_one_line() -> None:
    tracks = [LineString([(0, y), (1_000, y)]) for y in (-25.0, -8.0, 8.0, 25.0)]
    made = make_centreline(tracks)
    assert farthest_m(made.geometry, STRAIGHT) < 1.0


def test_a_roundabout_is_driven_through() -> None:
    circle = Point(500, 0).buffer(25.0).exterior
    pieces = [
        LineString([(0, 0), (475, 0)]),
        LineString(circle.coords),
        LineString([(525, 0), (1_000, 0)]),
    ]
    assert farthest_m(make_centreline(pieces).geometry, STRAIGHT) < 6.0


def test_a_knot_of_a_careless_survey_is_untied() -> None:
    knot = LineString([(0, 0), (510, 0), (515, 10), (505, 10), (505, -1), (1_000, 0)])
    assert not knot.is_simple
    assert farthest_m(make_centreline([knot]).geometry, STRAIGHT) < 5.0


def test_a_spur_near_the_end_is_no_end() -> None:
    pieces = [
        LineString([(0, 0), (960, 0)]),
        LineString([(960, 0), (1_000, 0)]),
        LineString([(960, 0), (960, 55)]),
    ]
    made = make_centreline(pieces)
    assert farthest_m(made.geometry, STRAIGHT) < 1e-9
    assert made.dropped_m == pytest.approx(55.0)


def test_stray_pieces_are_dropped_and_reported() -> None:
    made = make_centreline([STRAIGHT, LineString([(400, 500), (400, 550)])])
    assert farthest_m(made.geometry, STRAIGHT) < 1.0
    assert made.dropped_m == pytest.approx(50.0)


def test_no_length_is_refused() -> None:
    assert str(refused([LineString([(1, 1), (1, 1)])])) == "it has no length"


def test_parts_far_apart_are_refused_with_the_distance() -> None:
    pieces = [LineString([(0, 0), (500, 0)]), LineString([(620, 0), (1_000, 0)])]
    refusal = refused(pieces)
    assert str(refusal) == (
        "it is in 2 parts; the two longest, of 500 m and 380 m, are 120 m apart"
        "; --max-gap 120 bridges that"
    )
    assert refusal.place is not None
    assert refusal.place.distance(Point(560, 0)) < 15.0
    assert make_centreline(pieces, 120.0).gaps_m == pytest.approx((120.0,), abs=5.0)


def test_a_gap_wider_than_allowed_is_refused_though_the_strips_touch() -> None:
    pieces = [LineString([(0, 0), (500, 0)]), LineString([(519, 0), (1_000, 0)])]
    assert str(refused(pieces, 5.0)) == "it has a gap of 19 m; at most 5 m are bridged"
    assert make_centreline(pieces, 20.0).gaps_m == pytest.approx((19.0,), abs=4.0)


def test_a_fork_is_refused() -> None:
    branch = LineString([(600, 0), (650, 200), (650, 300)])
    refusal = refused([STRAIGHT, branch])
    assert str(refusal).startswith("it forks: a branch of 30")
    assert refusal.place is not None
    assert refusal.place.distance(branch) < 20.0


def test_a_road_around_a_block_is_refused() -> None:
    around = [LineString([(400, 0), (400, y), (600, y), (600, 0)]) for y in (80, -80)]
    ends = [LineString([(0, 0), (400, 0)]), LineString([(600, 0), (1_000, 0)])]
    refusal = refused([*around, *ends])
    assert str(refusal) == "it runs around an area 160 m wide; carriageways are at most 60 m apart"
    assert refusal.place is not None
    assert Polygon([(400, 80), (600, 80), (600, -80), (400, -80)]).contains(refusal.place)


def test_pieces_across_their_common_way_are_refused() -> None:
    rungs = [LineString([(x, 0), (x, 4)]) for x in range(0, 500, 15)]
    assert str(refused(rungs)) == "its pieces run along no common line"


def test_a_ring_road_is_refused() -> None:
    ring = LineString(Point(0, 0).buffer(800.0).exterior.coords)
    assert str(refused([ring])).startswith("it runs around an area 1")


def test_a_roundabout_alone_is_refused() -> None:
    ring = LineString(Point(0, 0).buffer(20.0).exterior.coords)
    assert str(refused([ring])) == "it is too short to have a course"


def test_only_as_much_is_dropped_as_is_short_beside_the_line() -> None:
    def with_stray(length_m: float, stray_m: float) -> list[LineString]:
        return [
            LineString([(0, 0), (length_m, 0)]),
            LineString([(0, 400), (stray_m, 400)]),
        ]

    assert make_centreline(with_stray(1_000, LONGEST_SPUR_M)).dropped_m == LONGEST_SPUR_M
    assert str(refused(with_stray(1_000, LONGEST_SPUR_M + 1))).startswith("it is in 2 parts")
    assert make_centreline(with_stray(4_000, 400)).dropped_m == 400
    assert str(refused(with_stray(120, 40))).startswith("it is in 2 parts")


def test_carriageways_up_to_sixty_metres_apart_are_one_road() -> None:
    joined = carriageways(STRAIGHT, CARRIAGEWAYS_APART_M / 2 - 1)
    assert farthest_m(make_centreline(joined).geometry, STRAIGHT) < 2.0


def test_a_centreline_says_what_was_done() -> None:
    assert make_centreline([STRAIGHT]) == Centreline(STRAIGHT, 1, 0.0, 0.0, (), 0.0)


def test_a_polygon_too_round_has_no_axis() -> None:
    assert medial_path(Polygon([(0, 0), (1, 0), (0, 1)])) is None


def test_the_axis_of_a_strip_is_the_line_it_was_made_of() -> None:
    line = wavy(200.0, 0.3)
    axis = medial_path(line.buffer(10.0))
    assert axis is not None
    assert farthest_m(axis, line) < 0.3


@pytest.mark.slow
def test_a_long_straight_line() -> None:
    """Points of one straight line cost the square of their number: this took minutes."""
    line = make_centreline([LineString([(0, 0), (100_000, 0)])])
    assert line.geometry.length == 100_000


def test_a_line_with_a_misplaced_vertex() -> None:
    with pytest.raises(NoCentrelineError, match="are 3000 km long together; at most 500 km are"):
        make_centreline([LineString([(0, 0), (1_000, 0)]), LineString([(1_000, 0), (3e6, 0)])])
