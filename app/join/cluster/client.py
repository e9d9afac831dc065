"""A Dask cluster: reached or started, quiet, and of the same versions as this machine."""

from __future__ import annotations

import asyncio
import logging
import signal
import tempfile
import threading
import warnings
from contextlib import ExitStack, contextmanager
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, Any, Final

from app.errors import ClusterError
from app.join.cluster.errors import told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from distributed import Client, LocalCluster

PATIENCE_S: Final = 30.0
"""How long a cluster may be without any worker."""

_SAME_PACKAGES: Final = ("zhumadian-landprice", "pyarrow", "distributed")


def check_dask() -> None:
    """Refuse to go on without Dask.

    Raises
    ------
    ClusterError
        It is not installed.
    """
    try:
        import distributed  # noqa: F401, PLC0415 - optional
    except ImportError as error:
        raise ClusterError(
            "A cluster needs Dask: install it with pip install 'zhumadian-landprice[cluster]'."
        ) from error


def check_cluster(scheduler: str | None, workers: int | None) -> None:
    """Refuse what is no cluster, or two.

    Parameters
    ----------
    scheduler : str or None
    workers : int or None

    Raises
    ------
    ClusterError
        Not exactly one of them is given, or there are to be no workers.
    """
    if (scheduler is None) == (workers is None):
        raise ClusterError("A cluster is an address of a scheduler or a number of workers.")
    if workers is not None and workers < 1:
        raise ClusterError(f"The number of workers is {workers}; it must be 1 or more.")


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the logs of Dask from what the user is told."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


@contextmanager
def connected(scheduler: str | None, workers: int | None) -> Iterator[Client]:
    """Reach a cluster, or start one on this machine that ends afterwards.

    Parameters
    ----------
    scheduler : str or None
        Address of a running cluster.
    workers : int or None
        Instead, the number of processes to start.

    Yields
    ------
    distributed.Client
        Of a cluster with a worker at least.

    Raises
    ------
    ClusterError
        No scheduler answers, or it has no workers.
    """
    from distributed import Client  # noqa: PLC0415 - optional
    from distributed.versions import VersionMismatchWarning  # noqa: PLC0415 - optional

    with ExitStack() as stack:
        cluster: LocalCluster | str
        if scheduler is None:
            assert workers is not None  # noqa: S101 - one of the two is given
            cluster = stack.enter_context(_local_cluster(workers))
        else:
            _check_scheduler(scheduler)
            cluster = scheduler
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", VersionMismatchWarning)  # those that matter are refused
            client = stack.enter_context(Client(cluster, set_as_default=False))
        try:
            client.wait_for_workers(1, timeout=PATIENCE_S)
        except TimeoutError as error:
            raise ClusterError(f"The Dask scheduler at {cluster} has no workers.") from error
        yield client


def check_versions(client: Client) -> Mapping[str, str | None]:
    """Refuse a cluster on which this product, or what it rests on, has another version.

    Parameters
    ----------
    client : distributed.Client

    Returns
    -------
    mapping of str to str or None
        The version of each such package on this machine.

    Raises
    ------
    ClusterError
        The scheduler or a worker has another version, or none.
    """
    asked: Any = client.get_versions(packages=list(_SAME_PACKAGES))
    versions: dict[str, str | None] = asked["client"]["packages"]
    for where, found in {"The Dask scheduler": asked["scheduler"], **asked["workers"]}.items():
        _check_same(where, versions, found["packages"])
    return versions


def check_own_versions(expected: Mapping[str, str | None]) -> None:
    """Refuse a worker with another version in a task: late ones were not there to be asked.

    Parameters
    ----------
    expected : mapping of str to str or None
        Of `check_versions`.

    Raises
    ------
    ClusterError
        The worker has another version of a package, or none.
    """
    from distributed import get_worker  # noqa: PLC0415 - optional

    _check_same(get_worker().address, expected, _versions())


def _check_scheduler(address: str) -> None:
    """Refuse an address that has no scheduler: a client of it waits for ever, and longer to end."""
    try:
        kind = asyncio.run(_ask_kind(address))
    except Exception as error:  # what listens there may answer anything
        # Of other services, the first bytes are taken for a length.
        other = isinstance(error, (TimeoutError, MemoryError))
        why = "something else may be there" if other else told(error)
        raise ClusterError(f"No Dask scheduler answers at {address}: {why}") from error
    if kind != "Scheduler":
        raise ClusterError(f"No Dask scheduler answers at {address}: it is a {kind}")


async def _ask_kind(address: str) -> str:
    from distributed import Security, rpc  # noqa: PLC0415 - optional

    how = Security().get_connection_args("client")
    async with asyncio.timeout(PATIENCE_S), rpc(address, connection_args=how) as server:
        identity = await server.identity()
    return str(identity["type"])


@contextmanager
def _local_cluster(workers: int) -> Iterator[LocalCluster]:
    import dask  # noqa: PLC0415 - optional
    from distributed import LocalCluster  # noqa: PLC0415 - optional

    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        stack.enter_context(dask.config.set({"distributed.worker.profile.enabled": False}))
        with _uninterrupted():
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
        yield cluster


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let Ctrl-C wait, and never reach the threads and processes that are begun meanwhile."""
    pressed: list[int] = []
    is_main = threading.current_thread() is threading.main_thread()
    resource_tracker.ensure_running()  # which would let it pass again
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    # Threads that are there already still take it, and have this one act on it.
    handler = signal.signal(signal.SIGINT, lambda *_: pressed.append(1)) if is_main else None
    try:
        yield
    finally:
        if is_main:
            signal.signal(signal.SIGINT, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if pressed:
            signal.raise_signal(signal.SIGINT)


def _versions() -> dict[str, str | None]:
    from distributed.versions import get_versions  # noqa: PLC0415 - optional

    packages: dict[str, str | None] = get_versions(_SAME_PACKAGES)["packages"]
    return packages


def _check_same(
    where: str, expected: Mapping[str, str | None], found: Mapping[str, str | None]
) -> None:
    for name in _SAME_PACKAGES:
        if found.get(name) != expected[name]:
            raise ClusterError(
                f"{where} has {name} {found.get(name) or 'not at all'}, this machine has"
                f" {expected[name]}: install the same version on all."
            )
