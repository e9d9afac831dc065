"""``landprice publish``: put editions in force, all at once."""

from __future__ import annotations

from pathlib import Path

import click

from app.commands.editions_text import published_text
from app.settings import read_settings
from geo.editions.manifest import edition_files
from geo.editions.publish import publish


@click.command("publish")
@click.argument(
    "folders",
    metavar="[DIR]...",
    nargs=-1,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@click.option("--to", "store", help="The database to publish in, postgresql://….")
def command(folders: tuple[Path, ...], store: str | None) -> None:
    """Put editions in force, all at once.

    Each DIR has an edition that was built: parcels.geojson and what belongs to it; without any, the
    city's own folder does. They are checked, and copied into editions/ of the city's folder, or the
    database, where a running service finds them. Editions that are there already stay in force
    beside them.
    """
    data = read_settings().data
    given = folders or (data,)
    if store is None:
        manifest = publish(given, data)
        click.echo(published_text(manifest.number, manifest.editions))
        return
    from geo.editions.postgis import fetch  # noqa: PLC0415 - needs an extra
    from geo.editions.postgis import publish as database  # noqa: PLC0415

    number = database.publish(store, [edition_files(folder) for folder in given])
    click.echo(published_text(number, fetch.current_ids(store)))
