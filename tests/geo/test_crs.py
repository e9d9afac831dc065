"""Coordinate systems: published check values, round trips, edges, refusals and threads."""

from __future__ import annotations

import math
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod

from geo import crs as crs_module
from geo.crs import (
    Crs,
    central_meridian,
    check_range,
    from_wgs84,
    gauss_kruger,
    parse_crs,
    to_wgs84,
    with_zone_number,
)
from geo.errors import CoordinateError
from tests.metric import SYSTEMS

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from geo.crs import FloatArray

GEOD = Geod(ellps="WGS84")
ROUND_TRIP_M = 1e-5  # measured: 6e-9 m, and 3e-7 m at the kink of the GCJ-02 formula at 105 E
SAME_CRS = (Crs.WGS84, Crs.CGCS2000, Crs.EPSG_4490)
SHIFTED = (Crs.GCJ02, Crs.BD09)
PROJECTED = (Crs.EPSG_4547, Crs.EPSG_4526)
ZONES = [crs for crs in Crs if Crs.EPSG_4534 <= crs <= Crs.EPSG_4554]


class Box(NamedTuple):
    west: float
    south: float
    east: float
    north: float

    def points(self) -> SearchStrategy[tuple[float, float]]:
        return st.tuples(st.floats(self.west, self.east), st.floats(self.south, self.north))

    def grid(self, *, size: int) -> tuple[FloatArray, FloatArray]:
        lon, lat = np.meshgrid(
            np.linspace(self.west, self.east, size), np.linspace(self.south, self.north, size)
        )
        return lon.ravel(), lat.ravel()


CITY = Box(west=113.9, south=32.8, east=114.2, north=33.2)
CHINA = Box(west=72.004, south=0.8293, east=137.8347, north=55.8271)
WORLD = Box(west=-180.0, south=-90.0, east=180.0, north=90.0)
# Outside the box by more than any shift, so that no shifted point of the box lands there.
FAR_FROM_CHINA = WORLD.points().filter(
    lambda point: (
        not CHINA.west - 0.02 < point[0] < CHINA.east + 0.02
        or not CHINA.south - 0.02 < point[1] < CHINA.north + 0.02
    )
)
EDGE_POINTS = [
    (CHINA.west, 30.0),
    (CHINA.east, 30.0),
    (100.0, CHINA.south),
    (100.0, CHINA.north),
    (CHINA.west, CHINA.south),
    (CHINA.west, CHINA.north),
    (CHINA.east, CHINA.south),
    (CHINA.east, CHINA.north),
]


def distance_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    (lon_a, lat_a), (lon_b, lat_b) = a, b
    return float(GEOD.inv(lon_a, lat_a, lon_b, lat_b)[2])


def there_and_back(*, lon: float, lat: float, crs: Crs) -> tuple[float, float]:
    x, y = from_wgs84(lon=lon, lat=lat, crs=crs)
    return to_wgs84(lon=x, lat=y, crs=crs)


