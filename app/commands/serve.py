"""``landprice serve``: the HTTP service."""

from __future__ import annotations

import socket
from contextlib import nullcontext

import click
import uvicorn
from uvicorn.config import LOGGING_CONFIG

from app.settings import read_settings, shared_metrics
from app.web.logs import as_json
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
    is_shared = workers > 1 and settings.metrics == "on"
    with shared_metrics() if is_shared else nullcontext():
        uvicorn.run(
            "app.web.app:app_from_environment",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            log_config=LOGGING_CONFIG if settings.access_log == "off" else as_json(),
            log_level=settings.log_level,
            http="app.web.protocol:LimitedProtocol",
            # The protocol leaves out what others say; of several proxies each adds whom it saw.
            forwarded_allow_ips=settings.trusted_proxies,
            timeout_graceful_shutdown=settings.shutdown_timeout_s,
            access_log=False,  # see app.web.access; uvicorn's own would tell the places asked for
        )
