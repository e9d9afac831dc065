"""The field page over HTTP."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from fastapi import HTTPException
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.routing import Route

from app.web.body import read_body
from app.web.caching import Cache, CachedContent
from app.web.survey.notes import MOST_BYTES, read_note, take
from app.web.survey.secret import SecretMount, hide_in_logs

if TYPE_CHECKING:
    from fastapi import FastAPI, Request, Response

    from app.settings import Settings
    from app.web.edition import LoadedEdition
    from app.web.served import Served
    from app.web.survey.content import FieldPage

PATH: Final = "/survey"
_TOO_LARGE: Final = (
    f"The note has more than {MOST_BYTES // 1000} kB, which is the most; shorten it."
)


def install(app: FastAPI, settings: Settings) -> None:
    """Add the field page to an application.

    Parameters
    ----------
    app : FastAPI
    settings : Settings
        Without a token nothing is added.
    """
    if settings.survey_token:
        hide_in_logs(settings.survey_token)
        routes = _Field(settings).routes()
        app.router.routes.append(SecretMount(PATH, settings.survey_token, routes))


class _Field:
    """What the routes answer."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._page = Cache["FieldPage"]()
        self._plan = Cache[CachedContent]()

    def routes(self) -> list[Route]:
        return [
            Route("/{token}", _with_slash),
            Route("/{token}/", self._answer_page),
            Route("/{token}/sw.js", self._answer_worker),
            Route("/{token}/assets/{path:path}", self._answer_asset),
            Route("/{token}/plan.json", self._answer_plan),
            Route("/{token}/notes", self._answer_note, methods=["POST"]),
        ]

    async def _answer_page(self, request: Request) -> Response:
        pages = (await self._made(request)).pages
        return pages.get(request.query_params.get("lang", ""), pages["zh"]).answer(request)

    async def _answer_worker(self, request: Request) -> Response:
        return (await self._made(request)).worker.answer(request)

    async def _answer_asset(self, request: Request) -> Response:
        assets = (await self._made(request)).assets
        found = assets.answer(request, request.path_params["path"])
        if found is None:
            raise HTTPException(404)
        return found

    async def _answer_plan(self, request: Request) -> Response:
        edition = request.app.state.served.edition
        return (await self._plan.get(edition, "plan", partial(_made_plan, edition))).answer(request)

    async def _answer_note(self, request: Request) -> Response:
        note = read_note(await read_body(request, most_bytes=MOST_BYTES, too_large=_TOO_LARGE))
        edition = request.app.state.served.edition
        taken = await run_in_threadpool(take, note, edition, self._settings.network)
        told = {
            "ids": list(dict.fromkeys(entry.id for entry in taken.entries)),
            "lines": [entry.line for entry in taken.entries],
        }
        return JSONResponse(told, 201 if taken.is_new else 200)

    async def _made(self, request: Request) -> FieldPage:
        served = request.app.state.served
        make = partial(_made_page, served, self._settings)
        return await self._page.get(served.edition, "page", make)


def _made_page(served: Served, settings: Settings) -> FieldPage:
    from app.web.survey.content import field_page  # noqa: PLC0415 - imports folium

    return field_page(served, settings)


def _made_plan(edition: LoadedEdition) -> CachedContent:
    from app.web.survey.content import plan_content  # noqa: PLC0415 - slow to import

    return plan_content(edition)


async def _with_slash(request: Request) -> Response:
    """Lead to the page, relatively, for a proxy may put a prefix before the path."""
    return RedirectResponse(f"{request.path_params['token']}/")
