"""The table of figures, as text, and the page it is kept in."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Final

import shapely

from tests.postgres import NoPostgisError, versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.benchmarks.measure import Bar, Row, Scale

_COLUMNS: Final = ("what", "ours", "against", "ratio", "bar", "met")
_PACKAGES: Final = (
    *("zhumadian-landprice", "numpy", "shapely", "geopandas", "pyarrow", "sedonadb", "tzfpy"),
    *("fastapi", "starlette", "uvicorn", "uvloop", "httptools", "pygeoapi", "tipg"),
)
_PREFIXES: Final = ((1e9, "G"), (1e6, "M"), (1e3, "k"))

_PAGE: Final = """\
# Speed

Each row measures the product and something else in the same run, in turn, {rounds} times each after
one of each to warm up (`join` once, and the index of the country once after one). The figures are
medians, the ratio is ours over the other's. A bar that is missed says so.

The machine is a virtual one, whose neighbours take cache and memory: the same figure of ours varies
from row to row by a third, so compare within a row.

{table}

Measured on {date}. `make bench` repeats it in some {minutes:.0f} minutes and writes this page;
`.venv/bin/python -m tests.benchmarks --rows one-point` measures one row. It needs wrk and PostGIS
(Debian's `wrk` and `postgresql-postgis`); without them those rows say so.

| machine | |
|---|---|
{machine}

| version | |
|---|---|
{versions}

## What is measured

- **Points** are uniform over the extent of the shipped 66 regions; a third lies in none:
  {points:,} in memory, {file_points:,} in the file, {batch_points:,} in a batch, {places:,} in turn
  over HTTP.
- **Joins and PostGIS have to agree**: before the clock starts, the reference has to find the same
  regions at 100,000 points (200 over HTTP), or the row fails.
- **`geopandas.sjoin`**: both frames and the spatial index of the regions exist before the clock
  starts; the inner join of points with regions (`predicate="intersects"`) is timed.
- **SedonaDB**: both tables lie in its memory before; planning, the join on one stream and the
  result as an Arrow table are timed. Its defaults were its best: prepared geometries, its own
  library for them.
- **numpy**: a random index into a table of a million rows, which is what the answer to a point is
  read from in the best case. `table[index]` of rows is numpy's plain form, `take` its faster one;
  the flat one reads a third of the bytes.
- **`tzfpy.get_tz`** is asked at the same points, one call each, in the same loop.
- **HTTP**: one server process each, wrk on the same machine with one thread, 16 connections and
  {seconds} s a round. Bare Starlette is served by `landprice serve`'s own code, so with the same
  settings, and looks the stored body up by the query string. pygeoapi and tipg run by uvicorn with
  its defaults; none of them logs each request.
- **One request for many points**: from the points to the table of answers, all that a client does,
  against wrk with one connection (HTTP/1.1, kept alive) that asks them one after another.
- **`landprice join`** is timed as a process, from start to end, with its default columns: 18, and
  two for errors. So is pyarrow alone with its defaults, which reads the input and writes it again;
  or reads the input and the finished table, and writes the latter, which is the least that any
  program with that result has to do.
- **Start**: until `/v1/price` has answered 200, asked every 5 ms.

## What is not comparable

- tzfpy has its own data (the world's time zones, simplified) and returns one name; over one city it
  mostly reads a prepared tile. It is the yardstick of a call from Python into a compiled lookup.
- SedonaDB is an analytical engine: it parses and plans a query, returns pairs rather than a table
  by point, and takes any geometry.
- `geopandas.sjoin` returns a frame with every pair's index and all columns.
- pygeoapi's GeoJSON provider reads the file again for every request, as its documentation says. Its
  GeoPackage provider answers a query in half the time, but needs a Python whose SQLite loads
  SpatiaLite. It is asked for no geometry.
- tipg answers through a database that is a process of its own and shares the two cores with tipg
  and wrk; it counts the matches before it fetches them. It is asked for no geometry. A bounding box
  of no size finds too little in PostGIS, so the lookup is a function of the database.
- Both return OGC features with the properties of the table; ours adds distances and certainty.

## Where the time goes

Of what is slower than its bar, by profile on this kind of machine:

- **One point in Python.** The arithmetic of two coordinates, two conversions to whole numbers and
  one look into a table take CPython 0.4 us, as a method, a closure, with a list or a memoryview; a
  compiled function is done in half of that. An extension of our own would have to be compiled
  wherever the product is installed.
- **`GET /v1/price`** (by clocks around each part, while wrk asks 20 000 places). The server itself,
  which is all that the bare route has, takes 45 %; the lookup 36 %; the text 10 %; the query and
  its checks 9 %. Half of the lookup are two calls: shapely makes a point, and GEOS measures its
  distances to some eight sides and polygons. The rest is two look-ups in grids, PROJ, and Python
  that takes twice as long as alone, for each request finds the processor's caches full of the
  server's. The bar leaves some 15 us for an answer, which the query and the text alone take.
- **`landprice join`.** One stage binds it, pyarrow's Parquet writer: a column with nulls at random
  costs 20 ns a row, half of it to encode where the nulls are, and the default answer has 18 of them
  for 2 of the input. The lookup with certainty takes 200 ns a row, beside it in another thread.
- **The country.** Its table of cells (256 MB) is read from main memory, 10 ns a point instead of 2,
  and 9 % of its points instead of 3 % lie in cells with edges.
  Finer cells gain nothing: with 2 ** 25, 26 and 27 of them the ratio is 0.38, 0.41 and 0.43.
"""


def table(rows: Iterable[Row]) -> str:
    """Lay rows out as a Markdown table that reads well as text."""
    cells = [_COLUMNS, *(_cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(_COLUMNS))]
    lines = [
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in cells
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def page(rows: Iterable[Row], scale: Scale, elapsed_s: float) -> str:
    """Write the page that keeps the figures.

    Parameters
    ----------
    rows : iterable of Row
        All.
    scale : Scale
        At which they were measured.
    elapsed_s : float
        How long that took.
    """
    return _PAGE.format(
        table=table(rows),
        machine=_pairs(_machine()),
        versions=_pairs(_versions()),
        date=datetime.now(tz=UTC).date(),
        minutes=elapsed_s / 60,
        **asdict(scale),
    )


def _cells(row: Row) -> tuple[str, ...]:
    comparison, measured = row.comparison, row.measured
    bar = _bar(comparison.bar) if comparison.bar else ""
    if measured is None:
        return comparison.ours, row.reason, comparison.against, "", bar, ""
    return (
        comparison.ours,
        f"{_figure(measured.ours)}{measured.unit}",
        f"{comparison.against}: {_figure(measured.reference)}{measured.unit}",
        _times(measured.ratio),
        bar,
        {None: "", True: "yes", False: "**missed**"}[row.met],
    )


def _figure(value: float) -> str:
    """Write three digits, and thousands as a prefix of the unit that follows."""
    for factor, prefix in _PREFIXES:
        if value >= factor:
            return f"{_three_digits(value / factor)} {prefix} "
    return f"{_three_digits(value)} "


def _three_digits(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _times(ratio: float) -> str:
    return f"{_three_digits(ratio)} ×"


def _bar(bar: Bar) -> str:
    return f"{'≤' if bar.at_most else '≥'} {_times(bar.ratio)}"


def _pairs(rows: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"| {name} | {value} |" for name, value in rows)


def _machine() -> Iterator[tuple[str, str]]:
    yield "processor", _processor()
    yield "cores", str(len(os.sched_getaffinity(0)))
    memory_gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    yield "memory", f"{memory_gib:.0f} GiB"
    with suppress(OSError):
        yield "system", platform.freedesktop_os_release()["PRETTY_NAME"]


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _versions() -> Iterator[tuple[str, str]]:
    yield "Python", platform.python_version()
    for name in _PACKAGES:
        with suppress(PackageNotFoundError):
            yield name, version(name)
    yield "GEOS", shapely.geos_version_string
    with suppress(NoPostgisError):
        server, postgis = versions()
        yield "PostgreSQL", server
        yield "PostGIS", postgis
    wrk = shutil.which("wrk")
    if wrk:
        told = subprocess.run([wrk, "-v"], check=False, capture_output=True, text=True)  # noqa: S603
        yield "wrk", told.stdout.split()[1]
