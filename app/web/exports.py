"""Exported files over HTTP."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter, Request, Response

from app.errors import UnknownExportError
from app.web.caching import Tagged
from geo.exports.formats import FORMATS
from geo.symbology import read_price_classes

if TYPE_CHECKING:
    from fastapi import FastAPI

    from app.settings import Settings
    from app.web.edition import LoadedEdition
    from app.web.made_once import MadeOnce
    from geo.exports.formats import ExportFormat

FILES: Final = {fmt.file_name: fmt for fmt in FORMATS.values()}
"""What there is, by file name."""


def install(app: FastAPI, settings: Settings, files: MadeOnce) -> None:
    """Add the files to an application whose state will have an ``edition``.

    Parameters
    ----------
    app : FastAPI
    settings : Settings
    files : MadeOnce
        Where they are kept.
    """
    routes = APIRouter(include_in_schema=False)

    @routes.api_route("/exports/{file}", methods=["GET", "HEAD"])
    async def export(request: Request, file: str) -> Response:
        if file not in FILES:
            raise UnknownExportError(f"There is no file {file[:40]}; there are {', '.join(FILES)}.")
        make = partial(_make, request.app.state.edition, settings, FILES[file])
        return (await files.get(f"exports/{file}", make)).answer(request)

    app.include_router(routes)


def _make(edition: LoadedEdition, settings: Settings, fmt: ExportFormat) -> Tagged:
    from geo.exports.writers import export_bytes  # noqa: PLC0415 - slow to import

    content = export_bytes(edition.parcels, read_price_classes(settings.price_classes), fmt)
    attachment = {"content-disposition": f'attachment; filename="{fmt.file_name}"'}
    return Tagged(content, fmt.media_type, attachment)
