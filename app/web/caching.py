"""Answers with a strong ETag, which browsers keep and ask about."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from fastapi import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import Request

CACHE_CONTROL: Final = "no-cache"
"""Nothing is served under a name that changes with its content, so all of it is asked for anew; an
unchanged file costs a 304."""


@dataclass(frozen=True)
class Tagged:
    """Content that is kept to be served, with its tag.

    Attributes
    ----------
    content : bytes
    media_type : str
    headers : mapping of str to str
        Beside those that every such answer has.
    etag : str
        Strong, from the content; made once, for a sheet has megabytes.
    """

    content: bytes
    media_type: str
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str = field(init=False)

    def __post_init__(self) -> None:
        """Tag the content."""
        object.__setattr__(self, "etag", f'"{hashlib.sha256(self.content).hexdigest()}"')

    def answer(self, request: Request) -> Response:
        """Answer with the content, or with 304 if the asker has it."""
        headers = {**self.headers, "etag": self.etag, "cache-control": CACHE_CONTROL}
        if is_current(self.etag, request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers=headers)
        return Response(self.content, media_type=self.media_type, headers=headers)


def is_current(etag: str, if_none_match: str) -> bool:
    """Tell whether an asker already has what it asks for.

    Parameters
    ----------
    etag : str
        Of the answer.
    if_none_match : str
        The asker's header, empty if there is none.

    Returns
    -------
    bool
    """
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return etag in tags
