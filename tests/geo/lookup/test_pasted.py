"""The ways in which people paste or type one place; each is read, or told what would be right."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geo.crs import Crs, to_wgs84
from geo.errors import CoordinateError
from geo.gcj02 import bd09_from_metres
from geo.lookup.pasted import Pasted, read_pasted

ZONE = Crs.EPSG_4547
WGS84, GCJ02, BD09, CGCS2000 = Crs.WGS84, Crs.GCJ02, Crs.BD09, Crs.CGCS2000

DEGREES = [
    # two numbers
    ("114.0127, 32.9930", WGS84, False),
    ("114.0127 32.9930", WGS84, False),
    ("114.0127\t32.9930", WGS84, False),
    ("１１４．０１２７，３２．９９３０", WGS84, False),
    ("114.0127、32.9930。", WGS84, False),
    ("(114.0127, 32.9930)", WGS84, False),
    ("【114.0127，32.9930】", WGS84, False),
    ("114.0127°, 32.9930°", WGS84, False),
    ("32.9930, 114.0127", WGS84, False),
    ("114.0127, 32.9930, 85.2", WGS84, False),
    ("114.0127 32.9930 海拔85米", WGS84, False),
    # minutes and seconds
    ("114°00′45.72″E 32°59′34.80″N", WGS84, False),
    ("32°59'34.8\"N, 114°0'45.72\"E", WGS84, False),
    ("N32°59′34.80″ E114°00′45.72″", WGS84, False),
    ("东经114度0分45.72秒，北纬32度59分34.8秒", WGS84, False),
    ("北纬32.9930，东经114.0127", WGS84, False),
    ("114:00:45.72 32:59:34.8", WGS84, False),
    ("114 00 45.72 32 59 34.8", WGS84, False),
    # names and markup
    ("lng:114.0127,lat:32.9930", WGS84, False),
    ("经度：114.0127 纬度：32.9930", WGS84, False),
    ('{"lng": 114.0127, "lat": 32.9930}', WGS84, False),
    ('{"type":"Point","coordinates":[114.0127,32.9930]}', WGS84, False),
    ("POINT (114.0127 32.9930)", WGS84, False),
    ("SRID=4490;POINT(114.0127 32.9930)", Crs.EPSG_4490, True),
    ("+32.9930+114.0127/", WGS84, True),
    ("坐标：114.0127, 32.9930", WGS84, False),
    ("高德坐标 114.0127, 32.9930", GCJ02, True),
    ("114.0127,32.9930 (GCJ-02)", GCJ02, True),
    ("BD09: 114.0127, 32.9930", BD09, True),
    ("WGS84坐标：114.0127, 32.9930", WGS84, True),
    # links
    ("geo:32.9930,114.0127;u=35", WGS84, True),
    ("geo:0,0?q=32.9930,114.0127(文明大道)", WGS84, True),
    ("https://uri.amap.com/marker?position=114.0127,32.9930&name=店", GCJ02, True),
    ("https://uri.amap.com/marker?position=114.0127,32.9930&coordinate=wgs84", WGS84, True),
    ("https://www.amap.com/regeo?lng=114.0127&lat=32.9930&name=x", GCJ02, True),
    ("androidamap://viewMap?sourceApplication=x&lat=32.9930&lon=114.0127&dev=0", GCJ02, True),
    ("androidamap://viewMap?sourceApplication=x&lat=32.9930&lon=114.0127&dev=1", WGS84, True),
    ("https://api.map.baidu.com/marker?location=32.9930,114.0127&title=x", BD09, True),
    ("https://api.map.baidu.com/marker?location=32.9930,114.0127&coord_type=gcj02", GCJ02, True),
    ("https://api.map.baidu.com/marker?location=32.9930,114.0127&coord_type=wgs84ll", WGS84, True),
    ("https://apis.map.qq.com/uri/v1/geocoder?coord=32.9930,114.0127&coord_type=1", WGS84, True),
    ("https://apis.map.qq.com/uri/v1/geocoder?coord=32.9930,114.0127&coord_type=3", BD09, True),
    ("https://apis.map.qq.com/uri/v1/geocoder?coord=32.9930,114.0127&coord_type=5", GCJ02, True),
    ("https://apis.map.qq.com/uri/v1/marker?marker=coord:32.9930,114.0127;title:x", GCJ02, True),
    ("https://map.qq.com/?type=marker&pointx=114.0127&pointy=32.9930", GCJ02, True),
    ("我的店 https://map.qq.com/?type=marker&pointx=114.0127&pointy=32.9930", GCJ02, True),
    ("我的店：https://map.qq.com/?type=marker&pointx=114.0127&pointy=32.9930", GCJ02, True),
    ("https://www.openstreetmap.org/?mlat=32.9930&mlon=114.0127#map=15/33/114", WGS84, True),
    ("https://www.openstreetmap.org/#map=16/32.9930/114.0127", WGS84, True),
    ("https://www.google.com/maps/@32.9930,114.0127,15z", WGS84, False),
    ("https://www.google.com/maps/place/x/@33,114,15z/data=!3d32.9930!4d114.0127", WGS84, False),
    ("https://www.google.com/maps?q=32.9930,114.0127", WGS84, False),
    ("https://maps.apple.com/?ll=32.9930,114.0127", WGS84, False),
    ("map.qq.com/?pointx=114.0127&pointy=32.9930", GCJ02, True),
]


@pytest.mark.parametrize(("text", "crs", "stated"), DEGREES)
def test_degrees_in_all_forms(text: str, crs: Crs, *, stated: bool) -> None:
    found = read_pasted(text, zone=ZONE)
    assert found is not None
    assert (found.lon, found.lat) == pytest.approx((114.0127, 32.9930), abs=1e-9)
    assert (found.crs, found.stated) == (crs, stated)


METRES = [
    ("501186.7, 3651934.2", Crs.EPSG_4547, False),
    ("3651934.2 501186.7", Crs.EPSG_4547, False),
    ("38501186.7, 3651934.2", Crs.EPSG_4526, True),
    ("X=3651934.2, Y=501186.7", Crs.EPSG_4547, False),
    ("X=3651934.2 Y=38501186.7", Crs.EPSG_4526, True),
]


@pytest.mark.parametrize(("text", "crs", "stated"), METRES)
def test_metres_in_all_forms(text: str, crs: Crs, *, stated: bool) -> None:
    easting_m = 38501186.7 if crs is Crs.EPSG_4526 else 501186.7
    assert read_pasted(text, zone=ZONE) == Pasted(easting_m, 3651934.2, crs, stated)


def test_baidus_own_metres() -> None:
    """Baidu's documentation gives 116.404, 39.915 for these metres."""
    lon, lat = bd09_from_metres(easting_m=12958175.0, northing_m=4825923.77)
    link = "https://api.map.baidu.com/marker?coord_type=bd09mc&location="
    for pair in ("12958175.0,4825923.77", "4825923.77,12958175.0"):
        assert read_pasted(link + pair, zone=ZONE) == Pasted(lon, lat, BD09, stated=True)
    assert (lon, lat) == pytest.approx((116.404, 39.915), abs=1e-6)
    found = read_pasted("https://map.baidu.com/@12958175,4825923.77,19z", zone=ZONE)
    assert found == Pasted(lon, lat, BD09, stated=True)


