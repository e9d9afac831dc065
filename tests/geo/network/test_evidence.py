"""What was observed on the ground: the shipped folder, handmade tracks, and damaged copies."""

from __future__ import annotations

import csv
import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from geo.crs import Crs, to_wgs84
from geo.errors import NetworkError
from geo.model import Axis, Side
from geo.network.evidence import (
    CONTROL_POINTS,
    MANIFEST,
    Evidence,
    Observation,
    ObservedLine,
    read_evidence,
)
from geo.network.statements import STATEMENTS
from tests.metric import METRIC, from_metric, to_metric
from tests.paths import DATA

if TYPE_CHECKING:
    from pathlib import Path

    from geo.crs import FloatArray

SHIPPED = DATA / "network"
CITY = "411700"
OTHER_CITY = "410100"
RAILS = "rail_osm.geojson"
POINT_COLUMNS = ("id", "line", "lon", "lat", "crs", "line_is", "offset_m", "error_m")

# A synthetic folder: two roads and a few points of the invented city 990000.
ENTRY = """
[[centrelines]]
file = "{file}.geojson"
name = "{name}"
line = "{line}"
error_m = {error_m}
source = "synthetic"
"""
SYNTHETIC_MANIFEST = (
    'admin_code = "990000"\n'
    + ENTRY.format(file="roads", name="Jia Road", line="甲路", error_m=5)
    + ENTRY.format(file="roads", name="First Street", line="一街", error_m=7.5)
    + '[[aliases]]\nname = "甲大道"\nline = "甲路"\n'
)
GOOD_POINT = {
    "id": "s1",
    "line": "甲路",
    "lon": "114.01",
    "lat": "32.99",
    "crs": "wgs84",
    "line_is": "at",
    "offset_m": "25",
    "error_m": "50",
}


def feature(name: str, coordinates: list[Any], kind: str = "LineString") -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"name": name},
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def roads(*features: Any, attribution: Any = "synthetic") -> dict[str, Any]:  # noqa: ANN401
    return {"type": "FeatureCollection", "attribution": attribution, "features": list(features)}


JIA_ROAD = feature("Jia Road", [[114.0, 32.9], [114.0, 33.0]])
FIRST_STREET = feature("First Street", [[113.9, 32.95], [114.1, 32.95]])


def synthetic(
    folder: Path,
    *,
    manifest: str = SYNTHETIC_MANIFEST,
    collection: object = None,
    points: list[dict[str, str]] | None = None,
) -> Evidence:
    """Write a synthetic folder and read it."""
    (folder / MANIFEST).write_text(manifest, encoding="utf-8")
    content = roads(JIA_ROAD, FIRST_STREET) if collection is None else collection
    (folder / "roads.geojson").write_text(json.dumps(content), encoding="utf-8")
    if points is not None:
        with (folder / CONTROL_POINTS).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, POINT_COLUMNS)
            writer.writeheader()
            writer.writerows(points)
    return read_evidence(folder, "990000", METRIC)


def observe(folder: Path, **changed: str) -> Observation:
    """Read one control point of a synthetic folder."""
    (observation,) = synthetic(folder, points=[GOOD_POINT | changed]).observations
    return observation


def refused_copy(folder: Path, file: str, old: str, new: str) -> str:
    """Return why a copy of the shipped folder is refused once a text in a file is replaced."""
    copy = folder / "network"
    shutil.copytree(SHIPPED, copy, copy_function=shutil.copyfile)
    content = (copy / file).read_text(encoding="utf-8")
    assert old in content
    (copy / file).write_text(content.replace(old, new, 1), encoding="utf-8")
    return refused(copy)


def refused(folder: Path) -> str:
    with pytest.raises(NetworkError) as caught:
        read_evidence(folder, CITY, METRIC)
    assert caught.value.code == "network_invalid"
    return str(caught.value)


def track(*across_by_along_m: tuple[float, float]) -> FloatArray:
    """Return one track of a north-south line, from pairs of northing and easting."""
    return np.array([(across, along) for along, across in across_by_along_m], dtype=float)


