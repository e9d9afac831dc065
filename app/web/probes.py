"""Whether a process lives, and whether it takes requests: for what starts and watches processes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

ALIVE: Final = "/livez"
READY: Final = "/readyz"

_NOT_KEPT: Final = {"cache-control": "no-store"}

_routes = APIRouter(include_in_schema=False)


def install(app: FastAPI) -> None:
    """Add the probes to an application, which is not `ready` yet."""
    app.state.is_ready = False
    app.include_router(_routes)


@contextmanager
def ready(app: FastAPI) -> Iterator[None]:
    """Have an application be ready as long as this lasts."""
    app.state.is_ready = True
    try:
        yield
    finally:
        app.state.is_ready = False


@_routes.get(ALIVE)
async def _alive() -> PlainTextResponse:
    return PlainTextResponse("alive\n", headers=_NOT_KEPT)


@_routes.get(READY)
async def _ready(request: Request) -> PlainTextResponse:
    if request.app.state.is_ready:
        return PlainTextResponse("ready\n", headers=_NOT_KEPT)
    return PlainTextResponse("not ready\n", 503, headers=_NOT_KEPT)
