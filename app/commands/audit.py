"""``landprice audit``: what is odd in an edition."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from app.commands.audit_text import report_text
from app.commands.console import EXISTING_FILE, echo_json, progress, regions_options
from app.settings import read_settings
from geo.atomic.together import read_together
from geo.build.audit import audit, check_points, read_exceptions
from geo.build.edition import build
from geo.build.sources import read_sources
from geo.errors import ParcelsError
from geo.layouts.file import read_layouts
from geo.layouts.layouts import LAYOUTS_FILE
from geo.parcels import parcels_text

if TYPE_CHECKING:
    from pathlib import Path

    from geo.build.edition import Built
    from geo.layouts.layouts import Layouts


@click.command("audit")
@click.option("--gazette", type=EXISTING_FILE, help="A gazette issue as text, or its table alone.")
@click.option("--network", type=EXISTING_FILE, help="Centrelines the edition is built with.")
@regions_options
@click.option("--verbose", is_flag=True, help="Every parcel, point and line, one a line.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
@click.pass_context
def command(  # noqa: PLR0913 - one parameter an option
    ctx: click.Context,
    *,
    gazette: Path | None,
    network: Path | None,
    regions: Path | None,
    accuracy_m: float,
    crs: str | None,
    encoding: str | None,
    verbose: bool,
    as_json: bool,
) -> None:
    """Report what is odd in an edition.

    Exits with 1 on anything but its known exceptions.
    """
    settings = read_settings()
    sources = read_sources(
        settings.data,
        gazette,
        network,
        regions,
        accuracy_m=accuracy_m,
        crs=crs,
        encoding=encoding,
    )
    built = build(sources)
    exceptions = read_exceptions(sources.notice_path.with_suffix(".exceptions.toml"))
    count = sum(point.limit is None for point in sources.evidence.observations)
    with progress(check_points(sources, built.constraints), "control points", count) as bar:
        points = list(bar)
    report = audit(sources, built, points, exceptions, _layouts(built, settings.parcels))
    if as_json:
        echo_json({"passed": report.passed, **asdict(report)})
    else:
        click.echo(report_text(report, verbose=verbose))
    ctx.exit(0 if report.passed else 1)


def _layouts(built: Built, parcels_path: Path) -> Layouts | None:
    """Read the layouts that were drawn when this very edition was built, if they are there."""
    checksum = hashlib.sha256(parcels_text(built.parcels).encode()).hexdigest()
    try:
        return read_together(
            parcels_path,
            lambda path: read_layouts(path.with_name(LAYOUTS_FILE), parcels_sha256=checksum),
        )
    except ParcelsError:
        return None
