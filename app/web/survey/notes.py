"""Notes from the field page, taken into the notebook as doubtful until somebody confirms them."""

from __future__ import annotations

import logging
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple
from uuid import UUID  # noqa: TC003 - pydantic resolves it

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from app.errors import NotebookError, NoteError
from geo.crs import Crs, check_range
from geo.errors import NetworkError, SurveyError, missing
from geo.network.evidence import MANIFEST, Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from geo.lookup.edition import OpenEdition
    from geo.survey.notebook import Entry

_LOG: Final = logging.getLogger("landprice")

MOST_BYTES: Final = 10_000
"""Most that the body of a note may have."""

UNCONFIRMED: Final = "noted on the field page; to be confirmed"
"""Why a note is doubtful that fits all else."""

_LONGEST_NAME: Final = 40
_LONGEST_PLACE: Final = 200
_WORST_M: Final = 10_000.0  # a phone that knows no more than which network it is in
_CONTROL: Final = {"Cc", "Cf", "Zl", "Zp"}  # they would break lines, or turn them around
_SYSTEMS: Final = (Crs.WGS84, Crs.GCJ02, Crs.BD09)
_WANTED: Final = {
    "id": "a UUID such as 0a1b2c3d-0a1b-4c2d-8e3f-0a1b2c3d4e5f",
    "place": f"1 to {_LONGEST_PLACE} characters, none of them a control character",
    "lon": "a number",
    "lat": "a number",
    "crs": ", ".join(_SYSTEMS[:-1]) + f" or {_SYSTEMS[-1]}",
    "accuracy_m": f"metres, from 0 to {_WORST_M:.0f}",
    "at": "a time with its zone, such as 2026-05-01T08:30:00Z",
    "who": f"1 to {_LONGEST_NAME} characters, none of them a control character",
}
"""What each field must be, to follow upon "it must be"."""


def _written(text: str) -> str:
    if any(unicodedata.category(character) in _CONTROL for character in text):
        raise ValueError
    return text


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError as error:  # in the first or the last year that there is
        raise ValueError from error


class Note(BaseModel):
    """What somebody notes who stands at a place.

    Attributes
    ----------
    id : UUID
        Made by the page; the same however often it is sent.
    place : str
        In words: a crossing, or a line and a side of it.
    lon, lat : float
        In `crs`, degrees.
    crs : {"wgs84", "gcj02", "bd09"}
    accuracy_m : float
    at : datetime
        When it was observed, UTC.
    who : str
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, str_strip_whitespace=True, str_min_length=1
    )

    id: UUID
    place: Annotated[str, Field(max_length=_LONGEST_PLACE), AfterValidator(_written)]
    lon: float
    lat: float
    crs: Annotated[str, Field(pattern=f"^({'|'.join(_SYSTEMS)})$")] = Crs.WGS84.value
    accuracy_m: Annotated[float, Field(ge=0, le=_WORST_M, allow_inf_nan=False)]
    at: Annotated[AwareDatetime, AfterValidator(_in_utc)]
    who: Annotated[str, Field(max_length=_LONGEST_NAME), AfterValidator(_written)]

    @property
    def how(self) -> str:
        """What the notebook says of how it was observed; no other note has it."""
        return f"field page, {self.id}"


class Taken(NamedTuple):
    """What has become of a note.

    Attributes
    ----------
    entries : tuple of Entry
        One a line that the place tells of.
    is_new : bool
        False if the notebook had the note already.
    """

    entries: tuple[Entry, ...]
    is_new: bool


def read_note(body: bytes) -> Note:
    """Read a note.

    Parameters
    ----------
    body : bytes
        JSON.

    Raises
    ------
    NoteError
        It is none, or a field of it is not what it must be; the first such is named.
    CoordinateError
        The coordinate is out of the range of its system.
    """
    try:
        note = Note.model_validate_json(body)
    except ValidationError as error:
        raise _refusal(dict(error.errors()[0])) from error
    check_range(lon=note.lon, lat=note.lat, crs=Crs(note.crs))
    return note


def _refusal(first: dict[str, Any]) -> NoteError:
    field = str(first["loc"][0])[:40] if first["loc"] else None
    if field is None:
        message = f"The body is no note; it must be a JSON object with {', '.join(_WANTED)}."
        return NoteError(message, code="note_invalid", field=None)
    if first["type"] == "missing":
        return NoteError(str(missing(field)), code="missing", field=field)
    shown = f"{field} is {str(first['input'])[:60]!r}; it must be"
    wanted = _WANTED.get(field, f"left out, for a note has {', '.join(_WANTED)}")
    return NoteError(f"{shown} {wanted}.", code="note_invalid", field=field)


def take(note: Note, edition: OpenEdition, folder: Path) -> Taken:
    """Put a note into the notebook, unless it has it already.

    Parameters
    ----------
    note : Note
    edition : OpenEdition
    folder : Path
        ``network/`` of the city's folder; nothing is written outside of it.

    Raises
    ------
    NoteError
        The place cannot be read.
    NotebookError
        The notebook cannot be read or written, whatever the note.
    NothingToObserveError
        The edition has no layouts.
    """
    from geo.survey.intake import Given, Noted, take_in  # noqa: PLC0415 - slow to import
    from geo.survey.notebook import add_once  # noqa: PLC0415

    if not (folder / MANIFEST).is_file():
        raise _closed(f"{folder} has no {MANIFEST}, which says of which city its observations are")
    at = note.at.isoformat(timespec="seconds")
    noted = Noted(note.place, note.lon, note.lat, note.accuracy_m, at, "")
    given = Given((noted,), (), Crs(note.crs), note.how)

    def entries(known: Sequence[Entry]) -> list[tuple[Entry, ...]]:
        added = datetime.now(UTC).isoformat(timespec="seconds")
        groups = take_in(given, edition, known, who=note.who, added=added)
        return [tuple(map(_unconfirmed, group)) for group in groups]

    try:
        return Taken(*add_once(folder, note.how, entries))
    except SurveyError as error:
        if error.code == "notebook_not_writable":
            raise _closed(str(error)) from error
        message = str(error).removeprefix(": ").removeprefix("the ")
        raise NoteError(message, code=error.code, field="place") from error
    except NetworkError as error:
        raise _closed(str(error)) from error


def _unconfirmed(entry: Entry) -> Entry:
    return replace(entry, status=Status.DOUBTFUL, reason=entry.reason or UNCONFIRMED)


def _closed(why: str) -> NotebookError:
    """Log for the operator what an observer need not know: where files are."""
    _LOG.error("The notebook of the survey takes no notes: %s", why)
    return NotebookError("The notebook takes no notes now; the operator finds why in the log.")
