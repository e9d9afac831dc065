"""What is counted for Prometheus: of all workers together, whichever of them is asked.

Nothing tells what was asked: a request is counted by the template of its route.
"""

from __future__ import annotations

import os
import time
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter, Request, Response
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from app.settings import metrics_folder
from app.web.price import PATH as PRICE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from geo.lookup.edition import OpenEdition

PATH: Final = "/metrics"

_OTHER: Final = "other"
"""Of what is not there, or is no route of its own, such as a redirect."""

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})
_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5, 10, 60)
_EDITION: Final = ("sha256", "admin_code", "valuation_date")


class Metrics:
    """The numbers of this process, and those of all that share a folder with it."""

    def __init__(self) -> None:
        disable_created_metrics()  # which several processes have not
        own = CollectorRegistry()
        self._answers = Counter(
            "landprice_requests",
            "Requests that were answered.",
            ("route", "method", "status"),
            registry=own,
        )
        self._seconds = Histogram(
            "landprice_request_seconds",
            "Time from the head of a request to the end of its answer.",
            ("route",),
            registry=own,
            buckets=_SECONDS,
        )
        self._in_progress = Gauge(
            "landprice_requests_in_progress",
            "Requests that are being answered.",
            registry=own,
            multiprocess_mode="livesum",
        )
        self._connections = Gauge(
            "landprice_connections",
            "Open connections.",
            registry=own,
            multiprocess_mode="livesum",
        )
        self._refusals = Counter(
            "landprice_connection_refusals",
            "Connections that were ended because of a limit, or of what is no HTTP.",
            ("reason",),
            registry=own,
        )
        self._batch_rows = Counter(
            "landprice_batch_rows", "Rows of batches that were answered.", registry=own
        )
        self._batch_bytes = Counter(
            "landprice_batch_bytes", "Bytes of batches.", ("direction",), registry=own
        )
        self._editions = Gauge(
            "landprice_edition_info",
            "1 for each edition that is answered from.",
            _EDITION,
            registry=own,
            multiprocess_mode="livemax",
        )
        self._shown: set[tuple[str, ...]] = set()
        self._answered: dict[tuple[str, str, int], Counter] = {}
        self._timed: dict[str, Histogram] = {}
        self._received, self._sent = map(self._batch_bytes.labels, ("received", "sent"))
        self._folder = metrics_folder()
        self._registry = own
        if self._folder is not None:
            self._registry = CollectorRegistry()
            MultiProcessCollector(self._registry, path=str(self._folder))
        self._registry.register(_Processes(self._living))

    def request_began(self) -> None:
        """Count a request that is being answered."""
        self._in_progress.inc()

    def request_ended(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        self._in_progress.dec()
        key = (route, method, status)
        # As often as this is called, the labels of a metric take longer to find than to count.
        if key not in self._answered:
            self._answered[key] = self._answers.labels(route, method, str(status))
            self._timed[route] = self._seconds.labels(route)
        self._answered[key].inc()
        self._timed[route].observe(seconds)

    def connections_are(self, count: int) -> None:
        """Tell how many connections are open."""
        self._connections.set(count)

    def connection_refused(self, reason: str) -> None:
        """Count a connection that was ended because of a limit, by the code of the error."""
        self._refusals.labels(reason).inc()

    def batch_received(self, size_bytes: int) -> None:
        """Count the body of a batch."""
        self._received.inc(size_bytes)

    def batch_sent(self, size_bytes: int) -> None:
        """Count a piece of the answer to a batch."""
        self._sent.inc(size_bytes)

    def batch_answered(self, rows: int) -> None:
        """Count rows of a batch."""
        self._batch_rows.inc(rows)

    def editions_are(self, editions: Iterable[OpenEdition]) -> None:
        """Tell which editions are answered from; those that were told before are no longer."""
        found = set(map(_facts, editions))
        for facts in self._shown - found:
            self._editions.labels(*facts).set(0)
        for facts in found:
            self._editions.labels(*facts).set(1)
        self._shown = found

    def text(self, accept: str) -> tuple[bytes, str]:
        """Return all numbers, and their media type.

        Parameters
        ----------
        accept : str
            Which forms the asker takes; empty for the usual one.
        """
        encode, media_type = choose_encoder(accept)
        return encode(self._registry), media_type

    def _living(self) -> list[int]:
        """Return the ids of the processes, and forget what only counts for the living of others."""
        if self._folder is None:
            return [os.getpid()]
        living = []
        for pid in sorted({int(path.stem.rpartition("_")[2]) for path in self._folder.iterdir()}):
            if _lives(pid):
                living.append(pid)
            else:
                mark_process_dead(pid, str(self._folder))
        return living


def _facts(edition: OpenEdition) -> tuple[str, ...]:
    of = edition.parcels.edition
    return edition.parcels.sha256, of.admin_code, of.valuation_date.isoformat()


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class _Processes(Collector):
    """Memory, descriptors, time and start of each process.

    Parameters
    ----------
    pids : callable
        Returns their ids.
    """

    def __init__(self, pids: Callable[[], list[int]]) -> None:
        self._pids = pids

    def collect(self) -> Iterable[Metric]:
        """Return what the system tells of them, with the id of each as a label."""
        families: dict[str, Metric] = {}
        for pid in self._pids():
            for one in ProcessCollector(pid=partial(int, pid), registry=None).collect():
                family = families.setdefault(
                    one.name, Metric(one.name, one.documentation, one.type)
                )
                for sample in one.samples:
                    family.add_sample(sample.name, {"pid": str(pid)}, sample.value)
        return families.values()


class Counted:
    """Answers by another application, and counts it.

    Parameters
    ----------
    app : ASGIApp
    metrics : Metrics
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = HTTPStatus.INTERNAL_SERVER_ERROR.value  # unless it is told

        async def send_told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began_s = time.perf_counter()
        root_path = scope.get("root_path", "")
        self._metrics.request_began()
        try:
            await self._app(scope, receive, send_told)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else _OTHER
            taken_s = time.perf_counter() - began_s
            self._metrics.request_ended(_template(scope, root_path), method, status, taken_s)


def _template(scope: Scope, root_path: str) -> str:
    """Return the template of the route that answered, as routing has left it in the scope."""
    if scope["path"] == PRICE:  # which is answered before routing
        return PRICE
    mounted: str = scope.get("root_path", "").removeprefix(root_path)
    route = scope.get("route")
    if route is not None:
        return f"{mounted}{route.path}"
    return f"{mounted}/{_OTHER}" if mounted else _OTHER


_routes = APIRouter(include_in_schema=False)


def install(app: FastAPI) -> None:
    """Add the numbers to an application whose state has ``metrics``."""
    app.include_router(_routes)


@_routes.get(PATH)
def _text(request: Request) -> Response:
    metrics: Metrics = request.app.state.metrics
    text, media_type = metrics.text(request.headers.get("accept", ""))
    return Response(text, headers={"content-type": media_type, "cache-control": "no-store"})
