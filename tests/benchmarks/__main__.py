"""Measures the product against other tools and writes BENCHMARKS.md: ``make bench``."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from tests.benchmarks import (
    rows_bulk,
    rows_editions,
    rows_files,
    rows_http,
    rows_index,
    rows_valuation,
)
from tests.benchmarks.measure import QUICK, Scale, measure
from tests.benchmarks.report import page, table
from tests.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.benchmarks.measure import Comparison

_PAGE = ROOT / "BENCHMARKS.md"
_ALL = tuple(
    comparison
    for module in (rows_bulk, rows_http, rows_files, rows_valuation, rows_index, rows_editions)
    for comparison in module.comparisons()
)


def _chosen(_context: click.Context, _option: click.Parameter, keys: str) -> list[Comparison]:
    known = {comparison.key: comparison for comparison in _ALL}
    unknown = set(filter(None, keys.split(","))) - known.keys()
    if unknown:
        raise click.BadParameter(f"{min(unknown)} is none of {', '.join(known)}")
    return [known[key] for key in keys.split(",")] if keys else list(_ALL)


@click.command()
@click.option(
    "--rows",
    "chosen",
    default="",
    callback=_chosen,
    help=f"Only these, comma-separated, and only shown: {', '.join(c.key for c in _ALL)}.",
)
@click.option("--quick", is_flag=True, help="Little of everything, once, and only shown.")
def main(chosen: Sequence[Comparison], quick: bool) -> None:
    """Measure the product against other tools; with no options, write BENCHMARKS.md.

    The exit status is 1 if a row fails, but not if it misses its bar.
    """
    scale = QUICK if quick else Scale()
    started_s = time.monotonic()
    rows = []
    for number, comparison in enumerate(chosen, start=1):
        click.echo(f"{number}/{len(chosen)} {comparison.key}", err=True)
        rows.append(measure(comparison, scale))
    click.echo(table(rows))
    if len(chosen) == len(_ALL) and not quick:
        elapsed_s = time.monotonic() - started_s
        _PAGE.write_text(page(rows, scale, elapsed_s), encoding="utf-8")
    sys.exit(any(row.failed for row in rows))


if __name__ == "__main__":
    main()