@pytest.mark.parametrize("northing_m", [3_481_989.83, 5_591_021.0])
def test_bands_of_baidus_metres_meet(northing_m: float) -> None:
    one, other = (bd09_from_metres(easting_m=0.0, northing_m=northing_m + d) for d in (-0.5, 0.5))
    assert one[1] == pytest.approx(other[1], abs=2e-5)


def test_what_is_assumed_can_be_said() -> None:
    found = read_pasted("114.0127, 32.9930", zone=ZONE, assumed=GCJ02)
    assert found == Pasted(114.0127, 32.9930, GCJ02, stated=False)
    stated = read_pasted("geo:32.9930,114.0127", zone=ZONE, assumed=GCJ02)
    assert stated == Pasted(114.0127, 32.9930, WGS84, stated=True)


def test_systems_are_not_mixed_up() -> None:
    """The same numbers are half a kilometre and a kilometre apart."""
    places = [
        to_wgs84(lon=one.lon, lat=one.lat, crs=one.crs)
        for text in ("高德 114.0127, 32.9930", "百度 114.0127, 32.9930", "114.0127, 32.9930")
        if (one := read_pasted(text, zone=ZONE))
    ]
    assert len({(round(lon, 3), round(lat, 3)) for lon, lat in places}) == 3


@pytest.mark.parametrize(
    "text",
    [
        "文明大道与慎阳路交叉口西南角",
        "文明大道",
        "驻马店市驿城区文明大道123号",
        "wenming dadao",
        "hello",
        "",
        "{}",
        "[" * 1500,
    ],
)
def test_words_are_left_to_their_reader(text: str) -> None:
    assert read_pasted(text, zone=ZONE) is None


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("https://surl.amap.com/1aBcD", "link_without_coordinate", "which hides it"),
        ("https://j.map.baidu.com/ab/c", "link_without_coordinate", "j.map.baidu.com"),
        ("https://www.amap.com/place/B0FFG", "link_without_coordinate", "open it and copy"),
        ("114.0127", "not_a_number", "write two numbers"),
        ("1, 2, 3, 4", "not_a_number", "write two numbers"),
        ("114.0127.5, 32.9930", "not_a_number", "'114.0127.5, 32.9930'"),
        ("8P6Q2XR7+2V", "not_a_number", "paste a link"),
        ("1e999, 2", "not_a_number", "write two numbers"),
        (f"{'9' * 400}, {'9' * 400}", "not_a_number", "write two numbers"),
        ("1," * 900, "not_a_number", "write two numbers"),
        ('{"lng": 1e999, "lat": 2}', "not_a_number", "write two numbers"),
        ('{"lng": true, "lat": 33}', "not_a_number", "write two numbers"),
        (f'{{"lng": {"9" * 400}, "lat": 33}}', "not_a_number", "write two numbers"),
        ("https://[::1", "link_without_coordinate", "copy the link once more"),
        ("https://[x]/?lng=114&lat=33", "link_without_coordinate", "no address of a page"),
        ("geo:32.9930,114.0127;crs=nad27", "unknown_crs", "crs is 'nad27'"),
        ("https://uri.amap.com/marker?position=114,33&coordinate=x", "unknown_crs", "is 'x'"),
        ("https://apis.map.qq.com/x?coord=33,114&coord_type=2", "unknown_crs", "coord_type is '2'"),
        ("WGS84 114.0127 32.9930 高德", "unknown_crs", "wgs84 and gcj02"),
        ("SRID=4490;114.0127 32.9930 (BD09)", "unknown_crs", "epsg:4490 and bd09"),
    ],
)
def test_what_cannot_be_read_is_told_what_would_be_right(text: str, code: str, said: str) -> None:
    with pytest.raises(CoordinateError) as caught:
        read_pasted(text, zone=ZONE)
    assert caught.value.code == code
    assert said in str(caught.value)
    assert len(str(caught.value)) < 250


PIECES = st.sampled_from(
    [
        *("114.0127", "32.9930", ",", " ", "°", "′", "″", "E", "N", "东经", "度", "分"),
        *("SRID=4490;", "POINT(", ")", "[", "]", "{", "}", '"lng":', '"coordinates":', "geo:"),
        *("https://", "?q=", "uri.amap.com/marker?position=", "api.map.baidu.com/?location="),
        *("&coord_type=", "bd09mc", "高德坐标", "WGS84", "1e999", "nan", "-", "+", "@", "#"),
        *("%", "%zz", "[::1", "\0", "９", "²"),
    ]
)


@settings(max_examples=400, deadline=None)
@example(text="https://\x08")
@given(text=st.lists(PIECES | st.text(max_size=4), max_size=12).map("".join))
def test_any_text_is_a_coordinate_or_words_or_refused(text: str) -> None:
    try:
        found = read_pasted(text, zone=ZONE)
    except CoordinateError as error:
        assert error.field == "at"  # noqa: PT017 - it may be read as well
        assert str(error).isprintable()  # noqa: PT017
        return
    if found is not None:
        assert math.isfinite(found.lon)
        assert math.isfinite(found.lat)
        assert found.crs in Crs
