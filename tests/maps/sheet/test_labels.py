"""Places for labels: inside regions, beside them, and along lines."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from shapely import LineString, Point, Polygon

from maps.sheet.labels import place_along, place_beside, place_inside, rectangle

FRAME = shapely.box(-200, -200, 200, 200)
SQUARE = shapely.box(0, 0, 40, 40)


def test_a_label_has_most_room_in_the_middle() -> None:
    place = place_inside(SQUARE, 10, 6, [])
    assert place is not None
    assert place.distance(Point(20, 20)) < 1.5


def test_a_label_is_inside_even_where_the_centre_is_not() -> None:
    bent = Polygon([(0, 0), (60, 0), (60, 12), (12, 12), (12, 60), (0, 60)])
    place = place_inside(bent, 10, 6, [])
    assert place is not None
    assert bent.contains_properly(rectangle(place.x, place.y, 10, 6))


def test_a_label_keeps_off_what_is_taken() -> None:
    taken = [shapely.box(-1, -1, 41, 30)]
    place = place_inside(SQUARE, 10, 6, taken)
    assert place is not None
    assert not rectangle(place.x, place.y, 10, 6).intersects(taken[0])
    assert place_inside(SQUARE, 10, 6, [SQUARE]) is None


@pytest.mark.parametrize("area", [Polygon(), shapely.box(0, 0, 9, 40), shapely.box(0, 0, 40, 5)])
def test_a_label_that_does_not_fit(area: Polygon) -> None:
    assert place_inside(area, 10, 6, []) is None


def test_beside_is_near_free_and_led_to() -> None:
    small = shapely.box(0, 0, 4, 4)
    taken = [shapely.box(4, -50, 100, 50)]
    found = place_beside(small, 12, 4, taken, FRAME)
    assert found is not None
    middle, leader = found
    box = rectangle(middle.x, middle.y, 12, 4)
    assert not box.intersects(small)
    assert not box.intersects(taken[0])
    assert FRAME.contains(box)
    assert small.contains(Point(leader.coords[0]))
    assert box.exterior.distance(Point(leader.coords[-1])) < 1e-9
    assert leader.length < 20


def test_beside_where_nothing_is_free() -> None:
    assert place_beside(shapely.box(0, 0, 4, 4), 12, 4, [FRAME], FRAME) is None


@pytest.mark.parametrize("degrees", [0, 5, 44, 60, 88, 90, 91, 120, 179, 180, 270])
def test_a_name_lies_on_its_line_and_does_not_stand_on_its_head(degrees: float) -> None:
    angle = math.radians(degrees)
    line = LineString([(0, 0), (100 * math.cos(angle), 100 * math.sin(angle))])
    (place,) = place_along(line, 20, 4, [], spacing=200)
    assert line.distance(Point(place.x, place.y)) < 1e-9
    assert -90 <= place.rotation_deg <= 90
    turned = (place.rotation_deg - degrees + 90) % 180 - 90
    assert abs(turned) < 1e-9 or abs(abs(turned) - 180) < 1e-9
    assert Point(place.x, place.y).distance(line.interpolate(50)) <= 1.5


def test_a_name_is_repeated_on_a_long_line_and_keeps_its_distance() -> None:
    line = LineString([(0, 0), (900, 0)])
    places = place_along(line, 20, 4, [shapely.box(100, -5, 130, 5)], spacing=220)
    assert len(places) == 4
    x = np.array([place.x for place in places])
    assert np.diff(np.sort(x)).min() > 110
    assert not any(90 < place.x < 140 for place in places)


def test_a_name_stays_where_its_line_is_straight() -> None:
    bend = LineString([(0, 0), (60, 0), (60, 14), (120, 14)])
    places = place_along(bend, 30, 4, [], spacing=500)
    assert all(place.rotation_deg == 0 for place in places)
    assert places


@pytest.mark.parametrize(
    ("line", "taken"),
    [
        (LineString([(0, 0), (15, 0)]), []),
        (LineString([(0, 0), (100, 0)]), [FRAME]),
        (LineString([(3 * k, 8 * (k % 2)) for k in range(12)]), []),
    ],
    ids=["too short", "taken", "too bent"],
)
def test_a_name_without_a_place(line: LineString, taken: list[Polygon]) -> None:
    assert place_along(line, 20, 4, taken, spacing=200) == []
