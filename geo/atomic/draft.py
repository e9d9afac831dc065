"""Drafts: hidden folders to write in, which are removed also where their writer was killed."""

from __future__ import annotations

import fcntl
import functools
import os
import re
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Iterator

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_NAME: Final = re.compile(r"\..+\.draft-([0-9a-f]{8})-[0-9a-f]{12}(\.old)?", re.DOTALL)
_ABANDONED_S: Final = 86_400.0


@contextmanager
def draft_folder(target: Path) -> Iterator[Path]:
    """Make a hidden folder beside a target, and remove it when the block ends.

    Drafts in the same folder whose writer is gone are removed too. A writer has its draft locked,
    and a lock ends with the process, however that ends. A lock is seen on one machine only: the
    draft of another, or of this one before it was started anew, counts as left when nothing in it
    has changed for a day.

    Yields
    ------
    Path
        The empty folder.

    Raises
    ------
    OSError
        The folder of the target is missing or not writable.
    """
    folder, lock = _made(target)
    try:
        _sweep(folder)
        yield folder
    finally:
        _remove(folder)
        os.close(lock)


def _made(target: Path) -> tuple[Path, int]:
    """Make a draft and lock it; who sweeps between the two may take it for one that was left."""
    while True:
        folder = target.with_name(f".{target.name}.draft-{_machine()}-{uuid4().hex[:12]}")
        folder.mkdir()
        try:
            return folder, _locked(folder)
        except (FileNotFoundError, BlockingIOError):
            pass
        except OSError:
            folder.rmdir()
            raise


@functools.cache
def _machine() -> str:
    """Return what all processes share that see each other's locks, until the machine restarts."""
    try:
        return _BOOT_ID.read_text(encoding="ascii")[:8]
    except OSError:  # not Linux: as if each process had a machine of its own
        return uuid4().hex[:8]


def _locked(folder: Path) -> int:
    """Open a folder and lock it.

    Returns
    -------
    int
        Its descriptor; the lock ends when it is closed.

    Raises
    ------
    BlockingIOError
        Another process has it locked.
    FileNotFoundError
        It is gone.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        folder.stat()  # may have been renamed before it was locked
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _sweep(own: Path) -> None:
    """Remove the drafts beside one's own whose writers are gone."""
    now_s = own.stat().st_mtime  # by the clock of who keeps the files
    with suppress(OSError):  # a folder that can be written, but not listed
        for path in own.parent.iterdir():
            if name := _NAME.fullmatch(path.name):
                with suppress(OSError):
                    _remove_left(path, is_of_this_machine=name[1] == _machine(), now_s=now_s)


def _remove_left(draft: Path, *, is_of_this_machine: bool, now_s: float) -> None:
    lock = _locked(draft)
    try:
        if is_of_this_machine or now_s - _changed_s(draft) > _ABANDONED_S:
            _remove(draft)
    finally:
        os.close(lock)


def _changed_s(folder: Path) -> float:
    """Return when something in a folder was changed last, as a Unix time."""
    return max(path.lstat().st_mtime for path in (folder, *folder.rglob("*")))


def _remove(draft: Path) -> None:
    # Renamed first, so that another machine that still writes by path cannot interfere.
    with suppress(OSError):
        draft = draft.rename(f"{str(draft).removesuffix('.old')}.old")
    shutil.rmtree(draft, ignore_errors=True)
