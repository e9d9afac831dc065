"""A client of a Dask cluster, which runs already or is started on this machine."""

from __future__ import annotations

import asyncio
import logging
import signal
import tempfile
import warnings
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from app.errors import ClusterError, error_summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from distributed import Client, LocalCluster

TIMEOUT_S: Final = 30.0
"""How long to wait for a scheduler, and for a first worker."""

_SAME_PACKAGES: Final = ("zhumadian-landprice", "pyarrow", "distributed")


def check_dask() -> None:
    """Check that Dask is installed.

    Raises
    ------
    ClusterError
        It is not.
    """
    try:
        import distributed  # noqa: F401, PLC0415 - optional
    except ImportError as error:
        raise ClusterError(
            "A cluster needs Dask: install it with pip install 'zhumadian-landprice[cluster]'."
        ) from error


@contextmanager
def connected(scheduler: str | None, workers: int | None) -> Iterator[Client]:
    """Connect to a cluster, or start one on this machine that ends afterwards.

    Dask logs nothing meanwhile: what goes wrong is raised.

    Parameters
    ----------
    scheduler : str or None
        Address of a running cluster.
    workers : int or None
        Instead, the number of processes to start.

    Raises
    ------
    ClusterError
        Not exactly one of the two is given, no scheduler answers, or it has no workers.
    """
    from distributed import Client  # noqa: PLC0415 - optional
    from distributed.versions import VersionMismatchWarning  # noqa: PLC0415 - optional

    if (scheduler is None) == (workers is None):
        raise ClusterError("A cluster is an address of a scheduler or a number of workers.")
    with ExitStack() as stack:
        stack.callback(logging.disable, logging.root.manager.disable)
        logging.disable(logging.CRITICAL)
        if workers is not None:
            cluster: LocalCluster | str = stack.enter_context(_local_cluster(workers))
        else:
            assert scheduler is not None  # noqa: S101 - one of the two is given
            _check_scheduler(scheduler)
            cluster = scheduler
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", VersionMismatchWarning)  # tasks check what matters
            client = stack.enter_context(Client(cluster, set_as_default=False))
        stack.enter_context(client.as_current())
        check_workers(client)
        yield client


def check_workers(client: Client) -> None:
    """Check that the cluster has a worker; wait for one if not.

    Raises
    ------
    ClusterError
        It has none for `TIMEOUT_S`.
    """
    try:
        client.wait_for_workers(1, timeout=TIMEOUT_S)
    except TimeoutError as error:
        raise ClusterError(f"The Dask cluster has had no worker for {TIMEOUT_S:.0f} s.") from error


def versions() -> dict[str, str]:
    """Return the versions of this product, and of what must be the same on all machines."""
    return {name: version(name) for name in _SAME_PACKAGES}


def check_versions(expected: Mapping[str, str]) -> None:
    """Check in a task that its worker has the versions of the machine that asks.

    Raises
    ------
    ClusterError
        The worker has another version of a package.
    """
    from distributed import get_worker  # noqa: PLC0415 - optional

    for name, found in versions().items():
        if found != expected[name]:
            raise ClusterError(
                f"The worker {get_worker().address} has {name} {found}, this machine has"
                f" {expected[name]}: install the same version on all."
            )


def _check_scheduler(address: str) -> None:
    """Refuse an address without a scheduler: a client waits forever for something else there."""
    try:
        kind = asyncio.run(_server_type(address))
    except Exception as error:  # what listens there may answer anything
        # The first bytes of another service are read as a length.
        other = isinstance(error, (TimeoutError, MemoryError))
        why = "something else may be there" if other else error_summary(error)
        raise ClusterError(f"No Dask scheduler answers at {address}: {why}") from error
    if kind != "Scheduler":
        raise ClusterError(f"No Dask scheduler answers at {address}: it is a {kind}")


async def _server_type(address: str) -> str:
    from distributed import Security, rpc  # noqa: PLC0415 - optional

    security = Security().get_connection_args("client")
    async with asyncio.timeout(TIMEOUT_S), rpc(address, connection_args=security) as server:
        identity = await server.identity()
    return str(identity["type"])


@contextmanager
def _local_cluster(workers: int) -> Iterator[LocalCluster]:
    import dask  # noqa: PLC0415 - optional
    from distributed import LocalCluster  # noqa: PLC0415 - optional

    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        stack.enter_context(dask.config.set({"distributed.worker.profile.enabled": False}))
        with _starting_processes() as came:
            cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                scheduler_kwargs={"dashboard": False},
                dashboard_address="127.0.0.1:0",  # Dask serves something even without one
                memory_limit=0,  # a part is read batch by batch
                local_directory=folder,
                silence_logs=logging.CRITICAL,
            )
        stack.enter_context(cluster)
        for one in came:
            signal.raise_signal(one)
        yield cluster


@contextmanager
def _starting_processes() -> Iterator[list[int]]:
    """Start processes that this one ends.

    Ctrl-C in a terminal, and its being closed, reach all its processes. Those that are started
    while the one is ignored and the other is blocked stay so for good.

    Yields
    ------
    list of int
        Signals that came to end this process meanwhile: Dask cannot be ended before it has begun.
    """
    came: list[int] = []
    try:
        with ExitStack() as after:
            after.callback(signal.signal, signal.SIGINT, signal.getsignal(signal.SIGINT))
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            for number in (signal.SIGTERM, signal.SIGHUP):
                if callable(handler := signal.getsignal(number)):
                    after.callback(signal.signal, number, handler)
                    signal.signal(number, lambda number, _: came.append(number))
            blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
            after.callback(signal.pthread_sigmask, signal.SIG_SETMASK, blocked)
            yield came
    except Exception:
        for one in came:  # it ended those that were starting too
            signal.raise_signal(one)
        raise