def position_m(pieces: list[FloatArray], stations_m: list[float]) -> list[float]:
    """Return where a north-south line made of pieces lies at northings."""
    line = ObservedLine("甲路", tuple(pieces), error_m=5.0, source="synthetic")
    found: list[float] = line.across_m(Axis.NS, np.array(stations_m)).tolist()
    # The same line turned on its side lies at the same eastings.
    turned = ObservedLine("一街", tuple(piece[:, ::-1] for piece in pieces), 5.0, "synthetic")
    np.testing.assert_array_equal(turned.across_m(Axis.EW, np.array(stations_m)), found)
    return found


@pytest.fixture(scope="module")
def shipped() -> Evidence:
    return read_evidence(SHIPPED, CITY, METRIC)


def line_of(evidence: Evidence, name: str) -> ObservedLine:
    (found,) = (line for line in evidence.centrelines if line.line == name)
    return found


class TestShippedFolder:
    def test_points(self, *, shipped: Evidence) -> None:
        assert {point.id for point in shipped.observations} == {f"p{i:02}" for i in range(1, 28)}
        assert len(shipped.observations) == 41
        assert [point.id for point in shipped.observations if point.limit] == [
            *("p12", "p21", "p22", "p25", "p26")
        ]

    def test_centrelines(self, *, shipped: Evidence) -> None:
        assert [(line.line, line.error_m, line.source) for line in shipped.centrelines] == [
            ("京广铁路", 100.0, "OpenStreetMap"),
            ("石武高铁", 140.0, "OpenStreetMap"),
        ]

    def test_every_named_piece_is_used(self, *, shipped: Evidence) -> None:
        features = json.loads((SHIPPED / RAILS).read_text(encoding="utf-8"))["features"]
        drawn = {"京广铁路": 0, "石武高铁": 0}
        for each in features:
            line = {"京广线": "京广铁路", "京广高速线": "石武高铁"}[each["properties"]["name"]]
            is_single = each["geometry"]["type"] == "LineString"
            drawn[line] += 1 if is_single else len(each["geometry"]["coordinates"])
        assert {line.line: len(line.pieces) for line in shipped.centrelines} == drawn
        assert sum(drawn.values()) == 40

    def test_attribution(self, *, shipped: Evidence) -> None:
        assert shipped.attribution == "© OpenStreetMap contributors, ODbL 1.0"

    def test_files_that_were_read(self, *, shipped: Evidence) -> None:
        assert shipped.files == (
            *(SHIPPED / name for name in (MANIFEST, STATEMENTS, RAILS, CONTROL_POINTS)),
        )

    def test_aliases(self, *, shipped: Evidence) -> None:
        assert dict(list(shipped.aliases.items())[-4:]) == {
            "栢城路": "柏城路",
            "朗陵路": "郎陵路",
            "天中山路": "天中山大道",
            "前进路": "前进大道",
        }

    def test_everything_lies_in_or_near_the_city(self, *, shipped: Evidence) -> None:
        centre = np.array(to_metric(lon=114.02, lat=32.98))
        points = [(point.easting_m, point.northing_m) for point in shipped.observations]
        vertices = [piece for line in shipped.centrelines for piece in line.pieces]
        assert np.all(np.hypot(*(np.array(points) - centre).T) < 12_000.0)
        assert np.all(np.hypot(*(np.vstack(vertices) - centre).T) < 20_000.0)

    @pytest.mark.parametrize("point", ["p18", "p19"])
    def test_stations_lie_at_their_tracks(self, *, shipped: Evidence, point: str) -> None:
        (station,) = (each for each in shipped.observations if each.id == point)
        line = line_of(shipped, station.line)
        (track_m,) = line.across_m(Axis.NS, np.array([station.along_m(Axis.NS)]))
        apart_m = abs(station.across_m(Axis.NS) - track_m)
        assert apart_m < line.error_m + station.error_m

    def test_the_high_speed_line_runs_west_of_the_other(self, *, shipped: Evidence) -> None:
        northings_m = np.linspace(3_645_000.0, 3_655_000.0, 21)
        west, east = (
            line_of(shipped, name).across_m(Axis.NS, northings_m)
            for name in ("石武高铁", "京广铁路")
        )
        assert np.all(west < east)

    def test_another_citys_code_gives_nothing(self) -> None:
        assert read_evidence(SHIPPED, OTHER_CITY, METRIC) == Evidence()


