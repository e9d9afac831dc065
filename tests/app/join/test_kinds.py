"""Every kind of file that ``landprice join`` reads and writes, read back by other programs."""

from __future__ import annotations

import csv
import gzip
import json
import sqlite3
import struct
from contextlib import closing
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import geopandas
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from app.join.kinds import FileKind
from app.join.short_names import short_names
from geo.crs import Crs, from_wgs84
from geo.lookup.table import DEFAULT_COLUMNS, Column
from tests.factories import LAT, LON, answer_row, places
from tests.paths import OLD_WORKBOOK
from tests.uses import USES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from click.testing import Result

    from app.web.edition import LoadedEdition
    from tests.app.conftest import Invoke

    Row = dict[str, Any]
    Cells = Sequence[Sequence[Any]]

FORMULA, ERROR_TEXT = "=1+1", "#N/A"
NAMES = ["文明大道", FORMULA, ERROR_TEXT, 'a,b\t"c"', None, "最后"]
NUMBERS = [1, 2, 3, None, 5, 6]
SHORT = short_names([str(use) for use in USES], DEFAULT_COLUMNS)
LONG = [f"{use}_{column}" for use in USES for column in DEFAULT_COLUMNS] + [
    "error",
    "error_message",
]
DRIVERS = {
    ".gpkg": "GPKG",
    ".geojson": "GeoJSON",
    ".shp": "ESRI Shapefile",
    ".fgb": "FlatGeobuf",
    ".kml": "KML",
    ".gdb": "OpenFileGDB",
}
SOURCES = sorted(set(FileKind) - {FileKind.XLS})
KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>驻马店</name>{folders}</Document></kml>
"""
PLACEMARK = (
    "<Placemark><name>{name}</name><Point><coordinates>{lon},{lat},55</coordinates></Point>"
    "</Placemark>"
)


def told(result: Result) -> str:
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    assert result.stderr.startswith("landprice: ")
    assert result.stderr.count("\n") == 1, result.stderr
    sentence: str = result.stderr
    return sentence.removeprefix("landprice: ").removesuffix("\n")


def done(result: Result, remark: str = "") -> str:
    assert (result.exit_code, result.stderr) == (0, remark), result.output
    return str(result.stdout)


def write_text(path: Path, rows: Cells, delimiter: str = ",") -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)


def write_sheet(path: Path, rows: Cells, title: str = "地块") -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for cell in (cell for row in sheet.iter_rows() for cell in row):
        if isinstance(cell.value, str):
            cell.data_type = "s"
    book.save(path)


def write_source(path: Path, points: Sequence[tuple[float, float] | None]) -> None:
    """Write points with names and numbers as the kind of file that a path says."""
    lon, lat = ([None if one is None else one[axis] for one in points] for axis in (0, 1))
    names, numbers = NAMES[: len(points)], NUMBERS[: len(points)]
    columns = {"名称": names, "n": numbers, "lon": lon, "lat": lat}
    rows = [list(columns), *map(list, zip(*columns.values(), strict=True))]
    if path.suffix in DRIVERS:
        wkb = [None if one is None else shapely.to_wkb(shapely.Point(one)) for one in points]
        layer = {"名称": names, "n": pa.array(numbers, pa.int32()), "g": pa.array(wkb, pa.binary())}
        pyogrio.write_arrow(
            pa.table(layer),
            path,
            driver=DRIVERS[path.suffix],
            layer="points",
            geometry_name="g",
            geometry_type="Point",
            crs="EPSG:4326",
            layer_options={"SPATIAL_INDEX": "NO"} if path.suffix == ".fgb" else {},
        )
    elif path.suffix == ".xlsx":
        write_sheet(path, rows)
    elif path.suffix == ".parquet":
        pq.write_table(pa.table(columns), path)
    else:
        plain = path.with_suffix("") if path.suffix == ".gz" else path
        write_text(plain, rows, "\t" if plain.suffix == ".tsv" else ",")
        if plain != path:
            path.write_bytes(gzip.compress(plain.read_bytes()))
            plain.unlink()


def read_target(path: Path) -> list[Row]:
    """Read a file by a program that is not the product's; nothing is None."""
    if path.suffix in DRIVERS:
        frame = pyogrio.read_dataframe(path, read_geometry=False)
        return [
            {str(key): None if pd.isna(value) else value for key, value in row.items()}
            for row in frame.to_dict("records")
        ]
    if path.suffix == ".xlsx":
        sheet = openpyxl.load_workbook(path).active
        assert sheet is not None
        names, *rows = sheet.iter_rows(values_only=True)
        return [dict(zip(map(str, names), row, strict=True)) for row in rows]
    if path.suffix == ".parquet":
        rows_: list[Row] = pq.read_table(path).to_pylist()
        return rows_
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8-sig")
    table = csv.DictReader(text.splitlines(), delimiter="\t" if ".tsv" in path.name else ",")
    return [{key: value or None for key, value in row.items()} for row in table]


