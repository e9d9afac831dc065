"""``landprice survey``: what to observe next, and what was observed."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from app.commands.console import (
    EXISTING_FILE,
    OUTPUT_FILE,
    SYSTEMS,
    check_outputs,
    echo_json,
    echo_sizes,
    progress,
    write_files,
)
from app.commands.language import say
from app.settings import read_settings
from geo.crs import parse_crs
from geo.lookup.edition import OpenEdition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from geo.survey.plan import Plan

_SHEET = "pdf"


@click.group("survey")
def command() -> None:
    """Say what to observe next on the spot, and take in what was observed."""


@command.command("plan")
@click.option(
    "-n",
    "--count",
    "most",
    default=12,
    show_default=True,
    type=click.IntRange(1, 100),
    help="How many crossings at most.",
)
@click.option(
    "--target",
    default=1.0,
    type=click.FloatRange(0, 1),
    help="The share of settled answers at which the plan ends, such as 0.8.",
)
@click.option(
    "--places",
    type=EXISTING_FILE,
    help="A table or GIS file of the places that matter; the published area if not given.",
)
@click.option("--crs", shell_complete=SYSTEMS, help="The coordinate system of --places.")
@click.option("--walk", is_flag=True, help="In the order of a short walk.")
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    type=OUTPUT_FILE,
    help="A file to write too: .csv, .geojson, .gpx, .kml, or .pdf to print; may be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="The plan as JSON.")
def plan_command(
    *,
    most: int,
    target: float,
    places: Path | None,
    crs: str | None,
    walk: bool,
    outputs: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Name the crossings to observe next, those first that are expected to settle most.

    Stand in the middle of the crossing with a phone, note where that is, and take it in with
    `landprice survey add`.
    """
    from app.join.places import read_places  # noqa: PLC0415 - slow to import
    from app.join.rows import Question  # noqa: PLC0415 - slow to import
    from geo.survey.files import FORMATS, plan_bytes  # noqa: PLC0415 - slow to import
    from geo.survey.plan import plan  # noqa: PLC0415 - slow to import

    settings = read_settings()
    formats = {output: _format(output, (*FORMATS, _SHEET)) for output in outputs}
    check_outputs(outputs, [*settings.inputs, *([places] if places else [])])
    edition = OpenEdition.read(settings.parcels)
    given = None
    if places is not None:
        asked = Question(crs=None if crs is None else parse_crs(crs))
        given = read_places(places, edition, asked).lonlat
    found = plan(edition, most=most, target=target, places=given, watch=_watched)
    ordered, length_m = found.walk(edition.parcels.metric_crs) if walk else (found, None)
    contents: dict[Path, bytes] = {}
    for output, fmt in formats.items():
        if fmt == _SHEET:
            from maps.sheet.survey import survey_sheet  # noqa: PLC0415 - imports matplotlib

            contents[output] = survey_sheet(edition.parcels, ordered)
        else:
            contents[output] = plan_bytes(ordered, fmt)
    write_files(contents)
    if as_json:
        echo_json({**asdict(ordered), "walk_m": length_m})
        return
    click.echo("\n".join(_plan_text(ordered, length_m, given is not None)))
    echo_sizes(contents)


def _watched(numbers: range) -> Iterator[int]:
    with progress(numbers, say("路口", "crossings")) as bar:
        yield from bar


def _format(output: Path, formats: Iterable[str]) -> str:
    fmt = output.suffix[1:].lower()
    if fmt not in formats:
        raise click.UsageError(f"--output is {output}; it must end in .{', .'.join(formats)}")
    return fmt


def _plan_text(found: Plan, length_m: float | None, given: bool) -> Iterator[str]:
    of = say("所给地点", "the places given") if given else say("公布面积", "the published area")
    yield say(
        f"{of}中，现在有 {found.settled:.0%} 的答案有把握（概率 0.95 以上）。",
        f"Of {of}, {found.settled:.0%} have a settled answer now (probability 0.95 or more).",
    )
    if not found.crossings:
        yield say("没有需要观测的路口。", "There is no crossing to observe.")
        return
    yield ""
    heading = say("位次", "rank") if length_m is not None else say("把握", "settled")
    yield say(
        f"序  {heading}  大致位置（WGS84）    范围     路口",
        f" #  {heading:<7}  likely place (WGS84)  within  crossing",
    )
    for number, one in enumerate(found.crossings, start=1):
        worth = f"{one.settled:.0%}" if length_m is None else f"{one.rank}"
        yield (
            f"{number:>2}  {worth:>7}  {one.lon:.4f}, {one.lat:.4f}"
            f"  {_about(one.radius_m):>7}  {' × '.join(one.lines)}"
        )
    yield ""
    best = max(one.settled for one in found.crossings)
    yield say(
        f"全部观测之后，预计 {best:.0%} 有把握。",
        f"Once all are observed, {best:.0%} are expected to be settled.",
    )
    if length_m is not None:
        yield say(
            f"依次走完约 {length_m / 1000:.0f} 公里（直线相连）。",
            f"The walk is about {length_m / 1000:.0f} km as the crow flies.",
        )


def _about(length_m: float) -> str:
    return f"{length_m / 1000:.1f} km" if length_m >= 1000 else f"{length_m:.0f} m"
