"""``landprice rollback``: go back to the publication before."""

from __future__ import annotations

import click

from app.commands.editions_text import publication_text
from app.settings import read_settings
from geo.editions.publish import rollback


@click.command("rollback")
def command() -> None:
    """Put the publication before the one in force in force again; nothing is deleted."""
    data = read_settings().data
    click.echo(publication_text(rollback(data), data))
