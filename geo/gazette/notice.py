"""Reads what a notice says beside its table, from a TOML file."""

from __future__ import annotations

import re
import tomllib
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from geo.crs import Crs, check_range
from geo.errors import CoordinateError, EditionError
from geo.model import Edition, Notice, Use

if TYPE_CHECKING:
    from pathlib import Path


def read_notice(path: Path) -> Notice:
    """Read what a notice says beside its table, from a TOML file.

    Parameters
    ----------
    path : Path
        A file with the keys of ``data/gazette/2022.toml``.

    Raises
    ------
    EditionError
        The file cannot be read as TOML, or a key is missing or of the wrong type.
    """
    try:
        facts = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise EditionError(f"{path.name}: not readable as TOML: {error}") from error

    def take(table: dict[str, Any], key: str, kind: type | tuple[type, ...]) -> Any:  # noqa: ANN401
        value = table.get(key)
        if not isinstance(value, kind) or isinstance(value, (bool, datetime)):
            names = kind.__name__ if isinstance(kind, type) else "number"
            raise EditionError(f"{path.name}: {key} is {value!r}; it must be a {names}")
        return value

    centre = take(facts, "centre", dict)
    maps = take(facts, "maps", dict)
    map_title, map_date = take(maps, "title", str), take(maps, "date", str)
    if map_title.count("{use}") != 1:
        raise EditionError(
            f"{path.name}: title of maps is {map_title!r}; it must hold {{use}} once"
        )
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", map_date):
        raise EditionError(f"{path.name}: date of maps is {map_date!r}; it must be like 2022-12")
    counts = take(facts, "counts", dict)
    admin_code = take(facts, "admin_code", str)
    if not re.fullmatch(r"[0-9]{6}", admin_code):
        raise EditionError(f"{path.name}: admin_code is {admin_code!r}; it must be six digits")
    centre_lon = float(take(centre, "lon", (int, float)))
    centre_lat = float(take(centre, "lat", (int, float)))
    try:
        check_range(lon=centre_lon, lat=centre_lat, crs=Crs.WGS84)
    except CoordinateError as error:
        raise EditionError(f"{path.name}: centre: {error}") from error
    return Notice(
        edition=Edition(
            city=take(facts, "city", str),
            admin_code=admin_code,
            title=take(facts, "title", str),
            document=take(facts, "document", str),
            valuation_date=take(facts, "valuation_date", date),
            effective_from=take(facts, "effective_from", date),
            publisher=take(facts, "publisher", str),
            map_title=map_title,
            map_compiler=take(maps, "compiler", str),
            map_date=map_date,
        ),
        counts={use: take(counts, use.value, int) for use in Use},
        centre_lon=centre_lon,
        centre_lat=centre_lat,
    )
