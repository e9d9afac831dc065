"""``landprice serve``: the HTTP service."""

from __future__ import annotations

import socket
from functools import partial
from logging import config, getLogger
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Final

import click
from uvicorn import Config

from app.settings import Settings, read_settings, shared_metrics
from app.web.app import create_app
from app.web.logs import log_config
from app.web.serving.keeper import Keeper
from app.web.serving.sources import source_of
from app.web.serving.supervisor import Supervisor

_LOG: Final = getLogger("landprice")


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
def command(host: str, port: int, workers: int) -> int:
    """Serve prices over HTTP."""
    settings = read_settings()
    config.dictConfig(log_config(settings))
    with (
        TemporaryDirectory(prefix="landprice-") as folder,
        _listening(host, port) as listening,
        shared_metrics(Path(folder, "metrics")),
    ):
        runtime = Path(folder)
        keeper = Keeper(source_of(settings), runtime, settings.city)
        keeper.start()
        _LOG.info("Listening on %s port %s", *listening.getsockname()[:2])
        supervisor = Supervisor(_config(settings, runtime, host, port, workers), [listening])
        stopped = Event()
        following = Thread(target=keeper.follow, args=(stopped,), daemon=True)
        following.start()
        try:
            supervisor.run()
        finally:
            stopped.set()
            following.join()
    return 1 if supervisor.has_failed else 0


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise click.ClickException(f"cannot listen on {host}:{port}: {error.strerror}") from error


def _config(settings: Settings, runtime: Path, host: str, port: int, workers: int) -> Config:
    return Config(
        partial(create_app, settings, runtime=runtime),
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_config=log_config(settings),
        log_level=settings.log_level,
        http="app.web.protocol:LimitedProtocol",
        # The protocol leaves out what others say; of several proxies each adds whom it saw.
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=settings.shutdown_timeout_s,
        timeout_worker_healthcheck=10,
        access_log=False,  # see app.web.access; uvicorn's own would tell the places asked for
    )
