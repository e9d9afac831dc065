"""What the commands share: files they read and write, progress, JSON."""

from __future__ import annotations

import errno
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from geo.atomic import files
from geo.build.official import OFFICIAL_ACCURACY_M
from geo.crs import Crs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from click._termui_impl import ProgressBar

_T = TypeVar("_T")
_Command = TypeVar("_Command", bound="Callable[..., Any]")

EXISTING_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
EXISTING_DATA: Final = click.Path(exists=True, path_type=Path)
"""A file, or a folder that is one, as a file geodatabase is."""
OUTPUT_FILE: Final = click.Path(dir_okay=False, path_type=Path)


def completing(*values: str) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Return what a shell offers for a parameter: those values that go on as was begun."""

    def offered(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
        return [value for value in values if value.startswith(begun.lower())]

    return offered


SYSTEMS: Final = completing(*Crs)
"""Offers the coordinate systems of points."""


def regions_options(command: _Command) -> _Command:
    """Add the options of official polygons to a command."""
    options = (
        click.option(
            "--regions",
            type=EXISTING_DATA,
            help="Official polygons with the regions' codes, in any GIS format.",
        ),
        click.option(
            "--accuracy",
            "accuracy_m",
            default=OFFICIAL_ACCURACY_M,
            show_default=True,
            help="How far the official boundaries may be off, in metres.",
        ),
        click.option("--crs", help="The CRS of official polygons that declare none, as EPSG:4547."),
        click.option(
            "--encoding", help="Encoding of a Shapefile's text; found if it is not given."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def check_outputs(outputs: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Refuse at once, before any work, what could not be written when the work is done.

    Parameters
    ----------
    outputs : iterable of Path
    inputs : iterable of Path
        As `check_apart`.

    Raises
    ------
    click.UsageError
        As `check_apart`.
    click.ClickException
        The folder of an output is absent, or cannot be written to.
    """
    outputs = list(outputs)
    check_apart(outputs, inputs)
    for output in outputs:
        folder = output if output.is_dir() else output.parent  # sheets go into a folder
        if not os.access(folder, os.F_OK):
            code = errno.ENOENT
        elif not folder.is_dir():
            code = errno.ENOTDIR
        elif not os.access(folder, os.W_OK):
            code = errno.EACCES
        else:
            continue
        raise click.ClickException(f"{output} cannot be written: {os.strerror(code)}")


def check_apart(outputs: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Refuse to write over what a command reads or was built from.

    Parameters
    ----------
    outputs : iterable of Path
    inputs : iterable of Path
        Files, and folders with all that is in them.

    Raises
    ------
    click.UsageError
        An output is one of the inputs, whatever it is called, or lies in one.
    """
    read = [path.resolve() for path in inputs]
    for output in outputs:
        target = output.resolve()
        if any(target == path or (path.is_dir() and path in target.parents) for path in read):
            raise click.UsageError(f"{output} is read to make this; name another file to write.")


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Write files atomically; report a failure as an error of the command.

    Parameters
    ----------
    contents : mapping of Path to bytes
        By target.

    Raises
    ------
    click.ClickException
        A file cannot be written; no target has changed.
    WrittenError
        As `geo.atomic.files.write_files`.
    """
    try:
        files.write_files(contents)
    except OSError as error:
        first = next(iter(contents))
        raise click.ClickException(f"{first} cannot be written: {error.strerror}") from error


def echo_sizes(contents: Mapping[Path, bytes]) -> None:
    """Name files that were written, with their sizes."""
    for path, content in contents.items():
        click.echo(f"{path}: {size_text(len(content))}")


def size_text(count: int) -> str:
    """Return a number of bytes as people read it, never 0.0."""
    for unit, size in (("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} bytes"


def number_text(count: float) -> str:
    """Return a large number with three digits: 1.23 million, 45 600, 123."""
    if count >= 1e6:
        return f"{count / 1e6:.2f} million"
    return f"{float(f'{count:.3g}'):,.0f}".replace(",", " ")


def echo_json(content: Mapping[str, Any]) -> None:
    """Print a report for programs."""
    click.echo(json.dumps(content, ensure_ascii=False, indent=1))


def progress(items: Iterable[_T], label: str, length: int | None = None) -> ProgressBar[_T]:
    """Show how much is done, of how much, and how long the rest takes, on stderr.

    Only if that is a terminal.
    """
    return click.progressbar(
        items,
        length=length,
        label=label,
        show_pos=True,
        show_eta=True,
        file=sys.stderr,
        hidden=not sys.stderr.isatty(),
    )
