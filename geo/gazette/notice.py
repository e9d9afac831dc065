"""What a notice says beside its table, read from a TOML file."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from geo.crs import Crs, check_range, gauss_kruger
from geo.errors import CoordinateError, EditionError
from geo.model import COLOURS, STANDARD_USES, Edition, Use, uses_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Notice:
    """An edition, and what is needed to build it beside its table.

    Attributes
    ----------
    edition : Edition
    counts : dict of Use to int
        Number of regions of each use that the notice announces.
    own_uses : tuple of Use
        Uses that the metadata list, in their order.
    code_pattern : str or None
        What codes of regions are like, a regular expression; None if they are the city's code, a
        letter and five digits.
    centre_lon, centre_lat : float
        WGS84 degrees; where an edition of which nothing was observed is drawn.
    """

    edition: Edition
    counts: dict[Use, int]
    centre_lon: float
    centre_lat: float
    own_uses: tuple[Use, ...] = ()
    code_pattern: str | None = None

    @property
    def metric_crs(self) -> Crs:
        """The Gauss-Kruger zone in which the city is laid out."""
        return gauss_kruger(lon=self.centre_lon)


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
    own_uses = _own_uses(path, facts.get("uses", []))
    uses = uses_of((*own_uses, *STANDARD_USES), own_uses)
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
        counts=_counts(path, counts, uses),
        centre_lon=centre_lon,
        centre_lat=centre_lat,
        own_uses=own_uses,
        code_pattern=_code_pattern(path, facts.get("code_pattern")),
    )


def _code_pattern(path: Path, pattern: Any) -> str | None:  # noqa: ANN401 - of a TOML file
    try:
        return None if pattern is None else re.compile(pattern).pattern
    except (re.error, TypeError) as error:
        raise EditionError(
            f"{path.name}: code_pattern is {pattern!r}; it must be a regular expression: {error}"
        ) from error


def _own_uses(path: Path, entries: Any) -> tuple[Use, ...]:  # noqa: ANN401 - of a TOML file
    if not (isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)):
        raise EditionError(f"{path.name}: uses is {entries!r}; it must be tables [[uses]]")
    own = [_use(path, entry) for entry in entries]
    if len(set(own)) != len(own):
        raise EditionError(f"{path.name}: two of the uses have one code")
    return tuple(own)


def _use(path: Path, entry: dict[str, Any]) -> Use:
    standard = {use.code: use for use in STANDARD_USES}.get(str(entry.get("code")))
    known = {field.name for field in dataclasses.fields(Use)}
    if unknown := sorted(entry.keys() - known):
        raise EditionError(
            f"{path.name}: uses has {unknown[0]!r}; a use has {', '.join(sorted(known))}"
        )
    try:
        given = _UseModel.model_validate(
            ({} if standard is None else dataclasses.asdict(standard)) | entry
        )
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise EditionError(f"{path.name}: uses, {field}: {first['msg']}") from error
    return Use(**given.model_dump())


def _counts(path: Path, counts: dict[str, Any], uses: Sequence[Use]) -> dict[Use, int]:
    codes = {use.code: use for use in uses}
    for code, count in counts.items():
        if code not in codes:
            raise EditionError(
                f"{path.name}: counts has {code!r}, which is no use; it must be one of"
                f" {', '.join(codes)}, or of [[uses]]"
            )
        if type(count) is not int or count < 0:
            raise EditionError(f"{path.name}: {code} is {count!r}; it must be a int")
    return {use: counts[use.code] for use in uses if use.code in counts}


class _UseModel(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
    label: Annotated[str, Field(min_length=1)]
    title_en: Annotated[str, Field(min_length=1)]
    colours: Literal[COLOURS]  # type: ignore[valid-type]
    tenure_years: Annotated[int, Field(gt=0, le=100)] | None = None
    floor_price: bool = True
    other_names: Annotated[tuple[str, ...], Field(strict=False)] = ()