class TestCheckValues:
    def test_gcj02_of_amaps_documentation(self) -> None:
        ours = from_wgs84(lon=116.481499, lat=39.990475, crs=Crs.GCJ02)
        assert distance_m(ours, (116.487585177952, 39.991754014757)) < 0.05

    def test_wgs84_of_amaps_documentation(self) -> None:
        ours = to_wgs84(lon=116.487585177952, lat=39.991754014757, crs=Crs.GCJ02)
        assert distance_m(ours, (116.481499, 39.990475)) < 0.05

    def test_gcj02_of_the_open_formula(self) -> None:
        # The example in the readme of https://github.com/wandergis/coordtransform.
        ours = from_wgs84(lon=116.404, lat=39.915, crs=Crs.GCJ02)
        assert ours == pytest.approx((116.41024449916938, 39.91640428150164), abs=1e-12)

    def test_bd09_of_the_open_formula(self) -> None:
        # From the same readme, where the step starts at GCJ-02.
        lon, lat = to_wgs84(lon=116.404, lat=39.915, crs=Crs.GCJ02)
        ours = from_wgs84(lon=lon, lat=lat, crs=Crs.BD09)
        assert ours == pytest.approx((116.41036949371029, 39.92133699351021), abs=1e-12)

    @pytest.mark.parametrize(
        ("crs", "easting_m"), [(Crs.EPSG_4547, 501_869.0), (Crs.EPSG_4526, 38_501_869.0)]
    )
    def test_easting_first_then_northing(self, *, crs: Crs, easting_m: float) -> None:
        easting, northing = from_wgs84(lon=114.02, lat=32.98, crs=crs)
        assert easting == pytest.approx(easting_m, abs=1.0)
        assert northing == pytest.approx(3_650_530.0, abs=1.0)
        # Backwards from the stated metres: one metre is about 1e-5 degrees here.
        lon, lat = to_wgs84(lon=easting_m, lat=3_650_530.0, crs=crs)
        assert (lon, lat) == pytest.approx((114.02, 32.98), abs=1e-5)

    @pytest.mark.parametrize("crs", SAME_CRS)
    def test_longitude_first_then_latitude(self, *, crs: Crs) -> None:
        assert from_wgs84(lon=114.02, lat=32.98, crs=crs) == (114.02, 32.98)
        assert to_wgs84(lon=114.02, lat=32.98, crs=crs) == (114.02, 32.98)

    @pytest.mark.parametrize(
        ("crs", "offset_m", "tolerance_m"), [(Crs.GCJ02, 585.0, 20.0), (Crs.BD09, 1250.0, 45.0)]
    )
    def test_offset_in_the_city(self, *, crs: Crs, offset_m: float, tolerance_m: float) -> None:
        # Measured over the city: 568 to 593 m for GCJ-02, 1210 to 1270 m for BD-09.
        lon, lat = CITY.grid(size=41)
        shifted_lon, shifted_lat = from_wgs84(lon=lon, lat=lat, crs=crs)
        distances_m = GEOD.inv(lon, lat, shifted_lon, shifted_lat)[2]
        assert np.all(np.abs(distances_m - offset_m) < tolerance_m)


class TestRoundTrip:
    @pytest.mark.parametrize("crs", SYSTEMS)
    @given(point=CITY.points())
    @settings(deadline=None)
    def test_over_the_city(self, *, crs: Crs, point: tuple[float, float]) -> None:
        lon, lat = point
        assert distance_m(there_and_back(lon=lon, lat=lat, crs=crs), point) < ROUND_TRIP_M

    @pytest.mark.parametrize("crs", SYSTEMS)
    @given(point=CHINA.points())
    @example(point=(105.0, 33.0))
    @example(point=(105.0 + 1e-13, 33.0))
    @settings(deadline=None)
    def test_over_china(self, *, crs: Crs, point: tuple[float, float]) -> None:
        lon, lat = point
        assert distance_m(there_and_back(lon=lon, lat=lat, crs=crs), point) < ROUND_TRIP_M

    @pytest.mark.parametrize("crs", SHIFTED)
    def test_over_all_of_china_at_once(self, *, crs: Crs) -> None:
        lon, lat = CHINA.grid(size=401)
        x, y = from_wgs84(lon=lon, lat=lat, crs=crs)
        back_lon, back_lat = to_wgs84(lon=x, lat=y, crs=crs)
        assert np.max(GEOD.inv(lon, lat, back_lon, back_lat)[2]) < ROUND_TRIP_M

    @pytest.mark.parametrize("crs", SHIFTED)
    @given(point=CITY.points())
    @settings(deadline=None)
    def test_starting_from_a_shifted_coordinate(
        self, *, crs: Crs, point: tuple[float, float]
    ) -> None:
        lon, lat = to_wgs84(lon=point[0], lat=point[1], crs=crs)
        assert distance_m(from_wgs84(lon=lon, lat=lat, crs=crs), point) < ROUND_TRIP_M

    @given(point=FAR_FROM_CHINA)
    @settings(deadline=None)
    def test_bd09_is_applied_and_undone_outside_china(self, point: tuple[float, float]) -> None:
        lon, lat = point
        shifted = from_wgs84(lon=lon, lat=lat, crs=Crs.BD09)
        assert shifted != point
        assert to_wgs84(lon=shifted[0], lat=shifted[1], crs=Crs.BD09) == pytest.approx(
            point, abs=1e-10
        )


