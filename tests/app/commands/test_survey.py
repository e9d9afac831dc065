"""``landprice survey``, run as an operator would."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import geopandas
import pytest

from tests.app.commands.test_cli import check_done, check_refused
from tests.paths import DATA

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


@pytest.mark.parametrize("name", ["plan.xlsx", "plan"])
def test_a_format_that_there_is_not(invoke: Invoke, tmp_path: Path, name: str) -> None:
    told = check_refused(invoke("survey", "plan", "-o", str(tmp_path / name)))
    assert told == f"--output is {tmp_path / name}; it must end in .csv, .geojson, .gpx, .kml, .pdf"
    assert not (tmp_path / name).exists()


def test_without_layouts_nothing_can_be_planned(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "parcels.geojson").write_bytes((DATA / "parcels.geojson").read_bytes())
    told = check_refused(invoke("survey", "plan", data=tmp_path))
    assert told.startswith("the edition has no layouts")
