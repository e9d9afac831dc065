"""``landprice price``: the prices at a coordinate."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from app.commands.console import SYSTEMS
from app.commands.price_text import price_text
from app.settings import read_settings
from app.web.serving.keeper import read_served
from geo.crs import Crs, parse_crs
from geo.lookup.price import price_at, price_at_text
from geo.lookup.written import read_coordinate

if TYPE_CHECKING:
    from datetime import datetime


@click.command("price", context_settings={"ignore_unknown_options": True})
@click.argument("lon", required=False)
@click.argument("lat", required=False)
@click.option(
    "--crs",
    shell_complete=SYSTEMS,
    help="wgs84 (assumed), cgcs2000, gcj02, bd09, or a 3-degree zone of CGCS2000 such as"
    " epsg:4547.",
)
@click.option("--use", help="Only this use: its code, such as commercial, or its Chinese name.")
@click.option(
    "--known",
    multiple=True,
    help="What is known of the place, such as north_of:开源大道; may be given several times.",
)
@click.option("--at", help="A place as a text: in words, or a coordinate in any form.")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day on which the prices must be in force.",
)
@click.option("--city", help="Code or name of a city; a coordinate finds its own.")
@click.option("--json", "as_json", is_flag=True, help="The same JSON as GET /v1/price.")
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
    as_json: bool,
) -> None:
    """Print the standard land prices at a coordinate, LON before LAT.

    A place may stand in one text instead: 114.0127,32.9930, degrees and minutes, a link of a map,
    or words such as 文明大道与慎阳路交叉口西南角.
    """
    served = read_served(read_settings())
    if at is not None and lon is not None:
        raise click.UsageError("--at stands in the place of LON and LAT.")
    text = lon if at is None else at
    if text is None:
        raise click.UsageError("Give LON and LAT, or a place as one text.")
    day = None if as_of is None else as_of.date()
    assumed = Crs.WGS84 if crs is None else parse_crs(crs)
    if lat is None:
        edition = served.catalogue.at_text(text, crs=assumed, city=city, as_of=day)
        result = price_at_text(edition, text, crs=crs, use=use, known=known, as_of=day)
    else:
        place = {"lon": read_coordinate(text, "lon"), "lat": read_coordinate(lat, "lat")}
        edition = served.catalogue.at(**place, crs=assumed, city=city, as_of=day)
        result = price_at(
            edition,
            **place,
            crs=assumed,
            use=use,
            known=known,
            as_of=day,
        )
    if as_json:
        answer = json.loads(served.encode(edition, result, day))
        click.echo(json.dumps(answer, ensure_ascii=False, indent=1))
    else:
        told = served.summary(edition, day)
        click.echo(price_text(result, told, served.previous(edition)))
