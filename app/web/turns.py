"""Requests that cost much: one at a time in a thread, and no more wait than are soon done."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from anyio import CapacityLimiter, to_thread

from app.errors import BusyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_Made = TypeVar("_Made")


@dataclass(slots=True)
class Turns:
    """The turns of one kind of request in one process.

    Attributes
    ----------
    most : int
        Requests that are answered or wait, at a time.
    what : str
        What is being done then, for the one that is too many: ``certificates are being made``.
    """

    most: int
    what: str
    _waiting: int = 0
    _thread: CapacityLimiter = field(default_factory=partial(CapacityLimiter, 1))

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait with the others.

        Raises
        ------
        BusyError
            There are as many already.
        """
        if self._waiting >= self.most:
            raise BusyError(
                f"{self.most} {self.what}, the most at a time; try again in some seconds."
            )
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    async def run(self, make: Callable[[], _Made]) -> _Made:
        """Run something in the thread, when it is free."""
        return await to_thread.run_sync(make, limiter=self._thread)
