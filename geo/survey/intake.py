"""Turns what people bring back from the spot into observations, and doubts some of them."""

from __future__ import annotations

from dataclasses import asdict, replace
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import shapely

from geo.crs import check_range, from_wgs84, parse_crs, to_wgs84
from geo.errors import CoordinateError, LocationError, NetworkError, SurveyError
from geo.layouts.layouts import AXES
from geo.network.evidence import SURVEY, Status, observation_of
from geo.survey.answers import shares_of
from geo.survey.doubts import contradiction, other_system, outside
from geo.survey.marks import read_marks
from geo.survey.notebook import Entry
from geo.survey.track import course_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shapely import LineString, MultiLineString

    from geo.crs import Crs, FloatArray
    from geo.lookup.edition import OpenEdition
    from geo.network.evidence import Observation

_LEAST_ERROR_M: Final = 5.0  # of a phone, whatever it claims
_DECIMALS: Final = 7
_LONGEST_DEG: Final = 1.0  # some 100 km
_STEP_DEG: Final = 5e-5  # some 5 m, closer than the bins of a course


class Noted(NamedTuple):
    """A place where somebody stood.

    Attributes
    ----------
    place : str
        In words: a crossing, or a line and a side of it.
    lon, lat : float
        In the system of its file.
    error_m : float
    at : str
        When, ISO 8601; may be empty.
    where : str
        Row or name in its file, for messages.
    """

    place: str
    lon: float
    lat: float
    error_m: float
    at: str
    where: str


class Track(NamedTuple):
    """A track along a line.

    Attributes
    ----------
    line : str
        Any of its names.
    lonlat : ndarray, shape (n, 2)
        In the system of its file.
    error_m : float
        That all of its points may be off together.
    at : str
        When, ISO 8601; may be empty.
    """

    line: str
    lonlat: FloatArray
    error_m: float
    at: str


def traced(line: str, course: LineString | MultiLineString, error_m: float) -> Track:
    """Return a line that somebody drew as a track, as if it were driven from end to end.

    Raises
    ------
    SurveyError
        It is longer than any line of a city, so that a vertex of it must be misplaced.

    Parameters
    ----------
    line : str
        Any of its names.
    course : LineString or MultiLineString
        Longitude and latitude; straight between its vertices.
    error_m : float
    """
    if not course.length <= _LONGEST_DEG:
        raise SurveyError(
            f"the track along {line} is {course.length:.4g} degrees long; at most"
            f" {_LONGEST_DEG:g} are the course of a line, so a vertex must be misplaced.",
            code="track_too_long",
        )
    return Track(line, shapely.get_coordinates(shapely.segmentize(course, _STEP_DEG)), error_m, "")


class Given(NamedTuple):
    """What one file has.

    Attributes
    ----------
    notes : tuple of Noted
    tracks : tuple of Track
    crs : Crs
    how : str
        The file, and what it is.
    """

    notes: tuple[Noted, ...]
    tracks: tuple[Track, ...]
    crs: Crs
    how: str


def take_in(
    given: Given, edition: OpenEdition, known: Iterable[Entry], *, who: str, added: str
) -> list[tuple[Entry, ...]]:
    """Turn what a file has into observations.

    Parameters
    ----------
    given : Given
    edition : OpenEdition
        With layouts, by which observations are doubted.
    known : iterable of Entry
        What was observed before.
    who : str
    added : str
        Now, ISO 8601.

    Returns
    -------
    list of tuple of Entry
        A tuple a place or track; each is confirmed, or doubtful for a reason. Their ids are empty.

    Raises
    ------
    NothingToObserveError
        The edition has no layouts.
    SurveyError
        A place cannot be read; it is named.
    """
    layouts = shares_of(edition).layouts
    blank = Entry("", "", "", "", given.crs, "at", "", "", "", who, "", given.how, added, "", "")
    groups = [_note(note, blank, edition) for note in given.notes]
    groups += [_track(track, blank, edition) for track in given.tracks]
    zone = edition.parcels.metric_crs
    seen = [[observed_by(entry, zone) for entry in group] for group in groups]
    mixed_up = other_system(layouts, list(chain.from_iterable(seen)), given.crs, zone)
    others: dict[str, list[Observation]] = {}
    for entry in known:
        if entry.status == Status.CONFIRMED and entry.line in layouts.place:
            others.setdefault(entry.id or entry.how, []).append(observed_by(entry, zone))
    names = [note.where for note in given.notes] + [f"track {one.line}" for one in given.tracks]
    found = []
    for number, (group, observations) in enumerate(zip(groups, seen, strict=True)):
        reasons = [outside(layouts, one) for one in observations]
        reasons += [contradiction(layouts, one, others) for one in observations]
        reason = mixed_up or next(filter(None, reasons), "")
        status = Status.DOUBTFUL if reason else Status.CONFIRMED
        found.append(tuple(replace(entry, status=status, reason=reason) for entry in group))
        if not reason:
            others[names[number]] = observations
    return found


