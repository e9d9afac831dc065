"""``landprice compare``: deals compared with the standard land price."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.commands.console import (
    OUTPUT_FILE,
    check_outputs,
    echo_json,
    echo_sizes,
    write_files,
)
from app.commands.language import general
from app.commands.table import read_question, table_file, table_places
from app.settings import read_settings
from app.web.serving.keeper import read_served
from geo.editions.catalogue import today
from geo.valuation.deals.deal import PriceUnit

if TYPE_CHECKING:
    from app.web.served import Served
    from geo.valuation.deals.study import Study

_REPORTS = (".html", ".xlsx")


@click.command("compare")
@click.argument("source", metavar="IN", type=click.Path(exists=True, path_type=Path))
@table_places
@click.option("--code", help="The column with codes of regions, which go before coordinates.")
@click.option("--use", help="The use of all deals: its code, such as commercial, or Chinese name.")
@click.option("--use-column", help="The column with the use of each deal.")
@click.option("--date", "day", help="The column with the day of each deal.")
@click.option("--price", help="The column with prices.")
@click.option(
    "--price-unit",
    type=click.Choice([unit.value for unit in PriceUnit]),
    help="In what prices are, where the column's name does not say it: yuan_m2 (yuan per m² of"
    " land), wan_mu (10 000 yuan per mu), yuan or wan (for the whole parcel, in yuan or 10 000"
    " yuan).",
)
@click.option("--area", help="The column with areas of land, m².")
@click.option("--plot-ratio", help="The column with plot ratios.")
@click.option("--years", help="The column with remaining years of the land-use right.")
@click.option("--development", help="The column with development levels, such as 六通一平.")
@click.option("--name", help="The column with what deals are called.")
@click.option("--city", help="Code or name of the city of all deals; a coordinate finds its own.")
@click.option(
    "--unadjusted",
    is_flag=True,
    help="Compare a deal whose coefficient is missing with the standard price as it stands, and"
    " mark it; else it is not valued.",
)
@table_file
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    type=OUTPUT_FILE,
    help="A report to write, .html or .xlsx; can be given more than once.",
)
@click.option("--map", "drawn", type=OUTPUT_FILE, help="An HTML file to write, a map of deals.")
@click.option("--json", "as_json", is_flag=True, help="The same JSON as the service gives.")
def command(  # noqa: PLR0913 - one parameter an option
    *,
    source: Path,
    code: str | None,
    use: str | None,
    use_column: str | None,
    day: str | None,
    price: str | None,
    price_unit: str | None,
    area: str | None,
    plot_ratio: str | None,
    years: str | None,
    development: str | None,
    name: str | None,
    city: str | None,
    unadjusted: bool,
    outputs: tuple[Path, ...],
    drawn: Path | None,
    as_json: bool,
    **table: Any,  # noqa: ANN401 - see `read_question`
) -> None:
    """Compare the deals in IN with the standard land price, and say which groups deviate.

    IN is a table as for landprice join, with a row for each deal: its place, use, date and price,
    and where it differs from the standard parcel its plot ratio, remaining years, development level
    and area. Columns are found by common names, Chinese or English, such as 用途, 成交日期,
    成交单价（元/平方米）, 容积率, 剩余年期; a price whose name says no unit needs --price-unit.
    """
    from app.web.valuation.compare.columns import DealColumns  # noqa: PLC0415 - slow to import
    from app.web.valuation.compare.study import DealQuestion, compare_file  # noqa: PLC0415

    if use is not None and use_column is not None:
        raise click.UsageError("--use stands in the place of --use-column.")
    for output in outputs:
        if output.suffix.lower() not in _REPORTS:
            raise click.UsageError(f"{output} must end in {' or '.join(_REPORTS)}.")
    settings = read_settings()
    files = [*outputs, *([] if drawn is None else [drawn])]
    check_outputs(files, [*settings.inputs, source])
    served = read_served(settings)
    columns = DealColumns(
        price=price,
        price_unit=None if price_unit is None else PriceUnit(price_unit),
        use=use_column,
        date=day,
        area_m2=area,
        plot_ratio=plot_ratio,
        remaining_years=years,
        development=development,
        code=code,
        name=name,
    )
    points = read_question(table)
    question = DealQuestion(
        points=points, columns=columns, use=use, city=city, unadjusted=unadjusted
    )
    study, remark = compare_file(served, source, question)
    if remark:
        click.echo(remark, err=True)
    contents = {output: _report(study, output) for output in outputs}
    if drawn is not None:
        contents[drawn] = _map(served, study)
    if contents:
        write_files(contents)
    if as_json:
        from app.web.valuation.compare.models import CompareAnswer  # noqa: PLC0415

        echo_json(CompareAnswer.of(study).model_dump(mode="json"))
        return
    from app.commands.compare_text import compare_text  # noqa: PLC0415

    click.echo(compare_text(study))
    echo_sizes(contents)


def _report(study: Study, output: Path) -> bytes:
    """Make a report of the kind that the name of its file says."""
    if output.suffix.lower() == ".xlsx":
        from maps.deals.workbook import workbook  # noqa: PLC0415 - slow to import

        return workbook(study, reason_zh=general)
    from maps.deals.report import report_html  # noqa: PLC0415 - slow to import

    return report_html(study, made=today(), reason_zh=general).encode()


def _map(served: Served, study: Study) -> bytes:
    """Draw the deals over the edition that most of them were compared with."""
    from maps.interactive.deal_map import deal_map_html  # noqa: PLC0415 - slow to import

    if not study.editions:
        raise click.UsageError("No deal could be valued, so that there is no map of them.")
    most = max(study.editions, key=lambda used: used.deals)
    edition = served.catalogue.by_id[most.edition.id]
    return deal_map_html(study, edition.parcels, edition.names).encode()
