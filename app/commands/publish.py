"""``landprice publish``: put editions in force, all at once."""

from __future__ import annotations

from pathlib import Path

import click

from app.commands.editions_text import publication_text
from app.settings import read_settings
from geo.editions.publish import publish


@click.command("publish")
@click.argument(
    "folders",
    metavar="[DIR]...",
    nargs=-1,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
def command(folders: tuple[Path, ...]) -> None:
    """Put editions in force, all at once.

    Each DIR has an edition that was built: parcels.geojson and what belongs to it; without any, the
    city's own folder does. They are checked, and copied into editions/ of the city's folder, where
    a running service finds them. Editions that are there already stay in force beside them.
    """
    data = read_settings().data
    click.echo(publication_text(publish(folders or [data], data), data))
