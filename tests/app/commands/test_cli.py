"""The command line: what each command prints, where, and with which exit status."""

from __future__ import annotations

import ast
import json
import re
import shutil
from hashlib import sha256
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import click
import geopandas
import pytest

from app.cli import main
from app.commands.audit_text import mixing_text
from app.commands.console import number_text, size_text
from app.commands.language import plain
from app.settings import Settings
from app.web.app import create_app
from geo.crs import Crs, from_wgs84
from geo.layouts.file import read_layouts
from geo.lookup.ranking import percent
from geo.model import COMMERCIAL, RESIDENTIAL
from geo.symbology import PRICE_CLASSES_FILE
from maps.sheet.draw import FORMATS
from tests.app.conftest import strict_json
from tests.metric import SYSTEMS, from_metric
from tests.paths import DATA, GAZETTE_ISSUE, HELSINKI_NAMED_WAYS, ROOT
from tests.synthetic import ADMIN_CODE, CENTRE_M, HEADER

if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import CompletedProcess

    from click.testing import Result
    from starlette.testclient import TestClient

    from app.web.edition import LoadedEdition
    from tests.app.conftest import Ask, CityFolder, Invoke, Landprice, Start

COMMANDS = (
    "appraise",
    "audit",
    "basemap",
    "build",
    "certificate",
    "compare",
    "diff",
    "editions",
    "export",
    "join",
    "map",
    "network",
    "new-city",
    "portfolio",
    "price",
    "publish",
    "rollback",
    "serve",
    "sheet",
    "survey",
    "workbench",
)
BUILT = ("parcels.geojson", "network.geojson", "layouts.parquet")
LON, LAT = 114.0127, 32.9930  # the place in the README
PLACE = (str(LON), str(LAT))
OVERLAP = "411700S50011 and 411700S50020 overlap"
LET_GO = (
    OVERLAP,
    "411700S50003 and 411700S50015 overlap",
    "411700S50006 and 411700S50014 overlap",
    "411700S50007 and 411700S50014 overlap",
    "洪河大道 before 板桥路 (parcel of 411700Z70008) lacks 150 m",
)
COLUMNS = "id,line,lon,lat,crs,line_is,offset_m,error_m,relation,grade,source\n"
MANIFEST = f"""\
admin_code = "{ADMIN_CODE}"
[[centrelines]]
file = "rail.geojson"
name = "rail"
line = "经1路"
error_m = 9
source = "synthetic"
"""


def status_of(result: Result | CompletedProcess[str]) -> int:
    return result.exit_code if hasattr(result, "exit_code") else result.returncode


def check_done(result: Result | CompletedProcess[str], *, stderr: str = "") -> None:
    assert (status_of(result), result.stderr) == (0, stderr)
    assert result.stdout


def check_refused(result: Result | CompletedProcess[str], *, problems: int = 1) -> str:
    """Check that input was refused as promised, and return what the user is told."""
    assert (status_of(result), result.stdout) == (2, ""), result.stderr
    told: str = result.stderr
    assert told.startswith("landprice: ")
    assert told.endswith("\n")
    assert told.count("\n") == problems, told
    assert "Traceback" not in told
    return told.removeprefix("landprice: ").removesuffix("\n")


def check_unwritten(folder: Path) -> None:
    """Check that no built file, and no draft of one, is in a folder."""
    assert [path.name for path in folder.iterdir() if "geojson" in path.name] == []


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = strict_json(path.read_text(encoding="utf-8"))
    return content


def sources_of(path: Path) -> set[str]:
    """Return the sources of geometry that the regions in a file name."""
    return {feature["properties"]["geometry_source"] for feature in read(path)["features"]}


def write_evidence(folder: CityFolder, manifest: str = MANIFEST, **rail: Any) -> None:  # noqa: ANN401
    """Write a manifest, and the railway file it names, with a feature of the given members."""
    network = folder.data / "network"
    network.mkdir(exist_ok=True)
    (network / "evidence.toml").write_text(manifest, encoding="utf-8")
    given = read(folder.centrelines)["features"]
    true = next(f for f in given if f["properties"]["name"] == "经1路")
    feature = {**true, "properties": {"name": "rail"}, **rail}
    collection = {"type": "FeatureCollection", "attribution": "synthetic", "features": [feature]}
    (network / "rail.geojson").write_text(json.dumps(collection), encoding="utf-8")


