"""Reads what phones record: GPX, traced lines, photos."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas
import pyogrio
import shapely
from PIL import ExifTags, Image, UnidentifiedImageError

from geo.errors import SurveyError
from geo.survey.intake import Drive, Noted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PHOTOS: Final = frozenset({".jpg", ".jpeg", ".heic", ".png", ".webp", ".tif", ".tiff"})
TRACK_ERROR_M: Final = 15.0
"""That a whole track may be off the middle of its road: the side that was driven on, and GPS."""

_WORDS: Final = ("name", "desc", "cmt", "Name", "description")


def read_gpx(path: Path, *, error_m: float, line: str | None) -> tuple[list[Noted], list[Drive]]:
    """Read the waypoints and tracks of a GPX file.

    Parameters
    ----------
    path : Path
    error_m : float
        Of a place where somebody stood.
    line : str or None
        Along which all tracks run; their names if it is not given.

    Raises
    ------
    SurveyError
        It is no GPX, or has neither.
    """
    try:
        waypoints = pyogrio.read_dataframe(path, layer="waypoints")
        tracks = pyogrio.read_dataframe(path, layer="tracks")
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise SurveyError(
            f"{path.name} cannot be read as GPX: {error}", code="gpx_damaged"
        ) from error
    notes = [
        Noted(
            _said(row),
            row["geometry"].x,
            row["geometry"].y,
            error_m,
            _time(row.get("time")),
            where=f"{path.name}, waypoint {number}",
        )
        for number, row in enumerate(waypoints.to_dict("records"), start=1)
    ]
    drives = [
        Drive(line or _said(row), shapely.get_coordinates(row["geometry"]), TRACK_ERROR_M, "")
        for row in tracks.to_dict("records")
    ]
    if not (notes or drives):
        raise SurveyError(f"{path.name} has no waypoint and no track.", code="nothing_observed")
    return notes, drives


def read_lines(path: Path, *, line: str | None) -> list[Drive]:
    """Read lines that somebody traced, from GeoJSON or KML.

    Raises
    ------
    SurveyError
        The file cannot be read.
    """
    try:
        frames = [
            pyogrio.read_dataframe(path, layer=name)
            for name, _ in pyogrio.list_layers(path).tolist()
        ]
    except pyogrio.errors.DataSourceError as error:
        raise SurveyError(f"{path.name} cannot be read: {error}", code="file_damaged") from error
    return [
        Drive(line or _said(row), shapely.get_coordinates(row["geometry"]), TRACK_ERROR_M, "")
        for frame in frames
        for row in frame.to_dict("records")
        if row["geometry"] is not None and "LineString" in row["geometry"].geom_type
    ]


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
    except (OSError, UnidentifiedImageError) as error:
        raise SurveyError(f"{path.name} cannot be read as a photo.", code="file_damaged") from error
    try:
        lon = _degrees(gps[ExifTags.GPS.GPSLongitude], gps[ExifTags.GPS.GPSLongitudeRef])
        lat = _degrees(gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLatitudeRef])
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise SurveyError(
            f"{path.name} does not say where it was taken; allow the camera to know the position.",
            code="photo_without_position",
        ) from error
    stated = gps.get(ExifTags.GPS.GPSHPositioningError)
    taken = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal, "")
    return Noted(
        place or path.stem,
        lon,
        lat,
        error_m if stated is None else float(stated),
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
    texts: Iterator[str] = (row[name] for name in _WORDS if isinstance(row.get(name), str))
    return next(filter(None, map(str.strip, texts)), "")


def _time(value: Any) -> str:  # noqa: ANN401 - a time of pandas, or nothing
    return "" if pandas.isna(value) else pandas.Timestamp(value).isoformat()
