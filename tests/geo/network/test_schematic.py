"""Positions, bends and intervals of inferred lines, each on a case that can be told by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from geo.build.edition import build
from geo.build.sources import read_sources
from geo.errors import NetworkError
from geo.gazette.constraints import MIN_SPACING_M, Precedence
from geo.gazette.order import read_order
from geo.gazette.rows import text_rows
from geo.gazette.table import read_gazette
from geo.model import Axis, Side
from geo.network.accuracy import (
    DIRECTION_TOLERANCE,
    MAX_REGION_SIDE_M,
    allowed_intervals,
)
from geo.network.bends import StationGrid, fit_bends
from geo.network.evidence import Evidence, Observation, ObservedLine
from geo.network.positions import Anchor, solve_positions
from geo.network.schematic import draw_schematic
from tests.paths import DATA
from tests.synthetic import CENTRE_M, City, regular_city

if TYPE_CHECKING:
    from geo.gazette.constraints import OrderConstraints
    from geo.network.accuracy import Interval
    from geo.network.schematic import DrawnLine

STATIONS_M = np.arange(0.0, 4_001.0, 250.0)


def seen(
    *, line: str, east_m: float, north_m: float, error_m: float = 50.0, limit: Side | None = None
) -> Observation:
    """A synthetic observation, placed from the city's centre."""
    return Observation(
        id=f"{line}@{east_m:.0f},{north_m:.0f}",
        line=line,
        easting_m=CENTRE_M[0] + east_m,
        northing_m=CENTRE_M[1] + north_m,
        offset_m=0.0,
        error_m=error_m,
        limit=limit,
    )


def facts_of(city: City) -> OrderConstraints:
    return read_order(read_gazette(text_rows(city.table), city.notice).records, {})


def drawn(city: City, *observations: Observation) -> dict[str, DrawnLine]:
    evidence = Evidence(observations=observations)
    return draw_schematic(facts_of(city), evidence, city.notice).lines


def place_m(line: DrawnLine, along_m: float) -> float:
    """Where a line is drawn, from the city's centre."""
    centre = CENTRE_M if line.axis is Axis.NS else CENTRE_M[::-1]
    return float(np.interp(along_m + centre[1], line.stations_m, line.across_m)) - centre[0]


def accuracy_m(line: DrawnLine, along_m: float) -> float:
    centre = CENTRE_M[1] if line.axis is Axis.NS else CENTRE_M[0]
    return float(np.interp(along_m + centre, line.stations_m, line.accuracy_m))


class TestPositions:
    def solve(self, city: City, *anchors: Anchor) -> tuple[dict[str, float], tuple[str, ...]]:
        constraints = facts_of(city)
        layout = solve_positions(constraints, anchors, dict.fromkeys(constraints.axes, 0.0))
        return layout.metres, layout.relaxed

    def test_order_alone_gives_even_spacing(self) -> None:
        metres, relaxed = self.solve(regular_city())
        for word in "经纬":
            gaps = np.diff([metres[f"{word}{k}路"] for k in range(5)])
            assert gaps == pytest.approx(np.full(4, gaps[0]), abs=0.1)
        assert relaxed == ()

    def test_lines_between_two_observed_ones_share_the_room(self) -> None:
        metres, _ = self.solve(
            regular_city(), Anchor("经0路", 0.0, 0.0, 50.0), Anchor("经4路", 6e3, 6e3, 50.0)
        )
        assert [metres[f"经{k}路"] for k in range(5)] == pytest.approx(
            [0.0, 1_500.0, 3_000.0, 4_500.0, 6_000.0],
            abs=0.1 * 1_500.0,  # between two tangents of the charge any share costs the same
        )

    def test_a_limit_holds_on_one_side_only(self) -> None:
        metres, _ = self.solve(regular_city(), Anchor("经0路", 5_000.0, math.inf, 50.0))
        assert metres["经0路"] >= 5_000.0 - 0.01

    def test_an_observation_against_the_order_gives_way_and_is_reported(self) -> None:
        metres, relaxed = self.solve(
            regular_city(), Anchor("经0路", 900.0, 900.0, 50.0), Anchor("经1路", 0.0, 0.0, 50.0)
        )
        assert metres["经1路"] - metres["经0路"] >= math.sqrt(20_000.0) - 0.01
        assert any("from where it was observed" in statement for statement in relaxed)

    def test_the_worse_of_two_observations_gives_way(self) -> None:
        metres, _ = self.solve(
            regular_city(), Anchor("经0路", 900.0, 900.0, 50.0), Anchor("经1路", 0.0, 0.0, 500.0)
        )
        assert metres["经0路"] == pytest.approx(900.0, abs=0.1)

    def test_statements_that_contradict_each_other_are_reported(self) -> None:
        one, two, *_ = read_gazette(text_rows(regular_city().table), regular_city().notice).records
        turned = replace(two, bounds=replace(one.bounds, east=one.bounds.west, west="经1路"))
        constraints = read_order([one, turned], {})
        assert constraints.contradictions
        layout = solve_positions(constraints, [], dict.fromkeys(constraints.axes, 0.0))
        assert any(
            statement.endswith(" m") and "lacks" in statement for statement in layout.relaxed
        )

    def test_a_solver_out_of_time_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("geo.network.positions._TIME_LIMIT_S", 0.0)
        constraints = TestShippedEdition.built.constraints
        with pytest.raises(NetworkError, match="no layout of the lines was found: Time limit"):
            solve_positions(constraints, [], dict.fromkeys(constraints.axes, 0.0))

    def test_a_region_has_room_for_its_parcel(self) -> None:
        records = read_gazette(text_rows(regular_city().table), regular_city().notice).records
        wide = replace(records[0], parcel_area_m2=4e6)
        constraints = read_order([wide, *records[1:]], {})
        metres = solve_positions(constraints, [], dict.fromkeys(constraints.axes, 0.0)).metres
        assert metres["经1路"] - metres["经0路"] >= 2_000.0 - 0.01


