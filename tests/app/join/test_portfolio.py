"""``landprice portfolio``: tables of parcels in, with their values out.

The coefficients are the example's, which are invented, and so is the edition of 2023.
"""

from __future__ import annotations

import csv
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Final

import geopandas
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest

from app.join.kinds import DRIVERS, FileKind
from geo.valuation.coefficients import COEFFICIENTS_FILE
from tests.app.join.test_files import PEAK, done, read_csv, told, write_csv
from tests.editions import write_edition
from tests.factories import LAT, LON
from tests.paths import DATA
from tests.processes import WAIT_S

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi.testclient import TestClient

    from tests.app.conftest import Invoke, Landprice

    Row = dict[str, Any]

VALUE: Final = [
    *("value_use", "value_code", "value_probability", "value_standard_price_cny_m2"),
    *("value_tenure_factor", "value_plot_ratio_factor", "value_date_factor"),
    *("value_development_cny_m2", "value_ground_price_cny_m2", "value_floor_price_cny_m2"),
    *("value_area_m2", "value_total_cny", "value_edition", "value_synthetic", "value_error"),
]
NAMES: Final = ["lon", "lat", "use", "plot_ratio", "remaining_years", "date", "development"]
ROWS: Final[list[list[Any]]] = [
    [LON, LAT, "commercial", "2.5", "30", "2023-06-01", "六通一平", "5000"],
    [LON, LAT, "住宅用地", "1.75", "48.5", "2024-02-29", None, "1234.5678"],
    [LON, LAT, "commercial", None, None, None, None, None],
    [114.05, 32.993, "commercial", "3", "20", None, "五通一平", "777.7"],
    [LON, LAT, "commercial", "2", "41", None, None, "10"],
    [LON, LAT, "commercial", "2", None, None, "九通一平", "10"],
    [LON, LAT, "commercial", "2", None, "2031-01-01", None, "10"],
    [LON, LAT, "commercial", "two", None, None, None, "10"],
    [LON, LAT, "farming", None, None, None, None, "10"],
    [115.0, 33.5, "commercial", None, None, None, None, "10"],
    [LAT, LON, "commercial", None, None, None, None, "10"],
    [LON, LAT, "commercial", None, None, None, None, "1e12"],
]
SHORT: Final = ("--remaining-years-column", "years", "--development-column", "level")
"""Columns whose names a Shapefile holds."""
NOWHERE: Final = "the place is in no commercial region, nor is it likely to be in one."


def valued(
    invoke: Invoke, data: Path, source: Path, target: Path, *options: str
) -> tuple[str, list[str]]:
    """Run the command; return what it prints, and the lines of what it remarks."""
    result = invoke("portfolio", str(source), str(target), *options, data=data)
    assert result.exit_code == 0, result.stderr
    return result.stdout, result.stderr.splitlines()


def alone(valuer: TestClient, row: list[Any]) -> tuple[Row, str | None]:
    """Ask the service for one parcel."""
    names = [*NAMES, "area_m2"]
    asked = {name: one for name, one in zip(names, row, strict=True) if one is not None}
    response = valuer.post("/v1/appraise", json=asked)
    if response.status_code == 200:
        return response.json(), None
    return {}, response.json()["error"]["message"]


