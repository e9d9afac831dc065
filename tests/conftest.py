"""What all tests share: no settings from outside, the installed command, a running service."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.settings import PREFIX
from tests.processes import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.processes import Service


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
