"""Ends that are brought to the line ahead of them, in metres."""

from __future__ import annotations

import pytest
from shapely import LineString

from geo.centrelines.ends import OVER_M, REACH_M, Meeting, meet

ROAD = LineString([(0, -500), (0, 500)])


def met(**lines: LineString) -> dict[str, tuple[list[tuple[float, ...]], tuple[Meeting, ...]]]:
    return {name: (list(line.coords), meetings) for name, (line, meetings) in meet(lines).items()}


@pytest.mark.parametrize("gap_m", [0.0, 8.0, REACH_M - OVER_M - 1])
def test_a_side_street_reaches_the_middle_of_the_road(gap_m: float) -> None:
    found = met(road=ROAD, street=LineString([(gap_m, 0), (300, 0)]))
    _, meetings = found["street"]
    assert (300.0, 0.0) in found["street"][0]
    assert [meeting.other for meeting in meetings] == ["road"]
    assert meetings[0].added_m == pytest.approx(gap_m + OVER_M)
    assert found["road"] == (list(ROAD.coords), ())
    assert min(x for x, _ in found["street"][0]) == pytest.approx(-OVER_M)


def test_a_road_too_far_ahead_is_not_met() -> None:
    street = LineString([(REACH_M + 1, 0), (300, 0)])
    assert met(road=ROAD, street=street)["street"] == (list(street.coords), ())


def test_a_street_that_crosses_already_stays_as_it_is() -> None:
    street = LineString([(-40, 0), (300, 0)])
    assert met(road=ROAD, street=street)["street"] == (list(street.coords), ())


def test_two_lines_that_end_at_one_corner_cross_there() -> None:
    lines = {"up": LineString([(0, 10), (0, 300)]), "right": LineString([(10, 0), (300, 0)])}
    found = meet(lines)
    up, right = (found[name][0] for name in lines)
    assert up.crosses(right)
    [meeting] = found["up"][1]
    assert meeting.other == "right"
    assert meeting.added_m == pytest.approx(10 + OVER_M)


def test_an_end_goes_on_to_each_road_ahead() -> None:
    second = LineString([(-20, -500), (-20, 500)])
    found = met(road=ROAD, second=second, street=LineString([(5, 0), (300, 0)]))
    assert [meeting.other for meeting in found["street"][1]] == ["road", "second"]
    assert min(x for x, _ in found["street"][0]) == pytest.approx(-20 - OVER_M)


def test_no_line_is_crossed_for_the_second_time() -> None:
    bent = LineString([(100, -50), (100, 50), (-15, 50), (-15, -50)])
    street = LineString([(5, 0), (300, 0)])
    assert met(bent=bent, street=street)["street"] == (list(street.coords), ())


def test_no_end_crosses_its_own_line() -> None:
    hook = LineString([(0, 0), (200, 0), (200, 50), (100, 50), (100, 3)])
    below = LineString([(-500, -5), (500, -5)])
    assert meet({"hook": hook, "below": below})["hook"][0].is_simple
