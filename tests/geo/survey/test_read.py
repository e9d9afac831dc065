"""Files of phones: GPX, traced lines, photos."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pytest
from PIL import ExifTags, Image
from shapely import LineString, Point, box

from geo.errors import SurveyError
from geo.survey.read import read_gpx, read_photo, read_traced

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

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
    [first, second], [track] = read_gpx(path, error_m=12.0, place=None, line=None)
    assert (first.place, first.lon, first.lat) == ("文明大道与置地大道交叉口", 114.0125, 33.0012)
    assert first.at.startswith("2026-11-29T02:00:00")
    assert (second.place, second.at, second.error_m) == ("学院路东侧40米", "", 12.0)
    assert second.where == "a.gpx, number 2"
    assert track.line == "学院路"
    assert track.lonlat.tolist()[::3] == [[114.001, 33.0], [114.004, 33.03]]
    [same, _], [named] = read_gpx(path, error_m=12.0, place="学院路", line="文明大道")
    assert (same.place, named.line) == ("学院路", "文明大道")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("not xml", "file_damaged"),
        (GPX[: len(GPX) // 2], "file_damaged"),
        ('<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"></gpx>', "nothing_observed"),
        (GPX.replace('<trkpt lat="33.01" lon="114.002"></trkpt>', ""), "file_damaged"),
    ],
)
def test_gpx_that_cannot_be_used(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "a.gpx"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SurveyError, match=r"^a\.gpx ") as refused:
        read_gpx(path, error_m=15.0, place=None, line=None)
    assert refused.value.code == code


def traced(path: Path, driver: str, geometries: list[BaseGeometry], crs: str) -> Path:
    names = ["学院路", "文明大道东侧40米"][: len(geometries)]
    frame = geopandas.GeoDataFrame({"name": names}, geometry=geometries, crs=crs)
    frame.to_file(path, driver=driver, engine="pyogrio")
    return path


LINE = LineString([(114.0, 33.0), (114.001, 33.02)])


@pytest.mark.parametrize(("ending", "driver"), [("geojson", "GeoJSON"), ("kml", "LIBKML")])
def test_traced_lines_and_the_places_beside_them(tmp_path: Path, ending: str, driver: str) -> None:
    path = traced(tmp_path / f"a.{ending}", driver, [LINE, Point(114, 33)], "EPSG:4326")
    [note], [track] = read_traced(path, error_m=12.0, place=None, line=None)
    assert (note.place, note.lon, note.lat, note.error_m) == ("文明大道东侧40米", 114, 33, 12)
    assert track.line == "学院路"
    assert track.lonlat[[0, -1]] == pytest.approx(np.array([[114.0, 33.0], [114.001, 33.02]]))
    apart = np.diff(track.lonlat, axis=0)  # a course needs a place every ten metres
    assert apart == pytest.approx(np.broadcast_to(apart[0], apart.shape))
    assert np.hypot(*apart.T).max() < 1e-4


@pytest.mark.parametrize(
    ("geometry", "crs", "code"),
    [
        (LineString([(500_000, 3_650_000), (500_000, 3_651_000)]), "EPSG:4547", "unknown_crs"),
        (box(114, 33, 114.1, 33.1), "EPSG:4326", "not_a_point"),
    ],
)
def test_traced_files_that_cannot_be_used(
    tmp_path: Path, geometry: BaseGeometry, crs: str, code: str
) -> None:
    path = traced(tmp_path / "a.geojson", "GeoJSON", [geometry], crs)
    with pytest.raises(SurveyError, match=r"^a\.geojson") as refused:
        read_traced(path, error_m=15.0, place=None, line=None)
    assert refused.value.code == code


@pytest.mark.parametrize("old", [b"name", "学院路".encode()])
def test_a_traced_file_that_is_no_text(tmp_path: Path, old: bytes) -> None:
    path = traced(tmp_path / "a.geojson", "GeoJSON", [LINE], "EPSG:4326")
    path.write_bytes(path.read_bytes().replace(old, b"\xa4\xff"))
    with pytest.raises(SurveyError, match=r"^a\.geojson cannot be read: ") as refused:
        read_traced(path, error_m=15.0, place=None, line=None)
    assert refused.value.code == "file_damaged"


def test_a_traced_line_with_a_misplaced_vertex(tmp_path: Path) -> None:
    line = LineString([(28.0, 33.0), (114.0, 33.0), (114.001, 33.02)])
    path = traced(tmp_path / "a.geojson", "GeoJSON", [line], "EPSG:4326")
    with pytest.raises(
        SurveyError, match=r"^the track along 学院路 is 86\.02 degrees long"
    ) as told:
        read_traced(path, error_m=15.0, place=None, line=None)
    assert told.value.code == "track_too_long"


def test_a_photo_says_where_it_was_taken(tmp_path: Path) -> None:
    path = photo(tmp_path / "文明大道与置地大道交叉口.jpg", POSITION, "2026:11:29 10:00:00")
    found = read_photo(path, error_m=15.0, place=None)
    assert (found.lon, found.lat) == pytest.approx((114.0125, 33.0012), abs=1e-9)
    assert (found.place, found.error_m) == ("文明大道与置地大道交叉口", 15.0)
    assert found.at == "2026-11-29T10:00:00"
    better = photo(tmp_path / "b.jpg", {**POSITION, ExifTags.GPS.GPSHPositioningError: 4.5})
    assert read_photo(better, error_m=15.0, place="学院路").error_m == 4.5
    # 0/0 is how some phones write what they do not know; Pillow does not.
    written, unknown = better.read_bytes(), tmp_path / "d.jpg"
    pairs = [struct.pack(f"{order}II", 9, 2) for order in "<>"]
    [stated] = [pair for pair in pairs if pair in written]
    unknown.write_bytes(written.replace(stated, bytes(8)))
    assert read_photo(unknown, error_m=15.0, place="学院路").error_m == 15.0
    south = photo(tmp_path / "c.jpg", {**POSITION, ExifTags.GPS.GPSLatitudeRef: "S"})
    assert read_photo(south, error_m=15.0, place="学院路").lat == pytest.approx(-33.0012)


def test_photos_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"no photo")
    with pytest.raises(SurveyError, match="cannot be read as a photo"):
        read_photo(tmp_path / "a.jpg", error_m=15.0, place=None)
    whole = bytearray(photo(tmp_path / "a.jpg", POSITION).read_bytes())
    whole[13] = 1  # dots per inch: if there are none, Pillow looks at the EXIF when it opens it
    head = whole.index(b"Exif\0\0") + 6
    whole[head : head + 8] = b"M" + bytes(7)
    (tmp_path / "a.jpg").write_bytes(whole)
    with pytest.raises(SurveyError, match="cannot be read as a photo"):
        read_photo(tmp_path / "a.jpg", error_m=15.0, place=None)
    for position in ({}, {**POSITION, ExifTags.GPS.GPSLatitude: (33.0, 0.0)}):
        path = photo(tmp_path / "b.jpg", position)
        with pytest.raises(SurveyError, match="does not say where it was taken"):
            read_photo(path, error_m=15.0, place=None)
