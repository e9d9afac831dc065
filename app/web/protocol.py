"""HTTP/1.1 with limits on what a connection may take, and for how long.

uvicorn's httptools protocol has none: a header of any length is gathered, a silent connection is
kept for ever, and so is a reader that does not read.
"""

from __future__ import annotations

import json
import logging
from enum import Enum, auto
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    from asyncio import TimerHandle, Transport
    from collections.abc import MutableMapping

    from starlette.types import Receive, Scope, Send
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

    from app.settings import Limits
    from app.web.metrics import Metrics

_FRAMING: Final = 16
"""Bytes that may frame each byte of a chunked body: a client may send one at a time."""

_FORWARDED: Final = (b"x-forwarded-", b"forwarded")
"""What a proxy says of its client. Dropped here, from all but those that are trusted, it may be
believed everywhere else."""

_SEPARATORS: Final = len(": \r\n")

_PROBLEMS: Final = {
    HTTPStatus.BAD_REQUEST: ("bad_request", "A request must have exactly one Host header."),
    HTTPStatus.REQUEST_TIMEOUT: (
        "request_timeout",
        "The request did not come in time; send it faster, or in parts.",
    ),
    HTTPStatus.REQUEST_URI_TOO_LONG: ("uri_too_long", "The address of the request is too long."),
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: (
        "headers_too_large",
        "The headers or trailers of the request are too large.",
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: (
        "too_many_connections",
        "Too many connections are open; try again in a second.",
    ),
}


class _OfClient(logging.LoggerAdapter[logging.Logger]):
    """Says of what is logged whose connection it is about."""

    @property
    def level(self) -> int:
        """The level of the logger itself, which uvicorn asks for."""
        return self.logger.level

    def process(self, msg: str, kwargs: MutableMapping[str, Any]) -> tuple[str, Any]:
        """Put the client's address before a message."""
        return f"{(self.extra or {})['client']} - {msg}", kwargs


class _Part(Enum):
    """What of a request is being received."""

    NOTHING = auto()
    HEAD = auto()
    BODY = auto()


class LimitedProtocol(HttpToolsProtocol):
    """A connection.

    Its limits, and who counts it, are in the state that the application's lifespan gives.
    """

    def __init__(self, *args: Any, **others: Any) -> None:  # noqa: ANN401 - as uvicorn has them
        super().__init__(*args, **others)
        self._limits: Limits = self.app_state["limits"]
        self._metrics: Metrics = self.app_state["metrics"]
        self._part = _Part.NOTHING
        self._timed: _Part | None = None
        self._receiving: TimerHandle | None = None
        self._sending: TimerHandle | None = None
        self._is_trusted = False
        self._head_bytes = self._body_bytes = self._excess_bytes = 0

    # What uvicorn calls -------------------------------------------------------------------------

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Take a connection, if there is room for it."""
        super().connection_made(transport)
        if self.client is not None:
            self.logger = _OfClient(self.logger, {"client": self.client[0]})  # type: ignore[assignment]
        self._metrics.connections_are(len(self.connections))
        self._is_trusted = self.client is None or self._limits.trusts(self.client[0])
        if len(self.connections) > self._limits.connections:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)
        else:
            self._time(_Part.HEAD)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection."""
        _stop(self._receiving)
        _stop(self._sending)
        super().connection_lost(exc)
        self._metrics.connections_are(len(self.connections))

    def data_received(self, data: bytes) -> None:
        """Read some of a request."""
        if self.transport.is_closing():
            return
        was_body = self._part is _Part.BODY
        self._head_bytes += len(data)
        self._body_bytes = 0
        super().data_received(data)
        if self.transport.is_closing():
            return
        if was_body:  # what is neither body nor its framing are trailers
            self._excess_bytes += max(0, len(data) - (1 + _FRAMING) * self._body_bytes)
        size = {_Part.HEAD: self._head_bytes, _Part.BODY: self._excess_bytes}.get(self._part, 0)
        if size > self._limits.head_bytes:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._part is not self._timed:
            self._time(self._part)

    def pause_writing(self) -> None:
        """Wait for a reader, but not for ever."""
        super().pause_writing()
        self._sending = self.loop.call_later(self._limits.send_s, self._cut_off)

    def resume_writing(self) -> None:
        """Go on."""
        super().resume_writing()
        _stop(self._sending)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP."""
        self._metrics.connection_refused("malformed")
        super().send_400_response(msg)

    # What the parser calls ----------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Begin a request; the time of one before it does not count."""
        super().on_message_begin()
        self._part, self._timed = _Part.HEAD, None

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; those that come after the body say nothing that is needed."""
        is_told = self._is_trusted or not name.lower().startswith(_FORWARDED)
        if self._part is _Part.HEAD and is_told:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Hand a request to the application, or refuse it."""
        self._part = _Part.BODY
        self._excess_bytes = 0
        status = self._refusal()
        if status is None:
            super().on_headers_complete()
            return
        self._metrics.connection_refused(_PROBLEMS[status][0])
        app, self.app = self.app, _Refusal(status)
        super().on_headers_complete()
        self.app = app
        self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """Take some of a body."""
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        self._part = _Part.NOTHING
        self._head_bytes = 0
        super().on_message_complete()

    # ----------------------------------------------------------------------------------------------

    def _refusal(self) -> HTTPStatus | None:
        if len(self.url) > self._limits.url_bytes:
            return HTTPStatus.REQUEST_URI_TOO_LONG
        size = sum(len(name) + len(value) + _SEPARATORS for name, value in self.headers)
        if size > self._limits.head_bytes:
            return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (hosts == 0 and self.parser.get_http_version() == "1.1"):
            return HTTPStatus.BAD_REQUEST  # RFC 9112, section 3.2
        return None

    def _time(self, part: _Part) -> None:
        """Give a part of a request its time."""
        _stop(self._receiving)
        self._timed = part
        if part is not _Part.NOTHING:
            seconds = self._limits.head_s if part is _Part.HEAD else self._limits.body_s
            late = HTTPStatus.REQUEST_TIMEOUT
            self._receiving = self.loop.call_later(seconds, self._refuse, late)

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer without the application, unless it has begun to, and close the connection."""
        if self.transport.is_closing():
            return
        self._metrics.connection_refused(_PROBLEMS[status][0])
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or not cycle.response_started or cycle.response_complete:
            headers, body = _answer(status)
            headers.append((b"connection", b"close"))
            line = f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode()
            lines = b"".join(b"%b: %b\r\n" % header for header in headers)
            self.transport.write(line + lines + b"\r\n" + body)
        self.transport.close()

    def _cut_off(self) -> None:
        self._metrics.connection_refused("slow_reader")
        self.transport.abort()


def _stop(timer: TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()


class _Refusal:
    """An application that refuses whatever is asked."""

    def __init__(self, status: HTTPStatus) -> None:
        self._status = status

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        headers, body = _answer(self._status)
        start = {"type": "http.response.start", "status": self._status.value, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": body})


def _answer(status: HTTPStatus) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Return the headers and the body of a refusal, in the form of all errors."""
    code, message = _PROBLEMS[status]
    problem = {"code": code, "message": message, "field": None}
    body = json.dumps({"error": problem}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append((b"retry-after", b"1"))
    return headers, body