class TestBorderOfGcj02:
    @given(point=FAR_FROM_CHINA)
    @example(point=(-0.1276, 51.5072))
    @example(point=(CHINA.west - 0.02, 30.0))
    @settings(deadline=None)
    def test_unchanged_outside_china(self, point: tuple[float, float]) -> None:
        lon, lat = point
        assert from_wgs84(lon=lon, lat=lat, crs=Crs.GCJ02) == point
        assert to_wgs84(lon=lon, lat=lat, crs=Crs.GCJ02) == point

    @pytest.mark.parametrize("point", EDGE_POINTS)
    def test_the_box_ends_where_it_is_said_to(self, *, point: tuple[float, float]) -> None:
        lon, lat = point
        assert from_wgs84(lon=lon, lat=lat, crs=Crs.GCJ02) != point
        out_lon = math.nextafter(lon, math.inf if lon > 105.0 else -math.inf)
        out_lat = math.nextafter(lat, math.inf if lat > 30.0 else -math.inf)
        if lon in {CHINA.west, CHINA.east}:
            assert from_wgs84(lon=out_lon, lat=lat, crs=Crs.GCJ02) == (out_lon, lat)
        if lat in {CHINA.south, CHINA.north}:
            assert from_wgs84(lon=lon, lat=out_lat, crs=Crs.GCJ02) == (lon, out_lat)

    @pytest.mark.parametrize("crs", SHIFTED)
    @pytest.mark.parametrize("point", EDGE_POINTS)
    def test_points_on_the_edge_come_back(self, *, crs: Crs, point: tuple[float, float]) -> None:
        lon, lat = point
        assert distance_m(there_and_back(lon=lon, lat=lat, crs=crs), point) < ROUND_TRIP_M

    def test_a_coordinate_of_two_points_is_given_to_the_one_inside(self) -> None:
        # The shift is 0.0044 degrees east at the eastern edge, so this image lies outside the box,
        # where the same coordinate is also its own unshifted point.
        lon, lat = CHINA.east - 0.001, 30.0
        image_lon, image_lat = from_wgs84(lon=lon, lat=lat, crs=Crs.GCJ02)
        assert image_lon > CHINA.east
        assert from_wgs84(lon=image_lon, lat=image_lat, crs=Crs.GCJ02) == (image_lon, image_lat)
        back = to_wgs84(lon=image_lon, lat=image_lat, crs=Crs.GCJ02)
        assert distance_m(back, (lon, lat)) < ROUND_TRIP_M

    def test_a_coordinate_of_no_point_is_returned_as_it_is(self) -> None:
        # The shift is 0.0039 degrees east at the western edge: images begin further in than this.
        point = (CHINA.west + 0.001, 30.0)
        assert to_wgs84(lon=point[0], lat=point[1], crs=Crs.GCJ02) == point

    def test_arrays_are_decided_element_by_element(self) -> None:
        lon, lat = np.array([114.02, -74.0, 114.02]), np.array([32.98, 40.7, -32.98])
        x, y = from_wgs84(lon=lon, lat=lat, crs=Crs.GCJ02)
        np.testing.assert_array_equal((x != lon) | (y != lat), [True, False, False])
        back_lon, back_lat = to_wgs84(lon=x, lat=y, crs=Crs.GCJ02)
        np.testing.assert_array_equal((back_lon != x) | (back_lat != y), [True, False, False])