class TestNothingToRead:
    def test_folder_without_a_manifest(self, *, tmp_path: Path) -> None:
        shutil.copyfile(SHIPPED / CONTROL_POINTS, tmp_path / CONTROL_POINTS)
        assert read_evidence(tmp_path, CITY, METRIC) == Evidence()

    def test_no_folder(self, *, tmp_path: Path) -> None:
        assert read_evidence(tmp_path / "none", CITY, METRIC) == Evidence()

    def test_another_citys_files_are_not_even_opened(self, *, tmp_path: Path) -> None:
        (tmp_path / MANIFEST).write_text(SYNTHETIC_MANIFEST, encoding="utf-8")
        (tmp_path / CONTROL_POINTS).write_bytes(b"\xff")
        assert read_evidence(tmp_path, OTHER_CITY, METRIC) == Evidence()

    def test_manifest_alone(self, *, tmp_path: Path) -> None:
        (tmp_path / MANIFEST).write_text(f'admin_code = "{CITY}"', encoding="utf-8")
        assert read_evidence(tmp_path, CITY, METRIC) == Evidence(files=(tmp_path / MANIFEST,))

    def test_empty_evidence(self) -> None:
        empty = Evidence()
        assert (empty.observations, empty.centrelines, empty.files) == ((), (), ())
        assert (empty.aliases, empty.attribution) == ({}, "")


class TestControlPoints:
    def test_point_on_a_line(self, *, tmp_path: Path) -> None:
        easting_m, northing_m = to_metric(lon=114.01, lat=32.99)
        assert observe(tmp_path) == Observation(
            id="s1",
            line="甲路",
            easting_m=easting_m,
            northing_m=northing_m,
            offset_m=25.0,
            error_m=50.0,
            limit=None,
        )

    @pytest.mark.parametrize("crs", [Crs.GCJ02, Crs.BD09, Crs.CGCS2000])
    def test_point_in_the_crs_it_was_published_in(self, *, tmp_path: Path, crs: Crs) -> None:
        lon, lat = to_wgs84(lon=114.01, lat=32.99, crs=crs)
        point = observe(tmp_path, crs=crs.value.upper())
        assert (point.easting_m, point.northing_m) == to_metric(lon=lon, lat=lat)

    def test_point_in_metres(self, *, tmp_path: Path) -> None:
        point = observe(tmp_path, crs="epsg:4547", lon="501869", lat="3650530")
        assert (point.easting_m, point.northing_m) == pytest.approx((501_869.0, 3_650_530.0))

    @pytest.mark.parametrize("side", Side)
    def test_line_on_a_side_of_the_point(self, *, tmp_path: Path, side: Side) -> None:
        assert observe(tmp_path, line_is=side.value).limit is side

    def test_other_spelling_of_the_line(self, *, tmp_path: Path) -> None:
        assert observe(tmp_path, line="甲大道").line == "甲路"

    def test_along_and_across(self) -> None:
        point = Observation("s1", "甲路", 1000.0, 2000.0, offset_m=-25.0, error_m=0.0, limit=None)
        assert (point.along_m(Axis.NS), point.across_m(Axis.NS)) == (2000.0, 975.0)
        assert (point.along_m(Axis.EW), point.across_m(Axis.EW)) == (1000.0, 1975.0)

    def test_a_folder_needs_none(self, *, tmp_path: Path) -> None:
        evidence = synthetic(tmp_path)
        assert evidence.observations == ()
        assert evidence.files == (tmp_path / MANIFEST, tmp_path / "roads.geojson")


