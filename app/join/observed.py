"""What tables and GIS files have of places that were observed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas

from app.join.kinds import file_kind
from app.join.places import read_places
from app.join.rows import Question
from geo.crs import Crs, from_wgs84
from geo.errors import SurveyError, TableError
from geo.survey.intake import Given, Noted
from geo.survey.read import PHOTOS, WORDS, read_gpx, read_photo, read_traced

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from geo.lookup.edition import OpenEdition

MOST_M: Final = 1_000.0
"""What farther off may be tells nothing of where a line runs."""

_TRACED: Final = frozenset({".geojson", ".kml"})
_ERROR: Final = ("error_m", "accuracy", "accuracy_m", "精度", "误差")
_TIME: Final = ("time", "at", "时间", "日期", "timestamp")


def read_any(
    path: Path,
    edition: OpenEdition,
    *,
    crs: Crs | None,
    place: str | None,
    line: str | None,
    error_m: float,
) -> Given:
    """Read a file of observations as what its name says it is.

    Parameters
    ----------
    path : Path
        GPX, a photo, GeoJSON, KML, or anything that is joined.
    edition : OpenEdition
    crs : Crs or None
        None for what the file declares.
    place, line : str or None
        In words, for all places and all tracks.
    error_m : float
        Where nothing else says it.

    Raises
    ------
    SurveyError, TableError
        It cannot be read, or does not say what must be known.
    """
    suffix, by_standard = path.suffix.lower(), crs or Crs.WGS84
    if suffix == ".gpx":
        notes, tracks = read_gpx(path, error_m=error_m, place=place, line=line)
        return Given(tuple(notes), tuple(tracks), by_standard, f"{path.name}, GPX")
    if suffix in PHOTOS:
        note = read_photo(path, error_m=error_m, place=place)
        return Given((note,), (), by_standard, f"{path.name}, photo")
    if suffix in _TRACED:
        notes, tracks = read_traced(path, error_m=error_m, place=place, line=line)
        if tracks:
            return Given(tuple(notes), tuple(tracks), by_standard, f"{path.name}, traced")
    return read_observed(path, edition, crs=crs, place=place, error_m=error_m)


def read_observed(
    path: Path,
    edition: OpenEdition,
    *,
    crs: Crs | None,
    place: str | None,
    error_m: float,
) -> Given:
    """Read observed places, a row each.

    Parameters
    ----------
    path : Path
        Of any kind that is joined; a place in words in the column ``place``, ``路口`` or ``name``.
    edition : OpenEdition
    crs : Crs or None
        None for what the file declares.
    place : str or None
        The same words for all rows.
    error_m : float
        Where no column says it.

    Raises
    ------
    SurveyError
        Nobody can know in which system a table is, or it says no place, or a row's accuracy is no
        length.
    TableError
        The file cannot be read, a column is there twice, or a row has no coordinate.
    """
    if crs is None and not file_kind(path).has_geometry:
        raise SurveyError(
            f"{path.name} does not say which coordinate system it has, and in China three are"
            " common: say --crs wgs84 for what a phone measured, gcj02 for Amap and Tencent, bd09"
            " for Baidu.",
            code="unknown_crs",
        )
    found = read_places(path, edition, Question(crs=crs))
    words, errors, times = (_column(found.table, names) for names in (WORDS, _ERROR, _TIME))
    if words is None and place is None:
        raise SurveyError(
            f"{path.name} has no column {', '.join(WORDS)} that says which crossing or line each"
            " place is at; add one, or say it for all with --place.",
            code="nothing_observed",
        )
    lon, lat = from_wgs84(lon=found.lonlat[:, 0], lat=found.lonlat[:, 1], crs=found.crs)
    notes = tuple(
        Noted(
            place or _text(words, row),
            float(lon[row]),
            float(lat[row]),
            _metres(errors, row, error_m, where := f"{path.name}, row {row + 1}"),
            _text(times, row),
            where,
        )
        for row in range(len(found.lonlat))
    )
    return Given(notes, (), found.crs, path.name)


def _column(table: pa.Table, names: tuple[str, ...]) -> pandas.Series | None:
    plain = {name.strip().casefold(): name for name in table.column_names}
    name = next((plain[one] for one in names if one in plain), None)
    if name is None:
        return None
    if table.column_names.count(name) > 1:
        columns = ", ".join(table.column_names)
        raise TableError(
            f"The column {name!r} is there more than once among the columns {columns}."
        )
    return table.column(name).to_pandas()


def _text(column: pandas.Series | None, row: int) -> str:
    if column is None or pandas.isna(column[row]):
        return ""
    value = column[row]
    return value.isoformat() if hasattr(value, "isoformat") else str(value).strip()


def _metres(column: pandas.Series | None, row: int, otherwise: float, where: str) -> float:
    """Return how far off a place may be; `otherwise` where the cell is empty."""
    if not (text := _text(column, row)):
        return otherwise
    value = pandas.to_numeric(text, errors="coerce")
    if not 0 <= value <= MOST_M:
        raise SurveyError(
            f"{where}: the accuracy is {text[:40]!r}; it must be metres, from 0 to {MOST_M:.0f}.",
            code="not_a_number",
        )
    return float(value)
