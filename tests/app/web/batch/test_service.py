"""A real service under batches: its memory, its files, and who else it answers meanwhile."""

from __future__ import annotations

import http.client
import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pyarrow as pa
import pytest

from app.settings import PREFIX
from app.web.batch.media_types import MediaType
from tests.app.conftest import Problem, strict_json
from tests.app.web.batch.bodies import (
    ARROW,
    BOM,
    END_OF_STREAM,
    MANY,
    PARQUET,
    PATH,
    POINTS,
    body_of,
    check_too_large,
    table_of_places,
)
from tests.factories import LAT, LON
from tests.processes import HOST, WAIT_S, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from app.web.edition import LoadedEdition

pytestmark = pytest.mark.server


@dataclass(frozen=True)
class Observed:
    """A service in a process of its own.

    Attributes
    ----------
    port : int
    pid : int
    temporary : Path
        Where it puts temporary files.
    log : Path
    """

    port: int
    pid: int
    temporary: Path
    log: Path

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(HOST, self.port, timeout=WAIT_S)

    def own_memory_mb(self) -> float:
        """Return what the process holds besides mapped files."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        [line] = [line for line in status.splitlines() if line.startswith("RssAnon:")]
        return int(line.split()[1]) / 1000.0

    def holds_temporary_files(self) -> bool:
        """Tell whether there are any, those without a name too."""
        open_files = []
        for descriptor in Path(f"/proc/{self.pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # it was closed meanwhile
                open_files.append(str(descriptor.readlink()))
        own = str(self.temporary / "landprice-")  # how the service's own folders begin
        found = [*map(str, self.temporary.iterdir()), *open_files]
        return any(name.startswith(str(self.temporary)) > name.startswith(own) for name in found)


@pytest.fixture(scope="module")
def observed(command: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    folder = tmp_path_factory.mktemp("service")
    temporary = folder / "temporary"
    temporary.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(f"{PREFIX}BATCH_MAX_MB", "110")
        patch.setenv("TMPDIR", str(temporary))
        with serving(folder / "log", command, "serve") as started:
            [worker] = started.workers
            running = Observed(started.port, worker, temporary, started.log)
            # What is imported and made once does not count later.
            for kind in MediaType:
                send(running, body_of(POINTS, kind), kind)
            ask_one(running)
            yield running


def send(
    observed: Observed,
    body: bytes | Iterable[bytes],
    kind: MediaType,
    *,
    wanted: MediaType | None = None,
    length: int | None = None,
    **params: str,
) -> tuple[int, bytes]:
    """Send a body as a whole, and only then read the answer."""
    headers = {"content-type": kind.value, "accept": (wanted or kind).value}
    if length is not None:
        headers["content-length"] = str(length)
    connection = observed.connect()
    try:
        connection.request("POST", f"{PATH}?{urlencode(params)}", body, headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def ask_one(observed: Observed) -> None:
    """Ask for a price in the ordinary way: with a day, so that no shortcut answers."""
    connection = observed.connect()
    connection.request("GET", f"/v1/price?lon={LON}&lat={LAT}&as_of=2024-12-31")
    answer = strict_json(connection.getresponse().read().decode())
    connection.close()
    assert answer["prices"][0]["code"] == "411700S50002"


def eventually(is_so: Callable[[], bool], within_s: float = 10.0) -> bool:
    end_s = time.monotonic() + within_s
    while not is_so() and time.monotonic() < end_s:
        time.sleep(0.02)
    return is_so()


@contextmanager
def watched(observed: Observed) -> Iterator[list[float]]:
    """Note how much memory a service holds, again and again."""
    seen: list[float] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.02):
            seen.append(observed.own_memory_mb())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


def test_a_body_that_is_too_large_is_not_read(observed: Observed) -> None:
    """Its length says so."""
    connection = observed.connect()
    connection.putrequest("POST", PATH)
    connection.putheader("content-type", MediaType.CSV.value)
    connection.putheader("content-length", "110000001")
    connection.endheaders()
    response = connection.getresponse()
    assert response.status == 413
    check_too_large(Problem(**strict_json(response.read().decode())["error"]), "110 MB")
    connection.close()
    assert eventually(lambda: not observed.holds_temporary_files())


def test_a_body_that_turns_out_too_large(observed: Observed) -> None:
    line = b"114.0127,32.9930\n" * 60_000
    status, content = send(observed, itertools.chain([b"lon,lat\n"], [line] * 120), MediaType.CSV)
    assert status == 413
    check_too_large(Problem(**strict_json(content.decode())["error"]), "110 MB")
    assert eventually(lambda: not observed.holds_temporary_files())


def test_a_client_that_closes_hears_that_its_body_is_too_large(observed: Observed) -> None:
    """It sends all of it first, and hears nothing if the connection is cut meanwhile."""
    headers = {"content-type": MediaType.CSV.value, "connection": "close"}
    connection = observed.connect()
    connection.request("POST", PATH, b" " * 120_000_000, headers)
    response = connection.getresponse()
    assert response.status == 413
    check_too_large(Problem(**strict_json(response.read().decode())["error"]), "110 MB")


def test_memory_does_not_grow_with_the_body(observed: Observed, edition: LoadedEdition) -> None:
    """100 MB, sent as a whole before any of the answer is read."""
    block = body_of(table_of_places(edition, 200_000), MediaType.CSV).partition(b"\n")[2]
    count = 100_000_000 // len(block)
    head = b'"lon","lat"\n'
    before_mb = observed.own_memory_mb()
    with watched(observed) as seen_mb:
        status, content = send(
            observed,
            itertools.chain([head], itertools.repeat(block, count)),
            MediaType.CSV,
            wanted=MediaType.ARROW,
            length=len(head) + count * len(block),
            use="industrial",
            columns="code",
        )
    assert status == 200
    assert pa.ipc.open_stream(content).read_all().num_rows == count * 200_000
    assert max(seen_mb) - before_mb < 150.0  # a piece at a time, and what pyarrow reads ahead
    assert eventually(lambda: not observed.holds_temporary_files())


def test_two_clients_at_a_time(observed: Observed, edition: LoadedEdition) -> None:
    tables = [table_of_places(edition, MANY, seed) for seed in (1, 2)]
    with ThreadPoolExecutor(2) as pool:
        sent = [
            pool.submit(send, observed, body_of(table, kind), kind, wanted=MediaType.ARROW)
            for table, kind in zip(tables, (MediaType.ARROW, MediaType.CSV), strict=True)
        ]
    for one, table in zip(sent, tables, strict=True):
        status, content = one.result()
        assert status == 200
        answer = pa.ipc.open_stream(content).read_all()
        assert [float(lon) for lon in answer.column("lon").to_pylist()] == table.column(
            "lon"
        ).to_pylist()


def test_other_answers_while_batches_run(observed: Observed, edition: LoadedEdition) -> None:
    body = body_of(table_of_places(edition, MANY), MediaType.JSON)
    times_s = []
    with ThreadPoolExecutor(4) as pool:
        batches = [pool.submit(send, observed, body, MediaType.JSON) for _ in range(4)]
        while not all(batch.done() for batch in batches):
            begun_s = time.monotonic()
            ask_one(observed)
            times_s.append(time.monotonic() - begun_s)
    assert {batch.result()[0] for batch in batches} == {200}
    assert len(times_s) > 10
    assert max(times_s) < 1.0


def test_a_client_that_goes_away_leaves_nothing(observed: Observed, edition: LoadedEdition) -> None:
    body = body_of(table_of_places(edition, 5 * MANY), MediaType.CSV)
    headers = {"content-type": MediaType.CSV.value}
    sending = observed.connect()
    sending.putrequest("POST", PATH)
    sending.putheader("content-type", MediaType.CSV.value)
    sending.putheader("content-length", str(len(body)))
    sending.endheaders(body[: len(body) // 2])
    assert eventually(observed.holds_temporary_files)
    sending.close()
    assert eventually(lambda: not observed.holds_temporary_files())
    reading = observed.connect()
    reading.request("POST", PATH, body, headers)
    assert reading.getresponse().read(1000).startswith(BOM)
    assert observed.holds_temporary_files()
    reading.sock.close()
    reading.close()
    assert eventually(lambda: not observed.holds_temporary_files())
    assert "Traceback" not in observed.log.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (MediaType.JSON, b"[[114, 33]"),
        (MediaType.CSV, b"lon,lat\n1,2\n1,2,3\n"),
        (MediaType.ARROW, ARROW[:-60]),
        (MediaType.PARQUET, PARQUET[:60] + b"\xff" * 60 + PARQUET[120:]),
    ],
)
def test_nothing_is_left_of_a_damaged_body(
    observed: Observed, kind: MediaType, body: bytes
) -> None:
    assert send(observed, body, kind)[0] == 422
    assert eventually(lambda: not observed.holds_temporary_files())


@pytest.mark.parametrize("wanted", list(MediaType))
def test_a_cut_answer_does_not_look_whole(
    observed: Observed, edition: LoadedEdition, wanted: MediaType
) -> None:
    body = (
        body_of(table_of_places(edition, 4 * MANY), MediaType.CSV) + b"1,2,3\n"
    )  # beyond the first block
    if wanted is MediaType.PARQUET:  # of which nothing is sent before a million rows
        assert send(observed, body, MediaType.CSV, wanted=wanted)[0] == 422
        return
    with pytest.raises(http.client.IncompleteRead) as caught:
        send(observed, body, MediaType.CSV, wanted=wanted)
    assert len(caught.value.partial) > 100_000
    assert not caught.value.partial.endswith((END_OF_STREAM, b"]}\n"))
    log = observed.log.read_text(encoding="utf-8")
    assert "An answer to a batch was cut" in log
    assert "Traceback" not in log
    assert eventually(lambda: not observed.holds_temporary_files())
