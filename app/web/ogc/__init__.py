"""OGC API – Features and Tiles at ``/ogc``, by pygeoapi.

pygeoapi is imported, and its application made, when the first request arrives: it takes longer to
import than the service takes to start.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from app.web.caching import Cache

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import Receive, Scope, Send

    from app.web.edition import LoadedEdition

PATH: Final = "/ogc"


def install(app: FastAPI) -> None:
    """Add the OGC API to an application."""
    ogc = _Ogc()
    # A mount alone would redirect its own path to one with a slash, without a proxy's prefix.
    app.router.routes.append(Route(PATH, _Mounted(ogc), include_in_schema=False))
    app.router.routes.append(Mount(PATH, ogc))


class _Ogc:
    """The application that is mounted, made when an edition is first asked for."""

    def __init__(self) -> None:
        self._apps = Cache[ASGIApp]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        edition = scope["app"].state.served.edition
        app = await self._apps.get(edition, PATH, partial(_make, edition))
        await app(scope, receive, send)


class _Mounted:
    """What a mount makes of a request for its own path."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        root_path = scope.get("root_path", "")
        mounted = {
            "app_root_path": root_path,
            "root_path": root_path + PATH,
            "path": scope["path"] + "/",
        }
        await self._app({**scope, **mounted}, receive, send)


def _make(edition: LoadedEdition) -> ASGIApp:
    from app.web.ogc.api import OgcApi  # noqa: PLC0415 - imports pygeoapi

    return OgcApi(edition, PATH).app