def replace_in(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


# build


def test_build_of_the_shipped_inputs_gives_the_shipped_files(
    landprice: Landprice, tmp_path: Path
) -> None:
    target = tmp_path / "regions.geojson"
    result = landprice("build", "-o", str(target))
    check_done(result, stderr="".join(f"could not hold: {one}\n" for one in LET_GO))
    network, layouts = tmp_path / "network.geojson", tmp_path / "layouts.parquet"
    checksum = sha256(target.read_bytes()).hexdigest()
    assert result.stdout == (
        f"{target}: 66 regions, 0 of them official, 24 free in position\n{network}: 59 lines\n"
        f"{layouts}: {mixing_text(read_layouts(layouts, parcels_sha256=checksum))}\n"
    )
    assert sorted(tmp_path.iterdir()) == [layouts, network, target]
    assert target.read_bytes() == (DATA / "parcels.geojson").read_bytes()
    assert network.read_bytes() == (DATA / "network.geojson").read_bytes()


def test_build_of_another_city_from_its_words_alone(
    invoke: Invoke, city_folder: CityFolder
) -> None:
    result = invoke("build", "--layouts", "40", data=city_folder.data)
    check_done(result)
    parcels, network, layouts = (city_folder.data / name for name in BUILT)
    first, second, third = result.stdout.splitlines()
    assert first.startswith(f"{parcels}: 32 regions, ")
    assert second == f"{network}: 10 lines"
    assert third.startswith(f"{layouts}: 40 layouts; R-hat of the lines: median ")
    codes = [feature["id"] for feature in read(parcels)["features"]]
    assert len(codes) == 32
    assert all(code.startswith(ADMIN_CODE) for code in codes)
    assert sources_of(parcels) == {"schematic"}
    lon, lat = from_metric(easting_m=CENTRE_M[0] + 100.0, northing_m=CENTRE_M[1] + 100.0)
    answer = invoke("price", str(lon), str(lat), "--json", data=city_folder.data)
    check_done(answer)
    body = strict_json(answer.stdout)
    assert body["covered"] is True
    uses = {place["use"] for place in (*body["prices"], *body["nearest"])}
    assert uses == {"commercial", "residential"}


def test_build_of_another_city_with_its_true_centrelines(
    invoke: Invoke, city_folder: CityFolder, tmp_path: Path
) -> None:
    target = tmp_path / "built.geojson"
    given = ("--gazette", str(city_folder.table), "--network", str(city_folder.centrelines))
    result = invoke("build", *given, "-o", str(target), "--layouts=40", data=tmp_path)
    check_done(result)
    assert result.stdout.startswith(
        f"{target}: 32 regions, 0 of them official, 0 free in position\n"
        f"{tmp_path / 'network.geojson'}: 10 lines\n"
    )
    assert sources_of(target) == {"centrelines"}
    inputs = {f"gazette/2030.{end}" for end in ("tsv", "toml")}
    assert set(read(target)["inputs"]) == inputs | {"centrelines/centrelines.geojson"}
    check_unwritten(city_folder.data)


def test_build_names_every_damaged_row_and_writes_nothing(
    invoke: Invoke, city_folder: CityFolder
) -> None:
    rows = [row.split("\t") for row in city_folder.city.table.splitlines()]
    rows[1][11] = "12O0"
    rows[4][3] = "东至经1路、西至经0路"
    rows[6][2] = rows[5][2]
    del rows[8][7]
    rows[9][8] = "-2"
    table = "\n".join("\t".join(row) for row in rows)
    city_folder.table.write_text(table, encoding="utf-8")
    for name in BUILT:
        (city_folder.data / name).write_text("old", encoding="utf-8")
    problems = check_refused(
        invoke("build", "--layouts=40", data=city_folder.data), problems=5
    ).splitlines()
    places = [problem.split(":")[0] for problem in problems]
    assert places == [
        "line 2, ground_price_cny_m2",
        "line 5, bounds",
        "line 7, code",
        "line 9, plot_ratio",  # the area is lost, so 七通一平 stands here
        "line 10, plot_ratio",
    ]
    assert problems[0].endswith("'12O0' is not a positive number")
    assert "12 cells instead of 13" in problems[3]
    names = {path.name for path in city_folder.data.iterdir()}
    assert names == {"gazette", PRICE_CLASSES_FILE, *BUILT}
    assert {(city_folder.data / name).read_text(encoding="utf-8") for name in BUILT} == {"old"}


@pytest.mark.parametrize(
    ("path", "content", "named"),
    [
        ("gazette/2030.tsv", b"\xff", "2030.tsv"),
        ("gazette/2030.tsv", b"no table\n", "no table"),
        ("gazette/2030.toml", b"= =", "2030.toml"),
        ("gazette/2030.toml", b"city = 1\n", "2030.toml"),
        ("network/evidence.toml", b"= =", "evidence.toml"),
        ("network/evidence.toml", b"\xff", "evidence.toml"),
        ("network/evidence.toml", b'admin_code = "999900"\naliases = 3\n', "evidence.toml"),
        ("network/control_points.csv", b"\xff\xfe", "control_points.csv"),
        ("network/control_points.csv", b"id,line\n1,2\n", "control_points.csv, line 2"),
        (
            "network/control_points.csv",
            f"{COLUMNS}1,经1路,x,32,wgs84,at,0,10,,,\n".encode(),
            "control_points.csv, line 2",
        ),
        (
            "network/control_points.csv",
            f"{COLUMNS}1,经1路,114,32,mars,at,0,10,,,\n".encode(),
            "control_points.csv, line 2",
        ),
    ],
)
def test_build_from_a_damaged_file(
    invoke: Invoke, city_folder: CityFolder, path: str, content: bytes, named: str
) -> None:
    write_evidence(city_folder)
    (city_folder.data / path).write_bytes(content)
    problems = 10 if b"city = 1" in content else 1  # its other keys are missing
    assert named in check_refused(
        invoke("build", "--layouts=40", data=city_folder.data), problems=problems
    )
    check_unwritten(city_folder.data)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('file = "rail.geojson"', 'file = "rails.geojson"'),
        ('file = "rail.geojson"', "file = 3"),
        ('name = "rail"', 'name = "rails"'),
        ("error_m = 9", "error_m = 'near'"),
        ("source =", "sauce ="),
    ],
)
def test_build_from_a_damaged_entry_of_the_evidence(
    invoke: Invoke, city_folder: CityFolder, old: str, new: str
) -> None:
    write_evidence(city_folder)
    elsewhere = str(city_folder.centrelines.with_name("x"))
    check_done(invoke("build", "--layouts=40", "-o", elsewhere, data=city_folder.data))
    write_evidence(city_folder, MANIFEST.replace(old, new))
    told = check_refused(invoke("build", data=city_folder.data))
    assert told.startswith(("evidence.toml: ", "rail.geojson: ", "rails.geojson: "))
    assert old.split(" ", maxsplit=1)[0] in told or "rails" in told
    check_unwritten(city_folder.data)


@pytest.mark.parametrize("geometry", [None, {"type": "LineString", "coordinates": []}])
def test_build_from_evidence_without_positions(
    invoke: Invoke, city_folder: CityFolder, geometry: dict[str, Any] | None
) -> None:
    write_evidence(city_folder, geometry=geometry)
    told = check_refused(invoke("build", data=city_folder.data))
    assert told.startswith("rail.geojson: feature 1: rail ")
    check_unwritten(city_folder.data)


def test_build_from_a_notice_with_a_time_of_day(invoke: Invoke, city_folder: CityFolder) -> None:
    notice = city_folder.table.with_suffix(".toml")
    replace_in(notice, "valuation_date = 2030-01-01", "valuation_date = 2030-01-01T08:00:00")
    told = check_refused(invoke("build", data=city_folder.data))
    assert told.startswith("2030.toml: valuation_date is ")
    assert told.endswith("it must be a date, as 2022-01-01")
    check_unwritten(city_folder.data)


