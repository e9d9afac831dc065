"""How a table with places is given on the command line: which columns, in which system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from app.commands.console import SYSTEMS
from geo.crs import parse_crs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.join.rows import Question

_Command = TypeVar("_Command", bound="Callable[..., Any]")
_PLACES: Final = (
    click.option("--lon", help="The column with longitudes or eastings, or with both numbers."),
    click.option(
        "--lat", help="The column with latitudes or northings; the same where both are in one."
    ),
    click.option(
        "--location",
        help="The column with places in words, such as 文明大道与慎阳路交叉口西南角, in the place"
        " of coordinates.",
    ),
    click.option(
        "--crs",
        shell_complete=SYSTEMS,
        help="CRS of the coordinates: wgs84 (if not given), cgcs2000, gcj02, bd09, or a 3-degree"
        " zone of CGCS2000 such as epsg:4547. A geometry declares its own.",
    ),
)
_FILE: Final = (
    click.option("--layer", help="The layer, or the sheet of a workbook, where IN has several."),
    click.option("--encoding", help="Encoding of text that is not UTF-8, such as gb18030."),
)
KNOWN: Final = click.option(
    "--known",
    help="The column with what is known of places, such as north_of:开源大道; several facts with"
    " semicolons.",
)
_NOT_WITH_WORDS: Final = ("lon", "lat", "crs", "known")


def table_places(command: _Command) -> _Command:
    """Add to a command which columns say where."""
    return _with(_PLACES, command)


def table_file(command: _Command) -> _Command:
    """Add to a command what a file is read by."""
    return _with(_FILE, command)


def _with(options: tuple[Callable[[_Command], _Command], ...], command: _Command) -> _Command:
    for option in reversed(options):
        command = option(command)
    return command


def read_question(given: Mapping[str, Any], **others: Any) -> Question:  # noqa: ANN401
    """Read what `table_places`, `KNOWN` and `table_file` add.

    Parameters
    ----------
    given : mapping of str to object
        Those that the command has, as click gives them.
    **others
        What else is asked of the table.

    Raises
    ------
    click.UsageError
        There are columns with words, and others in their place.
    CoordinateError
        There is no such CRS.
    """
    from app.join.rows import Question  # noqa: PLC0415 - brings pyarrow

    said = {name: value for name, value in given.items() if value is not None}
    if "location" in said and any(name in said for name in _NOT_WITH_WORDS):
        *most, last = (f"--{name}" for name in _NOT_WITH_WORDS if name in given)
        message = f"--location stands in the place of {', '.join(most)} and {last}."
        raise click.UsageError(message)
    if "crs" in said:
        said["crs"] = parse_crs(said["crs"])
    return Question(**said, **others)
