"""``landprice build``: the regions as polygons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from app.commands.audit_text import mixing_text
from app.commands.console import (
    EXISTING_FILE,
    OUTPUT_FILE,
    check_outputs,
    progress,
    regions_options,
)
from app.settings import read_settings
from geo.build.audit import known_reason, read_exceptions
from geo.build.edition import build, draw_ensemble, write_built
from geo.build.sources import read_sources
from geo.gazette.doubts import doubts
from geo.layouts.layouts import LAYOUTS_FILE
from geo.layouts.shares import FEWEST
from geo.model import GeometrySource, Placement
from geo.network.ensemble.draw import LAYOUTS
from geo.parcels import GAZETTE_FOLDER, INSTALLED_DATA, NETWORK_FILE, PARCELS_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@click.command("build")
@click.option("--gazette", type=EXISTING_FILE, help="A gazette issue as text, or its table alone.")
@click.option(
    "--network",
    type=EXISTING_FILE,
    help="Centrelines (GeoJSON, WGS84) that replace inferred lines.",
)
@regions_options
@click.option(
    "-o",
    "--output",
    type=OUTPUT_FILE,
    help="Where to write the regions; the network and the layouts go beside them.",
)
@click.option(
    "--layouts",
    type=click.IntRange(min=2 * FEWEST),
    default=LAYOUTS,
    show_default=True,
    help="How many layouts of all lines to draw; probabilities are shares of them.",
)
def command(  # noqa: PLR0913 - one parameter an option
    *,
    gazette: Path | None,
    network: Path | None,
    regions: Path | None,
    accuracy_m: float,
    crs: str | None,
    encoding: str | None,
    output: Path | None,
    layouts: int,
) -> None:
    """Build the regions from the gazette and what is known of its lines, or of themselves."""
    settings = read_settings()
    data = settings.data
    target = output or data / PARCELS_FILE
    given = [path for path in (gazette, network, regions) if path is not None]
    folders = [data / GAZETTE_FOLDER, data / "network", settings.price_classes]
    outputs = [target, *(target.with_name(name) for name in (NETWORK_FILE, LAYOUTS_FILE))]
    check_outputs(outputs, [*given, *folders])
    other = target.with_name(PARCELS_FILE)
    if target.name != PARCELS_FILE and other.exists():
        raise click.UsageError(
            f"{other} is there, whose network and layouts would be written over; name another"
            " folder."
        )
    if target.parent == INSTALLED_DATA:
        raise click.UsageError(
            "There is no data/gazette/ in this folder to build from; make it, name another folder"
            " in LANDPRICE_DATA, or say with -o where to write the regions of the shipped gazette."
        )
    sources = read_sources(
        data, gazette, network, regions, accuracy_m=accuracy_m, crs=crs, encoding=encoding
    )
    built = build(sources)
    drawn = draw_ensemble(built, sources, count=layouts, watch=_watched)
    network_path = write_built(built, target, drawn)
    built_regions = built.parcels.regions
    free = sum(region.placement is Placement.FREE for region in built_regions)
    official = sum(r.geometry_source is GeometrySource.OFFICIAL for r in built_regions)
    exceptions = read_exceptions(sources.notice_path.with_suffix(".exceptions.toml"))
    for anomaly in sources.gazette.anomalies:
        click.echo(f"gazette: {anomaly}", err=True)
    for doubt in doubts(sources.gazette.records, built.constraints):
        if known_reason(doubt.key, exceptions) is None:
            click.echo(f"gazette: {doubt.message}", err=True)
    for statement in built.relaxed:
        click.echo(f"could not hold: {statement}", err=True)
    for remark in built.remarks:
        click.echo(f"official polygons: {remark}", err=True)
    click.echo(
        f"{target}: {len(built_regions)} regions, {official} of them official,"
        f" {free} free in position"
    )
    click.echo(f"{network_path}: {len(built.lines)} lines")
    click.echo(f"{target.with_name(LAYOUTS_FILE)}: {mixing_text(drawn)}")


def _watched(steps: range) -> Iterator[int]:
    with progress(steps, "layouts", len(steps)) as bar:
        yield from bar
