"""Atomic output: a file or folder is there complete, or the target is as it was."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack, contextmanager
from errno import EISDIR
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Yield a path to write to; move what was written to `target` when the block ends.

    Parameters
    ----------
    target : Path
        A file, which is replaced; or a folder, which must be missing or empty.

    Yields
    ------
    Path
        Of the same name, in a hidden folder beside the target. After an error nothing of it is
        left, and the target is unchanged.

    Raises
    ------
    OSError
        The folder of the target is missing or not writable.
    """
    target = target.resolve()
    folder = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        path = folder / target.name
        yield path
        path.replace(target)
    finally:
        shutil.rmtree(folder)


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Write several files atomically.

    All contents are written before the first target is replaced, so a full disk or a missing
    folder leaves every old file unchanged. The files are readable by everyone, because a service
    may run as another user.

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
            draft.chmod(0o644)
