"""What was observed on the spot, in a city's folder: who, when, how, and whether it counts.

A table with the columns of ``control_points.csv`` and some more, so that what counts is read as any
other observation is. Nothing is ever deleted: what is taken back stays, and does not count.
"""

from __future__ import annotations

import csv
import hashlib
import re
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields, replace
from io import StringIO
from typing import TYPE_CHECKING, Final

from geo.atomic.files import write_files
from geo.atomic.lock import locked
from geo.errors import NetworkError, NotebookChangedError, SurveyError
from geo.network.evidence import SURVEY, status_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path

    from geo.network.evidence import Status

_LOCK: Final = ".survey.lock"
_ID: Final = re.compile(r"f[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line, seen from one place.

    Attributes
    ----------
    id : str
        The same for all lines that were seen from one place, or along one track.
    line : str
        Canonical name.
    lon, lat, crs : str
        The place as it was given.
    line_is : str
        ``at``: what the place tells is where the line runs.
    offset_m, error_m : str
        As in ``control_points.csv``.
    place : str
        In words, as they were given.
    who : str
    at : str
        When it was observed, ISO 8601; may be empty.
    how : str
        The file, and what it is.
    added : str
        When it was taken in, ISO 8601.
    status : str
        A `Status`.
    reason : str
        Why it is doubtful.
    """

    id: str
    line: str
    lon: str
    lat: str
    crs: str
    line_is: str
    offset_m: str
    error_m: str
    place: str
    who: str
    at: str
    how: str
    added: str
    status: str
    reason: str


_COLUMNS: Final = tuple(field.name for field in fields(Entry))


def read_entries(folder: Path) -> tuple[Entry, ...]:
    """Read the notebook of a folder; empty if there is none.

    Raises
    ------
    NetworkError
        It cannot be read.
    """
    path = folder / SURVEY
    if not path.exists():
        return ()
    try:
        rows = csv.DictReader(StringIO(path.read_text(encoding="utf-8-sig")), strict=True)
        if tuple(rows.fieldnames or ()) != _COLUMNS:
            raise ValueError(f"its columns must be {', '.join(_COLUMNS)}")
        return tuple(_entry(row, rows.line_num) for row in rows)
    except (OSError, ValueError, csv.Error) as error:  # of which a wrong encoding is one
        raise NetworkError(f"{path.name} cannot be read: {error}") from error


def _entry(row: dict[str, str | None], line: int) -> Entry:
    """Read a row, which somebody may have edited."""
    cells = {column: row[column] or "" for column in _COLUMNS}
    if len(row) > len(_COLUMNS) or None in row.values():
        raise ValueError(f"line {line} has other columns than the first")
    if not _ID.fullmatch(cells["id"]):
        raise ValueError(f"line {line}: id is {cells['id']!r}; it must be f and a number")
    try:
        status_of(cells)
    except ValueError as error:
        raise ValueError(f"line {line}: {error}") from None
    return Entry(**cells)


def version_of(folder: Path) -> str:
    """Return what the notebook of a folder is now: how many rows it has, and its checksum."""
    path = folder / SURVEY
    content = path.read_bytes() if path.exists() else b""
    return f"{len(read_entries(folder))}-{hashlib.sha256(content).hexdigest()[:16]}"


def add_entries(
    folder: Path, groups: Sequence[Sequence[Entry]], *, seen: str | None = None
) -> tuple[Entry, ...]:
    """Add observations, each with the next free id.

    Parameters
    ----------
    folder : Path
    groups : sequence of sequence of Entry
        What was seen from each place, or along each track.
    seen : str, optional
        The `version_of` what they were made beside.

    Returns
    -------
    tuple of Entry
        The new ones, with their ids.

    Raises
    ------
    NetworkError
        The notebook cannot be read.
    NotebookChangedError
        It is not what was seen.
    SurveyError
        It cannot be written; it is as it was.
    """
    with _locked(folder):
        entries = read_entries(folder)
        _check_unchanged(folder, entries, seen)
        return _added(folder, entries, groups)


def add_once(
    folder: Path, how: str, make: Callable[[tuple[Entry, ...]], Sequence[Sequence[Entry]]]
) -> tuple[tuple[Entry, ...], bool]:
    """Add observations, unless the notebook has them already.

    Parameters
    ----------
    folder : Path
    how : str
        Of all of them, and of no others.
    make : callable
        Makes them from what was observed before; nobody else writes meanwhile.

    Returns
    -------
    tuple of Entry
        The entries of that `how`, with their ids.
    bool
        Whether they are new.

    Raises
    ------
    NetworkError
        The notebook cannot be read.
    SurveyError
        It cannot be written; it is as it was.
    """
    with _locked(folder):
        entries = read_entries(folder)
        if kept := tuple(entry for entry in entries if entry.how == how):
            return kept, False
        return _added(folder, entries, make(entries)), True


def _added(
    folder: Path, entries: Sequence[Entry], groups: Sequence[Sequence[Entry]]
) -> tuple[Entry, ...]:
    last = max((int(entry.id[1:]) for entry in entries), default=0)
    new = tuple(
        replace(entry, id=f"f{number}")
        for number, group in enumerate(groups, start=last + 1)
        for entry in group
    )
    _write(folder, (*entries, *new))
    return new


def set_status(
    folder: Path, ids: Collection[str], status: Status, *, seen: str | None = None
) -> tuple[Entry, ...]:
    """Confirm observations, or take them back.

    Parameters
    ----------
    folder : Path
    ids : collection of str
    status : Status
    seen : str, optional
        As for `add_entries`.

    Raises
    ------
    NetworkError
        The notebook cannot be read.
    NotebookChangedError
        It is not what was seen; nothing is changed.
    SurveyError
        An id is not there, or the notebook cannot be written; nothing is changed.
    """
    with _locked(folder):
        entries = read_entries(folder)
        _check_unchanged(folder, entries, seen)
        if missing := sorted(set(ids) - {entry.id for entry in entries}):
            known = ", ".join(dict.fromkeys(entry.id for entry in entries)) or "none"
            raise SurveyError(
                f"there is no observation {', '.join(missing)}; there are {known}.",
                code="unknown_observation",
            )
        changed = tuple(
            replace(entry, status=status) if entry.id in ids else entry for entry in entries
        )
        _write(folder, changed)
    return tuple(entry for entry in changed if entry.id in ids)


def _check_unchanged(folder: Path, entries: Sequence[Entry], seen: str | None) -> None:
    """Refuse to change what was not looked at; rows are only ever added, so new ones are last."""
    if seen is None or seen == version_of(folder):
        return
    count = seen.partition("-")[0]
    new = entries[int(count) :] if count.isdecimal() else ()
    told = "an observation was confirmed or taken back"
    if new:
        ids = ", ".join(dict.fromkeys(entry.id for entry in new))
        told = f"{' and '.join(dict.fromkeys(entry.who for entry in new))} added {ids}"
    raise NotebookChangedError(
        f"meanwhile {told}; nothing was saved. Look at that, and save again."
    )


def _write(folder: Path, entries: Sequence[Entry]) -> None:
    text = StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_COLUMNS)
    rows.writerows(astuple(entry) for entry in entries)
    write_files({folder / SURVEY: text.getvalue().encode()})


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one process at a time change the notebook; the lock ends with the process."""
    try:
        with locked(folder / _LOCK):
            yield
    except OSError as error:
        message = f"{folder / SURVEY} cannot be written: {error.strerror}; nothing was changed."
        raise SurveyError(message, code="notebook_not_writable") from error
