"""What was observed of the lines on the ground, read from a city's ``data/network`` folder."""

from __future__ import annotations

import csv
import math
import tomllib
from dataclasses import dataclass, field
from enum import StrEnum
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geo.crs import Crs, check_range, from_wgs84, parse_crs, to_wgs84
from geo.errors import CoordinateError, NetworkError
from geo.gazette.order import read_order
from geo.geojson import read_collection
from geo.model import Axis, Side
from geo.network.named_lines import read_line
from geo.network.statements import STATEMENTS, other_names, read_statements, with_statements

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from geo.gazette.constraints import OrderConstraints
    from geo.model import Record
    from geo.network.statements import Statement

MANIFEST: Final = "evidence.toml"
CONTROL_POINTS: Final = "control_points.csv"

SURVEY: Final = "survey.csv"
"""What was observed on the spot, see `geo.survey.notebook`; only rows that are confirmed count."""

_COLUMNS: Final = ("id", "line", "lon", "lat", "crs", "line_is", "offset_m", "error_m")


class Status(StrEnum):
    """Whether an observation counts."""

    CONFIRMED = "confirmed"
    DOUBTFUL = "doubtful"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Observation:
    """One point observed on or beside one line.

    Attributes
    ----------
    id : str
    line : str
        Canonical name.
    easting_m, northing_m : float
        The observed point, Gauss-Kruger.
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
        """Return the coordinate along a line of the axis, Gauss-Kruger."""
        return self.northing_m if axis is Axis.NS else self.easting_m

    def across_m(self, axis: Axis) -> float:
        """Return the observed coordinate of the line across its axis, Gauss-Kruger."""
        return (self.easting_m if axis is Axis.NS else self.northing_m) + self.offset_m


@dataclass(frozen=True, slots=True)
class ObservedLine:
    """The course of one line, in pieces and perhaps with parallel tracks.

    Attributes
    ----------
    line : str
        Canonical name.
    pieces : tuple of ndarray, shape (n, 2)
        Easting and northing of the vertices, Gauss-Kruger, in metres.
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
            Northings for a north-south line, eastings for an east-west one, Gauss-Kruger.

        Returns
        -------
        ndarray, shape (n,)
            Gauss-Kruger coordinate across the axis; NaN beyond the ends of the line.
        """
        positions_m = self._mean_m(axis, stations_m)
        # Between two pieces that do not quite meet, the line runs straight on.
        along = 1 if axis is Axis.NS else 0
        spans_m = [(piece[:, along].min(), piece[:, along].max()) for piece in self.pieces]
        ends_m = np.unique(spans_m)
        gap = np.isnan(positions_m)
        positions_m[gap] = np.interp(
            stations_m[gap], ends_m, self._mean_m(axis, ends_m), left=np.nan, right=np.nan
        )
        return positions_m

    def _mean_m(self, axis: Axis, stations_m: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the mean position of the tracks at each station; NaN where there is none."""
        along, across = (1, 0) if axis is Axis.NS else (0, 1)
        total, count = np.zeros(stations_m.size), np.zeros(stations_m.size)
        for piece in self.pieces:
            order = np.argsort(piece[:, along], kind="stable")
            xs, ys = piece[order, along], piece[order, across]
            inside = (stations_m >= xs[0]) & (stations_m <= xs[-1])
            total[inside] += np.interp(stations_m[inside], xs, ys)
            count += inside
        mean_m: npt.NDArray[np.float64] = np.full(stations_m.size, np.nan)
        np.divide(total, count, out=mean_m, where=count > 0)
        return mean_m