class TestCentrelines:
    def test_lines_are_metric(self, *, tmp_path: Path) -> None:
        evidence = synthetic(tmp_path)
        assert [line.line for line in evidence.centrelines] == ["甲路", "一街"]
        assert [line.error_m for line in evidence.centrelines] == [5.0, 7.5]
        (piece,) = line_of(evidence, "一街").pieces
        lon, lat = from_metric(easting_m=piece[:, 0], northing_m=piece[:, 1])
        np.testing.assert_allclose(lon, [113.9, 114.1], rtol=0, atol=1e-9)
        np.testing.assert_allclose(lat, [32.95, 32.95], rtol=0, atol=1e-9)

    def test_parts_and_features_of_one_name_are_pieces_of_one_line(self, *, tmp_path: Path) -> None:
        parts = [[[114.0, 33.0], [114.0, 33.1]], [[114.0, 33.2], [114.0, 33.3], [114.0, 33.4]]]
        several = feature("Jia Road", parts, "MultiLineString")
        evidence = synthetic(tmp_path, collection=roads(JIA_ROAD, FIRST_STREET, several))
        assert [len(piece) for piece in line_of(evidence, "甲路").pieces] == [2, 2, 3]
        assert len(line_of(evidence, "一街").pieces) == 1

    def test_features_of_other_names_may_be_anything(self, *, tmp_path: Path) -> None:
        nameless: dict[str, Any] = {"type": "Feature", "properties": {}, "geometry": None}
        evidence = synthetic(tmp_path, collection=roads(JIA_ROAD, nameless, FIRST_STREET))
        assert len(evidence.centrelines) == 2

    def test_attributions_are_joined_without_repeats(self, *, tmp_path: Path) -> None:
        manifest = SYNTHETIC_MANIFEST
        for file in ("b", "c"):
            content = json.dumps(roads(JIA_ROAD, attribution="other"))
            (tmp_path / f"{file}.geojson").write_text(content, encoding="utf-8")
            manifest += ENTRY.format(file=file, name="Jia Road", line=f"{file}路", error_m=5)
        evidence = synthetic(tmp_path, manifest=manifest)
        assert len(evidence.centrelines) == 4
        assert evidence.attribution == "synthetic; other"

    def test_heights_are_passed_over(self, *, tmp_path: Path) -> None:
        high = feature("Jia Road", [[114.0, 32.9, 60.0], [114.0, 33.0, 61.0]])
        evidence = synthetic(tmp_path, collection=roads(high, FIRST_STREET))
        (piece,) = line_of(evidence, "甲路").pieces
        assert piece.shape == (2, 2)


