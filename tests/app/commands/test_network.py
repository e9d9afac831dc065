"""``landprice network``: what each command prints, writes and refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
import geopandas
import numpy as np
import pytest
from click.testing import CliRunner
from shapely import LineString

from app.cli import main
from app.commands.network import command as network
from app.settings import PREFIX
from geo.network.files import read_centrelines
from tests.broken_streets import broken_up
from tests.synthetic import ADMIN_CODE, notice_text, regular_city

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]

MANIFEST = f"""\
admin_code = "{ADMIN_CODE}"
[[aliases]]
name = "经零路"
line = "经0路"
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return the folder of a synthetic city, not yet built."""
    folder = tmp_path / "city"
    (folder / "gazette").mkdir(parents=True)
    (folder / "network").mkdir()
    city = regular_city()
    (folder / "gazette" / "2030.tsv").write_text(city.table, encoding="utf-8")
    (folder / "gazette" / "2030.toml").write_text(notice_text(city.notice), encoding="utf-8")
    (folder / "network" / "evidence.toml").write_text(MANIFEST, encoding="utf-8")
    return folder


@pytest.fixture
def run(data: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv(f"{PREFIX}DATA", str(data))

    def invoke(*args: object) -> Result:
        return CliRunner().invoke(main, ["network", *map(str, args)])

    return invoke


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    """Return the city's lines in pieces and under another name, with one that is in two parts."""
    rng = np.random.default_rng(3)
    names, pieces = [], []
    for number, (name, course) in enumerate(regular_city().truth.items()):
        parts = [LineString(course)] if number else broken_up(LineString(course), rng)
        names += [name if number else "经零路"] * len(parts)
        pieces += parts
    names += ["孤路", "孤路"]
    pieces += [LineString([(x, 3_640_000), (x + 500, 3_640_000)]) for x in (500_000, 501_000)]
    path = tmp_path / "survey.gpkg"
    geopandas.GeoDataFrame({"name": names}, geometry=pieces, crs="EPSG:4547").to_file(path)
    return path


def told(result: Result) -> str:
    """Check that input was refused as promised, and return what the user is told."""
    assert (result.exit_code, result.stdout) == (2, "")
    text: str = result.stderr
    assert text.startswith("landprice: ")
    assert text.count("\n") == 1
    return text.removeprefix("landprice: ").removesuffix("\n")


def test_import_check_and_build_follow_each_other(
    run: Run, survey: Path, tmp_path: Path, data: Path
) -> None:
    output = tmp_path / "centrelines.geojson"
    result = run("import", survey, "-o", output)
    assert (result.exit_code, result.stderr) == (0, "")
    first = result.stdout.splitlines()
    assert first[0] == f"{survey}: CGCS2000 / 3-degree Gauss-Kruger CM 114E"
    [line] = [line for line in first if line.startswith("经0路: ")]
    assert "; also named 经零路; carriageways up to 16 m apart merged along " in line
    assert "; 1 gap bridged (40 m); " in line
    assert " m of spurs and crossovers dropped" in line
    assert line.endswith("; accuracy 10 m")
    [line] = [line for line in first if line.startswith("孤路: ")]
    assert line.startswith("孤路: left out (2 pieces): it is in 2 parts; ")
    assert first[-1] == f"{output}: 10 lines, 1 left out"
    assert len(read_centrelines(output, {})) == 10

    result = run("check", output)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "经0路: found, 6000 m, crosses 5 of 5 lines" in result.stdout
    assert result.stdout.splitlines()[-1] == (
        "10 found, 0 partial, 0 missing; 32 of 32 regions lie between lines of this file"
    )

    built = CliRunner().invoke(main, ["build", "--layouts=40", "--network", str(output)])
    assert built.exit_code == 0
    assert (data / "parcels.geojson").exists()


def test_the_report_for_programs_says_the_same(run: Run, survey: Path, tmp_path: Path) -> None:
    output = tmp_path / "centrelines.geojson"
    result = run("import", survey, "-o", output, "--json", "--accuracy", "4")
    report: dict[str, Any] = json.loads(result.stdout)
    assert (report["file"], report["output"]) == (str(survey), str(output))
    assert (report["unnamed"], report["flattened"], report["split"]) == (0, 0, 0)
    [line] = [line for line in report["lines"] if line["name"] == "经0路"]
    assert line["spellings"] == ["经零路"]
    assert line["accuracy_m"] == 8.0
    assert line["gaps_m"] == pytest.approx([40.0], abs=5)
    assert "geometry" not in line
    assert {line["accuracy_m"] for line in report["lines"]} == {4.0, 8.0}
    assert [line["name"] for line in report["left_out"]] == ["孤路"]


@pytest.mark.slow
def test_a_wider_gap_is_bridged_on_request(run: Run, survey: Path, tmp_path: Path) -> None:
    output = tmp_path / "centrelines.geojson"
    result = run("import", survey, "-o", output, "--max-gap", "600")
    assert "孤路: 1500 m from 2 pieces; 1 gap bridged (500 m); accuracy 10 m" in result.stdout
    assert result.stdout.endswith("11 lines, 0 left out\n")


@pytest.mark.slow
def test_another_table_of_spellings_is_added(run: Run, survey: Path, tmp_path: Path) -> None:
    table = tmp_path / "names.csv"
    table.write_text("name,line\n孤路,独路\n", encoding="utf-8")
    result = run("import", survey, "-o", tmp_path / "o.geojson", "--aliases", table)
    assert "独路: left out" in result.stdout
    assert "also named 经零路" in result.stdout


