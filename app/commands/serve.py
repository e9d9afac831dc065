"""``landprice serve``: the HTTP service."""

from __future__ import annotations

import socket

import click
import uvicorn

from app.settings import read_settings
from geo.parcels import read_parcels


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 for any that is free.",
)
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Number of server processes.",
)
def command(host: str, port: int, workers: int) -> None:
    """Serve prices over HTTP."""
    settings = read_settings()
    # A damaged file or a port in use stops here, with one line and no traceback.
    read_parcels(settings.parcels)
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise click.ClickException(f"cannot listen on {host}:{port}: {error.strerror}") from error
    uvicorn.run(
        "app.web.app:app_from_environment",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_level=settings.log_level,
        http="app.web.protocol:LimitedProtocol",
        forwarded_allow_ips="*",  # the protocol leaves out what is not to be trusted
        timeout_graceful_shutdown=settings.shutdown_timeout_s,
        access_log=False,  # see app.web.access; uvicorn's own would tell the places asked for
    )
