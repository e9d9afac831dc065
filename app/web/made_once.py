"""Files that are slow to make: each made when it is first asked for, then kept."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fastapi.concurrency import run_in_threadpool

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.web.caching import Tagged


class MadeOnce:
    """Files by name.

    One is made at a time, in one thread: so that askers of files never keep those of prices
    waiting for a thread, and because matplotlib and GDAL have settings of the whole process.
    """

    def __init__(self) -> None:
        self._made: dict[str, Tagged] = {}
        self._lock = asyncio.Lock()

    async def get(self, name: str, make: Callable[[], Tagged]) -> Tagged:
        """Return a file; make it if this is the first time."""
        async with self._lock:
            if name not in self._made:
                self._made[name] = await run_in_threadpool(make)
            return self._made[name]
