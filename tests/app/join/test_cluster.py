"""The join on a cluster: real clusters of Dask on this machine, and what can go wrong with them."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from importlib.metadata import version
from multiprocessing import active_children
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import dask
import fsspec
import numpy as np
import pyarrow as pa
import pytest
from distributed import Client, LocalCluster
from pyarrow import parquet

from app.errors import ClusterError
from app.join.cluster.join import plan_cluster_join, run_cluster_join
from app.join.cluster.target import Target
from app.join.geometry import points_wkb
from app.join.rows import JoinCounts, Question
from app.settings import Settings
from geo.crs import Crs
from geo.errors import TableError
from geo.lookup.edition import OpenEdition
from geo.lookup.points import read_points
from geo.lookup.table import TableAnswers
from tests.processes import HOST, run_script
from tests.table_cases import GOOD_CASES, REFUSED_CASES, RefusedCase, TableCase, kernel_rows
from tests.uses import USES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from app.web.edition import LoadedEdition
    from tests.app.conftest import Landprice

    Store = Any  # a file system of fsspec

pytestmark = pytest.mark.cluster

WAIT_S = 30.0
PACKAGE = "zhumadian-landprice"
METADATA = {b"made by": "测绘院".encode()}
TAGS = pa.list_(pa.field("element", pa.string()))  # as Parquet calls it
DASK = Path(sys.executable).with_name("dask")


def join(
    source: object,
    target: object,
    *,
    advance: Callable[[int], None] = lambda _: None,
    scheduler: str | None = None,
    workers: int | None = None,
    **asked: Any,  # noqa: ANN401
) -> JoinCounts:
    """Join on the shipped edition."""
    edition = OpenEdition.read(Settings().parcels)
    plan = plan_cluster_join(str(source), str(target), edition, Question(**asked))
    counts = run_cluster_join(plan, scheduler=scheduler, workers=workers, advance=advance)
    assert plan.rows in {None, counts.rows}
    return counts


def table_of(edition: LoadedEdition, rows: int, seed: int = 1) -> pa.Table:
    """Return places in and around a corner of the city with other columns, and some that are bad.

    Of the whole city each process would first have to compute all probabilities.
    """
    west, south, east, north = edition.extent
    rng = np.random.default_rng(seed)
    lon = rng.uniform(west - 0.02, west + (east - west) / 3, rows)
    lat = rng.uniform(north - (north - south) / 4, north + 0.02, rows)
    lat[::11] = 91.0
    swapped = slice(3, None, 13)
    lon[swapped], lat[swapped] = lat[swapped].copy(), lon[swapped].copy()
    names = rng.choice(["置地大道", "", "a,b"], rows)
    columns = {
        "id": pa.array(np.arange(rows) + seed * 1_000_000),
        "lon": pa.array(lon, mask=np.arange(rows) % 17 == 0),
        "name": pa.array(names, pa.string()).dictionary_encode(),
        "lat": pa.array(lat),
        "tags": pa.array([["x"] * (i % 3) for i in range(rows)], TAGS),
    }
    return pa.table(columns, metadata=METADATA)


def kernel_answers(edition: LoadedEdition, table: pa.Table) -> pa.Table:
    """Return the rows with their answers, without a cluster."""
    answers = TableAnswers(edition, crs=Crs.WGS84)
    (batch,) = table.combine_chunks().to_batches()
    answered = answers.answer(read_points(batch, lon="lon", lat="lat"))
    metadata = {**answers.schema.metadata, **(table.schema.metadata or {})}
    schema = pa.schema([*table.schema, *answers.schema], metadata=metadata)
    return pa.Table.from_arrays([*table.columns, *answered.columns], schema=schema)


def write_parquet(folder: Path, tables: Sequence[pa.Table], row_group_rows: int) -> Path:
    folder.mkdir(exist_ok=True)
    for number, table in enumerate(tables):
        parquet.write_table(table, folder / f"{number}.parquet", row_group_size=row_group_rows)
    return folder


def written(folder: Path) -> pa.Table:
    """Read the parts of a folder that has nothing else."""
    names = sorted(path.name for path in folder.iterdir())
    assert names == [f"part-{number:05d}.parquet" for number in range(len(names))]
    return pa.concat_tables(parquet.read_table(folder / name) for name in names)


def check_written(folder: Path, expected: pa.Table) -> None:
    found = written(folder)
    assert found.schema.equals(expected.schema, check_metadata=True)
    assert found.to_pylist() == expected.to_pylist()


def check_counts(counts: JoinCounts, expected: pa.Table) -> None:
    codes = expected.select([f"{use}_code" for use in USES]).to_pylist()
    covered = sum(any(row.values()) for row in codes)
    bad = len(expected) - expected["error"].null_count
    assert counts == JoinCounts(len(expected), covered, bad)
    assert 0 < bad < len(expected)
    assert 0 < covered < len(expected)


def check_nothing_left(target: Path) -> None:
    """Check that neither a result nor a hidden folder is there."""
    assert not [path for path in target.parent.iterdir() if target.name in path.name]


def wait_until(condition: Callable[[], object]) -> None:
    end_s = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.05)


@pytest.fixture(scope="module")
def threads() -> Iterator[str]:
    """A cluster in this process, which shares its memory and is measured with it."""
    with LocalCluster(
        n_workers=1,
        threads_per_worker=2,
        processes=False,
        protocol="tcp://",
        host=HOST,
        dashboard_address=f"{HOST}:0",
        scheduler_kwargs={"dashboard": False},
    ) as running:
        yield running.scheduler_address


class Processes:
    """A scheduler and workers as processes, as an operator starts them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.all: list[subprocess.Popen[bytes]] = []
        file = folder / "scheduler.json"
        self.scheduler = self._start(
            "scheduler", f"--scheduler-file={file}", f"--host={HOST}", "--port=0"
        )
        wait_until(lambda: file.exists() and file.stat().st_size)
        self.address: str = json.loads(file.read_text())["address"]

    def add_worker(self, path: Path | None = None) -> subprocess.Popen[bytes]:
        local = self._folder / uuid4().hex
        options = [f"--host={HOST}", "--nthreads=1", "--no-nanny", f"--local-directory={local}"]
        worker = self._start("worker", self.address, *options, path=path)
        count = sum(process.poll() is None for process in self.all) - 1
        with Client(self.address) as client:
            client.wait_for_workers(count, timeout=WAIT_S)
        return worker

    def _start(self, *args: str, path: Path | None = None) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PYTHONPATH": str(path or "")}
        dashboard = ("--no-dashboard", f"--dashboard-address={HOST}:0")
        with (self._folder / "log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - installed beside this Python
                [DASK, *args, *dashboard], stdout=log, stderr=log, env=environment
            )
        self.all.append(process)
        return process