@pytest.mark.parametrize(
    "content",
    [
        "",
        '"text"',
        "[1]",
        '{"features": 3}',
        '{"features": null}',
        '{"features": [null]}',
        '{"features": [{"properties": {"name": "经1路"}, "geometry": null}]}',
    ],
)
def test_build_with_damaged_centrelines(
    invoke: Invoke, city_folder: CityFolder, content: str
) -> None:
    city_folder.centrelines.write_text(content, encoding="utf-8")
    result = invoke(
        "build", "--layouts=40", "--network", str(city_folder.centrelines), data=city_folder.data
    )
    assert check_refused(result).startswith("centrelines.geojson")
    check_unwritten(city_folder.data)


def test_build_with_the_centrelines_of_another_city(
    invoke: Invoke, city_folder: CityFolder, tmp_path: Path
) -> None:
    target = tmp_path / "out" / "parcels.geojson"
    target.parent.mkdir()
    result = invoke(
        "build", "--layouts=40", "--network", str(city_folder.centrelines), "-o", str(target)
    )
    told = check_refused(result)
    assert told.startswith("none of the 10 centrelines is named like one of the 59 lines")
    check_unwritten(target.parent)


def test_build_refuses_its_own_inferred_network(invoke: Invoke, tmp_path: Path) -> None:
    network = DATA / "network.geojson"
    result = invoke("build", "--network", str(network), "-o", str(tmp_path / BUILT[0]))
    assert "network.geojson: geometry_source is schematic" in check_refused(result)
    check_unwritten(tmp_path)


def test_build_into_a_folder_that_does_not_exist(
    invoke: Invoke, city_folder: CityFolder, tmp_path: Path
) -> None:
    target = tmp_path / "missing" / "parcels.geojson"
    told = check_refused(invoke("build", "-o", str(target), data=city_folder.data))
    assert told == f"{target} cannot be written: No such file or directory"
    assert not target.parent.exists()
    check_unwritten(city_folder.data)


@pytest.mark.parametrize("subcommand", ["build", "audit"])
def test_a_table_without_rows(invoke: Invoke, city_folder: CityFolder, subcommand: str) -> None:
    city_folder.table.write_text(f"{HEADER}\n", encoding="utf-8")
    check_refused(invoke(subcommand, data=city_folder.data), problems=2)  # one a use announced
    notice = city_folder.table.with_suffix(".toml")
    for use in (COMMERCIAL, RESIDENTIAL):
        replace_in(notice, f"{use} = 16", f"{use} = 0")
    told = check_refused(invoke(subcommand, data=city_folder.data))
    assert told == "the table of standard land prices has no rows"
    check_unwritten(city_folder.data)


def test_a_folder_without_a_table(invoke: Invoke, tmp_path: Path) -> None:
    for command in ("build", "audit"):
        told = check_refused(invoke(command, data=tmp_path))
        assert re.fullmatch(r"no gazette table \(\.tsv, .+\) in the folder gazette", told)
    assert list(tmp_path.iterdir()) == []


# price


def test_price_in_words(landprice: Landprice, ask: Ask) -> None:
    result = landprice("price", *PLACE)
    check_done(result)
    answer = ask(lon=LON, lat=LAT)
    shares = [price["probability"] for price in answer["prices"]]
    [near] = answer["nearest"]
    lines = result.stdout.splitlines()
    years = answer["edition"]["valuation_age_years"]
    assert lines[:4] == [
        "114.0127, 32.993 (wgs84)",
        f"驻政〔2023〕13号, valuation date 2022-01-01 ({years} years ago)",
        "",
        f"Commercial land  4415 yuan/m²  certain (probability {percent(shares[0], decimals=1)}%)",
    ]
    assert lines[4] == (
        "  411700S50002  floor 2208 yuan/m², plot ratio 2, 40 years, 出让, 七通一平"
    )
    bounds = answer["prices"][0]["bounds"]
    for side in ("east", "west", "south", "north"):
        bound = bounds[side]
        told = f"{side} {bound['line']} {bound['distance_m']:.0f} m (±{bound['accuracy_m']:.0f} m)"
        assert told in lines[5]
    assert (
        f"Residential land  5310 yuan/m²  certain (probability {percent(shares[1], decimals=1)}%)"
        in lines
    )
    none, held = answer["chances"]["industrial"]["none_probability"], near["probability"]
    assert lines[-2] == f"Industrial land  no region here (with {percent(none, decimals=1)}%)"
    may = f", which may hold it ({percent(held, decimals=1)}%)" if held else ""
    assert lines[-1] == f"  nearest {near['code']}, {near['distance_m']:.0f} m away{may}"


def test_price_in_words_of_industrial_land(invoke: Invoke, edition: LoadedEdition) -> None:
    """It has no floor price."""
    region = next(r for r in edition.parcels.regions if r.code == "411700G60001")
    point = region.polygon.representative_point()
    result = invoke("price", repr(point.x), repr(point.y), "--use", "industrial")
    check_done(result)
    [terms] = [line for line in result.stdout.splitlines() if line.startswith(f"  {region.code}")]
    assert terms.startswith("  411700G60001  plot ratio ")
    assert "floor" not in result.stdout


def test_price_in_words_where_a_boundary_may_be_off(invoke: Invoke, ask: Ask) -> None:
    answer = ask(lon=114.023, lat=32.972)
    result = invoke("price", "114.023", "32.972")
    check_done(result)
    lines = result.stdout.splitlines()
    assert any(
        line.startswith("Commercial land  3400 or 4520 yuan/m²  not certain") for line in lines
    )
    for price in answer["prices"]:
        for other in price["alternatives"]:
            value, share = other["ground_price_cny_m2"], other["probability"]
            assert (
                f"  or {other['code']}  {value}  probability {percent(share, decimals=1)}%" in lines
            )
    [near] = answer["nearest"]
    away, may = (
        f"{near['distance_m']:.0f} m away",
        f"which may hold it ({percent(near['probability'], decimals=1)}%)",
    )
    assert f"  nearest {near['code']}, {away}, {may}" in lines
    question = answer["question"]
    assert f"On which side of {question['line']}? If you know, add one of:" in lines
    for side in question["sides"]:
        assert any(line.startswith(f"  --known {side}_of:{question['line']}  ") for line in lines)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (size_text(0), "0 bytes"),
        (size_text(999), "999 bytes"),
        (size_text(21_450), "21.4 kB"),
        (size_text(3_260_000), "3.3 MB"),
        (number_text(0.5), "0"),
        (number_text(43.21), "43"),
        (number_text(45_678), "45 700"),
        (number_text(1_234_567), "1.23 million"),
    ],
)
def test_numbers_are_never_nothing_point_nothing(text: str, told: str) -> None:
    assert text == told


