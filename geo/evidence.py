"""What was observed of the lines on the ground, read from a city's ``data/network`` folder."""

from __future__ import annotations

import csv
import json
import math
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geo.crs import check_range, parse_crs, to_metric, to_wgs84
from geo.errors import GeoError, NetworkError
from geo.records import Axis, Side

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import numpy.typing as npt

MANIFEST: Final = "evidence.toml"
CONTROL_POINTS: Final = "control_points.csv"


@dataclass(frozen=True, slots=True)
class Observation:
    """One point observed on or beside one line.

    Attributes
    ----------
    id : str
    line : str
        Canonical name.
    easting_m, northing_m : float
        The observed point, EPSG:4547.
    offset_m : float
        From the point to the line: east of it for a north-south line, north for an east-west one.
    error_m : float
        How far the line may be from there.
    limit : Side or None
        None if the line passes at the point; else the side of the point on which it lies, and
        nothing more is known.
    """

    id: str
    line: str
    easting_m: float
    northing_m: float
    offset_m: float
    error_m: float
    limit: Side | None

    def along_m(self, axis: Axis) -> float:
        """Return the coordinate along a line of the axis, EPSG:4547."""
        return self.northing_m if axis is Axis.NS else self.easting_m

    def across_m(self, axis: Axis) -> float:
        """Return the observed coordinate of the line across its axis, EPSG:4547."""
        return (self.easting_m if axis is Axis.NS else self.northing_m) + self.offset_m