class TestBends:
    grid = StationGrid(eastings_m=STATIONS_M, northings_m=STATIONS_M)

    def fit(self, *points: Observation) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
        lines: dict[str, list[Observation]] = {}
        for point in points:
            moved = replace(
                point,
                easting_m=point.easting_m - CENTRE_M[0],
                northing_m=point.northing_m - CENTRE_M[1],
            )
            lines.setdefault(point.line, []).append(moved)
        axes = {line: Axis.NS if line.startswith("经") else Axis.EW for line in lines}
        return fit_bends(lines, axes, self.grid)

    def test_nothing_observed_bends_nothing(self) -> None:
        assert self.fit() == {}

    def test_one_point_gives_a_straight_line(self) -> None:
        line = self.fit(seen(line="经1路", east_m=1_000, north_m=2_000))["经1路"]
        assert line == pytest.approx(np.full(STATIONS_M.size, 1_000.0), abs=1.0)

    def test_two_points_turn_a_line_and_its_neighbours(self) -> None:
        lines = self.fit(
            seen(line="经1路", east_m=1_200, north_m=1_000),
            seen(line="经1路", east_m=800, north_m=3_000),
            seen(line="经2路", east_m=1_800, north_m=1_000),
            seen(line="纬1路", east_m=1_000, north_m=2_000),
        )
        turn = 400 / 2_000
        own = np.polyfit(STATIONS_M, lines["经1路"], 1)[0]
        beside = np.polyfit(STATIONS_M, lines["经2路"], 1)[0]
        across = np.polyfit(STATIONS_M, lines["纬1路"], 1)[0]
        assert own == pytest.approx(-turn, abs=0.06)
        assert -turn * 1.2 < beside < -turn * 0.3
        assert turn * 0.3 < across < turn * 1.2


