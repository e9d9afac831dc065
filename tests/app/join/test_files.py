"""``landprice join``: files in, the same files with prices out; read back by other programs."""

from __future__ import annotations

import csv
import json
import math
import os
import pty
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pyogrio
import pyproj
import pytest
import shapely

from app.join.files import join_file
from app.join.kinds import FileKind
from app.join.rows import JoinCounts, Question
from geo.crs import Crs, from_wgs84, parse_crs
from geo.lookup.table import DEFAULT_COLUMNS, ERROR_COLUMNS, Column
from tests.app.conftest import strict_json
from tests.factories import LAT, LON, answer_row, edition_facts, places
from tests.metric import SYSTEMS
from tests.processes import WAIT_S
from tests.table_cases import GOOD_CASES, REFUSED_CASES, RefusedCase, TableCase, kernel_rows
from tests.uses import USES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from click.testing import Result

    from app.web.edition import LoadedEdition
    from tests.app.conftest import Invoke

    Row = dict[str, Any]
    Place = tuple[float, float]

ANSWERS = [f"{use}_{column}" for use in USES for column in DEFAULT_COLUMNS] + list(ERROR_COLUMNS)
KINDS = ", ".join(FileKind)
CLASH = "the columns lon, lat, twice, twice"
ZONES = "a 3-degree Gauss-Kruger zone of CGCS2000 (epsg:4513 to epsg:4554)"
NO_COLUMN = "Invalid value for '--columns': 'prize' is not a valid Column"
BAD_CELLS = [
    ("", "33"),
    ("114", ""),
    ("x", "33"),
    (str(LAT), str(LON)),
    ("114", "133"),
    ("nan", "1"),
]
BAD_CODES = ["missing", "missing", "not_a_number", "lon_lat_swapped", "out_of_range", "not_finite"]


def told(result: Result) -> str:
    """Check that input was refused as promised, and return what the user is told."""
    assert (result.exit_code, result.stdout) == (2, ""), result.stderr
    sentence: str = result.stderr
    assert sentence.startswith("landprice: ")
    assert sentence.count("\n") == 1, sentence
    return sentence.removeprefix("landprice: ").removesuffix("\n")


def done(result: Result) -> str:
    assert (result.exit_code, result.stderr) == (0, ""), result.stderr
    return str(result.stdout)


def points_in(edition: LoadedEdition, count: int) -> list[Place]:
    return [(lon, lat) for lon, lat in places(edition, count, seed=5).tolist()]


def answers(edition: LoadedEdition, points: Iterable[Place], crs: Crs = Crs.WGS84) -> list[Row]:
    return [answer_row(edition, lon=lon, lat=lat, crs=crs) for lon, lat in points]


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write_csv(path: Path, rows: Sequence[Sequence[object]], encoding: str = "utf-8") -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(rows)


def as_text(row: Row) -> dict[str, str]:
    """Return what a row of answers is in CSV."""
    return {
        key: "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
        for key, value in row.items()
    }


def read_parquet(path: Path) -> list[Row]:
    rows: list[Row] = pq.read_table(path).to_pylist()
    return rows


def only_answers(rows: Iterable[Row]) -> list[Row]:
    return [{name: row[name] for name in ANSWERS} for row in rows]


def points_frame(points: Sequence[Place | None], crs: object) -> geopandas.GeoDataFrame:
    geometry = [None if point is None else shapely.Point(point) for point in points]
    columns = {"id": [f"{i:03}" for i in range(len(points))], "n": range(len(points))}
    return geopandas.GeoDataFrame(columns, geometry=geometry, crs=crs)


class TestCsv:
    def test_all_cells_and_rows_stay_and_the_answers_come_last(
        self, invoke: Invoke, edition: LoadedEdition, tmp_path: Path
    ) -> None:
        source, target = tmp_path / "in.csv", tmp_path / "out.csv"
        good = points_in(edition, 300)
        rows = [
            [f"{i:03}", lon, '驻马店,\r\n“a"', lat, "1.10"] for i, (lon, lat) in enumerate(good)
        ]
        rows[100:100] = [["bad", lon, "NA", lat, ""] for lon, lat in BAD_CELLS]
        write_csv(source, [["id", "lon", "note", "lat", "price"], *rows])
        output = done(invoke("join", str(source), str(target)))
        found = read_csv(target)
        assert list(found[0]) == ["id", "lon", "note", "lat", "price", *ANSWERS]
        assert [list(row.values())[:5] for row in found] == [[str(c) for c in row] for row in rows]
        errors = found[100 : 100 + len(BAD_CELLS)]
        assert [row["error"] for row in errors] == BAD_CODES
        assert all(row["error_message"] for row in errors)
        assert {row[name] for row in errors for name in ANSWERS[:-2]} == {""}
        del found[100 : 100 + len(BAD_CELLS)]
        expected = answers(edition, good)
        assert only_answers(found) == [as_text(row) for row in expected]
        covered = sum(any(row[f"{use}_code"] for use in USES) for row in expected)
        assert 30 < covered < 300
        counts = f"{target}: 306 rows, {covered} in a region, 6 bad; "
        rate = r"\d+\.\d s, (\d+\.\d\d million|[\d ]+) rows/s\n"
        assert re.fullmatch(re.escape(counts) + rate, output), output

    def test_office_programs_can_read_it(self, invoke: Invoke, tmp_path: Path) -> None:
        source, target = tmp_path / "in.csv", tmp_path / "out.csv"
        source.write_bytes(f'\ufefflon,lat,名\r\n{LON},{LAT},"甲,乙"\r\n'.encode())
        done(invoke("join", str(source), str(target), "--use", "residential"))
        head, row, end = target.read_bytes().split(b"\r\n")
        assert head.startswith(b"\xef\xbb\xbflon,lat,\xe5\x90\x8d,residential_code,")
        assert row.startswith(f'{LON},{LAT},"甲,乙",411700Z70007,5310,'.encode())
        assert end == b""

    def test_gbk(self, invoke: Invoke, tmp_path: Path) -> None:
        source, target = tmp_path / "in.csv", tmp_path / "out.csv"
        write_csv(source, [["经度", "纬度", "名"], [LON, LAT, "驻马店"]], encoding="gb18030")
        args = ("join", str(source), str(target), "--lon", "经度", "--lat", "纬度")
        assert told(invoke(*args)) == (
            "in.csv cannot be read as CSV: it is not UTF-8; state its encoding (from most programs"
            " in Chinese, gb18030)"
        )
        done(invoke(*args, "--encoding", "gb18030"))
        [row] = read_csv(target)
        assert list(row.values())[:4] == [str(LON), str(LAT), "驻马店", "411700S50002"]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("case", GOOD_CASES, ids=str)