def test_each_row_is_what_the_service_says_of_the_parcel(
    invoke: Invoke, valued_data: Path, valuer: TestClient, tmp_path: Path
) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    random = np.random.default_rng(5)
    more = [
        [round(lon, 6), round(lat, 6), use, f"{ratio:.2f}", str(years), None, None, f"{area:.2f}"]
        for lon, lat, use, ratio, years, area in zip(
            random.uniform(113.97, 114.09, 120),
            random.uniform(32.94, 33.04, 120),
            ["commercial", "residential", "industrial"] * 40,
            random.uniform(0.5, 5, 120),
            random.integers(1, 41, 120),
            random.uniform(10, 1e6, 120),
            strict=True,
        )
    ]
    rows = [*ROWS, *more]
    write_csv(source, [[*NAMES, "area_m2"], *rows])
    valued(invoke, valued_data, source, target)
    found = read_csv(target)
    assert list(found[0]) == [*NAMES, "area_m2", *VALUE]
    unsure = 0
    for given, row in zip(rows, found, strict=True):
        answer, refusal = alone(valuer, given)
        assert [row[name] for name in NAMES] == ["" if c is None else str(c) for c in given[:-1]]
        assert row["value_edition"] == "411700-2022"
        assert row["value_synthetic"] == "true"
        if refusal is not None:
            assert row["value_error"] == refusal
            assert row["value_ground_price_cny_m2"] == row["value_total_cny"] == ""
            continue
        price = next((p for p in answer["place"]["prices"] if p["use"] == answer["use"]), None)
        if price is None:
            assert row["value_error"].endswith("region, nor is it likely to be in one.")
            assert row["value_code"] == ""
            continue
        assert (row["value_error"], row["value_code"]) == ("", price["code"])
        assert float(row["value_probability"]) == price["probability"]
        unsure += price["probability"] < 1
        one = next(c for c in answer["candidates"] if c["code"] == price["code"])
        assert row["value_standard_price_cny_m2"] == str(one["standard"]["ground_price_cny_m2"])
        steps = {step["name"]: step["value"] for step in one["steps"]}
        for name in ("tenure", "plot_ratio", "date"):
            assert Decimal(row[f"value_{name}_factor"]) == Decimal(steps[name])
        assert Decimal(row["value_development_cny_m2"]) == Decimal(steps["development"])
        for name, amount in one["amounts"].items():
            assert row[f"value_{name}"] == (amount or "")
    assert unsure > 10
    assert sum(row["value_error"] == "" for row in found) > 50


def test_every_kind_of_file(invoke: Invoke, valued_data: Path, tmp_path: Path) -> None:
    """Read back by other programs; from each kind into another."""
    first = tmp_path / "a.csv"
    write_csv(first, [["lon", "lat", "use", "far", "years", "date", "level", "area"], *ROWS])
    expected = [
        float(row["value_total_cny"] or "nan") for row in _valued_csv(invoke, valued_data, first)
    ]
    source = first
    for kind in FileKind:
        if kind is FileKind.XLS:  # which is only read
            continue
        target = tmp_path / f"out{kind}"
        valued(invoke, valued_data, source, target, *SHORT)
        totals, errors = _read_back(target, kind)
        assert np.allclose(totals, expected, rtol=0, atol=0, equal_nan=True), kind
        assert errors[4] == (
            "remaining_years is 41; it must be at most 40, the tenure that the price of"
            " 411700S50002 is for."
        ), kind
        if kind not in {FileKind.SHAPEFILE, FileKind.GEODATABASE}:
            plain = tmp_path / f"again{kind}"
            _without_values(target, plain, kind)
            again = _valued_csv(invoke, valued_data, plain)
            assert sum(row["value_total_cny"] != "" for row in again) == 3, kind


def _valued_csv(invoke: Invoke, data: Path, source: Path) -> list[dict[str, str]]:
    target = source.with_name("valued.csv")
    target.unlink(missing_ok=True)
    valued(invoke, data, source, target, *SHORT)
    return read_csv(target)


def _frame(path: Path, kind: FileKind) -> pd.DataFrame:
    if kind in {FileKind.CSV, FileKind.CSV_GZIP, FileKind.TSV, FileKind.TSV_GZIP}:
        return pd.read_csv(path, sep="\t" if "tsv" in kind else ",", encoding="utf-8-sig")
    if kind is FileKind.XLSX:
        return pd.read_excel(path, engine="openpyxl")
    if kind is FileKind.PARQUET:
        return pq.read_table(path).to_pandas()
    return pyogrio.read_dataframe(path)


def _read_back(path: Path, kind: FileKind) -> tuple[list[float], list[Any]]:
    frame = _frame(path, kind)
    short = kind is FileKind.SHAPEFILE
    total, error = ("v_total", "v_error") if short else ("value_total_cny", "value_error")
    return frame[total].astype(float).tolist(), frame[error].tolist()


