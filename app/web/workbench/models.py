"""What the workbench's page sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from shapely import LineString

from geo.crs import Crs
from geo.errors import SurveyError
from geo.network.evidence import Status  # noqa: TC001 - pydantic resolves it
from geo.survey.georeference import MOST_POINTS, Fit
from geo.survey.intake import Given, Noted, traced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.survey.notebook import Entry

_MOST_HINTS: Final = 500
_MOST_PLACES: Final = 200
_MOST_VERTICES: Final = 5_000
_LONGEST_WORDS: Final = 200
_LONGEST_HOW: Final = 120
_LARGEST_ERROR_M: Final = 1_000.0

_PRINTED: Final = r"^[^\x00-\x1f\x7f]*$"
"""No control characters, which would break a table's row or a terminal."""

Number = Annotated[float, Field(allow_inf_nan=False)]
Pair = tuple[Number, Number]
Short = Annotated[str, Field(max_length=40, pattern=_PRINTED)]
Words = Annotated[str, Field(min_length=1, max_length=_LONGEST_WORDS, pattern=_PRINTED)]


class Sent(BaseModel):
    """A body, or a part of one."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Hint(Sent):
    """Something that the operator knows and has not saved yet.

    Attributes
    ----------
    kind : {"place", "traced"}
    words : str
        For a place: a crossing, or a line with or without a side and a distance; else the line that
        was traced.
    lonlat : sequence of (float, float)
        The place, or the vertices of the line.
    crs : Crs
        The system of those.
    error_m : float
        How far all of it may be off.
    at : str
        When, ISO 8601; may be empty.
    how : str
        The file, or the tool.
    is_confirmed : bool
        Whether it counts, whatever is doubtful about it.
    """

    kind: Literal["place", "traced"]
    words: Words
    lonlat: Annotated[tuple[Pair, ...], Field(min_length=1, max_length=_MOST_VERTICES)]
    crs: Crs = Crs.WGS84
    error_m: Annotated[float, Field(ge=0, le=_LARGEST_ERROR_M)] = 15.0
    at: Short = ""
    how: Annotated[str, Field(max_length=_LONGEST_HOW, pattern=_PRINTED)] = "workbench"
    is_confirmed: bool = False

    @model_validator(mode="after")
    def _has_its_shape(self) -> Self:
        if (self.kind == "place") != (len(self.lonlat) == 1):
            raise ValueError("a place has one coordinate, and a traced line two or more")
        return self

    def given(self, number: int) -> Given:
        """Return it as what a file has.

        Parameters
        ----------
        number : int
            From 1; names it in messages.
        """
        if self.kind == "place":
            [(lon, lat)] = self.lonlat
            noted = Noted(self.words, lon, lat, self.error_m, self.at, f"hint {number}")
            return Given((noted,), (), self.crs, self.how)
        track = traced(self.words, LineString(self.lonlat), self.error_m)
        return Given((), (track._replace(at=self.at),), self.crs, self.how)


def hints_of(given: Given, courses: Sequence[Sequence[Entry]]) -> list[Hint]:
    """Return what a file has as hints.

    Parameters
    ----------
    given : Given
    courses : sequence of sequence of Entry
        Of each of its tracks, the middle line of the road instead of every point of the drive.

    Raises
    ------
    SurveyError
        A place of it has no words, or too many.
    """
    how, hints = _plain(given.how)[:_LONGEST_HOW], []
    for note in given.notes:
        words = _plain(note.place)
        if not 0 < len(words) <= _LONGEST_WORDS:
            raise SurveyError(
                f"{note.where}: its place is {words[:40]!r}; it must say in 1 to {_LONGEST_WORDS}"
                " characters at which crossing it is, or beside which line.",
                code="nothing_observed",
            )
        hints.append(
            Hint(
                kind="place",
                words=words,
                lonlat=((note.lon, note.lat),),
                crs=given.crs,
                error_m=min(note.error_m, _LARGEST_ERROR_M),
                at=note.at,
                how=how,
            )
        )
    for track, course in zip(given.tracks, courses, strict=True):
        hints.append(
            Hint(
                kind="traced",
                words=course[0].line,
                lonlat=tuple((float(entry.lon), float(entry.lat)) for entry in course),
                crs=given.crs,
                error_m=min(track.error_m, _LARGEST_ERROR_M),
                at=track.at,
                how=how,
            )
        )
    return hints


def _plain(text: str) -> str:
    """Return a text in one line, without control characters."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


class OwnPlace(Sent):
    """A place whose prices the operator watches, WGS84 degrees."""

    label: Short
    lon: Annotated[float, Field(ge=-180, le=180)]
    lat: Annotated[float, Field(ge=-90, le=90)]


class Asked(Sent):
    """What is to be drawn: the city with these hints."""

    hints: Annotated[tuple[Hint, ...], Field(max_length=_MOST_HINTS)] = ()
    places: Annotated[tuple[OwnPlace, ...], Field(max_length=_MOST_PLACES)] = ()


class ToPlan(Asked):
    """What is to be planned once these hints are known."""

    most: Annotated[int, Field(ge=1, le=40)] = 8


class ToSave(Sent):
    """What is to be saved: these hints, beside the observations that were seen."""

    hints: Annotated[tuple[Hint, ...], Field(min_length=1, max_length=_MOST_HINTS)]
    who: Annotated[str, Field(min_length=1, max_length=40, pattern=_PRINTED)]
    version: Short


class NewStatus(Sent):
    """Observations to confirm, or to take back."""

    ids: Annotated[tuple[Short, ...], Field(min_length=1, max_length=_MOST_HINTS)]
    status: Status
    version: Short


class ToFind(Sent):
    """A place as a text: a coordinate, a link of a map, or words."""

    text: Words
    crs: Crs | None = None


class ControlPoint(Sent):
    """A point that is known on the scan and on the ground.

    Attributes
    ----------
    column, row : float
        Pixels from the upper left corner of the scan.
    lon, lat : float
        WGS84 degrees.
    """

    column: Number
    row: Number
    lon: Annotated[float, Field(ge=-180, le=180)]
    lat: Annotated[float, Field(ge=-90, le=90)]


class ToFit(Sent):
    """Control points of the scan."""

    points: Annotated[tuple[ControlPoint, ...], Field(max_length=MOST_POINTS)]
    fit: Fit
