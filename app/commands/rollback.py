"""``landprice rollback``: go back to the publication before."""

from __future__ import annotations

import click

from app.commands.editions_text import published_text
from app.settings import read_settings
from geo.editions.publish import rollback


@click.command("rollback")
@click.option("--in", "store", help="The database in which to go back, postgresql://….")
def command(store: str | None) -> None:
    """Put the publication before the one in force in force again; nothing is deleted."""
    if store is None:
        manifest = rollback(read_settings().data)
        click.echo(published_text(manifest.number, manifest.editions))
        return
    from geo.editions.postgis import fetch  # noqa: PLC0415 - needs an extra
    from geo.editions.postgis import publish as database  # noqa: PLC0415

    number = database.rollback(store)
    click.echo(published_text(number, fetch.current_ids(store)))
