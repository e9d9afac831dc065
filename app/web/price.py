"""Plain questions for prices, answered before the framework looks at them.

Routing, validation and encoding by FastAPI take several times as long as the answer itself.
Whatever is not plain (a parameter written unusually, a wrong one, an error) goes on to the route,
which knows every form and every error.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from app.web.caching import is_current
from app.web.edition import answer_json
from geo.crs import Crs
from geo.model import Use

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastapi import FastAPI
    from starlette.types import Receive, Scope, Send

    from app.web.edition import LoadedEdition
    from app.web.headers import RawHeaders

_PATH: Final = "/v1/price"
_JSON: Final = (b"content-type", b"application/json")
_NUMBER: Final = re.compile(rb"-?[0-9]{1,12}(\.[0-9]{1,20})?")
_WGS84: Final = Crs.WGS84.encode()
_SYSTEMS: Final = {crs.encode(): crs for crs in Crs}
_USES: Final[dict[bytes | None, Use | None]] = {None: None, **{use.encode(): use for use in Use}}


class QuickPrices:
    """The application, with ``GET /v1/price`` answered before it.

    Parameters
    ----------
    app : FastAPI
        As `app.web.app.create_app` makes it.
    """

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._security_headers: RawHeaders = app.state.security_headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and scope["path"] == _PATH and scope["method"] == "GET":
            edition: LoadedEdition = self._app.state.edition
            body = _answer(edition, scope["query_string"])
            if body is not None:
                status = 200
                headers = [*edition.raw_headers, *self._security_headers]
                if _is_known(edition.etag, scope["headers"]):
                    status, body = 304, b""
                else:
                    headers += _JSON, (b"content-length", b"%d" % len(body))
                await send({"type": "http.response.start", "status": status, "headers": headers})
                await send({"type": "http.response.body", "body": body})
                return
        await self._app(scope, receive, send)


def _answer(edition: LoadedEdition, query: bytes) -> bytes | None:
    """Return the answer to a plain question; None if it is not plain, or wrong."""
    try:
        given: dict[bytes, bytes] = dict([part.split(b"=") for part in query.split(b"&")])
        lon, lat = given.pop(b"lon"), given.pop(b"lat")
        crs = _SYSTEMS[given.pop(b"crs", _WGS84)]
        use = _USES[given.pop(b"use", None)]
        if given or not (_NUMBER.fullmatch(lon) and _NUMBER.fullmatch(lat)):
            return None
        return answer_json(edition, lon=float(lon), lat=float(lat), crs=crs, use=use)
    except Exception:
        return None


def _is_known(etag: str, headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Tell whether the asker has the answer already."""
    tags = [value.decode("latin-1") for name, value in headers if name == b"if-none-match"]
    return bool(tags) and is_current(etag, tags[0])