def end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


@contextmanager
def processes(folder: Path) -> Iterator[Processes]:
    """Start a scheduler; it and its workers are gone afterwards, whatever happens."""
    folder.mkdir()
    running = Processes(folder)
    try:
        yield running
    finally:
        for process in running.all:
            end(process)


# What is written.


def test_rows_and_answers_are_those_of_the_kernel(
    edition: LoadedEdition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of several files and row groups, with two processes of this machine."""
    monkeypatch.setattr("app.join.cluster.sources.TASK_ROWS", 250)
    tables = [table_of(edition, rows, seed) for seed, rows in enumerate((900, 130, 410))]
    write_parquet(tmp_path / "in", tables, row_group_rows=100)
    told: list[int] = []
    counts = join(tmp_path / "in/*.parquet", tmp_path / "out", workers=2, advance=told.append)
    expected = kernel_answers(edition, pa.concat_tables(tables))
    check_written(tmp_path / "out", expected)
    check_counts(counts, expected)
    rows = [parquet.read_metadata(path).num_rows for path in sorted(tmp_path.glob("out/*"))]
    assert rows == [200, 200, 200, 200, 100, 130, 200, 210]
    assert sorted(told) == sorted(rows)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]


def test_a_folder_by_url(edition: LoadedEdition, tmp_path: Path, threads: str) -> None:
    """With a target that is an empty folder, and files and folders that are none of the table."""
    tables = [table_of(edition, 40, seed) for seed in range(2)]
    write_parquet(tmp_path / "in", tables, row_group_rows=40)
    (tmp_path / "in/_SUCCESS").touch()
    (tmp_path / "in/.hidden").mkdir()
    target = tmp_path / "out"
    target.mkdir()
    join(f"file://{tmp_path}/in", f"file://{target}", scheduler=threads)
    check_written(target, kernel_answers(edition, pa.concat_tables(tables)))


@pytest.mark.parametrize("case", GOOD_CASES, ids=str)
def test_every_case(edition: LoadedEdition, tmp_path: Path, threads: str, case: TableCase) -> None:
    write_parquet(tmp_path / "in", [case.table], row_group_rows=10)
    asked = {name: getattr(case, name) for name in ("crs", "uses", "columns", "lon", "lat")}
    counts = join(tmp_path / "in", tmp_path / "out", scheduler=threads, **asked)
    found = written(tmp_path / "out")
    given = case.table.column_names
    expected = kernel_rows(edition, case)
    assert found.select(given).equals(case.table)
    assert found.drop_columns(given).to_pylist() == expected
    assert counts.rows == len(expected)
    assert counts.bad == sum(row["error"] is not None for row in expected)


@pytest.mark.parametrize("case", REFUSED_CASES, ids=str)
def test_every_case_that_is_refused(tmp_path: Path, threads: str, case: RefusedCase) -> None:
    write_parquet(tmp_path / "in", [case.table], row_group_rows=1)
    with pytest.raises(TableError) as caught:
        join(tmp_path / "in", tmp_path / "out", scheduler=threads)
    assert str(caught.value) == case.sentence
    check_nothing_left(tmp_path / "out")


def test_csv(edition: LoadedEdition, tmp_path: Path, threads: str) -> None:
    """A part a file, its cells kept as they stand."""
    lines = [
        "名称,lon,lat",
        '"一\n""号""",114.0127,32.9930',
        "二号,114.01270,+32.99",
        ",32.99,114.01",
    ]
    texts = ["\n".join(lines[:3]), "\n".join([lines[0], lines[3]])]
    (tmp_path / "1.csv").write_bytes(texts[0].encode("gb18030"))
    (tmp_path / "2.csv.gz").write_bytes(gzip.compress(texts[1].encode("gb18030")))
    counts = join(tmp_path / "*.csv*", tmp_path / "out", scheduler=threads, encoding="gb18030")
    table = pa.table(
        {
            "名称": ['一\n"号"', "二号", None],
            "lon": ["114.0127", "114.01270", "32.99"],
            "lat": ["32.9930", "+32.99", "114.01"],
        }
    )
    check_written(tmp_path / "out", kernel_answers(edition, table))
    assert counts == JoinCounts(rows=3, covered=2, bad=1)
    assert len(list((tmp_path / "out").iterdir())) == 2