@dataclass(frozen=True, slots=True)
class Centreline:
    """The course of one line, in pieces and perhaps with parallel tracks.

    Attributes
    ----------
    line : str
        Canonical name.
    pieces : tuple of ndarray, shape (n, 2)
        Easting and northing of the vertices, EPSG:4547, in metres.
    error_m : float
    source : str
    """

    line: str
    pieces: tuple[npt.NDArray[np.float64], ...]
    error_m: float
    source: str

    def across_m(self, axis: Axis, stations_m: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the mean position of all tracks at stations along the axis.

        Parameters
        ----------
        axis : Axis
        stations_m : ndarray, shape (n,)
            Northings for a north-south line, eastings for an east-west one, EPSG:4547.

        Returns
        -------
        ndarray, shape (n,)
            EPSG:4547 coordinate across the axis; NaN beyond the ends of the line.
        """
        along, across = (1, 0) if axis is Axis.NS else (0, 1)
        tracks = []
        for piece in self.pieces:
            order = np.argsort(piece[:, along], kind="stable")
            xs, ys = piece[order, along], piece[order, across]
            inside = (stations_m >= xs[0]) & (stations_m <= xs[-1])
            tracks.append(np.where(inside, np.interp(stations_m, xs, ys), np.nan))
        covered = ~np.isnan(tracks).all(axis=0)
        mean = np.full(stations_m.shape, np.nan)
        mean[covered] = np.nanmean(np.array(tracks)[:, covered], axis=0)
        # Between two pieces that do not quite meet, the line runs straight on.
        known = np.flatnonzero(covered)
        if known.size:
            gap = slice(known[0], known[-1] + 1)
            mean[gap] = np.interp(stations_m[gap], stations_m[known], mean[known])
        return mean


@dataclass(frozen=True)
class Evidence:
    """Everything observed in one city.

    Attributes
    ----------
    observations : tuple of Observation
    centrelines : tuple of Centreline
    aliases : dict of str to str
        Other spellings, to the canonical name.
    attribution : str
        What whatever is derived from the evidence must say; may be empty.
    files : tuple of Path
        The files that were read.
    """

    observations: tuple[Observation, ...] = ()
    centrelines: tuple[Centreline, ...] = ()
    aliases: dict[str, str] = field(default_factory=dict)
    attribution: str = ""
    files: tuple[Path, ...] = ()


def read_evidence(folder: Path, admin_code: str) -> Evidence:
    """Read the evidence for one city.

    Parameters
    ----------
    folder : Path
        A folder with ``evidence.toml`` and the files it names.
    admin_code : str
        Six-digit code of the city whose gazette is being built.

    Returns
    -------
    Evidence
        Empty when the folder has none for this city: road names recur from city to city, so
        another city's points are never used.

    Raises
    ------
    NetworkError
        A file is missing or cannot be read, with the row and the field at fault.
    """
    manifest_path = folder / MANIFEST
    if not manifest_path.exists():
        return Evidence()
    try:
        manifest = tomllib.loads(manifest_path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise NetworkError(f"{MANIFEST}: not readable as TOML: {error}") from error
    if manifest.get("admin_code") != admin_code:
        return Evidence()
    try:
        aliases = {alias["name"]: alias["line"] for alias in manifest.get("aliases", [])}
        entries = manifest.get("centrelines", [])
        collections = {entry["file"]: _read_collection(folder / entry["file"]) for entry in entries}
        centrelines = tuple(
            Centreline(
                line=entry["line"],
                pieces=_pieces(collections[entry["file"]], entry),
                error_m=float(entry["error_m"]),
                source=entry["source"],
            )
            for entry in entries
        )
    except KeyError as error:
        raise NetworkError(f"{MANIFEST}: an entry has no key {error}") from error
    files = [manifest_path, *(folder / name for name in collections)]
    observations: tuple[Observation, ...] = ()
    if (points := folder / CONTROL_POINTS).exists():
        observations = tuple(_read_control_points(points, aliases))
        files.append(points)
    attributions = dict.fromkeys(c["attribution"] for c in collections.values())
    return Evidence(observations, centrelines, aliases, "; ".join(attributions), tuple(files))


def _read_collection(path: Path) -> dict[str, Any]:
    try:
        collection = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NetworkError(f"{path.name}: not readable as GeoJSON: {error}") from error
    if not isinstance(collection, dict) or not isinstance(collection.get("features"), list):
        raise NetworkError(f"{path.name}: not a GeoJSON FeatureCollection")
    if not collection.get("attribution"):
        raise NetworkError(f"{path.name}: no member attribution; data is used with its licence")
    return collection


def _pieces(
    collection: dict[str, Any], entry: dict[str, Any]
) -> tuple[npt.NDArray[np.float64], ...]:
    pieces = []
    for feature in collection["features"]:
        geometry = feature["geometry"]
        if feature["properties"].get("name") == entry["name"]:
            parts = geometry["coordinates"]
            for part in [parts] if geometry["type"] == "LineString" else parts:
                lon, lat = np.array(part, dtype=float).T
                pieces.append(np.column_stack(to_metric(lon=lon, lat=lat)))
    if not pieces:
        raise NetworkError(f"{entry['file']}: no feature is named {entry['name']}")
    return tuple(pieces)


def _read_control_points(path: Path, aliases: dict[str, str]) -> Iterable[Observation]:
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            try:
                yield _observation(row, aliases)
            except (KeyError, TypeError) as error:
                raise NetworkError(f"{path.name}, line {number}: no column {error}") from error
            except (ValueError, GeoError) as error:
                raise NetworkError(f"{path.name}, line {number}: {error}") from error


def _observation(row: dict[str, str], aliases: dict[str, str]) -> Observation:
    crs = parse_crs(row["crs"])
    lon, lat = float(row["lon"]), float(row["lat"])
    check_range(lon=lon, lat=lat, crs=crs)
    lon, lat = to_wgs84(lon=lon, lat=lat, crs=crs)
    easting_m, northing_m = to_metric(lon=lon, lat=lat)
    offset_m, error_m = float(row["offset_m"]), float(row["error_m"])
    if not (math.isfinite(offset_m) and math.isfinite(error_m) and error_m >= 0):
        raise ValueError("offset_m and error_m must be finite, and error_m not negative")
    return Observation(
        id=row["id"],
        line=aliases.get(row["line"], row["line"]),
        easting_m=float(easting_m),
        northing_m=float(northing_m),
        offset_m=offset_m,
        error_m=error_m,
        limit=None if row["line_is"] == "at" else Side(row["line_is"]),
    )
