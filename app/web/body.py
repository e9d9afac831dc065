"""Reads the body of a request, up to a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.errors import TooLargeError

if TYPE_CHECKING:
    from fastapi import Request


async def read_body(request: Request, *, most_bytes: int, too_large: str) -> bytes:
    """Return the body of a request.

    Parameters
    ----------
    request : Request
    most_bytes : int
    too_large : str
        What to say of a body that has more.

    Raises
    ------
    TooLargeError
        It has more; the rest is not read.
    """
    body = bytearray()
    async for data in request.stream():
        body += data
        if len(body) > most_bytes:
            raise TooLargeError(too_large)
    return bytes(body)