class TestIntervals:
    """Two to four parallel lines, a kilometre apart, stations 250 m apart."""

    def intervals(
        self,
        *observations: Observation,
        lines: int = 3,
        statements: tuple[tuple[str, str], ...] = (),
        sides: tuple[tuple[str, str], ...] = (),
        centrelines: tuple[ObservedLine, ...] = (),
    ) -> dict[str, Interval]:
        courses = {f"经{k}路": np.full(STATIONS_M.size, 1_000.0 * k) for k in range(lines)}
        return allowed_intervals(
            courses=courses,
            stations_m=STATIONS_M,
            statements=[Precedence(a, b, 0.0, "said") for a, b in statements],
            sides=sides,
            observations=[
                replace(
                    o, easting_m=o.easting_m - CENTRE_M[0], northing_m=o.northing_m - CENTRE_M[1]
                )
                for o in observations
            ],
            centrelines=centrelines,
            axis=Axis.NS,
        )

    def test_a_point_holds_a_line_less_the_farther_away(self) -> None:
        found = self.intervals(seen(line="经1路", east_m=1_000, north_m=2_000))["经1路"]
        expected = 50.0 + DIRECTION_TOLERANCE * np.abs(STATIONS_M - 2_000)
        assert found.half_m == pytest.approx(expected, abs=0.1)
        assert found.below_m == pytest.approx(found.above_m, abs=0.1)

    def test_a_missed_point_shifts_the_interval_to_its_side(self) -> None:
        found = self.intervals(seen(line="经1路", east_m=1_030, north_m=2_000))["经1路"]
        at = int(np.flatnonzero(STATIONS_M == 2_000)[0])
        assert (found.below_m[at], found.above_m[at]) == pytest.approx((20.0, 80.0), abs=0.1)

    def test_a_contradicted_point_widens_the_interval_both_ways(self) -> None:
        found = self.intervals(seen(line="经1路", east_m=1_300, north_m=2_000))["经1路"]
        at = int(np.flatnonzero(STATIONS_M == 2_000)[0])
        assert (found.below_m[at], found.above_m[at]) == pytest.approx((350.0, 350.0), abs=0.1)

    def test_order_holds_a_line_between_its_observed_neighbours(self) -> None:
        found = self.intervals(
            seen(line="经0路", east_m=0, north_m=2_000),
            seen(line="经2路", east_m=2_000, north_m=2_000),
            statements=(("经0路", "经1路"), ("经1路", "经2路")),
        )["经1路"]
        at = int(np.flatnonzero(STATIONS_M == 2_000)[0])
        room_m = 1_000.0 + 50.0 - MIN_SPACING_M
        assert (found.below_m[at], found.above_m[at]) == pytest.approx((room_m, room_m), abs=0.1)

    def test_without_a_statement_neighbours_hold_nothing(self) -> None:
        free = self.intervals(seen(line="经0路", east_m=0, north_m=2_000))["经1路"]
        assert free.below_m == pytest.approx(1_000.0 + MAX_REGION_SIDE_M, abs=0.1)
        assert free.above_m == pytest.approx(1_000.0 + MAX_REGION_SIDE_M, abs=0.1)

    def test_an_open_line_is_held_by_the_widest_region(self) -> None:
        found = self.intervals(
            seen(line="经0路", east_m=0, north_m=2_000),
            statements=(("经0路", "经1路"),),
            sides=(("经0路", "经1路"),),
            lines=2,
        )["经1路"]
        at = int(np.flatnonzero(STATIONS_M == 2_000)[0])
        assert found.above_m[at] == pytest.approx(MAX_REGION_SIDE_M - 1_000.0 + 50.0, abs=0.1)
        assert found.below_m[at] == pytest.approx(1_000.0 + 50.0 - MIN_SPACING_M, abs=0.1)

    @pytest.mark.parametrize(("limit", "bounded"), [(Side.WEST, "above"), (Side.EAST, "below")])
    def test_a_limit_holds_on_one_side(self, limit: Side, bounded: str) -> None:
        found = self.intervals(
            seen(line="经1路", east_m=1_000, north_m=2_000, error_m=0.0, limit=limit)
        )["经1路"]
        at = int(np.flatnonzero(STATIONS_M == 2_000)[0])
        metres = {"above": found.above_m[at], "below": found.below_m[at]}
        assert metres.pop(bounded) == pytest.approx(0.0, abs=0.1)
        assert metres.popitem()[1] > MAX_REGION_SIDE_M

    def test_a_centreline_holds_as_far_as_it_goes(self) -> None:
        piece = np.array([[1_000.0, 0.0], [1_000.0, 2_000.0]])
        found = self.intervals(centrelines=(ObservedLine("经1路", (piece,), 30.0, "synthetic"),))
        half_m = found["经1路"].half_m
        assert half_m[STATIONS_M <= 2_000] == pytest.approx(30.0, abs=0.1)
        assert half_m[-1] == pytest.approx(30.0 + DIRECTION_TOLERANCE * 2_000, abs=0.1)


