"""Reads what phones record: GPX, traced lines, photos."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas
import pyogrio
import shapely
from PIL import ExifTags, Image

from geo.errors import SurveyError
from geo.survey.intake import Noted, Track, traced

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PHOTOS: Final = frozenset({".jpg", ".jpeg", ".heic", ".png", ".webp", ".tif", ".tiff"})
TRACK_ERROR_M: Final = 15.0
"""That a whole track may be off the middle of its road: the side that was driven on, and GPS."""

WORDS: Final = (
    *("place", "crossing", "路口", "位置", "地点", "name", "Name", "名称", "line", "路名"),
    *("desc", "cmt", "description"),
)
"""Columns that say where a place is, or what a track runs along; the first that is there counts."""


def read_gpx(
    path: Path, *, error_m: float, place: str | None, line: str | None
) -> tuple[list[Noted], list[Track]]:
    """Read the waypoints and tracks of a GPX file.

    Parameters
    ----------
    path : Path
    error_m : float
        Of a place where somebody stood.
    place : str or None
        The words for all waypoints; their names if it is not given.
    line : str or None
        Along which all tracks run; their names if it is not given.

    Raises
    ------
    SurveyError
        It is no GPX, or has neither.
    """
    found = _sorted_out(path, ("waypoints", "tracks"), error_m=error_m, place=place, line=line)
    if not any(found):
        raise SurveyError(f"{path.name} has no waypoint and no track.", code="nothing_observed")
    return found


def read_traced(
    path: Path, *, error_m: float, place: str | None, line: str | None
) -> tuple[list[Noted], list[Track]]:
    """Read the lines that somebody traced, and the places beside them, from GeoJSON or KML.

    Parameters
    ----------
    path : Path
    error_m, place, line
        As for `read_gpx`.

    Raises
    ------
    SurveyError
        The file cannot be read, is not in degrees, or has areas.
    """
    return _sorted_out(path, None, error_m=error_m, place=place, line=line)


def _sorted_out(
    path: Path,
    layers: tuple[str, ...] | None,
    *,
    error_m: float,
    place: str | None,
    line: str | None,
) -> tuple[list[Noted], list[Track]]:
    """Return the points and the lines of some layers, or of all."""
    notes, tracks = list[Noted](), list[Track]()
    try:
        names = layers or tuple(name for name, _ in pyogrio.list_layers(path).tolist())
        frames = [pyogrio.read_dataframe(path, layer=name) for name in names]
    except (RuntimeError, ValueError, shapely.errors.ShapelyError) as error:
        why = str(error).strip()
        raise SurveyError(f"{path.name} cannot be read: {why}", code="file_damaged") from error
    for frame in frames:
        in_degrees = frame.crs is None or frame.crs.is_geographic
        for row in frame.to_dict("records"):
            geometry = row["geometry"]
            kind = "" if geometry is None else geometry.geom_type
            where = f"{path.name}, number {len(notes) + len(tracks) + 1}"
            if kind == "Point":
                words, at = place or _said(row), _time(row.get("time"))
                notes.append(Noted(words, geometry.x, geometry.y, error_m, at, where))
            elif "LineString" in kind and not in_degrees:
                raise SurveyError(
                    f"{path.name} is in {frame.crs.name}; write it in longitude and latitude.",
                    code="unknown_crs",
                )
            elif "LineString" in kind:
                along = line or _said(row)
                if layers is None:
                    tracks.append(traced(along, geometry, TRACK_ERROR_M))
                else:
                    course = shapely.get_coordinates(geometry)
                    tracks.append(Track(along, course, TRACK_ERROR_M, ""))
            elif kind:
                raise SurveyError(
                    f"{where} is a {kind}; an observation is a point, or a line along a road.",
                    code="not_a_point",
                )
    return notes, tracks


def read_photo(path: Path, *, error_m: float, place: str | None) -> Noted:
    """Read where a photo was taken, from its EXIF.

    Parameters
    ----------
    path : Path
    error_m : float
        If the photo does not say it (``GPSHPositioningError``).
    place : str or None
        In words; the file's name if it is not given.

    Raises
    ------
    SurveyError
        It is no photo, or has no position.
    """
    try:
        with Image.open(path) as image:
            exif = image.getexif()
            gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
            taken = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal, "")
    except Exception as error:  # of a damaged one Pillow raises whatever it meets
        message = f"{path.name} cannot be read as a photo; save it as JPEG, with its position."
        raise SurveyError(message, code="file_damaged") from error
    try:
        lon = _degrees(gps[ExifTags.GPS.GPSLongitude], gps[ExifTags.GPS.GPSLongitudeRef])
        lat = _degrees(gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLatitudeRef])
        stated = float(gps.get(ExifTags.GPS.GPSHPositioningError, np.nan))
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise SurveyError(
            f"{path.name} does not say where it was taken; allow the camera to know the position.",
            code="photo_without_position",
        ) from error
    return Noted(
        place or path.stem,
        lon,
        lat,
        stated if np.isfinite(stated) else error_m,
        _exif_time(taken),
        path.name,
    )


def _degrees(parts: Any, reference: str) -> float:  # noqa: ANN401 - rationals of Pillow
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    if not np.isfinite(value):
        raise ValueError("no number")
    return -value if reference in {"S", "W"} else value


def _exif_time(text: str) -> str:
    try:
        return datetime.strptime(text, "%Y:%m:%d %H:%M:%S").isoformat()  # noqa: DTZ007 - local
    except (TypeError, ValueError):
        return ""


def _said(row: dict[Any, Any]) -> str:
    texts: Iterator[str] = (row[name] for name in WORDS if isinstance(row.get(name), str))
    return next(filter(None, map(str.strip, texts)), "")


def _time(value: Any) -> str:  # noqa: ANN401 - a time of pandas, or nothing
    return "" if pandas.isna(value) else pandas.Timestamp(value).isoformat()
