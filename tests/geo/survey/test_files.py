"""A plan as a file, read back by others."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from xml.etree import ElementTree as ET

import geopandas
import pytest

from geo.survey.files import FORMATS, plan_bytes
from geo.survey.plan import Crossing, Plan

PLAN = Plan(
    0.2,
    (
        Crossing(2, ("文明大道", "置地大道"), 114.0125, 33.0012, 87.4, 0.61),
        Crossing(1, ("学院路", "顺河路"), 113.99021234, 33.0502, 2333.2, 0.4),
    ),
)
POINTS = [(114.0125, 33.0012), (113.990212, 33.0502)]


@pytest.mark.parametrize("fmt", ["geojson", "gpx", "kml"])
def test_a_gis_reads_it(fmt: str) -> None:
    frame = geopandas.read_file(BytesIO(plan_bytes(PLAN, fmt)), layer="waypoints")
    assert frame.crs == "EPSG:4326"
    assert [(point.x, point.y) for point in frame.geometry] == POINTS
    names = frame["Name" if "Name" in frame else "name"].tolist()
    assert names == ["1 文明大道与置地大道交叉口", "2 学院路与顺河路交叉口"]


def test_a_phone_reads_gpx() -> None:
    root = ET.fromstring(plan_bytes(PLAN, "gpx"))  # noqa: S314 - its own
    space = {"g": "http://www.topografix.com/GPX/1/1"}
    [first, second] = root.findall("g:wpt", space)
    assert (float(first.get("lon", "")), float(first.get("lat", ""))) == POINTS[0]
    assert second.findtext("g:name", namespaces=space) == "2 学院路与顺河路交叉口"
    assert "2333 米" in (second.findtext("g:desc", namespaces=space) or "")


def test_kml_says_how_far_to_look() -> None:
    root = ET.fromstring(plan_bytes(PLAN, "kml"))  # noqa: S314 - its own
    told = [one.text for one in root.iter("{http://www.opengis.net/kml/2.2}description")]
    assert ["87 米" in (text or "") for text in told] == [True, False]


def test_a_spreadsheet_reads_csv() -> None:
    text = plan_bytes(PLAN, "csv").decode("utf-8-sig")
    rows = list(csv.DictReader(StringIO(text)))
    assert [(float(row["lon"]), float(row["lat"])) for row in rows] == POINTS
    assert [(row["number"], row["rank"], row["radius_m"]) for row in rows] == [
        ("1", "2", "87"),
        ("2", "1", "2333"),
    ]
    assert (rows[0]["line_ns"], rows[0]["line_ew"]) == ("文明大道", "置地大道")


@pytest.mark.parametrize("fmt", FORMATS)
def test_the_same_plan_gives_the_same_bytes(fmt: str) -> None:
    assert plan_bytes(PLAN, fmt) == plan_bytes(PLAN, fmt)


@pytest.mark.parametrize("fmt", FORMATS)
def test_an_empty_plan_is_a_file_too(fmt: str) -> None:
    assert plan_bytes(Plan(1.0, ()), fmt)
