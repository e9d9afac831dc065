"""``landprice survey``: what to observe next, and what was observed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from getpass import getuser
from itertools import chain
from typing import TYPE_CHECKING, Final

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
from app.commands.survey_text import entries_text, gain_text, plan_text
from app.settings import read_settings
from geo.crs import IN_DEGREES, Crs, parse_crs
from geo.errors import SurveyError, TableError
from geo.lookup.edition import OpenEdition
from geo.lookup.pasted import read_pasted
from geo.network.evidence import MANIFEST, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from app.settings import Settings
    from geo.survey.intake import Given
    from geo.survey.notebook import Entry

_who = click.option("--who", help="Who observed it; the user of this computer if not given.")
_accuracy = click.option(
    "--accuracy",
    "error_m",
    default=15.0,
    show_default=True,
    type=click.FloatRange(0, 1000),
    help="How far off a place may be, in metres, where nothing else says it.",
)
_SHEET: Final = "pdf"


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
    if _SHEET in formats.values() and most > (room := _room()):
        raise click.UsageError(f"--count is {most}; a .pdf has room for {room} crossings")
    check_outputs(outputs, [*settings.inputs, *([places] if places else [])])
    edition = OpenEdition.read(settings.parcels)
    given = None
    if places is not None:
        asked = Question(crs=None if crs is None else parse_crs(crs))
        given = read_places(places, edition, asked).lonlat
        if not len(given):
            raise TableError(f"{places.name} has no rows, so there is no place to plan for.")
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
    click.echo("\n".join(plan_text(ordered, length_m, given=given is not None)))
    echo_sizes(contents)


@command.command("add")
@click.argument("files", nargs=-1, required=True, type=EXISTING_FILE)
@click.option(
    "--crs",
    shell_complete=SYSTEMS,
    help="The coordinate system, where the file does not say, or says it wrongly.",
)
@_who
@click.option("--place", help="Where all of it was observed, in words: 文明大道与置地大道交叉口.")
@click.option("--line", help="Along which line all tracks run; their own names if not given.")
@_accuracy
def add_command(
    *,
    files: tuple[Path, ...],
    crs: str | None,
    who: str | None,
    place: str | None,
    line: str | None,
    error_m: float,
) -> None:
    """Take in what was observed: FILES are tables, GPX, GeoJSON, KML, or photos.

    Each place says in words at which crossing it is, or beside which line: a column `place` or
    `路口`, a waypoint's or a photo's name. A track runs along the line whose name it has. What is
    doubtful is kept apart until it is confirmed; `landprice build` uses the rest.
    """
    from app.join.observed import read_any  # noqa: PLC0415 - slow to import

    settings = read_settings()
    edition = OpenEdition.read(settings.parcels)
    system = None if crs is None else parse_crs(crs)
    given = [
        read_any(path, edition, crs=system, place=place, line=line, error_m=error_m)
        for path in files
    ]
    _take_in(given, edition, _folder(settings), who)


@command.command("note")
@click.argument("place")
@click.argument("coordinate")
@click.option("--crs", shell_complete=SYSTEMS, help="The system of a coordinate that says none.")
@_who
@_accuracy
def note_command(
    *, place: str, coordinate: str, crs: str | None, who: str | None, error_m: float
) -> None:
    """Take in one PLACE, in words, and its COORDINATE: two numbers, or a link of a map.

    For example 文明大道与置地大道交叉口 "114.0127, 32.9930" --crs gcj02.
    """
    from geo.survey.intake import Given, Noted  # noqa: PLC0415 - slow to import

    settings = read_settings()
    edition = OpenEdition.read(settings.parcels)
    system = None if crs is None else parse_crs(crs)
    found = read_pasted(coordinate, zone=edition.parcels.metric_crs, assumed=system or Crs.WGS84)
    if found is None:
        raise SurveyError(
            f"the coordinate is {coordinate[:60]!r}; write two numbers such as 114.0127, 32.9930,"
            " or paste a link of a map.",
            code="not_a_number",
        )
    if not found.stated and system is None and found.crs in IN_DEGREES:
        raise SurveyError(
            f"{coordinate[:60]!r} does not say which coordinate system it has: say --crs wgs84 for"
            " what a phone measured, gcj02 for Amap and Tencent, bd09 for Baidu.",
            code="unknown_crs",
        )
    noted = Noted(place, found.lon, found.lat, error_m, "", "place")
    _take_in([Given((noted,), (), found.crs, "typed")], edition, _folder(settings), who)


def _take_in(given: Iterable[Given], edition: OpenEdition, folder: Path, who: str | None) -> None:
    from geo.survey.intake import take_in  # noqa: PLC0415 - slow to import
    from geo.survey.notebook import add_entries, read_entries  # noqa: PLC0415

    known, added, name = list(read_entries(folder)), _now(), who or getuser()
    groups: list[tuple[Entry, ...]] = []
    for one in given:
        new = take_in(one, edition, known, who=name, added=added)
        known += chain.from_iterable(new)
        groups += new
    entries = add_entries(folder, groups)
    click.echo("\n".join(entries_text(entries)))
    click.echo("\n".join(gain_text(edition, entries)))


@command.command("list")
def list_command() -> None:
    """List what was observed, and what of it counts."""
    from geo.survey.notebook import read_entries  # noqa: PLC0415

    entries = read_entries(_folder(read_settings()))
    none = say("还没有观测。", "Nothing was observed yet.")
    click.echo("\n".join(entries_text(entries)) or none)


@command.command("confirm")
@click.argument("ids", nargs=-1, required=True)
def confirm_command(ids: tuple[str, ...]) -> None:
    """Let the observations IDS count, whatever is doubtful about them."""
    _set_status(ids, Status.CONFIRMED)


@command.command("withdraw")
@click.argument("ids", nargs=-1, required=True)
def withdraw_command(ids: tuple[str, ...]) -> None:
    """Take the observations IDS back; they stay in the list and do not count."""
    _set_status(ids, Status.WITHDRAWN)


def _set_status(ids: tuple[str, ...], status: Status) -> None:
    from geo.survey.notebook import set_status  # noqa: PLC0415

    changed = set_status(_folder(read_settings()), ids, status)
    click.echo("\n".join(entries_text(changed)))
    click.echo(say("运行 landprice build 之后生效。", "It takes effect with landprice build."))


def _folder(settings: Settings) -> Path:
    folder = settings.network
    if not (folder / MANIFEST).exists():
        raise click.UsageError(
            f"{folder} has no {MANIFEST}, which says of which city its observations are"
        )
    return folder


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _room() -> int:
    from maps.sheet.survey import MOST  # noqa: PLC0415 - imports matplotlib

    return MOST


def _watched(numbers: range) -> Iterator[int]:
    with progress(numbers, say("路口", "crossings")) as bar:
        yield from bar


def _format(output: Path, formats: Iterable[str]) -> str:
    fmt = output.suffix[1:].lower()
    if fmt not in formats:
        raise click.UsageError(f"--output is {output}; it must end in .{', .'.join(formats)}")
    return fmt
