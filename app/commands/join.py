"""``landprice join``: prices for every row of a table."""

from __future__ import annotations

import time
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.commands.console import check_apart, check_outputs, echo_json, number_text, progress
from app.commands.table import KNOWN, read_question, table_file, table_places
from app.join.files import plan_join, run_join
from app.settings import read_settings
from geo.lookup.edition import OpenEdition
from geo.lookup.price import check_in_force
from geo.lookup.table import DEFAULT_COLUMNS, Column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from click._termui_impl import ProgressBar

    from app.join.rows import JoinCounts


@click.command("join")
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT")
@table_places
@KNOWN
@click.option(
    "--use",
    "uses",
    multiple=True,
    help="Only this use: its code, such as commercial, or its Chinese name. Can be given more than"
    " once.",
)
@click.option(
    "--columns",
    default=",".join(DEFAULT_COLUMNS),
    show_default=True,
    callback=lambda _, __, value: _columns(value),
    help=f"Columns to append for each use, with commas: any of {', '.join(Column)}.",
)
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day on which the prices must be in force.",
)
@table_file
@click.option("--scheduler", help="Address of a Dask cluster that does it, tcp://HOST:PORT.")
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    help="Number of processes on this machine that do it, as a Dask cluster.",
)
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
def command(  # noqa: PLR0913 - one parameter an option
    *,
    source: str,
    target: str,
    uses: tuple[str, ...],
    columns: tuple[Column, ...],
    as_of: datetime | None,
    scheduler: str | None,
    workers: int | None,
    as_json: bool,
    **table: Any,  # noqa: ANN401 - see `read_question`
) -> None:
    """Write IN with the prices at each of its points to OUT.

    IN and OUT end in .csv or .tsv (or .csv.gz, .tsv.gz), .xlsx, .parquet (also GeoParquet), .gpkg,
    .geojson, .shp, .fgb, .kml or .gdb, and IN also in .xls; or they are folders, of files of one
    kind. Rows whose coordinate is bad are kept, and their columns error and error_message say why.
    GeoJSON and KML are written in WGS84, and columns of a Shapefile have short names.

    Without --lon and --lat the geometry is read, or the columns called lon and lat, lng, longitude,
    latitude, 经度, 纬度, or one called 坐标 or location that has both.

    On a cluster, IN is CSV or Parquet, as a path, a pattern or a URL that fsspec knows, and OUT
    becomes a folder of Parquet files.
    """
    question = read_question(table, uses=tuple(dict.fromkeys(uses)), columns=columns)
    settings = read_settings()
    on_this_machine = scheduler is None and workers is None
    (check_outputs if on_this_machine else check_apart)([Path(target)], settings.inputs)
    edition = OpenEdition.read(settings.parcels)
    check_in_force(edition, None if as_of is None else as_of.date())
    start_s = time.monotonic()
    run: Callable[[Callable[[int], None]], JoinCounts]
    if on_this_machine:
        plan = plan_join(existing(source), Path(target), edition, question)
        for remark in plan.remarks:
            click.echo(remark, err=True)
        rows = plan.rows
        run = partial(run_join, plan, edition, question)
    else:
        from app.join.cluster.join import plan_cluster_join, run_cluster_join  # noqa: PLC0415 - optional

        parts = plan_cluster_join(source, target, edition, question)
        rows = parts.rows
        run = partial(run_cluster_join, parts, scheduler, workers)
    counts = run_with_progress(run, target, rows)
    seconds = time.monotonic() - start_s
    rate = counts.rows / seconds
    if as_json:
        figures = {"seconds": round(seconds, 3), "rows_per_second": round(rate)}
        echo_json({"source": source, "target": target, **asdict(counts), **figures})
        return
    if counts.latitude_first:
        click.echo(
            f"{counts.latitude_first} rows have the latitude first, for only so they lie in"
            f" {edition.parcels.edition.city}",
            err=True,
        )
    click.echo(
        f"{target}: {counts.rows} rows, {counts.covered} in a region, {counts.bad} bad;"
        f" {seconds:.1f} s, {number_text(rate)} rows/s"
    )


def run_with_progress(
    run: Callable[[Callable[[int], None]], JoinCounts], target: str, rows: int | None
) -> JoinCounts:
    """Run a join and show how far it is.

    Parameters
    ----------
    run : callable
        Takes what is told how many more rows are written.
    target : str
    rows : int or None
        How many there are, if that is known.

    Raises
    ------
    click.ClickException
        The target cannot be written.
    """
    nothing: Iterator[int] = iter(int, 0)  # rows are counted as they are written
    try:
        with progress(nothing, "rows", rows) as bar:
            return run(_advancing(bar))
    except OSError as error:
        raise click.ClickException(
            f"{target} cannot be written: {error.strerror or error}"
        ) from error


def existing(source: str) -> Path:
    """Return the path of a file or folder.

    Raises
    ------
    click.BadParameter
        There is none.
    """
    path = Path(source)
    if not path.exists():
        raise click.BadParameter(f"{source} does not exist.", param_hint="IN")
    return path


def _columns(text: str) -> tuple[Column, ...]:
    try:
        return tuple(dict.fromkeys(Column(name.strip()) for name in text.split(",")))
    except ValueError as error:
        raise click.BadParameter(f"{error}; it must be any of {', '.join(Column)}.") from error


def _advancing(bar: ProgressBar[int]) -> Callable[[int], None]:
    """Move a progress bar and let it say how fast it goes."""
    start_s = time.monotonic()
    done = 0

    def advance(rows: int) -> None:
        nonlocal done
        done += rows
        rate = done / (time.monotonic() - start_s)
        bar.label = f"{number_text(done)} rows, {number_text(rate)}/s"
        bar.update(rows)

    return advance
