"""The HTTP service; it only reads, but for the notes of the field page."""

from __future__ import annotations

import platform
from collections import Counter
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from threading import Event, Thread
from typing import TYPE_CHECKING, Annotated, Any

import pyproj
import shapely
from fastapi import APIRouter, Depends, FastAPI, Path, Query, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles

from app.settings import Limits, Settings, read_settings
from app.web import downloads, errors, ogc, pages
from app.web.access import AccessLog
from app.web.batch import route as batch
from app.web.caching import is_current
from app.web.documentation import bilingual, list_uses, text_of
from app.web.edition import DISTRIBUTION, LoadedEdition
from app.web.headers import content_policy, inline_scripts
from app.web.models import (
    EXAMPLE_CODE,
    Dataset,
    Health,
    PriceAnswer,
    ProblemBody,
)
from app.web.parameters import (
    CurrentEdition,
    UseParameter,
    only_known_parameters,
)
from app.web.price import PATH, PriceQuery, PriceRoute, answer_price
from app.web.region_models import (
    CrossingToObserve,
    OneRegion,
    RegionCollection,
    RegionFeature,
)
from app.web.survey import route as survey
from geo.errors import UnknownRegionError
from geo.model import REGION_CODE, parse_use
from geo.parcels import flat_properties

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from pydantic import BaseModel
    from starlette.types import Message, Receive, Scope, Send

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

    access_log: AccessLog | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, and say so."""
        await (self.access_log or self.answer)(scope, receive, send)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; HEAD as GET, without the body."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope, send = {**scope, "method": "GET"}, partial(_send_head, send)
        if scope["type"] == "http" and scope["path"] == PATH and scope["method"] == "GET":
            await answer_price({**scope, "app": self}, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document of a service that has started, in Chinese and English."""
        if not self.openapi_schema:
            self.openapi_schema = bilingual(super().openapi())
            list_uses(self.openapi_schema, self.state.edition.uses)
        return self.openapi_schema


async def _send_head(send: Send, message: Message) -> None:
    await send({**message, "body": b""} if "body" in message else message)


def create_app(settings: Settings, *, prefetch: bool = False) -> Service:
    """Make the application.

    Parameters
    ----------
    settings : Settings
    prefetch : bool, optional
        Whether to fill the caches in the background once it has started.

    Returns
    -------
    Service
        Reads ``parcels.geojson`` when it starts, and fails to start when that is damaged.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Limits]]:
        app.state.edition = LoadedEdition.read(settings.parcels)
        stopped = Event()
        if prefetch:
            Thread(target=app.state.edition.prefetch, args=(stopped,), daemon=True).start()
        yield {"limits": settings.limits}
        stopped.set()

    app = Service(
        title="Standard land price 标定地价",
        version=version(DISTRIBUTION),
        description=text_of("api"),
        lifespan=lifespan,
        docs_url=None,  # see _docs
        redoc_url=None,
    )
    if settings.access_log != "off":
        with_query = settings.access_log == "with_places"
        app.access_log = AccessLog(app.answer, secret=settings.survey_token, with_query=with_query)
    app.include_router(_routes)
    app.mount("/swagger", StaticFiles(packages=[("fastapi_swagger", "resources")]))
    app.add_api_route("/docs", _docs, include_in_schema=False)
    batch.install(app, settings)
    downloads.install(app, settings)
    ogc.install(app)
    pages.install(app, settings)
    survey.install(app, settings)
    errors.install(app)
    return app


def app_from_environment() -> Service:
    """Make the application with settings from the environment; for server processes."""
    return create_app(read_settings(), prefetch=True)


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
    responses=_ANY_ERROR | _BAD_REQUEST,
)
def regions(request: Request, edition: CurrentEdition, use: UseParameter = None) -> Response:
    """All regions, or those of one use, in WGS84."""
    wanted = parse_use(use, edition.uses)

    def collection() -> RegionCollection:
        return RegionCollection(
            edition=edition.facts,
            attribution=edition.parcels.attribution,
            features=[
                _feature(region) for region in edition.regions if wanted in {None, region.use}
            ],
        )

    return _kept(request, edition, collection)


@_routes.get(
    "/regions/{code}",
    summary="One region as GeoJSON",
    response_class=GeoJsonResponse,
    response_model=OneRegion,
    responses=_ANY_ERROR | _NOT_FOUND,
)
def region(
    request: Request,
    edition: CurrentEdition,
    code: Annotated[
        str,
        Path(
            title="Region code 标定区域编号",
            description="As the notice prints it.",
            examples=[EXAMPLE_CODE],
            json_schema_extra={"pattern": f"^{REGION_CODE}$"},
        ),
    ],
) -> Response:
    """One region with its record and polygon, in WGS84, and what would settle where it lies."""
    for found in edition.regions:
        if found.code == code:
            return _kept(request, edition, partial(_one_region, edition, found))
    raise UnknownRegionError(f"There is no region {code[:40]!r} in this edition.")


@_routes.get(
    "/health",
    summary="Versions and dataset",
    responses={"default": {"model": ProblemBody, "description": "Any error"}},
)
def health(edition: CurrentEdition) -> Health:
    """Tell that the service is up, with which software and which data."""
    counts = Counter(region.use for region in edition.regions)
    return Health(
        versions={
            "landprice": version(DISTRIBUTION),
            "python": platform.python_version(),
            "shapely": shapely.__version__,
            "geos": shapely.geos_version_string,
            "pyproj": pyproj.__version__,
            "proj": pyproj.proj_version_str,
        },
        dataset=Dataset(
            sha256=edition.parcels.sha256,
            edition=edition.facts,
            counts={use.code: counts[use] for use in edition.uses},
            attribution=edition.parcels.attribution,
        ),
    )


def _kept(request: Request, edition: LoadedEdition, make: Callable[[], BaseModel]) -> Response:
    """Answer with GeoJSON, which is made only for those who have not kept it."""
    if is_current(edition.etag, request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=edition.headers)
    return GeoJsonResponse(make().model_dump(mode="json"), headers=edition.headers)


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
