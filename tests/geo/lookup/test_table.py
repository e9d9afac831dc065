"""Prices for a table of points: the same as for each point alone, and no row lost."""

from __future__ import annotations

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

from app.web.edition import LoadedEdition
from geo.build.edition import build
from geo.crs import Crs, from_wgs84
from geo.lookup.points import Points, read_points
from geo.lookup.table import DEFAULT_COLUMNS, ERROR_COLUMNS, Column, TableAnswers
from geo.model import COMMERCIAL, INDUSTRIAL
from geo.parcels import PARCELS_FILE
from tests.factories import LAT, LON, answer_at, answer_row, edition_facts, places
from tests.metric import SYSTEMS
from tests.paths import DATA
from tests.synthetic import regular_city
from tests.table_cases import GOOD_CASES, TableCase, kernel_rows
from tests.uses import USES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from geo.model import Use

    FloatArray = npt.NDArray[np.float64]

ALL_COLUMNS = tuple(Column)
WIDE_NUMBERS = st.floats(-1e300, 1e300) | st.sampled_from([math.nan, math.inf, -math.inf])
MILLIMETRE_DEG = 1e-8


@functools.cache
def shipped() -> LoadedEdition:
    """The shipped edition, for tests that would print a fixture."""
    return LoadedEdition.read(DATA / PARCELS_FILE)


@pytest.fixture(scope="module")
def edition() -> LoadedEdition:
    return shipped()


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
    uses: Sequence[Use] | None = None,
    columns: Sequence[Column] = DEFAULT_COLUMNS,
) -> pa.RecordBatch:
    """Check many answers against single ones and return them."""
    uses = edition.uses if uses is None else uses
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


@pytest.mark.parametrize("crs", SYSTEMS)
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
    for use in USES:
        counted = {region.code for region in edition.regions if region.use is use}
        assert seen[f"{use}_code"] <= {*counted, None}
        assert len(seen[f"{use}_code"]) > 0.7 * len(counted)
        assert {"uncertain", None} <= seen[f"{use}_certainty"]
    if crs in {Crs.WGS84, Crs.CGCS2000, Crs.EPSG_4490}:
        assert seen["error"] == {None}
        assert "on_boundary" in seen["commercial_certainty"]
        assert {"inside", "likely"} <= seen["commercial_certainty"]


@settings(max_examples=60, deadline=None)
@given(
    lon=st.floats(113.9, 114.2) | WIDE_NUMBERS,
    lat=st.floats(32.9, 33.1) | WIDE_NUMBERS,
    crs=st.sampled_from(SYSTEMS),
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


@pytest.mark.parametrize("uses", [(), *((use,) for use in USES), (INDUSTRIAL, COMMERCIAL)])
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
    names = [f"{use}_{column}" for use in USES for column in columns]
    assert answers.schema.names == [*names, *ERROR_COLUMNS]


def test_the_default_leaves_out_what_is_slow(edition: LoadedEdition) -> None:
    names = TableAnswers(edition, crs=Crs.WGS84).schema.names
    assert names == [f"{use}_{c}" for use in USES for c in DEFAULT_COLUMNS] + list(ERROR_COLUMNS)
    assert Column.DISTANCE not in DEFAULT_COLUMNS


def test_the_schema_says_whose_answers_these_are(edition: LoadedEdition) -> None:
    facts = json.loads(TableAnswers(edition, crs=Crs.WGS84).schema.metadata[b"landprice"])
    assert facts["edition"] == edition_facts(edition)
    assert facts["attribution"] == edition.parcels.attribution
    assert facts["sha256"] == edition.parcels.sha256


def test_of_two_regions_of_a_use_the_likelier(edition: LoadedEdition) -> None:
    polygons = {region.code: region.polygon for region in edition.regions}
    both = shapely.intersection(polygons["411700S50011"], polygons["411700S50020"])
    rng = np.random.default_rng(2)
    west, south, east, north = both.bounds
    lon, lat = rng.uniform(west, east, 50), rng.uniform(south, north, 50)
    rows = check(edition, points_of(lon, lat), crs=Crs.WGS84).to_pylist()
    for x, y, row in zip(lon.tolist(), lat.tolist(), rows, strict=True):
        found = answer_at(edition, lon=x, lat=y, use=COMMERCIAL).prices
        assert {"411700S50011", "411700S50020"} <= {price.code for price in found}
        assert row["commercial_code"] == max(found, key=lambda price: price.probability).code


@pytest.mark.parametrize("columns", [(), DEFAULT_COLUMNS, ALL_COLUMNS])
@pytest.mark.parametrize("crs", SYSTEMS)
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
    for crs in SYSTEMS:
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
    some = tuple(r for r in edition.parcels.regions if r.use is not INDUSTRIAL)
    city = LoadedEdition.of(replace(edition.parcels, regions=some))
    points = points_of(*places(city, 300, seed=11).T)
    answers = check(city, points, crs=Crs.WGS84, columns=ALL_COLUMNS)
    for column in Column:
        assert f"industrial_{column}" not in answers.schema.names
    assert answers.column("commercial_code").null_count < 300


def test_a_synthetic_city() -> None:
    edition = LoadedEdition.of(build(regular_city().sources(surveyed=True)).parcels)
    lon, lat = (
        np.concatenate(pair)
        for pair in zip(places(edition, 200, seed=12).T, special(edition), strict=True)
    )
    answers = check(edition, points_of(lon, lat), crs=Crs.WGS84, columns=ALL_COLUMNS)
    assert set(answers.column("residential_certainty").to_pylist()) == {
        "inside",
        "uncertain",
        "on_boundary",
        None,
    }