def test_every_case(
    invoke: Invoke, edition: LoadedEdition, tmp_path: Path, case: TableCase, suffix: str
) -> None:
    source, target = tmp_path / f"in.{suffix}", tmp_path / "out.parquet"
    write_table(case.table, source)
    names = ("--lon", case.lon, "--lat", case.lat, "--crs", case.crs.upper())
    uses = [f"--use={use}" for use in case.uses]
    columns = f"--columns={','.join(case.columns)}"
    output = done(invoke("join", str(source), str(target), *names, *uses, columns))
    joined = pq.read_table(target)
    given = case.table.column_names
    expected = kernel_rows(edition, case)
    assert joined.column_names[: len(given)] == given
    assert joined.drop_columns(given).to_pylist() == expected
    if suffix == "parquet":
        assert joined.select(given).equals(case.table)
    bad = sum(row["error"] is not None for row in expected)
    covered = sum(
        any(row[name] is not None for name in list(row)[:-2] if "none_probability" not in name)
        for row in expected
    )
    assert f": {len(expected)} rows, {covered} in a region, {bad} bad; " in output


@pytest.mark.parametrize("case", REFUSED_CASES, ids=str)
def test_every_case_that_is_refused(invoke: Invoke, tmp_path: Path, case: RefusedCase) -> None:
    for suffix in ["parquet", *(["csv"] if case.is_text() else [])]:
        source = tmp_path / f"in.{suffix}"
        write_table(case.table, source)
        sentence = told(invoke("join", str(source), str(tmp_path / "out.csv")))
        assert sentence == f"{source.name}: {case.sentence}"


def write_table(table: pa.Table, path: Path) -> None:
    write = pq.write_table if path.suffix == ".parquet" else pa.csv.write_csv
    write(table, path)


