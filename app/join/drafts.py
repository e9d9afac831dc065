"""Long files and folders, written whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def draft(target: Path) -> Iterator[Path]:
    """Have something written elsewhere, and put it in place when it is complete.

    Parameters
    ----------
    target : Path
        A file, which is replaced; or a folder, which must be missing or empty.

    Yields
    ------
    Path
        What to write, of the same name, in a hidden folder beside the target. After an error
        nothing of it is left, and the target is as it was.

    Raises
    ------
    OSError
        The folder does not allow it.
    """
    target = target.resolve()
    with _hidden_folder(target) as folder:
        path = folder / target.name
        yield path
        path.replace(target)


@contextmanager
def _hidden_folder(target: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