class TestDrawing:
    def test_a_city_nobody_observed_lies_at_its_centre(self) -> None:
        lines = drawn(regular_city())
        assert place_m(lines["经2路"], 0.0) == pytest.approx(0.0, abs=200.0)
        assert {line.source for line in lines.values()} == {"order alone"}

    def test_lines_run_through_their_points(self) -> None:
        lines = drawn(
            regular_city(),
            seen(line="经0路", east_m=-2_100, north_m=500),
            seen(line="经4路", east_m=1_900, north_m=-300),
        )
        assert place_m(lines["经0路"], 500.0) == pytest.approx(-2_100.0, abs=5.0)
        assert place_m(lines["经4路"], -300.0) == pytest.approx(1_900.0, abs=5.0)
        assert lines["经0路"].source == "control points 经0路@-2100,500"

    def test_lines_between_bend_as_their_neighbours(self) -> None:
        west = [seen(line="经0路", east_m=-2_000 - 0.2 * y, north_m=y) for y in (-2_000, 0, 2_000)]
        east = [seen(line="经4路", east_m=2_000, north_m=y) for y in (-2_000, 0, 2_000)]
        lines = drawn(regular_city(), *west, *east)
        slopes = [
            (place_m(lines[f"经{k}路"], 1_500.0) - place_m(lines[f"经{k}路"], -1_500.0)) / 3_000
            for k in range(5)
        ]
        assert slopes == sorted(slopes)
        assert slopes[0] == pytest.approx(-0.2, abs=0.05)
        assert slopes[2] == pytest.approx(-0.1, abs=0.05)

    def test_order_survives_points_that_contradict_it(self) -> None:
        lines = drawn(
            regular_city(),
            seen(line="经1路", east_m=600, north_m=2_000),
            seen(line="经2路", east_m=0, north_m=-2_000),
            seen(line="经2路", east_m=0, north_m=2_000),
        )
        courses = np.array([lines[f"经{k}路"].across_m for k in range(5)])
        assert (np.diff(courses, axis=0) > 0).all()

    def test_a_missed_point_shows_in_the_accuracy(self) -> None:
        lines = drawn(
            regular_city(),
            seen(line="经1路", east_m=600, north_m=0),
            seen(line="经2路", east_m=0, north_m=0),
        )
        miss_m = max(abs(place_m(lines["经1路"], 0.0) - 600), abs(place_m(lines["经2路"], 0.0)))
        worst = max(accuracy_m(lines["经1路"], 0.0), accuracy_m(lines["经2路"], 0.0))
        assert worst >= miss_m > 150.0

    def test_a_short_centreline_counts_where_it_is(self) -> None:
        piece = np.array(
            [[CENTRE_M[0] - 900, CENTRE_M[1] + 10], [CENTRE_M[0] - 900, CENTRE_M[1] + 90]]
        )
        evidence = Evidence(centrelines=(ObservedLine("经1路", (piece,), 20.0, "synthetic"),))
        city = regular_city()
        line = draw_schematic(facts_of(city), evidence, city.notice).lines["经1路"]
        assert place_m(line, 0.0) == pytest.approx(-900.0, abs=1.0)
        assert line.source == "synthetic"

    def test_points_on_lines_the_gazette_does_not_name_are_left_alone(self) -> None:
        lines = drawn(regular_city(), seen(line="别的路", east_m=0, north_m=0))
        assert "别的路" not in lines


class TestShippedEdition:
    """What the evidence must do to the real edition."""

    built = build(read_sources(DATA, None, None))

    def test_what_is_let_go_is_named(self) -> None:
        assert self.built.relaxed == (
            "411700S50011 and 411700S50020 overlap",
            "411700S50003 and 411700S50015 overlap",
            "411700S50006 and 411700S50014 overlap",
            "411700S50007 and 411700S50014 overlap",
            "洪河大道 before 板桥路 (parcel of 411700Z70008) lacks 150 m",
        )

    def test_lines_are_drawn_beside_their_points(self) -> None:
        sources = read_sources(DATA, None, None)
        lines = draw_schematic(self.built.constraints, sources.evidence, sources.notice).lines
        for point in sources.evidence.observations:
            if point.limit is None:
                line = lines[point.line]
                at_m = np.interp(point.along_m(line.axis), line.stations_m, line.across_m)
                assert abs(at_m - point.across_m(line.axis)) <= point.error_m + 10.0, point.id

    def test_no_two_boundary_lines_are_drawn_as_one(self) -> None:
        lines = list(self.built.lines.values())
        together = {
            frozenset({one.name, two.name})
            for one in lines
            for two in lines
            if one.name < two.name
            and one.axis is two.axis
            and one.geometry.intersection(two.geometry).length > 1e-5
        }
        assert not together