class TestParquet:
    def test_types_order_and_metadata_stay(
        self, invoke: Invoke, edition: LoadedEdition, tmp_path: Path
    ) -> None:
        source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
        points = [*points_in(edition, 50), (math.nan, 33.0), (LAT, LON)]
        frame = pd.DataFrame(points, columns=["lon", "lat"], index=[f"i{i}" for i in range(52)])
        frame["day"] = pd.Timestamp("2024-02-29", tz="Asia/Shanghai")
        frame["kind"] = pd.Categorical(["a", "b"] * 26)
        frame["tags"] = [["x", "y"]] * 52
        frame.index.name = "key"
        frame.to_parquet(source)
        before = pq.read_table(source)
        done(invoke("join", str(source), str(target)))
        after = pq.read_table(target)
        assert after.schema.names == [*before.schema.names, *ANSWERS]
        assert after.select(before.schema.names).equals(before)
        assert after.schema.metadata[b"pandas"] == before.schema.metadata[b"pandas"]
        facts = json.loads(after.schema.metadata[b"landprice"])
        assert facts["edition"] == edition_facts(edition)
        expected = [*answers(edition, points[:50]), *answers(edition, points[50:])]
        expected[50] |= {"error": "missing", "error_message": "lon is missing."}  # null to pandas
        assert after.select(ANSWERS).to_pylist() == expected
        again = pd.read_parquet(target)
        pd.testing.assert_frame_equal(again[list(frame)], frame)
        assert again["commercial_code"].notna().sum() == 52 - after["commercial_code"].null_count

    def test_to_and_from_csv(self, invoke: Invoke, edition: LoadedEdition, tmp_path: Path) -> None:
        one, two, three = (tmp_path / name for name in ("1.csv", "2.parquet", "3.csv"))
        points = points_in(edition, 20)
        write_csv(one, [["lon", "lat", "id"], *[[*point, "007"] for point in points]])
        done(invoke("join", str(one), str(two), "--use", "commercial"))
        rows = read_parquet(two)
        assert [(row["lon"], row["id"]) for row in rows] == [(str(p[0]), "007") for p in points]
        done(invoke("join", str(one), str(three), "--use", "commercial"))
        assert read_csv(three) == [as_text(row) for row in rows]

    def test_a_table_without_rows(self, invoke: Invoke, tmp_path: Path) -> None:
        source = tmp_path / "in.csv"
        source.write_text("lon,lat\n")
        for suffix in ("csv", "parquet", "gpkg"):
            target = tmp_path / f"out.{suffix}"
            assert ": 0 rows, 0 in a region, 0 bad; " in done(
                invoke("join", str(source), str(target))
            )
        assert pq.read_table(tmp_path / "out.parquet").schema.names == ["lon", "lat", *ANSWERS]
        assert pyogrio.read_info(tmp_path / "out.gpkg")["features"] == 0
        text = (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
        assert text == ",".join(["lon", "lat", *ANSWERS]) + "\n"


class TestGeoParquet:
    def test_the_geometry_stays_one(
        self, invoke: Invoke, edition: LoadedEdition, tmp_path: Path
    ) -> None:
        source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
        points = points_in(edition, 60)
        frame = points_frame([*points, None], "EPSG:4490")
        frame.loc[61] = ["061", 61, shapely.Point()]
        frame.to_parquet(source)
        done(invoke("join", str(source), str(target)))
        joined = geopandas.read_parquet(target)
        assert joined.crs == "EPSG:4490"
        assert list(joined.columns) == ["id", "n", "geometry", *ANSWERS]
        assert joined.geometry.geom_equals(frame.geometry).tolist() == [True] * 60 + [False, True]
        metadata = (pq.read_schema(path).metadata[b"geo"] for path in (source, target))
        assert len(set(metadata)) == 1
        rows = read_parquet(target)
        assert only_answers(rows[:60]) == answers(edition, points)
        assert [row["error"] for row in rows[60:]] == ["missing", "missing"]
        assert {row["error_message"] for row in rows[60:]} == {"geometry is missing."}

    def test_any_declared_crs(self, invoke: Invoke, edition: LoadedEdition, tmp_path: Path) -> None:
        source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
        to_utm = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:32650", always_xy=True)
        points = [to_utm.transform(*point) for point in points_in(edition, 60)]
        points_frame(points, "EPSG:32650").to_parquet(source)
        done(invoke("join", str(source), str(target)))
        back = [to_utm.transform(*point, direction="INVERSE") for point in points]
        assert only_answers(read_parquet(target)) == answers(edition, back)

    def test_none_declared_is_longitude_and_latitude(
        self, invoke: Invoke, edition: LoadedEdition, tmp_path: Path
    ) -> None:
        source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
        points = points_in(edition, 9)
        write_geo(source, points_frame(points, "EPSG:32650"), without_crs=True)
        done(invoke("join", str(source), str(target)))
        assert only_answers(read_parquet(target)) == answers(edition, points)
        write_geo(source, points_frame(points, "EPSG:32650"), crs=None)
        target.unlink()
        assert told(invoke("join", str(source), str(target))) == (
            "in.parquet: The geometry declares no CRS; state the one it is in (--crs)."
        )
        done(invoke("join", str(source), str(target), "--crs", "gcj02"))
        assert only_answers(read_parquet(target)) == answers(edition, points, Crs.GCJ02)

    def test_columns_are_read_where_they_are_named(
        self, invoke: Invoke, edition: LoadedEdition, tmp_path: Path
    ) -> None:
        source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
        points = [from_wgs84(lon=x, lat=y, crs=Crs.BD09) for x, y in points_in(edition, 9)]
        frame = points_frame(points, "EPSG:4490")
        frame["x"], frame["y"] = zip(*points, strict=True)
        frame.geometry = shapely.buffer(frame.geometry, 0.001)
        frame.to_parquet(source)
        assert told(invoke("join", str(source), str(target))) == (
            "in.parquet: The geometry 'geometry' has Polygons, not points."
        )
        named = ("--lon", "x", "--lat", "y", "--crs", "bd09")
        done(invoke("join", str(source), str(target), *named))
        assert only_answers(read_parquet(target)) == answers(edition, points, Crs.BD09)
        assert geopandas.read_parquet(target).geometry.geom_equals(frame.geometry).all()

    def test_csv_gets_longitude_and_latitude(
        self, invoke: Invoke, edition: LoadedEdition, tmp_path: Path
    ) -> None:
        source, target = tmp_path / "in.parquet", tmp_path / "out.csv"
        points = points_in(edition, 9)
        there = [from_wgs84(lon=lon, lat=lat, crs=Crs.EPSG_4526) for lon, lat in points]
        frame = points_frame([*there, None], "EPSG:4526")
        frame["last"] = "z"
        frame.to_parquet(source)
        done(invoke("join", str(source), str(target)))
        rows = read_csv(target)
        assert list(rows[0]) == ["id", "n", "lon", "lat", "last", *ANSWERS]
        found = [(float(row["lon"]), float(row["lat"])) for row in rows[:-1]]
        assert np.allclose(found, points, rtol=0, atol=1e-9)
        expected = answers(edition, there, Crs.EPSG_4526)
        assert only_answers(rows[:-1]) == [as_text(row) for row in expected]
        assert (rows[-1]["lon"], rows[-1]["lat"], rows[-1]["error"]) == ("", "", "missing")

    def test_other_geometries_than_single_points(
        self, invoke: Invoke, edition: LoadedEdition, tmp_path: Path
    ) -> None:
        source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
        point = shapely.Point(LON, LAT)
        odd = [
            shapely.Point(LON, LAT, 77.0),
            shapely.MultiPoint([point]),
            shapely.MultiPoint([point, point]),
            shapely.LineString([(LON, LAT), (LON, 33.0)]),
            point,
        ]
        frame = geopandas.GeoDataFrame(geometry=odd, crs="EPSG:4326")
        frame.to_parquet(source)
        done(invoke("join", str(source), str(target)))
        rows = read_parquet(target)
        [good] = answers(edition, [(LON, LAT)])
        assert only_answers([rows[0], rows[1], rows[4]]) == [good] * 3
        assert [(row["error"], row["error_message"]) for row in rows[2:4]] == [
            ("not_a_point", "geometry is a MultiPoint; it must be a point."),
            ("not_a_point", "geometry is a LineString; it must be a point."),
        ]

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({"encoding": "point"}, "The geometry 'geometry' is encoded as point; it must be WKB."),
            ({"crs": "klingon"}, "Its GeoParquet metadata cannot be understood."),
            ({"geometry_types": 5}, "Its GeoParquet metadata cannot be understood."),
            (
                {"crs": 'LOCAL_CS["mine",UNIT["metre",1]]'},
                "The geometry is in mine, from which PROJ knows no way to WGS84.",
            ),
        ],
    )
    def test_metadata_that_cannot_be_used(
        self, invoke: Invoke, tmp_path: Path, change: Row, sentence: str
    ) -> None:
        source = tmp_path / "in.parquet"
        write_geo(source, points_frame([(LON, LAT)], "EPSG:4326"), **change)
        assert told(invoke("join", str(source), str(tmp_path / "out.csv"))) == (
            f"in.parquet: {sentence}"
        )

    def test_a_crs_that_is_declared_cannot_be_stated(self, invoke: Invoke, tmp_path: Path) -> None:
        source = tmp_path / "in.parquet"
        points_frame([(LON, LAT)], "EPSG:4490").to_parquet(source)
        result = invoke("join", str(source), str(tmp_path / "o.csv"), "--crs", "wgs84")
        assert told(result) == (
            "in.parquet: The geometry declares that it is in China Geodetic Coordinate System 2000;"
            " leave out --crs."
        )

    @pytest.mark.parametrize("crs", ["gcj02", "GCJ-02", "bd09"])
    @pytest.mark.parametrize("declared", ["EPSG:4326", "EPSG:4490"])
    def test_shifted_coordinates_in_a_file_that_declares_degrees(
        self, invoke: Invoke, edition: LoadedEdition, tmp_path: Path, declared: str, crs: str
    ) -> None:
        """GCJ-02 and BD-09 have no code, so such files always declare something else."""
        source, target = tmp_path / "in.parquet", tmp_path / "o.csv"
        points_frame([(LON, LAT)], declared).to_parquet(source)
        result = invoke("join", str(source), str(target), "--crs", crs)
        assert result.exit_code == 0
        assert result.stderr.endswith(f"; it is read as {parse_crs(crs)}.\n")
        [row] = read_csv(target)
        expected = answer_row(edition, lon=LON, lat=LAT, crs=parse_crs(crs))
        assert row["commercial_code"] == (expected["commercial_code"] or "")

    @pytest.mark.parametrize("crs", ["EPSG:4214", "EPSG:4610", "EPSG:2435"])
    def test_a_datum_that_nobody_can_bring_to_wgs84(
        self, invoke: Invoke, tmp_path: Path, crs: str
    ) -> None:
        source = tmp_path / "in.parquet"
        points_frame([(LON, LAT)], crs).to_parquet(source)
        said = told(invoke("join", str(source), str(tmp_path / "o.csv")))
        assert said.startswith("in.parquet: The geometry: it is in ")
        assert not (tmp_path / "o.csv").exists()


