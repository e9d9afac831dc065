"""Many points at once: the same answers as one by one, and no row lost, whatever is in it."""

from __future__ import annotations

import decimal
import functools
import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.settings import Settings
from app.web.edition import LoadedEdition
from geo.build.edition import build
from geo.crs import Crs, from_wgs84
from geo.errors import TableError
from geo.lookup.points import Points, check_columns, read_points
from geo.lookup.table import DEFAULT_COLUMNS, ERROR_COLUMNS, Column, TableAnswers
from geo.model import Use
from tests.factories import LAT, LON, answer_at, answer_row, places
from tests.table_cases import GOOD_CASES, REFUSED_CASES, RefusedCase, TableCase, kernel_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from tests.app.conftest import CityFolder

    FloatArray = npt.NDArray[np.float64]

USES = tuple(Use)
ALL_COLUMNS = tuple(Column)
WIDE_NUMBERS = st.floats(-1e300, 1e300) | st.sampled_from([math.nan, math.inf, -math.inf])
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


MILLIMETRE_DEG = 1e-8


@functools.cache
def shipped() -> LoadedEdition:
    """The shipped edition, for tests that would print a fixture."""
    return LoadedEdition.read(Settings().parcels)


def points_of(lon: Sequence[float] | FloatArray, lat: Sequence[float] | FloatArray) -> Points:
    lons, lats = (np.asarray(values, dtype=np.float64) for values in (lon, lat))
    return Points(lon=lons, lat=lats, problems={})


def one_by_one(
    edition: LoadedEdition,
    points: Points,
    *,
    crs: Crs,
    uses: Sequence[Use] = USES,
    columns: Sequence[Column] = DEFAULT_COLUMNS,
) -> list[dict[str, Any]]:
    """Return the rows that the answers for single points amount to."""
    return [
        answer_row(edition, lon=lon, lat=lat, crs=crs, uses=uses, columns=columns)
        for lon, lat in zip(points.lon.tolist(), points.lat.tolist(), strict=True)
    ]


def check_batch(batch: pa.RecordBatch, bulk: TableAnswers, expected: list[dict[str, Any]]) -> None:
    batch.validate(full=True)
    assert batch.schema.equals(bulk.schema, check_metadata=True)
    assert batch.to_pylist() == expected


def check(
    edition: LoadedEdition,
    points: Points,
    *,
    crs: Crs,
    uses: Sequence[Use] = USES,
    columns: Sequence[Column] = DEFAULT_COLUMNS,
) -> pa.RecordBatch:
    """Check many answers against single ones and return them."""
    bulk = TableAnswers(edition, crs=crs, uses=uses, columns=columns)
    batch = bulk.answer(points)
    expected = one_by_one(edition, points, crs=crs, uses=uses, columns=columns)
    check_batch(batch, bulk, expected)
    return batch


def special(edition: LoadedEdition) -> tuple[FloatArray, FloatArray]:
    """Return vertices, places on edges and in the middle of regions, and the ends of the Earth."""
    regions = edition.regions
    polygons = [region.polygon for region in regions]
    rings = [shapely.get_coordinates(polygon.exterior) for polygon in polygons]
    middles = [polygon.representative_point().coords[0] for polygon in polygons]
    ends = [(-180.0, -90.0), (180.0, 90.0), (0.0, 0.0), (24.0, 0.0), (-66.0, -33.0)]
    corners = [ring[list(r.corners)] for r, ring in zip(regions, rings, strict=True)]
    on_edges = [((ring[:-1] + ring[1:]) / 2)[::9] for ring in rings]
    lon, lat = np.concatenate([*corners, *on_edges, middles, ends]).T
    return lon, lat


@pytest.mark.parametrize("case", GOOD_CASES, ids=str)
def test_every_case_is_answered_as_one_by_one(edition: LoadedEdition, case: TableCase) -> None:
    rows = kernel_rows(edition, case)
    points = zip(
        *(case.table.column(name).to_pylist() for name in (case.lon, case.lat)), strict=True
    )
    told = case.told or [("", "")] * len(rows)
    for row, (lon, lat), (code, sentence) in zip(rows, points, told, strict=True):
        if code:
            assert row.pop("error") == code
            assert row.pop("error_message").endswith(sentence)
            assert set(row.values()) == {None}
        else:
            assert row == answer_row(
                edition,
                lon=float(lon),
                lat=float(lat),
                crs=case.crs,
                uses=case.uses,
                columns=case.columns,
            )


@pytest.mark.parametrize("case", REFUSED_CASES, ids=str)
def test_a_table_without_coordinates(case: RefusedCase) -> None:
    with pytest.raises(TableError) as caught:
        check_columns(case.table.schema, lon="lon", lat="lat")
    assert (str(caught.value), caught.value.code) == (case.sentence, "table_invalid")


