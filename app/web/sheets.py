"""Gazette sheets over HTTP."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter, Request, Response

from app.errors import UnknownSheetError
from app.web.caching import Tagged
from geo.model import Use
from geo.symbology import read_price_classes

if TYPE_CHECKING:
    from fastapi import FastAPI

    from app.settings import Settings
    from app.web.edition import LoadedEdition
    from app.web.made_once import MadeOnce

_MEDIA_TYPES: Final = {"pdf": "application/pdf", "svg": "image/svg+xml", "png": "image/png"}


def install(app: FastAPI, settings: Settings, files: MadeOnce) -> None:
    """Add the sheets to an application whose state will have an ``edition``.

    Parameters
    ----------
    app : FastAPI
    settings : Settings
    files : MadeOnce
        Where they are kept.
    """
    routes = APIRouter(include_in_schema=False)

    @routes.api_route("/sheets/{use}.{fmt}", methods=["GET", "HEAD"])
    async def sheet(request: Request, use: str, fmt: str) -> Response:
        edition: LoadedEdition = request.app.state.edition
        _check(edition, use, fmt)
        make = partial(_draw, edition, settings, Use(use), fmt)
        return (await files.get(f"sheets/{use}.{fmt}", make)).answer(request)

    app.include_router(routes)


def _check(edition: LoadedEdition, use: str, fmt: str) -> None:
    present = {region.use for region in edition.parcels.regions}
    if use not in present or fmt not in _MEDIA_TYPES:
        uses = ", ".join(one for one in Use if one in present)
        raise UnknownSheetError(
            f"There is no sheet {use[:40]}.{fmt[:10]}; there are {uses}, each as"
            f" {', '.join(_MEDIA_TYPES)}."
        )


def _draw(edition: LoadedEdition, settings: Settings, use: Use, fmt: str) -> Tagged:
    from maps.sheet.draw import draw_sheet, sheet_bytes  # noqa: PLC0415 - imports matplotlib

    classes = read_price_classes(settings.price_classes)
    content = sheet_bytes(draw_sheet(edition.parcels, use, classes[use]), fmt)
    return Tagged(content, _MEDIA_TYPES[fmt])