@pytest.mark.parametrize("encoding", ["gb18030", "gbk", "big5", "latin-1"])
def test_another_encoding_for_a_file_in_utf8(invoke: Invoke, tmp_path: Path, encoding: str) -> None:
    source = tmp_path / "in.csv"
    source.write_text(f"名称,lon,lat\n鼎盛新城,{LON},{LAT}\n", encoding="utf-8")
    said = told(invoke("join", str(source), str(tmp_path / "o.csv"), "--encoding", encoding))
    assert said == f"in.csv is UTF-8, not {encoding}; leave out --encoding."
    source.write_text(f"名称,lon,lat\n鼎盛新城,{LON},{LAT}\n", encoding="gb18030")
    assert invoke("join", str(source), str(tmp_path / "o.csv"), "--encoding", "gbk").exit_code == 0


def write_geo(
    path: Path, frame: geopandas.GeoDataFrame, *, without_crs: bool = False, **column: object
) -> None:
    """Write GeoParquet and change what it says of its geometry."""
    frame.to_parquet(path)
    table = pq.read_table(path)
    geo = json.loads(table.schema.metadata[b"geo"])
    geo["columns"]["geometry"] |= column
    if without_crs:
        del geo["columns"]["geometry"]["crs"]
    metadata = {**table.schema.metadata, b"geo": json.dumps(geo).encode()}
    pq.write_table(table.replace_schema_metadata(metadata), path)


class TestGeoPackage:
    def test_the_layer_stays_one(
        self, invoke: Invoke, edition: LoadedEdition, tmp_path: Path
    ) -> None:
        source, target = tmp_path / "in.gpkg", tmp_path / "out.gpkg"
        points = [
            from_wgs84(lon=lon, lat=lat, crs=Crs.EPSG_4547) for lon, lat in points_in(edition, 60)
        ]
        frame = points_frame([*points, None], "EPSG:4547")
        frame["day"] = pd.Timestamp("2024-02-29 01:02:03", tz="UTC")
        frame.to_file(source, layer="地块", SPATIAL_INDEX="NO")  # whose triggers need GDAL
        with closing(sqlite3.connect(source)) as database:
            database.execute('UPDATE "地块" SET fid = fid * 10 WHERE fid < 62 AND geom IS NULL')
            database.commit()
        done(invoke("join", str(source), str(target)))
        expected = answers(edition, points, Crs.EPSG_4547)
        with closing(sqlite3.connect(target)) as database:
            database.row_factory = sqlite3.Row
            rows = [dict(row) for row in database.execute('SELECT * FROM "地块" ORDER BY fid')]
            [crs] = database.execute("SELECT srs_id FROM gpkg_geometry_columns").fetchone()
            notes = database.execute("SELECT metadata FROM gpkg_metadata").fetchone()[0]
        assert crs == 4547
        assert edition.parcels.sha256 in notes
        assert [row["fid"] for row in rows] == [*range(1, 61), 610]
        assert list(rows[0]) == ["fid", "geom", "id", "n", "day", *ANSWERS]
        assert only_answers(rows[:-1]) == expected
        assert rows[-1]["error"] == "missing"
        again = geopandas.read_file(target, layer="地块")
        assert again.geometry[:60].geom_equals(frame.geometry[:60]).all()
        assert again.geometry[60] is None
        assert again["day"].tolist() == frame["day"].tolist()

    def test_to_and_from_other_kinds(
        self, invoke: Invoke, edition: LoadedEdition, tmp_path: Path
    ) -> None:
        source = tmp_path / "in.gpkg"
        points = [from_wgs84(lon=x, lat=y, crs=Crs.EPSG_4547) for x, y in points_in(edition, 9)]
        frame = points_frame(points, "EPSG:4547")
        frame.to_file(source)
        expected = answers(edition, points, Crs.EPSG_4547)
        parquet, text, back = (tmp_path / f"out.{end}" for end in ("parquet", "csv", "gpkg"))
        done(invoke("join", str(source), str(parquet)))
        joined = geopandas.read_parquet(parquet)
        assert joined.crs == "EPSG:4547"
        assert joined.geometry.geom_equals(frame.geometry).all()
        assert list(joined.columns) == ["fid", "id", "n", "geom", *ANSWERS]
        assert only_answers(read_parquet(parquet)) == expected
        done(invoke("join", str(source), str(text)))
        assert only_answers(read_csv(text)) == [as_text(row) for row in expected]
        assert list(read_csv(text)[0])[:5] == ["fid", "id", "n", "lon", "lat"]
        bare = joined[["id", "geom"]]
        bare.to_parquet(parquet)
        done(invoke("join", str(parquet), str(back)))
        again = geopandas.read_file(back)
        assert again.crs == "EPSG:4547"
        assert again.geometry.geom_equals(frame.geometry).all()
        assert again["commercial_code"].tolist() == joined["commercial_code"].tolist()

    def test_points_are_made_of_coordinates(
        self, invoke: Invoke, edition: LoadedEdition, tmp_path: Path
    ) -> None:
        source, target = tmp_path / "in.csv", tmp_path / "out.gpkg"
        points = [from_wgs84(lon=x, lat=y, crs=Crs.GCJ02) for x, y in points_in(edition, 9)]
        write_csv(source, [["fid", "lon", "lat"], *(("a", *p) for p in points), ("b", 1, 500)])
        done(invoke("join", str(source), str(target), "--crs", "gcj02"))
        layer = geopandas.read_file(target)
        assert pyogrio.list_layers(target).tolist() == [["out", "Point"]]
        assert layer.crs == "EPSG:4326"
        found = layer.geometry[:9].get_coordinates().to_numpy()
        assert np.allclose(found, points_in(edition, 9), rtol=0, atol=1e-9)
        assert layer.geometry[9] is None
        assert layer["error"].tolist()[9] == "out_of_range"
        assert layer["fid"].tolist() == ["a"] * 9 + ["b"]

    def test_layers(self, invoke: Invoke, tmp_path: Path) -> None:
        source, target = tmp_path / "in.gpkg", tmp_path / "out.gpkg"
        frame = points_frame([(LON, LAT)], "EPSG:4326")
        areas = frame.set_geometry(shapely.buffer(frame.geometry, 0.001))
        areas.to_file(source, layer="areas")
        assert told(invoke("join", str(source), str(target))) == (
            "in.gpkg has 0 layers that can hold points."
        )
        frame.to_file(source, layer="a")
        frame.to_file(source, layer="b")
        pyogrio.write_dataframe(pd.DataFrame({"x": [1]}), source, layer="bare")
        assert told(invoke("join", str(source), str(target))) == (
            "in.gpkg has 2 layers that can hold points (a, b); name one of them (--layer)."
        )
        for name in ("c", "bare"):
            assert told(invoke("join", str(source), str(target), "--layer", name)) == (
                f"in.gpkg has no layer {name!r} with geometry, but areas, a, b, bare."
            )
        assert told(invoke("join", str(source), str(target), "--layer", "areas")) == (
            "in.gpkg: The geometry 'geom' has Polygons, not points."
        )
        done(invoke("join", str(source), str(target), "--layer", "b"))
        assert pyogrio.list_layers(target).tolist() == [["b", "Point"]]

    def test_no_crs(self, invoke: Invoke, edition: LoadedEdition, tmp_path: Path) -> None:
        source, target = tmp_path / "in.gpkg", tmp_path / "out.gpkg"
        with pytest.warns(UserWarning, match="'crs' was not provided"):
            points_frame([(LON, LAT)], None).to_file(source)
        assert "declares no CRS" in told(invoke("join", str(source), str(target)))
        done(invoke("join", str(source), str(target), "--crs", "bd09"))
        code = answer_row(edition, lon=LON, lat=LAT, crs=Crs.BD09)["residential_code"]
        assert geopandas.read_file(target)["residential_code"].tolist() == [code]
        assert geopandas.read_file(target).crs in (
            None,
            "Undefined Cartesian SRS with unknown unit",
        )

    def test_what_it_cannot_hold(self, invoke: Invoke, tmp_path: Path) -> None:
        source, target = tmp_path / "in.csv", tmp_path / "out.gpkg"
        write_csv(source, [["lon", "lat", "a", "A"], [LON, LAT, 1, 2]])
        sentence = told(invoke("join", str(source), str(target)))
        assert sentence == (
            "The columns 'a' and 'A' cannot both be in a .gpkg file; name one of them otherwise, or"
            " write .parquet."
        )
        assert list(tmp_path.iterdir()) == [source]


