"""``landprice appraise``: what a parcel is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from app.commands.console import echo_json
from app.commands.place import place_options, read_place
from app.settings import read_settings
from app.web.serving.keeper import read_served

if TYPE_CHECKING:
    from datetime import datetime


@click.command("appraise", context_settings={"ignore_unknown_options": True})
@place_options
@click.option("--code", help="Code of the region that holds the parcel, in place of LON and LAT.")
@click.option("--plot-ratio", help="Of the parcel; the standard parcel's if it is not given.")
@click.option(
    "--years",
    "remaining_years",
    help="Remaining years of the land-use right; the standard parcel's if they are not given.",
)
@click.option(
    "--date",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day to value the parcel for; that of the edition if it is not given.",
)
@click.option("--development", help="Development level, such as 六通一平.")
@click.option("--area", "area_m2", help="Area of the land in m², for the total.")
@click.option(
    "--factor",
    multiple=True,
    help="A further factor, such as 形状:0.98, or the name alone of one that the coefficients"
    " have; may be given several times.",
)
@click.option("--json", "as_json", is_flag=True, help="The same JSON as POST /v1/appraise.")
def command(  # noqa: PLR0913 - one parameter an option
    *,
    lon: str | None,
    lat: str | None,
    crs: str | None,
    use: str | None,
    known: tuple[str, ...],
    at: str | None,
    as_of: datetime | None,
    city: str | None,
    code: str | None,
    plot_ratio: str | None,
    remaining_years: str | None,
    day: datetime | None,
    development: str | None,
    area_m2: str | None,
    factor: tuple[str, ...],
    as_json: bool,
) -> None:
    """Value a parcel at a coordinate, LON before LAT, by the coefficients of the operator.

    They stand in coefficients.toml beside the edition; data/coefficients.example.toml shows one.
    What is not given is as the standard parcel has it. A place may stand in one text, as for
    landprice price.
    """
    # They import the web framework.
    from app.commands.appraise_text import appraise_text  # noqa: PLC0415
    from app.web.valuation.query import AppraiseQuery, appraise  # noqa: PLC0415
    from app.web.valuation.route import answer_of  # noqa: PLC0415

    served = read_served(read_settings())
    is_named = code is not None and lon is None and at is None
    place = {} if is_named else read_place(lon=lon, lat=lat, at=at)
    options = {
        "crs": crs,
        "use": use,
        "known": list(known),
        "as_of": None if as_of is None else as_of.date(),
        "city": city,
        "code": code,
        "plot_ratio": plot_ratio,
        "remaining_years": remaining_years,
        "date": None if day is None else day.date(),
        "development": development,
        "area_m2": area_m2,
        "factor": factor,
    }
    given = {name: value for name, value in options.items() if value is not None}
    found = appraise(served, AppraiseQuery.model_validate(place | given))
    if as_json:
        echo_json(answer_of(served, found).model_dump(mode="json"))
    else:
        edition = served.summary(found.edition, found.query.as_of or found.query.date)
        click.echo(appraise_text(found, edition))
