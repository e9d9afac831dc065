"""The HTTP service; it only reads, but for the notes of the field page."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from threading import Event, Thread
from typing import TYPE_CHECKING, Annotated, Any

import shapely
from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles

from app.settings import Limits, Settings, read_settings
from app.web import downloads, errors, metrics, ogc, pages, probes
from app.web.access import AccessLog
from app.web.batch import route as batch
from app.web.caching import is_current
from app.web.certificate import route as certificate
from app.web.documentation import bilingual, list_names, text_of
from app.web.editions import routes as edition_routes
from app.web.headers import content_policy, inline_scripts
from app.web.health import routes as health_routes
from app.web.metrics import Counted, Metrics
from app.web.models import (
    PriceAnswer,
)
from app.web.parameters import (
    Asked,
    AskedEdition,
    CodeParameter,
    UseParameter,
    only_known_parameters,
)
from app.web.price import PATH, PriceQuery, PriceRoute, answer_price
from app.web.rate import RateLimit
from app.web.region_models import (
    CrossingToObserve,
    OneRegion,
    RegionCollection,
    RegionFeature,
)
from app.web.served import DISTRIBUTION
from app.web.serving.keeper import read_served
from app.web.serving.worker import Follower
from app.web.survey import route as survey
from app.web.valuation.compare import route as compare
from app.web.valuation.route import routes as valuation_routes
from geo.errors import UnknownRegionError
from geo.model import parse_use
from geo.parcels import flat_properties

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path as FilePath

    from pydantic import BaseModel
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from app.web.edition import LoadedEdition
    from app.web.served import Served
    from geo.model import Region

# Written out, for FastAPI would document an error as GeoJSON where the answer is GeoJSON.
_PROBLEM = {"application/json": {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}
_ANY_ERROR: dict[int | str, dict[str, Any]] = {
    "default": {"content": _PROBLEM, "description": "Any other error"}
}
_BAD_REQUEST: dict[int | str, dict[str, Any]] = {
    422: {
        "content": _PROBLEM,
        "description": "A parameter is missing, wrong or not known, or two contradict each other",
    }
}
_NOT_FOUND: dict[int | str, dict[str, Any]] = {
    404: {"content": _PROBLEM, "description": "There is no such region or edition"}
}


class GeoJsonResponse(JSONResponse):
    """A JSON body that says it is GeoJSON (RFC 7946)."""

    media_type = "application/geo+json"


class Service(FastAPI):
    """The application, which answers for one point before routing and middleware."""

    entrance: ASGIApp | None = None
    """What a request passes before it is answered; see `_entrance`."""

    _described: Served | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request by way of the entrance."""
        await (self.entrance or self.answer)(scope, receive, send)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; HEAD as GET, without the body."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            got = {**scope, "method": "GET"}
            try:
                await self.answer(got, receive, partial(_send_head, send))
            finally:
                scope.update(got, method="HEAD")  # what routing found, for who counts by routes
        elif scope["type"] == "http" and scope["path"] == PATH and scope["method"] == "GET":
            await answer_price({**scope, "app": self}, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document of what is served now, in Chinese and English."""
        served: Served = self.state.served
        if self._described is not served:
            self.openapi_schema = None
            document = bilingual(super().openapi())
            list_names(document, "use", served.names_of_uses)
            list_names(document, "city", served.names_of_cities)
            self.openapi_schema, self._described = document, served
        return self.openapi_schema or {}


async def _send_head(send: Send, message: Message) -> None:
    await send({**message, "body": b""} if "body" in message else message)


def create_app(settings: Settings, *, runtime: FilePath | None = None) -> Service:
    """Make the application.

    Parameters
    ----------
    settings : Settings
    runtime : Path, optional
        Folder of the service of which this is a worker: it answers from what is taken there, and
        fills its caches in the background. Else it reads the editions of the settings' folder once.

    Returns
    -------
    Service
        Reads the editions when it starts, and fails to start when one is damaged.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Limits | Metrics]]:
        stopped = Event()
        if runtime is None:
            app.state.served, app.state.refused = read_served(settings), None
            app.state.metrics.editions_are(app.state.served.catalogue.editions)
        else:
            follower = Follower(app.state, runtime)
            Thread(target=follower.follow, args=(stopped,), daemon=True).start()
        with probes.ready(app):
            yield {"limits": settings.limits, "metrics": app.state.metrics}
        stopped.set()

    app = Service(
        title="Standard land price 标定地价",
        version=version(DISTRIBUTION),
        description=text_of("api"),
        lifespan=lifespan,
        docs_url=None,  # see _docs
        redoc_url=None,
    )
    app.state.metrics = Metrics()
    app.entrance = _entrance(app, settings)
    for routes in (_routes, edition_routes, valuation_routes, health_routes):
        app.include_router(routes)
    app.mount("/swagger", StaticFiles(packages=[("fastapi_swagger", "resources")]))
    app.add_api_route("/docs", _docs, include_in_schema=False)
    batch.install(app, settings)
    certificate.install(app)
    compare.install(app, settings)
    downloads.install(app, settings)
    ogc.install(app)
    pages.install(app, settings)
    survey.install(app, settings)
    errors.install(app)
    probes.install(app)
    if settings.metrics == "on":
        metrics.install(app)
    return app