class TestFolders:
    def test_each_file_becomes_one(
        self, invoke: Invoke, edition: LoadedEdition, tmp_path: Path
    ) -> None:
        source, target = tmp_path / "in", tmp_path / "out"
        source.mkdir()
        parts = {"b.parquet": points_in(edition, 20), "a.PARQUET": points_in(edition, 30)[20:]}
        for name, points in parts.items():
            pd.DataFrame(points, columns=["lon", "lat"]).to_parquet(source / name)
        (source / "_SUCCESS").touch()
        (source / ".hidden.crc").touch()
        output = done(invoke("join", str(source), str(target), "--json"))
        assert sorted(path.name for path in target.iterdir()) == sorted(parts)
        for name, points in parts.items():
            assert only_answers(read_parquet(target / name)) == answers(edition, points)
        assert strict_json(output)["rows"] == 30
        assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]
        (source / "b.parquet").unlink()
        for path in target.iterdir():
            path.unlink()
        done(invoke("join", str(source), str(target)))  # an empty folder will do
        assert [path.name for path in target.iterdir()] == ["a.PARQUET"]

    def test_other_kinds(self, invoke: Invoke, tmp_path: Path) -> None:
        for kind in ("csv", "gpkg"):
            source, target = tmp_path / kind, tmp_path / f"{kind} out"
            source.mkdir()
            for name in ("a", "b"):
                frame = points_frame([(LON, LAT)], "EPSG:4326")
                if kind == "gpkg":
                    frame.to_file(source / f"{name}.gpkg")
                else:
                    write_csv(source / f"{name}.csv", [["lon", "lat"], [LON, LAT]])
            assert ": 2 rows, 2 in a region" in done(invoke("join", str(source), str(target)))
            assert sorted(p.name for p in target.iterdir()) == [f"a.{kind}", f"b.{kind}"]

    def test_what_is_refused(self, invoke: Invoke, tmp_path: Path) -> None:
        source, target = tmp_path / "in", tmp_path / "out"
        source.mkdir()
        args = ("join", str(source), str(target))
        (source / "notes.txt").touch()
        assert told(invoke(*args)) == (
            f"{source} has no files that end in {KINDS}; it must have files of one kind."
        )
        write_csv(source / "a.csv", [["lon", "lat"], [1, 2]])
        (source / "notes.txt").rename(source / "b.parquet")
        assert told(invoke(*args)) == (
            f"{source} has files of 2 kinds (.csv, .parquet); it must have files of one kind."
        )
        (source / "b.parquet").unlink()
        taken = f"{target} is there already; name a folder that is not, or is empty."
        target.mkdir()
        (target / "mine").touch()
        assert told(invoke(*args)) == taken
        shutil.rmtree(target)
        target.touch()
        assert told(invoke(*args)) == taken
        assert told(invoke("join", str(source), str(source))) == taken.replace(
            str(target), str(source)
        )
        assert target.read_bytes() == b""

    def test_one_damaged_file_stops_all(self, invoke: Invoke, tmp_path: Path) -> None:
        source, target = tmp_path / "in", tmp_path / "out"
        source.mkdir()
        write_csv(source / "a.csv", [["lon", "lat"], [LON, LAT]])
        write_csv(source / "b.csv", [["lon", "lat"], *[[LON, LAT]] * 300_000, [1, 2, 3]])
        sentence = told(invoke("join", str(source), str(target)))
        assert sentence == (
            "b.csv cannot be read as CSV: CSV parse error: Expected 2 columns, got 3: 1,2,3"
        )
        assert list(tmp_path.iterdir()) == [source]