class TestPositionAcross:
    def test_runs_straight_between_vertices(self) -> None:
        bent = track((0.0, 10.0), (100.0, 20.0), (200.0, 0.0))
        assert position_m([bent], [0.0, 50.0, 100.0, 150.0, 200.0]) == [10.0, 15.0, 20.0, 10.0, 0.0]

    def test_direction_of_drawing_does_not_matter(self) -> None:
        bent = track((0.0, 10.0), (100.0, 20.0), (200.0, 0.0))
        stations_m = [-1.0, 0.0, 30.0, 170.0, 200.0]
        np.testing.assert_array_equal(
            position_m([bent[::-1]], stations_m), position_m([bent], stations_m)
        )

    def test_is_unknown_beyond_the_ends(self) -> None:
        straight = track((0.0, 10.0), (100.0, 10.0))
        found = position_m([straight], [-0.1, 0.0, 100.0, 100.1])
        np.testing.assert_array_equal(found, [np.nan, 10.0, 10.0, np.nan])

    def test_is_unknown_where_no_station_meets_the_line(self) -> None:
        straight = track((0.0, 10.0), (100.0, 10.0))
        assert np.isnan(position_m([straight], [-10.0, 110.0])).all()

    def test_parallel_tracks_are_merged_to_their_mean(self) -> None:
        tracks = [track((0.0, x), (100.0, x)) for x in (10.0, 14.0, 18.0)]
        assert position_m(tracks, [0.0, 50.0, 100.0]) == [14.0, 14.0, 14.0]

    def test_a_track_counts_only_as_far_as_it_goes(self) -> None:
        tracks = [track((0.0, 10.0), (200.0, 10.0)), track((100.0, 20.0), (300.0, 20.0))]
        assert position_m(tracks, [0.0, 99.0, 100.0, 200.0, 201.0, 300.0]) == [
            *(10.0, 10.0),
            *(15.0, 15.0),
            *(20.0, 20.0),
        ]

    def test_a_gap_between_pieces_is_bridged(self) -> None:
        pieces = [track((0.0, 10.0), (100.0, 10.0)), track((200.0, 30.0), (300.0, 30.0))]
        stations_m = [-50.0, 0.0, 100.0, 125.0, 150.0, 175.0, 200.0, 300.0, 350.0]
        found = position_m(pieces, stations_m)
        np.testing.assert_array_equal(
            found, [np.nan, 10.0, 10.0, 15.0, 20.0, 25.0, 30.0, 30.0, np.nan]
        )

    @pytest.mark.parametrize("stations_m", [[150.0], [0.0, 150.0, 300.0], [110.0, 150.0, 190.0]])
    def test_a_gap_is_bridged_whatever_the_stations_are(self, *, stations_m: list[float]) -> None:
        pieces = [track((0.0, 0.0), (100.0, 40.0)), track((200.0, 60.0), (300.0, 60.0))]
        assert position_m(pieces, stations_m)[stations_m.index(150.0)] == pytest.approx(50.0)


ENTRY_KEYS = {
    "file": 'file = "rail_osm.geojson"',
    "name": 'name = "京广线"',
    "line": 'line = "京广铁路"',
    "error_m": "error_m = 100",
    "source": 'source = "OpenStreetMap"',
}


class TestDamagedManifest:
    def test_not_toml(self, *, tmp_path: Path) -> None:
        message = refused_copy(tmp_path, MANIFEST, 'admin_code = "', "admin_code = ")
        assert message.startswith("evidence.toml: not readable as TOML: ")

    def test_not_utf8(self, *, tmp_path: Path) -> None:
        (tmp_path / MANIFEST).write_bytes('admin_code = "城"'.encode("gb18030"))
        assert refused(tmp_path).startswith("evidence.toml: not readable as TOML: ")

    @pytest.mark.parametrize("key", ENTRY_KEYS)
    def test_centreline_without_a_key(self, *, tmp_path: Path, key: str) -> None:
        message = refused_copy(tmp_path, MANIFEST, ENTRY_KEYS[key], "")
        assert message == f"evidence.toml: an entry has no key '{key}'"

    @pytest.mark.parametrize(("key", "entry"), [("name", "栢城路"), ("line", "柏城路")])
    def test_alias_without_a_key(self, *, tmp_path: Path, key: str, entry: str) -> None:
        message = refused_copy(tmp_path, MANIFEST, f'{key} = "{entry}"', "")
        assert message == f"evidence.toml: an entry has no key '{key}'"

    def test_name_that_no_feature_has(self, *, tmp_path: Path) -> None:
        message = refused_copy(tmp_path, MANIFEST, "京广高速线", "陇海线")
        assert message == "rail_osm.geojson: no feature is named 陇海线"

    def test_not_a_file(self, *, tmp_path: Path) -> None:
        (tmp_path / MANIFEST).mkdir()
        assert MANIFEST in refused(tmp_path)

    @pytest.mark.parametrize("error_m", ["'wide'", "nan", "inf", "-1"])
    def test_error_that_is_no_distance(self, *, tmp_path: Path, error_m: str) -> None:
        message = refused_copy(tmp_path, MANIFEST, "error_m = 100", f"error_m = {error_m}")
        assert "error_m" in message

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ('file = "rail_osm.geojson"', "file = 5"),
            ('[[aliases]]\nname = "栢城路"\nline = "柏城路"', "[[aliases]]\nname = []\nline = ''"),
        ],
    )
    def test_value_of_a_wrong_type(self, *, tmp_path: Path, old: str, new: str) -> None:
        assert MANIFEST in refused_copy(tmp_path, MANIFEST, old, new)