@pytest.mark.slow
def test_a_terminal_in_chinese(landprice: Landprice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    words = landprice("price", "文明大道与开源大道交叉口").stdout
    for told in (
        "文明大道与开源大道交叉口：约在 ",
        "商服用地  4260 或 3785 元/平方米  还不能确定（概率 50.0%）",
        "在开源大道的哪一边？知道的话，请加上：",
        "估价期日 2022-01-01",
    ):
        assert told in words
    assert not re.search("[a-z]{6}", re.sub(r"--known \S+", "", words))
    assert "代替坐标" in landprice("join", "--help").stdout
    refused = landprice("price", "东门口").stderr.splitlines()
    assert refused[0].startswith("landprice: 看不懂这处位置。")
    assert refused[1].startswith("at is '东门口', of which '东门口' cannot be read")
    assert landprice("price", "--at").stderr.startswith("landprice: 命令写法有误，")
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert "certain (probability" in landprice("price", *PLACE).stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("landprice pr", ["price"]),
        ("landprice export g", ["gpkg", "geojson"]),
        ("landprice price --crs gc", ["gcj02"]),
        ("landprice sheet in", ["industrial"]),
    ],
)
def test_a_shell_completes(
    landprice: Landprice, monkeypatch: pytest.MonkeyPatch, words: str, offered: list[str]
) -> None:
    monkeypatch.setenv("_LANDPRICE_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    lines = landprice().stdout.splitlines()
    assert sorted(line.removeprefix("plain,") for line in lines) == sorted(offered)


def test_help_in_chinese_leaves_the_commands_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(name: str) -> set[str]:
        command = main.commands[name]
        inner = command.commands.values() if isinstance(command, click.Group) else ()
        options = (one for each in (command, *inner) for one in each.params)
        return {plain(one.help) for one in options if isinstance(one, click.Option)}

    assert isinstance(main, click.Group)
    for name in ("join", "survey"):
        english = told(name)
        monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
        assert not english & told(name)
        monkeypatch.setenv("LC_ALL", "C")
        assert told(name) == english


def test_every_help_text_is_in_chinese_too() -> None:
    chinese = json.loads((ROOT / "app/commands/help_zh.json").read_text(encoding="utf-8"))
    found: set[str] = set()

    def walk(command: click.Command) -> None:
        found.add(plain(command.help))
        found.update(
            plain(one.help) for one in command.params if isinstance(one, click.Option) and one.help
        )
        if isinstance(command, click.Group):
            for inner in command.commands.values():
                walk(inner)

    walk(main)
    assert found == set(chinese)


def test_every_error_is_in_chinese_too() -> None:
    chinese = json.loads((ROOT / "app/commands/errors_zh.json").read_text(encoding="utf-8"))
    of_classes, of_calls, texts = set(), set(), set()
    for path in (*ROOT.glob("geo/**/*.py"), *ROOT.glob("app/**/*.py"), *ROOT.glob("maps/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.ClassDef(name=name, body=body) if name.endswith("Error"):
                    of_classes |= {
                        one.value.value
                        for one in body
                        if isinstance(one, ast.Assign)
                        and isinstance(one.value, ast.Constant)
                        and [ast.unparse(target) for target in one.targets] == ["code"]
                    }
                case ast.keyword(arg="code", value=ast.Constant(value=str(code))):
                    if "web" not in path.parts:
                        of_calls.add(code)
                case ast.Constant(value=str(text)):
                    texts.add(text)
    only_http = {"unsupported_media_type"}
    assert (of_classes | of_calls) - only_http <= set(chinese)
    assert set(chinese) <= texts


@pytest.mark.parametrize(
    "args",
    [
        ("114.0127,32.9930",),
        ("114.0127 32.9930",),
        ("东经114°00′45.72″ 北纬32°59′34.8″",),
        ("114°00'45.72\"E", "32°59'34.8\"N"),
        ("32°59'34.8\"N,114°00'45.72\"E",),
        ("32.9930,114.0127",),
        ("geo:32.9930,114.0127",),
    ],
)
def test_places_as_people_write_them(invoke: Invoke, args: tuple[str, ...]) -> None:
    result = invoke("price", *args, "--json")
    check_done(result)
    answer = strict_json(result.stdout)
    assert answer["query"]["lon"] == pytest.approx(114.0127, abs=1e-9)
    assert [price["code"] for price in answer["prices"]] == ["411700S50002", "411700Z70007"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("32.9930", "114.0127"), "swapped they lie in 驻马店市"),
        (("32.9930N", "114.0127E"), "lon is '32.9930N', which says that it is the lat."),
        (("114.0127",), "which is no coordinate; write two numbers such as"),
        (("https://surl.amap.com/ab",), "is a link of surl.amap.com without a coordinate"),
        (("文明大道东侧", "--crs", "gcj02"), "in words, which have no coordinate system"),
        (("geo:32.99,114.01", "--crs", "gcj02"), "at has a coordinate in wgs84; leave crs out"),
        (("114°00'E,32°59'N", "--crs", "epsg:4547"), "has metres"),
    ],
)
def test_places_that_cannot_be_meant(invoke: Invoke, args: tuple[str, ...], said: str) -> None:
    result = invoke("price", *args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


@pytest.mark.parametrize("crs", SYSTEMS)
def test_price_in_every_crs(invoke: Invoke, crs: Crs) -> None:
    lon, lat = from_wgs84(lon=LON, lat=LAT, crs=crs)
    result = invoke("price", repr(lon), repr(lat), "--crs", crs.value, "--json")
    check_done(result)
    answer = strict_json(result.stdout)
    assert answer["query"] == {"lon": lon, "lat": lat, "crs": crs.value}
    assert [price["code"] for price in answer["prices"]] == ["411700S50002", "411700Z70007"]


@pytest.mark.parametrize(
    ("args", "query"),
    [
        (PLACE, {"lon": "114.0127", "lat": "32.993"}),
        (
            (*PLACE, "--crs", "gcj02"),
            {"lon": "114.0127", "lat": "32.993", "crs": "gcj02"},
        ),
        (
            ("--use", "industrial", *PLACE),
            {"lon": "114.0127", "lat": "32.993", "use": "industrial"},
        ),
        (
            ("501190", "3651700", "--crs=epsg:4547"),
            {"lon": "501190", "lat": "3651700", "crs": "epsg:4547"},
        ),
        (("-10", "-20"), {"lon": "-10", "lat": "-20"}),
        (
            ("--crs", "bd09", "-1.5e1", "-0"),
            {"lon": "-1.5e1", "lat": "-0", "crs": "bd09"},
        ),
        (("--", "-180", "90"), {"lon": "-180", "lat": "90"}),
    ],
)
def test_price_as_json_is_the_body_over_http(
    invoke: Invoke, client: TestClient, args: tuple[str, ...], query: dict[str, str]
) -> None:
    result = invoke("price", "--json", *args)
    check_done(result)
    response = client.get("/v1/price", params=query)
    assert response.status_code == 200, response.text
    printed, body = strict_json(result.stdout), strict_json(response.text)
    assert json.dumps(printed) == json.dumps(body)  # 2.0 is not 2 here, and order counts


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((*PLACE, "--crs", "mars"), "crs is 'mars'"),
        (("32.993", "114.0127"), "give lon=114.0127 and lat=32.993"),
        (("nan", "33"), "lon must be from -180 to 180 in wgs84, but is nan"),
        (("114", "-inf"), "lat must be from -90 to 90 in wgs84, but is -inf"),
        (("-180.5", "33"), "-180.5"),
        (("37500000", "3650000"), "37500000"),
    ],
)
def test_price_refuses_what_http_refuses(
    invoke: Invoke, client: TestClient, args: tuple[str, ...], message: str
) -> None:
    told = check_refused(invoke("price", *args))
    assert message in told
    query = {"lon": args[0], "lat": args[1], **({"crs": args[3]} if len(args) > 2 else {})}
    assert client.get("/v1/price", params=query).status_code == 422


