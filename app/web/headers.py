"""Headers that tell browsers what pages may do, and how long an answer may be kept."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING, Final

from starlette.middleware.cors import CORSMiddleware

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.datastructures import Headers
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    RawHeaders = list[tuple[bytes, bytes]]

REVALIDATED: Final = "no-cache"
"""Cache-Control of what changes under the same name: browsers ask anew, and get a 304 if it has
not changed."""

FOR_GOOD: Final = "public, max-age=31536000, immutable"
"""Cache-Control of what never changes: its address has its checksum."""

FIVE_MINUTES: Final = "public, max-age=300"
"""Cache-Control of answers from an edition, which holds for a year: five minutes after its file was
replaced all caches know."""

_HEADERS: Final = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
_POLICY: Final = (
    "default-src 'none'; script-src {scripts}; style-src 'self'; img-src {images};"
    " connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'self'"
)


def content_policy(*, inline_scripts: Sequence[str] = (), image_sources: Sequence[str] = ()) -> str:
    """Return a Content-Security-Policy that allows what comes from this service, and little else.

    Parameters
    ----------
    inline_scripts : sequence of str, optional
        Texts of the inline scripts that may run.
    image_sources : sequence of str, optional
        Other hosts that images may come from.
    """
    digests = (hashlib.sha256(script.encode()).digest() for script in inline_scripts)
    hashes = (f"'sha256-{base64.b64encode(digest).decode('ascii')}'" for digest in digests)
    return _POLICY.format(
        scripts=" ".join(("'self'", *hashes)), images=" ".join(("'self'", "data:", *image_sources))
    )


def inline_scripts(page: str) -> list[str]:
    """Return the texts of a page's inline scripts."""
    return re.findall(r"<script>(.*?)</script>", page, re.DOTALL)


def security_headers(policy: str, *, is_public: bool = False) -> RawHeaders:
    """Return the headers of every answer, as ASGI has them.

    Parameters
    ----------
    policy : str
        The Content-Security-Policy.
    is_public : bool, optional
        Whether pages of all other origins may read the answers, as maps on the web do.
    """
    headers = {**_HEADERS, "Content-Security-Policy": policy}
    if is_public:  # the same for all, whether they say an origin or not, so that caches may keep it
        headers |= {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag"}
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


class Preflight(CORSMiddleware):
    """Middleware that tells browsers beforehand what pages of other origins may ask.

    What they may read is said by every answer, see `security_headers`.
    """

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            app,
            allow_origins=["*"],
            allow_methods=["GET", "HEAD", "POST"],  # POST asks for the prices of many points
            allow_headers=["*"],
            max_age=86_400,
        )

    async def simple_response(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        request_headers: Headers,  # noqa: ARG002 - as Starlette has it
    ) -> None:
        """Answer a request that is none of that kind."""
        await self.app(scope, receive, send)


class SecurityHeaders:
    """Middleware that adds headers to every answer, unless it has its own of that name."""

    def __init__(self, app: ASGIApp, headers: RawHeaders) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = dict(message.get("headers", ()))  # names are in lower case (ASGI)
                added = [header for header in self._headers if header[0] not in own]
                message = {**message, "headers": [*message.get("headers", ()), *added]}
            await send(message)

        await self._app(scope, receive, send_with_headers)