def geoparquet(table: pa.Table, bbox: Sequence[float], **column: Any) -> pa.Table:  # noqa: ANN401
    """Return a table with its coordinates as points, and not by name."""
    wkb = points_wkb(
        **{name: table[name].to_numpy(zero_copy_only=False) for name in ("lon", "lat")}
    )
    told = {"encoding": "WKB", "geometry_types": ["Point"], "bbox": list(bbox), **column}
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": told}}
    table = table.select(["id"]).append_column("geometry", wkb)
    return table.replace_schema_metadata({"geo": json.dumps(geo)})


def test_geoparquet(edition: LoadedEdition, tmp_path: Path, threads: str) -> None:
    """The extent of one file is not that of a part: other programs skip what lies outside."""
    tables = [table_of(edition, 100, seed) for seed in range(2)]
    points = [geoparquet(table, [seed] * 4) for seed, table in enumerate(tables)]
    write_parquet(tmp_path / "in", points, row_group_rows=100)
    join(tmp_path / "in", tmp_path / "out", scheduler=threads)
    found = written(tmp_path / "out")
    expected = kernel_answers(edition, pa.concat_tables(tables))
    assert found["residential_code"].equals(expected["residential_code"])
    said = json.loads(found.schema.metadata[b"geo"])["columns"]
    assert said == {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}}

    points[1] = geoparquet(tables[1], [0] * 4, crs=None)
    write_parquet(tmp_path / "in", points, row_group_rows=100)
    with pytest.raises(TableError, match=r"1\.parquet describes its geometry differently from"):
        join(tmp_path / "in", tmp_path / "out2", scheduler=threads)


