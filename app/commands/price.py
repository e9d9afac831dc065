"""``landprice price``: the prices at a coordinate."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from app.commands.place import place_options, read_place
from app.commands.price_text import price_text
from app.settings import read_settings
from app.web.serving.keeper import read_served
from geo.crs import Crs, parse_crs
from geo.lookup.price import price_at, price_at_text

if TYPE_CHECKING:
    from datetime import datetime


@click.command("price", context_settings={"ignore_unknown_options": True})
@place_options
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
    place = read_place(lon=lon, lat=lat, at=at)
    day = None if as_of is None else as_of.date()
    assumed = Crs.WGS84 if crs is None else parse_crs(crs)
    if "at" in place:
        edition = served.catalogue.at_text(place["at"], crs=assumed, city=city, as_of=day)
        result = price_at_text(edition, place["at"], crs=crs, use=use, known=known, as_of=day)
    else:
        edition = served.catalogue.at(**place, crs=assumed, city=city, as_of=day)
        result = price_at(edition, **place, crs=assumed, use=use, known=known, as_of=day)
    if as_json:
        answer = json.loads(served.encode(edition, result, day))
        click.echo(json.dumps(answer, ensure_ascii=False, indent=1))
    else:
        told = served.summary(edition, day)
        click.echo(price_text(result, told, served.previous(edition)))
