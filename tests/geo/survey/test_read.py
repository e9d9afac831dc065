"""Files of phones: GPX, traced lines, photos."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pytest
from PIL import ExifTags, Image
from shapely import LineString, Point

from geo.errors import SurveyError
from geo.survey.read import read_gpx, read_lines, read_photo

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

GPX = """\
<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="phone" xmlns="http://www.topografix.com/GPX/1/1">
<wpt lat="33.0012" lon="114.0125"><time>2026-11-29T02:00:00Z</time>
<name>文明大道与置地大道交叉口</name></wpt>
<wpt lat="33.01" lon="114.0"><desc>学院路东侧40米</desc></wpt>
<trk><name>学院路</name><trkseg>
<trkpt lat="33.00" lon="114.001"></trkpt><trkpt lat="33.01" lon="114.002"></trkpt></trkseg><trkseg>
<trkpt lat="33.02" lon="114.003"></trkpt><trkpt lat="33.03" lon="114.004"></trkpt></trkseg></trk>
</gpx>
"""
POSITION: dict[ExifTags.GPS, object] = {
    ExifTags.GPS.GPSLatitudeRef: "N",
    ExifTags.GPS.GPSLatitude: (33.0, 0.0, 4.32),
    ExifTags.GPS.GPSLongitudeRef: "E",
    ExifTags.GPS.GPSLongitude: (114.0, 0.0, 45.0),
}


def photo(path: Path, position: Mapping[ExifTags.GPS, object], taken: str = "") -> Path:
    exif = Image.Exif()
    exif[ExifTags.IFD.GPSInfo] = dict(position)
    if taken:
        exif[ExifTags.IFD.Exif] = {ExifTags.Base.DateTimeOriginal: taken}
    Image.new("RGB", (8, 8)).save(path, exif=exif)
    return path


def test_waypoints_and_tracks(tmp_path: Path) -> None:
    path = tmp_path / "a.gpx"
    path.write_text(GPX, encoding="utf-8")
    [first, second], [track] = read_gpx(path, error_m=12.0, line=None)
    assert (first.place, first.lon, first.lat) == ("文明大道与置地大道交叉口", 114.0125, 33.0012)
    assert first.at.startswith("2026-11-29T02:00:00")
    assert (second.place, second.at, second.error_m) == ("学院路东侧40米", "", 12.0)
    assert second.where == "a.gpx, waypoint 2"
    assert track.line == "学院路"
    assert track.lonlat.tolist()[::3] == [[114.001, 33.0], [114.004, 33.03]]
    _, [named] = read_gpx(path, error_m=12.0, line="文明大道")
    assert named.line == "文明大道"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("not xml", "gpx_damaged"),
        (GPX[: len(GPX) // 2], "gpx_damaged"),
        ('<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"></gpx>', "nothing_observed"),
    ],
)
def test_gpx_that_cannot_be_used(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "a.gpx"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SurveyError, match=r"^a\.gpx ") as refused:
        read_gpx(path, error_m=15.0, line=None)
    assert refused.value.code == code


@pytest.mark.parametrize(("ending", "driver"), [("geojson", "GeoJSON"), ("kml", "LIBKML")])
def test_traced_lines(tmp_path: Path, ending: str, driver: str) -> None:
    path = tmp_path / f"a.{ending}"
    lines = [LineString([(114.0, 33.0), (114.001, 33.02)]), Point(114, 33)]
    frame = geopandas.GeoDataFrame({"name": ["学院路", "x"]}, geometry=lines, crs="EPSG:4326")
    frame.to_file(path, driver=driver, engine="pyogrio")
    [traced] = read_lines(path, line=None)
    assert traced.line == "学院路"
    assert traced.lonlat == pytest.approx(np.array([[114.0, 33.0], [114.001, 33.02]]))


def test_a_photo_says_where_it_was_taken(tmp_path: Path) -> None:
    path = photo(tmp_path / "文明大道与置地大道交叉口.jpg", POSITION, "2026:11:29 10:00:00")
    found = read_photo(path, error_m=15.0, place=None)
    assert (found.lon, found.lat) == pytest.approx((114.0125, 33.0012), abs=1e-9)
    assert (found.place, found.error_m) == ("文明大道与置地大道交叉口", 15.0)
    assert found.at == "2026-11-29T10:00:00"
    better = photo(tmp_path / "b.jpg", {**POSITION, ExifTags.GPS.GPSHPositioningError: 4.5})
    assert read_photo(better, error_m=15.0, place="学院路").error_m == 4.5
    south = photo(tmp_path / "c.jpg", {**POSITION, ExifTags.GPS.GPSLatitudeRef: "S"})
    assert read_photo(south, error_m=15.0, place="学院路").lat == pytest.approx(-33.0012)


def test_photos_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"no photo")
    with pytest.raises(SurveyError, match="cannot be read as a photo"):
        read_photo(tmp_path / "a.jpg", error_m=15.0, place=None)
    for position in ({}, {**POSITION, ExifTags.GPS.GPSLatitude: (33.0, 0.0)}):
        path = photo(tmp_path / "b.jpg", position)
        with pytest.raises(SurveyError, match="does not say where it was taken"):
            read_photo(path, error_m=15.0, place=None)