@pytest.mark.parametrize(
    "args", [("nan", "33"), ("32.993", "114.0127"), ("114", "33", "--crs", "mars")]
)
def test_price_in_a_process_of_its_own_refuses_in_one_line(
    landprice: Landprice, args: tuple[str, ...]
) -> None:
    check_refused(landprice("price", *args))


def test_price_without_data(invoke: Invoke, tmp_path: Path) -> None:
    told = check_refused(invoke("price", *PLACE, data=tmp_path))
    assert told.startswith("parcels.geojson cannot be read ")
    assert told.endswith(": run landprice build")
    parcels = tmp_path / "parcels.geojson"
    shutil.copy(Settings().parcels, parcels)
    replace_in(parcels, '"plot_ratio":', '"plot_ration":')
    told = check_refused(invoke("price", *PLACE, data=tmp_path))
    assert told.startswith("parcels.geojson is damaged: features.0.properties.plot_ratio: ")
    parcels.write_bytes(b"\xff")
    assert "parcels.geojson is damaged" in check_refused(invoke("price", *PLACE, data=tmp_path))


# audit


def damage_a_floor_price(folder: CityFolder) -> str:
    """Change the floor price of a region and return its code."""
    rows = [row.split("\t") for row in folder.city.table.splitlines()]
    assert (rows[3][11], rows[3][12]) == ("1030", "515")
    rows[3][12] = "551"
    folder.table.write_text("\n".join("\t".join(row) for row in rows), encoding="utf-8")
    return rows[3][2]


def test_audit_of_a_city_in_words(invoke: Invoke, city_folder: CityFolder) -> None:
    brief = invoke("audit", data=city_folder.data)
    check_done(brief)
    assert [section.split("\n")[0] for section in brief.stdout.split("\n\n")] == [
        "Audit passed: every finding is a known exception",
        "Regions",
        "Lists",
    ]
    assert "10 lines, accuracy " in brief.stdout
    result = invoke("audit", "--verbose", data=city_folder.data)
    check_done(result)
    assert result.stdout.startswith(brief.stdout.rstrip("\n"))
    sections = result.stdout.split("\n\n")
    assert [section.split("\n")[0] for section in sections] == [
        "Audit passed: every finding is a known exception",
        "Regions",
        "Lists",
        "Standard parcels' crossings against their regions",
        "Region area ÷ parcel area",
        "Control points, with and without them (m)",
        "Lines, least accurate first (m)",
        "Not read from parcels' locations",
        "Oddities of the text",
        "Known findings",
    ]
    assert "commercial: 16 regions, " in sections[1]
    assert "floor price = ground price ÷ plot ratio: 32 rows checked" in sections[1]
    assert sections[-1] == "Known findings\n  none\n"
    check_unwritten(city_folder.data)


def test_audit_of_a_city_as_json(invoke: Invoke, city_folder: CityFolder) -> None:
    """With a point on one line and a railway on another."""
    write_evidence(city_folder)
    lon, lat = from_metric(easting_m=CENTRE_M[0], northing_m=CENTRE_M[1] + 500.0)
    point = f"p1,经2路,{lon!r},{lat!r},wgs84,at,0,10,,,\n"
    points = city_folder.data / "network" / "control_points.csv"
    points.write_text(COLUMNS + point, encoding="utf-8")
    result = invoke("audit", "--json", data=city_folder.data)
    check_done(result)
    report = strict_json(result.stdout)
    assert report["passed"] is True
    assert report["findings"] == []
    assert report["counts"] == {"commercial": 16, "residential": 16}
    assert len(report["crossings"]) == 32
    sources = {line["name"]: line["source"] for line in report["lines"]}
    assert (len(sources), sources["经1路"]) == (10, "synthetic")
    assert sources["经2路"] == "control points p1"
    [check] = report["points"]
    assert (check["id"], check["line"]) == ("p1", "经2路")
    assert check["distance_m"] <= 10.0