def test_repairs_are_reported(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "high.geojson"
    feature = {
        "type": "Feature",
        "properties": {"name": "甲路"},
        "geometry": {
            "type": "MultiLineString",
            "coordinates": [
                [[114.0, 33.0, 80.0], [114.005, 33.0, 81.0]],
                [[114.005, 33.0, 81.0], [114.01, 33.0, 80.0]],
            ],
        },
    }
    unnamed = {**feature, "properties": {"name": None}}
    point = {**feature, "geometry": {"type": "Point", "coordinates": [114.0, 33.0]}}
    collection = {"type": "FeatureCollection", "features": [feature, unnamed, point]}
    path.write_text(json.dumps(collection), encoding="utf-8")
    result = run("import", path, "-o", tmp_path / "o.geojson")
    assert result.stdout.splitlines()[:5] == [
        f"{path}: WGS 84",
        "  1 feature with heights, which were dropped",
        "  1 feature of several parts, which were split",
        "  1 line without a name passed over",
        "  1 feature other than roads, rails and rivers passed over",
    ]


def test_ends_that_were_brought_to_other_lines_are_reported(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "lines.gpkg"
    courses = [LineString([(0, -500), (0, 500)]), LineString([(8, 0), (300, 0)])]
    moved = geopandas.GeoSeries(courses, crs="EPSG:4547").translate(500_000, 3_650_000)
    geopandas.GeoDataFrame({"name": ["甲路", "乙路"]}, geometry=moved).to_file(path)
    result = run("import", path, "-o", tmp_path / "o.geojson")
    assert "乙路: 302 m from 1 piece; 10 m added to meet 甲路; accuracy 10 m" in result.stdout


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--crs", "EPSG:4326"], "it declares CGCS2000"),
        (["--layer", "nix"], "it has no layer nix, but survey"),
        (["--name-field", "nix"], "it has no column nix, but name"),
        (["--max-gap", "-1"], "Invalid value for '--max-gap': -1.0 is not 0 or more metres."),
        (["--accuracy", "nan"], "Invalid value for '--accuracy': nan is not 0 or more metres."),
        (["--max-gap", "inf"], "Invalid value for '--max-gap': inf is not 0 or more metres."),
    ],
)
def test_bad_options_are_refused_and_the_old_file_stays(
    options: list[str], reason: str, run: Run, survey: Path, tmp_path: Path
) -> None:
    output = tmp_path / "centrelines.geojson"
    output.write_text("the old one")
    assert reason in told(run("import", survey, "-o", output, *options))
    assert output.read_text() == "the old one"


def test_a_damaged_file_is_refused_and_the_old_one_stays(run: Run, tmp_path: Path) -> None:
    output = tmp_path / "centrelines.geojson"
    output.write_text("the old one")
    (tmp_path / "bad.gpkg").write_bytes(b"")
    assert told(run("import", tmp_path / "bad.gpkg", "-o", output)).startswith("bad.gpkg: not")
    assert output.read_text() == "the old one"
    assert sorted(path.name for path in tmp_path.glob(".*")) == []


@pytest.mark.slow
def test_an_output_that_cannot_be_written_is_refused(
    run: Run, survey: Path, tmp_path: Path
) -> None:
    output = tmp_path / "no folder" / "centrelines.geojson"
    assert told(run("import", survey, "-o", output)).endswith(
        "cannot be written: No such file or directory"
    )


def test_check_exits_1_for_a_line_that_is_missing_or_partial(
    run: Run, survey: Path, tmp_path: Path
) -> None:
    output = tmp_path / "centrelines.geojson"
    run("import", survey, "-o", output)
    collection = json.loads(output.read_text(encoding="utf-8"))
    for feature in collection["features"]:
        if feature["properties"]["name"] == "纬4路":
            feature["properties"]["name"] = "纬四路"
        if feature["properties"]["name"] == "纬3路":
            feature["geometry"]["coordinates"] = feature["geometry"]["coordinates"][:5]
    output.write_text(json.dumps(collection), encoding="utf-8")
    result = run("check", output)
    assert (result.exit_code, result.stderr) == (1, "")
    assert "纬4路: missing, bounds 8 regions; similar in the file: 纬四路" in result.stdout
    [line] = [line for line in result.stdout.splitlines() if line.startswith("纬3路")]
    assert line.startswith("纬3路: partial, 4000 m, crosses 4 of 5 lines; ends ")
    assert line.endswith(" m short of 经4路")
    assert result.stdout.splitlines()[-1].startswith("8 found, 1 partial, 1 missing; ")

    result = run("check", output, "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert (report["passed"], report["regions"]) == (False, 32)
    assert {line["status"] for line in report["lines"]} == {"found", "partial", "missing"}


def test_check_refuses_what_build_would_refuse(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "bad.geojson"
    path.write_text("{}")
    assert told(run("check", path)) == "bad.geojson: not a GeoJSON FeatureCollection"


def test_the_query_names_every_line_and_spelling(run: Run, tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["build", "--layouts=40"]).exit_code == 0
    result = run("export-osm-query")
    assert (result.exit_code, result.stderr) == (0, "")
    names = [*regular_city().truth, "经零路"]
    assert all(f'way["name"="{name}"]["highway"];' in result.stdout for name in names)
    assert result.stdout.count("way[") == 3 * len(names)

    output = tmp_path / "query.ql"
    written = run("export-osm-query", "-o", output)
    assert output.read_text(encoding="utf-8") == result.stdout
    assert written.stdout == f"{output}: 10 lines, 1 other spelling\n"


def test_the_query_of_a_city_that_is_not_built_is_refused(run: Run) -> None:
    assert "parcels.geojson" in told(run("export-osm-query"))


def test_every_command_has_help() -> None:
    for name, command in network.commands.items():
        assert isinstance(command, click.Command)
        assert CliRunner().invoke(network, [name, "--help"]).exit_code == 0
        assert command.get_short_help_str()
