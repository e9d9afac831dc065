"""A bare Starlette route that returns stored answers: what the web framework alone can do.

    python -m tests.benchmarks.bare PORT ANSWERS

It is served as ``landprice serve`` serves the product: by the same code, with the application
replaced.
"""

from __future__ import annotations

import functools
import json
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from app.cli import main
from app.settings import Settings
from app.web.metrics import Metrics

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.requests import Request

    from app.settings import Limits


def bare_app(answers: dict[bytes, bytes]) -> Starlette:
    """Make the application.

    Parameters
    ----------
    answers : dict of bytes to bytes
        The body by the query string.
    """

    async def answer(request: Request) -> Response:
        return Response(answers[request.scope["query_string"]], media_type="application/json")

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, Limits | Metrics]]:
        # As the connections of the product have.
        yield {"limits": Settings().limits, "metrics": Metrics()}

    return Starlette(routes=[Route("/v1/price", answer)], lifespan=lifespan)


def _with_app(make: Callable[..., None], app: Starlette) -> Callable[..., None]:
    @functools.wraps(make)
    def make_with_app(self: uvicorn.Config, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        make(self, *args[1:], **{**kwargs, "app": app, "factory": False})

    return make_with_app


if __name__ == "__main__":
    port, path = sys.argv[1:]
    stored = json.loads(Path(path).read_text(encoding="utf-8"))
    app = bare_app(
        {path.partition("?")[2].encode(): body.encode() for path, body in stored.items()}
    )
    uvicorn.Config.__init__ = _with_app(uvicorn.Config.__init__, app)  # type: ignore[method-assign]
    main(["serve", "--port", port])
