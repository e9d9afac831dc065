"""``landprice basemap``: a base map that ships with the service."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.commands.console import EXISTING_FILE, check_apart, echo_sizes, write_files
from app.settings import read_settings
from geo.lookup.edition import OpenEdition
from maps.basemap import basemap_text, read_osm
from maps.interactive.base_maps import OWN_BASE_MAP

if TYPE_CHECKING:
    from maps.basemap import Shape

_MARGIN_DEG = 0.03  # around the regions, some 3 km


@click.group("basemap")
def command() -> None:
    """Make the base map that the city's own service shows."""


@command.command("import")
@click.argument("source", metavar="FILE", type=EXISTING_FILE)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write it to; basemap in the city's folder if not given.",
)
@click.option(
    "--box",
    type=(float, float, float, float),
    metavar="WEST SOUTH EAST NORTH",
    help="What it shows, in degrees; a box around the city if not given.",
)
def import_(
    source: Path, output: Path | None, box: tuple[float, float, float, float] | None
) -> None:
    """Make a pale base map of FILE, which is OpenStreetMap data (.osm or .osm.pbf).

    It shows roads, railways, water and green with their names. The page, the map and the sheets
    have it as soon as the service starts anew.
    """
    settings = read_settings()
    target = (output or settings.data / "basemap") / Path(OWN_BASE_MAP).name
    inputs = [path for path in settings.inputs if path != settings.basemap]  # which it makes anew
    check_apart([target], [source, *inputs])
    shapes = read_osm(source, box or _around(OpenEdition.read(settings.parcels)))
    target.parent.mkdir(parents=True, exist_ok=True)
    contents = {target: basemap_text(shapes).encode()}
    write_files(contents)
    echo_sizes(contents)
    click.echo(_summary(shapes))


def _around(edition: OpenEdition) -> tuple[float, float, float, float]:
    west, south, east, north = edition.extent
    return west - _MARGIN_DEG, south - _MARGIN_DEG, east + _MARGIN_DEG, north + _MARGIN_DEG


def _summary(shapes: list[Shape]) -> str:
    counts: dict[str, int] = {}
    for shape in shapes:
        counts[shape.kind] = counts.get(shape.kind, 0) + 1
    named = sum(bool(shape.name) for shape in shapes)
    told = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    return f"{told}; {named} of them have a name"
