"""The query for OpenStreetMap data."""

from __future__ import annotations

import math
import re

from geo.centrelines.overpass import MARGIN_M, overpass_query

NAMES = ["甲路", 'the "Mile"', "back\\slash", "甲路", "two\nlines\tand a tab"]
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')


def query() -> str:
    return overpass_query(NAMES, west=114.0, south=32.9, east=114.1, north=33.0)


def test_every_name_is_asked_for_once_a_kind_of_way() -> None:
    for quoted in ('"甲路"', r'"the \"Mile\""', r'"back\\slash"', r'"two\nlines\tand a tab"'):
        for tag in ("highway", "railway", "waterway"):
            assert query().count(f'way["name"={quoted}]["{tag}"];') == 1


def test_brackets_and_quotes_are_balanced() -> None:
    bare = STRING.sub("", query())
    assert '"' not in bare
    assert bare.count("(") == bare.count(")") == 2
    assert bare.count("[") == bare.count("]")
    assert all(line.endswith((";", "(")) for line in bare.splitlines())


def test_the_answer_is_osm_with_whole_nodes_first() -> None:
    assert query().startswith("[out:xml]")
    assert query().endswith("(._;>;);\nout body;\n")


def test_the_box_lies_around_the_regions_with_a_margin() -> None:
    [box] = re.findall(r"\[bbox:([-0-9.,]+)\]", query())
    south, west, north, east = map(float, box.split(","))
    degree_m = 111_320.0
    for margin in (32.9 - south, north - 33.0):
        assert abs(margin * degree_m - MARGIN_M) < 5
    for margin in (114.0 - west, east - 114.1):
        assert abs(margin * degree_m * math.cos(math.radians(33.0)) - MARGIN_M) < 5


def test_a_query_is_the_same_for_names_in_any_order() -> None:
    box = {"west": 1.0, "south": 2.0, "east": 3.0, "north": 4.0}
    assert overpass_query(NAMES, **box) == overpass_query(NAMES[::-1], **box)
