"""Work on the next items while the last is being used."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator

_T = TypeVar("_T")

_PREFETCHED: Final = 2


def prefetch(items: Generator[_T]) -> Generator[_T]:
    """Iterate in a thread of its own, at most `_PREFETCHED` items ahead.

    Parameters
    ----------
    items : generator
        Closed at the end, whoever stops first. An error in it is raised here, where its item would
        have come.
    """
    held = ((item,) for item in items)
    with closing(items), ThreadPoolExecutor(1) as thread:
        try:
            futures = deque(thread.submit(next, held, None) for _ in range(_PREFETCHED))
            while (item := futures.popleft().result()) is not None:
                futures.append(thread.submit(next, held, None))
                yield item[0]
        finally:
            thread.shutdown(cancel_futures=True)
