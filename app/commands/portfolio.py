"""``landprice portfolio``: the value of every parcel of a table."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.commands.console import (
    OUTPUT_FILE,
    check_outputs,
    completing,
    echo_json,
    number_text,
    write_files,
)
from app.commands.join import existing, run_with_progress
from app.commands.portfolio_text import check_summary, summary_file, summary_rows, summary_text
from app.commands.table import KNOWN, read_question, table_file, table_places
from app.join.by_edition import Grounds
from app.join.files import plan_join, run_join
from app.join.valued import Portfolio, ValuedRows
from app.settings import read_settings
from app.web.serving.keeper import read_served
from geo.editions.basis import Basis, edition_on
from geo.valuation.cells import AREA_UNITS
from geo.valuation.sums import Sums

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from app.web.edition import LoadedEdition
    from geo.editions.catalogue import Catalogue

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("portfolio")
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT")
@table_places
@KNOWN
@click.option(
    "--use",
    help="The use of all parcels: its code, such as commercial, or its Chinese name; a column is"
    " not read then.",
)
@click.option("--use-column", help="The column with the use of the land (use, 用途).")
@click.option("--plot-ratio-column", help="The column with the plot ratio (plot_ratio, 容积率).")
@click.option(
    "--remaining-years-column",
    help="The column with the remaining years of the land-use right (remaining_years, 剩余年期).",
)
@click.option(
    "--date",
    "day",
    type=_DAY,
    help="The valuation date of all parcels; a column is not read then.",
)
@click.option("--date-column", help="The column with the valuation date (date, 估价期日).")
@click.option(
    "--development-column", help="The column with the development level (development, 开发程度)."
)
@click.option("--area-column", help="The column with the area of the land (area_m2, 面积).")
@click.option(
    "--area-unit",
    type=click.Choice(list(AREA_UNITS)),
    default="m2",
    show_default=True,
    shell_complete=completing(*AREA_UNITS),
    help="What the area counts: m2, mu (亩) or ha (公顷).",
)
@click.option(
    "--as-of", type=_DAY, help="The day whose edition values all parcels, whatever their date is."
)
@click.option("--city", help="Code or name of the city, where there are several.")
@table_file
@click.option(
    "--summary",
    type=OUTPUT_FILE,
    help="Write the sums by use and region there, too: a .csv or .json file.",
)
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
def command(  # noqa: PLR0913 - one parameter an option
    *,
    source: str,
    target: str,
    use: str | None,
    use_column: str | None,
    plot_ratio_column: str | None,
    remaining_years_column: str | None,
    day: datetime | None,
    date_column: str | None,
    development_column: str | None,
    area_column: str | None,
    area_unit: str,
    as_of: datetime | None,
    city: str | None,
    summary: Path | None,
    as_json: bool,
    **table: Any,  # noqa: ANN401 - see `read_question`
) -> None:
    """Write IN with the value of each of its parcels to OUT, and print sums by use and region.

    IN and OUT are files or folders as of landprice join. Values are by the coefficient method, with
    the coefficients.toml beside the edition. What a table does not say of a parcel is as the
    standard parcel has it. Rows that cannot be valued are kept, and their column value_error says
    why.

    Each parcel is valued by the region of its use that likeliest holds it; the column
    value_probability says how likely that is. POST /v1/appraise gives the range over all regions
    that may hold one parcel.

    A parcel with a date is valued by the edition that was in force on it, which value_edition
    names.
    """
    if use is not None and use_column is not None:
        raise click.UsageError("--use stands in the place of --use-column.")
    if day is not None and date_column is not None:
        raise click.UsageError("--date stands in the place of --date-column.")
    question = read_question(table)
    settings = read_settings()
    check_outputs([Path(target), *([summary] if summary else [])], settings.inputs)
    check_summary(summary, Path(target), Path(source))
    catalogue = read_served(settings).catalogue
    code = catalogue.city(city)
    on = _chooser(catalogue, code, None if as_of is None else as_of.date())
    portfolio = Portfolio(
        on=on,
        columns={
            "use": use_column,
            "plot_ratio": plot_ratio_column,
            "remaining_years": remaining_years_column,
            "date": date_column,
            "development": development_column,
            "area": area_column,
        },
        use=use,
        date=None if day is None else day.date(),
        area_unit=area_unit,
    )
    sums = Sums()
    edition = on(portfolio.date).edition
    start_s = time.monotonic()
    make = partial(ValuedRows, portfolio=portfolio, sums=sums)
    plan = plan_join(existing(source), Path(target), edition, question, make)
    for remark in plan.remarks:
        click.echo(remark, err=True)
    counts = run_with_progress(partial(run_join, plan, edition, question), target, plan.rows)
    seconds = time.monotonic() - start_s
    if summary is not None:
        write_files({summary: summary_file(sums, summary)})
    rate = counts.rows / seconds
    if as_json:
        figures = {"seconds": round(seconds, 3), "rows_per_second": round(rate)}
        report = {"source": source, "target": target, "rows": counts.rows, **figures}
        echo_json({**report, "sums": summary_rows(sums)})
        return
    click.echo(summary_text(sums))
    click.echo(f"{target}: {seconds:.1f} s, {number_text(rate)} rows/s")


def _chooser(
    catalogue: Catalogue[LoadedEdition], city: str, as_of: date | None
) -> Callable[[date | None], Grounds]:
    """Return what chooses an edition for a valuation date."""

    def on(day: date | None) -> Grounds:
        if as_of is None:
            edition, basis = edition_on(catalogue, city, day)
        else:
            edition, basis = catalogue.in_force(city, as_of), Basis.IN_FORCE
        return Grounds(edition, edition.coefficients, basis)

    return on
