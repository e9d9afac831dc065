"""No command writes over what it reads, whatever the path is called."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import click
import pytest

from app.commands.console import check_outputs
from tests.paths import DATA

if TYPE_CHECKING:
    from pathlib import Path

    from tests.app.conftest import Invoke


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    "args",
    [
        ("export", "geojson", "-o", "{data}/parcels.geojson"),
        ("export", "geojson", "-o", "{data}/network.geojson"),
        ("export", "geojson", "-o", "{data}/gazette/../parcels.geojson"),
        ("export", "parquet", "-o", "{data}/layouts.parquet"),
        ("export", "geojson", "-o", "{data}/basemap/basemap.geojson"),
        ("join", "{data}/network/control_points.csv", "{data}/parcels.geojson"),
        ("join", "{data}/network/control_points.csv", "{data}/layouts.parquet"),
        ("join", "{data}/network/control_points.csv", "{data}/network/survey.csv"),
        ("join", "{data}/network/control_points.csv", "{data}/gazette", "--workers=1"),
        ("portfolio", "{data}/network/control_points.csv", "{data}/parcels.geojson"),
        ("portfolio", "{data}/x.csv", "{data}/y.csv", "--summary", "{data}/gazette/sums.csv"),
        ("export", "geojson", "-o", "{data}/link.geojson"),
        ("map", "-o", "{data}/price_classes.toml"),
        ("map", "-o", "{data}/network/map.html"),
        ("sheet", "commercial", "-o", "{data}/gazette/x.pdf"),
        ("sheet", "all", "-o", "{data}/gazette"),
        ("build", "-o", "{data}/gazette/2022.tsv"),
        ("build", "-o", "{data}/gazette/2022.toml"),
        ("build", "-o", "{data}/network/rail_osm.geojson"),
        ("build", "-o", "{data}/price_classes.toml"),
        ("build", "--gazette", "{data}/gazette/2022.tsv", "-o", "{data}/gazette/2022.tsv"),
        ("network", "export-osm-query", "-o", "{data}/network/evidence.toml"),
        ("network", "import", "{data}/network/rail_osm.geojson", "-o", "{data}/parcels.geojson"),
    ],
)
def test_inputs_are_left_as_they_are(invoke: Invoke, data: Path, args: tuple[str, ...]) -> None:
    (data / "link.geojson").symlink_to(data / "parcels.geojson")
    before = contents(data)
    result = invoke(*(arg.format(data=data) for arg in args), data=data)
    assert result.exit_code == 2
    assert result.stderr.endswith("is read to make this; name another file to write.\n")
    assert contents(data) == before


def test_build_does_not_overwrite_the_lines_it_is_given(invoke: Invoke, data: Path) -> None:
    given = data / "mine" / "network.geojson"
    given.parent.mkdir()
    given.write_text("{}", encoding="utf-8")
    target = given.with_name("parcels.geojson")
    result = invoke("build", "--network", str(given), "-o", str(target), data=data)
    assert result.exit_code == 2
    assert given.read_text(encoding="utf-8") == "{}"


def test_spellings_are_no_place_to_write_lines(invoke: Invoke, data: Path) -> None:
    aliases = data.with_name("names.csv")
    aliases.write_text("name,line\n解放大道,解放路\n", encoding="utf-8")
    source = data / "network" / "rail_osm.geojson"
    result = invoke(
        *("network", "import", str(source), "--aliases", str(aliases), "-o", str(aliases)),
        data=data,
    )
    assert result.exit_code == 2
    assert result.stderr.endswith("is read to make this; name another file to write.\n")
    assert aliases.read_text(encoding="utf-8").startswith("name,line\n")


def test_a_build_leaves_the_network_and_the_layouts_of_another_edition(
    invoke: Invoke, data: Path
) -> None:
    before = contents(data)
    result = invoke("build", "-o", str(data / "other.geojson"), data=data)
    assert result.exit_code == 2
    assert result.stderr.startswith(
        f"landprice: {data / 'parcels.geojson'} is there, whose network"
    )
    assert contents(data) == before


def test_other_places_in_the_folder_may_be_written(invoke: Invoke, data: Path) -> None:
    assert invoke("export", "csv", "-o", str(data / "table.csv"), data=data).exit_code == 0


def test_a_folder_to_write_into_needs_no_right_to_write_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "sheets"
    folder.mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK or path == folder)
    check_outputs([folder, folder / "one.pdf"], [])
    with pytest.raises(
        click.ClickException, match=r"two\.pdf cannot be written: Permission denied"
    ):
        check_outputs([tmp_path / "two.pdf"], [])
