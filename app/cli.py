"""The command line ``landprice``."""

from __future__ import annotations

import socket
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
import uvicorn

from app.answers import answer_price, load_edition
from app.audit_text import report_text
from app.console import (
    EXISTING_FILE,
    OUTPUT_FILE,
    echo_json,
    echo_sizes,
    progress,
    write_files,
)
from app.export_command import export_command
from app.network_commands import network
from app.settings import PREFIX, read_settings
from geo.audit import audit, check_points, read_exceptions
from geo.build import PARCELS_FILE, build, read_sources, write_built
from geo.crs import Crs, parse_crs
from geo.errors import GeoError
from geo.network import GeometrySource
from geo.official import OFFICIAL_ACCURACY_M
from geo.parcels import Placement, read_parcels
from geo.price_classes import read_price_classes
from geo.records import Use
from maps.base_maps import BaseMap
from maps.layout import SCALE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.models import Price, PriceAnswer


class _Commands(click.Group):
    """Turns bad usage and the product's errors into one sentence on stderr and exit status 2."""

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:  # noqa: ANN401
        status = 2
        try:
            result = super().main(*args, **{**kwargs, "standalone_mode": False})
            status = result if isinstance(result, int) else 0
        except click.exceptions.NoArgsIsHelpError as help_text:
            click.echo(help_text.format_message(), err=True)
        except click.ClickException as error:
            click.echo(f"landprice: {error.format_message()}", err=True)
        except GeoError as error:
            click.echo(f"landprice: {error}", err=True)
        except click.Abort:
            status = 130  # interrupted
        sys.exit(status)


@click.group(cls=_Commands)
@click.version_option(package_name="zhumadian-landprice")
def main() -> None:
    """Find the standard land price (标定地价) of a coordinate, from the gazette's own words."""


main.add_command(export_command)
main.add_command(network)


@main.command("build")
@click.option("--gazette", type=EXISTING_FILE, help="A gazette issue as text, or its table alone.")
@click.option(
    "--network",
    type=EXISTING_FILE,
    help="Centrelines (GeoJSON, WGS84) that replace inferred lines.",
)
@click.option(
    "--regions",
    type=EXISTING_FILE,
    help="Official polygons with the regions' codes, in any GIS format.",
)
@click.option(
    "--accuracy",
    "accuracy_m",
    default=OFFICIAL_ACCURACY_M,
    show_default=True,
    help="How far the official boundaries may be off, in metres.",
)
@click.option(
    "-o",
    "--output",
    type=OUTPUT_FILE,
    help="Where to write the regions; the network goes beside them.",
)
def build_command(
    gazette: Path | None,
    network: Path | None,
    regions: Path | None,
    accuracy_m: float,
    output: Path | None,
) -> None:
    """Build the regions from the gazette and what is known of its lines, or of themselves."""
    data = read_settings().data
    target = output or data / PARCELS_FILE
    built = build(read_sources(data, gazette, network, regions, accuracy_m=accuracy_m))
    network_path = write_built(built, target)
    built_regions = built.parcels.regions
    free = sum(region.placement is Placement.FREE for region in built_regions)
    official = sum(r.geometry_source is GeometrySource.OFFICIAL for r in built_regions)
    for statement in built.relaxed:
        click.echo(f"could not hold: {statement}", err=True)
    for remark in built.remarks:
        click.echo(f"official polygons: {remark}", err=True)
    click.echo(
        f"{target}: {len(built_regions)} regions, {official} of them official,"
        f" {free} free in position"
    )
    click.echo(f"{network_path}: {len(built.lines)} lines")


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 for any that is free.",
)
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Number of server processes.",
)
def serve(host: str, port: int, workers: int) -> None:
    """Serve prices over HTTP."""
    settings = read_settings()
    # A damaged file or a port in use stops here, with one line and no traceback.
    load_edition(settings.parcels)
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise click.ClickException(f"cannot listen on {host}:{port}: {error.strerror}") from error
    uvicorn.run(
        "app.main:app_from_environment",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_level=settings.log_level,
    )


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("lon", type=float)
@click.argument("lat", type=float)
@click.option("--crs", default=Crs.WGS84.value, show_default=True, help=f"One of {', '.join(Crs)}.")
@click.option("--use", type=click.Choice([use.value for use in Use]), help="Only this use.")
@click.option("--json", "as_json", is_flag=True, help="The same JSON as GET /v1/price.")
def price(lon: float, lat: float, crs: str, use: str | None, as_json: bool) -> None:
    """Print the standard land prices at a coordinate, LON before LAT."""
    answer = answer_price(
        load_edition(read_settings().parcels),
        lon=lon,
        lat=lat,
        crs=parse_crs(crs),
        use=Use(use) if use else None,
    )
    click.echo(answer.model_dump_json(indent=1) if as_json else _price_text(answer))


