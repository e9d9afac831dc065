"""``landprice price``: the prices at a coordinate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from app.settings import read_settings
from app.web.edition import LoadedEdition, answer_price
from geo.crs import Crs, parse_crs
from geo.model import Use

if TYPE_CHECKING:
    from app.web.models import Price, PriceAnswer


@click.command("price", context_settings={"ignore_unknown_options": True})
@click.argument("lon", type=float)
@click.argument("lat", type=float)
@click.option("--crs", default=Crs.WGS84.value, show_default=True, help=f"One of {', '.join(Crs)}.")
@click.option("--use", type=click.Choice([use.value for use in Use]), help="Only this use.")
@click.option("--json", "as_json", is_flag=True, help="The same JSON as GET /v1/price.")
def command(*, lon: float, lat: float, crs: str, use: str | None, as_json: bool) -> None:
    """Print the standard land prices at a coordinate, LON before LAT."""
    answer = answer_price(
        LoadedEdition.read(read_settings().parcels),
        lon=lon,
        lat=lat,
        crs=parse_crs(crs),
        use=Use(use) if use else None,
    )
    click.echo(answer.model_dump_json(indent=1) if as_json else _price_text(answer))


def _price_text(answer: PriceAnswer) -> str:
    lines = [_price_line(price) for price in answer.prices]
    for nearest in answer.nearest:
        near = "; the boundary may be off by more" if nearest.within_accuracy else ""
        lines.append(
            f"{Use(nearest.use).label}: no region here; nearest {nearest.code}"
            f" at {nearest.distance_m:.0f} m{near}"
        )
    lines.append(f"{answer.edition.document}, valuation date {answer.edition.valuation_date}")
    return "\n".join(lines)


def _price_line(price: Price) -> str:
    floor = "" if price.floor_price_cny_m2 is None else f", floor {price.floor_price_cny_m2}"
    text = (
        f"{price.use_name} {price.code}: ground {price.ground_price_cny_m2} yuan/m²{floor},"
        f" plot ratio {price.plot_ratio:g}, {price.tenure_years} years, {price.development};"
        f" {price.certainty.replace('_', ' ')},"
        f" {price.distance_to_boundary_m:.0f} m to the boundary"
    )
    if price.alternatives:
        others = ", ".join(f"{a.code} ({a.ground_price_cny_m2})" for a in price.alternatives)
        text += f"; may be {others}"
    return text
