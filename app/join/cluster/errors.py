"""What a cluster, a source or a target fails with, in one sentence."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.errors import ClusterError
from geo.errors import GeoError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def reached(url: object) -> Iterator[None]:
    """Say of which path or URL it is that it cannot be reached.

    Parameters
    ----------
    url : object
        As the sentence is to name it.

    Raises
    ------
    ClusterError
        In the place of any error but those of this product, which have their own sentences.
    """
    try:
        yield
    except GeoError:
        raise
    except Exception as error:  # each kind of file system has its own
        raise ClusterError(f"{url} cannot be reached: {told(error)}") from error


def told(error: BaseException) -> str:
    """Return what an error says, in one line.

    Parameters
    ----------
    error : BaseException

    Returns
    -------
    str
        The system's words for its number, or the beginning of its text, or else its kind.
    """
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