def test_audit_of_a_city_with_its_true_centrelines(invoke: Invoke, city_folder: CityFolder) -> None:
    given = ("--gazette", str(city_folder.table), "--network", str(city_folder.centrelines))
    result = invoke("audit", "--json", *given)
    check_done(result)
    report = strict_json(result.stdout)
    assert report["passed"] is True
    assert report["placements"] == {"tied": 32}
    assert {crossing["place"] for crossing in report["crossings"]} == {"on its edge"}
    assert {line["source"] for line in report["lines"]} == {"given centreline"}
    assert {line["accuracy_m"] for line in report["lines"]} == {5.0}


def test_audit_fails_until_the_finding_is_explained(
    invoke: Invoke, city_folder: CityFolder
) -> None:
    code = damage_a_floor_price(city_folder)
    finding = f"{code}: the floor price is 551, but 1030 ÷ 2 is 515"
    result = invoke("audit", data=city_folder.data)
    assert (result.exit_code, result.stderr) == (1, "")
    assert result.stdout.startswith(f"Audit FAILED\n  NEW  {finding}\n\nRegions\n")
    result = invoke("audit", "--json", data=city_folder.data)
    assert (result.exit_code, result.stderr) == (1, "")
    report = strict_json(result.stdout)
    assert report["passed"] is False
    assert report["findings"] == [
        {"key": f"floor_price:{code}", "message": finding, "reason": None}
    ]
    known = f'[[exceptions]]\nfinding = "floor_price:{code}"\nreason = "a misprint"\n'
    exceptions = city_folder.table.with_suffix(".exceptions.toml")
    exceptions.write_text(known, encoding="utf-8")
    result = invoke("audit", "--verbose", data=city_folder.data)
    check_done(result)
    assert f"  known  {finding}\n         a misprint\n" in result.stdout


def test_audit_with_damaged_exceptions(invoke: Invoke, city_folder: CityFolder) -> None:
    exceptions = city_folder.table.with_suffix(".exceptions.toml")
    for content in (
        b"\xff",
        b"= =",
        b"[[exception]]\n",
        b"exceptions = 3\n",
        b"exceptions = [3]\n",
        b'[[exceptions]]\nfinding = "x"\n',
    ):
        exceptions.write_bytes(content)
        told = check_refused(invoke("audit", data=city_folder.data))
        assert told.startswith("2030.exceptions.toml: not a list of [[exceptions]]")


def audited(landprice: Landprice, *options: str) -> str:
    done = landprice("audit", *options)
    assert (done.returncode, done.stderr) == (0, "")  # no progress bar without a terminal
    return done.stdout


@pytest.fixture(scope="module")
def audit_as_json(landprice: Landprice) -> dict[str, Any]:
    report: dict[str, Any] = strict_json(audited(landprice, "--json"))
    return report


@pytest.fixture(scope="module")
def audit_in_words(landprice: Landprice) -> str:
    """Of the gazette issue, with the damage of its scan."""
    return audited(landprice, f"--gazette={GAZETTE_ISSUE}", "--verbose")


@pytest.mark.slow
def test_audit_of_the_shipped_data_as_json(audit_as_json: dict[str, Any]) -> None:
    report = audit_as_json
    assert report["passed"] is True
    assert report["counts"] == {"commercial": 27, "residential": 27, "industrial": 12}
    assert report["placements"] == {"free": 24, "tied": 42}
    assert report["floor_prices_checked"] == 54
    assert len(report["crossings"]) == len(report["area_ratios"]) == 66
    outside = [one["code"] for one in report["crossings"] if one["place"] == "outside"]
    assert outside == ["411700Z70008"], "whose place is let go"
    assert len(report["lines"]) == 59
    assert len(report["points"]) == 36
    assert report["findings"]
    for finding in report["findings"]:
        assert finding["key"]
        assert finding["message"]
        assert finding["reason"]
    assert any(finding["message"].startswith(OVERLAP) for finding in report["findings"])


@pytest.mark.slow
def test_audit_of_the_shipped_data_in_words(
    audit_as_json: dict[str, Any], audit_in_words: str
) -> None:
    """It tells what the JSON tells."""
    report, words = audit_as_json, audit_in_words
    for crossing in report["crossings"]:
        stated = f"  {crossing['code']}  {crossing['place']}: {crossing['location']}"
        assert stated in words
    for point in report["points"]:
        stated = f"  {point['id']} {point['line']}: {point['distance_m']:.0f} off the drawn line"
        assert stated in words
    for line in report["lines"]:
        stated = f"{line['accuracy_m']:8.0f}  {line['name']} ({line['kind']}, {line['axis']}):"
        assert stated in words
    for finding in report["findings"]:
        assert f"  known  {finding['message']}\n         {finding['reason']}\n" in words
    assert "NEW" not in words
    assert words.startswith("Audit passed: every finding is a known exception\n")


def test_audit_of_the_shipped_gazette_in_words(invoke: Invoke, tmp_path: Path) -> None:
    """Its table alone, with nothing known of its lines: not even which names are one."""
    table = DATA / "gazette" / "2022.tsv"
    result = invoke("audit", "--verbose", "--gazette", str(table), data=tmp_path)
    assert (result.exit_code, result.stderr) == (1, "")
    new = re.findall(r"  NEW  (\S+) alone names (\S+), which nearly is (\S+)\n", result.stdout)
    assert [pair for _, *pair in new] == [
        ["朗陵路", "郎陵路"],
        ["柏城路", "栢城路"],
        ["栢城路", "柏城路"],
    ]
    assert "Control points, with and without them (m)\n  none\n" in result.stdout
    assert "Oddities of the text\n  none\n" in result.stdout
    assert f"  known  {OVERLAP} by the gazette's own text: " in result.stdout
    assert "OpenStreetMap" not in result.stdout


