"""What all tests share: no settings from outside, the installed command, a running service."""

from __future__ import annotations

import os
import shutil
import sys
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from app.settings import PREFIX
from tests.editions import valued_folder
from tests.postgres import NoPostgisError, made_cluster
from tests.processes import free_port, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgres import Cluster
    from tests.processes import Service

_NUMBERS: Final = count(1)


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(PREFIX):
                patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def command() -> str:
    """Path of the installed command."""
    found = shutil.which("landprice", path=Path(sys.executable).parent)
    assert found is not None, "landprice is not installed beside the Python that runs the tests"
    return found


@pytest.fixture(scope="session")
def service(command: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service on the shipped data; none of its answers may fail unexpectedly."""
    log = tmp_path_factory.mktemp("service") / "log"
    with serving(log, command, "serve") as running:
        yield running
    assert "Traceback" not in running.said()


@pytest.fixture(scope="session")
def valued_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped edition with the example's coefficients, which are synthetic."""
    return valued_folder(tmp_path_factory.mktemp("valued") / "data")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A cluster that runs; a database made of the template ``spatial`` has PostGIS."""
    try:
        with made_cluster(free_port()) as cluster, cluster.running():
            cluster.sql("CREATE DATABASE spatial")
            cluster.sql("CREATE EXTENSION postgis", database="spatial")
            yield cluster
    except NoPostgisError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture
def database(cluster: Cluster) -> Iterator[str]:
    """Name of a new database with PostGIS and nothing else."""
    name = f"test_{next(_NUMBERS)}"
    cluster.sql(f"CREATE DATABASE {name} TEMPLATE spatial")
    yield name
    cluster.sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def dsn(cluster: Cluster, database: str) -> str:
    """Its address, as the superuser."""
    return cluster.url(database)