def observed_by(entry: Entry, zone: Crs) -> Observation:
    """Return an entry as an observation, in a city's zone.

    Raises
    ------
    NetworkError
        A cell of it cannot be read.
    """
    try:
        return observation_of(asdict(entry), {}, zone)
    except (CoordinateError, ValueError) as error:
        raise NetworkError(f"{SURVEY}, {entry.id}: {error}") from error


def _note(note: Noted, blank: Entry, edition: OpenEdition) -> tuple[Entry, ...]:
    layouts = shares_of(edition).layouts
    try:
        check_range(lon=note.lon, lat=note.lat, crs=parse_crs(blank.crs))
        marks = read_marks(note.place, edition.point_index.words.lines)
    except (CoordinateError, LocationError, SurveyError) as error:
        said = str(error).replace("at is ", "the place is ", 1)
        raise SurveyError(f"{note.where}: {said}", code=error.code) from error
    if unknown := [mark.line for mark in marks if mark.line not in layouts.place]:
        raise SurveyError(
            f"{note.where}: {unknown[0]} is no line of the layouts; run landprice build first.",
            code="unknown_line",
        )
    error_m = max(note.error_m, _LEAST_ERROR_M)
    return tuple(
        replace(
            blank,
            line=mark.line,
            lon=f"{note.lon:.{_DECIMALS}f}",
            lat=f"{note.lat:.{_DECIMALS}f}",
            offset_m=f"{mark.offset_m:g}",
            error_m=f"{np.hypot(error_m, mark.error_m):.0f}",
            place=note.place,
            at=note.at,
        )
        for mark in marks
    )


def _track(track: Track, blank: Entry, edition: OpenEdition) -> tuple[Entry, ...]:
    lines = edition.point_index.words.lines
    line = lines.find(track.line)
    layouts = shares_of(edition).layouts
    if line is None or line not in layouts.place:
        near = lines.near(track.line)
        hint = f"did you mean {' or '.join(near)}?" if near else "name the track like its road."
        raise SurveyError(
            f"a track is called {track.line[:40]!r}, but the notice names no such line; {hint}",
            code="unknown_line",
        )
    crs, zone = parse_crs(blank.crs), edition.parcels.metric_crs
    lon, lat = track.lonlat.T.copy()
    for one_lon, one_lat in _edges(track.lonlat):
        try:
            check_range(lon=one_lon, lat=one_lat, crs=crs)
        except CoordinateError as error:
            raise SurveyError(f"track {track.line}: {error}", code=error.code) from error
    lon, lat = to_wgs84(lon=lon, lat=lat, crs=crs)
    track_m = np.stack(from_wgs84(lon=lon, lat=lat, crs=zone), axis=1)
    axis = AXES[layouts.place[line][0]]
    places_m = course_of(track_m, axis, line).kept(axis)
    lon, lat = to_wgs84(lon=places_m[:, 0].copy(), lat=places_m[:, 1].copy(), crs=zone)
    lon, lat = from_wgs84(lon=lon, lat=lat, crs=crs)
    return tuple(
        replace(
            blank,
            line=line,
            lon=f"{one_lon:.{_DECIMALS}f}",
            lat=f"{one_lat:.{_DECIMALS}f}",
            offset_m="0",
            error_m=f"{max(track.error_m, _LEAST_ERROR_M):.0f}",
            place=track.line,
            at=track.at,
        )
        for one_lon, one_lat in zip(lon.tolist(), lat.tolist(), strict=True)
    )


def _edges(lonlat: FloatArray) -> list[list[float]]:
    """Return the least and the greatest coordinates of places, if there is any place."""
    return [lonlat.min(axis=0).tolist(), lonlat.max(axis=0).tolist()] if len(lonlat) else []
