"""``landprice new-city``: the commented skeleton of a city's folder."""

from __future__ import annotations

import json
import shlex
from datetime import date
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Final

import click

from geo.atomic.files import atomic_path, is_free
from geo.crs import Crs, check_range
from geo.errors import CoordinateError
from geo.model import COLOURS

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_SKELETON: Final = files("app.commands").joinpath("new_city_files")
_NO_CENTRE: Final = "# centre = { lon = 119.0, lat = 33.0 }"


@click.command("new-city")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--year",
    type=click.IntRange(1980, 2100),
    default=lambda: date.today().year,  # noqa: DTZ011 - the year where the user is
    help="The year of the edition; this one if it is not given.",
)
@click.option("--city", default="", help="The city, such as 样城市.")
@click.option("--admin-code", default="", help="Its six-digit administrative code, such as 999900.")
@click.option("--lon", type=float, help="Longitude of its centre, WGS84 degrees.")
@click.option("--lat", type=float, help="Latitude of its centre, WGS84 degrees.")
def command(
    *, folder: Path, year: int, city: str, admin_code: str, lon: float | None, lat: float | None
) -> None:
    """Write the skeleton of a city's folder to DIR, with comments that say what to fill in.

    Whatever is not filled in yet is named by ``landprice build``.
    """
    if not is_free(folder):
        raise click.UsageError(f"{folder} is there already; name a new folder, or an empty one.")
    values = {
        "year": str(year),
        "folder": shlex.quote(str(folder)),
        "city": _quoted(city),
        "map_title": _quoted(f"{city}{{use}}标定区域与标定地价图"),
        "admin_code": _quoted(admin_code),
        "centre": _centre(lon, lat),
        "colours": ", ".join(COLOURS),
    }
    try:
        with atomic_path(folder) as draft:
            for path in _write(_SKELETON, draft, values):
                click.echo(folder / path.relative_to(draft))
    except OSError as error:
        raise click.ClickException(f"{folder} cannot be written: {error.strerror}") from error
    click.echo(f"Next: {folder / 'README.md'}")


def _write(source: Traversable, target: Path, values: dict[str, str]) -> list[Path]:
    """Copy a folder and fill in its templates; return the files."""
    target.mkdir()
    written = []
    for entry in sorted(source.iterdir(), key=lambda one: one.name):
        path = target / entry.name.replace("YEAR", values["year"])
        if entry.is_dir():
            written += _write(entry, path, values)
        else:
            text = Template(entry.read_text(encoding="utf-8")).substitute(values)
            path.write_text(text, encoding="utf-8")
            written.append(path)
    return written


def _centre(lon: float | None, lat: float | None) -> str:
    if lon is None and lat is None:
        return _NO_CENTRE
    if lon is None or lat is None:
        raise click.UsageError("The centre needs both --lon and --lat.")
    try:
        check_range(lon=lon, lat=lat, crs=Crs.WGS84)
    except CoordinateError as error:
        raise click.UsageError(str(error)) from error
    return f"centre = {{ lon = {lon!r}, lat = {lat!r} }}"


def _quoted(text: str) -> str:
    """Return a text as TOML writes it, whose basic strings have the escapes of JSON."""
    return json.dumps(text, ensure_ascii=False)