class TestScalarsAndArrays:
    @pytest.mark.parametrize("crs", SYSTEMS)
    def test_a_scalar_equals_its_element(self, *, crs: Crs) -> None:
        # The last two lie outside the GCJ-02 box.
        lon = np.array([113.9, 114.02, 114.2, 105.0, 90.0, 127.5, 2.35, -74.0])
        lat = np.array([32.8, 32.98, 33.2, 35.0, 45.0, 50.2, 48.86, 40.7])
        x, y = from_wgs84(lon=lon, lat=lat, crs=crs)
        back_lon, back_lat = to_wgs84(lon=x, lat=y, crs=crs)
        # The last bits may differ where numpy takes several elements in one instruction.
        for i in range(lon.size):
            there = from_wgs84(lon=float(lon[i]), lat=float(lat[i]), crs=crs)
            assert there == pytest.approx((x[i], y[i]), rel=1e-14)
            back = to_wgs84(lon=float(x[i]), lat=float(y[i]), crs=crs)
            assert back == pytest.approx((back_lon[i], back_lat[i]), rel=1e-14)

    @pytest.mark.parametrize("crs", SYSTEMS)
    def test_floats_for_floats(self, *, crs: Crs) -> None:
        x, y = from_wgs84(lon=114.02, lat=32.98, crs=crs)
        lon, lat = to_wgs84(lon=x, lat=y, crs=crs)
        assert [type(value) for value in (x, y, lon, lat)] == [float] * 4

    @pytest.mark.parametrize("size", [0, 1, 3])
    @pytest.mark.parametrize("crs", SYSTEMS)
    def test_float64_arrays_for_arrays(self, *, crs: Crs, size: int) -> None:
        lon, lat = np.full(size, 114.02), np.full(size, 32.98)
        results = (
            *from_wgs84(lon=lon, lat=lat, crs=crs),
            *to_wgs84(lon=lon, lat=lat, crs=crs),
        )
        for result in results:
            assert isinstance(result, np.ndarray)
            assert result.dtype == np.float64
            assert result.shape == (size,)

    @pytest.mark.parametrize("crs", SYSTEMS)
    def test_arrays_are_new_and_the_input_is_left_alone(self, *, crs: Crs) -> None:
        lon, lat = np.array([114.02]), np.array([32.98])
        results = (
            *from_wgs84(lon=lon, lat=lat, crs=crs),
            *to_wgs84(lon=lon, lat=lat, crs=crs),
        )
        for result in results:
            result.fill(0.0)
        assert (lon[0], lat[0]) == (114.02, 32.98)

    @pytest.mark.parametrize("crs", SYSTEMS)
    def test_nan_passes_through_an_array(self, *, crs: Crs) -> None:
        lon, lat = np.array([114.02, np.nan, 114.1]), np.array([32.98, np.nan, 33.1])
        x, y = from_wgs84(lon=lon, lat=lat, crs=crs)
        back_lon, back_lat = to_wgs84(lon=x, lat=y, crs=crs)
        for result in (x, y, back_lon, back_lat):
            np.testing.assert_array_equal(np.isnan(result), [False, True, False])
        np.testing.assert_allclose(back_lon, lon, atol=1e-9)
        np.testing.assert_allclose(back_lat, lat, atol=1e-9)

    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
    @pytest.mark.parametrize("crs", SYSTEMS)
    def test_what_is_not_finite_stays_so_without_a_warning(self, *, crs: Crs, value: float) -> None:
        for lon, lat in ((value, 32.98), (114.02, value)):
            there = from_wgs84(lon=lon, lat=lat, crs=crs)
            assert not all(map(math.isfinite, there))
            back = to_wgs84(lon=lon, lat=lat, crs=crs)
            assert not all(map(math.isfinite, back))

    @pytest.mark.parametrize("crs", PROJECTED)
    def test_not_finite_where_a_projection_has_no_point(self, *, crs: Crs) -> None:
        assert not all(map(math.isfinite, from_wgs84(lon=24.0, lat=0.0, crs=crs)))


