"""``landprice workbench``: a page for the operator alone."""

from __future__ import annotations

import secrets
import socket
from getpass import getuser

import click
import uvicorn

from app.commands.language import say
from app.settings import read_settings

_HOST = "127.0.0.1"


@click.command("workbench")
@click.option(
    "--port",
    default=0,
    type=click.IntRange(0, 65535),
    help="Port to listen on; any that is free if not given.",
)
@click.option("--who", help="Whose observations are saved; the user of this computer if not given.")
def command(port: int, who: str | None) -> None:
    """Put in what is known of the lines, and see at once what it changes.

    Prints the address of a page that only this computer and only who has the address can open.
    What is saved goes to network/survey.csv of the city's folder; `landprice build` uses it.
    """
    from app.web.workbench.desk import Desk  # noqa: PLC0415 - slow to import
    from app.web.workbench.routes import create_workbench  # noqa: PLC0415 - imports folium

    settings = read_settings()
    desk = Desk(settings)
    token = secrets.token_urlsafe(16)
    try:
        listening = socket.create_server((_HOST, port))
    except OSError as error:
        raise click.ClickException(f"cannot listen on {_HOST}:{port}: {error.strerror}") from error
    address = f"http://{_HOST}:{listening.getsockname()[1]}/{token}/"
    click.echo(say(f"在浏览器中打开：{address}", f"Open in a browser: {address}"))
    click.echo(say("按 Ctrl+C 结束。", "Ctrl+C ends it."))
    app = create_workbench(desk, token=token, who=who or getuser())
    config = uvicorn.Config(app, log_level=settings.log_level, access_log=False)
    uvicorn.Server(config).run(sockets=[listening])
