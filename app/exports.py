"""Exported files over HTTP: each made when it is first asked for, then kept."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from app.tagged import tagged
from geo.errors import GeoError
from geo.exports.formats import FORMATS
from geo.price_classes import read_price_classes

if TYPE_CHECKING:
    from fastapi import FastAPI

    from app.answers import LoadedEdition
    from app.settings import Settings
    from geo.exports.formats import ExportFormat

FILES: Final = {fmt.file_name: fmt for fmt in FORMATS.values()}
"""What there is, by file name."""

_routes = APIRouter(include_in_schema=False)


class UnknownExportError(GeoError):
    """A file that the service does not make."""

    code = "unknown_export"


def install(app: FastAPI, settings: Settings) -> None:
    """Add the files to an application whose state will have an ``edition``.

    Parameters
    ----------
    app : FastAPI
    settings : Settings
    """
    app.state.exports = _Exports(settings)
    app.include_router(_routes)


@_routes.api_route("/exports/{file}", methods=["GET", "HEAD"])
async def _export(request: Request, file: str) -> Response:
    if file not in FILES:
        raise UnknownExportError(f"There is no file {file[:40]}; there are {', '.join(FILES)}.")
    fmt = FILES[file]
    exports: _Exports = request.app.state.exports
    answer = tagged(request, await exports.content(request.app.state.edition, fmt), fmt.media_type)
    answer.headers["content-disposition"] = f'attachment; filename="{file}"'
    return answer


class _Exports:
    """The files of one edition.

    One is made at a time, in one thread: so that askers of files never keep those of prices
    waiting for a thread, and because GDAL is told the date by a setting of the whole process.
    """

    def __init__(self, settings: Settings) -> None:
        self._price_classes = settings.price_classes
        self._made: dict[str, bytes] = {}
        self._lock = asyncio.Lock()

    async def content(self, edition: LoadedEdition, fmt: ExportFormat) -> bytes:
        """Return an edition as a file."""
        async with self._lock:
            if fmt.name not in self._made:
                self._made[fmt.name] = await run_in_threadpool(self._make, edition, fmt)
            return self._made[fmt.name]

    def _make(self, edition: LoadedEdition, fmt: ExportFormat) -> bytes:
        from geo.export import export_bytes  # noqa: PLC0415 - slow to import

        return export_bytes(edition.parcels, read_price_classes(self._price_classes), fmt)
