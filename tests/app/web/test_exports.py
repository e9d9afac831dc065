"""GET /exports/{file} and ``landprice export``: the edition for other programs."""

from __future__ import annotations

import hashlib
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from app.commands.console import size_text
from app.settings import Settings
from app.web.app import create_app
from app.web.downloads import EXPORTS
from geo.errors import PriceClassesError
from geo.exports.formats import FORMATS
from geo.symbology import PRICE_CLASSES_FILE
from tests.exports import shipped

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from tests.app.conftest import CityFolder, Invoke, Landprice, Refused, Start

GPKG = "/exports/landprice.gpkg"
MAGIC = {
    "landprice.gpkg": b"SQLite format 3\0",
    "landprice-shp.zip": b"PK\3\4",
    "landprice.fgb": b"fgb\3fgb",
    "landprice.geojson": b'{\n "type": "FeatureCollection"',
    "landprice.parquet": b"PAR1",
    "landprice.kml": b"<?xml",
    "landprice.dxf": b"  0",
    "landprice.xlsx": b"PK\3\4",
    "landprice.csv": b"\xef\xbb\xbf",
}
MEDIA_TYPES = {
    "landprice.gpkg": "application/geopackage+sqlite3",
    "landprice-shp.zip": "application/zip",
    "landprice.fgb": "application/flatgeobuf",
    "landprice.geojson": "application/geo+json",
    "landprice.parquet": "application/vnd.apache.parquet",
    "landprice.kml": "application/vnd.google-earth.kml+xml",
    "landprice.dxf": "image/vnd.dxf",
    "landprice.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "landprice.csv": "text/csv; charset=utf-8",
}


