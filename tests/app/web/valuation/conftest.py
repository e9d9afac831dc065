"""A service whose edition has coefficients: the invented ones of the example."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from app.settings import Settings
from app.web.app import create_app
from tests.editions import valued_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def valued_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped edition with the example's coefficients, which are synthetic."""
    return valued_folder(tmp_path_factory.mktemp("valued") / "data")


@pytest.fixture(scope="session")
def valuer(valued_data: Path) -> Iterator[TestClient]:
    """A client of a service that values by these coefficients."""
    with TestClient(create_app(Settings(data=valued_data)), raise_server_exceptions=False) as one:
        yield one