@dataclass(frozen=True)
class Evidence:
    """Everything observed in one city.

    Attributes
    ----------
    observations : tuple of Observation
    centrelines : tuple of ObservedLine
    aliases : dict of str to str
        Other spellings, to the canonical name.
    map_names : dict of str to str
        Names that maps give to centrelines, to the canonical name.
    statements : tuple of Statement
        What others than the gazette say of the lines.
    attribution : str
        What whatever is derived from the evidence must say; may be empty.
    files : tuple of Path
        The files that were read.
    """

    observations: tuple[Observation, ...] = ()
    centrelines: tuple[ObservedLine, ...] = ()
    aliases: dict[str, str] = field(default_factory=dict)
    map_names: dict[str, str] = field(default_factory=dict)
    statements: tuple[Statement, ...] = ()
    attribution: str = ""
    files: tuple[Path, ...] = ()


def read_evidence(folder: Path, admin_code: str, crs: Crs) -> Evidence:
    """Read the evidence for one city.

    Parameters
    ----------
    folder : Path
        A folder with ``evidence.toml`` and the files it names.
    admin_code : str
        Six-digit code of the city whose gazette is being built.
    crs : Crs
        Its Gauss-Kruger zone, in which everything is returned.

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
        content = tomllib.loads(manifest_path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise NetworkError(f"{MANIFEST}: not readable as TOML: {error}") from error
    if content.get("admin_code") != admin_code:
        return Evidence()
    statements: tuple[Statement, ...] = ()
    files = [manifest_path]
    if (said := folder / STATEMENTS).exists():
        statements = read_statements(said)
        files.append(said)
    aliases = other_names(statements)
    aliases |= {
        _text(entry, "name"): _text(entry, "line") for entry in _entries(content, "aliases")
    }
    collections: dict[str, dict[str, Any]] = {}
    entries = _entries(content, "centrelines")
    centrelines = tuple(_centreline(entry, folder, collections, crs) for entry in entries)
    map_names = {entry["name"]: entry["line"] for entry in entries}
    files += (folder / name for name in collections)
    observations: list[Observation] = []
    for points in (folder / CONTROL_POINTS, folder / SURVEY):
        if points.exists():
            observations += _read_control_points(points, aliases, crs)
            files.append(points)
    attribution = "; ".join(dict.fromkeys(c["attribution"] for c in collections.values()))
    return Evidence(
        tuple(observations),
        centrelines,
        aliases,
        map_names,
        statements,
        attribution,
        tuple(files),
    )


def constraints_of(records: Sequence[Record], evidence: Evidence) -> OrderConstraints:
    """Collect what the gazette and others state of an edition's lines.

    Parameters
    ----------
    records : sequence of Record
    evidence : Evidence

    Raises
    ------
    GazetteError
        The bounds contradict each other.
    NetworkError
        A statement of others speaks of lines that run across each other as of neighbours.
    """
    constraints = read_order(records, evidence.aliases)
    return with_statements(constraints, evidence.statements, evidence.aliases)


def _entries(content: dict[str, Any], key: str) -> list[dict[str, Any]]:
    entries = content.get(key, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise NetworkError(f"{MANIFEST}: {key} must be a list of tables [[{key}]]")
    return entries


def _text(entry: dict[str, Any], key: str) -> str:
    if key not in entry:
        raise NetworkError(f"{MANIFEST}: an entry has no key {key!r}")
    value = entry[key]
    if not (isinstance(value, str) and value):
        raise NetworkError(f"{MANIFEST}: {key} is {value!r}; it must be text")
    return value


def _centreline(
    entry: dict[str, Any], folder: Path, collections: dict[str, dict[str, Any]], crs: Crs
) -> ObservedLine:
    """Read one centreline; files are read once and kept in ``collections``."""
    file, name = _text(entry, "file"), _text(entry, "name")
    line, source = _text(entry, "line"), _text(entry, "source")
    if "error_m" not in entry:
        raise NetworkError(f"{MANIFEST}: an entry has no key 'error_m'")
    error_m = entry["error_m"]
    if type(error_m) not in {int, float} or not 0 <= error_m < math.inf:
        raise NetworkError(f"{MANIFEST}: error_m is {error_m!r}; it must be 0 or more metres")
    if file not in collections:
        collections[file] = _read_licensed(folder / file)
    pieces = tuple(_pieces(file, collections[file], name, crs))
    if not pieces:
        raise NetworkError(f"{file}: no feature is named {name}")
    return ObservedLine(line, pieces, float(error_m), source)


def _read_licensed(path: Path) -> dict[str, Any]:
    collection = read_collection(path)
    attribution = collection.get("attribution")
    if not (isinstance(attribution, str) and attribution):
        raise NetworkError(f"{path.name}: no member attribution; data is used with its licence")
    return collection


def _pieces(
    file: str, collection: dict[str, Any], name: str, crs: Crs
) -> Iterator[npt.NDArray[np.float64]]:
    for number, feature in enumerate(collection["features"], start=1):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        if not isinstance(properties, dict) or properties.get("name") != name:
            continue
        try:
            _, _, parts = read_line(feature)
        except ValueError as error:
            raise NetworkError(f"{file}: feature {number}: {error}") from error
        for part in parts:
            lon, lat = np.array(part).T
            yield np.column_stack(from_wgs84(lon=lon.copy(), lat=lat.copy(), crs=crs))


def _read_control_points(path: Path, aliases: dict[str, str], crs: Crs) -> Iterator[Observation]:
    try:
        file = StringIO(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise NetworkError(f"{path.name}: not readable as UTF-8 text: {error}") from error
    rows = csv.DictReader(file)
    try:
        for row in rows:
            if status_of(row) is Status.CONFIRMED:
                yield observation_of(row, aliases, crs)
    except KeyError as error:
        raise NetworkError(f"{path.name}, line {rows.line_num}: no column {error}") from error
    except (ValueError, CoordinateError, csv.Error) as error:
        raise NetworkError(f"{path.name}, line {rows.line_num}: {error}") from error


def status_of(row: Mapping[str, str | None]) -> Status:
    """Return whether a row counts; it does where no column says it.

    Raises
    ------
    ValueError
        It is none of `Status`.
    """
    status = row.get("status", Status.CONFIRMED)
    if status not in set(Status):
        raise ValueError(f"status is {status!r}; it must be {', '.join(Status)}")
    return Status(status)


def observation_of(
    row: Mapping[str, str | None], aliases: Mapping[str, str], metric: Crs
) -> Observation:
    """Read a row of a table of observations.

    Parameters
    ----------
    row : mapping of str to str
        With the columns that ``data/network/README.md`` describes.
    aliases : mapping of str to str
        Other spellings of lines, to the canonical name.
    metric : Crs
        The city's zone, in which it is returned.

    Raises
    ------
    CoordinateError, ValueError
        A cell cannot be read.
    """
    cells = {column: _cell(row, column) for column in _COLUMNS}
    crs = parse_crs(cells["crs"])
    lon, lat = _number(cells, "lon"), _number(cells, "lat")
    check_range(lon=lon, lat=lat, crs=crs)
    lon, lat = to_wgs84(lon=lon, lat=lat, crs=crs)
    easting_m, northing_m = from_wgs84(lon=lon, lat=lat, crs=metric)
    offset_m, error_m = _number(cells, "offset_m"), _number(cells, "error_m")
    if not math.isfinite(offset_m) or not 0 <= error_m < math.inf:
        raise ValueError("offset_m and error_m must be finite, and error_m not negative")
    side = cells["line_is"]
    if side != "at" and side not in set(Side):
        raise ValueError(f"line_is is {side!r}; it must be at, {', '.join(Side)}")
    return Observation(
        id=cells["id"],
        line=aliases.get(cells["line"], cells["line"]),
        easting_m=easting_m,
        northing_m=northing_m,
        offset_m=offset_m,
        error_m=error_m,
        limit=None if side == "at" else Side(side),
    )


def _cell(row: Mapping[str, str | None], column: str) -> str:
    value = row[column]
    if value is None:
        raise ValueError(f"the row ends before {column}")
    return value


def _number(cells: dict[str, str], column: str) -> float:
    try:
        return float(cells[column])
    except ValueError:
        raise ValueError(f"{column} is {cells[column]!r}; it must be a number") from None
