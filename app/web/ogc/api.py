"""pygeoapi as an ASGI application: the part of it that reads features and tiles, as JSON.

``pygeoapi.starlette_app`` takes its configuration from the process's environment when it is
imported and has one fixed address, so its routes are laid here anew over the functions behind
them, ``answer(api, request, ...)``, as pygeoapi's own frameworks do.
"""

from __future__ import annotations

import copy
import json
import logging
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, quote, urlsplit

from pygeoapi import api as core  # type: ignore[import-untyped]
from pygeoapi.api import itemtypes, tiles  # type: ignore[import-untyped]
from pygeoapi.error import GenericError  # type: ignore[import-untyped]
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from app.errors import ParameterError
from app.web.address import base_url
from app.web.caching import CachedContent
from app.web.headers import REVALIDATED
from app.web.ogc.config import configuration
from app.web.ogc.crs import CRS84, served_crs
from app.web.ogc.filters import LANGUAGES, FilterError, read_filter, within
from app.web.ogc.html import html_of
from app.web.ogc.layers import layers_of
from app.web.ogc.openapi import openapi_of
from app.web.ogc.request import OgcRequest
from app.web.ogc.style import style_of
from app.web.ogc.tiles import LayerTiles
from app.web.parameters import check_parameters
from geo.fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from starlette.requests import Request

    from app.web.edition import LoadedEdition
    from geo.parcels import Parcels

    _Answer = tuple[dict[str, str], int, Any]

_LOG: Final = logging.getLogger("landprice")

_STANDARD: Final = "http://www.opengis.net/spec"
# pygeoapi declares these whatever it is asked to serve.
_NOT_OFFERED: Final = {
    f"{_STANDARD}/ogcapi-common-1/1.0/conf/html",
    f"{_STANDARD}/ogcapi-features-1/1.0/conf/html",
    f"{_STANDARD}/ogcapi-features-4/1.0/conf/create-replace-delete",
}
_FILTERS: Final = {
    f"{_STANDARD}/ogcapi-features-3/1.0/conf/filter",
    f"{_STANDARD}/ogcapi-features-3/1.0/conf/features-filter",
    f"{_STANDARD}/cql2/1.0/conf/cql2-text",
    f"{_STANDARD}/cql2/1.0/conf/cql2-json",
    f"{_STANDARD}/cql2/1.0/conf/basic-cql2",
    f"{_STANDARD}/cql2/1.0/conf/advanced-comparison-operators",
    f"{_STANDARD}/cql2/1.0/conf/case-insensitive-comparison",
    f"{_STANDARD}/cql2/1.0/conf/basic-spatial-functions",
    f"{_STANDARD}/cql2/1.0/conf/basic-spatial-functions-plus",
    f"{_STANDARD}/cql2/1.0/conf/spatial-functions",
    f"{_STANDARD}/cql2/1.0/conf/property-property",
}

# Links that pygeoapi writes to what is not laid here.
_NOT_LINKED: Final = {
    "http://www.opengis.net/def/rel/ogc/1.0/processes",
    "http://www.opengis.net/def/rel/ogc/1.0/job-list",
}
_FORMATS_NOT_LINKED: Final = (["html"], ["jsonld"])

_GEOJSON: Final = "application/geo+json"


