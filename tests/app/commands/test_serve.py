"""``landprice serve``: a real service on a port of this machine."""

from __future__ import annotations

import signal
import socket
import time
from typing import TYPE_CHECKING

import httpx2
import pytest

from app.settings import Settings
from tests.app.conftest import strict_json
from tests.processes import HOST, START_S, STOP_S, WAIT_S, free_port, serving

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.app.conftest import CheckAnswer, Landprice


def check_refused(result: subprocess.CompletedProcess[str]) -> str:
    """Check that the service refused to start as promised, and return what the user is told."""
    assert (result.returncode, result.stdout) == (2, ""), result.stderr
    assert result.stderr.startswith("landprice: ")
    assert result.stderr.endswith("\n")
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr
    return result.stderr.removeprefix("landprice: ").removesuffix("\n")


@pytest.mark.server
@pytest.mark.parametrize("workers", [1, 2])
def test_the_service_answers_over_http(
    command: str, check_answer: CheckAnswer, tmp_path: Path, workers: int
) -> None:
    with serving(tmp_path / "log", command, "serve", "--workers", str(workers)) as service:
        address = f"{service.url}/v1/price"
        response = httpx2.get(address, params={"lon": "114.0127", "lat": "32.9930"}, timeout=WAIT_S)
        assert response.status_code == 200
        answer = strict_json(response.text)
        check_answer(answer)
        codes = [price["code"] for price in answer["prices"]]
        assert codes == ["411700S50002", "411700Z70007"]
        refused = httpx2.get(address, params={"lon": "114"}, timeout=WAIT_S)
        assert refused.status_code == 422
        assert strict_json(refused.text)["error"]["field"] == "lat"
        service.process.terminate()
        assert service.process.wait(timeout=STOP_S) in {0, -signal.SIGTERM}
        assert not service.answers()  # nor does a worker stay behind
    assert "Application shutdown complete" in service.said()
    assert "Traceback" not in service.said()


def test_damaged_data_stop_the_service_before_it_starts(
    landprice: Landprice, tmp_path: Path
) -> None:
    text = Settings().parcels.read_text(encoding="utf-8")
    damaged = text.replace('"plot_ratio":', '"plot_ration":', 1)
    assert damaged != text
    (tmp_path / "parcels.geojson").write_text(damaged, encoding="utf-8")
    started_s = time.monotonic()
    told = check_refused(landprice("serve", "--port", str(free_port()), data=tmp_path))
    assert told.startswith("parcels.geojson is damaged: features.0.properties.plot_ratio: ")
    assert time.monotonic() - started_s < START_S


def test_a_port_in_use(landprice: Landprice) -> None:
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]
        told = check_refused(landprice("serve", "--port", str(port)))
    assert told.startswith(f"cannot listen on {HOST}:{port}: ")
