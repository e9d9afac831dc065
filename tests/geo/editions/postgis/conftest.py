"""A PostgreSQL of the tests' own, and a new database with PostGIS for each test."""

from __future__ import annotations

import os
from itertools import count
from typing import TYPE_CHECKING, Final

import pytest

from tests.postgres import NoPostgisError, made_cluster
from tests.processes import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgres import Cluster

_NUMBERS: Final = count(1)


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
