"""The sums of a portfolio, as text for people and as files."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any, Final

import click

from app.commands.language import say

if TYPE_CHECKING:
    from pathlib import Path

    from geo.valuation.sums import Sum, Sums

_SUFFIXES: Final = (".csv", ".json")


def check_summary(summary: Path | None, target: Path, source: Path) -> None:
    """Refuse a file for the sums that is of no known kind, or is a table.

    Raises
    ------
    click.UsageError
    """
    if summary is None:
        return
    if summary.suffix.lower() not in _SUFFIXES:
        raise click.UsageError(f"--summary is {summary}; it must end in .csv or .json.")
    if summary.resolve() in {target.resolve(), source.resolve()}:
        raise click.UsageError(f"--summary is {summary}, which is a table; name another file.")


def summary_rows(sums: Sums) -> list[dict[str, Any]]:
    """Return the sums by use and region: amounts as exact decimals in text, None for none."""
    return [
        {"use": use or None, "code": code or None, **_figures(one)}
        for (use, code), one in sorted(sums.by_region.items())
    ]


def _figures(one: Sum) -> dict[str, Any]:
    mean = one.mean_price_cny_m2
    return {
        "rows": one.rows,
        "valued": one.valued,
        "not_valued": one.not_valued,
        "area_m2": f"{one.area_m2:f}",
        "total_cny": f"{one.total_cny:f}",
        "mean_price_cny_m2": None if mean is None else f"{mean:f}",
    }


def summary_file(sums: Sums, path: Path) -> bytes:
    """Return the sums by use and region as CSV or JSON, as the name of a file says."""
    rows = summary_rows(sums)
    if path.suffix.lower() == ".json":
        return (json.dumps({"sums": rows}, ensure_ascii=False, indent=1) + "\n").encode()
    text = io.StringIO()
    writer = csv.DictWriter(text, ["use", "code", *_figures(sums.all())])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")  # by which Excel knows UTF-8


def summary_text(sums: Sums) -> str:
    """Return the sums by use, with those of its regions below each, and over all."""
    lines = []
    for use, total in sums.by_use().items():
        lines.append(f"{use or say('用途不明', 'no use')}: {_line(total)}")
        lines += [
            f"  {code or say('不在任何区域', 'in no region')}: {_line(one)}"
            for (of, code), one in sorted(sums.by_region.items())
            if of == use
        ]
    return "\n".join([*lines, f"{say('合计', 'all')}: {_line(sums.all())}"])


def _line(one: Sum) -> str:
    mean = one.mean_price_cny_m2
    zh = f"{one.rows} 宗，已估 {one.valued} 宗，未估 {one.not_valued} 宗"
    en = f"{one.rows} parcels, {one.valued} valued, {one.not_valued} not"
    if mean is not None:
        area_m2 = f"{one.area_m2.normalize():,f}"
        zh += f"；面积 {area_m2} 平方米，总价 {one.total_cny:,} 元，均价 {mean:,} 元/平方米"
        en += f"; {area_m2} m², {one.total_cny:,} yuan, {mean:,} yuan/m² on average"
    return say(zh, en)