def plain(value: object) -> object:
    """Return a value as formats of text have it, in which 1 and 1.0 are alike."""
    return f"{value:.10g}" if isinstance(value, int | float) else value


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("target", SOURCES)
def test_every_kind_to_every_kind(
    invoke: Invoke, edition: LoadedEdition, tmp_path: Path, source: str, target: str
) -> None:
    points = [(lon, lat) for lon, lat in places(edition, 5, seed=3).tolist()]
    read, written = tmp_path / f"in{source}", tmp_path / f"out{target}"
    write_source(read, [*points, None])
    before = sorted(tmp_path.iterdir())
    output = done(invoke("join", str(read), str(written)))
    assert output.startswith(f"{written}: 6 rows, ")
    assert ", 1 bad; " in output
    rows = read_target(written)
    names = SHORT if target == ".shp" else LONG
    expected = [answer_row(edition, lon=lon, lat=lat, crs=Crs.WGS84) for lon, lat in points]
    for row, answer in zip(rows, expected, strict=False):
        found = [plain(row[name]) for name in names]
        assert found == [plain(answer[name]) for name in LONG]
    assert (rows[-1]["error"], len(rows)) == ("missing", 6)
    assert [row["名称"] for row in rows] == NAMES
    assert [plain(row["n"]) for row in rows] == [plain(number) for number in NUMBERS]
    parts = {".shp": 5}.get(target, 1)
    assert len(sorted(tmp_path.iterdir())) == len(before) + parts
    if target in DRIVERS:
        frame = pyogrio.read_dataframe(written)
        assert frame.crs == "EPSG:4326"
        assert frame.geometry.iloc[-1] is None
        found_points = list(zip(frame.geometry.x[:-1], frame.geometry.y[:-1], strict=True))
        assert found_points == [pytest.approx(point, abs=1e-8) for point in points]


