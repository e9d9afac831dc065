"""GeoJSON as stable text, and files written whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from shapely import LineString, Point, Polygon

from geo.geojson import DECIMALS, collection_text, write_together

if TYPE_CHECKING:
    from pathlib import Path

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


def listed(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


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


def test_files_are_written_byte_for_byte(tmp_path: Path) -> None:
    write_together({tmp_path / "a.txt": b"\xff\n\r\n\x00", tmp_path / "b.txt": b""})
    assert (tmp_path / "a.txt").read_bytes() == b"\xff\n\r\n\x00"
    assert (tmp_path / "b.txt").read_bytes() == b""
    assert len(list(tmp_path.iterdir())) == 2


def test_a_file_is_replaced_and_its_bytes_are_the_same_each_time(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("an older and longer text", encoding="utf-8")
    found = []
    for _ in range(2):
        write_together({path: b"new\n"})
        found.append(path.read_bytes())
    assert found == [b"new\n", b"new\n"]


def test_a_written_file_is_readable_by_everyone(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_together({path: b"served by another user\n"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


@pytest.mark.parametrize("bad_first", [True, False])
def test_a_missing_folder_leaves_every_file_as_it_was(bad_first: bool, tmp_path: Path) -> None:
    good, new = tmp_path / "good.txt", tmp_path / "new.txt"
    good.write_text("old", encoding="utf-8")
    contents = {good: b"changed", new: b"changed", tmp_path / "absent/bad.txt": b"changed"}
    if bad_first:
        contents = dict(reversed(contents.items()))
    with pytest.raises(FileNotFoundError):
        write_together(contents)
    assert listed(tmp_path) == {"good.txt": "old"}


def test_a_full_disk_leaves_every_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("old", encoding="utf-8")
    opened = os.fdopen
    handles = []

    def fills_up(handle: int, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        handles.append(handle)
        if len(handles) == 2:
            os.close(handle)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return opened(handle, *arguments, **options)

    monkeypatch.setattr(os, "fdopen", fills_up)
    with pytest.raises(OSError, match="No space left"):
        write_together({tmp_path / "a.txt": b"changed", tmp_path / "b.txt": b"changed"})
    assert len(handles) == 2
    assert listed(tmp_path) == {"a.txt": "old", "b.txt": "old"}


def test_a_folder_in_the_place_of_a_target_leaves_every_file_as_it_was(tmp_path: Path) -> None:
    good, folder = tmp_path / "good.txt", tmp_path / "folder"
    good.write_text("old", encoding="utf-8")
    folder.mkdir()
    with pytest.raises(OSError, match="folder"):
        write_together({good: b"changed", folder: b"changed"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "good.txt"]
    assert good.read_text(encoding="utf-8") == "old"