class TestGaussKruger:
    @pytest.mark.parametrize("zone", ZONES)
    def test_zones_are_what_the_registry_says(self, *, zone: Crs) -> None:
        numbered = with_zone_number(zone)
        number = central_meridian(zone) // 3
        assert CRS(zone.value).name == f"CGCS2000 / 3-degree Gauss-Kruger CM {3 * number}E"
        assert CRS(numbered.value).name == f"CGCS2000 / 3-degree Gauss-Kruger zone {number}"
        assert central_meridian(numbered) == central_meridian(zone)
        easting_m, northing_m = from_wgs84(lon=3.0 * number + 1, lat=32.98, crs=zone)
        there = from_wgs84(lon=3.0 * number + 1, lat=32.98, crs=numbered)
        assert there == pytest.approx((easting_m + 1e6 * number, northing_m), abs=1e-6)
        check_range(lon=easting_m, lat=northing_m, crs=zone)
        check_range(lon=there[0], lat=there[1], crs=numbered)
        with pytest.raises(CoordinateError):
            check_range(lon=easting_m, lat=northing_m, crs=numbered)

    @pytest.mark.parametrize(
        ("lon", "meridian"),
        [
            (114.02, 114),
            (119.0, 120),
            (118.4, 117),
            (120.0, 120),
            (112.51, 114),
            (112.49, 111),
            (74.0, 75),
            (73.5, 75),
            (135.08, 135),
            (0.0, 75),
            (-120.0, 75),
            (180.0, 135),
        ],
    )
    def test_the_zone_of_a_place(self, *, lon: float, meridian: int) -> None:
        zone = gauss_kruger(lon=lon)
        assert zone in ZONES
        assert central_meridian(zone) == meridian

    @given(
        lon=st.floats(73.5, 136.5),
        lat=st.floats(18.0, 54.0),
        azimuth=st.floats(0, 360),
        length_m=st.floats(1.0, 1000.0),
    )
    @settings(deadline=None)
    def test_lengths_on_the_ground(
        self, *, lon: float, lat: float, azimuth: float, length_m: float
    ) -> None:
        end_lon, end_lat, _ = GEOD.fwd(lon, lat, azimuth, length_m)
        zone = gauss_kruger(lon=lon)
        plane_m = math.dist(
            from_wgs84(lon=lon, lat=lat, crs=zone), from_wgs84(lon=end_lon, lat=end_lat, crs=zone)
        )
        # 1.5 degrees are 167 km at the equator: 1 + 167² / (2 · 6371²).
        assert plane_m == pytest.approx(length_m, rel=3.5e-4, abs=1e-4)
        if lat >= 30.0:
            assert plane_m == pytest.approx(length_m, rel=2.7e-4, abs=1e-4)


class TestParseCrs:
    def test_the_names_of_the_interface(self) -> None:
        names = ["wgs84", "cgcs2000", "gcj02", "bd09", "epsg:4490"]
        names += [f"epsg:{code}" for code in range(4513, 4555)]
        assert [parse_crs(name) for name in names] == list(Crs)

    @pytest.mark.parametrize("crs", SYSTEMS)
    def test_any_letter_case(self, *, crs: Crs) -> None:
        assert parse_crs(crs.value.upper()) is crs
        assert parse_crs(crs.value.title()) is crs

    @pytest.mark.parametrize(
        ("name", "crs"),
        [
            ("EPSG:4326", Crs.WGS84),
            ("WGS-84 ", Crs.WGS84),
            ("OGC:CRS84", Crs.WGS84),
            ("GCJ-02", Crs.GCJ02),
            ("bd_09", Crs.BD09),
            ("bd09ll", Crs.BD09),
            ("4547", Crs.EPSG_4547),
        ],
    )
    def test_other_usual_names(self, *, name: str, crs: Crs) -> None:
        assert parse_crs(name) is crs

    @pytest.mark.parametrize("name", ["", "gps", "EPSG:4327", "wgs94", "gcj-2", "4574", "bd09mc"])
    def test_refuses_any_other(self, *, name: str) -> None:
        with pytest.raises(CoordinateError) as caught:
            parse_crs(name)
        assert (caught.value.code, caught.value.field) == ("unknown_crs", "crs")
        assert repr(name) in str(caught.value)
        assert all(crs.value in str(caught.value) for crs in (*SAME_CRS, *SHIFTED))
        assert "(epsg:4513 to epsg:4554)" in str(caught.value)


