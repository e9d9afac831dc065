"""``landprice price``: the prices at a coordinate."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from app.settings import read_settings
from app.web.edition import LoadedEdition
from geo.crs import Crs
from geo.lookup.price import price_at, price_at_text
from geo.lookup.written import read_coordinate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geo.lookup.price import PriceResult
    from geo.lookup.result import Chance, Known, Question, RegionPrice


_UNLIKELY = 0.9  # where no region is likelier than this, its prices are not worth a line


@click.command("price", context_settings={"ignore_unknown_options": True})
@click.argument("lon", required=False)
@click.argument("lat", required=False)
@click.option(
    "--crs",
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
@click.option("--json", "as_json", is_flag=True, help="The same JSON as GET /v1/price.")
def command(
    *,
    lon: str | None,
    lat: str | None,
    crs: str | None,
    use: str | None,
    known: tuple[str, ...],
    at: str | None,
    as_json: bool,
) -> None:
    """Print the standard land prices at a coordinate, LON before LAT.

    A place may stand in one text instead: 114.0127,32.9930, degrees and minutes, a link of a map,
    or words such as 文明大道与慎阳路交叉口西南角.
    """
    edition = LoadedEdition.read(read_settings().parcels)
    if at is not None and lon is not None:
        raise click.UsageError("--at stands in the place of LON and LAT.")
    text = lon if at is None else at
    if text is None:
        raise click.UsageError("Give LON and LAT, or a place as one text.")
    if lat is None:
        result = price_at_text(edition, text, crs=crs, use=use, known=known)
    else:
        result = price_at(
            edition,
            lon=read_coordinate(text, "lon"),
            lat=read_coordinate(lat, "lat"),
            crs=crs or Crs.WGS84,
            use=use,
            known=known,
        )
    if as_json:
        answer = json.loads(edition.encoder.encode(result))
        click.echo(json.dumps(answer, ensure_ascii=False, indent=1))
    else:
        click.echo(_text(result))


def _text(result: PriceResult) -> str:
    lines = [_price_line(price) for price in result.prices]
    for nearest in result.nearest:
        may = f", which holds it with {nearest.probability:.1%}" if nearest.probability else ""
        lines.append(
            f"{nearest.region.use.label}: no region here; nearest {nearest.region.code}"
            f" at {nearest.distance_m:.0f} m{may}"
        )
    lines += [text for chance in result.chances for text in _chance_lines(chance)]
    if result.whereabouts is not None:
        lon, lat, radius_m = result.whereabouts
        lines.append(f"{result.at}: about {lon:.4f}, {lat:.4f} (wgs84), within {radius_m:.0f} m")
    if result.crs_stated is not None:
        system = f"{result.crs}{'' if result.crs_stated else ', assumed'}"
        lines.append(f"read as {result.lon:.6f}, {result.lat:.6f} ({system})")
    lines += _known_lines(result.known)
    lines += _question_lines(result.question)
    lines.append(f"{result.edition.document}, valuation date {result.edition.valuation_date}")
    return "\n".join(lines)


def _known_lines(known: Known | None) -> Iterator[str]:
    if known is not None:
        words = "; too few, so only the notice's words count" if known.by_words else ""
        facts = ", ".join(known.facts)
        yield f"known: {facts}; true in {known.layouts} of {known.of} layouts{words}"


def _question_lines(question: Question | None) -> Iterator[str]:
    if question is None:
        return
    yield f"to be surer, say on which side of {question.line} it lies:"
    for side, likeliest in question.sides:
        told = ", ".join(
            f"{one.region.code} ({one.region.record.ground_price_cny_m2}, {one.probability:.0%})"
            for one in likeliest
        )
        yield f"  --known {side}_of:{question.line}: {told or 'no region'}"


def _chance_lines(chance: Chance) -> Iterator[str]:
    if chance.price_range_cny_m2 is not None:
        low, high = chance.price_range_cny_m2
        none = f"; no region with {chance.none_probability:.1%}" if chance.none_probability else ""
        if (none or low < high) and chance.none_probability < _UNLIKELY:
            yield f"{chance.use.label}: with 95 % {low} to {high} yuan/m²{none}"


def _terms(price: RegionPrice) -> str:
    """Return what the price is for, as far as the gazette says."""
    terms = (
        (price.plot_ratio, "plot ratio {:g}"),
        (price.tenure_years, "{} years"),
        (price.region.record.development, "{}"),
    )
    return "".join(f", {form.format(term)}" for term, form in terms if term is not None)


def _price_line(price: RegionPrice) -> str:
    floor = "" if price.floor_price_cny_m2 is None else f", floor {price.floor_price_cny_m2}"
    drawn = "" if price.drawn else ", though drawn elsewhere"
    likeliest = "" if price.likeliest else ", as drawn, but another is likelier"
    text = (
        f"{price.use.label} {price.code}: ground {price.ground_price_cny_m2} yuan/m²{floor}"
        f"{_terms(price)}; {price.certainty.replace('_', ' ')} ({price.probability:.1%}{drawn}"
        f"{likeliest}), {price.distance_to_boundary_m:.0f} m to the boundary"
    )
    if price.alternatives:
        others = (
            f"{other.region.code} ({other.region.record.ground_price_cny_m2},"
            f" {other.probability:.1%})"
            for other in price.alternatives
        )
        text += f"; may be {', '.join(others)}"
    return text