@pytest.mark.parametrize("crs", list(Crs))
def test_many_are_answered_as_one_by_one(edition: LoadedEdition, crs: Crs) -> None:
    lon, lat = (
        np.concatenate(pair)
        for pair in zip(places(edition, 400, seed=7).T, special(edition), strict=True)
    )
    if crs in {Crs.GCJ02, Crs.BD09}:  # of these one point and many differ in their last bits
        lon, lat = lon + MILLIMETRE_DEG, lat + MILLIMETRE_DEG
    points = points_of(*from_wgs84(lon=lon, lat=lat, crs=crs))
    answers = check(edition, points, crs=crs, columns=ALL_COLUMNS)
    seen = {name: set(answers.column(name).to_pylist()) for name in answers.schema.names}
    for use in Use:
        counted = {region.code for region in edition.regions if region.use is use}
        assert seen[f"{use}_code"] == {*counted, None}
        assert {"near_boundary", None} <= seen[f"{use}_certainty"]
    if crs in {Crs.WGS84, Crs.CGCS2000, Crs.EPSG_4490}:
        assert seen["error"] == {None}
        assert "on_boundary" in seen["commercial_certainty"]
        assert "inside" in seen["commercial_certainty"]


@settings(max_examples=60, deadline=None)
@given(
    lon=st.floats(113.9, 114.2) | WIDE_NUMBERS,
    lat=st.floats(32.9, 33.1) | WIDE_NUMBERS,
    crs=st.sampled_from(Crs),
)
@example(lon=LAT, lat=LON, crs=Crs.WGS84)
@example(lon=math.nan, lat=math.inf, crs=Crs.BD09)
@example(lon=3_650_000.0, lat=501_869.0, crs=Crs.EPSG_4547)
@example(lon=-180.0, lat=90.0, crs=Crs.BD09)
@example(lon=1e300, lat=-1e300, crs=Crs.GCJ02)
@example(lon=5e-324, lat=-0.0, crs=Crs.EPSG_4526)
def test_any_point_is_answered_as_alone(lon: float, lat: float, crs: Crs) -> None:
    """Good neighbours change nothing."""
    points = points_of([lon, LON, lat], [lat, LAT, lon])
    check(shipped(), points, crs=crs, columns=ALL_COLUMNS)


@pytest.mark.parametrize("uses", [(), *((use,) for use in Use), (Use.INDUSTRIAL, Use.COMMERCIAL)])
def test_only_the_uses_asked_for(edition: LoadedEdition, uses: tuple[Use, ...]) -> None:
    points = points_of(*places(edition, 200, seed=8).T)
    answers = check(edition, points, crs=Crs.WGS84, uses=uses, columns=ALL_COLUMNS)
    assert answers.schema.names == [
        *(f"{use}_{column}" for use in uses for column in Column),
        *ERROR_COLUMNS,
    ]


@pytest.mark.parametrize("columns", [(), *((column,) for column in Column), ALL_COLUMNS[::-1]])
def test_only_the_columns_asked_for(edition: LoadedEdition, columns: tuple[Column, ...]) -> None:
    points = points_of(*places(edition, 200, seed=9).T)
    answers = check(edition, points, crs=Crs.WGS84, columns=columns)
    names = [f"{use}_{column}" for use in Use for column in columns]
    assert answers.schema.names == [*names, *ERROR_COLUMNS]


def test_the_default_leaves_out_what_is_slow(edition: LoadedEdition) -> None:
    names = TableAnswers(edition, crs=Crs.WGS84).schema.names
    assert names == [f"{use}_{c}" for use in Use for c in DEFAULT_COLUMNS] + list(ERROR_COLUMNS)
    assert Column.DISTANCE not in DEFAULT_COLUMNS


def test_the_schema_says_whose_answers_these_are(edition: LoadedEdition) -> None:
    facts = json.loads(TableAnswers(edition, crs=Crs.WGS84).schema.metadata[b"landprice"])
    assert facts["edition"] == edition.facts.model_dump(mode="json")
    assert facts["attribution"] == edition.parcels.attribution
    assert facts["sha256"] == edition.parcels.sha256


def test_of_two_regions_of_a_use_the_lowest_code(edition: LoadedEdition) -> None:
    polygons = {region.code: region.polygon for region in edition.regions}
    both = shapely.intersection(polygons["411700S50011"], polygons["411700S50020"])
    place = both.representative_point()
    assert len(answer_at(edition, lon=place.x, lat=place.y).prices) > 2
    [row] = check(edition, points_of([place.x], [place.y]), crs=Crs.WGS84).to_pylist()
    assert row["commercial_code"] == "411700S50011"


@pytest.mark.parametrize("columns", [(), DEFAULT_COLUMNS, ALL_COLUMNS])
@pytest.mark.parametrize("crs", list(Crs))
def test_no_points(edition: LoadedEdition, crs: Crs, columns: tuple[Column, ...]) -> None:
    answers = check(edition, points_of([], []), crs=crs, columns=columns)
    assert answers.num_rows == 0