class TestCheckRange:
    RANGES = (
        *((crs, -180.0, 180.0, -90.0, 90.0) for crs in (*SAME_CRS, *SHIFTED)),
        (Crs.EPSG_4547, -500_000.0, 1_500_000.0, 1_000.0, 10_000_000.0),
        (Crs.EPSG_4526, 37_500_000.0, 39_500_000.0, 1_000.0, 10_000_000.0),
    )

    @pytest.mark.parametrize(("crs", "lon_min", "lon_max", "lat_min", "lat_max"), RANGES)
    def test_both_ends_belong_and_nothing_beyond(
        self, *, crs: Crs, lon_min: float, lon_max: float, lat_min: float, lat_max: float
    ) -> None:
        check_range(lon=lon_min, lat=lat_min, crs=crs)
        check_range(lon=lon_max, lat=lat_max, crs=crs)
        below, above = -math.inf, math.inf
        for field, lon, lat in (
            ("lon", math.nextafter(lon_min, below), lat_min),
            ("lon", math.nextafter(lon_max, above), lat_min),
            ("lat", lon_min, math.nextafter(lat_min, below)),
            ("lat", lon_min, math.nextafter(lat_max, above)),
        ):
            with pytest.raises(CoordinateError) as caught:
                check_range(lon=lon, lat=lat, crs=crs)
            assert (caught.value.code, caught.value.field) == ("out_of_range", field)

    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
    @pytest.mark.parametrize("crs", SYSTEMS)
    def test_refuses_what_is_not_finite(self, *, crs: Crs, value: float) -> None:
        lon, lat = from_wgs84(lon=114.02, lat=32.98, crs=crs)
        for field, x, y in (("lon", value, lat), ("lat", lon, value)):
            with pytest.raises(CoordinateError) as caught:
                check_range(lon=x, lat=y, crs=crs)
            assert (caught.value.code, caught.value.field) == ("not_finite", field)

    def test_the_sentence_names_field_value_range_and_crs(self) -> None:
        sentence = "^lat must be from 1000 to 10000000 in epsg:4547, but is -5.5\\.$"
        with pytest.raises(CoordinateError, match=sentence):
            check_range(lon=500_000.0, lat=-5.5, crs=Crs.EPSG_4547)

    @pytest.mark.parametrize("crs", SYSTEMS)
    @given(point=CITY.points())
    @settings(deadline=None)
    def test_accepts_every_point_of_the_city(self, *, crs: Crs, point: tuple[float, float]) -> None:
        x, y = from_wgs84(lon=point[0], lat=point[1], crs=crs)
        check_range(lon=x, lat=y, crs=crs)

    @pytest.mark.parametrize(
        ("crs", "lon", "lat"),
        [
            pytest.param(Crs.EPSG_4547, 38_501_869.0, 3_650_530.0, id="zone number too many"),
            pytest.param(Crs.EPSG_4526, 501_869.0, 3_650_530.0, id="zone number missing"),
            pytest.param(Crs.EPSG_4547, 3_650_530.0, 501_869.0, id="northing given first"),
            pytest.param(Crs.EPSG_4526, 3_650_530.0, 38_501_869.0, id="zone, northing first"),
            pytest.param(Crs.WGS84, 501_869.0, 3_650_530.0, id="metres for degrees"),
        ],
    )
    def test_refuses_common_mistakes(self, *, crs: Crs, lon: float, lat: float) -> None:
        with pytest.raises(CoordinateError) as caught:
            check_range(lon=lon, lat=lat, crs=crs)
        assert (caught.value.code, caught.value.field) == ("out_of_range", "lon")


@pytest.mark.slow
def test_eight_threads_at_once_get_what_one_gets() -> None:
    lon, lat = CITY.grid(size=50)

    def convert_all() -> list[FloatArray]:
        results: list[FloatArray] = []
        for crs in Crs:
            x, y = from_wgs84(lon=lon, lat=lat, crs=crs)
            results += [x, y, *to_wgs84(lon=x, lat=y, crs=crs)]
        return results

    expected = convert_all()
    # Without the cache the threads also make their first projection all at once.
    crs_module._projection.cache_clear()
    start = threading.Barrier(8)

    def convert_together(_: int) -> list[list[FloatArray]]:
        start.wait(timeout=30)
        return [convert_all() for _ in range(20)]

    with ThreadPoolExecutor(max_workers=8) as pool:
        for rounds in pool.map(convert_together, range(8)):
            for results in rounds:
                for result, one in zip(results, expected, strict=True):
                    np.testing.assert_array_equal(result, one)