class OgcApi:
    """The OGC API of an edition.

    Parameters
    ----------
    edition : LoadedEdition
    path : str
        Where it is mounted, below the address of the service.
    """

    def __init__(self, edition: LoadedEdition, path: str) -> None:
        parcels: Parcels = edition.parcels
        self._path, self._parcels, self._classes = path, parcels, edition.classes
        self._served = served_crs(parcels.metric_crs)
        tilesets = [LayerTiles(layer, parcels.attribution) for layer in layers_of(edition)]
        config = configuration(parcels, tilesets)
        with _logging_untouched():
            self._api = core.API(config, {})
        # Every refusal is an error to pygeoapi; what has failed here is logged below.
        logging.getLogger("pygeoapi").setLevel(logging.CRITICAL)
        self._openapi = openapi_of(config, self._served)
        self._conformance: list[str] | None = None
        self.app = Starlette(
            routes=self._routes(), exception_handlers={HTTPException: self._http_error}
        )
        self.app.router.redirect_slashes = False  # a redirect would leave a proxy's prefix out

    def _routes(self) -> list[Route]:
        one = "/collections/{collection}"
        tileset = one + "/tiles/{scheme}"
        laid = self._laid
        return [
            laid("/", core.landing_page),
            laid("/openapi", core.openapi_),
            laid("/conformance", self._answer_conformance),
            laid("/TileMatrixSets", tiles.tilematrixsets),
            laid("/tileMatrixSets", tiles.tilematrixsets),  # as pygeoapi links it
            laid("/TileMatrixSets/{scheme}", tiles.tilematrixset),
            laid("/style.json", self._answer_style),
            laid("/collections", core.describe_collections),
            laid(one, core.describe_collections),
            laid(f"{one}/schema", core.get_collection_schema),
            laid(f"{one}/queryables", itemtypes.get_collection_queryables),
            laid(f"{one}/items", self._answer_items, parameters=None, media_type=_GEOJSON),
            laid(
                f"{one}/items/{{item:path}}",
                itemtypes.get_collection_item,
                parameters=("crs",),
                media_type=_GEOJSON,
            ),
            laid(f"{one}/tiles", tiles.get_collection_tiles),
            laid(tileset, tiles.get_collection_tiles_metadata, formats=("json", "tilejson")),
            laid(
                f"{tileset}/metadata",
                tiles.get_collection_tiles_metadata,
                formats=("json", "tilejson"),
            ),
            laid(
                f"{tileset}/{{zoom:int}}/{{row:int}}/{{column:int}}",
                tiles.get_collection_tiles_data,
                formats=("mvt",),
            ),
        ]

    def _laid(
        self,
        path: str,
        answer: Callable[..., _Answer],
        *,
        parameters: tuple[str, ...] | None = (),
        formats: tuple[str, ...] = ("json",),
        media_type: str | None = None,
    ) -> Route:
        """Lay a route to a function of pygeoapi; the first format is the default.

        Parameters beside ``f`` and ``lang`` are named, or None where `answer` refuses others.
        """
        known = None if parameters is None else (*parameters, "f", "lang")

        async def endpoint(request: Request) -> Response:
            return await run_in_threadpool(
                self._respond, request, answer, known, formats, media_type
            )

        return Route(path, endpoint)

    def _respond(
        self,
        request: Request,
        answer: Callable[..., _Answer],
        known: tuple[str, ...] | None,
        formats: tuple[str, ...],
        media_type: str | None,
    ) -> Response:
        given = [name for name, _ in request.query_params.multi_items()]
        api = self._at(base_url(request) + self._path)
        asked = OgcRequest(request, api.locales, formats[0])
        try:
            check_parameters(given, given if known is None else known)
            if asked.format not in formats:
                # pygeoapi's own refusal comes in the very format, where it knows that.
                headers, status, content = _invalid(
                    api, asked, f"f must be {' or '.join(formats)}."
                )
            else:
                headers, status, content = answer(api, asked, *request.path_params.values())
        except ParameterError as error:
            headers, status, content = _invalid(api, asked, str(error))
        except GenericError as error:
            headers, status, content = _refusal(
                api, asked, error.http_status_code, error.ogc_exception_code, error.message
            )
        except Exception:
            _LOG.exception("%s %s failed", request.method, request.url.path)
            headers, status, content = _refusal(
                api,
                asked,
                HTTPStatus.INTERNAL_SERVER_ERROR,
                "NoApplicableCode",
                "The service failed; the operator finds the reason in its log.",
            )
        if media_type is not None and status == HTTPStatus.OK:
            headers["Content-Type"] = media_type
        return _response(request, headers, status, content)

    def _at(self, url: str) -> core.API:
        """Return the API as it is at an address; pygeoapi knows only one."""
        api = copy.copy(self._api)
        api.base_url = url
        api.openapi = self._openapi | {"servers": [{"url": url}]}
        metadata = api.config["metadata"]
        identification = metadata["identification"] | {"url": url.removesuffix(self._path) + "/"}
        api.config = api.config | {"metadata": metadata | {"identification": identification}}
        return api

    def _answer_conformance(self, api: core.API, request: OgcRequest) -> _Answer:
        # Asked once, for each time pygeoapi makes its own list longer.
        if self._conformance is None:
            declared = json.loads(core.conformance(api, request)[2])["conformsTo"]
            self._conformance = sorted((set(declared) - _NOT_OFFERED) | _FILTERS)
        headers = request.get_response_headers(**api.api_headers)
        return headers, HTTPStatus.OK, json.dumps({"conformsTo": self._conformance})

    def _answer_style(self, api: core.API, request: OgcRequest) -> _Answer:
        headers = request.get_response_headers(**api.api_headers)
        style = style_of(self._parcels, self._classes, api.base_url)
        return headers, HTTPStatus.OK, json.dumps(style)

    def _answer_items(self, api: core.API, request: OgcRequest, collection: str) -> _Answer:
        try:
            _read_filters(request, self._served)
        except FilterError as error:
            return _invalid(api, request, str(error))
        answer: _Answer = itemtypes.get_collection_items(api, request, collection)
        return answer

    async def _http_error(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for it alone
        asked = OgcRequest(request, self._api.locales, "json")
        phrase = HTTPStatus(error.status_code).phrase
        code = "NotFound" if error.status_code == HTTPStatus.NOT_FOUND else "NoApplicableCode"
        headers, status, content = _refusal(self._api, asked, error.status_code, code, f"{phrase}.")
        return _response(request, headers | dict(error.headers or {}), status, content)


def _read_filters(request: OgcRequest, served: Sequence[str]) -> None:
    """Read what pygeoapi would read otherwise than the standards: ``filter`` and ``bbox-crs``.

    It takes the one for ECQL, and knows neither ``cql2-text`` nor ``cql2-json``; for the other see
    ``crs.py``. What is wrong with a bbox or an unknown ``bbox-crs``, pygeoapi tells itself.
    """
    params = request.params
    conditions, replaced = [], {"filter", "filter-lang", "filter-crs"}
    if "filter" in params:
        language = params.get("filter-lang", LANGUAGES[0])
        crs = params.get("filter-crs", CRS84)
        if crs not in served:
            raise FilterError(f"filter-crs must be one of {', '.join(served)}.")
        conditions.append(read_filter(params["filter"], language, crs))
    bbox, crs = params.get("bbox"), params.get("bbox-crs", CRS84)
    if bbox is not None and crs in served and crs != CRS84:
        try:
            conditions.append(within(core.validate_bbox(bbox), crs))
        except ValueError as error:
            raise FilterError(str(error)) from error
        replaced |= {"bbox", "bbox-crs"}
    params.hidden |= replaced
    if conditions:
        first, *others = conditions
        request.set_filter(first.both(*others) if others else first)


def _invalid(api: core.API, request: OgcRequest, message: str) -> _Answer:
    return _refusal(api, request, HTTPStatus.BAD_REQUEST, "InvalidParameterValue", message)


def _refusal(api: core.API, request: OgcRequest, status: int, code: str, message: str) -> _Answer:
    headers = request.get_response_headers(core.SYSTEM_LOCALE, **api.api_headers)
    refusal: _Answer = api.get_exception(status, headers, "json", code, message)
    return refusal


def _response(
    request: Request, headers: dict[str, str], status: int, content: str | bytes
) -> Response:
    if status == HTTPStatus.NO_CONTENT:  # pygeoapi explains it, but HTTP has no room for that
        return Response(status_code=status)
    media_type = headers.pop("Content-Type")
    if isinstance(content, bytes):
        return CachedContent(content, media_type).answer(request)
    if status >= HTTPStatus.BAD_REQUEST:
        media_type = "application/json"  # pygeoapi may have left a tile's
    document = json.loads(content)
    _tidy_links(document)
    _name_fields(document)
    headers["Cache-Control"] = REVALIDATED
    headers["Vary"] = "accept"
    if "text/html" in request.headers.get("accept", "") and "f" not in request.query_params:
        page = html_of(document, base_url(request) + "/")
        return HTMLResponse(page, status, {**headers, "Content-Language": "zh-CN"})
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    # Not by media_type=, which would add a charset that GeoJSON does not have.
    headers["Content-Type"] = media_type
    return Response(text.encode(), status, headers)


def _tidy_links(document: dict[str, Any]) -> None:
    """Leave out links to what is not there, and write the others as URLs, not IRIs."""
    for name, part in document.items():
        if name == "links":
            document[name] = [
                link | {"href": quote(link["href"], safe="%/:?#[]@!$&'()*+,;=~{}")}
                for link in part
                if _leads_somewhere(link, document.get("numberMatched"))
            ]
        elif name in {"collections", "tilesets", "tileMatrixSets"}:
            for inner in part:
                _tidy_links(inner)


def _name_fields(document: dict[str, Any]) -> None:
    """Title the fields of a schema in Chinese and English, which pygeoapi calls as they are."""
    if "$schema" in document:
        for name, field in document["properties"].items():
            if name in FIELDS:
                field["title"] = FIELDS[name].heading


def _leads_somewhere(link: dict[str, str], matched: int | None) -> bool:
    query = parse_qs(urlsplit(link["href"]).query)
    if link["rel"] == "next":  # pygeoapi puts one on every full page, be it the last
        return matched is None or int(query["offset"][0]) < matched
    return link["rel"] not in _NOT_LINKED and query.get("f") not in _FORMATS_NOT_LINKED


@contextmanager
def _logging_untouched() -> Iterator[None]:
    """Take back what pygeoapi does to the process's logging: a handler of its own for all."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
