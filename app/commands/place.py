"""How a place is given on the command line: as two numbers, or as one text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from app.commands.console import SYSTEMS
from geo.lookup.written import read_coordinate

if TYPE_CHECKING:
    from collections.abc import Callable

_Command = TypeVar("_Command", bound="Callable[..., Any]")


def place_options(command: _Command) -> _Command:
    """Add to a command what says where, of which use, and from which edition."""
    options = (
        click.argument("lon", required=False),
        click.argument("lat", required=False),
        click.option(
            "--crs",
            shell_complete=SYSTEMS,
            help="wgs84 (assumed), cgcs2000, gcj02, bd09, or a 3-degree zone of CGCS2000 such as"
            " epsg:4547.",
        ),
        click.option(
            "--use", help="Only this use: its code, such as commercial, or its Chinese name."
        ),
        click.option(
            "--known",
            multiple=True,
            help="What is known of the place, such as north_of:开源大道; may be given several"
            " times.",
        ),
        click.option("--at", help="A place as a text: in words, or a coordinate in any form."),
        click.option(
            "--as-of",
            type=click.DateTime(["%Y-%m-%d"]),
            help="The day on which the prices must be in force.",
        ),
        click.option("--city", help="Code or name of a city; a coordinate finds its own."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def read_place(*, lon: str | None, lat: str | None, at: str | None) -> dict[str, Any]:
    """Read a place by what `place_options` adds.

    Parameters
    ----------
    lon, lat, at : str or None

    Returns
    -------
    dict
        The numbers ``lon`` and ``lat``, or the text ``at``.

    Raises
    ------
    click.UsageError
        It is given in two ways, or not at all.
    CoordinateError
        A number cannot be read.
    """
    if at is not None and lon is not None:
        raise click.UsageError("--at stands in the place of LON and LAT.")
    text = lon if at is None else at
    if text is None:
        raise click.UsageError("Give LON and LAT, or a place as one text.")
    if lat is None:
        return {"at": text}
    return {"lon": read_coordinate(text, "lon"), "lat": read_coordinate(lat, "lat")}