class TestColumns:
    @pytest.mark.parametrize(
        "titles",
        [
            ("经度", "纬度"),
            ("LON", "Lat"),
            ("lng", "lat"),
            ("Longitude", "Latitude"),
            ("ＬＮＧ", "ＬＡＴ"),
            (" lon ", "lat "),
            ("东经", "北纬"),
        ],
    )
    def test_coordinates_by_other_titles(
        self, invoke: Invoke, tmp_path: Path, titles: tuple[str, str]
    ) -> None:
        source, target = tmp_path / "in.csv", tmp_path / "out.csv"
        write_csv(source, [["lat_old", *titles], ["1", LON, LAT]])
        done(invoke("join", str(source), str(target)))
        assert read_csv(target)[0]["commercial_code"] == "411700S50002"

    def test_the_plain_name_goes_first(self, invoke: Invoke, tmp_path: Path) -> None:
        source, target = tmp_path / "in.csv", tmp_path / "out.csv"
        write_csv(source, [["lng", "lon", "lat"], ["1", LON, LAT]])
        done(invoke("join", str(source), str(target)))
        assert read_csv(target)[0]["commercial_code"] == "411700S50002"

    def test_two_that_may_be_meant(self, invoke: Invoke, tmp_path: Path) -> None:
        source, target = tmp_path / "in.csv", tmp_path / "out.csv"
        write_csv(source, [["lng", "经度", "lat"], ["1", LON, LAT]])
        assert told(invoke("join", str(source), str(target))) == (
            "in.csv: The columns lng and 经度 may both be meant; name one of them."
        )
        done(invoke("join", str(source), str(target), "--lon", "经度"))

    @pytest.mark.parametrize("title", ["坐标", "location", "经纬度", "lnglat"])
    def test_both_in_one_column(self, invoke: Invoke, tmp_path: Path, title: str) -> None:
        source, target = tmp_path / "in.csv", tmp_path / "out.csv"
        texts = [f"{LON},{LAT}", f"{LAT},{LON}", "东经114°00′45.72″ 北纬32°59′34.8″", "", "x", "1"]
        write_csv(source, [["name", title], *[["a", text] for text in texts]])
        result = invoke("join", str(source), str(target))
        assert result.exit_code == 0
        assert result.stderr == (
            "1 rows have the latitude first, for only so they lie in 驻马店市\n"
        )
        rows = read_csv(target)
        assert [row["commercial_code"] for row in rows[:3]] == ["411700S50002"] * 3
        assert [row["error"] for row in rows[3:]] == ["missing", "not_a_number", "not_a_number"]
        assert [row[title] for row in rows] == texts

    def test_latitude_first_has_its_point_in_a_layer(self, invoke: Invoke, tmp_path: Path) -> None:
        source, target = tmp_path / "in.csv", tmp_path / "out.gpkg"
        write_csv(source, [["place"], [f"{LAT} {LON}"]])
        result = invoke("join", str(source), str(target), "--lon", "place", "--lat", "place")
        assert result.exit_code == 0
        [point] = pyogrio.read_dataframe(target).geometry
        assert (point.x, point.y) == (LON, LAT)

    def test_one_column_of_numbers_is_no_pair(self, invoke: Invoke, tmp_path: Path) -> None:
        source, target = tmp_path / "in.parquet", tmp_path / "out.csv"
        pq.write_table(pa.table({"place": [LON]}), source)
        args = ("join", str(source), str(target), "--lon", "place", "--lat", "place")
        assert "for both coordinates it must have text" in told(invoke(*args))

    def test_degrees_and_minutes(self, invoke: Invoke, tmp_path: Path) -> None:
        source, target = tmp_path / "in.csv", tmp_path / "out.csv"
        write_csv(
            source,
            [
                ["lon", "lat"],
                ["114°00'45.72\"E", "32°59'34.8\"N"],
                ["E114.0127", "N32.9930"],
                ["32.9930N", "114.0127E"],
            ],
        )
        done(invoke("join", str(source), str(target)))
        codes = [row["commercial_code"] for row in read_csv(target)]
        assert codes == ["411700S50002", "411700S50002", ""]


TIMES = ["2024-01-01T12:00:00", "2024-01-01T12:00:00+08:00", "2024-01-01T12:00:00Z"]


@pytest.mark.parametrize("target", ["out.gpkg", "out.csv"])
def test_times_of_a_layer_stay_as_they_are(invoke: Invoke, tmp_path: Path, target: str) -> None:
    source, path = tmp_path / "in.gpkg", tmp_path / target
    frame = points_frame([(LON, LAT)] * len(TIMES), 4326).assign(t=TIMES)
    frame.to_file(source)
    with closing(sqlite3.connect(source)) as database, database:
        database.execute("PRAGMA writable_schema = 1")
        database.execute(
            "UPDATE sqlite_master SET sql = replace(sql, '\"t\" TEXT', '\"t\" DATETIME')"
        )
    assert pyogrio.read_info(source)["dtypes"][-1] == "datetime64[ms]"
    done(invoke("join", str(source), str(path)))
    if target.endswith("csv"):
        assert [row["t"] for row in read_csv(path)] == TIMES
        return
    assert pyogrio.read_info(path)["dtypes"][2] == "datetime64[ms]"
    with closing(sqlite3.connect(path)) as database:
        times = [time for (time,) in database.execute('SELECT t FROM "in"')]
    assert [time.replace(".000", "") for time in times] == TIMES  # GDAL writes milliseconds