@pytest.mark.parametrize("fmt", FORMATS.values(), ids=list(FORMATS))
def test_a_file_is_what_the_command_line_writes(
    client: TestClient, invoke: Invoke, tmp_path: Path, fmt: object
) -> None:
    name, file = next((f.name, f.file_name) for f in FORMATS.values() if f is fmt)
    answer = client.get(f"/exports/{file}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == MEDIA_TYPES[file]
    assert answer.headers["content-disposition"] == f'attachment; filename="{file}"'
    assert answer.content.startswith(MAGIC[file])
    done = invoke("export", name, "-o", str(tmp_path / file))
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"{tmp_path / file}: {size_text(len(answer.content))}\n"
    assert (tmp_path / file).read_bytes() == answer.content


def test_a_file_has_a_strong_etag_and_costs_nothing_when_it_is_known(client: TestClient) -> None:
    answer = client.get(GPKG)
    etag = answer.headers["etag"]
    assert etag == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    known = client.get(GPKG, headers={"if-none-match": etag})
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", etag)
    head = client.head(GPKG)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", etag)


def test_many_who_ask_at_once_get_the_same_file_and_prices_meanwhile(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    from geo.exports import writers  # noqa: PLC0415 - slow to import, as in the product

    made = []
    make = writers.export_bytes

    def counted(*args: object, **more: object) -> bytes:
        made.append(args)
        return make(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(writers, "export_bytes", counted)
    with start(create_app(Settings())) as fresh, ThreadPoolExecutor(48) as crowd:
        waiting = [crowd.submit(fresh.get, GPKG) for _ in range(45)]
        price = crowd.submit(fresh.get, "/v1/price?lon=114.0127&lat=32.9930").result()
        assert price.status_code == 200
        assert len({answer.result().content for answer in waiting}) == 1
    assert len(made) == 1


@pytest.mark.parametrize(
    "name",
    ["landprice.tif", "LANDPRICE.gpkg", "landprice.gpkg.bak", "parcels.geojson", "x" * 500],
)
def test_a_file_that_there_is_not(refused: Refused, name: str) -> None:
    problem = refused(f"/exports/{name}", {}, status=404)
    assert problem.code == "unknown_export"
    assert problem.message == f"There is no file {name[:40]}; there are {', '.join(EXPORTS)}."
    assert len(problem.message) < 300


def test_another_city_has_only_its_own_layers(
    invoke: Invoke, start: Start, city_folder: CityFolder, tmp_path: Path
) -> None:
    assert invoke("build", "--layouts=40", data=city_folder.data).exit_code == 0
    with start(create_app(Settings(data=city_folder.data))) as client:
        for file in EXPORTS:
            answer = client.get(f"/exports/{file}")
            assert answer.status_code == 200, file
            assert shipped().edition.city.encode() not in answer.content
    path = tmp_path / "city.gpkg"
    assert invoke("export", "gpkg", "-o", str(path), data=city_folder.data).exit_code == 0
    with sqlite3.connect(path) as database:
        tables = {row[0] for row in database.execute("SELECT table_name FROM gpkg_contents")}
    database.close()
    assert "standard_regions_commercial" in tables
    assert "standard_regions_industrial" not in tables


def test_damaged_price_classes_are_refused_when_the_service_starts(
    invoke: Invoke, start: Start, city_folder: CityFolder
) -> None:
    assert invoke("build", "--layouts=40", data=city_folder.data).exit_code == 0
    (city_folder.data / PRICE_CLASSES_FILE).write_text("commercial = 3", encoding="utf-8")
    client = start(create_app(Settings(data=city_folder.data)))
    with pytest.raises(PriceClassesError, match=r"price_classes\.toml: commercial is 3"), client:
        pytest.fail("the service has started")


def test_without_price_classes_some_are_chosen(
    invoke: Invoke, start: Start, city_folder: CityFolder
) -> None:
    assert invoke("build", "--layouts=40", data=city_folder.data).exit_code == 0
    (city_folder.data / PRICE_CLASSES_FILE).unlink()
    with start(create_app(Settings(data=city_folder.data))) as client:
        assert client.get(GPKG).status_code == 200


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("tiff",), "format is 'tiff', which is none of gpkg, shp,"),
        (("gpkg", "--crs", "EPSG:3857"), "can have EPSG:4490, EPSG:4547, EPSG:4526, EPSG:4326"),
        (("kml", "--crs", "EPSG:4547"), "a kml file can have EPSG:4326"),
        (("xlsx", "--crs", "EPSG:4547"), "a xlsx file has no coordinates"),
    ],
)
def test_the_command_refuses_in_one_line_and_leaves_what_was_there(
    invoke: Invoke, tmp_path: Path, args: tuple[str, ...], said: str
) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"before")
    result = invoke("export", *args, "-o", str(path))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("landprice: ")
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_told_and_nothing_is_left(
    invoke: Invoke, tmp_path: Path
) -> None:
    missing = tmp_path / "missing" / "landprice.csv"
    result = invoke("export", "csv", "-o", str(missing))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"landprice: {missing} cannot be written: No such file or directory\n"
    assert list(tmp_path.iterdir()) == []


def test_a_failure_while_writing_leaves_the_previous_file(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "landprice.csv"
    path.write_bytes(b"before")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("geo.atomic.files.write_files", full)
    result = invoke("export", "csv", "-o", str(path))
    assert result.exit_code == 2
    assert result.stderr == f"landprice: {path} cannot be written: No space left on device\n"
    assert path.read_bytes() == b"before"


@pytest.mark.slow
def test_the_installed_command_projects(landprice: Landprice, tmp_path: Path) -> None:
    path = tmp_path / "metres.gpkg"
    done = landprice("export", "GPKG", "--crs", "epsg:4547", "-o", str(path))
    assert (done.returncode, done.stderr) == (0, "")
    with sqlite3.connect(path) as database:
        extent = database.execute(
            "SELECT srs_id, min_x, min_y FROM gpkg_contents WHERE table_name = 'boundary_lines'"
        ).fetchone()
    database.close()
    assert extent[0] == 4547
    assert 490_000 < extent[1] < 510_000
    assert 3_640_000 < extent[2] < 3_660_000


def test_a_name_that_says_another_format(invoke: Invoke, tmp_path: Path) -> None:
    path = tmp_path / "regions.shp"
    result = invoke("export", "shp", "-o", str(path))
    told = f"landprice: --output is {path}; for shp it must end in .zip\n"
    assert (result.exit_code, result.stderr) == (2, told)
    assert not path.exists()
