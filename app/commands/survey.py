"""``landprice survey``: what to observe next, and what was observed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from getpass import getuser
from typing import TYPE_CHECKING, Final

import click
import numpy as np

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
from geo.crs import Crs, parse_crs
from geo.lookup.edition import OpenEdition
from geo.network.evidence import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from app.settings import Settings
    from geo.survey.notebook import Entry
    from geo.survey.plan import Plan

_SHEET: Final = "pdf"
_TRACED: Final = frozenset({".geojson", ".kml"})
_STATUS: Final = {
    "confirmed": ("采用", "counts"),
    "doubtful": ("存疑", "doubtful"),
    "withdrawn": ("已撤回", "withdrawn"),
}


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


@command.command("add")
@click.argument("files", nargs=-1, required=True, type=EXISTING_FILE)
@click.option(
    "--crs",
    shell_complete=SYSTEMS,
    help="The coordinate system, where the file does not say, or says it wrongly.",
)
@click.option("--who", help="Who observed it; the user of this computer if not given.")
@click.option("--place", help="Where all of it was observed, in words: 文明大道与置地大道交叉口.")
@click.option("--line", help="Along which line all tracks run; their own names if not given.")
@click.option(
    "--accuracy",
    "error_m",
    default=15.0,
    show_default=True,
    type=click.FloatRange(0, 1000),
    help="How far off a place may be, in metres, where the file does not say.",
)
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
    from app.join.observed import read_observed  # noqa: PLC0415 - slow to import
    from geo.survey.intake import Given, take_in  # noqa: PLC0415 - slow to import
    from geo.survey.notebook import add_entries, read_entries  # noqa: PLC0415
    from geo.survey.read import PHOTOS, read_gpx, read_lines, read_photo  # noqa: PLC0415

    settings = read_settings()
    folder = _folder(settings)
    edition = OpenEdition.read(settings.parcels)
    system = None if crs is None else parse_crs(crs)
    stated = system or Crs.WGS84
    given: list[Given] = []
    for path in files:
        suffix = path.suffix.lower()
        if suffix == ".gpx":
            notes, drives = read_gpx(path, error_m=error_m, line=line)
            given.append(Given(tuple(notes), tuple(drives), stated, f"{path.name}, GPX"))
        elif suffix in PHOTOS:
            note = read_photo(path, error_m=error_m, place=place)
            given.append(Given((note,), (), stated, f"{path.name}, photo"))
        elif suffix in _TRACED and (drives := read_lines(path, line=line)):
            given.append(Given((), tuple(drives), stated, f"{path.name}, traced"))
        else:
            given.append(read_observed(path, edition, crs=system, place=place, error_m=error_m))
    known, added, name = read_entries(folder), _now(), who or getuser()
    groups = [
        group for one in given for group in take_in(one, edition, known, who=name, added=added)
    ]
    entries = add_entries(folder, groups)
    click.echo("\n".join(_entries_text(entries)))
    click.echo("\n".join(_gain_text(edition, entries)))


@command.command("list")
def list_command() -> None:
    """List what was observed, and what of it counts."""
    from geo.survey.notebook import read_entries  # noqa: PLC0415

    entries = read_entries(_folder(read_settings()))
    none = say("还没有观测。", "Nothing was observed yet.")
    click.echo("\n".join(_entries_text(entries)) or none)


@command.command("confirm")
@click.argument("ids", nargs=-1, required=True)
def confirm_command(ids: tuple[str, ...]) -> None:
    """Let the observations IDS count, whatever is doubtful about them."""
    _set_status(ids, "confirmed")


@command.command("withdraw")
@click.argument("ids", nargs=-1, required=True)
def withdraw_command(ids: tuple[str, ...]) -> None:
    """Take the observations IDS back; they stay in the list and do not count."""
    _set_status(ids, "withdrawn")


def _set_status(ids: tuple[str, ...], status: str) -> None:
    from geo.survey.notebook import Status, set_status  # noqa: PLC0415

    changed = set_status(_folder(read_settings()), ids, Status(status))
    click.echo("\n".join(_entries_text(changed)))
    click.echo(say("运行 landprice build 之后生效。", "It takes effect with landprice build."))


def _folder(settings: Settings) -> Path:
    folder = settings.data / "network"
    if not (folder / MANIFEST).exists():
        raise click.UsageError(
            f"{folder} has no {MANIFEST}, which says of which city its observations are"
        )
    return folder


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _entries_text(entries: Sequence[Entry]) -> Iterator[str]:
    """Return a line for each place or track."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.id, []).append(entry)
    for number, group in groups.items():
        first = group[0]
        lines = " × ".join(dict.fromkeys(entry.line for entry in group))
        points = len(group) // len(dict.fromkeys(entry.line for entry in group))
        many = say(f"，{points} 点", f", {points} places") if points > 1 else ""
        status = say(*_STATUS[first.status])
        yield f"{number}  {lines}{many}  ±{first.error_m} m  {first.crs}  {first.who}  {status}"
        if first.status == "doubtful":
            yield f"    {first.reason}"


def _gain_text(edition: OpenEdition, entries: Sequence[Entry]) -> Iterator[str]:
    """Say what the new observations settle, and what to do next."""
    from geo.survey.condition import conditioned  # noqa: PLC0415 - slow to import
    from geo.survey.intake import layouts_of, sighting_of  # noqa: PLC0415 - slow to import
    from geo.survey.plan import settled_share  # noqa: PLC0415 - slow to import

    layouts, zone = layouts_of(edition), edition.parcels.metric_crs
    good = [sighting_of(entry, layouts, zone) for entry in entries if entry.status == "confirmed"]
    before = settled_share(edition, layouts)
    after = settled_share(edition, conditioned(layouts, good, np.random.default_rng(0)))
    yield say(
        f"公布面积中有把握的答案：{before:.0%} → 约 {after:.0%}。运行 landprice build 重新绘制。",
        f"Settled answers in the published area: {before:.0%} → about {after:.0%}."
        " Draw anew with landprice build.",
    )
    if any(entry.status == "doubtful" for entry in entries):
        yield say(
            "存疑的暂不采用：核实后用 landprice survey confirm 编号 确认，或用 withdraw 撤回。",
            "What is doubtful does not count yet: landprice survey confirm ID, or withdraw ID.",
        )


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