def _entrance(app: Service, settings: Settings) -> ASGIApp:
    """Return what a request passes: the log, then the count, then the limit, as far as set."""
    entrance: ASGIApp = app.answer
    if settings.requests_per_minute:
        entrance = RateLimit(entrance, app.state, per_minute=settings.requests_per_minute)
    if settings.metrics == "on":
        entrance = Counted(entrance, app.state.metrics)
    if settings.access_log != "off":
        with_query = settings.access_log == "with_places"
        entrance = AccessLog(entrance, secret=settings.survey_token, with_query=with_query)
    return entrance


def app_from_environment() -> Service:
    """Make the application with settings from the environment, for another server than ours."""
    return create_app(read_settings())


def _docs() -> HTMLResponse:
    """Show the API page, whose script and style come from the service itself."""
    page = get_swagger_ui_html(
        openapi_url="openapi.json",
        title="Standard land price 标定地价",
        swagger_js_url="swagger/swagger-ui-bundle.js",
        swagger_css_url="swagger/swagger-ui.css",
        swagger_favicon_url="swagger/favicon-32x32.png",
        # With links to operations there would be links in buttons, one in another.
        swagger_ui_parameters={"deepLinking": False},
    )
    text = bytes(page.body).decode().replace("<html>", '<html lang="zh-CN">', 1)
    text = text.replace("</head>", '<link rel="stylesheet" href="assets/docs.css"></head>', 1)
    policy = content_policy(inline_scripts=inline_scripts(text))
    return HTMLResponse(text, headers={"Content-Security-Policy": policy})


_routes = APIRouter(
    prefix="/v1",
    tags=["Standard land price 标定地价"],
    dependencies=[Depends(only_known_parameters)],
)


def price(query: Annotated[PriceQuery, Query()]) -> None:
    """Every region whose closed polygon holds the point, with its price."""


_routes.add_api_route(
    "/price",
    price,
    summary="Standard land prices at a coordinate",
    responses=_ANY_ERROR | _BAD_REQUEST | _NOT_FOUND,
    response_model=PriceAnswer,
    route_class_override=PriceRoute,
)


@_routes.get(
    "/regions",
    summary="Regions as GeoJSON",
    response_class=GeoJsonResponse,
    response_model=RegionCollection,
    responses=_ANY_ERROR | _BAD_REQUEST | _NOT_FOUND,
)
def regions(request: Request, asked: AskedEdition, use: UseParameter = None) -> Response:
    """All regions, or those of one use, in WGS84."""
    edition = asked.edition
    wanted = parse_use(use, edition.uses)

    def collection() -> RegionCollection:
        return RegionCollection(
            edition=asked.served.facts(edition, asked.as_of),
            attribution=edition.parcels.attribution,
            features=[
                _feature(region) for region in edition.regions if wanted in {None, region.use}
            ],
        )

    return _kept(request, asked, collection)


@_routes.get(
    "/regions/{code}",
    summary="One region as GeoJSON",
    response_class=GeoJsonResponse,
    response_model=OneRegion,
    responses=_ANY_ERROR | _BAD_REQUEST | _NOT_FOUND,
)
def region(request: Request, asked: AskedEdition, code: CodeParameter) -> Response:
    """One region with its record and polygon, in WGS84, and what would settle where it lies."""
    for found in asked.edition.regions:
        if found.code == code:
            return _kept(request, asked, partial(_one_region, asked.edition, found))
    raise UnknownRegionError(f"There is no region {code[:40]!r} in this edition.")


def _kept(request: Request, asked: Asked, make: Callable[[], BaseModel]) -> Response:
    """Answer with GeoJSON, which is made only for those who have not kept it."""
    tag = asked.served.tag
    if is_current(tag.etag, request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=tag.headers)
    return GeoJsonResponse(make().model_dump(mode="json"), headers=tag.headers)


def _one_region(edition: LoadedEdition, region: Region) -> OneRegion:
    crossing = edition.crossing_for(region.code)
    observe = None
    if crossing is not None:
        observe = CrossingToObserve(
            lines=crossing.lines,
            lon=round(crossing.lon, 6),
            lat=round(crossing.lat, 6),
            radius_m=round(crossing.radius_m),
            settled=round(crossing.settled, 3),
        )
    return OneRegion(**dict(_feature(region)), observe=observe)


def _feature(region: Region) -> RegionFeature:
    return RegionFeature(
        id=region.code,
        properties=flat_properties(region),
        geometry=shapely.geometry.mapping(region.polygon),
    )
