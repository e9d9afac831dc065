"""Gazette sheets over HTTP: each drawn when it is first asked for, then kept."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from app.tagged import tagged
from geo.errors import GeoError
from geo.price_classes import read_price_classes
from geo.records import Use

if TYPE_CHECKING:
    from fastapi import FastAPI

    from app.answers import LoadedEdition
    from app.settings import Settings

_MEDIA_TYPES: Final = {"pdf": "application/pdf", "svg": "image/svg+xml", "png": "image/png"}

_routes = APIRouter(include_in_schema=False)


class UnknownSheetError(GeoError):
    """A sheet that the edition does not have."""

    code = "unknown_sheet"


def install(app: FastAPI, settings: Settings) -> None:
    """Add the sheets to an application whose state will have an ``edition``.

    Parameters
    ----------
    app : FastAPI
    settings : Settings
    """
    app.state.sheets = _Sheets(settings)
    app.include_router(_routes)


@_routes.api_route("/sheets/{use}.{fmt}", methods=["GET", "HEAD"])
async def _sheet(request: Request, use: str, fmt: str) -> Response:
    sheets: _Sheets = request.app.state.sheets
    content = await sheets.content(request.app.state.edition, use, fmt)
    return tagged(request, content, _MEDIA_TYPES[fmt])


class _Sheets:
    """The sheets of one edition.

    One is drawn at a time, in one thread, so that askers of sheets never keep those of prices
    waiting for a thread.
    """

    def __init__(self, settings: Settings) -> None:
        self._price_classes = settings.price_classes
        self._drawn: dict[tuple[str, str], bytes] = {}
        self._lock = asyncio.Lock()

    async def content(self, edition: LoadedEdition, use: str, fmt: str) -> bytes:
        """Return a sheet as a file.

        Raises
        ------
        UnknownSheetError
            There is no such use or format, or the edition has no region of that use.
        """
        present = {region.use for region in edition.parcels.regions}
        if use not in present or fmt not in _MEDIA_TYPES:
            uses = ", ".join(one for one in Use if one in present)
            raise UnknownSheetError(
                f"There is no sheet {use[:40]}.{fmt[:10]}; there are {uses}, each as"
                f" {', '.join(_MEDIA_TYPES)}."
            )
        async with self._lock:
            if (use, fmt) not in self._drawn:
                drawn = await run_in_threadpool(self._draw, edition, Use(use), fmt)
                self._drawn[use, fmt] = drawn
            return self._drawn[use, fmt]

    def _draw(self, edition: LoadedEdition, use: Use, fmt: str) -> bytes:
        from maps.sheet import draw_sheet, sheet_bytes  # noqa: PLC0415 - imports matplotlib

        classes = read_price_classes(self._price_classes)
        return sheet_bytes(draw_sheet(edition.parcels, use, classes[use]), fmt)
