"""Answers with a strong ETag, which browsers keep and ask about."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from fastapi import Response

if TYPE_CHECKING:
    from fastapi import Request

CACHE_CONTROL: Final = "no-cache"
"""Nothing is served under a name that changes with its content, so all of it is asked for anew; an
unchanged file costs a 304."""


def tagged(request: Request, content: bytes, media_type: str) -> Response:
    """Answer with content, or with 304 if the asker has it.

    Parameters
    ----------
    request : Request
    content : bytes
    media_type : str

    Returns
    -------
    Response
    """
    etag = f'"{hashlib.sha256(content).hexdigest()}"'
    headers = {"etag": etag, "cache-control": CACHE_CONTROL}
    given = request.headers.get("if-none-match", "")
    if etag in (tag.strip().removeprefix("W/") for tag in given.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)
