"""Files of the edition over HTTP: exports for GIS, and gazette sheets."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter, Depends, Request, Response

from app.errors import UnknownExportError, UnknownSheetError
from app.web.caching import Cache, CachedContent
from app.web.parameters import AskedEdition, only_known_parameters
from geo.exports.formats import FORMATS

if TYPE_CHECKING:
    from fastapi import FastAPI

    from app.settings import Settings
    from app.web.edition import LoadedEdition
    from geo.exports.formats import ExportFormat
    from geo.model import Use

EXPORTS: Final = {fmt.file_name: fmt for fmt in FORMATS.values()}
"""Formats by the name of their file."""
_SHEET_TYPES: Final = {"pdf": "application/pdf", "svg": "image/svg+xml", "png": "image/png"}


def install(app: FastAPI, settings: Settings) -> None:
    """Add the files to an application."""
    known_only = [Depends(only_known_parameters)]
    routes = APIRouter(include_in_schema=False, dependencies=known_only)
    files = Cache[CachedContent]()

    @routes.get("/exports/{file}")
    async def export(request: Request, asked: AskedEdition, file: str) -> Response:
        if file not in EXPORTS:
            names = ", ".join(EXPORTS)
            raise UnknownExportError(f"There is no file {file[:40]}; there are {names}.")
        make = partial(_export, asked.edition, EXPORTS[file])
        return (await files.get(asked.edition, EXPORTS[file], make)).answer(request)

    @routes.get("/sheets/{use}.{fmt}")
    async def sheet(request: Request, asked: AskedEdition, use: str, fmt: str) -> Response:
        edition = asked.edition
        make = partial(_draw, edition, settings, _sheet_use(edition, use, fmt), fmt)
        return (await files.get(edition, (use, fmt), make)).answer(request)

    app.include_router(routes)


def _sheet_use(edition: LoadedEdition, code: str, fmt: str) -> Use:
    found = {use.code: use for use in edition.uses}
    if code not in found or fmt not in _SHEET_TYPES:
        raise UnknownSheetError(
            f"There is no sheet {code[:40]}.{fmt[:10]}; there are {', '.join(found)}, each as"
            f" {', '.join(_SHEET_TYPES)}."
        )
    return found[code]


def _export(edition: LoadedEdition, fmt: ExportFormat) -> CachedContent:
    from geo.exports.writers import export_bytes  # noqa: PLC0415 - slow to import

    content = export_bytes(
        edition.parcels,
        edition.classes,
        fmt,
        areas=edition.areas if fmt.name == "gpkg" else (),
    )
    attachment = {"content-disposition": f'attachment; filename="{fmt.file_name}"'}
    return CachedContent(content, fmt.media_type, attachment)


def _draw(edition: LoadedEdition, settings: Settings, use: Use, fmt: str) -> CachedContent:
    from maps.basemap import read_basemap  # noqa: PLC0415
    from maps.sheet.draw import draw_sheet, sheet_bytes  # noqa: PLC0415 - imports matplotlib

    sheet = draw_sheet(
        edition.parcels,
        use,
        edition.classes[use],
        base=read_basemap(settings.basemap),
        certainty=edition.certainty,
    )
    return CachedContent(sheet_bytes(sheet, fmt), _SHEET_TYPES[fmt])
