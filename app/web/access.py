"""A line of JSON for each request, without the place that was asked for."""

from __future__ import annotations

import json
import os
import re
import secrets
import sys
import time
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

request_id: Final = ContextVar("request_id", default="")
"""The id of the request that is being answered; empty where requests are not logged."""

_GIVEN_ID: Final = re.compile(rb"[\w-]{8,64}", re.ASCII)
_HEADER: Final = b"x-request-id"
_HIDDEN: Final = "***"

_encoded: Final = json.JSONEncoder(ensure_ascii=False).encode


def to_stdout(line: bytes) -> None:
    """Write a line at once and whole, so that those of several processes do not mix."""
    os.write(sys.__stdout__.fileno() if sys.__stdout__ else 1, line)


class AccessLog:
    """Answers by another application, and writes a line when it has.

    The answer has the id of its request as ``X-Request-ID``; one that a client or a proxy gives is
    kept.

    Parameters
    ----------
    app : ASGIApp
    secret : str
        Is hidden wherever a path has it.
    with_query : bool
        Whether to tell what was asked: a place that somebody looks up is private.
    write : callable, optional
        Takes a line.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        secret: str,
        with_query: bool,
        write: Callable[[bytes], None] = to_stdout,
    ) -> None:
        self._app = app
        self._secret = secret
        self._with_query = with_query
        self._write = write

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s = time.perf_counter()
        number = _id_of(scope)
        request_id.set(number)
        status = size = 0

        async def send_told(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message.get("headers", ()), (_HEADER, number.encode())]
                message = {**message, "headers": headers}
            else:
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, send_told)
        finally:
            taken_ms = 1000 * (time.perf_counter() - began_s)
            self._write(self._line(scope, status, size, taken_ms))

    def _line(self, scope: Scope, status: int, size: int, taken_ms: float) -> bytes:
        path = scope["path"]
        if self._secret:
            path = path.replace(self._secret, _HIDDEN)
        told = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "id": request_id.get(),
            "client": scope["client"][0] if scope.get("client") else None,
            "method": scope["method"],
            "path": path,
            "status": status,
            "bytes": size,
            "ms": round(taken_ms, 2),
            "process": os.getpid(),
        }
        if self._with_query:
            told["query"] = scope["query_string"].decode("latin-1")
        return _encoded(told).encode() + b"\n"


def _id_of(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == _HEADER and _GIVEN_ID.fullmatch(value):
            return str(value, "ascii")
    return secrets.token_hex(8)