@main.command("sheet")
@click.argument("use", type=click.Choice([*(use.value for use in Use), "all"]))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="A .pdf, .svg or .png file; or a folder, which gets each use in all three.",
)
@click.option(
    "--scale",
    default=SCALE,
    show_default=True,
    type=click.IntRange(min=1),
    help="Denominator of the scale.",
)
@click.option("--size", help="A4 to A0; the smallest that holds the map if not given.")
def sheet_command(use: str, output: Path, scale: int, size: str | None) -> None:
    """Draw the map of one USE as the gazette prints it, or of all."""
    from maps.sheet import FORMATS, draw_sheet, sheet_bytes  # noqa: PLC0415 - slow to import

    settings = read_settings()
    parcels = read_parcels(settings.parcels)
    classes = read_price_classes(settings.price_classes)
    present = {region.use for region in parcels.regions}
    uses = [Use(use)] if use != "all" else [one for one in Use if one in present]
    formats = FORMATS if _is_folder(output) else [_format(output, FORMATS, single=use != "all")]
    contents: dict[Path, bytes] = {}
    with progress(uses, "sheets") as bar:
        for one in bar:
            sheet = draw_sheet(parcels, one, classes[one], scale=scale, size=size)
            for fmt in formats:
                path = output / f"{one}.{fmt}" if _is_folder(output) else output
                contents[path] = sheet_bytes(sheet, fmt)
    if _is_folder(output):
        output.mkdir(exist_ok=True)
    write_files(contents)
    echo_sizes(contents)


@main.command("map")
@click.option(
    "-o",
    "--output",
    required=True,
    type=OUTPUT_FILE,
    help="The HTML file to write.",
)
@click.option(
    "--base",
    "bases",
    multiple=True,
    type=click.Choice([base.value for base in BaseMap]),
    help="A base map from another host that readers may choose; can be given more than once."
    f" {BaseMap.TIANDITU} needs your key in {PREFIX}TIANDITU_KEY.",
)
def map_command(output: Path, bases: tuple[str, ...]) -> None:
    """Write the interactive map as one HTML file that opens without a network."""
    from maps.interactive import standalone_html  # noqa: PLC0415 - slow to import

    settings = read_settings()
    html = standalone_html(
        read_parcels(settings.parcels),
        read_price_classes(settings.price_classes),
        base_maps=[BaseMap(base) for base in bases],
        tianditu_key=settings.tianditu_key,
    )
    contents = {output: html.encode()}
    write_files(contents)
    echo_sizes(contents)


@main.command("audit")
@click.option("--gazette", type=EXISTING_FILE, help="A gazette issue as text, or its table alone.")
@click.option("--network", type=EXISTING_FILE, help="Centrelines the edition is built with.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
@click.pass_context
def audit_command(
    ctx: click.Context, gazette: Path | None, network: Path | None, as_json: bool
) -> None:
    """Report what is odd in an edition; exit 1 on anything but its known exceptions."""
    sources = read_sources(read_settings().data, gazette, network)
    built = build(sources)
    exceptions = read_exceptions(sources.notice_path.with_suffix(".exceptions.toml"))
    count = sum(point.limit is None for point in sources.evidence.observations)
    with progress(check_points(sources, built.facts), "control points", count) as bar:
        points = list(bar)
    report = audit(sources, built, points, exceptions)
    if as_json:
        echo_json({"passed": report.passed, **asdict(report)})
    else:
        click.echo(report_text(report))
    ctx.exit(0 if report.passed else 1)


def _format(output: Path, formats: Sequence[str], *, single: bool) -> str:
    """Return the format that a file's suffix asks for."""
    fmt = output.suffix[1:].lower()
    if fmt not in formats or not single:
        wanted = f"end in {', '.join(f'.{one}' for one in formats)} or be" if single else "be"
        raise click.UsageError(f"--output is {output}; it must {wanted} a folder")
    return fmt


def _is_folder(output: Path) -> bool:
    return output.is_dir() or not output.suffix


def _price_text(answer: PriceAnswer) -> str:
    lines = [_price_line(price) for price in answer.prices]
    for nearest in answer.nearest:
        near = "; the boundary may be off by more" if nearest.within_accuracy else ""
        lines.append(
            f"{Use(nearest.use).label}: no region here; nearest {nearest.code}"
            f" at {nearest.distance_m:.0f} m{near}"
        )
    lines.append(f"{answer.edition.document}, valuation date {answer.edition.valuation_date}")
    return "\n".join(lines)


def _price_line(price: Price) -> str:
    floor = "" if price.floor_price_cny_m2 is None else f", floor {price.floor_price_cny_m2}"
    text = (
        f"{price.use_name} {price.code}: ground {price.ground_price_cny_m2} yuan/m²{floor},"
        f" plot ratio {price.plot_ratio:g}, {price.tenure_years} years, {price.development};"
        f" {price.certainty.replace('_', ' ')},"
        f" {price.distance_to_boundary_m:.0f} m to the boundary"
    )
    if price.alternatives:
        others = ", ".join(f"{a.code} ({a.ground_price_cny_m2})" for a in price.alternatives)
        text += f"; may be {others}"
    return text
