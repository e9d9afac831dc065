"""``landprice editions``: what is in force, and since when."""

from __future__ import annotations

import click

from app.commands.console import echo_json
from app.commands.editions_text import editions_text
from app.settings import read_settings
from app.web.editions import editions
from app.web.serving.keeper import read_served


@click.command("editions")
@click.option("--json", "as_json", is_flag=True, help="The same JSON as GET /v1/editions.")
def command(*, as_json: bool) -> None:
    """List the editions of all cities."""
    found = editions(read_served(read_settings()))
    if as_json:
        echo_json(found.model_dump(mode="json"))
    else:
        click.echo(editions_text(found))
