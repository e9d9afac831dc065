"""Prices and regions as tables, against answers for single points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas as pd
import pytest

from geo import Crs, OpenEdition, Use, open_edition, price_at, prices, regions
from geo.crs import from_wgs84
from geo.errors import CoordinateError, GeoError, TableError, UnknownColumnError, UnknownUseError
from geo.lookup.table import DEFAULT_COLUMNS, ERROR_COLUMNS, Column
from geo.model import COMMERCIAL
from geo.parcels import SHIPPED_DATA
from tests.uses import USES

if TYPE_CHECKING:
    from collections.abc import Callable

ALREADY = (
    "The frame has a column 'commercial_code' already, which the result is to have; rename it."
)
SYSTEMS = [Crs.WGS84, Crs.GCJ02, Crs.BD09, Crs.EPSG_4547]


@pytest.fixture(scope="module")
def edition() -> OpenEdition:
    return open_edition()


def table(crs: Crs = Crs.WGS84, count: int = 60) -> pd.DataFrame:
    """Return places in and around the city, with an index that is neither sorted nor unique."""
    chance = np.random.default_rng(3)
    lon, lat = chance.uniform((113.93, 32.9), (114.1, 33.08), (count, 2)).T
    lon, lat = from_wgs84(lon=lon, lat=lat, crs=crs)
    index = chance.integers(0, count // 2, count)
    return pd.DataFrame({"lon": lon, "name": [f"p{i}" for i in range(count)], "lat": lat}, index)


def told(edition: OpenEdition, row: Any, crs: Crs, use: Use) -> dict[str, Any]:  # noqa: ANN401
    """Return what a single question tells of the first region of a use."""
    found = price_at(edition, lon=row.lon, lat=row.lat, crs=crs, use=use).prices
    if not found:
        return dict.fromkeys(DEFAULT_COLUMNS)
    return {column: getattr(found[0], column) for column in DEFAULT_COLUMNS}


@pytest.mark.parametrize("crs", SYSTEMS)
def test_each_row_is_answered_as_alone(edition: OpenEdition, crs: Crs) -> None:
    frame = table(crs)
    before = frame.copy()
    priced = prices(frame, edition=edition, crs=crs)
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(priced[list(frame)], frame)
    columns = [f"{use}_{column}" for use in USES for column in DEFAULT_COLUMNS]
    assert list(priced) == [*frame, *columns, *ERROR_COLUMNS]
    for row in priced.itertuples(index=False):
        for use in USES:
            for column, value in told(edition, row, crs, use).items():
                given = getattr(row, f"{use}_{column}")
                assert (None if pd.isna(given) else given) == value
    assert priced[list(ERROR_COLUMNS)].isna().all(axis=None)


def test_whole_numbers_stay_whole(edition: OpenEdition) -> None:
    priced = prices(table(), edition=edition)
    assert priced["commercial_ground_price_cny_m2"].isna().any()
    assert priced["commercial_ground_price_cny_m2"].dtype == "Int32"
    assert priced["commercial_code"].dtype == "category"


def test_the_shipped_edition_is_asked_if_no_other_is_given(edition: OpenEdition) -> None:
    pd.testing.assert_frame_equal(prices(table()), prices(table(), edition=edition))


def test_uses_and_columns(edition: OpenEdition) -> None:
    priced = prices(
        table(), edition=edition, uses=["industrial", COMMERCIAL], columns=["placement", "code"]
    )
    names = [
        f"{use}_{column}"
        for use in ("industrial", "commercial")
        for column in ("placement", "code")
    ]
    assert list(priced)[3:] == [*names, *ERROR_COLUMNS]
    assert (
        prices(table(), edition=edition, columns=list(Column)).shape[1] == 3 + 3 * len(Column) + 2
    )


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda frame: frame, id="as they are"),
        pytest.param(lambda frame: frame.astype({"lon": str, "lat": str}), id="text"),
        pytest.param(lambda frame: frame.astype({"lon": "category"}), id="categories"),
        pytest.param(lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"), id="arrow"),
        pytest.param(lambda frame: frame.astype({"lon": object}), id="objects"),
        pytest.param(lambda frame: frame.rename(columns={"name": 7}), id="a name that is a number"),
    ],
)
def test_every_kind_of_column(
    edition: OpenEdition, make: Callable[[pd.DataFrame], pd.DataFrame]
) -> None:
    expected = prices(table(), edition=edition).iloc[:, 3:]
    found = prices(make(table()), edition=edition).iloc[:, 3:]
    pd.testing.assert_frame_equal(found, expected, check_column_type=False)


def test_no_rows(edition: OpenEdition) -> None:
    priced = prices(table().iloc[:0], edition=edition)
    assert len(priced) == 0
    assert list(priced) == list(prices(table(), edition=edition))


def test_bad_rows_say_why(edition: OpenEdition) -> None:
    frame = pd.DataFrame(
        {
            "lon": ["114.0127", None, "east", "32.9930", "inf"],
            "lat": [32.9930, 33.0, 33.0, 114.0127, 33.0],
        }
    )
    priced = prices(frame, edition=edition)
    codes = [None, "missing", "not_a_number", "lon_lat_swapped", "not_finite"]
    assert [None if pd.isna(code) else code for code in priced["error"]] == codes
    assert priced["error_message"][2] == "lon is 'east'; it must be a number."
    assert priced["commercial_code"].notna().tolist() == [True, *[False] * 4]


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4490", "EPSG:4547", "EPSG:32650", "EPSG:3857"])
def test_a_geodataframe_is_read_in_its_own_crs(edition: OpenEdition, crs: str) -> None:
    frame = table()
    points = geopandas.points_from_xy(frame["lon"], frame["lat"], crs="EPSG:4326")
    own = geopandas.GeoDataFrame(frame[["name"]], geometry=points).to_crs(crs)
    priced = prices(own, edition=edition)
    assert isinstance(priced, geopandas.GeoDataFrame)
    assert priced.crs == own.crs
    answers = list(priced)[2:]
    expected = prices(frame, edition=edition)
    pd.testing.assert_frame_equal(pd.DataFrame(priced)[answers], expected[answers])


def test_a_geodataframe_without_a_crs(edition: OpenEdition) -> None:
    frame = table(Crs.GCJ02)
    bare = geopandas.GeoDataFrame(
        frame[["name"]], geometry=geopandas.points_from_xy(frame["lon"], frame["lat"])
    )
    with pytest.raises(TableError, match=r"declares no CRS; set it, or give crs\."):
        prices(bare, edition=edition)
    priced = prices(bare, edition=edition, crs="gcj02")
    expected = prices(frame, edition=edition, crs="gcj02")
    assert priced["residential_code"].tolist() == expected["residential_code"].tolist()
    declared = bare.set_crs("EPSG:4326")
    assert len(prices(declared, edition=edition, crs="wgs84")) == len(declared)
    shifted = prices(declared, edition=edition, crs="gcj02")  # which no file can declare
    assert shifted["residential_code"].tolist() == expected["residential_code"].tolist()
    with pytest.raises(TableError, match=r"declares that it is in WGS 84; leave out crs\."):
        prices(declared, edition=edition, crs="epsg:4547")
    with pytest.raises(TableError, match="asked about its geometry; leave out lon and lat"):
        prices(declared, edition=edition, lon="x")


def test_geometries_that_are_no_points(edition: OpenEdition) -> None:
    wkt = ["POINT (114.0127 32.9930)", "MULTIPOINT ((114.0127 32.9930))", "POINT EMPTY", None]
    wkt.append("LINESTRING (114 33, 115 33)")
    frame = geopandas.GeoDataFrame(geometry=geopandas.GeoSeries.from_wkt(wkt, crs="EPSG:4326"))
    priced = prices(frame, edition=edition)
    assert priced["commercial_code"].iloc[:2].tolist() == ["411700S50002"] * 2
    assert priced["error"].iloc[2:].tolist() == ["missing", "missing", "not_a_point"]
    assert priced["error_message"].iloc[4] == "geometry is a LineString; it must be a point."


@pytest.mark.parametrize(
    ("change", "arguments", "message"),
    [
        ({}, {"lon": "x"}, "The column 'x' for lon is not in the columns lon, name, lat."),
        ({}, {"lat": "name"}, None),
        ({"lon": [True] * 60}, {}, "The column 'lon' for lon has bool; it must have numbers."),
        (
            {"lon": [1.0, "x"] * 30},
            {},
            "The column 'lon' has values of several types; it must have numbers.",
        ),
        (
            {"commercial_code": 1},
            {},
            ALREADY,
        ),
    ],
)
def test_frames_that_cannot_be_asked(
    edition: OpenEdition, change: dict[str, Any], arguments: dict[str, str], message: str | None
) -> None:
    frame = table().assign(**change)
    if message is None:  # text that is no number is an error of its row
        assert (prices(frame, edition=edition, **arguments)["error"] == "not_a_number").all()
        return
    with pytest.raises(TableError) as caught:
        prices(frame, edition=edition, **arguments)
    assert str(caught.value) == message


def test_a_column_that_is_there_twice(edition: OpenEdition) -> None:
    frame = table()
    frame.columns = ["lon", "lon", "lat"]
    with pytest.raises(TableError, match="'lon' for lon is there more than once"):
        prices(frame, edition=edition)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"crs": "wgs48"}, CoordinateError),
        ({"uses": ["farm"]}, UnknownUseError),
        ({"columns": ["price"]}, UnknownColumnError),
    ],
)
def test_words_that_do_not_exist(
    edition: OpenEdition, arguments: dict[str, Any], error: type[GeoError]
) -> None:
    with pytest.raises(error, match=r"wgs48|farm|price"):
        prices(table(), edition=edition, **arguments)


def test_regions_are_those_of_the_file(edition: OpenEdition) -> None:
    frame = regions(edition)
    file = geopandas.read_file(SHIPPED_DATA / "parcels.geojson")
    assert frame.crs == "EPSG:4326"
    assert frame.index.tolist() == file["code"].tolist()
    assert frame.geometry.tolist() == file.geometry.tolist()
    assert frame["use"].map(type).eq(str).all()
    for name in frame.columns.drop(["geometry"]):
        given = [None if pd.isna(value) else value for value in frame[name]]
        assert given == [None if pd.isna(value) else value for value in file[name]], name
    assert "OpenStreetMap" in frame.attrs["attribution"]