class TestOptions:
    def test_uses_and_columns_may_be_named_twice(
        self, invoke: Invoke, edition: LoadedEdition, tmp_path: Path
    ) -> None:
        source, target = tmp_path / "in.csv", tmp_path / "out.parquet"
        write_csv(source, [["lon", "lat"], *points_in(edition, 40)])
        uses = ("--use", "industrial", "--use", "commercial", "--use", "industrial")
        columns = ("--columns", "floor_price_cny_m2, distance_to_boundary_m,floor_price_cny_m2")
        done(invoke("join", str(source), str(target), *uses, *columns))
        asked = [Column.FLOOR_PRICE, Column.DISTANCE]
        names = [f"{use}_{column}" for use in ("industrial", "commercial") for column in asked]
        assert pq.read_schema(target).names == ["lon", "lat", *names, *ERROR_COLUMNS]

    def test_every_column_in_a_geopackage(
        self, invoke: Invoke, edition: LoadedEdition, tmp_path: Path
    ) -> None:
        source, target = tmp_path / "in.csv", tmp_path / "out.gpkg"
        points = points_in(edition, 10)
        write_csv(source, [["lon", "lat"], *points])
        done(invoke("join", str(source), str(target), "--columns", ",".join(Column)))
        with closing(sqlite3.connect(target)) as database:
            database.row_factory = sqlite3.Row
            found = [dict(row) for row in database.execute("SELECT * FROM out")]
        for row, (lon, lat) in zip(found, points, strict=True):
            expected = answer_row(edition, lon=lon, lat=lat, columns=tuple(Column))
            assert {name: row[name] for name in expected} == expected

    def test_json(self, invoke: Invoke, tmp_path: Path) -> None:
        source, target = tmp_path / "in.csv", tmp_path / "out.csv"
        write_csv(source, [["lon", "lat"], [LON, LAT], ["", ""], [0, 0]])
        report = strict_json(done(invoke("join", str(source), str(target), "--json")))
        assert report.pop("seconds") > 0
        assert report.pop("rows_per_second") > 0
        counts = {"rows": 3, "covered": 1, "bad": 1, "latitude_first": 0}
        assert report == {"source": str(source), "target": str(target), **counts}

    def test_as_of(self, invoke: Invoke, tmp_path: Path) -> None:
        source, target = tmp_path / "in.csv", tmp_path / "out.csv"
        write_csv(source, [["lon", "lat"], [LON, LAT]])
        args = ("join", str(source), str(target), "--as-of")
        assert told(invoke(*args, "2023-04-23")) == (
            "as_of is 2023-04-23, but the first edition is in force from 2023-04-24."
        )
        assert "'soon' does not match the format" in told(invoke(*args, "soon"))
        assert not target.exists()
        done(invoke(*args, "2023-04-24"))

    @pytest.mark.parametrize(
        ("args", "sentence"),
        [
            (
                ("--columns", "code,prize"),
                f"{NO_COLUMN}; it must be any of {', '.join(Column)}.",
            ),
            (
                ("--crs", "epsg:1"),
                f"crs is 'epsg:1', which is none of {', '.join(SYSTEMS[:5])}, nor {ZONES}.",
            ),
            (
                ("--lon", "x"),
                f"in.csv: The column 'x' for lon is not in {CLASH}.",
            ),
            (
                ("--lat", "twice"),
                f"in.csv: The column 'twice' for lat is there more than once among {CLASH}.",
            ),
            (("--layer", "a"), "in.csv has no layers or sheets; leave out --layer."),
            (
                ("--encoding", "klingon"),
                "in.csv cannot be read as CSV: unknown encoding: klingon",
            ),
        ],
    )
    def test_what_cannot_be_is_said_in_one_line(
        self, invoke: Invoke, tmp_path: Path, args: tuple[str, ...], sentence: str
    ) -> None:
        source, target = tmp_path / "in.csv", tmp_path / "out.csv"
        write_csv(source, [["lon", "lat", "twice", "twice"], [LON, LAT, 1, 2]])
        assert told(invoke("join", str(source), str(target), *args)) == sentence
        assert list(tmp_path.iterdir()) == [source]

    def test_encoding_is_for_csv(self, invoke: Invoke, tmp_path: Path) -> None:
        source = tmp_path / "in.parquet"
        pd.DataFrame({"lon": [LON], "lat": [LAT]}).to_parquet(source)
        result = invoke("join", str(source), str(tmp_path / "o.csv"), "--encoding", "gbk")
        assert told(result) == "in.parquet is no CSV, TSV or Shapefile; leave out --encoding."

    @pytest.mark.parametrize("name", ["error", "Error", "commercial_code"])
    def test_names_that_the_answers_have(self, invoke: Invoke, tmp_path: Path, name: str) -> None:
        source, target = tmp_path / "in.csv", tmp_path / "out.csv"
        write_csv(source, [["lon", "lat", name], [LON, LAT, "mine"]])
        assert told(invoke("join", str(source), str(target))) == (
            f"in.csv: It has a column {name!r} already, which the result is to have; rename it."
        )
        again = ("--use", "residential")  # of which no column is there
        if name == "commercial_code":
            done(invoke("join", str(source), str(target), *again))

    @pytest.mark.parametrize(("suffix", "name"), [("csv", "lon"), ("parquet", "lon")])
    def test_names_that_a_geometry_becomes(
        self, invoke: Invoke, tmp_path: Path, suffix: str, name: str
    ) -> None:
        source, target = tmp_path / "in.parquet", tmp_path / f"out.{suffix}"
        frame = points_frame([(LON, LAT)], "EPSG:4326")
        frame[name] = 1
        frame.to_parquet(source)
        result = invoke("join", str(source), str(target))
        if suffix == "csv":
            assert "It has a column 'lon' already" in told(result)
        else:
            done(result)

    def test_equal_names_in_the_table_stay(self, invoke: Invoke, tmp_path: Path) -> None:
        source, target = tmp_path / "in.csv", tmp_path / "out.csv"
        write_csv(source, [["lon", "lat", "", ""], [LON, LAT, "a", "b"]])
        done(invoke("join", str(source), str(target), "--columns", "code"))
        head, row = target.read_text(encoding="utf-8-sig").splitlines()
        assert head.startswith('lon,lat,"","",commercial_code')
        assert row.startswith(f"{LON},{LAT},a,b,411700S50002")


class TestTargets:
    def test_the_same_file(self, invoke: Invoke, tmp_path: Path) -> None:
        source, other = tmp_path / "in.csv", tmp_path / "other.csv"
        write_csv(source, [["lon", "lat"], [LON, LAT]])
        before = source.read_bytes()
        other.symlink_to(source)
        for target in (source, other):
            assert told(invoke("join", str(source), str(target))) == (
                f"{target} is the file to read; name another one to write."
            )
        assert source.read_bytes() == before

    def test_names_that_say_no_kind(self, invoke: Invoke, tmp_path: Path) -> None:
        source = tmp_path / "in.csv"
        write_csv(source, [["lon", "lat"], [LON, LAT]])
        out = tmp_path / "out.docx"
        assert told(invoke("join", str(source), str(out))) == (f"{out} must end in {KINDS}.")
        assert told(invoke("join", str(source), str(tmp_path))) == (
            f"{tmp_path} is a folder, and in.csv is a file; name a file."
        )
        source = source.rename(tmp_path / "in.txt")
        assert told(invoke("join", str(source), str(out))) == (f"{source} must end in {KINDS}.")

    def test_an_older_file_is_replaced(self, invoke: Invoke, tmp_path: Path) -> None:
        source = tmp_path / "in.csv"
        write_csv(source, [["lon", "lat"], [LON, LAT]])
        for suffix in ("csv", "parquet", "gpkg"):
            target = tmp_path / f"out.{suffix}"
            target.write_bytes(b"old")
            done(invoke("join", str(source), str(target)))
            assert not target.read_bytes().startswith(b"old")
            assert target.stat().st_mode & 0o777 == 0o666 & ~umask()

    def test_where_nothing_can_be_written(self, invoke: Invoke, tmp_path: Path) -> None:
        source, target = tmp_path / "in.csv", tmp_path / "absent" / "out.csv"
        write_csv(source, [["lon", "lat"], [LON, LAT]])
        assert told(invoke("join", str(source), str(target))) == (
            f"{target} cannot be written: No such file or directory"
        )

    @pytest.mark.slow
    @pytest.mark.parametrize(
        "suffix", ["csv", "csv.gz", "parquet", "xlsx", "gpkg", "geojson", "fgb", "kml"]
    )
    def test_whole_or_not_at_all(
        self, invoke: Invoke, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The input is damaged so late that the output is begun before that is seen."""
        for name in ("formats.BATCH_ROWS", "formats.ROW_GROUP_ROWS", "layers.BATCH_ROWS"):
            monkeypatch.setattr(f"app.join.{name}", 10_000)
        target = tmp_path / f"out.{suffix}"
        target.write_bytes(b"old")
        for damaged in (damaged_csv, damaged_parquet, damaged_gpkg):
            source = damaged(tmp_path)
            sentence = told(invoke("join", str(source), str(target), "--columns", "code"))
            assert sentence.startswith(f"{source.name} cannot be read as ")
            assert sorted(tmp_path.iterdir()) == sorted([source, target])
            assert target.read_bytes() == b"old"
            source.unlink()


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def damaged_csv(folder: Path) -> Path:
    path = folder / "in.csv"
    write_csv(path, [["lon", "lat"], *[[LON, LAT]] * 50_000, [1]])
    return path


def damaged_parquet(folder: Path) -> Path:
    path = folder / "in.parquet"
    lon = np.linspace(114.0, 114.1, 50_000)
    table = pa.table({"lon": lon, "lat": lon - 81.0})
    pq.write_table(table, path, row_group_size=10_000, use_dictionary=False)
    content = bytearray(path.read_bytes())
    middle = pq.read_metadata(path).row_group(4).column(0).data_page_offset
    content[middle : middle + 1000] = b"\xff" * 1000
    path.write_bytes(content)
    return path


def damaged_gpkg(folder: Path) -> Path:
    path = folder / "in.gpkg"
    points = shapely.points(np.full((50_000, 2), (LON, LAT)))
    frame = geopandas.GeoDataFrame(geometry=points, crs="EPSG:4326")
    frame.to_file(path, SPATIAL_INDEX="NO")
    content = bytearray(path.read_bytes())
    page = len(content) * 4 // 5 // 4096 * 4096
    content[page : page + 4 * 4096] = b"\xff" * (4 * 4096)
    path.write_bytes(content)
    return path


# Not getrusage: what that says of a process begins with the peak of its parent.
PEAK = """\
import re, sys
from pathlib import Path
from app.cli import main
from tests.uses import USES
try:
    main()
finally:
    status = Path("/proc/self/status").read_text()
    print(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1], file=sys.stderr)
