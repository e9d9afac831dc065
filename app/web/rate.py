"""How many requests a minute one client may make.

Libraries for this (``limits``, and what is built on it) keep a record of every client until its
time is over, however many there are, and bring a storage and its clean-up. A bucket of tokens is
one number a client, so it is kept here, for no more clients than there is memory set aside for.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Final

from app.errors import TooManyRequestsError
from app.web.errors import problem_response
from app.web.metrics import PATH as METRICS
from app.web.probes import ALIVE, READY

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.datastructures import State
    from starlette.types import ASGIApp, Receive, Scope, Send

_FREE: Final = frozenset({ALIVE, READY, METRICS, "/v1/health"})
"""What watches the service, which must not be locked out of it."""

_MINUTE_NS: Final = 60_000_000_000
_SECOND_NS: Final = 1_000_000_000

MOST_CLIENTS: Final = 1 << 16
"""Clients that are remembered, in some 15 MB. Whoever was not seen for longest is forgotten, which
is as if it came for the first time."""

_LONGEST_NAME: Final = 64
_NETWORK_BYTES: Final = 8  # an IPv6 host has at least a /64 for itself


class Buckets:
    """For each client a bucket of tokens, which fills up within a minute.

    Parameters
    ----------
    per_minute : int
        Tokens in a full bucket: so many requests may come at once.
    clock : callable, optional
        Tells a time that never goes back, in ns.
    """

    def __init__(self, per_minute: int, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._token_ns = _MINUTE_NS // per_minute
        self._clock = clock
        self._full_ns: OrderedDict[str | bytes, int] = OrderedDict()

    def __len__(self) -> int:
        """Return of how many clients there is a bucket."""
        return len(self._full_ns)

    def take(self, client: str) -> int:
        """Take a token of a client, unless there is none.

        Returns
        -------
        int
            0, or seconds until there is one.
        """
        now_ns = self._clock()
        key = _key(client)
        # When the bucket will be full again says all (the generic cell rate algorithm).
        full_ns = max(self._full_ns.get(key, 0), now_ns) + self._token_ns
        if (over_ns := full_ns - now_ns - _MINUTE_NS) > 0:
            return -(-over_ns // _SECOND_NS)
        self._full_ns[key] = full_ns
        self._full_ns.move_to_end(key)
        if len(self._full_ns) > MOST_CLIENTS:
            self._full_ns.popitem(last=False)
        return 0


def _key(client: str) -> str | bytes:
    """Return who counts as one client: an IPv4 address, or a network of IPv6."""
    if ":" not in client:
        return client[:_LONGEST_NAME]
    try:
        address = IPv6Address(client)
    except ValueError:  # whatever a proxy says
        return client[:_LONGEST_NAME]
    mapped = address.ipv4_mapped
    return str(mapped) if mapped else address.packed[:_NETWORK_BYTES]


class RateLimit:
    """Answers by another application, as often as a client may ask.

    Parameters
    ----------
    app : ASGIApp
    state : State
        Has the headers of every answer.
    per_minute : int
        Of one client, in this process.
    """

    def __init__(self, app: ASGIApp, state: State, *, per_minute: int) -> None:
        self._app = app
        self._state = state
        self._buckets = Buckets(per_minute)
        self._per_minute = per_minute

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or tell when to come again."""
        wait_s = 0
        if scope["type"] == "http" and scope["path"] not in _FREE:
            client = scope.get("client")
            wait_s = self._buckets.take(client[0] if client else "")
        if not wait_s:
            await self._app(scope, receive, send)
            return
        message = (
            f"More than {self._per_minute} requests came from this address in a minute, the most;"
            f" try again in {wait_s} s."
        )
        answer = problem_response(TooManyRequestsError(message, retry_s=wait_s), scope)
        answer.raw_headers.extend(self._state.security_headers)
        await answer(scope, receive, send)