def test_every_row_may_be_bad(edition: LoadedEdition) -> None:
    points = points_of([math.nan, LAT, 181.0], [LAT, LON, LAT])
    answers = check(edition, points, crs=Crs.WGS84, columns=ALL_COLUMNS)
    assert answers.column("error").to_pylist() == ["not_finite", "lon_lat_swapped", "out_of_range"]


def test_more_points_than_are_looked_up_at_a_time(edition: LoadedEdition) -> None:
    """Parts give what the whole gives, in any order."""
    lon, lat = places(edition, 150_000, seed=10).T
    lon[::1000] = np.nan
    bulk = TableAnswers(edition, crs=Crs.GCJ02)
    whole = bulk.answer(points_of(lon, lat))
    whole.validate(full=True)
    parts = [
        bulk.answer(points_of(lon[i : i + 7919], lat[i : i + 7919]))
        for i in range(0, lon.size, 7919)
    ]
    assert pa.Table.from_batches([whole]).equals(pa.Table.from_batches(parts))
    turned = bulk.answer(points_of(lon[::-1], lat[::-1]))
    assert turned.take(pa.array(np.arange(lon.size)[::-1])).equals(whole)
    assert whole.column("error").null_count == lon.size - 150


def test_points_are_left_as_they_were(edition: LoadedEdition) -> None:
    """They may be a read-only view of what a caller sent."""
    points = points_of([LON, math.nan, LAT], [LAT, LAT, LON])
    points.lon.flags.writeable = points.lat.flags.writeable = False
    for crs in Crs:
        TableAnswers(edition, crs=crs, columns=ALL_COLUMNS).answer(points)
    assert points.problems == {}


def test_a_problem_of_reading_goes_before_one_of_the_place(edition: LoadedEdition) -> None:
    table = pa.RecordBatch.from_pydict({"lon": ["x", "-181"], "lat": ["95", "y"]})
    bulk = TableAnswers(edition, crs=Crs.WGS84)
    rows = bulk.answer(read_points(table, lon="lon", lat="lat")).to_pylist()
    assert [row["error_message"] for row in rows] == [
        "lon is 'x'; it must be a number.",
        "lat is 'y'; it must be a number.",
    ]


def test_an_edition_without_industrial_regions(edition: LoadedEdition) -> None:
    """Not every city publishes industrial land."""
    some = tuple(r for r in edition.parcels.regions if r.use is not Use.INDUSTRIAL)
    city = LoadedEdition.of(replace(edition.parcels, regions=some))
    points = points_of(*places(city, 300, seed=11).T)
    answers = check(city, points, crs=Crs.WGS84, columns=ALL_COLUMNS)
    for column in Column:
        assert answers.column(f"industrial_{column}").null_count == 300
    assert answers.column("commercial_code").null_count < 300


def test_a_synthetic_city(city_folder: CityFolder) -> None:
    built = build(city_folder.city.sources(surveyed=True))
    regions = built.parcels.regions
    edition = LoadedEdition.of(replace(built.parcels, regions=tuple(regions)))
    lon, lat = (
        np.concatenate(pair)
        for pair in zip(places(edition, 200, seed=12).T, special(edition), strict=True)
    )
    answers = check(edition, points_of(lon, lat), crs=Crs.WGS84, columns=ALL_COLUMNS)
    assert set(answers.column("residential_certainty").to_pylist()) == {
        "inside",
        "on_boundary",
        None,
    }


# Reading coordinates from columns.


def table_of(lon: pa.Array, lat: pa.Array | None = None) -> pa.RecordBatch:
    lat = pa.array([LAT] * len(lon)) if lat is None else lat
    return pa.RecordBatch.from_arrays([lon, lat], names=["lon", "lat"])


def read(lon: pa.Array, lat: pa.Array | None = None) -> Points:
    table = table_of(lon, lat)
    check_columns(table.schema, lon="lon", lat="lat")
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
        "114°",
        "0x72",
        "--1",
        "true",
        "一百",
        "１１４",
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
    try:
        expected = TypeAdapter(float).validate_python(text) if "_" not in text else None
    except ValidationError:
        expected = None
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
    check_columns(table.schema, lon="经度", lat="纬度")
    points = read_points(table, lon="经度", lat="纬度")
    assert (points.lon.tolist(), points.lat.tolist()) == ([LON], [LAT])


@pytest.mark.parametrize("kind", OTHER_TYPES, ids=str)
def test_a_column_that_can_hold_no_numbers(kind: pa.DataType) -> None:
    schema = pa.schema([("lon", pa.float64()), ("lat", kind)])
    with pytest.raises(TableError) as caught:
        check_columns(schema, lon="lon", lat="lat")
    assert str(caught.value) == f"The column 'lat' for lat has {kind}; it must have numbers."
