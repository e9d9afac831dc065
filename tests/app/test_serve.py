"""``landprice serve``: a real service on a port of this machine."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import httpx2

from app.settings import Settings
from tests.app.conftest import strict_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.app.conftest import CheckAnswer, Landprice

HOST = "127.0.0.1"
START_S = 30.0
STOP_S = 20.0


def free_port() -> int:
    with socket.create_server((HOST, 0)) as server:
        port: int = server.getsockname()[1]
        return port


def answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/v1/health", timeout=5.0).status_code == 200
    except httpx2.TransportError:
        return False


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a service answers; fail if it ends first or takes too long."""
    end_s = time.monotonic() + START_S
    while not answers(url):
        running = process.poll() is None and time.monotonic() < end_s
        assert running, log.read_text(encoding="utf-8")
        time.sleep(0.1)


@contextmanager
def serving(command: str, log: Path, *args: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start a service on a free port; it is gone afterwards, whatever happens."""
    port = free_port()
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603 - our own command
            [command, "serve", "--port", str(port), *args], stdout=output, stderr=output
        ) as process,
    ):
        try:
            yield f"http://{HOST}:{port}", process
        finally:
            if process.poll() is None:
                process.terminate()
            try:
                process.wait(timeout=STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


def check_refused(result: subprocess.CompletedProcess[str]) -> str:
    """Check that the service refused to start as promised, and return what the user is told."""
    assert (result.returncode, result.stdout) == (2, ""), result.stderr
    assert result.stderr.startswith("landprice: ")
    assert result.stderr.endswith("\n")
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr
    return result.stderr.removeprefix("landprice: ").removesuffix("\n")


def test_the_service_answers_over_http(
    command: str, check_answer: CheckAnswer, tmp_path: Path
) -> None:
    """With one process and with two."""
    logs = [tmp_path / "one", tmp_path / "two"]
    with ExitStack() as stack:
        services = [
            stack.enter_context(serving(command, log, "--workers", workers))
            for log, workers in zip(logs, ("1", "2"), strict=True)
        ]
        for (url, process), log in zip(services, logs, strict=True):
            wait_for(url, process, log)
            response = httpx2.get(
                f"{url}/v1/price", params={"lon": "114.0127", "lat": "32.9930"}, timeout=10.0
            )
            assert response.status_code == 200
            answer = strict_json(response.text)
            check_answer(answer)
            codes = [price["code"] for price in answer["prices"]]
            assert codes == ["411700S50002", "411700Z70007"]
            refused = httpx2.get(f"{url}/v1/price", params={"lon": "114"}, timeout=10.0)
            assert refused.status_code == 422
            assert strict_json(refused.text)["error"]["field"] == "lat"
        for _, process in services:
            process.terminate()
        for (url, process), log in zip(services, logs, strict=True):
            assert process.wait(timeout=STOP_S) in {0, -signal.SIGTERM}
            assert not answers(url)  # nor does a worker stay behind
            text = log.read_text(encoding="utf-8")
            assert "Application shutdown complete" in text
            assert "Traceback" not in text


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
