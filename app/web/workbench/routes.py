"""The workbench as an application of its own: nothing of it is in the public service."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
from fastapi import APIRouter, FastAPI, HTTPException, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from app.join.observed import read_any
from app.web import errors
from app.web.body import read_body
from app.web.headers import SecurityHeaders, content_policy, security_headers
from app.web.workbench.drawing import Drawings, entries_answer, plan_answer
from app.web.workbench.models import Asked, Hint, NewStatus, ToFind, ToFit, ToPlan, ToSave, hints_of
from app.web.workbench.page import assets_of, page_html
from app.web.workbench.scan import read_scan, turned
from geo.crs import Crs, from_wgs84, parse_crs, to_wgs84
from geo.errors import SurveyError
from geo.lookup.pasted import read_pasted
from geo.survey.georeference import georeference
from geo.survey.intake import take_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.web.workbench.desk import Desk
    from app.web.workbench.scan import Scan

_MOST_BYTES: Final = 100_000_000
_A_MB: Final = 1_000_000


class _Bench:
    """What the routes share."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.drawings = Drawings(desk)
        self.assets = assets_of(desk)
        self.scan: Scan | None = None
        self.turned = b""
        self.working = Lock()  # of PDFium and of GDAL, which one thread may use at a time


def create_workbench(desk: Desk, *, token: str, who: str) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    desk : Desk
    token : str
        Stands before every path; without it nothing is found.
    who : str
        Whose observations it saves, unless the page says otherwise.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.bench = await run_in_threadpool(_Bench, desk)
        app.state.who = who
        yield

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(_routes, prefix=f"/{token}")
    tiles = [base.tile_source for base in desk.settings.shown_base_maps]
    policy = content_policy(image_sources=tiles)
    app.add_middleware(SecurityHeaders, headers=security_headers(policy))
    errors.install(app)
    return app


_routes = APIRouter()


def _bench(request: Request) -> _Bench:
    bench: _Bench = request.app.state.bench
    return bench


@_routes.get("/")
def _page(request: Request, lang: str = "zh") -> Response:
    bench = _bench(request)
    page = page_html(bench.desk, bench.assets, lang=lang, who=request.app.state.who)
    return Response(page, media_type="text/html", headers={"cache-control": "no-store"})


@_routes.get("/assets/{path:path}")
def _asset(request: Request, path: str) -> Response:
    found = _bench(request).assets.answer(request, path)
    if found is None:
        raise HTTPException(404)
    return found


@_routes.get("/basemap.json")
def _basemap(request: Request) -> Response:
    path = _bench(request).desk.settings.basemap
    if not path.exists():
        raise HTTPException(404)
    return Response(path.read_bytes(), media_type="application/geo+json")


@_routes.get("/observed")
def _observed(request: Request) -> dict[str, Any]:
    found = _bench(request).desk.observed()
    return {"version": found.version, "entries": entries_answer(found.entries)}


@_routes.post("/draw")
def _draw(request: Request, asked: Asked) -> dict[str, Any]:
    bench = _bench(request)
    return bench.drawings.of(bench.desk.draw(asked.hints), asked.places)


@_routes.post("/draw-anew")
def _draw_anew(request: Request, asked: Asked) -> dict[str, Any]:
    bench = _bench(request)
    return bench.drawings.of(bench.desk.draw_anew(asked.hints), asked.places)


@_routes.post("/plan")
def _plan(request: Request, asked: ToPlan) -> dict[str, Any]:
    return plan_answer(_bench(request).desk.plan(asked.hints, asked.most))


@_routes.post("/save")
def _save(request: Request, asked: ToSave) -> dict[str, Any]:
    saved = _bench(request).desk.save(asked.hints, asked.who, asked.version)
    return {"ids": list(dict.fromkeys(entry.id for entry in saved)), **_observed(request)}


@_routes.post("/status")
def _status(request: Request, asked: NewStatus) -> dict[str, Any]:
    _bench(request).desk.set_status(asked.ids, asked.status, asked.version)
    return _observed(request)