@pytest.mark.slow
def test_audit_of_the_gazette_issue_names_the_damaged_tables(audit_in_words: str) -> None:
    issue = GAZETTE_ISSUE.read_text(encoding="utf-8").splitlines()
    lines = audit_in_words.splitlines()
    for code, printed, true in (("G60001", 381, 361), ("G60010", 384, 364), ("G60012", 369, 360)):
        row = next(k for k, line in enumerate(issue, 1) if line.endswith(f"\t{printed}"))
        message = f": 411700{code} at {printed}, Annex 1 says {true}"
        (place,) = (k for k, line in enumerate(lines) if line.endswith(message))
        assert lines[place].startswith(f"  known  line {row}: ")
        assert lines[place + 1].endswith("Annex 1 is authoritative")
    assert sum(" at 3000, Annex 1 says " in line for line in lines) == 27
    assert sum("Annex 1 has no region 411700Z700" in line for line in lines) == 13
    assert not any(re.search("411700S5.* at .*Annex 1 says", line) for line in lines)
    (place,) = (k for k, line in enumerate(lines) if line == "Oddities of the text")
    assert "the header reads 标区区域编号, it should read 标定区域编号" in lines[place + 4]


# usage


@pytest.mark.parametrize(
    "args",
    [
        ("nope",),
        ("build", "extra"),
        ("serve", "--port", "70000"),
        ("price", *PLACE, "--use", "retail"),
    ],
)
def test_bad_usage(invoke: Invoke, args: tuple[str, ...]) -> None:
    told = check_refused(invoke(*args))
    assert any(arg in told for arg in args[-2:])


@pytest.mark.parametrize(
    "args", [("price",), ("serve", "--workers", "0"), ("audit", "--gazette", "missing.tsv")]
)
def test_bad_usage_takes_one_line(landprice: Landprice, args: tuple[str, ...]) -> None:
    check_refused(landprice(*args))


def test_a_command_that_is_misspelt(invoke: Invoke) -> None:
    told = check_refused(invoke("biuld"))
    assert told == "No such command 'biuld'. Did you mean 'build'?"


