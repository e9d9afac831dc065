"""What a notice says beside its table, read from a TOML file."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from geo.crs import Crs, check_range, gauss_kruger
from geo.errors import CoordinateError, EditionError
from geo.model import COLOURS, STANDARD_USES, Edition, Use, uses_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


_TEXT: Final = (str, "a text")
_DATE: Final = (date, "a date, as 2022-01-01")
_TABLE: Final = (dict, "a table")
_DEGREES: Final = ((int, float), "degrees, as 114.02")
_KEYS: Final[dict[str, tuple[Any, str]]] = {
    **dict.fromkeys(("city", "admin_code", "title", "document", "publisher"), _TEXT),
    **dict.fromkeys(("valuation_date", "effective_from"), _DATE),
    **dict.fromkeys(("centre", "counts", "maps"), _TABLE),
    **dict.fromkeys(("centre.lon", "centre.lat"), _DEGREES),
    **dict.fromkeys(("maps.title", "maps.compiler"), _TEXT),
    "maps.date": (str, "a text, as 2022-12"),
}
"""What must be there, by key: its type, and what it must be in words."""
_OPTIONAL: Final = ("uses", "code_pattern", "valid_to")


@dataclass(frozen=True, slots=True)
class Notice:
    """An edition, and what is needed to build it beside its table.

    Attributes
    ----------
    edition : Edition
    counts : dict of Use to int
        Number of regions of each use that the notice announces; empty if it announces none.
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
    def uses(self) -> tuple[Use, ...]:
        """The uses that the table may have: those announced, or else all that are known."""
        return tuple(self.counts) or (*STANDARD_USES, *self.own_uses)

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

    if problems := list(_problems(facts)):
        raise EditionError("\n".join(f"{path.name}: {problem}" for problem in problems))
    centre, maps = facts["centre"], facts["maps"]
    map_title, map_date, admin_code = maps["title"], maps["date"], facts["admin_code"]
    if map_title.count("{use}") != 1:
        raise EditionError(
            f"{path.name}: title of maps is {map_title!r}; it must hold {{use}} once"
        )
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", map_date):
        raise EditionError(f"{path.name}: date of maps is {map_date!r}; it must be like 2022-12")
    own_uses = _own_uses(path, facts.get("uses", []))
    uses = uses_of((*own_uses, *STANDARD_USES), own_uses)
    if not re.fullmatch(r"[0-9]{6}", admin_code):
        raise EditionError(f"{path.name}: admin_code is {admin_code!r}; it must be six digits")
    valid_to = facts.get("valid_to")
    if valid_to is not None and not (
        type(valid_to) is date and valid_to >= facts["effective_from"]
    ):
        raise EditionError(
            f"{path.name}: valid_to is {valid_to}; it must be a date that is not before"
            f" effective_from, {facts['effective_from']}"
        )
    centre_lon, centre_lat = float(centre["lon"]), float(centre["lat"])
    try:
        check_range(lon=centre_lon, lat=centre_lat, crs=Crs.WGS84)
    except CoordinateError as error:
        raise EditionError(f"{path.name}: centre: {error}") from error
    return Notice(
        edition=Edition(
            city=facts["city"],
            admin_code=admin_code,
            title=facts["title"],
            document=facts["document"],
            valuation_date=facts["valuation_date"],
            effective_from=facts["effective_from"],
            publisher=facts["publisher"],
            map_title=map_title,
            map_compiler=maps["compiler"],
            map_date=map_date,
            valid_to=valid_to,
        ),
        counts=_counts(path, facts["counts"], uses),
        centre_lon=centre_lon,
        centre_lat=centre_lat,
        own_uses=own_uses,
        code_pattern=_code_pattern(path, facts.get("code_pattern")),
    )


def _problems(facts: dict[str, Any]) -> Iterator[str]:
    """Name every key that is missing, empty, of another type or none of these."""
    known = [*_KEYS, *_OPTIONAL]
    given = [
        *facts,
        *(f"{table}.{key}" for table in ("centre", "maps") for key in _of(facts, table)),
    ]
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, 1)
            yield f"{name} is no key" + (f"; {near[0]} is" if near else "")
    for name, (kind, like) in _KEYS.items():
        table, _, key = name.rpartition(".")
        within = facts.get(table) if table else facts
        if not isinstance(within, dict):
            continue  # the table itself is a problem
        value, called = within.get(key), f"{key} of {table}" if table else key
        if value is None:
            yield f"{called} is missing; it must be {like}"
        elif value == "":
            yield f"{called} is empty; it must be {like}"
        elif not isinstance(value, kind) or isinstance(value, (bool, datetime)):
            yield f"{called} is {value!r}; it must be {like}"


def _of(facts: dict[str, Any], table: str) -> dict[str, Any]:
    found = facts.get(table)
    return found if isinstance(found, dict) else {}


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