class TestSheets:
    def test_cells_keep_their_kinds(self, invoke: Invoke, tmp_path: Path) -> None:
        source, target = tmp_path / "in.xlsx", tmp_path / "out.parquet"
        moment = datetime(2024, 2, 29, 1, 2, 3)  # noqa: DTZ001 - Excel knows no zones
        names = ["lon", "lat", "whole", "part", "day", "moment", "yes", "mixed", "digits", "none"]
        rows: Cells = [
            names,
            [LON, LAT, 7, 1.5, date(2024, 2, 29), moment, True, 1, "001", None],
            [LON, LAT, 8, 2, date(2024, 3, 1), None, False, "x", "002", None],
        ]
        write_sheet(source, rows)
        done(invoke("join", str(source), str(target)))
        first, second = pq.read_table(target).to_pylist()
        values = [LON, LAT, 7, 1.5, date(2024, 2, 29), moment, True, "1", "001", None]
        assert [first[name] for name in names] == values
        assert (second["whole"], second["part"], second["mixed"]) == (8, 2.0, "x")
        assert isinstance(first["whole"], int)

    def test_they_come_back(self, invoke: Invoke, tmp_path: Path) -> None:
        source, target = tmp_path / "in.parquet", tmp_path / "out.xlsx"
        moment = datetime(2024, 2, 29, 1, 2, 3, tzinfo=UTC)
        columns = {
            "lon": [LON],
            "lat": [LAT],
            "id": [411700202200000017],  # of which a number in Excel keeps fifteen digits
            "at": pa.array([moment], pa.timestamp("ms", "UTC")),
            "day": [date(2024, 2, 29)],
            "ok": [True],
            "nan": [float("nan")],
            "text": [FORMULA],
        }
        pq.write_table(pa.table(columns), source)
        done(invoke("join", str(source), str(target)))
        [row] = read_target(target)
        assert row["id"] == "411700202200000017"
        assert row["at"] == "2024-02-29T01:02:03+00:00"
        assert row["day"] == datetime(2024, 2, 29)  # noqa: DTZ001
        assert (row["ok"], row["nan"], row["text"]) == (True, None, FORMULA)
        sheet = openpyxl.load_workbook(target).active
        assert sheet is not None
        assert {cell.data_type for cell in sheet[2]} <= {"s", "n", "d", "b"}

    def test_what_stands_above_and_below(self, invoke: Invoke, tmp_path: Path) -> None:
        source, target = tmp_path / "in.xlsx", tmp_path / "out.csv"
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        for row in (["驻马店市地块表"], [], ["名称", "经度", "纬度"], ["甲", LON, LAT], ["乙"], []):
            sheet.append(row)
        sheet.merge_cells("A1:C1")
        sheet["E9"].number_format = "0.00"  # formatted and empty
        book.save(source)
        remark = "in.xlsx: not in the table, and left out: 驻马店市地块表.\n"
        done(invoke("join", str(source), str(target)), remark)
        rows = read_target(target)
        assert [(row["名称"], row["error"]) for row in rows] == [("甲", None), ("乙", "missing")]
        assert list(rows[0])[:4] == ["名称", "经度", "纬度", LONG[0]]

    def test_merged_cells_and_formulas(self, invoke: Invoke, tmp_path: Path) -> None:
        source, target = tmp_path / "in.xlsx", tmp_path / "out.csv"
        rows: Cells = [["路", "lon", "lat"], ["文明大道", LON, LAT], [None, LON, LAT]]
        write_sheet(source, rows)
        book = openpyxl.load_workbook(source)
        assert book.active is not None
        book.active.merge_cells("A2:A3")
        book.save(source)
        done(invoke("join", str(source), str(target)))
        assert [row["路"] for row in read_target(target)] == ["文明大道", "文明大道"]

    def test_old_workbooks_are_read(self, invoke: Invoke, tmp_path: Path) -> None:
        target = tmp_path / "out.csv"
        done(invoke("join", str(OLD_WORKBOOK), str(target)))
        rows = read_target(target)
        assert [(row["名称"], row["error"]) for row in rows] == [("甲", None), (FORMULA, None)]

    def test_several_sheets(self, invoke: Invoke, tmp_path: Path) -> None:
        source, target = tmp_path / "in.xlsx", tmp_path / "out.csv"
        book = openpyxl.Workbook()
        for title in ("甲", "乙"):
            for row in (["name", "lon", "lat"], [title, LON, LAT]):
                book.create_sheet(title) if title not in book.sheetnames else None
                book[title].append(row)
        book.save(source)
        args = ("join", str(source), str(target))
        assert told(invoke(*args)) == (
            "in.xlsx has 2 sheets with content (甲, 乙); name one of them (--layer)."
        )
        assert told(invoke(*args, "--layer", "丙")) == (
            "in.xlsx has no sheet '丙' with content, but 甲, 乙."
        )
        done(invoke(*args, "--layer", "乙"))
        assert [row["name"] for row in read_target(target)] == ["乙"]

    @pytest.mark.parametrize(
        ("rows", "sentence"),
        [
            ([], "in.xlsx has 0 sheets with content."),
            (
                [["lon", "lat", None], [LON, LAT, "note"]],
                "in.xlsx: column C has content but no name in the row of names (lon, lat).",
            ),
            (
                [["x", "y"], [LON, LAT]],
                "in.xlsx: The column 'lon' for lon is not in the columns x, y.",
            ),
        ],
    )
    def test_no_table(self, invoke: Invoke, tmp_path: Path, rows: Cells, sentence: str) -> None:
        source = tmp_path / "in.xlsx"
        write_sheet(source, rows)
        assert told(invoke("join", str(source), str(tmp_path / "out.csv"))) == sentence

    def test_no_workbook(self, invoke: Invoke, tmp_path: Path) -> None:
        source = tmp_path / "in.xlsx"
        source.write_bytes(b"lon,lat\n1,2\n")
        sentence = told(invoke("join", str(source), str(tmp_path / "out.csv")))
        assert sentence.startswith("in.xlsx cannot be read as a spreadsheet: ")
        assert told(
            invoke("join", str(source), str(tmp_path / "out.csv"), "--encoding", "gbk")
        ) == ("in.xlsx is no CSV, TSV or Shapefile; leave out --encoding.")

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("x" * 32_768, "Row 2: name has 32768 characters; Excel holds 32767."),
            ("a\x01b", "Row 2: name has control characters, for which Excel has no place."),
        ],
    )
    def test_what_excel_cannot_hold(
        self, invoke: Invoke, tmp_path: Path, text: str, problem: str
    ) -> None:
        source, target = tmp_path / "in.parquet", tmp_path / "out.xlsx"
        pq.write_table(pa.table({"name": [text], "lon": [LON], "lat": [LAT]}), source)
        assert told(invoke("join", str(source), str(target))) == f"in.parquet: {problem}"
        assert list(tmp_path.iterdir()) == [source]
        pq.write_table(pa.table({text: ["a"], "lon": [LON], "lat": [LAT]}), source)
        sentence = told(invoke("join", str(source), str(target)))
        assert sentence.startswith("in.parquet: Row 1: ")
        old = tmp_path / "out.xls"
        assert told(invoke("join", str(source), str(old))) == (
            "out.xls: old Excel files are only read; write .xlsx."
        )

    @pytest.mark.slow
    def test_more_rows_than_excel_has(self, invoke: Invoke, tmp_path: Path) -> None:
        source, target = tmp_path / "in.parquet", tmp_path / "out.xlsx"
        count = 1_048_576
        pq.write_table(pa.table({"lon": [LON] * count, "lat": [LAT] * count}), source)
        args = ("join", str(source), str(target), "--use", "commercial", "--columns", "code")
        assert told(invoke(*args)) == (
            "in.parquet: It has more than 1048575 rows, which Excel cannot hold; write .csv or"
            " .parquet."
        )
        assert list(tmp_path.iterdir()) == [source]

    def test_more_rows_than_excel_has_where_that_is_seen_late(
        self, invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.join.workbook._MOST_ROWS", 10)
        source, target = tmp_path / "in.csv", tmp_path / "out.xlsx"
        place = f"{LON},{LAT}\n"
        source.write_text("lon,lat\n" + 9 * place, encoding="utf-8")
        done(invoke("join", str(source), str(target)))
        target.unlink()
        source.write_text("lon,lat\n" + 10 * place, encoding="utf-8")
        assert told(invoke("join", str(source), str(target))) == (
            "in.csv: It has more than 9 rows, which Excel cannot hold; write .csv or .parquet."
        )
        assert list(tmp_path.iterdir()) == [source]


class TestGeojson:
    def test_what_properties_and_features_hold(self, invoke: Invoke, tmp_path: Path) -> None:
        source, target = tmp_path / "in.geojson", tmp_path / "out.geojson"
        properties = {
            "a": {"x": 1},
            "list": ["甲", "乙"],
            "when": "2024-02-29T12:00:00",
            "t": "001",
        }
        features = [
            {
                "type": "Feature",
                "id": number,
                "properties": properties,
                "geometry": {"type": "Point", "coordinates": [LON, LAT, 55.5]},
            }
            for number in (17, 5)
        ]
        source.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        done(invoke("join", str(source), str(target)))
        written = json.loads(target.read_text(encoding="utf-8"))
        assert "crs" not in written  # RFC 7946
        assert [one["properties"]["id"] for one in written["features"]] == [17, 5]
        first = written["features"][0]["properties"]
        assert {key: first[key] for key in ("a", "list", "t")} == {
            key: properties[key] for key in ("a", "list", "t")
        }
        assert first["when"].replace("/", "-")[:10] == "2024-02-29"
        table = tmp_path / "out.csv"
        done(invoke("join", str(source), str(table)))
        row = read_target(table)[0]
        assert json.loads(row["a"]) == properties["a"]
        assert json.loads(row["list"]) == properties["list"]
        assert (row["id"], row["t"]) == ("17", "001")

    def test_other_systems_become_wgs84(
        self, invoke: Invoke, edition: LoadedEdition, tmp_path: Path
    ) -> None:
        points = places(edition, 20, seed=4)
        metric = [from_wgs84(lon=lon, lat=lat, crs=Crs.EPSG_4547) for lon, lat in points.tolist()]
        source = tmp_path / "in.gpkg"
        geometry = [shapely.Point(point) for point in metric]
        geopandas.GeoDataFrame({"n": range(20)}, geometry=geometry, crs="EPSG:4547").to_file(source)
        expected = [answer_row(edition, lon=x, lat=y, crs=Crs.EPSG_4547) for x, y in metric]
        for name in ("out.geojson", "out.kml"):
            target = tmp_path / name
            done(invoke("join", str(source), str(target)))
            frame = pyogrio.read_dataframe(target)
            assert frame.crs == "EPSG:4326"
            assert shapely.get_coordinates(frame.geometry) == pytest.approx(points, abs=1e-8)
            codes = [row["commercial_code"] for row in expected]
            found = [None if pd.isna(code) else code for code in frame["commercial_code"]]
            assert found == codes

    def test_systems_that_cannot_be_declared(self, invoke: Invoke, tmp_path: Path) -> None:
        """Points of GCJ-02 come out where they are, if the format says that it is WGS84."""
        source, target = tmp_path / "in.geojson", tmp_path / "out.geojson"
        x, y = from_wgs84(lon=LON, lat=LAT, crs=Crs.GCJ02)
        write_source(source, [(x, y)])
        remark = "The geometry declares WGS 84; it is read as gcj02.\n"
        done(invoke("join", str(source), str(target), "--crs", "gcj02"), remark)
        [point] = pyogrio.read_dataframe(target).geometry
        assert (point.x, point.y) == pytest.approx((LON, LAT), abs=1e-7)

    def test_damaged(self, invoke: Invoke, tmp_path: Path) -> None:
        source = tmp_path / "in.geojson"
        write_source(source, [(LON, LAT)])
        source.write_bytes(source.read_bytes()[:-20])
        sentence = told(invoke("join", str(source), str(tmp_path / "out.csv")))
        assert sentence.startswith("in.geojson cannot be read as GeoJSON: ")


class TestKml:
    def test_placemarks_of_google_earth(self, invoke: Invoke, tmp_path: Path) -> None:
        source, target = tmp_path / "in.kml", tmp_path / "out.csv"
        line = "<Placemark><LineString><coordinates>1,2 3,4</coordinates></LineString></Placemark>"
        marks = PLACEMARK.format(name="甲", lon=LON, lat=LAT) + line
        source.write_text(KML.format(folders=f"<Folder><name>点</name>{marks}</Folder>"))
        done(invoke("join", str(source), str(target)))
        rows = read_target(target)
        assert list(rows[0])[:4] == ["Name", "lon", "lat", LONG[0]]
        assert [(row["Name"], row["error"]) for row in rows] == [
            ("甲", None),
            (None, "not_a_point"),
        ]
        for suffix in (".gdb", ".shp", ".gpkg"):
            done(invoke("join", str(source), str(tmp_path / f"out{suffix}")))

    def test_several_folders(self, invoke: Invoke, tmp_path: Path) -> None:
        source, target = tmp_path / "in.kml", tmp_path / "out.csv"
        mark = PLACEMARK.format(name="甲", lon=LON, lat=LAT)
        folders = "".join(f"<Folder><name>{name}</name>{mark}</Folder>" for name in ("东", "西"))
        source.write_text(KML.format(folders=folders))
        assert told(invoke("join", str(source), str(target))) == (
            "in.kml has 2 layers that can hold points (东, 西); name one of them (--layer)."
        )
        done(invoke("join", str(source), str(target), "--layer", "西"))

    def test_places_beyond_the_globe(self, invoke: Invoke, tmp_path: Path) -> None:
        """GDAL would turn 200 degrees to -160."""
        source, target = tmp_path / "in.gpkg", tmp_path / "out.kml"
        write_source(source, [(200.0, LAT)])
        done(invoke("join", str(source), str(target)))
        [row] = read_target(target)
        assert row["error"] == "out_of_range"
        assert pyogrio.read_dataframe(target).geometry.iloc[0] is None


class TestShapefiles:
    def test_text_in_gbk(self, invoke: Invoke, tmp_path: Path) -> None:
        source, target = tmp_path / "in.shp", tmp_path / "out.csv"
        geometry = [shapely.Point(LON, LAT)]
        frame = geopandas.GeoDataFrame({"名称": ["鼎盛新城"]}, geometry=geometry, crs="EPSG:4326")
        frame.to_file(source, encoding="GBK")
        for declared in ("UTF-8", None):
            source.with_suffix(".cpg").unlink(missing_ok=True)
            if declared:
                source.with_suffix(".cpg").write_text(declared)
            done(invoke("join", str(source), str(target)))
            assert read_target(target)[0]["名称"] == "鼎盛新城"
        done(invoke("join", str(source), str(target), "--encoding", "gb18030"))
        assert read_target(target)[0]["名称"] == "鼎盛新城"

    @pytest.mark.parametrize(
        ("column", "sentence"),
        [
            (
                {"标准宗地名称": ["a"]},
                "The name of the column '标准宗地名称' has 18 bytes; a Shapefile holds 10: ",
            ),
            (
                {"text": ["字" * 90]},
                "out.shp cannot be written as Shapefile: Value",
            ),
            (
                {"number": [1e300]},
                "out.shp cannot be written as Shapefile: Value 1.0000000000000001e",
            ),
        ],
    )
    def test_nothing_is_cut(
        self, invoke: Invoke, tmp_path: Path, column: dict[str, list[Any]], sentence: str
    ) -> None:
        source, target = tmp_path / "in.parquet", tmp_path / "out.shp"
        pq.write_table(pa.table({"lon": [LON], "lat": [LAT], **column}), source)
        assert told(invoke("join", str(source), str(target))).startswith(sentence)
        assert list(tmp_path.iterdir()) == [source]

    def test_names_of_answers(self) -> None:
        assert max(len(name.encode()) for name in short_names(["commercial"], list(Column))) <= 10
        assert short_names(["commercial", "other"], [Column.CODE]) == [
            "com_code",
            "oth_code",
            "error",
            "error_text",
        ]
        assert short_names(["public", "pub"], [Column.CODE])[:2] == ["u1_code", "u2_code"]

    @pytest.mark.parametrize("suffix", [".shp", ".gdb"])
    def test_what_is_several_files_is_not_replaced(
        self, invoke: Invoke, tmp_path: Path, suffix: str
    ) -> None:
        source, target = tmp_path / "in.csv", tmp_path / f"out{suffix}"
        write_text(source, [["lon", "lat"], [LON, LAT]])
        done(invoke("join", str(source), str(target)))
        assert told(invoke("join", str(source), str(target))) == (
            f"{target} is there already; name one that is not."
        )


@pytest.mark.parametrize("names", [("a", "a"), ("Name", "name")])
@pytest.mark.parametrize("target", [".gpkg", ".gdb", ".kml", ".shp"])
def test_columns_of_one_name(
    invoke: Invoke, tmp_path: Path, names: tuple[str, str], target: str
) -> None:
    source = tmp_path / "in.csv"
    write_text(source, [["lon", "lat", *names], [LON, LAT, 1, 2]])
    assert told(invoke("join", str(source), str(tmp_path / f"out{target}"))) == (
        f"The columns {names[0]!r} and {names[1]!r} cannot both be in a {target} file; name one of"
        " them otherwise, or write .parquet."
    )


def test_names_that_a_geodatabase_changes(invoke: Invoke, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    write_text(source, [["lon", "lat", "a b"], [LON, LAT, 1]])
    sentence = told(invoke("join", str(source), str(tmp_path / "out.gdb")))
    assert sentence == (
        "out.gdb cannot be written as file geodatabase: Normalized/laundered field name: 'a b' to"
        " 'a_b'"
    )
    assert list(tmp_path.iterdir()) == [source]


def test_long_numbers_in_a_geodatabase(invoke: Invoke, tmp_path: Path) -> None:
    source, target = tmp_path / "in.parquet", tmp_path / "out.gdb"
    number = 2**62 + 1
    pq.write_table(pa.table({"lon": [LON], "lat": [LAT], "id": [number]}), source)
    done(invoke("join", str(source), str(target)))
    assert read_target(target)[0]["id"] == number


def with_measures(path: Path) -> None:
    """Turn the only point of a GeoPackage into one with a measure, which pyogrio cannot write."""
    with closing(sqlite3.connect(path)) as database:
        [blob] = database.execute("SELECT geom FROM points").fetchone()
        header, point = blob[:8], shapely.Point(LON, LAT)
        wkb = struct.pack("<BIddd", 1, 2001, point.x, point.y, 7.0)
        triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in triggers.fetchall():  # which need GDAL's functions
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE points SET geom = ?", (header + wkb,))
        database.execute("UPDATE gpkg_geometry_columns SET m = 1")
        database.commit()


@pytest.mark.parametrize("target", [".csv", ".gpkg", ".geojson", ".fgb", ".parquet", ".shp"])
def test_measures_are_dropped(invoke: Invoke, tmp_path: Path, target: str) -> None:
    source, written = tmp_path / "in.gpkg", tmp_path / f"out{target}"
    write_source(source, [(LON, LAT)])
    with_measures(source)
    assert ": 1 rows, 1 in a region, 0 bad;" in done(invoke("join", str(source), str(written)))
    if target in DRIVERS:
        [point] = pyogrio.read_dataframe(written).geometry
        assert (point.x, point.y, point.has_m) == (LON, LAT, False)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_text_in_utf16(invoke: Invoke, tmp_path: Path, encoding: str) -> None:
    """As Excel writes what it calls Unicode text."""
    source, target = tmp_path / "in.tsv", tmp_path / "out.csv"
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    text = f"{mark}名称\tlon\tlat\n鼎盛新城\t{LON}\t{LAT}\n"
    source.write_bytes(text.encode(encoding))
    done(invoke("join", str(source), str(target)))
    assert read_target(target)[0]["名称"] == "鼎盛新城"


class TestGzip:
    def test_other_encodings(self, invoke: Invoke, tmp_path: Path) -> None:
        source, target = tmp_path / "in.CSV.GZ", tmp_path / "out.tsv"
        text = f"名称,lon,lat\n鼎盛新城,{LON},{LAT}\n"
        source.write_bytes(gzip.compress(text.encode("gb18030")))
        args = ("join", str(source), str(target))
        assert "it is not UTF-8; state its encoding" in told(invoke(*args))
        done(invoke(*args, "--encoding", "gb18030"))
        assert read_target(target)[0]["名称"] == "鼎盛新城"
        source.write_bytes(gzip.compress(text.encode()))
        assert told(invoke(*args, "--encoding", "gb18030")) == (
            "in.CSV.GZ is UTF-8, not gb18030; leave out --encoding."
        )

    @pytest.mark.parametrize("damage", [lambda packed: packed[:-100], lambda _: b"lon,lat\n1,2\n"])
    def test_damaged(
        self, invoke: Invoke, tmp_path: Path, damage: Callable[[bytes], bytes]
    ) -> None:
        source = tmp_path / "in.csv.gz"
        source.write_bytes(damage(gzip.compress(b"lon,lat\n" + b"114.01,32.99\n" * 1000)))
        sentence = told(invoke("join", str(source), str(tmp_path / "out.csv")))
        assert sentence.startswith("in.csv.gz cannot be read as CSV: ")
        assert list(tmp_path.iterdir()) == [source]


class TestFolders:
    def test_other_files_are_passed_over(self, invoke: Invoke, tmp_path: Path) -> None:
        source, target = tmp_path / "in", tmp_path / "out"
        source.mkdir()
        write_source(source / "a.shp", [(LON, LAT)])
        (source / "a.shp.xml").touch()
        (source / "Thumbs.db").write_bytes(b"\0")
        (source / "desktop.ini").touch()
        (source / "older").mkdir()
        remark = f"Passed over in {source}: Thumbs.db, desktop.ini, older.\n"
        done(invoke("join", str(source), str(target)), remark)
        assert {path.name for path in target.iterdir()} >= {"a.shp", "a.dbf", "a.shx", "a.prj"}

    def test_geodatabases_are_folders(self, invoke: Invoke, tmp_path: Path) -> None:
        source, target = tmp_path / "in", tmp_path / "out"
        source.mkdir()
        for name in ("a.gdb", "b.gdb"):
            write_source(source / name, [(LON, LAT)])
        assert ": 2 rows, 2 in a region" in done(invoke("join", str(source), str(target)))
        assert [path.name for path in sorted(target.iterdir())] == ["a.gdb", "b.gdb"]
