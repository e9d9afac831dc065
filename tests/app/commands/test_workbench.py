"""``landprice workbench``: what keeps it from starting."""

from __future__ import annotations

import shutil
import socket
from typing import TYPE_CHECKING

from tests.app.commands.test_cli import check_refused
from tests.paths import DATA

if TYPE_CHECKING:
    from pathlib import Path

    from tests.app.conftest import Invoke


def test_a_port_that_is_taken(invoke: Invoke) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = check_refused(invoke("workbench", "--port", str(port)))
    assert told.startswith(f"cannot listen on 127.0.0.1:{port}: ")


def test_a_city_of_which_nothing_can_be_observed(invoke: Invoke, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(DATA, data)
    (data / "network" / "evidence.toml").unlink()
    told = check_refused(invoke("workbench", data=data))
    assert "has no evidence.toml" in told
    (data / "layouts.parquet").unlink()
    assert "there is nothing to observe" in check_refused(invoke("workbench", data=data))
