"""What a file has of a gazette's lines: found, partial, missing. The city is synthetic."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from shapely import LineString
from shapely.ops import substring

from geo.centrelines.check import LineCheck, LineStatus, check_network
from geo.gazette.order import read_order
from geo.model import Axis
from geo.network.files import GivenLine
from tests.metric import METRIC
from tests.synthetic import CENTRE_M, regular_city, wgs84

if TYPE_CHECKING:
    from geo.centrelines.check import NetworkCheck
    from geo.gazette.constraints import OrderConstraints


@pytest.fixture(scope="module")
def constraints() -> OrderConstraints:
    return read_order(regular_city().sources().gazette.records, {})


@pytest.fixture
def lines() -> dict[str, GivenLine]:
    """Return five by five straight lines, 1 km apart and 6 km long."""
    return regular_city().true_lines()


def line_at(*places: tuple[float, float], name: str) -> GivenLine:
    """Return a line through places in metres from the city's centre."""
    return GivenLine(name, LineString(wgs84(np.array(places) + CENTRE_M)), 0.0)


def checked(report: NetworkCheck, name: str) -> LineCheck:
    [line] = [line for line in report.lines if line.name == name]
    return line


def test_a_whole_network_passes(constraints: OrderConstraints, lines: dict[str, GivenLine]) -> None:
    report = check_network(constraints, lines, METRIC)
    assert report.passed
    assert [line.name for line in report.lines] == list(constraints.bounding)
    assert (report.drawn, report.regions, report.problems) == (32, 32, ())
    one = checked(report, "经2路")
    assert one.status is LineStatus.FOUND
    assert one.axis is Axis.NS
    assert one.length_m == pytest.approx(6_000.0, abs=1.0)
    assert (one.corners, one.crossed, len(one.regions)) == (5, 5, 16)
    assert (one.problems, one.spellings) == ((), ())


def test_a_missing_line_comes_with_the_nearest_spellings(
    constraints: OrderConstraints, lines: dict[str, GivenLine]
) -> None:
    others = [lines.pop("经2路")]
    for name in ("经2大路", "另一条路", "经二路"):
        lines[name] = GivenLine(name, others[0].geometry, 0.0)
    report = check_network(constraints, lines, METRIC)
    assert not report.passed
    one = checked(report, "经2路")
    assert (one.status, one.length_m, one.crossed) == (LineStatus.MISSING, None, 0)
    assert one.spellings == ("经2大路", "经二路")
    # Others cannot cross what is not there.
    assert checked(report, "纬0路").status is LineStatus.FOUND
    assert checked(report, "纬0路").crossed == 4
    assert report.drawn == 16
    assert report.problems == ()


def test_names_that_the_gazette_knows_are_no_spellings_of_others(
    constraints: OrderConstraints, lines: dict[str, GivenLine]
) -> None:
    del lines["经2路"]
    assert checked(check_network(constraints, lines, METRIC), "经2路").spellings == ()


def test_a_line_that_ends_too_soon_is_partial(
    constraints: OrderConstraints, lines: dict[str, GivenLine]
) -> None:
    course = lines["经2路"].geometry
    # From 3 km south of the centre to 500 m north of it: 纬3路 and 纬4路 lie beyond.
    short = substring(course, 0, 3.5 / 6, normalized=True)
    lines["经2路"] = GivenLine("经2路", short, 0.0)
    report = check_network(constraints, lines, METRIC)
    one = checked(report, "经2路")
    assert one.status is LineStatus.PARTIAL
    assert (one.corners, one.crossed) == (5, 3)
    assert one.problems == ("ends 500 m short of 纬3路", "ends 1500 m short of 纬4路")
    assert checked(report, "纬3路").status is LineStatus.FOUND
    assert report.drawn == 32 - 2 * 4
    assert report.problems == ()  # the line is blamed, not its regions


def test_where_neither_line_reaches_the_other_both_are_partial(
    constraints: OrderConstraints, lines: dict[str, GivenLine]
) -> None:
    lines["经4路"] = line_at((2_000, -3_000), (2_000, 1_900), name="经4路")
    lines["纬4路"] = line_at((-3_000, 2_000), (1_900, 2_000), name="纬4路")
    report = check_network(constraints, lines, METRIC)
    assert checked(report, "经4路").problems == ("ends 141 m short of 纬4路",)
    assert checked(report, "纬4路").problems[-1] == "ends 141 m short of 经4路"


def test_two_lines_side_by_side_are_both_partial(
    constraints: OrderConstraints, lines: dict[str, GivenLine]
) -> None:
    lines["纬0路"] = line_at((2_500, -3_000), (2_100, 0), (2_500, 3_000), name="纬0路")
    report = check_network(constraints, lines, METRIC)
    assert "ends 100 m short of 经4路" in checked(report, "纬0路").problems
    assert "ends 100 m short of 纬0路" in checked(report, "经4路").problems


def test_lines_that_meet_twice_are_both_partial(
    constraints: OrderConstraints, lines: dict[str, GivenLine]
) -> None:
    lines["经4路"] = line_at(
        (2_000, -3_000), (2_000, 0), (2_100, 1_100), (2_200, 900), (2_300, 3_000), name="经4路"
    )
    report = check_network(constraints, lines, METRIC)
    assert checked(report, "经4路").problems == ("meets 纬3路 3 times",)
    assert checked(report, "纬3路").problems == ("meets 经4路 3 times",)


def test_a_region_on_the_wrong_side_of_a_line_is_named(
    constraints: OrderConstraints, lines: dict[str, GivenLine]
) -> None:
    lines["经0路"], lines["经1路"] = (
        GivenLine(name, lines[other].geometry, 0.0)
        for name, other in (("经0路", "经1路"), ("经1路", "经0路"))
    )
    report = check_network(constraints, lines, METRIC)
    assert all(line.status is LineStatus.FOUND for line in report.lines)
    assert not report.passed
    assert report.drawn == 32 - 8
    assert len(report.problems) == 8
    assert "enclose no region, one is on a wrong side" in report.problems[0]


def test_any_direction_will_do(constraints: OrderConstraints, lines: dict[str, GivenLine]) -> None:
    turned = {
        name: GivenLine(name, shapely.reverse(line.geometry), 0.0) for name, line in lines.items()
    }
    assert check_network(constraints, turned, METRIC).passed
