"""``landprice survey``, run as an operator would."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import geopandas
import pytest

from geo.build.sources import read_sources
from tests.app.commands.test_cli import check_done, check_refused
from tests.paths import DATA, ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.app.conftest import Invoke


@pytest.mark.slow
def test_a_plan_in_words_and_files(invoke: Invoke, tmp_path: Path) -> None:
    outputs = [tmp_path / f"plan.{fmt}" for fmt in ("csv", "geojson", "gpx", "kml", "pdf")]
    result = invoke("survey", "plan", "-n", "2", *(f"--output={path}" for path in outputs))
    check_done(result)
    lines = result.stdout.splitlines()
    assert lines[0].startswith("Of the published area, ")
    names = geopandas.read_file(tmp_path / "plan.geojson")["line_ns"].tolist()
    assert [line.split("  ")[-1].split(" × ")[0] for line in lines[3:5]] == names
    for path in outputs:
        assert path.stat().st_size > 100
        assert any(line.startswith(f"{path}: ") for line in lines)


@pytest.mark.slow
def test_a_plan_for_programs_and_for_places(invoke: Invoke, tmp_path: Path) -> None:
    places = tmp_path / "shops.csv"
    places.write_text("经度,纬度\n114.068,33.007\n114.066,33.009\n", encoding="utf-8")
    result = invoke("survey", "plan", "-n", "2", "--places", str(places), "--walk", "--json")
    check_done(result)
    plan = json.loads(result.stdout)
    assert sorted(one["rank"] for one in plan["crossings"]) == [1, 2]
    assert plan["walk_m"] > 0
    assert plan["settled"] < max(one["settled"] for one in plan["crossings"])


def test_places_that_cannot_be_read(invoke: Invoke, tmp_path: Path) -> None:
    places = tmp_path / "shops.csv"
    places.write_text("lon,lat\n114.068,33.007\n114.066,north\n", encoding="utf-8")
    told = check_refused(invoke("survey", "plan", "--places", str(places)))
    assert told.startswith("shops.csv, row 2: lat is 'north'")


def test_a_table_without_rows_is_no_place(invoke: Invoke, tmp_path: Path) -> None:
    places = tmp_path / "shops.csv"
    places.write_text("lon,lat\n", encoding="utf-8")
    told = check_refused(invoke("survey", "plan", "--places", str(places)))
    assert told == "shops.csv has no rows, so there is no place to plan for."


def test_more_crossings_than_a_page_has_room_for(invoke: Invoke, tmp_path: Path) -> None:
    told = check_refused(invoke("survey", "plan", "-n", "31", "-o", str(tmp_path / "plan.pdf")))
    assert told == "--count is 31; a .pdf has room for 30 crossings"


@pytest.mark.parametrize("name", ["plan.xlsx", "plan"])
def test_a_format_that_there_is_not(invoke: Invoke, tmp_path: Path, name: str) -> None:
    told = check_refused(invoke("survey", "plan", "-o", str(tmp_path / name)))
    assert told == f"--output is {tmp_path / name}; it must end in .csv, .geojson, .gpx, .kml, .pdf"
    assert not (tmp_path / name).exists()


def test_without_layouts_nothing_can_be_planned(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "parcels.geojson").write_bytes((DATA / "parcels.geojson").read_bytes())
    told = check_refused(invoke("survey", "plan", data=tmp_path))
    assert told.startswith("the edition has no layouts")


# add, list, confirm, withdraw


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the shipped edition."""
    return shutil.copytree(DATA, tmp_path / "data")


TABLE = """\
路口,经度,纬度,时间
文明大道东侧40米,114.0114,33.0000,2026-11-29 10:00
驿城大道与雪松大道交叉口,113.7,32.99,
"""


def test_what_is_observed_is_kept_and_the_doubtful_apart(
    invoke: Invoke, data: Path, tmp_path: Path
) -> None:
    table = tmp_path / "seen.csv"
    table.write_text(TABLE, encoding="utf-8")
    added = invoke("survey", "add", str(table), "--crs", "wgs84", "--who", "张三", data=data)
    check_done(added)
    lines = added.stdout.splitlines()
    assert lines[0] == "f1  文明大道  ±18 m  wgs84  张三  counts"
    assert lines[1] == "f2  驿城大道 × 雪松大道  ±18 m  wgs84  张三  doubtful"
    assert "outside of where all else allows it" in lines[2]
    assert re.match(r"Settled answers in the published area: 1\d% → about \d\d%\.", lines[3])
    assert invoke("survey", "list", data=data).stdout.splitlines() == lines[:3]
    evidence = read_sources(data, None, None).evidence
    assert [one.id for one in evidence.observations if one.id.startswith("f")] == ["f1"]
    confirmed = invoke("survey", "confirm", "f2", data=data)
    assert confirmed.stdout.splitlines()[0].endswith("  counts")
    check_done(invoke("survey", "withdraw", "f1", "f2", data=data))
    evidence = read_sources(data, None, None).evidence
    assert not [one.id for one in evidence.observations if one.id.startswith("f")]
    told = check_refused(invoke("survey", "withdraw", "f9", data=data))
    assert told == "there is no observation f9; there are f1, f2."


