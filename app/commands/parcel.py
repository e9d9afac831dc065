"""How a parcel to be valued is given on the command line: its place, and how it differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from app.commands.place import read_place

if TYPE_CHECKING:
    from collections.abc import Callable

_Command = TypeVar("_Command", bound="Callable[..., Any]")
_OPTIONS: Final = (
    click.option(
        "--code", help="Code of the region that holds the parcel, in place of LON and LAT."
    ),
    click.option("--plot-ratio", help="Of the parcel; the standard parcel's if it is not given."),
    click.option(
        "--years",
        "remaining_years",
        help="Remaining years of the land-use right; the standard parcel's if they are not given.",
    ),
    click.option(
        "--date",
        type=click.DateTime(["%Y-%m-%d"]),
        help="The day to value the parcel for; that of the edition if it is not given.",
    ),
    click.option("--development", help="Development level, such as 六通一平."),
    click.option("--area", "area_m2", help="Area of the land in m², for the total."),
    click.option(
        "--factor",
        multiple=True,
        help="A further factor, such as 形状:0.98, or the name alone of one that the coefficients"
        " have; may be given several times.",
    ),
)
OF_PARCELS: Final = frozenset(
    ("code", "plot_ratio", "remaining_years", "date", "development", "area_m2", "factor")
)
"""Names of what `parcel_options` adds."""


def parcel_options(command: _Command) -> _Command:
    """Add to a command what says how a parcel differs from the standard parcel."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def read_parcel(
    *,
    lon: str | None,
    lat: str | None,
    at: str | None,
    **options: Any,  # noqa: ANN401
) -> dict[str, Any]:
    """Read what `app.commands.place.place_options` and `parcel_options` add.

    Parameters
    ----------
    lon, lat, at : str or None
    **options
        The others, as click gives them.

    Returns
    -------
    dict
        What is given, by its name in `app.web.valuation.query.AppraiseQuery`.

    Raises
    ------
    click.UsageError
        The place is given in two ways; or not at all, and no region is named.
    CoordinateError
        A number of the place cannot be read.
    """
    given = {name: value for name, value in options.items() if value not in (None, ())}
    for name in ("as_of", "date"):
        if name in given:
            given[name] = given[name].date()
    is_named = "code" in given and lon is None and at is None
    return given if is_named else given | read_place(lon=lon, lat=lat, at=at)
