"""What comes back from the spot: what counts, and what is doubted for which reason."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from shapely import LineString

from geo.build.edition import build
from geo.crs import Crs, from_wgs84, to_wgs84
from geo.errors import NetworkError, NothingToObserveError, SurveyError
from geo.gazette.order import read_order
from geo.lookup.edition import OpenEdition
from geo.model import Axis
from geo.network.ensemble.draw import draw_layouts
from geo.network.evidence import Status
from geo.survey.intake import Given, Noted, Track, observed_by, take_in, traced
from tests.synthetic import City, random_city

if TYPE_CHECKING:
    from geo.crs import FloatArray
    from geo.survey.notebook import Entry

SEED = 5
ZONE = Crs.EPSG_4547


@pytest.fixture(scope="module")
def city() -> City:
    return random_city(SEED, 0.75)


@pytest.fixture(scope="module")
def edition(city: City) -> OpenEdition:
    sources = city.sources()
    order = read_order(sources.gazette.records, {})
    drawn = draw_layouts(order, sources.evidence, sources.notice, count=200, seed=SEED)
    return OpenEdition.of(build(sources).parcels, drawn)


def crossing_of(city: City, ns: str, ew: str) -> tuple[float, float]:
    """Return where two lines truly cross, Gauss-Kruger."""
    north_m = float(city.truth[ew][:, 1].mean())
    for _ in range(6):
        east_m = float(city.true_across_m(ns, Axis.NS, np.array([north_m]))[0])
        north_m = float(city.true_across_m(ew, Axis.EW, np.array([east_m]))[0])
    return east_m, north_m


def note(city: City, ns: str, ew: str, crs: Crs, off_m: float = 0.0) -> Noted:
    east_m, north_m = crossing_of(city, ns, ew)
    lon, lat = to_wgs84(lon=east_m + off_m, lat=north_m, crs=ZONE)
    lon, lat = from_wgs84(lon=lon, lat=lat, crs=crs)
    return Noted(f"{ns}与{ew}交叉口", lon, lat, 8.0, "2026-11-29T10:00:00", "row 1")


def drive(city: City, line: str, crs: Crs) -> Track:
    """Track along a line that runs north and south, 10 m off in any direction."""
    course_m = city.truth[line]
    north_m = np.arange(course_m[:, 1].min(), course_m[:, 1].max(), 15.0)
    rng = np.random.default_rng(2)
    east_m = city.true_across_m(line, Axis.NS, north_m) + rng.normal(0, 10, north_m.size)
    lon, lat = to_wgs84(lon=east_m, lat=north_m + rng.normal(0, 10, north_m.size), crs=ZONE)
    lon, lat = from_wgs84(lon=lon, lat=lat, crs=crs)
    track: FloatArray = np.column_stack([lon, lat])
    return Track(line, track, 15.0, "")


def taken(
    edition: OpenEdition,
    *given: Noted | Track,
    crs: Crs = Crs.WGS84,
    known: tuple[Entry, ...] = (),
) -> list[tuple[Entry, ...]]:
    notes = tuple(one for one in given if isinstance(one, Noted))
    drives = tuple(one for one in given if isinstance(one, Track))
    read = Given(notes, drives, crs, "a.gpx")
    return take_in(read, edition, known, who="张三", added="2026-11-29T12:00:00+00:00")


@pytest.mark.parametrize("crs", [Crs.WGS84, Crs.GCJ02, Crs.BD09])
def test_a_true_crossing_counts(city: City, edition: OpenEdition, crs: Crs) -> None:
    given = note(city, "经5路", "纬4路", crs)
    [[one, other]] = taken(edition, given, crs=crs)
    assert (one.line, other.line) == ("经5路", "纬4路")
    assert (one.status, one.reason) == (Status.CONFIRMED, "")
    assert (one.crs, one.error_m, one.who, one.at) == (crs, "13", "张三", given.at)
    observed = observed_by(one, ZONE)
    assert (observed.easting_m, observed.northing_m) == pytest.approx(
        crossing_of(city, "经5路", "纬4路"), abs=0.1
    )


def test_what_lies_far_off_is_doubted(city: City, edition: OpenEdition) -> None:
    [[one, other]] = taken(edition, note(city, "经5路", "纬4路", Crs.WGS84, off_m=4_000.0))
    assert one.status == other.status == Status.DOUBTFUL
    assert "经5路 would lie" in one.reason
    assert "outside of where all else allows it" in one.reason


@pytest.mark.parametrize(
    ("true", "declared"), [(Crs.GCJ02, Crs.WGS84), (Crs.WGS84, Crs.GCJ02), (Crs.BD09, Crs.GCJ02)]
)
def test_a_mix_up_of_systems_is_suspected(
    city: City, edition: OpenEdition, true: Crs, declared: Crs
) -> None:
    pairs = [("经2路", "纬2路"), ("经5路", "纬4路"), ("经7路", "纬6路")]
    found = taken(edition, *(note(city, *pair, true) for pair in pairs), crs=declared)
    for group in found:
        for entry in group:
            assert entry.status == Status.DOUBTFUL
            assert f"fit much better if they are {true}, not {declared}" in entry.reason


def test_a_track_becomes_places_of_its_line(city: City, edition: OpenEdition) -> None:
    [group] = taken(edition, drive(city, "经5路", Crs.WGS84))
    assert {entry.line for entry in group} == {"经5路"}
    assert {entry.status for entry in group} == {Status.CONFIRMED}
    assert len(group) > 8
    for entry in group:
        observed = observed_by(entry, ZONE)
        true_m = city.true_across_m("经5路", Axis.NS, np.array([observed.northing_m]))[0]
        assert observed.easting_m == pytest.approx(true_m, abs=6.0)


def test_a_track_in_gcj02_that_says_wgs84_is_suspected(city: City, edition: OpenEdition) -> None:
    [group] = taken(edition, drive(city, "经5路", Crs.GCJ02))
    assert {entry.status for entry in group} == {Status.DOUBTFUL}
    assert "fit much better if they are gcj02, not wgs84" in group[0].reason


def test_two_that_contradict(city: City, edition: OpenEdition) -> None:
    [first] = taken(edition, note(city, "经5路", "纬4路", Crs.WGS84))
    first = tuple(replace(entry, id="f1", error_m="5") for entry in first)
    there = note(city, "经5路", "纬4路", Crs.WGS84, off_m=75.0)
    [[one, _]] = taken(edition, there, known=first)
    assert (one.status, one.reason) == (
        Status.DOUBTFUL,
        "经5路 would lie 75 m from where f1 has it",
    )
    withdrawn = tuple(replace(entry, status=Status.WITHDRAWN) for entry in first)
    [[again, _]] = taken(edition, there, known=withdrawn)
    assert again.status == Status.CONFIRMED


def test_places_that_cannot_be_read_are_named(edition: OpenEdition) -> None:
    bad = Noted("东门口", 114.0, 33.0, 8.0, "", "a.gpx, waypoint 3")
    with pytest.raises(SurveyError, match=r"^a\.gpx, waypoint 3: the place is '东门口'") as refused:
        taken(edition, bad)
    assert refused.value.code == "location_unreadable"
    with pytest.raises(SurveyError, match=r"^a\.gpx, waypoint 3: lat must be from -90") as refused:
        taken(edition, bad._replace(place="经5路", lat=95.0))
    assert refused.value.code == "out_of_range"
    for places in ([[114.0, 33.0], [114.0, 95.0]], [[np.nan, 33.0], [114.0, 33.1]]):
        with pytest.raises(SurveyError, match=r"^track 经5路: l"):
            taken(edition, Track("经5路", np.array(places), 15.0, ""))
    with pytest.raises(SurveyError, match="经5路 is 0 m long"):
        taken(edition, Track("经5路", np.empty((0, 2)), 15.0, ""))
    track = Track("长安街", np.array([[114.0, 33.0], [114.0, 33.1]]), 15.0, "")
    with pytest.raises(SurveyError, match="called '长安街', but the notice names no such line"):
        taken(edition, track)


def test_without_layouts_nothing_can_be_doubted(edition: OpenEdition) -> None:
    with pytest.raises(NothingToObserveError):
        taken(OpenEdition.of(edition.parcels, None))


def test_an_entry_that_somebody_has_edited(city: City, edition: OpenEdition) -> None:
    [group] = taken(edition, note(city, "经5路", "纬4路", Crs.WGS84))
    spoilt = replace(group[0], id="f7", error_m="wide")
    with pytest.raises(NetworkError, match=r"^survey\.csv, f7: error_m is 'wide'"):
        taken(edition, note(city, "经5路", "纬4路", Crs.WGS84), known=(spoilt,))


def test_a_line_that_was_drawn_with_few_vertices_is_taken(city: City, edition: OpenEdition) -> None:
    line = city.lines[Axis.NS][1]
    course_m = city.truth[line]
    north_m = np.linspace(course_m[:, 1].min(), course_m[:, 1].max(), 4)
    east_m = city.true_across_m(line, Axis.NS, north_m)
    lon, lat = to_wgs84(lon=east_m, lat=north_m, crs=ZONE)
    drawn = traced(line, LineString(np.column_stack([lon, lat])), 15.0)
    [group] = taken(edition, drawn)
    assert {entry.line for entry in group} == {line}
    seen = [observed_by(entry, ZONE) for entry in group]
    straight_m = np.interp([one.northing_m for one in seen], north_m, east_m)
    assert np.abs([one.easting_m for one in seen] - straight_m).max() < 5
    assert np.ptp([one.northing_m for one in seen]) > 0.9 * np.ptp(north_m)
