"""Bodies of some hundred bytes that stand for gigabytes: refused, or answered in little memory."""

from __future__ import annotations

import io
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from app.errors import TooLargeError
from app.web.batch.media_types import MediaType
from app.web.batch.unfolding import Allowance, check_messages, unpacked_bytes
from tests.app.web.batch.bodies import PATH
from tests.factories import LAT, LON
from tests.processes import WAIT_S, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.processes import Service

pytestmark = pytest.mark.server

MOST_MB = 1_000.0
SMALL = 1_000_000  # bytes
KB_60, KB_100, MB = "a" * 60_000, "a" * 100_000, "a" * 1_000_000


@pytest.fixture(scope="module")
def attacked(command: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    log = tmp_path_factory.mktemp("attacked") / "log"
    with serving(log, command, "serve") as running:
        yield running
    assert "Traceback" not in running.said()


def places(rows: int, **columns: pa.Array) -> pa.Table:
    lon, lat = (pa.array(np.full(rows, value)) for value in (LON, LAT))
    return pa.table({"lon": lon, "lat": lat, **columns})


def repeated(value: str | list[str], rows: int) -> pa.Array:
    """Return a value that is there once, for many rows."""
    return pa.DictionaryArray.from_arrays(np.zeros(rows, dtype=np.int32), pa.array([value]))


def arrow(table: pa.Table, compression: str | None = "zstd") -> bytes:
    sink = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    return sink.getvalue()


def as_parquet(table: pa.Table) -> bytes:
    """Return a file whose schema says nothing of dictionaries, though it has some."""
    sink = io.BytesIO()
    parquet.write_table(table, sink, compression="zstd", store_schema=False)
    return sink.getvalue()


BOMBS: dict[str, tuple[Callable[[], bytes], MediaType]] = {
    "Parquet, 2 000 × 100 KB": (
        lambda: as_parquet(places(2_000, note=repeated(KB_100, 2_000))),
        MediaType.PARQUET,
    ),
    "Parquet, 50 000 × 60 KB": (
        lambda: as_parquet(places(50_000, note=repeated(KB_60, 50_000))),
        MediaType.PARQUET,
    ),
    "Parquet, 20 million rows and 8 columns": (
        lambda: as_parquet(
            places(20_000_000, **{f"c{i}": pa.nulls(20_000_000, pa.int64()) for i in range(8)})
        ),
        MediaType.PARQUET,
    ),
    "Arrow, 2 000 × 1 MB": (
        lambda: arrow(places(2_000, note=repeated(MB, 2_000))),
        MediaType.ARROW,
    ),
    "Arrow, 50 000 × 60 KB": (
        lambda: arrow(places(50_000, note=repeated(KB_60, 50_000))),
        MediaType.ARROW,
    ),
    "Arrow, one text of 500 MB": (
        lambda: arrow(places(1, note=pa.array(["a" * 500_000_000]))),
        MediaType.ARROW,
    ),
    "Arrow, 20 million rows": (lambda: arrow(places(20_000_000)), MediaType.ARROW),
}


def sent(service: Service, body: bytes, kind: MediaType) -> tuple[int, bool]:
    """Send a body, read the answer, and return its status and whether it came whole."""
    address = f"{service.url}{PATH}?use=industrial&columns=code"
    headers = {"content-type": kind.value, "accept": MediaType.CSV.value}
    with httpx2.stream("POST", address, content=body, headers=headers, timeout=WAIT_S) as answer:
        try:
            for _ in answer.iter_raw():
                pass
        except httpx2.RemoteProtocolError:
            return answer.status_code, False
        return answer.status_code, True


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_takes_little_memory_and_others_are_served(attacked: Service, name: str) -> None:
    make, kind = BOMBS[name]
    body = make()
    assert len(body) < SMALL
    [worker] = attacked.workers
    process = Path(f"/proc/{worker}")
    (process / "clear_refs").write_text("5", encoding="ascii")  # forget the peak until now
    found: list[tuple[int, bool]] = []
    thread = threading.Thread(target=lambda: found.append(sent(attacked, body, kind)))
    thread.start()
    took_s = []
    while thread.is_alive():
        started_s = time.monotonic()
        answer = httpx2.get(f"{attacked.url}/v1/price?lon={LON}&lat={LAT}", timeout=WAIT_S)
        took_s.append(time.monotonic() - started_s)
        assert answer.status_code == 200
        time.sleep(0.02)
    thread.join()
    assert found in ([(413, True)], [(200, False)])  # refused, or cut
    status = (process / "status").read_text(encoding="ascii")
    [peak] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    peak_mb = int(peak.split()[1]) / 1000
    middle_s, late_s = np.quantile(took_s, [0.5, 0.99])
    print(  # noqa: T201
        f"{name}: {found[0][0]}, {peak_mb:.0f} MB; {len(took_s)} other requests meanwhile,"
        f" p50 {1000 * middle_s:.0f} ms, p99 {1000 * late_s:.0f} ms"
    )
    assert peak_mb < MOST_MB
    assert late_s < 10


# What is allowed ----------------------------------------------------------------------------------


@pytest.mark.parametrize("compression", ["zstd", "lz4"])
def test_an_arrow_message_says_to_what_it_unpacks(compression: str) -> None:
    texts = pa.array([f"{number:0>100}" for number in range(5_000)])
    table = places(5_000, note=texts, kind=repeated("住宅", 5_000))
    plain, packed = arrow(table, None), arrow(table, compression)
    assert len(packed) < len(plain) / 3
    sizes = {
        message.type: (unpacked_bytes(message), message.body.size if message.body else 0)
        for message in pa.ipc.MessageReader.open_stream(pa.BufferReader(packed))
    }
    expected = {
        message.type: message.body.size if message.body else 0
        for message in pa.ipc.MessageReader.open_stream(pa.BufferReader(plain))
    }
    for kind, (unpacked, _) in sizes.items():
        assert unpacked == pytest.approx(expected[kind], abs=200)  # without what aligns buffers
    for message in pa.ipc.MessageReader.open_stream(pa.BufferReader(plain)):
        assert unpacked_bytes(message) == 0


def test_an_arrow_stream_that_is_damaged_is_left_to_its_reader() -> None:
    whole = bytearray(arrow(places(5_000)))
    rng = np.random.default_rng(3)
    for _ in range(300):
        damaged = bytearray(whole)
        for place in rng.integers(0, len(whole), 3):
            damaged[place] ^= int(rng.integers(1, 256))
        stream = pa.BufferReader(bytes(damaged[: int(rng.integers(1, len(whole)))]))
        try:
            check_messages(stream, Allowance(cell_bytes=1_000, total_bytes=10**9))
        except TooLargeError:
            continue
        assert stream.tell() == 0


def test_parts_are_cut_by_what_they_unfold_to() -> None:
    table = pa.table(
        {
            "note": repeated(KB_60, 2_000),
            "plain": pa.array(["b" * 100] * 2_000),
            "parts": pa.array([["c" * 1_000] * 3] * 2_000),
            "nested": pa.array([{"a": "d" * 500}] * 2_000),
            "nothing": pa.nulls(2_000, pa.string()),
        }
    )
    schema = table.schema.set(0, pa.field("note", pa.string()))
    [batch] = table.to_batches()
    parts = list(Allowance(cell_bytes=60_000, total_bytes=10**9).parts(batch, schema, 1 << 15))
    assert pa.Table.from_batches(parts).equals(table.cast(schema))
    assert all(part.nbytes < 4e7 for part in parts)
    assert len(parts) == 4  # of 32 MB
    with pytest.raises(TooLargeError, match="'note' has a text of 60000 bytes; at most 59 kB are"):
        list(Allowance(cell_bytes=59_999, total_bytes=10**9).parts(batch, schema, 1 << 15))
    with pytest.raises(TooLargeError, match="unfolds to more than 100 MB"):
        list(Allowance(cell_bytes=60_000, total_bytes=10**8).parts(batch, schema, 1 << 15))
    rows = list(Allowance(cell_bytes=60_000, total_bytes=10**9).parts(batch, schema, 100))
    assert {len(part) for part in rows} == {100}
