"""Coordinates read from the columns of a table, and the rows that cannot be read."""

from __future__ import annotations

import contextlib
import decimal
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from geo.errors import CoordinateError, TableError
from geo.lookup.points import Points, find_columns, read_points
from geo.lookup.written import read_coordinate
from tests.factories import LAT, LON
from tests.table_cases import REFUSED_CASES, RefusedCase

NEARLY_A_NUMBER = r"[ +-]?[0-9]{0,3}\.?[0-9]{0,3}([eE][+-]?[0-9]{1,3})?[ _]?"
NUMBER_TYPES = [
    pa.float64(),
    pa.float32(),
    pa.float16(),
    pa.int8(),
    pa.uint64(),
    pa.decimal128(20, 6),
    pa.decimal256(40, 6),
]
TEXT_TYPES = [
    pa.string(),
    pa.large_string(),
    pa.dictionary(pa.int32(), pa.string()),
    pa.dictionary(pa.int8(), pa.large_string()),
]
OTHER_TYPES = [
    pa.bool_(),
    pa.binary(),
    pa.timestamp("s"),
    pa.list_(pa.float64()),
    pa.struct([("lon", pa.float64())]),
]


def table_of(lon: pa.Array, lat: pa.Array | None = None) -> pa.RecordBatch:
    lat = pa.array([LAT] * len(lon)) if lat is None else lat
    return pa.RecordBatch.from_arrays([lon, lat], names=["lon", "lat"])


def read(lon: pa.Array, lat: pa.Array | None = None) -> Points:
    table = table_of(lon, lat)
    find_columns(table.schema, lon="lon", lat="lat")
    points = read_points(table, lon="lon", lat="lat")
    assert points.lon.dtype == points.lat.dtype == np.float64
    assert points.lon.shape == points.lat.shape == (len(lon),)
    return points


def problem_of(points: Points, row: int) -> tuple[str, str, str]:
    problem = points.problems[row]
    return problem.code, problem.field or "", str(problem)


@pytest.mark.parametrize("kind", NUMBER_TYPES, ids=str)
def test_numbers_of_every_type(kind: pa.DataType) -> None:
    points = read(pa.array([114.0, None, 32.0]).cast(kind))
    assert points.lon[[0, 2]].tolist() == [114.0, 32.0]
    assert math.isnan(points.lon[1])
    assert points.problems.keys() == {1}
    assert problem_of(points, 1) == ("missing", "lon", "lon is missing.")


def test_a_column_of_nothing() -> None:
    """Its type says that it can hold neither numbers nor text."""
    points = read(pa.nulls(2))
    assert [problem_of(points, i)[0] for i in range(2)] == ["missing", "missing"]


def test_fractions_of_every_type() -> None:
    exact = read(pa.array([LON]))
    assert exact.lon.tolist() == [LON]
    single = read(pa.array([LON], pa.float32()))
    assert single.lon.tolist() == [float(np.float32(LON))]
    money = read(pa.array([decimal.Decimal("114.0127")]))
    assert money.lon.tolist() == pytest.approx([LON], abs=1e-13)


@pytest.mark.parametrize("kind", TEXT_TYPES, ids=str)
def test_text_of_every_type(kind: pa.DataType) -> None:
    points = read(pa.array([None, "114.0127", " -33e0\t", "x", "", "  "], pa.string()).cast(kind))
    assert points.lon[[1, 2]].tolist() == [LON, -33.0]
    assert {i: problem_of(points, i) for i in points.problems} == {
        0: ("missing", "lon", "lon is missing."),
        3: ("not_a_number", "lon", "lon is 'x'; it must be a number."),
        4: ("missing", "lon", "lon is missing."),
        5: ("missing", "lon", "lon is missing."),
    }
    assert np.isnan(points.lon[[0, 3, 4, 5]]).all()


@pytest.mark.parametrize(
    "text",
    [
        "1_14",
        "114,0127",
        "0x72",
        "--1",
        "true",
        "一百",
        "٣",
        "1e",
        ".",
        "-",
        "1 2",
    ],
)
def test_text_that_is_no_number(text: str) -> None:
    points = read(pa.array([LON, LON]), pa.array([str(LAT), text]))
    assert points.problems.keys() == {1}
    assert problem_of(points, 1) == (
        "not_a_number",
        "lat",
        f"lat is {text!r}; it must be a number.",
    )


