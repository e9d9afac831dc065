"""``landprice diff``: what changed from one edition to another."""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING

import click

from app.commands.console import OUTPUT_FILE, check_outputs, echo_json, echo_sizes, write_files
from app.commands.editions_text import difference_text
from app.settings import read_settings
from app.web.editions import difference_answer, edition_called
from app.web.serving.keeper import read_served
from geo.editions.compare import compare

if TYPE_CHECKING:
    from pathlib import Path

    from app.web.edition_models import DifferenceAnswer

_COLUMNS = ("change", "code", "use", "field", "before", "after")


@click.command("diff")
@click.argument("before")
@click.argument("after")
@click.option("--json", "as_json", is_flag=True, help="The same JSON as the service gives.")
@click.option("--csv", "table", type=OUTPUT_FILE, help="A CSV file to write, a row a change.")
@click.option("--map", "drawn", type=OUTPUT_FILE, help="An HTML file to write, a map of change.")
def command(
    *, before: str, after: str, as_json: bool, table: Path | None, drawn: Path | None
) -> None:
    """Tell what changed from an edition, BEFORE, to another of its city, AFTER.

    Both as landprice editions lists them, such as 411700-2022.
    """
    settings = read_settings()
    outputs = [path for path in (table, drawn) if path is not None]
    check_outputs(outputs, settings.inputs)
    served = read_served(settings)
    found = compare(edition_called(served, before), edition_called(served, after))
    answer = difference_answer(found)
    contents: dict[Path, bytes] = {}
    if table is not None:
        contents[table] = _csv(answer).encode("utf-8-sig")  # for spreadsheets
    if drawn is not None:
        from maps.interactive.change_map import change_map_html  # noqa: PLC0415 - slow to import

        contents[drawn] = change_map_html(found).encode()
    if contents:
        write_files(contents)
        echo_sizes(contents)
    elif as_json:
        echo_json(answer.model_dump(mode="json"))
    else:
        click.echo(difference_text(found))


def _csv(answer: DifferenceAnswer) -> str:
    """Return changes as a table: a row for each region that only one has, and for each value."""
    text = StringIO()
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(_COLUMNS)
    price = "ground_price_cny_m2"
    for one in answer.added:
        rows.writerow(("added", one.code, one.use, price, None, one.ground_price_cny_m2))
    for one in answer.removed:
        rows.writerow(("removed", one.code, one.use, price, one.ground_price_cny_m2, None))
    for changed in answer.changed:
        for name, values in changed.values.items():
            rows.writerow(("changed", changed.code, changed.use, name, *values))
        if changed.redrawn:
            areas = changed.area_before_m2, changed.area_m2
            rows.writerow(("redrawn", changed.code, changed.use, "area_m2", *areas))
    return text.getvalue()