class TestDamagedCentrelines:
    def test_no_such_file(self, *, tmp_path: Path) -> None:
        message = refused_copy(tmp_path, MANIFEST, RAILS, "roads.geojson")
        assert message.startswith("roads.geojson: not readable as GeoJSON: ")

    def test_not_json(self, *, tmp_path: Path) -> None:
        message = refused_copy(tmp_path, RAILS, '"FeatureCollection"', "")
        assert message.startswith("rail_osm.geojson: not readable as GeoJSON: ")

    def test_no_features(self, *, tmp_path: Path) -> None:
        message = refused_copy(tmp_path, RAILS, '"features"', '"members"')
        assert message == "rail_osm.geojson: not a GeoJSON FeatureCollection"

    def test_not_an_object(self, *, tmp_path: Path) -> None:
        with pytest.raises(
            NetworkError, match=r"^roads\.geojson: not a GeoJSON FeatureCollection$"
        ):
            synthetic(tmp_path, collection=[JIA_ROAD])

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ('"attribution"', '"licence"'),
            ('"© OpenStreetMap contributors, ODbL 1.0"', '""'),
        ],
    )
    def test_no_attribution(self, *, tmp_path: Path, old: str, new: str) -> None:
        assert refused_copy(tmp_path, RAILS, old, new) == (
            "rail_osm.geojson: no member attribution; data is used with its licence"
        )

    @pytest.mark.parametrize(
        "damaged",
        [
            None,
            feature("Jia Road", [114.0, 32.9], "Point"),
            feature("Jia Road", []),
            feature("Jia Road", [[114.0, 32.9], [None, 33.0]]),
            feature("Jia Road", [["x", 32.9], [114.0, 33.0]]),
            feature("Jia Road", [[32.9, 114.0], [33.0, 114.0]]),
            feature("Jia Road", [[float("nan"), 32.9], [114.0, 33.0]]),
            {"type": "Feature", "properties": None, "geometry": None},
            {"type": "Feature", "properties": {"name": "Jia Road"}, "geometry": None},
            {"type": "Feature", "properties": {"name": "Jia Road"}},
        ],
        ids=[
            *("null", "a point", "no vertices", "null in it", "text in it", "lat before lon"),
            *("nan in it", "no properties", "null geometry", "no geometry"),
        ],
    )
    def test_feature_that_is_no_line(self, *, tmp_path: Path, damaged: object) -> None:
        with pytest.raises(NetworkError, match=r"^roads\.geojson: "):
            synthetic(tmp_path, collection=roads(damaged, FIRST_STREET))

    def test_attribution_that_is_no_text(self, *, tmp_path: Path) -> None:
        collection = roads(JIA_ROAD, FIRST_STREET, attribution=5)
        with pytest.raises(NetworkError, match="attribution"):
            synthetic(tmp_path, collection=collection)


