"""``landprice network``: centrelines from real maps, and whether they are what a gazette needs."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click
import shapely

from app.commands.console import (
    EXISTING_DATA,
    EXISTING_FILE,
    OUTPUT_FILE,
    check_outputs,
    echo_json,
    progress,
    write_files,
)
from app.settings import read_settings
from geo.build.sources import read_sources
from geo.centrelines.check import LineCheck, LineStatus, NetworkCheck, check_network
from geo.centrelines.importer import ImportedLine, LeftOut, NetworkMaker, imported_text
from geo.centrelines.make import MAX_GAP_M
from geo.centrelines.overpass import overpass_query
from geo.gazette.order import read_order
from geo.network.aliases import read_aliases
from geo.network.files import CENTRELINE_ACCURACY_M, read_centrelines
from geo.parcels import read_parcels

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from geo.centrelines.read import NamedPieces
    from geo.gazette.notice import Notice
    from geo.network.evidence import Evidence


Box = tuple[float, float, float, float]
_AROUND_M = 40_000.0
_DEGREE_M = 111_000.0


@click.group("network")
def command() -> None:
    """Make and check the centrelines that `build --network` takes."""


@command.command("import")
@click.argument("file", type=EXISTING_DATA)
@click.option("-o", "--output", required=True, type=OUTPUT_FILE, help="The GeoJSON file to write.")
@click.option("--layer", help="The layer, where the file has several.")
@click.option("--name-field", help="The column with the lines' names; name, in DXF the CAD layer.")
@click.option(
    "--aliases", type=EXISTING_FILE, help="More spellings: TOML or CSV with name and line."
)
@click.option("--crs", help="The CRS of a file that declares none, such as EPSG:4547.")
@click.option("--encoding", help="The encoding of a Shapefile's text; found if it is not given.")
@click.option(
    "--bbox",
    "box",
    metavar="WEST,SOUTH,EAST,NORTH",
    callback=lambda _, __, value: _box(value),
    help="Leave out what lies outside, in degrees; a box around the city if not given.",
)
@click.option(
    "--max-gap",
    "max_gap_m",
    default=MAX_GAP_M,
    show_default=True,
    callback=lambda _, __, value: _metres(value),
    help="The longest gap to bridge, in metres.",
)
@click.option(
    "--accuracy",
    "accuracy_m",
    default=CENTRELINE_ACCURACY_M,
    show_default=True,
    callback=lambda _, __, value: _metres(value),
    help="How far off a line may be, in metres, where the file does not say.",
)
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
def import_command(  # noqa: PLR0913 - one parameter an option
    *,
    file: Path,
    output: Path,
    layer: str | None,
    name_field: str | None,
    aliases: Path | None,
    crs: str | None,
    encoding: str | None,
    box: Box | None,
    max_gap_m: float,
    accuracy_m: float,
    as_json: bool,
) -> None:
    """Make one centreline of each name in FILE.

    FILE is GeoJSON, GeoPackage, Shapefile, a file geodatabase, DXF or OpenStreetMap data (.osm,
    .osm.pbf). Lines that
    cannot be made are reported and left out; `network check` tells whether any of them is needed.
    """
    from geo.centrelines.read import read_pieces  # noqa: PLC0415 - slow to import

    settings = read_settings()
    check_outputs([output], [file, *([aliases] if aliases else []), *settings.inputs])
    sources = read_sources(settings.data, None, None)
    evidence = sources.evidence
    spellings = _spellings(evidence) | (read_aliases(aliases) if aliases else {})
    bounds = {name for record in sources.gazette.records for _, name in record.bounds}
    pieces = read_pieces(
        file,
        spellings,
        layer=layer,
        name_field=name_field,
        crs=crs,
        lines={evidence.aliases.get(name, name) for name in bounds},
        box=box or _around(sources.notice),
        encoding=encoding,
    )
    maker = NetworkMaker(pieces, max_gap_m=max_gap_m, accuracy_m=accuracy_m)
    with progress(maker.centrelines(), "lines", len(maker)) as bar:
        lines, left_out = maker.network(bar)
    source = f"made from {file.name} by landprice network import"
    text = imported_text(lines, attribution=pieces.attribution, source=source)
    write_files({output: text.encode()})
    if as_json:
        echo_json(_import_report(file, output, pieces, lines, left_out))
    else:
        click.echo("\n".join(_import_text(file, output, pieces, lines, left_out)))


@command.command("check")
@click.argument("file", type=EXISTING_FILE)
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
@click.pass_context
def check_command(ctx: click.Context, file: Path, as_json: bool) -> None:
    """Report which of the gazette's lines FILE has; exit 1 unless it has all that is needed."""
    sources = read_sources(read_settings().data, None, None)
    aliases = sources.evidence.aliases
    report = check_network(
        read_order(sources.gazette.records, aliases),
        read_centrelines(file, aliases),
        sources.notice.metric_crs,
    )
    if as_json:
        echo_json({"passed": report.passed, **asdict(report)})
    else:
        click.echo("\n".join(_check_text(report)))
    ctx.exit(0 if report.passed else 1)


