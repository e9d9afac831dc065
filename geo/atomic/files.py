"""Files and folders that are there complete, or as they were."""

from __future__ import annotations

import glob
import os
import shutil
from contextlib import ExitStack, contextmanager
from errno import EINVAL, EISDIR, ELOOP
from typing import TYPE_CHECKING

from geo.atomic.draft import draft_folder
from geo.errors import WrittenError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Yield a path to write to; move what was written to `target` when the block ends.

    It is on the disk before it is moved, so that also a loss of power leaves the one or the other.

    Parameters
    ----------
    target : Path
        A file, which is replaced; or a folder, which must be missing or empty. A link stays, and
        what it leads to is replaced.

    Yields
    ------
    Path
        A path of the same name, in a hidden folder beside the target. Files there of the same name
        but another ending, as a Shapefile has, come beside the target. What replaces something has
        its permissions, and all else those of the umask. After an error all is gone, and the target
        is unchanged.

    Raises
    ------
    OSError
        The folder of the target is missing or not writable.
    WrittenError
        It is written, but perhaps not on the disk.
    """
    target = resolved(target)
    with draft_folder(target) as folder:
        path = folder / target.name
        yield path
        finish(path, target)
        others = {
            other: target.with_name(other.name)
            for other in folder.glob(f"{glob.escape(path.stem)}.*")
            if other != path
        }
        for other in others:
            sync(other)
        try:
            for other, beside in others.items():
                other.replace(beside)
            path.replace(target)
        except OSError:
            for other, beside in others.items():
                if not other.exists():
                    beside.unlink()
            raise
        _sync_folder_of(target)


def is_free(folder: Path) -> bool:
    """Tell whether a folder is missing or empty, as one that `atomic_path` writes must be."""
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Write several files that need not fit each other, each atomically.

    All contents are on the disk before the first target is replaced, so a full disk or a missing
    folder leaves every old file unchanged. Links and permissions are as `atomic_path` leaves them.

    Parameters
    ----------
    contents : mapping of Path to bytes
        By target.

    Raises
    ------
    OSError
        A file cannot be written; no target has changed.
    WrittenError
        Some files are written, or all are, but perhaps not on the disk.
    """
    with ExitStack() as drafts:
        ready: dict[Path, Path] = {}
        for given, content in contents.items():
            check_no_folder(given)
            target = resolved(given)
            path = drafts.enter_context(draft_folder(target)) / target.name
            path.write_bytes(content)
            finish(path, target)
            ready[target] = path
        written: list[str] = []
        for target, path in ready.items():
            try:
                path.replace(target)
            except OSError as error:
                if not written:
                    raise
                raise WrittenError(
                    f"{', '.join(written)} is written, but {target} cannot be: {error.strerror}",
                    code="written_in_part",
                ) from error
            written.append(str(target))
        for target in ready:
            _sync_folder_of(target)


def resolved(target: Path) -> Path:
    """Return the file or folder that a path leads to.

    Raises
    ------
    OSError
        It leads to itself.
    """
    try:
        return target.resolve()
    except RuntimeError as error:  # before Python 3.13
        raise OSError(ELOOP, os.strerror(ELOOP), str(target)) from error


def check_no_folder(target: Path) -> None:
    """Refuse to replace a folder by a file.

    Raises
    ------
    OSError
        There is a folder.
    """
    if target.is_dir():
        raise IsADirectoryError(EISDIR, "it is a folder", str(target))


def sync(path: Path) -> None:
    """Have a file, or a folder with all that is in it, written to the disk.

    Raises
    ------
    OSError
        It cannot be.
    """
    if path.is_dir():
        for one in path.iterdir():
            sync(one)
    sync_entry(path)


def sync_entry(path: Path) -> None:
    """Have a file written to the disk, or of a folder which files there are.

    Raises
    ------
    OSError
        It cannot be.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != EINVAL:  # a file system that does not know this for folders
            raise
    finally:
        os.close(descriptor)


def finish(path: Path, target: Path) -> None:
    """Make a draft ready to replace its target.

    Raises
    ------
    OSError
        It cannot be written to the disk.
    """
    sync(path)  # while it can be read: it may be replacing what its owner can only write
    if target.exists():
        shutil.copymode(target, path)


def _sync_folder_of(target: Path) -> None:
    try:
        sync_entry(target.parent)
    except OSError as error:
        raise WrittenError(
            f"{target} is written, but may be lost if the power fails: {error.strerror}",
            code="written_not_synced",
        ) from error