# On an object store, for which the memory of this process stands.


@pytest.fixture
def store() -> Iterator[Store]:
    files = fsspec.filesystem("memory")
    files.rm("/", recursive=True)
    yield files
    files.rm("/", recursive=True)


def put_table(store: Store, path: str, table: pa.Table) -> None:
    with store.open(path, "wb") as file:
        parquet.write_table(table, file, row_group_size=10)


def test_an_object_store(
    edition: LoadedEdition,
    store: Store,
    threads: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.join.cluster.sources.TASK_ROWS", 20)
    table = table_of(edition, 50)
    put_table(store, "/in/a.parquet", table)
    join("memory://in/*.parquet", "memory://out/", scheduler=threads)
    names = [f"/out/part-{number:05d}.parquet" for number in range(3)]
    assert store.find("/out") == ["/out/_SUCCESS", *names]
    found = pa.concat_tables(parquet.read_table(name, filesystem=store) for name in names)
    assert found.to_pylist() == kernel_answers(edition, table).to_pylist()

    with pytest.raises(ClusterError, match=r"^memory://out is there already; name"):
        join("memory://in/*.parquet", "memory://out", scheduler=threads)
    assert len(store.find("/out")) == 4


def test_nothing_is_left_in_an_object_store(
    edition: LoadedEdition,
    store: Store,
    threads: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.join.cluster.sources.TASK_ROWS", 20)
    put_table(store, "/in/a.parquet", table_of(edition, 50))

    def fail(rows: int) -> None:
        assert store.find("/out")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        join("memory://in", "memory://out", scheduler=threads, advance=fail)
    wait_until(lambda: not store.find("/out"))


# What is lost.


def kill_a_worker() -> None:
    """Kill one of the processes that this one started for its cluster."""
    worker = active_children()[0]
    worker.kill()
    worker.join()


def test_a_lost_worker_loses_no_row(
    edition: LoadedEdition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its tasks begin anew; a draft that it left is not among the parts."""
    monkeypatch.setattr("app.join.cluster.sources.TASK_ROWS", 10_000)
    table = table_of(edition, 200_000)
    write_parquet(tmp_path / "in", [table], row_group_rows=10_000)
    told: list[int] = []

    def kill(rows: int) -> None:
        if not told:
            kill_a_worker()
        told.append(rows)

    counts = join(tmp_path / "in", tmp_path / "out", workers=2, advance=kill)
    assert told == [10_000] * 20
    assert counts.rows == 200_000
    found = written(tmp_path / "out")
    assert found["id"].equals(table["id"])
    assert found["commercial_code"].equals(kernel_answers(edition, table)["commercial_code"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]


def test_a_part_that_kills_its_workers(
    edition: LoadedEdition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.join.cluster.sources.TASK_ROWS", 10_000)
    write_parquet(tmp_path / "in", [table_of(edition, 200_000)], row_group_rows=10_000)
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        pytest.raises(
            ClusterError, match=r"was not written: KilledWorker: .* all those workers died"
        ),
    ):
        join(tmp_path / "in", tmp_path / "out", workers=2, advance=lambda _: kill_a_worker())
    check_nothing_left(tmp_path / "out")


def test_a_cluster_of_the_operator(
    edition: LoadedEdition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scheduler with workers, with none, with too few, with other versions, and none at all."""
    monkeypatch.setattr("app.join.cluster.sources.TASK_ROWS", 1000)
    for module in ("client", "join"):
        monkeypatch.setattr(f"app.join.cluster.{module}.TIMEOUT_S", 1.0)
    table = table_of(edition, 50_000)
    write_parquet(tmp_path / "in", [table], row_group_rows=1000)
    source, target = tmp_path / "in/0.parquet", tmp_path / "out"
    with processes(tmp_path / "cluster") as running:

        def check(told: str, advance: Callable[[int], None] = lambda _: None) -> None:
            with pytest.raises(ClusterError, match=told):
                join(source, target, scheduler=running.address, advance=advance)
            check_nothing_left(target)

        check("^The Dask cluster has had no worker for 1 s")

        first = running.add_worker()
        join(source, target, scheduler=running.address)
        assert written(target)["id"].equals(table["id"])
        shutil.rmtree(target)

        metadata = tmp_path / "other" / "zhumadian_landprice-9.9.dist-info" / "METADATA"
        metadata.parent.mkdir(parents=True)
        metadata.write_text(f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: 9.9\n")
        other = running.add_worker(tmp_path / "other")
        check(
            rf"^The worker tcp://127\.0\.0\.1:\d+ has {PACKAGE} 9\.9, this machine has"
            rf" {version(PACKAGE)}: install the same version on all\.$"
        )
        end(other)

        check("^The Dask cluster has had no worker for 1 s", lambda _: end(first))

        running.add_worker()
        check("^The connection to the Dask scheduler was lost", lambda _: end(running.scheduler))

        with dask.config.set({"distributed.comm.timeouts.connect": "200ms"}):
            check(f"^No Dask scheduler answers at {running.address}")


def test_an_address_without_a_scheduler(
    edition: LoadedEdition, tmp_path: Path, threads: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No address, that of a worker, and that of a service that says nothing."""
    monkeypatch.setattr("app.join.cluster.client.TIMEOUT_S", 0.5)
    write_parquet(tmp_path / "in", [table_of(edition, 50)], row_group_rows=50)

    def check(address: str, told: str) -> None:
        with pytest.raises(ClusterError) as refused:
            join(tmp_path / "in", tmp_path / "out", scheduler=address)
        assert str(refused.value).startswith(f"No Dask scheduler answers at {address}: {told}")
        check_nothing_left(tmp_path / "out")

    check("nothing://here", "unknown address scheme 'nothing'")
    check("here", "missing port number in address 'here'")
    with Client(threads, set_as_default=False) as client:
        worker = next(iter(client.nthreads()))
    check(worker, "it is a Worker")
    with socket.create_server((HOST, 0)) as server:
        check(f"tcp://{HOST}:{server.getsockname()[1]}", "something else may be there")


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c(edition: LoadedEdition, tmp_path: Path) -> None:
    """It reaches all processes of a terminal; only this product's own says something."""
    write_parquet(tmp_path / "in", [table_of(edition, 200_000)], row_group_rows=10_000)
    script = tmp_path / "script.py"
    script.write_text(INTERRUPTED, encoding="utf-8")
    arguments = [script, tmp_path / "in", tmp_path / "out", Settings().parcels]
    with subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-W", "error", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        os.killpg(process.pid, signal.SIGINT)
        _, told = process.communicate(timeout=WAIT_S)
    assert (process.returncode, told) == (130, "")
    check_nothing_left(tmp_path / "out")


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("sent_to", [os.kill, os.killpg])
def test_a_signal_that_ends_it(
    command: str,
    edition: LoadedEdition,
    tmp_path: Path,
    number: signal.Signals,
    sent_to: Callable[[int, int], None],
) -> None:
    """To the command alone, or to all that it has started, as a service manager sends it."""
    write_parquet(tmp_path / "in", [table_of(edition, 400_000)], row_group_rows=10_000)
    with subprocess.Popen(  # noqa: S603 - our own command
        [command, "join", str(tmp_path / "in"), str(tmp_path / "out"), "--workers=2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        wait_until(lambda: any(tmp_path.glob(".out.*")))  # workers are only starting
        sent_to(process.pid, number)
        said, told = process.communicate(timeout=WAIT_S)
    assert (process.returncode, said, told.strip()) == (128 + number, "", "")
    check_nothing_left(tmp_path / "out")


INTERRUPTED = """
import sys
from pathlib import Path

from geo.lookup.edition import OpenEdition

from app.join.rows import Question
from app.join.cluster import sources
from app.join.cluster.target import Target
from app.join.cluster.join import plan_cluster_join, run_cluster_join

if __name__ == "__main__":
    sources.TASK_ROWS = 10_000
    source, target, edition = sys.argv[1:]
    plan = plan_cluster_join(source, target, OpenEdition.read(Path(edition)), Question())
    try:
        run_cluster_join(plan, None, 2, lambda _: print("begun", flush=True))
    except KeyboardInterrupt:
        sys.exit(130)
"""


# What is refused.


def test_a_damaged_file_in_the_middle(
    edition: LoadedEdition, tmp_path: Path, threads: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.join.cluster.sources.TASK_ROWS", 1000)
    table = table_of(edition, 3000)
    write_parquet(tmp_path / "in", [table, table, table], row_group_rows=1000)
    path = tmp_path / "in/1.parquet"
    parquet.write_table(table, path, row_group_size=1000, write_page_checksum=True)
    page = parquet.read_metadata(path).row_group(1).column(1).data_page_offset
    content = bytearray(path.read_bytes())
    content[page + 500] ^= 1
    path.write_bytes(content)
    with pytest.raises(TableError) as refused:
        join(tmp_path / "in", tmp_path / "out", scheduler=threads)
    assert str(refused.value).startswith(f"{path} cannot be read as Parquet: ")
    assert str(refused.value).count("\n") == 0
    check_nothing_left(tmp_path / "out")

    path.write_bytes(content[:-10])
    with pytest.raises(TableError, match=rf"^{path} cannot be read as Parquet: "):
        join(tmp_path / "in", tmp_path / "out", scheduler=threads)


def test_damaged_csv(tmp_path: Path, threads: str) -> None:
    (tmp_path / "1.csv").write_text("lon,lat\n114,33\n")
    (tmp_path / "2.csv").write_text("lon,lat\n" + "114,33\n" * 1_000_000 + "114\n")
    with pytest.raises(TableError, match=r"2\.csv cannot be read as CSV: CSV parse"):
        join(tmp_path / "*.csv", tmp_path / "out", scheduler=threads)
    check_nothing_left(tmp_path / "out")


def test_a_task_that_fails_otherwise(
    edition: LoadedEdition, tmp_path: Path, threads: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no luck\nat all")

    monkeypatch.setattr(TableAnswers, "answer", fail)
    write_parquet(tmp_path / "in", [table_of(edition, 50)], row_group_rows=50)
    told = r"^part-00000\.parquet was not written: RuntimeError: no luck$"
    with pytest.raises(ClusterError, match=told):
        join(tmp_path / "in", tmp_path / "out", scheduler=threads)
    check_nothing_left(tmp_path / "out")


def take_away(parts: Path) -> None:
    (parts / "part-00000.parquet").unlink()


def shorten(parts: Path) -> None:
    path = parts / "part-00000.parquet"
    parquet.write_table(parquet.read_table(path)[:-1], path)


def spoil(parts: Path) -> None:
    (parts / "part-00000.parquet").write_bytes(b"PAR1")


def move(parts: Path) -> None:
    parts.rename(parts.with_name("elsewhere"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            take_away,
            r"^part-00000\.parquet was written, but cannot be read: No such file .*; do all",
        ),
        (shorten, r"^part-00000\.parquet has 19 rows; it should have 20\.$"),
        (spoil, r"^part-00000\.parquet was written, but cannot be read: "),
        (move, r"^part-00000\.parquet was written, but cannot be read: No such file .*; do all"),
    ],
)
def test_the_result_is_checked(
    edition: LoadedEdition,
    tmp_path: Path,
    threads: str,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Path], None],
    told: str,
) -> None:
    monkeypatch.setattr("app.join.cluster.sources.TASK_ROWS", 20)
    write_parquet(tmp_path / "in", [table_of(edition, 60)], row_group_rows=20)

    done = []

    def at_the_end(rows: int) -> None:
        done.append(rows)
        if len(done) == 3:
            change(next(tmp_path.glob(".out.*/out")))

    with pytest.raises(ClusterError, match=told):
        join(tmp_path / "in", tmp_path / "out", scheduler=threads, advance=at_the_end)
    check_nothing_left(tmp_path / "out")


def test_workers_that_do_not_reach_the_target(
    edition: LoadedEdition,
    tmp_path: Path,
    threads: str,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_parquet(tmp_path / "in", [table_of(edition, 60)], row_group_rows=20)
    folder = str(tmp_path / "no")
    target = Target("/out", fsspec.filesystem("file"), folder, folder)
    with (
        pytest.raises(ClusterError, match=r"cannot write to /out: No such file or .*; do all"),
        target.part("part-00000.parquet") as path,
    ):
        path.touch()

    def fail(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(type(store), "put_file", fail)
    with pytest.raises(ClusterError, match="cannot write to memory://out: PermissionError"):
        join(tmp_path / "in", "memory://out", scheduler=threads)


def test_a_target_that_is_there(edition: LoadedEdition, tmp_path: Path, threads: str) -> None:
    source = write_parquet(tmp_path / "in", [table_of(edition, 60)], row_group_rows=20)
    for target in (source, source / "0.parquet"):
        with pytest.raises(ClusterError, match=f"^{target} is there already; name a folder that"):
            join(source, target, scheduler=threads)
    with pytest.raises(ClusterError, match="/no/out cannot be reached: No such file"):
        join(source, tmp_path / "no/out", scheduler=threads)
    with pytest.raises(ClusterError, match="nothing://out cannot be reached: Protocol not known"):
        join(source, "nothing://out", scheduler=threads)


def test_a_source_that_is_no_table(edition: LoadedEdition, tmp_path: Path, threads: str) -> None:
    table = table_of(edition, 9)
    source = write_parquet(tmp_path / "in", [table, table], row_group_rows=20)

    def check(told: str, path: object = source, **options: Any) -> None:  # noqa: ANN401
        with pytest.raises(TableError, match=told):
            join(path, tmp_path / "out", scheduler=threads, **options)
        check_nothing_left(tmp_path / "out")

    check("^/no is no file, no folder of files, and no pattern of any", "/no")
    parquet.write_table(table.drop_columns("tags"), source / "1.parquet")
    check(r"1\.parquet has no column where .*0\.parquet has the column 'tags' \(list<element: str")
    (source / "1.parquet").unlink()
    parquet.write_table(table.append_column("Error", table["id"]), source / "0.parquet")
    check("^The table has a column 'Error' already, which the result is to have; rename it")
    check("in is no CSV; leave out --encoding", encoding="gb18030")
    check("^A cluster reads no files with layers or sheets; leave out --layer", layer="points")
    (source / "1.csv").touch()
    check("in has both Parquet and CSV; it must have one of them")
    (source / "2.txt").touch()
    check("in/2.txt ends neither in .parquet nor in .csv")
    (source / "folder").mkdir()
    check("in has a folder .*in/folder; name the files with a pattern")
    with pytest.raises(ClusterError, match="nothing://in cannot be reached: Protocol not known"):
        join("nothing://in", tmp_path / "out", scheduler=threads)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "A cluster is an address of a scheduler or a number of workers"),
        ({"scheduler": "tcp://127.0.0.1:1", "workers": 1}, "A cluster is an address of a"),
    ],
)
def test_not_one_cluster(
    edition: LoadedEdition, tmp_path: Path, given: dict[str, Any], told: str
) -> None:
    source = write_parquet(tmp_path / "in", [table_of(edition, 9)], row_group_rows=9)
    with pytest.raises(ClusterError, match=told):
        join(source, tmp_path / "out", **given)


def test_without_dask() -> None:
    assert run_script(WITHOUT_DASK) == (
        "A cluster needs Dask: install it with pip install 'zhumadian-landprice[cluster]'.\n"
    )


WITHOUT_DASK = """
import sys
from importlib.abc import MetaPathFinder


class Missing(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in {"dask", "distributed", "fsspec"}:
            raise ModuleNotFoundError(f"No module named {name!r}")


sys.meta_path.insert(0, Missing())

from app.join.rows import Question
from app.errors import ClusterError
from app.join.cluster.target import Target
from app.join.cluster.join import plan_cluster_join
from tests.uses import USES

try:
    plan_cluster_join("in", "out", None, Question())
except ClusterError as error:
    print(error)
"""


def test_the_command(landprice: Landprice, edition: LoadedEdition, tmp_path: Path) -> None:
    source = write_parquet(tmp_path / "in", [table_of(edition, 1_000)], 1_000)
    target = tmp_path / "out"
    done = landprice("join", str(source), str(target), "--workers", "1", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["rows"] == written(target).num_rows == 1_000
    again = landprice("join", str(source), str(target), "--workers", "1")
    assert again.returncode == 2
    assert again.stderr.count("\n") == 1
    both = landprice(
        "join", str(source), str(tmp_path / "no"), "--workers", "1", "--scheduler", "tcp://x:1"
    )
    assert both.returncode == 2
    assert both.stderr.count("\n") == 1
    assert not (tmp_path / "no").exists()
