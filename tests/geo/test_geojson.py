"""GeoJSON as stable text, and files written whole or not at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
import shapely
from shapely import LineString, Point, Polygon

from geo.geojson import DECIMALS, collection_text

TOWER: dict[str, Any] = {
    "type": "Feature",
    "id": "塔",
    "properties": {"name": '塔"一"\n', "height_m": 31.5, "owner": None},
    "geometry": Point(114.0, 33.0),
}
ROAD: dict[str, Any] = {
    "type": "Feature",
    "properties": {},
    "geometry": LineString([(114.00000004, 33.0), (114.12345678, 32.99999996)]),
}


@pytest.mark.parametrize("features", [[], [TOWER], [TOWER, ROAD]], ids=["none", "one", "two"])
def test_a_collection_is_geojson_with_its_members_first(features: list[dict[str, Any]]) -> None:
    collection = json.loads(collection_text({"attribution": "虚构", "inputs": {}}, features))
    assert list(collection) == ["type", "attribution", "inputs", "features"]
    assert collection["type"] == "FeatureCollection"
    assert (collection["attribution"], collection["inputs"]) == ("虚构", {})
    assert len(collection["features"]) == len(features)


def test_a_collection_without_foreign_members_is_geojson() -> None:
    assert json.loads(collection_text({}, [TOWER]))["features"][0]["id"] == "塔"


def test_a_feature_keeps_everything_in_order_and_is_one_line_of_text() -> None:
    text = collection_text({}, [TOWER, ROAD])
    lines = [line.rstrip(",") for line in text.splitlines() if line.startswith('{"type":"Feature"')]
    tower, road = map(json.loads, lines)
    assert list(tower) == list(TOWER)
    assert tower["properties"] == TOWER["properties"]
    assert tower["geometry"] == {"type": "Point", "coordinates": [114.0, 33.0]}
    assert road["geometry"]["type"] == "LineString"
    assert "塔" in text, "Chinese stays readable"
    assert text.endswith("\n")


def test_coordinates_are_rounded_to_seven_decimals() -> None:
    assert DECIMALS == 7
    road = json.loads(collection_text({}, [ROAD]))["features"][0]
    assert road["geometry"]["coordinates"] == [[114.0, 33.0], [114.1234568, 33.0]]


def test_a_polygon_keeps_its_direction_and_is_readable_by_another_program() -> None:
    ring = [(114.0, 33.0), (114.01, 33.0), (114.01, 33.01), (114.0, 33.01), (114.0, 33.0)]
    square = {"type": "Feature", "properties": {}, "geometry": Polygon(ring)}
    text = collection_text({"title": "synthetic"}, [square])
    [polygon] = shapely.from_geojson(text).geoms
    assert list(polygon.exterior.coords) == ring


def test_the_same_values_are_the_same_bytes() -> None:
    again = [dict(TOWER), dict(ROAD)]
    assert collection_text({"a": 1}, [TOWER, ROAD]) == collection_text({"a": 1}, again)
    assert collection_text({"a": 1}, [TOWER]) != collection_text({"a": 2}, [TOWER])
