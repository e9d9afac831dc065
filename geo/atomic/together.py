"""Files that must fit each other: all are of one writing, whenever it ends and whoever reads.

They are written to a hidden folder beside them, which counts as soon as it has its name, by one
rename. Only then the files themselves are replaced: those beside the first are removed before it,
so that none ever stands beside another that it does not fit, and whoever reads meanwhile, or after
a writer was killed, reads in the hidden folder. The next writer finishes what was left.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar

from geo.atomic.draft import draft_folder
from geo.atomic.files import check_no_folder, finish, resolved, sync, sync_entry
from geo.atomic.lock import locked
from geo.errors import GeoError, WrittenError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_T = TypeVar("_T")

_COMMITTED: Final = ".committed"
_LOCK: Final = ".committed.lock"


def write_together(first: Path, content: bytes, beside: Mapping[str, bytes | None]) -> None:
    """Write a file and those that must fit it, all or none.

    Links and permissions are as `atomic_path` leaves them. Writers of one folder wait for each
    other.

    Parameters
    ----------
    first : Path
        The file without which nobody reads the others.
    content : bytes
    beside : mapping of str to bytes or None
        The content of the others, by name; None for one that shall not be there. The same names in
        all writings.

    Raises
    ------
    OSError
        A file cannot be written; for who reads by `read_together` nothing has changed.
    WrittenError
        All is written and is read by `read_together`, but not every file is in its place, or
        perhaps not on the disk.
    """
    folder, names = first.parent, list(beside)
    with locked(folder / _LOCK):
        _place(folder, names)
        _commit(folder, {first.name: content, **beside})
        try:
            sync_entry(folder)
            _place(folder, names)
        except OSError as error:
            raise WrittenError(
                f"{first} is written, but to {folder / _COMMITTED}, where it is read until the next"
                f" landprice build moves it: {error.strerror}",
                code="written_not_placed",
            ) from error


def read_together(path: Path, read: Callable[[Path], _T]) -> _T:
    """Read a file and those beside it, all of one writing.

    Parameters
    ----------
    path : Path
        The first of the files.
    read : callable
        Reads them, given where the first of them is; is called again where they have changed
        meanwhile.

    Raises
    ------
    GeoError
        What `read` raises, if it is not for such a change.
    """
    committed = path.with_name(_COMMITTED) / path.name
    while True:
        before = _state(path)
        try:
            found = read(committed if os.path.exists(committed) else path)  # noqa: PTH110 - never raises
        except GeoError:
            if _state(path) == before:
                raise
        else:
            if _state(path) == before:
                return found


def _state(path: Path) -> tuple[tuple[int, ...] | None, ...]:
    """Return what changes with each writing.

    It replaces the first file while the folder is there. So a writing of which a reader saw some
    changes either is still going on when it has read, and the folder is there, or has replaced the
    file since before it looked for the folder: the file is looked at first, and last.
    """
    return tuple(map(_identity, (path, path.with_name(_COMMITTED), path)))


def _identity(path: Path) -> tuple[int, ...] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _commit(folder: Path, contents: Mapping[str, bytes | None]) -> None:
    for target in (resolved(folder / name) for name in contents):
        check_no_folder(target)
        with draft_folder(target):
            pass  # can be written beside
    with draft_folder(folder / _COMMITTED) as draft:
        new = draft / _COMMITTED
        new.mkdir()
        shutil.copymode(folder, new)  # who reads the one reads the other
        for name, content in contents.items():
            if content is not None:
                (new / name).write_bytes(content)
                finish(new / name, folder / name)
        sync(new)
        new.rename(folder / _COMMITTED)


def _place(folder: Path, beside: Sequence[str]) -> None:
    """Put what is committed in its places, if something is."""
    committed = folder / _COMMITTED
    if not committed.is_dir():
        return
    for name in beside:
        target = resolved(folder / name)
        target.unlink(missing_ok=True)
        sync_entry(target.parent)
    for path in sorted(committed.iterdir(), key=lambda path: path.name in beside):
        target = resolved(folder / path.name)
        with draft_folder(target) as draft:
            _copy(path, draft / target.name)
            (draft / target.name).replace(target)
            sync_entry(target.parent)
    with draft_folder(committed) as draft:
        committed.rename(draft / _COMMITTED)
        with suppress(OSError):  # all is in its place, and would be put there again
            sync_entry(folder)


def _copy(path: Path, to: Path) -> None:
    """Copy a file without taking room for it, where the file system can."""
    try:
        os.link(path, to)
    except OSError:
        shutil.copy(path, to)
        sync_entry(to)