def test_a_setting_that_cannot_be(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDPRICE_LOG_LEVEL", "loud")
    for args in (("build",), ("audit",), ("serve",), ("price", *PLACE)):
        assert check_refused(invoke(*args)).startswith("LANDPRICE_LOG_LEVEL is 'loud': ")


def test_help_lists_every_command(invoke: Invoke) -> None:
    assert isinstance(main, click.Group)
    assert tuple(sorted(main.commands)) == COMMANDS
    result = invoke("--help")
    check_done(result)
    for name in COMMANDS:
        assert f"\n  {name} " in result.stdout
    bare = invoke()
    assert (bare.exit_code, bare.stdout, bare.stderr) == (2, "", result.stdout)


@pytest.mark.slow
def test_help_reads_no_setting(landprice: Landprice, monkeypatch: pytest.MonkeyPatch) -> None:
    """It imports every command, and nonsense in the environment does not harm that."""
    monkeypatch.setenv("LANDPRICE_LOG_LEVEL", "loud")
    check_done(landprice("--help"))


def test_commands_are_found_by_their_own_names() -> None:
    assert isinstance(main, click.Group)
    assert [command.name for command in main.commands.values()] == list(main.commands)


@pytest.mark.parametrize("subcommand", COMMANDS)
def test_help_explains_every_option(invoke: Invoke, subcommand: str) -> None:
    result = invoke(subcommand, "--help")
    check_done(result)
    text = " ".join(result.stdout.split())
    assert text.startswith(f"Usage: landprice {subcommand} [OPTIONS]")
    for parameter in main.commands[subcommand].params:
        if not isinstance(parameter, click.Option):
            assert f" {parameter.human_readable_name}" in text
            continue
        for name in parameter.opts:
            assert name in text
        told = parameter.help or f"[default: {parameter.default};"
        assert told.replace(" ", "") in text.replace(" ", "")  # lines also end behind hyphens


def test_version(invoke: Invoke) -> None:
    result = invoke("--version")
    check_done(result)
    assert result.stdout == f"landprice, version {version('zhumadian-landprice')}\n"


SCALE_OF_NOUGHT = "Invalid value for '--scale': 0 is not in the range x>=1."


class TestSheet:
    @pytest.mark.slow
    def test_a_folder_gets_every_use_that_there_is_in_every_format(
        self, invoke: Invoke, city_folder: CityFolder, tmp_path: Path
    ) -> None:
        assert invoke("build", "--layouts=40", data=city_folder.data).exit_code == 0
        out = tmp_path / "sheets"
        result = invoke("sheet", "all", "-o", str(out), "--scale", "50000", data=city_folder.data)
        assert result.exit_code == 0, result.output
        names = [f"{use}.{fmt}" for use in ("commercial", "residential") for fmt in FORMATS]
        assert sorted(path.name for path in out.iterdir()) == sorted(names)
        assert [line.split(":")[0] for line in result.stdout.splitlines()] == [
            str(out / name) for name in names
        ]

    def test_the_suffix_says_the_format(
        self, invoke: Invoke, city_folder: CityFolder, tmp_path: Path
    ) -> None:
        assert invoke("build", "--layouts=40", data=city_folder.data).exit_code == 0
        path = tmp_path / "map.SVG"
        scale = ("--scale", "25000", "--size", "A1")
        result = invoke("sheet", "commercial", "-o", str(path), *scale, data=city_folder.data)
        assert result.exit_code == 0, result.output
        text = path.read_text(encoding="utf-8")
        assert text.startswith("<?xml")
        assert "1:25 000" in text
        assert "虚构市商服用地标定区域与标定地价图" in text

    @pytest.mark.parametrize(
        ("args", "message"),
        [
            (
                ("commercial", "-o", "x.jpg"),
                "--output is x.jpg; it must end in .pdf, .svg, .png or be a folder",
            ),
            (("all", "-o", "x.pdf"), "--output is x.pdf; it must be a folder"),
            (("commercial",), "Missing option '-o' / '--output'."),
            (
                ("commercial", "-o", "x.pdf", "--size", "B4"),
                "Invalid value for '--size': 'B4' is not one of 'A4', 'A3', 'A2', 'A1', 'A0'.",
            ),
            (("commercial", "-o", "x.pdf", "--scale", "0"), SCALE_OF_NOUGHT),
            (
                ("commercial", "-o", "absent/x.pdf", "--scale", "50000"),
                "absent/x.pdf cannot be written: No such file or directory",
            ),
        ],
    )
    def test_what_cannot_be_is_said_in_one_line(
        self,
        invoke: Invoke,
        args: tuple[str, ...],
        message: str,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.chdir(tmp_path)
        result = invoke("sheet", *args)
        assert (result.exit_code, result.stderr) == (2, f"landprice: {message}\n")
        assert list(tmp_path.iterdir()) == []


class TestOfficialRegions:
    """Polygons that an authority hands in; here the true blocks of the synthetic city, moved."""

    @staticmethod
    def polygons(folder: CityFolder, invoke: Invoke, *, east_deg: float) -> Any:  # noqa: ANN401
        args = ("build", "--layouts=40", "--network", str(folder.centrelines))
        assert invoke(*args, data=folder.data).exit_code == 0
        frame = geopandas.read_file(folder.data / "parcels.geojson")[["code", "geometry"]]
        frame["geometry"] = frame.geometry.translate(east_deg, 0.0)
        return frame

    def test_prices_are_answered_from_them(
        self, invoke: Invoke, start: Start, city_folder: CityFolder, tmp_path: Path
    ) -> None:
        moved = self.polygons(city_folder, invoke, east_deg=0.05)
        path = tmp_path / "official.shp"
        moved.to_crs("EPSG:4547").to_file(path)
        lines = ("--network", str(city_folder.centrelines))
        args = ("build", "--regions", str(path), "--accuracy", "0.3", *lines)
        result = invoke(*args, data=city_folder.data)
        assert result.exit_code == 0, result.output
        assert "32 regions, 32 of them official, 0 free in position" in result.stdout
        assert "official polygons: 999900S50001: its " in result.stderr, "they lie off the lines"
        code, place = moved["code"].iloc[0], moved.geometry.iloc[0].representative_point()
        with start(create_app(Settings(data=city_folder.data))) as client:
            answer = client.get("/v1/price", params={"lon": place.x, "lat": place.y}).json()
        prices = {price["code"]: price for price in answer["prices"]}
        assert prices[code]["geometry_source"] == "official"
        assert prices[code]["certainty"] == "inside"
        assert prices[code]["bounds"]["east"]["accuracy_m"] == 0.3
        was = place.x - 0.05
        before = invoke("price", str(was), str(place.y), "--json", data=city_folder.data)
        assert strict_json(before.stdout)["covered"] is False

    def test_the_previous_files_are_untouched_when_they_are_refused(
        self, invoke: Invoke, city_folder: CityFolder, tmp_path: Path
    ) -> None:
        frame = self.polygons(city_folder, invoke, east_deg=0.0)
        before = {path: path.read_bytes() for path in city_folder.data.glob("*.geojson")}
        assert len(before) == 2
        frame.loc[0, "geometry"] = None
        frame.to_file(tmp_path / "official.gpkg")
        result = invoke(
            "build", "--regions", str(tmp_path / "official.gpkg"), data=city_folder.data
        )
        told = f"landprice: official.gpkg: {frame['code'][0]} has no geometry\n"
        assert (result.exit_code, result.stderr) == (2, told)
        assert {path: path.read_bytes() for path in before} == before

    def test_an_accuracy_that_is_no_number(self, invoke: Invoke) -> None:
        result = invoke("build", "--accuracy", "far")
        assert (result.exit_code, result.stderr) == (
            2,
            "landprice: Invalid value for '--accuracy': 'far' is not a valid float.\n",
        )


class TestBasemap:
    def test_real_data(self, invoke: Invoke, tmp_path: Path) -> None:
        box = ("--box", "24.935", "60.164", "24.953", "60.179")
        result = invoke("basemap", "import", str(HELSINKI_NAMED_WAYS), "-o", str(tmp_path), *box)
        check_done(result)
        path = tmp_path / "basemap.geojson"
        first, counts = result.stdout.splitlines()
        assert first == f"{path}: {size_text(path.stat().st_size)}"
        assert re.fullmatch(r"(\d+ [a-z]+, )*\d+ [a-z]+; \d+ of them have a name", counts)

    def test_data_of_another_city(self, invoke: Invoke, city_folder: CityFolder) -> None:
        assert invoke("build", "--layouts=40", data=city_folder.data).exit_code == 0
        given = ("basemap", "import", str(HELSINKI_NAMED_WAYS))
        told = check_refused(invoke(*given, data=city_folder.data))
        assert "has no roads, rails, water or green in " in told
        assert not (city_folder.data / "basemap").exists()


class TestMap:
    def test_one_file_that_asks_no_other_host(
        self, invoke: Invoke, city_folder: CityFolder, tmp_path: Path
    ) -> None:
        assert invoke("build", "--layouts=40", data=city_folder.data).exit_code == 0
        path = tmp_path / "map.html"
        result = invoke("map", "-o", str(path), data=city_folder.data)
        assert result.exit_code == 0, result.output
        assert result.stdout == f"{path}: {size_text(path.stat().st_size)}\n"
        html = path.read_text(encoding="utf-8")
        assert "<title>虚构市标定地价图</title>" in html
        assert "img-src data:;" in html
        assert not re.search(r"src=.?https?:|<link", html)

    def test_base_maps_are_asked_for_by_name(
        self,
        invoke: Invoke,
        city_folder: CityFolder,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        assert invoke("build", "--layouts=40", data=city_folder.data).exit_code == 0
        args = ("map", "-o", str(tmp_path / "map.html"), "--base", "osm", "--base", "tianditu")
        result = invoke(*args, data=city_folder.data)
        assert (result.exit_code, result.stderr) == (
            2,
            "landprice: the base map tianditu needs a key from the operator, and there is none\n",
        )
        assert not (tmp_path / "map.html").exists()
        monkeypatch.setenv("LANDPRICE_TIANDITU_KEY", "abc")
        assert invoke(*args, data=city_folder.data).exit_code == 0
        html = (tmp_path / "map.html").read_text(encoding="utf-8")
        policy = "img-src data: https://tile.openstreetmap.org https://*.tianditu.gov.cn;"
        assert policy in html
