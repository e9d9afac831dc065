"""The address under which a client knows the service."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.requests import Request

_PROTOCOL: Final = re.compile(r"https?")
_HOST: Final = re.compile(r"[\w.-]+(:\d+)?|\[[\da-fA-F:.]+\](:\d+)?", re.ASCII)
_PREFIX: Final = re.compile(r"(/[\w.~-]+)*/?", re.ASCII)


def base_url(request: Request) -> str:
    """Return the address under which the client knows the service, without a slash at its end.

    That is the request's own host and path. A reverse proxy that the client sees in place of the
    service sends ``X-Forwarded-Proto``, ``X-Forwarded-Host`` and ``X-Forwarded-Prefix`` (the path
    that it removes), as Traefik, Caddy and Apache do; without the last, the ASGI ``root_path``
    counts, which uvicorn takes from ``--root-path``. A false header changes only the links of the
    answer to its own sender, because caches must revalidate every answer.
    """
    scope = request.scope
    own_prefix = scope.get("app_root_path", scope.get("root_path", ""))
    scheme = _forwarded(request, "proto", _PROTOCOL) or request.url.scheme
    host = _forwarded(request, "host", _HOST) or request.url.netloc
    prefix = _forwarded(request, "prefix", _PREFIX) or own_prefix
    return f"{scheme}://{host}{prefix.rstrip('/')}"


def _forwarded(request: Request, what: str, form: re.Pattern[str]) -> str | None:
    # Of a chain of proxies the first was asked.
    value = request.headers.get(f"x-forwarded-{what}", "").partition(",")[0].strip()
    return value if form.fullmatch(value) else None