"""


@pytest.mark.slow
def test_long_files_do_not_fill_the_memory(edition: LoadedEdition, tmp_path: Path) -> None:
    """Neither does one that is a single row group, of which readers like to keep all."""
    count = 14_000_000
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    west, south, east, north = edition.extent
    random = np.random.default_rng(3)
    table = pa.table(
        {"lon": random.uniform(west, east, count), "lat": random.uniform(south, north, count)}
    )
    pq.write_table(table, source, row_group_size=count, use_dictionary=False)
    size = table.nbytes
    del table
    joined = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", PEAK, "join", str(source), str(target), "--columns", "code"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert f": {count} rows, " in joined.stdout
    assert int(joined.stderr) * 1024 < 400e6 < size + target.stat().st_size
    assert pq.read_metadata(target).num_rows == count


@pytest.mark.slow
@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize(
    ("number", "suffix"),
    [
        (signal.SIGINT, "csv"),
        (signal.SIGINT, "parquet"),
        (signal.SIGINT, "gpkg"),
        (signal.SIGTERM, "parquet"),
        (signal.SIGHUP, "gpkg"),
    ],
)
def test_an_interrupted_join_leaves_nothing(
    command: str, tmp_path: Path, number: signal.Signals, suffix: str
) -> None:
    source = long_table(tmp_path)
    with joining(command, source, tmp_path / f"out.{suffix}") as process:
        process.send_signal(number)
        _, stderr = process.communicate(timeout=WAIT_S)
    assert (process.returncode, stderr.strip()) == (128 + number, "")
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.slow
def test_a_join_that_ignores_the_end_of_its_terminal_goes_on(command: str, tmp_path: Path) -> None:
    source, target = long_table(tmp_path), tmp_path / "out.parquet"
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does, for its children
    try:
        with joining(command, source, target) as process:
            process.send_signal(signal.SIGHUP)
            process.communicate()
    finally:
        signal.signal(signal.SIGHUP, before)
    assert process.returncode == 0
    assert set(tmp_path.iterdir()) == {source, target}


@pytest.mark.slow
def test_what_a_killed_join_leaves_is_gone_after_the_next(command: str, tmp_path: Path) -> None:
    source = long_table(tmp_path)
    with joining(command, source, tmp_path / "out.parquet") as process:
        process.kill()
    assert begun(tmp_path)
    write_csv(tmp_path / "small.csv", [["lon", "lat"], [LON, LAT]])
    args = [command, "join", str(tmp_path / "small.csv"), str(tmp_path / "other.csv")]
    subprocess.run(args, check=True, capture_output=True)  # noqa: S603 - our own command
    assert {path.name for path in tmp_path.iterdir()} == {"in.parquet", "small.csv", "other.csv"}


def long_table(folder: Path) -> Path:
    """Write a table that takes seconds to join."""
    lon = np.full(5_000_000, LON)
    pq.write_table(pa.table({"lon": lon, "lat": lon - 81.0}), folder / "in.parquet")
    return folder / "in.parquet"


@contextmanager
def joining(command: str, source: Path, target: Path) -> Iterator[subprocess.Popen[str]]:
    """Begin a join, and go on as soon as something is written."""
    with subprocess.Popen(  # noqa: S603 - our own command
        [command, "join", str(source), str(target)], stderr=subprocess.PIPE, text=True
    ) as process:
        while not begun(source.parent):
            assert process.poll() is None
            time.sleep(0.01)
        yield process


def begun(folder: Path) -> bool:
    """Tell whether something of a draft is written."""
    return any(path.stat().st_size > 100_000 for path in folder.glob(".out.*/*"))


@pytest.mark.slow
def test_a_terminal_sees_progress(command: str, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    write_csv(source, [["lon", "lat"], *[[LON, LAT]] * 300_000])
    args = [command, "join", str(source), str(tmp_path / "out.parquet"), "--columns", "code"]
    terminal, end = pty.openpty()
    subprocess.run(args, stdout=subprocess.DEVNULL, stderr=end, check=True)  # noqa: S603 - our own
    os.close(end)
    shown = os.read(terminal, 100_000).decode()
    os.close(terminal)
    assert re.search(r"\r.*300 000 rows, (\d\.\d\d million|[\d ]+)/s", shown), shown


def test_one_file_by_itself(edition: LoadedEdition, tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    write_csv(source, [["lon", "lat"], [LON, LAT], [0, 0], ["", ""]])
    seen: list[int] = []
    counts = join_file(source, target, edition, Question(), seen.append)
    assert counts == JoinCounts(rows=3, covered=1, bad=1)
    assert seen == [3]
    assert read_csv(target)[0]["commercial_code"] == "411700S50002"
