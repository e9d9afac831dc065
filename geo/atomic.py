"""Atomic output: a file or folder is there complete, or the target is as it was."""

from __future__ import annotations

import glob
import os
import shutil
from contextlib import ExitStack, contextmanager
from errno import EISDIR, ELOOP
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Yield a path to write to; move what was written to `target` when the block ends.

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
    """
    try:
        target = target.resolve()
    except RuntimeError as error:  # before Python 3.13
        raise OSError(ELOOP, os.strerror(ELOOP), str(target)) from error
    folder = target.with_name(f".{target.name}.{uuid4().hex}")
    folder.mkdir()
    try:
        path = folder / target.name
        yield path
        if target.exists():
            shutil.copymode(target, path)
        for other in folder.glob(f"{glob.escape(path.stem)}.*"):
            if other != path:
                other.replace(target.with_name(other.name))
        path.replace(target)
    finally:
        # Renamed first, so that another machine that still writes by path cannot interfere.
        shutil.rmtree(folder.rename(f"{folder}.old"), ignore_errors=True)


def is_free(folder: Path) -> bool:
    """Tell whether a folder is missing or empty, as one that `atomic_path` writes must be."""
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Write several files atomically.

    All contents are written before the first target is replaced, so a full disk or a missing
    folder leaves every old file unchanged. Links and permissions are as `atomic_path` leaves them.

    Parameters
    ----------
    contents : mapping of Path to bytes
        By target.

    Raises
    ------
    OSError
        A file cannot be written; no target has changed.
    """
    with ExitStack() as drafts:
        for target, content in contents.items():
            if target.is_dir():
                raise IsADirectoryError(EISDIR, "it is a folder", str(target))
            draft = drafts.enter_context(atomic_path(target))
            draft.write_bytes(content)
