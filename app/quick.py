"""Plain questions for prices, answered before the framework looks at them.

Routing, validation and encoding by FastAPI take several times as long as the answer itself.
Whatever is not plain (a parameter written unusually, a wrong one, an error) goes on to the route,
which knows every form and every error.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from app.answers import answer_json
from app.tagged import is_current
from geo.crs import Crs
from geo.records import Use

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import Receive, Scope, Send

    from app.answers import LoadedEdition
    from app.headers import RawHeaders

_PATH: Final = "/v1/price"
_NUMBER: Final = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,20})?")
_SYSTEMS: Final = {crs.value: crs for crs in Crs}
_USES: Final[dict[str | None, Use | None]] = {None: None, **{use.value: use for use in Use}}


class QuickPrices:
    """The application, with ``GET /v1/price`` answered before it.

    Parameters
    ----------
    app : FastAPI
        As `app.main.create_app` makes it.
    """

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and scope["path"] == _PATH and scope["method"] == "GET":
            state = self._app.state
            body = _answer(state.edition, scope["query_string"].decode("latin-1"))
            if body is not None:
                headers = [*state.edition.raw_headers, *state.security_headers]
                tags = dict(scope["headers"]).get(b"if-none-match", b"").decode("latin-1")
                if tags and is_current(state.edition.etag, tags):
                    await _send(send, 304, headers, b"")
                else:
                    length = (b"content-length", b"%d" % len(body))
                    await _send(send, 200, [length, *headers], body)
                return
        await self._app(scope, receive, send)


def _answer(edition: LoadedEdition, query: str) -> bytes | None:
    """Return the answer to a plain question; None if it is not plain, or wrong."""
    given = dict([part.partition("=")[::2] for part in query.split("&")])
    lon, lat = given.pop("lon", ""), given.pop("lat", "")
    crs, use = given.pop("crs", "wgs84"), given.pop("use", None)
    plain = _NUMBER.fullmatch(lon) and _NUMBER.fullmatch(lat) and not given
    if not plain or crs not in _SYSTEMS or use not in _USES:
        return None
    try:
        return answer_json(
            edition, lon=float(lon), lat=float(lat), crs=_SYSTEMS[crs], use=_USES[use]
        )
    except Exception:
        return None


async def _send(send: Send, status: int, headers: RawHeaders, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
