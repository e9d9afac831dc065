"""What is made once and served many times: the cache in memory, and tags for browsers."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, TypeVar
from weakref import WeakKeyDictionary

from fastapi import Response
from fastapi.concurrency import run_in_threadpool

from app.web.headers import FOR_GOOD, REVALIDATED

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from fastapi import Request

    from app.web.edition import LoadedEdition

_T = TypeVar("_T")

_ALSO_TEXT: Final = {"application/json", "application/geo+json", "image/svg+xml"}


class Cache(Generic[_T]):
    """Things that are slow to make: each is made when it is first asked for, then kept.

    One is made at a time, in one thread, so that those who wait for it take no thread from others,
    and because matplotlib and GDAL have settings of the whole process. What was made of an edition
    is forgotten with it.
    """

    def __init__(self) -> None:
        self._made = WeakKeyDictionary["LoadedEdition", "dict[Hashable, _T]"]()
        self._lock = asyncio.Lock()

    async def get(self, edition: LoadedEdition, key: Hashable, make: Callable[[], _T]) -> _T:
        """Return the thing of an edition that a key names; make it if it is not there."""
        made = self._made.setdefault(edition, {})
        if key not in made:
            async with self._lock:
                if key not in made:
                    made[key] = await run_in_threadpool(make)
        return made[key]


@dataclass(frozen=True)
class CachedContent:
    """A body that is kept to be served, with its tag.

    Attributes
    ----------
    content : bytes
    media_type : str
    headers : mapping of str to str
        Beside those that every such answer has.
    etag : str
        Strong, from the content; made once, because a sheet has megabytes.
    gzipped : bytes or None
        The same for clients that take gzip; None where it would not be shorter.
    """

    content: bytes
    media_type: str
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str = field(init=False)
    gzipped: bytes | None = field(init=False)

    def __post_init__(self) -> None:
        """Tag the content, and compress it."""
        object.__setattr__(self, "etag", f'"{hashlib.sha256(self.content).hexdigest()}"')
        is_text = self.media_type.startswith("text/") or self.media_type in _ALSO_TEXT
        gzipped = gzip.compress(self.content, 9, mtime=0) if is_text else self.content
        shorter = len(gzipped) < len(self.content)
        object.__setattr__(self, "gzipped", gzipped if shorter else None)

    def answer(self, request: Request, *, for_good: bool = False) -> Response:
        """Answer with the content, or with 304 if the client has it.

        Parameters
        ----------
        request : Request
        for_good : bool, optional
            Whether what stands at this address never changes.
        """
        headers = {
            **self.headers,
            "etag": self.etag,
            "cache-control": FOR_GOOD if for_good else REVALIDATED,
        }
        content = self.content
        if self.gzipped is not None:
            headers["vary"] = "accept-encoding"
            if "gzip" in request.headers.get("accept-encoding", ""):
                content = self.gzipped
                headers["content-encoding"] = "gzip"
                headers["etag"] = f'{self.etag[:-1]}-gzip"'
        if is_current(headers["etag"], request.headers.get("if-none-match", "")):
            headers.pop("content-encoding", None)
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=self.media_type, headers=headers)


def is_current(etag: str, if_none_match: str) -> bool:
    """Tell whether a client has the answer of a tag, by its header; empty if there is none."""
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return etag in tags