def test_long_text_is_cut_in_the_message() -> None:
    _, _, message = problem_of(read(pa.array(["x" * 10_000])), 0)
    assert message == f"lon is '{'x' * 60}'; it must be a number."


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("114", 114.0),
        ("+114", 114.0),
        ("114.", 114.0),
        (".5", 0.5),
        ("-.5e1", -5.0),
        ("1E2", 100.0),
        ("1e999", math.inf),
        ("-1e999", -math.inf),
        ("1e-400", 0.0),
        ("9" * 400, math.inf),
        ("infinity", math.inf),
        ("-inf", -math.inf),
    ],
)
def test_text_that_is_a_number(text: str, number: float) -> None:
    assert read(pa.array([text])).lon.tolist() == [number]
    assert read(pa.array([text])).problems == {}


def test_text_that_says_it_is_none() -> None:
    """It is read as NaN, and refused as a place."""
    points = read(pa.array(["nan", "NaN"]))
    assert np.isnan(points.lon).all()
    assert points.problems == {}


@settings(max_examples=200, deadline=None)
@given(
    text=st.floats().map(repr)
    | st.integers().map(str)
    | st.from_regex(NEARLY_A_NUMBER, fullmatch=True)
    | st.text("0123456789.eE+-_ naif", max_size=8)
)
@example(text="1e5_0")
@example(text="\n114\t")
def test_text_is_read_as_in_a_query(text: str) -> None:
    """As ``GET /v1/price`` reads it, but that an empty cell is a missing one."""
    expected = None
    with contextlib.suppress(CoordinateError):
        expected = read_coordinate(text, "lon")
    with contextlib.suppress(ValidationError):
        if "_" not in text and text.isascii():
            assert repr(TypeAdapter(float).validate_python(text)) == repr(expected)
    points = read(pa.array([text, "1"]))
    if expected is not None:
        assert points.problems == {}
        assert points.lon[0] == expected or (math.isnan(points.lon[0]) and math.isnan(expected))
    else:
        code = "not_a_number" if text.strip() else "missing"
        assert (points.problems[0].code, points.problems[0].field) == (code, "lon")
        assert math.isnan(points.lon[0])
    assert points.lon[1] == 1.0


def test_of_two_bad_numbers_in_a_row_lon_is_told() -> None:
    points = read(pa.array(["x", None, "1"]), pa.array(["y", "y", None]))
    assert [points.problems[i].field for i in range(3)] == ["lon", "lon", "lat"]
    assert points.problems[1].code == "missing"


def test_nan_and_infinity_in_numbers_are_no_problem_of_reading() -> None:
    points = read(pa.array([math.nan, math.inf, None]), pa.array([LAT, LAT, LAT]))
    assert points.problems.keys() == {2}
    assert math.isnan(points.lon[0])
    assert points.lon[1] == math.inf


def test_a_part_of_a_table_is_read_as_that_part() -> None:
    for lon in (
        pa.array([1.0, None, 3.0, 4.0]),
        pa.array(["1", None, "3", "x"]),
        pa.array(["1", None, "3", "x"]).dictionary_encode(),
        pa.array([1, None, 3, 4]),
    ):
        points = read_points(table_of(lon).slice(1, 2), lon="lon", lat="lat")
        assert (points.lon[1], set(points.problems)) == (3.0, {0})


def test_no_rows() -> None:
    for kind in (*NUMBER_TYPES, *TEXT_TYPES, pa.null()):
        points = read(pa.array([], kind))
        assert (points.lon.size, points.problems) == (0, {})


def test_columns_go_by_name() -> None:
    table = pa.RecordBatch.from_arrays(
        [pa.array(["here"]), pa.array([LAT]), pa.array([LON])], names=["名称", "纬度", "经度"]
    )
    find_columns(table.schema, lon="经度", lat="纬度")
    points = read_points(table, lon="经度", lat="纬度")
    assert (points.lon.tolist(), points.lat.tolist()) == ([LON], [LAT])


@pytest.mark.parametrize("kind", OTHER_TYPES, ids=str)
def test_a_column_that_can_hold_no_numbers(kind: pa.DataType) -> None:
    schema = pa.schema([("lon", pa.float64()), ("lat", kind)])
    with pytest.raises(TableError) as caught:
        find_columns(schema, lon="lon", lat="lat")
    assert str(caught.value) == f"The column 'lat' for lat has {kind}; it must have numbers."


@pytest.mark.parametrize("case", REFUSED_CASES, ids=str)
def test_a_table_without_coordinates(case: RefusedCase) -> None:
    with pytest.raises(TableError) as caught:
        find_columns(case.table.schema, lon="lon", lat="lat")
    assert (str(caught.value), caught.value.code) == (case.sentence, "table_invalid")
