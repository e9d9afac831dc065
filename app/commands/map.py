"""``landprice map``: the interactive map as one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from app.commands.console import OUTPUT_FILE, check_outputs, echo_sizes, write_files
from app.settings import PREFIX, read_settings
from geo.lookup.edition import OpenEdition
from geo.symbology import read_price_classes
from maps.interactive.base_maps import BaseMap

if TYPE_CHECKING:
    from pathlib import Path


@click.command("map")
@click.option(
    "-o",
    "--output",
    required=True,
    type=OUTPUT_FILE,
    help="The HTML file to write.",
)
@click.option(
    "--base",
    "bases",
    multiple=True,
    type=click.Choice([base.value for base in BaseMap]),
    help="A base map from another host that readers may choose; can be given more than once."
    f" {BaseMap.TIANDITU} needs your key in {PREFIX}TIANDITU_KEY.",
)
def command(output: Path, bases: tuple[str, ...]) -> None:
    """Write the interactive map as one HTML file that opens without a network."""
    from maps.certainty import certainty_grid  # noqa: PLC0415
    from maps.interactive.certainty import certainty_in_file  # noqa: PLC0415
    from maps.interactive.folium_map import standalone_html  # noqa: PLC0415 - slow to import

    settings = read_settings()
    check_outputs([output], settings.inputs)
    edition = OpenEdition.read(settings.parcels)
    parcels, certainty = edition.parcels, certainty_grid(edition)
    html = standalone_html(
        parcels,
        read_price_classes(settings.price_classes, parcels.prices_cny_m2),
        names=edition.names,
        certainty=certainty_in_file(certainty) if certainty else {},
        base_maps=[BaseMap(base) for base in bases],
        tianditu_key=settings.tianditu_key,
    )
    contents = {output: html.encode()}
    write_files(contents)
    echo_sizes(contents)
