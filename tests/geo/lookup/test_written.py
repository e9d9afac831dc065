"""Coordinates as people write them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import CoordinateError
from geo.lookup.written import read_coordinate, read_pair

LON, LAT = 114 + 45.72 / 3600, 32 + 59 / 60 + 34.8 / 3600


@pytest.mark.parametrize(
    "text",
    [
        "114°00'45.72\"E",
        "114°0′45.72″",
        "114° 00' 45.72'' E",
        "114°00’45.72”E",
        "东经114°00′45.72″",
        "东经114度0分45.72秒",
        "E114°00′45.72″",
        "114:00:45.72",
        "114 00 45.72",
        "１１４°００′４５．７２″",
        "114º0´45.72″",
        "114°0.762'",
        "114°0.762′E",
        " 114.0127 ",
        "114.0127°",
        "114.0127°E",
        "E 114.0127",
        "114.0127E",
        "lon: 114.0127",
        "经度：114.0127",
        "+114.0127",
        "1.140127e2",
    ],
)
def test_one_longitude(text: str) -> None:
    assert read_coordinate(text, "lon") == pytest.approx(LON, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-114.5", -114.5),
        ("W114.5", -114.5),
        ("114°30'W", -114.5),
        ("西经114度30分", -114.5),
        ("-0°30'", -0.5),
        ("500123.5", 500123.5),
        ("38501869", 38501869.0),
        ("0°", 0.0),
    ],
)
def test_signs_and_metres(text: str, value: float) -> None:
    assert read_coordinate(text, "lon") == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "missing"),
        ("  ", "missing"),
        ("114°60'00\"", "not_a_number"),
        ("114°61'", "not_a_number"),
        ("114.5°30'", "not_a_number"),
        ("114 30", "not_a_number"),
        ("114.0127,32.993", "not_a_number"),
        ("1_0", "not_a_number"),
        ("114e", "not_a_number"),
        ("0x10", "not_a_number"),
        ("E114N", "not_a_number"),
        ("北京", "not_a_number"),
        ("٣", "not_a_number"),
        ("32°59′34.8″N", "lon_lat_swapped"),
        ("北纬32.9930", "lon_lat_swapped"),
    ],
)
def test_what_is_no_longitude(text: str, code: str) -> None:
    with pytest.raises(CoordinateError) as caught:
        read_coordinate(text, "lon")
    assert (caught.value.code, caught.value.field) == (code, "lon")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("114.0127,32.9930", False),
        ("114.0127, 32.9930", False),
        ("114.0127，32.9930", False),
        ("114.0127 32.9930", False),
        ("114.0127;32.9930", False),
        ("114.0127、32.9930", False),
        ("(114.0127, 32.9930)", False),
        ("[114.0127,32.9930]", False),
        ("POINT (114.0127 32.9930)", False),
        ("114 00 45.72, 32 59 34.8", False),
        ("114 00 45.72 32 59 34.8", False),
        ("东经114°00′45.72″ 北纬32°59′34.8″", True),
        ("东经114°00′45.72″，北纬32°59′34.8″", True),
        ("北纬32°59′34.8″，东经114°00′45.72″", True),
        ("E114°00′45.72″N32°59′34.8″", True),
        ("32°59'34.8\"N 114°00'45.72\"E", True),
        ("114.0127E,32.9930N", True),
        ("N32.9930 E114.0127", True),
        ("32.9930N114.0127E", True),
        ("lon:114.0127 lat:32.9930", True),
        ("经度114.0127纬度32.9930", True),
        ("纬度：32.9930，经度：114.0127", True),
        ("114.0127E, 32.9930", True),
    ],
)
def test_two_in_one_text(text: str, named: bool) -> None:
    pair = read_pair(text)
    assert (pair.first, pair.second) == pytest.approx((LON, LAT), abs=1e-9)
    assert pair.named is named


def test_an_unnamed_latitude_stays_first() -> None:
    assert read_pair("32.9930,114.0127") == (32.9930, 114.0127, False)


@pytest.mark.parametrize(
    "text",
    [
        "114.0127",
        "114.0127,32.9930,50",
        "114,0127 32,9930",
        "114 0 45 32",
        "E114 E113",
        "N32.9 N33",
        "甲,乙",
        ",32.9930",
        "114.0127,",
        "1140127329930",
    ],
)
def test_what_are_not_two(text: str) -> None:
    with pytest.raises(CoordinateError) as caught:
        read_pair(text)
    assert (caught.value.code, caught.value.field) == ("not_a_number", "lon")


def test_no_text_is_missing() -> None:
    with pytest.raises(CoordinateError, match="lon is missing"):
        read_pair(" ")


@given(
    lon=st.floats(73, 136),
    lat=st.floats(18, 54),
    between=st.sampled_from([",", " ", "，", ", ", ";"]),
)
def test_decimal_numbers_are_exact(lon: float, lat: float, between: str) -> None:
    assert read_pair(f"{lon!r}{between}{lat!r}") == (lon, lat, False)
    assert read_coordinate(repr(lon), "lon") == lon


@given(st.text("0123456789.°'\"′″ENSW东经北纬度分秒 ,;:+-eE", max_size=24))
def test_any_text_is_read_or_refused_in_a_sentence(text: str) -> None:
    for read in (lambda: read_coordinate(text, "lat"), lambda: read_pair(text)):
        try:
            found = read()
        except CoordinateError as error:
            assert error.field in {"lon", "lat"}  # noqa: PT017 - either may come
        else:
            numbers = found[:2] if isinstance(found, tuple) else (found,)
            assert not any(map(math.isnan, numbers))