def _without_values(path: Path, plain: Path, kind: FileKind) -> None:
    frame = _frame(path, kind)
    frame = frame.drop(columns=[name for name in frame.columns if name.startswith("value_")])
    if isinstance(frame, geopandas.GeoDataFrame):
        frame = frame[frame.geometry.notna()]
        pyogrio.write_dataframe(frame.drop(columns=["lon", "lat"]), plain, driver=DRIVERS[kind])
    elif kind is FileKind.PARQUET:
        frame.to_parquet(plain)
    elif kind is FileKind.XLSX:
        frame.to_excel(plain, index=False)
    else:
        frame.to_csv(plain, sep="\t" if "tsv" in kind else ",", index=False)


def test_decimals_stay_exact(invoke: Invoke, valued_data: Path, tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.parquet"
    write_csv(source, [[*NAMES, "area_m2"], *ROWS])
    valued(invoke, valued_data, source, target)
    table = pq.read_table(target)
    assert table.schema.field("value_total_cny").type == pa.decimal128(28, 2)
    assert table.schema.field("value_date_factor").type == pa.decimal128(28, 5)
    row = table.to_pylist()[1]
    total = row["value_ground_price_cny_m2"] * Decimal("1234.5678")
    assert row["value_total_cny"] == total.quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert "attribution" in json.loads(table.schema.metadata[b"landprice"])
    sheet = tmp_path / "out.xlsx"
    valued(invoke, valued_data, source, sheet)
    names, _, second, *_ = openpyxl.load_workbook(sheet).active.iter_rows(values_only=True)
    assert second[names.index("value_total_cny")] == float(row["value_total_cny"])


def test_a_parcel_that_cannot_be_valued_keeps_its_place(
    invoke: Invoke, valued_data: Path, tmp_path: Path
) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.gpkg"
    write_csv(source, [[*NAMES, "area_m2"], *ROWS])
    valued(invoke, valued_data, source, target)
    layer = pyogrio.read_dataframe(target)
    assert layer["value_error"].notna().tolist() == [False] * 4 + [True] * 8
    assert layer.geometry.isna().tolist() == [False] * 10 + [True, False]
    assert layer["value_error"][9] == NOWHERE
    assert layer["value_code"].tolist()[4:8] == ["411700S50002"] * 4


def test_sums(invoke: Invoke, valued_data: Path, tmp_path: Path) -> None:
    """Against sums by hand over the rows that were written."""
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    summary, table = tmp_path / "sums.json", tmp_path / "sums.csv"
    write_csv(source, [[*NAMES, "area_m2"], *(ROWS * 3)])
    output, _ = valued(invoke, valued_data, source, target, "--summary", str(summary))
    expected: dict[tuple[str, str], list[Any]] = defaultdict(lambda: [0, 0, Decimal(0), Decimal(0)])
    for row in read_csv(target):
        one = expected[row["value_use"], row["value_code"]]
        one[0] += 1
        if not row["value_error"]:
            one[1] += 1
            one[2] += Decimal(row["value_area_m2"] or 0)
            one[3] += Decimal(row["value_total_cny"] or 0)
    found = json.loads(summary.read_text(encoding="utf-8"))["sums"]
    assert len(found) == len(expected) == 5
    for row in found:
        rows, good, area_m2, total_cny = expected[row["use"] or "", row["code"] or ""]
        assert (row["rows"], row["valued"], row["not_valued"]) == (rows, good, rows - good)
        assert (Decimal(row["area_m2"]), Decimal(row["total_cny"])) == (area_m2, total_cny)
        mean = None
        if area_m2:
            mean = str((total_cny / area_m2).quantize(Decimal("0.01"), ROUND_HALF_UP))
        assert row["mean_price_cny_m2"] == mean
    every = sum((one[3] for one in expected.values()), Decimal(0))
    assert f"\nall: 36 parcels, 12 valued, 24 not; 21,036.8034 m², {every:,} yuan, " in output
    report = valued(invoke, valued_data, source, target, "--summary", str(table), "--json")[0]
    assert json.loads(report)["sums"] == found
    texts = [{k: "" if v is None else str(v) for k, v in row.items()} for row in found]
    with table.open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.DictReader(file)) == texts