class TestDamagedControlPoints:
    """The second of three points, on line 3 of the file, is damaged."""

    @staticmethod
    def refused_point(folder: Path, **changed: str) -> str:
        points = [GOOD_POINT, GOOD_POINT | changed, GOOD_POINT]
        with pytest.raises(NetworkError) as caught:
            synthetic(folder, points=points)
        prefix, _, reason = str(caught.value).partition(": ")
        assert prefix == "control_points.csv, line 3"
        return reason

    @pytest.mark.parametrize("column", POINT_COLUMNS)
    def test_missing_column(self, *, tmp_path: Path, column: str) -> None:
        header = ",".join(POINT_COLUMNS)
        shipped_header = (SHIPPED / CONTROL_POINTS).read_text(encoding="utf-8").split("\n")[0]
        assert shipped_header.startswith(header)
        message = refused_copy(tmp_path, CONTROL_POINTS, header, header.replace(column, "x", 1))
        assert message == f"control_points.csv, line 2: no column '{column}'"

    @pytest.mark.parametrize("column", ["lon", "lat", "offset_m", "error_m"])
    @pytest.mark.parametrize("cell", ["", "114,01", "east"])
    def test_not_a_number(self, *, tmp_path: Path, column: str, cell: str) -> None:
        assert repr(cell) in self.refused_point(tmp_path, **{column: cell})

    @pytest.mark.parametrize("column", ["lon", "lat"])
    @pytest.mark.parametrize("cell", ["nan", "inf", "-inf", "181", "-501869"])
    def test_out_of_range(self, *, tmp_path: Path, column: str, cell: str) -> None:
        reason = self.refused_point(tmp_path, **{column: cell})
        assert reason.startswith(f"{column} must be from ")

    def test_lon_and_lat_swapped(self, *, tmp_path: Path) -> None:
        reason = self.refused_point(tmp_path, lon="32.99", lat="114.01")
        assert reason.startswith("lat must be from -90 to 90 in wgs84")

    @pytest.mark.parametrize("crs", ["", "wgs72", "gcj-03"])
    def test_unknown_crs(self, *, tmp_path: Path, crs: str) -> None:
        assert self.refused_point(tmp_path, crs=crs).startswith(f"crs is {crs!r}")

    @pytest.mark.parametrize("word", ["", "beside", "AT", "northeast"])
    def test_unknown_side(self, *, tmp_path: Path, word: str) -> None:
        assert repr(word) in self.refused_point(tmp_path, line_is=word)

    @pytest.mark.parametrize(
        ("column", "cell"),
        [
            *(("offset_m", "nan"), ("offset_m", "inf"), ("offset_m", "-inf")),
            *(("error_m", "nan"), ("error_m", "inf"), ("error_m", "-1")),
        ],
    )
    def test_no_distance(self, *, tmp_path: Path, column: str, cell: str) -> None:
        assert column in self.refused_point(tmp_path, **{column: cell})

    @pytest.mark.parametrize("column", ["lon", "lat", "offset_m", "error_m", "line_is"])
    def test_the_field_at_fault_is_named(self, *, tmp_path: Path, column: str) -> None:
        assert column in self.refused_point(tmp_path, **{column: "x"})

    @pytest.mark.parametrize("cells", [2, 4, 6])
    def test_row_that_is_cut_off(self, *, tmp_path: Path, cells: int) -> None:
        row = ",".join(list(GOOD_POINT.values())[:cells])
        text = f"{','.join(POINT_COLUMNS)}\n{row}\n"
        (tmp_path / CONTROL_POINTS).write_text(text, encoding="utf-8")
        missing = "|".join(POINT_COLUMNS[cells:])
        with pytest.raises(NetworkError, match=rf"^control_points\.csv, line 2: .*({missing})"):
            synthetic(tmp_path)

    def test_lines_are_counted_with_blank_ones(self, *, tmp_path: Path) -> None:
        bad = ",".join((GOOD_POINT | {"crs": "wgs72"}).values())
        text = f"{','.join(POINT_COLUMNS)}\n\n{bad}\n"
        (tmp_path / CONTROL_POINTS).write_text(text, encoding="utf-8")
        with pytest.raises(NetworkError, match=r"^control_points\.csv, line 3: crs is 'wgs72'"):
            synthetic(tmp_path)

    def test_a_cell_of_many_thousand_letters(self, *, tmp_path: Path) -> None:
        points = [GOOD_POINT | {"id": "x" * 200_000}]
        with pytest.raises(NetworkError, match=r"^control_points\.csv, line .*field larger than"):
            synthetic(tmp_path, points=points)

    def test_not_utf8(self, *, tmp_path: Path) -> None:
        text = f"{','.join(POINT_COLUMNS)}\n{','.join(GOOD_POINT.values())}\n"
        (tmp_path / CONTROL_POINTS).write_bytes(text.encode("gb18030"))
        with pytest.raises(NetworkError, match=r"^control_points\.csv"):
            synthetic(tmp_path)
