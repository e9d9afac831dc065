"""Lines as files: what an operator may hand in, every refusal, and the network that is written.

All lines are synthetic: 甲路 runs along latitude 33 in steps of a hundredth of a degree.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pytest
import shapely
from shapely import LineString

from geo.errors import NetworkError
from geo.model import Axis, GeometrySource, LineKind, kind_of
from geo.network.files import (
    CENTRELINE_ACCURACY_M,
    GivenLine,
    Line,
    network_text,
    read_centrelines,
    read_network,
)
from tests.metric import METRIC, from_metric

if TYPE_CHECKING:
    from pathlib import Path

ALIASES = {"甲大道": "甲路"}
A, B, C, D = ([114.0 + k / 100, 33.0] for k in range(4))


def feature(
    coordinates: object, kind: str = "LineString", *, name: object = "甲路", **properties: object
) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"name": name, **properties},
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def collection(*features: object, **members: object) -> dict[str, Any]:
    return {"type": "FeatureCollection", **members, "features": list(features)}


def read(folder: Path, content: object) -> dict[str, GivenLine]:
    path = folder / "lines.geojson"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read_centrelines(path, ALIASES)


def refused(folder: Path, content: object) -> list[str]:
    with pytest.raises(NetworkError) as refusal:
        read(folder, content)
    assert refusal.value.code == "network_invalid"
    return str(refusal.value).splitlines()


def undirected(line: LineString) -> list[list[float]]:
    vertices: list[list[float]] = shapely.get_coordinates(line).tolist()
    return min(vertices, vertices[::-1])


def test_a_line_is_read_as_it_is_given(tmp_path: Path) -> None:
    bent = [A, [114.007, 33.0031], B]
    assert read(tmp_path, collection(feature(bent, accuracy_m=2.5))) == {
        "甲路": GivenLine("甲路", LineString(bent), 2.5)
    }


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("turned", [(), (0,), (1,), (2,), (0, 2), (0, 1, 2)])
def test_pieces_join_end_to_end_in_any_order_and_direction(
    order: tuple[int, ...], turned: tuple[int, ...], tmp_path: Path
) -> None:
    pieces = [[A, B], [B, C], [C, D]]
    for k in turned:
        pieces[k].reverse()
    given = read(tmp_path, collection(*(feature(pieces[k]) for k in order)))
    assert list(given) == ["甲路"]
    assert undirected(given["甲路"].geometry) == [A, B, C, D]


def test_a_multilinestring_is_pieces_of_its_line(tmp_path: Path) -> None:
    parts = feature([[C, D], [A, B]], "MultiLineString")
    given = read(tmp_path, collection(parts, feature([C, B])))
    assert undirected(given["甲路"].geometry) == [A, B, C, D]


def test_lines_of_several_names_are_told_apart(tmp_path: Path) -> None:
    across = [[114.005, 32.99], [114.005, 33.01]]
    given = read(tmp_path, collection(feature([A, B]), feature(across, name="乙路")))
    assert {name: undirected(line.geometry) for name, line in given.items()} == {
        "甲路": [A, B],
        "乙路": across,
    }
    assert [line.name for line in given.values()] == ["甲路", "乙路"]


def test_an_alias_is_read_as_the_canonical_name(tmp_path: Path) -> None:
    given = read(tmp_path, collection(feature([A, B], name="甲大道"), feature([B, C])))
    assert {name: line.name for name, line in given.items()} == {"甲路": "甲路"}
    assert undirected(given["甲路"].geometry) == [A, B, C]


def test_heights_are_dropped(tmp_path: Path) -> None:
    given = read(tmp_path, collection(feature([[*A, 80.5], [*B, 81.0]])))
    assert not given["甲路"].geometry.has_z
    assert undirected(given["甲路"].geometry) == [A, B]


@pytest.mark.parametrize(
    ("stated", "expected_m"),
    [
        ([None, None], CENTRELINE_ACCURACY_M),
        ([3.0, 4.5], 4.5),
        ([4.5, 3], 4.5),
        ([3.0, None], CENTRELINE_ACCURACY_M),
        ([None, 25], 25.0),
        ([0, 0.0], 0.0),
    ],
)
def test_a_line_is_as_accurate_as_its_worst_piece(
    stated: list[float | None], expected_m: float, tmp_path: Path
) -> None:
    pieces = [feature([A, B]), feature([B, C])]
    for piece, accuracy_m in zip(pieces, stated, strict=True):
        if accuracy_m is not None:
            piece["properties"]["accuracy_m"] = accuracy_m
    assert read(tmp_path, collection(*pieces))["甲路"].accuracy_m == expected_m


def test_unstated_accuracy_is_ten_metres() -> None:
    assert CENTRELINE_ACCURACY_M == 10.0


def test_a_given_line_is_evidence_in_metres() -> None:
    course_m = np.array([[500_000.0, 3_650_000.0], [500_400.0, 3_650_100.0]])
    lon, lat = from_metric(easting_m=course_m[:, 0].copy(), northing_m=course_m[:, 1].copy())
    evidence = GivenLine("甲路", LineString(np.column_stack([lon, lat])), 7.5).as_evidence(METRIC)
    assert (evidence.line, evidence.error_m) == ("甲路", 7.5)
    [piece] = evidence.pieces
    np.testing.assert_allclose(piece, course_m, atol=1e-4)


POSITION = "it must be [lon, lat]"
TOO_FEW = "甲路 has fewer than two positions"
TOO_FEW_DIFFERENT = "甲路 has fewer than two different positions"


def accuracy_must_be(value: str) -> str:
    return f"accuracy_m of 甲路 is {value}; it must be 0 or more metres"


@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        ("text", "it has no properties"),
        (None, "it has no properties"),
        ({"type": "Feature"}, "it has no properties"),
        ({**feature([A, B]), "properties": None}, "it has no properties"),
        ({**feature([A, B]), "properties": {}}, "name is None; it must be the line's name"),
        (feature([A, B], name=""), "name is ''; it must be the line's name"),
        (feature([A, B], name=7), "name is 7; it must be the line's name"),
        (
            {**feature([A, B]), "geometry": None},
            "甲路 is a None; it must be a LineString or MultiLineString",
        ),
        (feature(A, "Point"), "甲路 is a Point; it must be a LineString or MultiLineString"),
        (
            feature([[A, B, C, A]], "Polygon"),
            "甲路 is a Polygon; it must be a LineString or MultiLineString",
        ),
        (feature([], "MultiLineString"), "甲路 has no coordinates"),
        (feature(None, "MultiLineString"), "甲路 has no coordinates"),
        ({**feature([A, B]), "geometry": {"type": "LineString"}}, TOO_FEW),
        (feature([]), TOO_FEW),
        (feature([A]), TOO_FEW),
        (feature([[A, B], []], "MultiLineString"), TOO_FEW),
        (feature([A, A, A]), TOO_FEW_DIFFERENT),
        (feature([[A, B], [C, C]], "MultiLineString"), TOO_FEW_DIFFERENT),
        (feature(A), f"甲路 has the position 114.0; {POSITION}"),
        (feature([A, []]), f"甲路 has the position []; {POSITION}"),
        (feature([A, [114.01]]), f"甲路 has the position [114.01]; {POSITION}"),
        (feature([A, [None, 33.0]]), f"甲路 has the position [None, 33.0]; {POSITION}"),
        (feature([A, ["114.1", "33"]]), f"甲路 has the position ['114.1', '33']; {POSITION}"),
        (feature(["12", "34"]), f"甲路 has the position '12'; {POSITION}"),
        (
            feature([A, [500_000.0, 3_650_000.0]]),
            "甲路: lon must be from -180 to 180 in wgs84, but is 500000.0.",
        ),
        (feature([A, [33.0, 114.0]]), "甲路: lat must be from -90 to 90 in wgs84, but is 114.0."),
        (
            feature([A, [float("nan"), 33.0]]),
            "甲路: lon must be from -180 to 180 in wgs84, but is nan.",
        ),
        (feature([A, B], accuracy_m=-0.1), accuracy_must_be("-0.1")),
        (feature([A, B], accuracy_m=float("nan")), accuracy_must_be("nan")),
        (feature([A, B], accuracy_m=float("inf")), accuracy_must_be("inf")),
        (feature([A, B], accuracy_m="10"), accuracy_must_be("'10'")),
        (feature([A, B], accuracy_m=True), accuracy_must_be("True")),
    ],
)
def test_a_damaged_feature_is_named_with_its_number_and_the_reason(
    damaged: object, reason: str, tmp_path: Path
) -> None:
    content = collection(feature([A, B], name="乙路"), damaged)
    assert refused(tmp_path, content) == [f"lines.geojson, feature 2: {reason}"]


@pytest.mark.parametrize(
    ("pieces", "count"),
    [
        ([[A, B], [C, D]], 2),
        ([[A, B], [C, D], [B, [114.01, 33.1]]], 2),
        ([[A, B], [B, C], [B, [114.01, 33.1]]], 3),
        ([[A, B], [[114.01 + 1e-9, 33.0], C]], 2),
    ],
    ids=["gap", "gap beside a joint", "branch", "a tenth of a millimetre apart"],
)
def test_pieces_that_do_not_join_are_refused(
    pieces: list[list[list[float]]], count: int, tmp_path: Path
) -> None:
    content = collection(*(feature(piece) for piece in pieces))
    assert refused(tmp_path, content) == [
        f"lines.geojson: 甲路 is in {count} pieces that do not join end to end"
    ]


def test_a_piece_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    piece = feature([A, [114.005, 33.002], B])
    [problem] = refused(tmp_path, collection(piece, piece))
    assert "甲路" in problem


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    content = collection(
        feature([A]),
        feature([A, B], name="乙路"),
        feature([A, B], name=""),
        feature([C, D], name="乙路"),
        feature([A, B], name="丙路"),
        feature([A, B], accuracy_m=-1),
    )
    assert refused(tmp_path, content) == [
        f"lines.geojson, feature 1: {TOO_FEW}",
        "lines.geojson, feature 3: name is ''; it must be the line's name",
        f"lines.geojson, feature 6: {accuracy_must_be('-1')}",
        "lines.geojson: 乙路 is in 2 pieces that do not join end to end",
    ]


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        "7",
        '"features"',
        "{}",
        '{"type": "FeatureCollection"}',
        '{"type": "FeatureCollection", "features": null}',
        '{"type": "FeatureCollection", "features": 7}',
        '{"type": "FeatureCollection", "features": {"type": "Feature"}}',
    ],
)
def test_json_that_is_no_feature_collection_is_refused(content: str, tmp_path: Path) -> None:
    assert refused(tmp_path, content) == ["lines.geojson: not a GeoJSON FeatureCollection"]


@pytest.mark.parametrize("content", [b"", b"{", "甲路".encode("gbk")])
def test_what_is_no_json_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "lines.geojson"
    path.write_bytes(content)
    with pytest.raises(NetworkError, match=r"^lines\.geojson: not readable as GeoJSON: "):
        read_centrelines(path, ALIASES)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match=r"^absent\.geojson: not readable as GeoJSON: "):
        read_centrelines(tmp_path / "absent.geojson", ALIASES)


ROAD = Line("甲路", LineKind.ROAD, Axis.EW, 35.0, "control points s1", LineString([A, B, C]))
RIVER = Line(
    "乙河", LineKind.RIVER, Axis.NS, 1200.5, "order alone", LineString([[114, 32], [114, 34]])
)


def written(*lines: Line, source: GeometrySource = GeometrySource.CENTRELINES) -> str:
    return network_text(lines, source=source, attribution="synthetic")


def test_a_network_that_was_inferred_does_not_come_back_as_surveyed(tmp_path: Path) -> None:
    text = written(ROAD, source=GeometrySource.SCHEMATIC)
    [problem] = refused(tmp_path, text)
    assert problem.startswith("lines.geojson: geometry_source is schematic: ")


def test_a_network_of_centrelines_comes_back_as_it_was(tmp_path: Path) -> None:
    given = read(tmp_path, written(ROAD, RIVER))
    assert given == {
        line.name: GivenLine(line.name, line.geometry, line.accuracy_m, "synthetic")
        for line in (ROAD, RIVER)
    }


@pytest.mark.parametrize("source", GeometrySource)
def test_a_network_is_read_back_as_it_was(tmp_path: Path, source: GeometrySource) -> None:
    path = tmp_path / "network.geojson"
    path.write_text(written(ROAD, RIVER, source=source), encoding="utf-8")
    assert set(read_network(path)) == {ROAD, RIVER}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"kind": "street"}, "'street' is not a valid LineKind"),
        ({"axis": None}, "'None' is not a valid Axis"),
        ({"accuracy_m": -1.0}, "accuracy_m of 甲路 is -1.0; it must be 0 or more metres"),
        ({"accuracy_m": None}, "accuracy_m of 甲路 is None; it must be 0 or more metres"),
        ({"source": ""}, "source of 甲路 is ''; it must say what holds the line in place"),
        ({"name": ""}, "name is ''; it must be the line's name"),
    ],
)
def test_what_is_no_built_network_is_refused(
    tmp_path: Path, changed: dict[str, object], said: str
) -> None:
    path = tmp_path / "network.geojson"
    network = json.loads(written(ROAD))
    network["features"][0]["properties"] |= {"name": "甲路", **changed}
    path.write_text(json.dumps(network), encoding="utf-8")
    with pytest.raises(NetworkError, match=f"network.geojson, feature 1: {said}"):
        read_network(path)


def test_a_line_of_a_built_network_is_in_one_piece(tmp_path: Path) -> None:
    path = tmp_path / "network.geojson"
    network = json.loads(written(ROAD))
    network["features"][0]["geometry"] = {
        "type": "MultiLineString",
        "coordinates": [[A, B], [C, D]],
    }
    path.write_text(json.dumps(network), encoding="utf-8")
    with pytest.raises(NetworkError, match=f"{ROAD.name} is in several pieces"):
        read_network(path)


def test_a_network_is_the_same_bytes_in_any_order_of_its_lines() -> None:
    assert written(ROAD, RIVER) == written(RIVER, ROAD)
    assert written(ROAD) != written(replace(ROAD, accuracy_m=36.0))


def test_a_network_is_a_collection_sorted_by_name() -> None:
    network = json.loads(written(ROAD, RIVER))
    assert list(network) == ["type", "geometry_source", "attribution", "features"]
    assert network["type"] == "FeatureCollection"
    assert network["geometry_source"] == "centrelines"
    assert network["attribution"] == "synthetic"
    assert [feature["id"] for feature in network["features"]] == ["乙河", "甲路"]
    assert network["features"][1] == {
        "type": "Feature",
        "id": "甲路",
        "properties": {
            "name": "甲路",
            "kind": "road",
            "axis": "ew",
            "accuracy_m": 35.0,
            "source": "control points s1",
        },
        "geometry": {"type": "LineString", "coordinates": [A, B, C]},
    }


def test_a_network_is_readable_by_geopandas(tmp_path: Path) -> None:
    path = tmp_path / "network.geojson"
    path.write_text(written(ROAD, RIVER), encoding="utf-8")
    frame = geopandas.read_file(path, engine="pyogrio")
    assert frame.crs == "EPSG:4326"
    columns = ["name", "kind", "axis", "accuracy_m", "source"]
    assert [c for c in frame.columns if c not in {"id", "geometry"}] == columns
    assert frame[columns].to_numpy().tolist() == [
        ["乙河", "river", "ns", 1200.5, "order alone"],
        ["甲路", "road", "ew", 35.0, "control points s1"],
    ]
    assert list(frame.geometry) == [RIVER.geometry, ROAD.geometry]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("雪松大道", LineKind.ROAD),
        ("河滨路", LineKind.ROAD),
        ("铁路街", LineKind.ROAD),
        ("京广铁路", LineKind.RAIL),
        ("石武高铁", LineKind.RAIL),
        ("练江河", LineKind.RIVER),
        ("规划七街", LineKind.PLANNED),
        ("前进大道以西规划路", LineKind.PLANNED),
    ],
)
def test_kind_of_reads_the_name(name: str, kind: LineKind) -> None:
    assert kind_of(name) is kind