@_routes.post("/find")
def _find(request: Request, asked: ToFind) -> dict[str, Any]:
    """Return where a place is that somebody typed."""
    edition = _bench(request).desk.edition
    zone = edition.parcels.metric_crs
    pasted = read_pasted(asked.text, zone=zone, assumed=asked.crs or Crs.WGS84)
    if pasted is None:
        found = edition.point_index.look_up_words(asked.text)
        assert found.whereabouts is not None  # noqa: S101 - it was given in words
        lon, lat, radius_m = found.whereabouts
        return {"lon": lon, "lat": lat, "radius_m": round(radius_m)}
    lon, lat = to_wgs84(lon=pasted.lon, lat=pasted.lat, crs=pasted.crs)
    return {"lon": lon, "lat": lat, "radius_m": 0}


@_routes.post("/read")
async def _read(
    request: Request,
    name: Annotated[str, Query(min_length=1, max_length=255)],
    crs: str | None = None,
    words: Annotated[str | None, Query(max_length=200)] = None,
) -> list[dict[str, Any]]:
    """Return the hints that a file has: GPX, a table, GeoJSON, KML or a photo."""
    body, bench = await _body(request), _bench(request)
    found = await run_in_threadpool(_hints_of, bench, body, name, crs, words)
    return [hint.model_dump(mode="json") for hint in found]


def _hints_of(
    bench: _Bench, body: bytes, name: str, crs: str | None, words: str | None
) -> list[Hint]:
    desk = bench.desk
    with bench.working, TemporaryDirectory() as folder:
        path = Path(folder) / Path(name).name
        try:
            path.write_bytes(body)
        except (OSError, ValueError) as error:  # too long, a folder, a NUL
            message = f"the file's name is {name[:60]!r}; give it another, such as drive.gpx."
            raise SurveyError(message, code="file_damaged") from error
        given = read_any(
            path,
            desk.edition,
            crs=parse_crs(crs) if crs else None,
            place=words or None,
            line=words or None,
            error_m=15.0,
        )
    tracks = given._replace(notes=())
    entries = desk.observed().entries
    courses = take_in(tracks, desk.edition, entries, who="", added="")
    return hints_of(given, courses)


@_routes.post("/scan")
async def _scan(request: Request, page: int = 1) -> dict[str, Any]:
    body, bench = await _body(request), _bench(request)
    scan = await run_in_threadpool(_scan_of, bench, body, page)
    width, height = scan.image.size
    return {"name": scan.name, "width": width, "height": height, "pages": scan.pages}


def _scan_of(bench: _Bench, body: bytes, page: int) -> Scan:
    with bench.working:
        bench.scan = read_scan(body, page)
        return bench.scan


@_routes.get("/scan/{name}/as-read.png")
def _as_read(request: Request, name: str) -> Response:
    return Response(_scan_called(request, name).png, media_type="image/png")


@_routes.post("/scan/{name}/fit")
def _fit(request: Request, name: str, asked: ToFit) -> dict[str, Any]:
    """Place a scan on the ground, and say how well its points fit."""
    bench, scan = _bench(request), _scan_called(request, name)
    zone = bench.desk.edition.parcels.metric_crs
    lon = np.array([point.lon for point in asked.points])
    lat = np.array([point.lat for point in asked.points])
    places_m = np.column_stack(from_wgs84(lon=lon, lat=lat, crs=zone))
    pixels = np.array([[point.column, point.row] for point in asked.points]).reshape(-1, 2)
    placed = georeference(pixels, places_m, asked.fit)
    bench.turned, (west, south, east, north) = turned(scan, placed, zone)
    return {
        "bounds": [[south, west], [north, east]],
        "residuals_m": placed.residuals_m.round(1).tolist(),
        "rms_m": None if placed.rms_m is None else round(placed.rms_m, 1),
        "metres_a_pixel": round(placed.metres_a_pixel, 2),
    }


@_routes.get("/scan/{name}/turned.png")
def _turned(request: Request, name: str) -> Response:
    _scan_called(request, name)
    headers = {"cache-control": "no-store"}
    return Response(_bench(request).turned, media_type="image/png", headers=headers)


def _scan_called(request: Request, name: str) -> Scan:
    """Return the scan, unless another page of the workbench has read another one since."""
    scan = _bench(request).scan
    if scan is None or scan.name != name:
        raise HTTPException(404)
    return scan


async def _body(request: Request) -> bytes:
    told = f"the file has more than {_MOST_BYTES // _A_MB} MB, the most that is taken."
    return await read_body(request, most_bytes=_MOST_BYTES, too_large=told)