def test_a_table_that_does_not_say_its_system(invoke: Invoke, data: Path, tmp_path: Path) -> None:
    table = tmp_path / "seen.csv"
    table.write_text(TABLE, encoding="utf-8")
    told = check_refused(invoke("survey", "add", str(table), data=data))
    assert told.startswith("seen.csv does not say which coordinate system it has")
    table.write_text("lon,lat\n114,33\n", encoding="utf-8")
    told = check_refused(invoke("survey", "add", str(table), "--crs", "wgs84", data=data))
    assert told.startswith("seen.csv has no column place, crossing, 路口")
    table.write_text("place,lon,lat,place\n文明大道,114,33,学院路\n", encoding="utf-8")
    told = check_refused(invoke("survey", "add", str(table), "--crs", "wgs84", data=data))
    assert told.startswith("The column 'place' is there more than once among the columns place,")
    table.write_text("lon,lat\n114,33\n", encoding="utf-8")
    told = check_refused(
        invoke("survey", "add", str(table), "--crs", "wgs84", "--place", "东门口", data=data)
    )
    assert told.startswith("seen.csv, row 1: the place is '东门口'")
    assert not (data / "network" / "survey.csv").exists()


@pytest.mark.parametrize("accuracy", ["20000", "wide", "-3", "nan"])
def test_an_accuracy_that_is_none(
    invoke: Invoke, data: Path, tmp_path: Path, accuracy: str
) -> None:
    table = tmp_path / "seen.csv"
    text = f"路口,lon,lat,accuracy\n文明大道,114.01,33,\n文明大道,114.01,33,{accuracy}\n"
    table.write_text(text, encoding="utf-8")
    told = check_refused(invoke("survey", "add", str(table), "--crs", "wgs84", data=data))
    assert told.startswith("seen.csv, row 2: the accuracy is ")
    assert not (data / "network" / "survey.csv").exists()


@pytest.mark.slow
def test_a_plan_that_was_walked_comes_back(invoke: Invoke, data: Path, tmp_path: Path) -> None:
    """The waypoints of a plan keep their names in a phone, numbers and all."""
    path = tmp_path / "plan.gpx"
    check_done(invoke("survey", "plan", "-n", "2", "--walk", "-o", str(path), data=data))
    added = invoke("survey", "add", str(path), data=data)
    check_done(added)
    assert [line.split("  ")[0] for line in added.stdout.splitlines()[:2]] == ["f1", "f2"]
    settled = re.search(r": (\d+)% → about (\d+)%", added.stdout)
    assert settled
    assert int(settled[1]) < int(settled[2])
    assert invoke("build", "--layouts=40", data=data).exit_code == 0


def test_a_folder_of_no_city(invoke: Invoke, data: Path) -> None:
    (data / "network" / "evidence.toml").unlink()
    assert "has no evidence.toml" in check_refused(invoke("survey", "list", data=data))


def test_a_place_that_is_typed(invoke: Invoke, data: Path) -> None:
    noted = invoke("survey", "note", "文明大道东侧40米", "114.0114, 33.0", "--crs=wgs84", data=data)
    check_done(noted)
    assert noted.stdout.startswith("f1  文明大道  ±18 m  wgs84  ")
    link = "https://uri.amap.com/marker?position=114.0174,32.9979&name=x"
    check_done(invoke("survey", "note", "文明大道东侧40米", link, data=data))
    assert "f2  文明大道  ±18 m  gcj02" in invoke("survey", "list", data=data).stdout


@pytest.mark.parametrize(
    ("coordinate", "said"),
    [
        ("114.0114, 33.0", "does not say which coordinate system it has: say --crs wgs84"),
        ("文明大道", "the coordinate is '文明大道'; write two numbers"),
        ("114.0114", "at is '114.0114', which is no coordinate"),
    ],
)
def test_a_coordinate_that_says_too_little(
    invoke: Invoke, data: Path, coordinate: str, said: str
) -> None:
    assert said in check_refused(invoke("survey", "note", "文明大道", coordinate, data=data))
    assert not (data / "network" / "survey.csv").exists()


@pytest.mark.slow
def test_the_plan_in_the_readme_is_what_is_printed(invoke: Invoke) -> None:
    result = invoke("survey", "plan", "-n", "4")
    check_done(result)
    shown = (ROOT / "README.md").read_text(encoding="utf-8")
    for line in result.stdout.splitlines()[:7]:
        assert line in shown
