"""``landprice appraise``: what a parcel is worth."""

from __future__ import annotations

from typing import Any

import click

from app.commands.console import echo_json
from app.commands.parcel import parcel_options, read_parcel
from app.commands.place import place_options
from app.settings import read_settings
from app.web.serving.keeper import read_served


@click.command("appraise", context_settings={"ignore_unknown_options": True})
@place_options
@parcel_options
@click.option("--json", "as_json", is_flag=True, help="The same JSON as POST /v1/appraise.")
def command(*, as_json: bool, **given: Any) -> None:  # noqa: ANN401 - a value an option
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
    found = appraise(served, AppraiseQuery.model_validate(read_parcel(**given)))
    if as_json:
        echo_json(answer_of(served, found).model_dump(mode="json"))
    else:
        edition = served.summary(found.edition, found.query.as_of or found.query.date)
        click.echo(appraise_text(found, edition))