def test_sums_in_chinese(
    invoke: Invoke, valued_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    source = tmp_path / "in.csv"
    write_csv(source, [[*NAMES, "area_m2"], ROWS[0], ROWS[8], ROWS[9]])
    output, _ = valued(invoke, valued_data, source, tmp_path / "out.csv")
    assert "用途不明: 1 宗，已估 0 宗，未估 1 宗\n" in output
    assert "\n  不在任何区域: 1 宗，已估 0 宗，未估 1 宗\n" in output
    assert (
        "\n合计: 3 宗，已估 1 宗，未估 2 宗；面积 5,000 平方米，总价 24,115,350.00 元，" in output
    )


@pytest.fixture
def two_editions(tmp_path: Path, valued_data: Path, invoke: Invoke) -> Path:
    """Two years of the shipped city, each with coefficients, published."""
    data = tmp_path / "data"
    data.mkdir()
    later = write_edition(tmp_path / "later", 2023, share=0.05)
    text = (DATA / "coefficients.example.toml").read_text(encoding="utf-8")
    own = text.replace("411700-2022", "411700-2023")
    (later / COEFFICIENTS_FILE).write_text(own, encoding="utf-8")
    done(invoke("publish", str(valued_data), str(later), data=data))
    return data


def test_the_edition_of_the_date_of_each_parcel(
    invoke: Invoke, two_editions: Path, tmp_path: Path
) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    days = ["2023-05-01", "2024-05-01", "", "2021-03-01", "2023-05-01", "soon"]
    write_csv(
        source, [["lon", "lat", "use", "date"], *[[LON, LAT, "商服用地", day] for day in days]]
    )
    valued(invoke, two_editions, source, target)
    rows = read_csv(target)
    assert [row["date"] for row in rows] == days
    old, new = "411700-2022", "411700-2023"
    assert [row["value_edition"] for row in rows] == [old, new, new, old, old, new]
    prices = [Decimal(row["value_standard_price_cny_m2"]) for row in rows]
    assert prices == [4415, 4636, 4636, 4415, 4415, 4636]  # 4415 × 1.05 = 4635.75
    assert rows[3]["value_date_factor"] == "0.98500"  # of the index: 98.5 / 100
    assert "date is 'soon'" in rows[5]["value_error"]
    valued(invoke, two_editions, source, target, "--as-of", "2023-05-01", "--date", "2024-05-01")
    assert {row["value_edition"] for row in read_csv(target)} == {old}
    assert {row["value_date_factor"] for row in read_csv(target)} == {"1.01900"}


def test_a_day_to_which_no_index_carries(
    invoke: Invoke, valued_data: Path, valuer: TestClient, tmp_path: Path
) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    write_csv(source, [["lon", "lat", "use", "date"], [114.05, 32.993, "industrial", "2021-06-01"]])
    valued(invoke, valued_data, source, target)
    [row] = read_csv(target)
    asked = {"lon": 114.05, "lat": 32.993, "use": "industrial", "date": "2021-06-01"}
    error = valuer.post("/v1/appraise", json=asked).json()["error"]
    assert (error["code"], error["message"]) == ("no_edition", row["value_error"])


def test_columns_are_found_by_chinese_titles_and_told(
    invoke: Invoke, valued_data: Path, tmp_path: Path
) -> None:
    source, target = tmp_path / "in.xlsx", tmp_path / "out.csv"
    titles = [
        "经度",
        "纬度",
        "土地用途",
        "容积率",
        "剩余年限",
        "面积（㎡）",
        "估价期日",
        "开发程度",
    ]
    row = [LON, LAT, "商服用地", 2.5, 30, 5000, pd.Timestamp("2023-06-01"), "六通一平"]
    pd.DataFrame([row], columns=titles).to_excel(source, index=False)
    _, remarks = valued(invoke, valued_data, source, target)
    [remark] = remarks
    assert remark == (
        "Read of each parcel: use '土地用途', plot_ratio '容积率', remaining_years '剩余年限',"
        " date '估价期日', development '开发程度', area '面积（㎡）'."
    )
    assert read_csv(target)[0]["value_total_cny"] == "24115350.00"
    options = ("--use", "商服用地", "--date", "2023-06-01", "--plot-ratio-column", "容积率")
    _, remarks = valued(invoke, valued_data, source, target, *options)
    assert "use" not in remarks[0]
    assert "date" not in remarks[0]
    assert read_csv(target)[0]["value_total_cny"] == "24115350.00"


@pytest.mark.parametrize(
    ("unit", "given", "area_m2"),
    [("mu", "7.5", "5000.0000"), ("mu", "1", "666.6667"), ("ha", "0.5", "5000.0000")],
)
def test_units_of_area(
    invoke: Invoke, valued_data: Path, tmp_path: Path, unit: str, given: str, area_m2: str
) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    write_csv(source, [["lon", "lat", "面积"], [LON, LAT, given], [LON, LAT, "2000000"]])
    options = ("--use", "commercial", "--area-unit", unit)
    valued(invoke, valued_data, source, target, *options)
    row, too_much = read_csv(target)
    assert row["value_area_m2"] == area_m2
    assert Decimal(row["value_total_cny"]) == (Decimal(area_m2) * 4415).quantize(
        Decimal("0.01"), ROUND_HALF_UP
    )
    assert too_much["value_error"].startswith("area is 2000000; it must be more than 0 and at most")
    assert too_much["value_error"].endswith(f" {unit}.")


@pytest.mark.parametrize("title", ["面积（亩）", "面积亩", "area_mu", "土地面积(亩)"])
def test_a_unit_that_only_the_title_says(
    invoke: Invoke, valued_data: Path, tmp_path: Path, title: str
) -> None:
    source = tmp_path / "in.csv"
    write_csv(source, [["lon", "lat", title], [LON, LAT, "7.5"]])
    args = ("portfolio", str(source), str(tmp_path / "o.csv"), "--use", "commercial")
    for more in ((), ("--area-column", title)):
        assert told(invoke(*args, *more, data=valued_data)) == (
            f"in.csv: The column {title!r} counts in mu by its title, not in m2; say"
            " --area-unit mu."
        )
    valued(invoke, valued_data, source, tmp_path / "o.csv", *args[3:], "--area-unit", "mu")
    assert read_csv(tmp_path / "o.csv")[0]["value_area_m2"] == "5000.0000"


@pytest.mark.parametrize(
    ("names", "options", "sentence"),
    [
        (["lon", "lat"], (), "in.csv: It has no column for the use of the land; name one"),
        (["lon", "lat"], ("--use", "farming"), "use is 'farming'; it must be commercial"),
        (
            ["lon", "lat"],
            ("--use-column", "kind"),
            "in.csv: The column 'kind' for use is not in the columns lon, lat.",
        ),
        (
            ["lon", "lat", "容积率", "FAR"],
            ("--use", "commercial"),
            "in.csv: The columns 容积率 and FAR may both be meant; name one of them.",
        ),
        (
            ["lon", "lat", "value_code"],
            ("--use", "commercial"),
            "has a column 'value_code' already",
        ),
        (
            ["lon", "lat"],
            ("--use", "commercial", "--use-column", "x"),
            "--use stands in the place of --use-column.",
        ),
        (
            ["lon", "lat"],
            ("--date", "2024-01-01", "--date-column", "x"),
            "--date stands in the place of --date-column.",
        ),
        (["lon", "lat"], ("--location", "x", "--crs", "gcj02"), "--location stands in the place"),
        (["lon", "lat"], ("--summary", "sums.txt"), "it must end in .csv or .json."),
        (["lon", "lat"], ("--city", "Rome"), "city is 'Rome'; it must be one of 411700"),
    ],
)
def test_what_is_refused(
    invoke: Invoke,
    valued_data: Path,
    tmp_path: Path,
    names: list[str],
    options: tuple[str, ...],
    sentence: str,
) -> None:
    source = tmp_path / "in.csv"
    write_csv(source, [names, [LON, LAT, *range(len(names) - 2)]])
    result = invoke("portfolio", str(source), str(tmp_path / "o.csv"), *options, data=valued_data)
    assert sentence in told(result)
    assert list(tmp_path.iterdir()) == [source]


def test_the_sums_do_not_take_the_place_of_a_table(
    invoke: Invoke, valued_data: Path, tmp_path: Path
) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "o.csv"
    write_csv(source, [["lon", "lat"], [LON, LAT]])
    for path in (source, target):
        args = ("portfolio", str(source), str(target), "--summary", str(path))
        assert "is a table; name another file" in told(invoke(*args, data=valued_data))


@pytest.mark.parametrize(
    ("column", "sentence"),
    [
        ({"use": [1]}, "for use has int64; it must have text."),
        ({"date": [20240101]}, "for date has int64; it must have days or text."),
        ({"area_m2": [[1]]}, "for area has list<element: int64>; it must have numbers."),
        ({"plot_ratio": [True]}, "for plot_ratio has bool; it must have numbers."),
    ],
)
def test_columns_that_hold_something_else(
    invoke: Invoke, valued_data: Path, tmp_path: Path, column: dict[str, Any], sentence: str
) -> None:
    source = tmp_path / "in.parquet"
    pq.write_table(pa.table({"lon": [LON], "lat": [LAT], "用途": ["commercial"], **column}), source)
    options = ("--use-column", "用途") if "use" not in column else ()
    args = ("portfolio", str(source), str(tmp_path / "o.csv"), *options)
    assert sentence in told(invoke(*args, data=valued_data))


def test_types_of_parquet(invoke: Invoke, valued_data: Path, tmp_path: Path) -> None:
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    moment = pd.Timestamp("2023-06-01", tz="Asia/Shanghai")  # in UTC still the day before
    noon = pd.Timestamp("2023-06-01 12:00")
    table = pa.table(
        {
            "lon": [LON, LON],
            "lat": [LAT, LAT],
            "use": pa.array(["commercial"] * 2).dictionary_encode(),
            "plot_ratio": pa.array([2.3, None], pa.float32()),
            "remaining_years": pa.array([30, None], pa.int8()),
            "date": pa.array([moment, None], pa.timestamp("ns", "Asia/Shanghai")),
            "area_m2": pa.array([5000.5, float("nan")]),
        }
    )
    pq.write_table(table, source)
    valued(invoke, valued_data, source, target)
    row, standard = pq.read_table(target).to_pylist()
    assert row["value_error"] is standard["value_error"] is None
    assert row["value_area_m2"] == Decimal("5000.5000")
    assert row["value_date_factor"] == Decimal("1.00800")
    assert standard["value_ground_price_cny_m2"] == standard["value_standard_price_cny_m2"] == 4415
    assert (standard["value_area_m2"], standard["value_total_cny"]) == (None, None)
    pq.write_table(pa.table({"lon": [LON], "lat": [LAT], "date": [noon]}), source)
    valued(invoke, valued_data, source, target, "--use", "commercial")
    [row] = pq.read_table(target).to_pylist()
    assert row["value_error"].startswith("date is '2023-06-01 12:00:00")


def test_without_coefficients_a_standard_parcel_has_its_price(
    invoke: Invoke, tmp_path: Path
) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    write_csv(source, [["lon", "lat", "容积率"], [LON, LAT, ""], [LON, LAT, "9"]])
    valued(invoke, DATA, source, target, "--use", "commercial")
    standard, other = read_csv(target)
    assert standard["value_ground_price_cny_m2"] == "4415.00"
    assert standard["value_synthetic"] == ""
    assert "there is no plot_ratio coefficient for commercial" in other["value_error"]


def test_a_table_without_rows(invoke: Invoke, valued_data: Path, tmp_path: Path) -> None:
    source, target = tmp_path / "in.parquet", tmp_path / "out.csv"
    empty = pa.table({"lon": pa.array([], pa.float64()), "lat": pa.array([], pa.float64())})
    pq.write_table(empty, source)
    output, _ = valued(invoke, valued_data, source, target, "--use", "commercial")
    assert output.startswith("all: 0 parcels, 0 valued, 0 not\n")
    assert read_csv(target) == []


def test_places_in_words(invoke: Invoke, valued_data: Path, tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    days = ["2023-06-01", ""]
    rows = [["文明大道与慎阳路交叉口西南角", day] for day in days] + [["哪里", ""]]
    write_csv(source, [["坐落", "date"], *rows])
    options = ("--location", "坐落", "--use", "commercial")
    valued(invoke, valued_data, source, target, *options)
    first, second, third = read_csv(target)
    assert first["value_code"] == second["value_code"] != ""
    assert third["value_error"] != ""


def test_a_folder(invoke: Invoke, valued_data: Path, tmp_path: Path) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    for name in ("a", "b"):
        write_csv(source / f"{name}.csv", [[*NAMES, "area_m2"], *ROWS])
    output, _ = valued(invoke, valued_data, source, target)
    assert "\nall: 24 parcels, 8 valued, 16 not; " in output
    assert len(read_csv(target / "b.csv")) == len(ROWS)


def long_table(folder: Path, rows: int) -> Path:
    """Write a table that takes seconds to value."""
    random = np.random.default_rng(1)
    table = pa.table(
        {
            "lon": random.uniform(113.97, 114.09, rows),
            "lat": random.uniform(32.94, 33.04, rows),
            "plot_ratio": random.integers(50, 400, rows) / 100,
            "area_m2": random.uniform(50, 1e5, rows).round(2),
        }
    )
    pq.write_table(table, folder / "in.parquet", row_group_size=rows)
    return folder / "in.parquet"


@pytest.mark.slow
def test_long_files_do_not_fill_the_memory(valued_data: Path, tmp_path: Path) -> None:
    """Four times the rows take hardly more."""
    peaks = []
    for rows in (1_000_000, 4_000_000):
        source = long_table(tmp_path, rows)
        run = subprocess.run(  # noqa: S603 - our own command
            [
                *(sys.executable, "-c", PEAK, "portfolio", str(source)),
                *(str(tmp_path / "out.parquet"), "--use", "commercial"),
            ],
            capture_output=True,
            check=True,
            env={**os.environ, "LANDPRICE_DATA": str(valued_data)},
            text=True,
        )
        assert f"\nall: {rows} parcels, " in run.stdout
        peaks.append(int(run.stderr.splitlines()[-1]) * 1024)
    assert peaks[1] < 1.25 * peaks[0], peaks


@pytest.mark.slow
@pytest.mark.usefixtures("interruptible")
def test_an_interrupted_run_leaves_nothing(command: str, valued_data: Path, tmp_path: Path) -> None:
    source = long_table(tmp_path, 3_000_000)
    args = [command, "portfolio", str(source), str(tmp_path / "out.parquet"), "--use=commercial"]
    args += ["--summary", str(tmp_path / "sums.csv")]
    environment = {**os.environ, "LANDPRICE_DATA": str(valued_data)}
    with subprocess.Popen(args, stderr=subprocess.PIPE, text=True, env=environment) as process:  # noqa: S603 - our own
        while not any(one.stat().st_size > 100_000 for one in tmp_path.glob(".out.*/*")):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=WAIT_S)
    assert process.returncode == 128 + signal.SIGINT
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.slow
def test_only_a_terminal_sees_progress(
    command: str, landprice: Landprice, valued_data: Path, tmp_path: Path
) -> None:
    source, target = long_table(tmp_path, 300_000), tmp_path / "out.parquet"
    args = ["portfolio", str(source), str(target), "--use", "commercial"]
    terminal, end = pty.openpty()
    subprocess.run(  # noqa: S603 - our own
        [command, *args],
        stdout=subprocess.DEVNULL,
        stderr=end,
        check=True,
        env={**os.environ, "LANDPRICE_DATA": str(valued_data)},
    )
    os.close(end)
    shown = os.read(terminal, 100_000).decode()
    os.close(terminal)
    assert re.search(r"\r.*300 000 rows, (\d\.\d\d million|[\d ]+)/s", shown), shown
    assert landprice(*args, data=valued_data).stderr == (
        "Read of each parcel: plot_ratio 'plot_ratio', area 'area_m2'.\n"
    )