@command.command("export-osm-query")
@click.option("-o", "--output", type=OUTPUT_FILE, help="Where to write it, if not to the screen.")
def export_osm_query_command(output: Path | None) -> None:
    """Print an Overpass query for the lines this city needs.

    Run it at an Overpass server, save the answer as city.osm, then `network import city.osm`.
    """
    settings = read_settings()
    sources = read_sources(settings.data, None, None)
    constraints = read_order(sources.gazette.records, sources.evidence.aliases)
    other = [
        name for name, line in _spellings(sources.evidence).items() if line in constraints.bounding
    ]
    regions = read_parcels(settings.parcels).regions
    west, south, east, north = shapely.total_bounds([region.polygon for region in regions])
    query = overpass_query(
        [*constraints.bounding, *other], west=west, south=south, east=east, north=north
    )
    if output is None:
        click.echo(query, nl=False)
    else:
        check_outputs([output], settings.inputs)
        write_files({output: query.encode()})
        click.echo(
            f"{output}: {len(constraints.bounding)} lines, {_counted(len(other), 'other spelling')}"
        )


def _box(text: str | None) -> Box | None:
    if text is None:
        return None
    try:
        west, south, east, north = map(float, text.split(","))
    except ValueError:
        west, south, east, north = (math.nan,) * 4
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise click.BadParameter(f"{text!r} is not WEST,SOUTH,EAST,NORTH in degrees.")
    return west, south, east, north


def _around(notice: Notice) -> Box:
    """Return a box that no city of one gazette reaches out of, and the next city does."""
    lon, lat = notice.centre_lon, notice.centre_lat
    up_deg = _AROUND_M / _DEGREE_M
    aside_deg = up_deg / math.cos(math.radians(lat))
    return lon - aside_deg, lat - up_deg, lon + aside_deg, lat + up_deg


def _metres(value: float) -> float:
    if not 0 <= value < math.inf:
        raise click.BadParameter(f"{value} is not 0 or more metres.")
    return value


def _spellings(evidence: Evidence) -> dict[str, str]:
    """Return every name by which the city's own files know its lines."""
    return evidence.map_names | evidence.aliases


def _import_report(
    file: Path,
    output: Path,
    pieces: NamedPieces,
    lines: Sequence[ImportedLine],
    left_out: Sequence[LeftOut],
) -> dict[str, Any]:
    counts = (
        "crs",
        "attribution",
        "flattened",
        "split",
        "unnamed",
        "not_lines",
        "not_built",
        "outside",
    )
    return {
        "file": str(file),
        "output": str(output),
        **{name: getattr(pieces, name) for name in counts},
        "lines": [
            {name: value for name, value in asdict(line).items() if name != "geometry"}
            for line in lines
        ],
        "left_out": [asdict(line) for line in left_out],
    }


def _import_text(
    file: Path,
    output: Path,
    pieces: NamedPieces,
    lines: Sequence[ImportedLine],
    left_out: Sequence[LeftOut],
) -> list[str]:
    repairs = (
        (pieces.flattened, "feature", "with heights, which were dropped"),
        (pieces.split, "feature", "of several parts, which were split"),
        (pieces.unnamed, "line", "without a name passed over"),
        (pieces.not_lines, "feature", "other than roads, rails and rivers passed over"),
        (
            len(pieces.not_built),
            "way",
            f"not built or slip roads left out: {'、'.join(dict.fromkeys(pieces.not_built))}",
        ),
    )
    outside = f"  outside the city, left out: {'、'.join(pieces.outside)}"
    return [
        f"{file}: {pieces.crs}",
        *([outside] if pieces.outside else []),
        *(f"  {_counted(count, noun)} {what}" for count, noun, what in repairs if count),
        *(f"{line.name}: {_line_text(line)}" for line in lines),
        *(
            f"{line.name}: left out ({_counted(line.pieces, 'piece')}): {line.reason}"
            for line in left_out
        ),
        f"{output}: {_counted(len(lines), 'line')}, {len(left_out)} left out",
    ]


def _line_text(line: ImportedLine) -> str:
    steps = [f"{line.length_m:.0f} m from {_counted(line.pieces, 'piece')}"]
    if line.spellings:
        steps.append(f"also named {', '.join(n for n in line.spellings if n != line.name)}")
    if line.merged_m:
        steps.append(
            f"carriageways up to {line.apart_m:.0f} m apart merged along {line.merged_m:.0f} m"
        )
    if line.gaps_m:
        widths = ", ".join(f"{gap_m:.0f}" for gap_m in line.gaps_m)
        steps.append(f"{_counted(len(line.gaps_m), 'gap')} bridged ({widths} m)")
    if line.dropped_m:
        steps.append(f"{line.dropped_m:.0f} m of spurs and crossovers dropped")
    steps += [f"{end.added_m:.0f} m added to meet {end.other}" for end in line.meetings]
    return "; ".join([*steps, f"accuracy {line.accuracy_m:g} m"])


def _check_text(report: NetworkCheck) -> list[str]:
    counts = {status: sum(line.status is status for line in report.lines) for status in LineStatus}
    return [
        *(f"{line.name}: {_status_text(line)}" for line in report.lines),
        *report.problems,
        ", ".join(f"{count} {status}" for status, count in counts.items())
        + f"; {report.drawn} of {report.regions} regions lie between lines of this file",
    ]


def _status_text(line: LineCheck) -> str:
    if line.status is LineStatus.MISSING:
        near = f"; similar in the file: {', '.join(line.spellings)}" if line.spellings else ""
        return f"missing, bounds {_counted(len(line.regions), 'region')}{near}"
    summary = (
        f"{line.status}, {line.length_m:.0f} m, crosses {line.crossed} of {line.corners} lines"
    )
    return "; ".join([summary, *line.problems])


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")
