"""Deals compared with the standard land price, as a workbook with charts that Excel draws."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference, ScatterChart, Series
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from geo.valuation.deals.method import METHOD
from maps.deals.words import (
    EVERYTHING,
    OUTLIERS,
    PROPERTIES,
    UNITS,
    VERDICTS,
    nested_groups,
    use_words,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from openpyxl.worksheet.worksheet import Worksheet

    from geo.valuation.deals.comparison import Group
    from geo.valuation.deals.deal import ComparedDeal
    from geo.valuation.deals.study import Study

_PERCENT: Final = "+0.0%;-0.0%;0.0%"
_MONEY: Final = "#,##0.00"
_HEAD: Final = PatternFill("solid", fgColor="E9EDF1")
_WIDEST: Final = 60

_GROUPS: Final = (
    ("用途\nUse", None),
    ("区域\nRegion", None),
    ("标准宗地\nStandard parcel", None),
    ("标定地价（元/平方米）\nStandard price, yuan/m²", "#,##0"),
    ("宗数\nDeals", "0"),
    ("区域不确定\nUnsure", "0"),
    ("未修正\nUnadjusted", "0"),
    ("偏差中位数\nMedian deviation", _PERCENT),
    ("下四分位\nLower quartile", _PERCENT),
    ("上四分位\nUpper quartile", _PERCENT),
    ("COD", "0.0"),
    ("PRD", "0.000"),
    ("p 值\np-value", "0.0000"),
    ("校正后 p 值\nCorrected p-value", "0.0000"),
    ("判断\nVerdict", None),
)
_DEALS: Final = (
    ("行\nRow", "0"),
    ("名称\nName", None),
    ("用途\nUse", None),
    ("日期\nDate", "yyyy-mm-dd"),
    ("区域\nRegion", None),
    ("概率\nProbability", "0.000"),
    ("版本\nEdition", None),
    ("成交价（元/平方米）\nPrice, yuan/m²", _MONEY),
    ("标定地价（元/平方米）\nStandard price, yuan/m²", _MONEY),
    ("价值（元/平方米）\nValue, yuan/m²", _MONEY),
    ("偏差\nDeviation", _PERCENT),
    ("异常\nOutlier", None),
    ("备注\nRemarks", None),
)
_NOT_VALUED: Final = (
    ("行\nRow", "0"),
    ("名称\nName", None),
    ("原因\nReason", None),
    ("代码\nCode", None),
    ("说明\nMessage", None),
)


def workbook(study: Study, *, reason_zh: Callable[[str], str]) -> bytes:
    """Write a workbook, in which numbers are numbers and text is never a formula.

    Parameters
    ----------
    study : Study
    reason_zh : callable
        Says in Chinese what the code of an error means.

    Returns
    -------
    bytes
        XLSX with the sheets 各组 Groups, 成交 Deals, 未估价 Not valued and 方法 Method.
    """
    found = study.comparison
    book = Workbook()
    groups, deals, others, method = (
        book.create_sheet(title)
        for title in ("各组 Groups", "成交 Deals", "未估价 Not valued", "方法 Method")
    )
    book.remove(book.worksheets[0])
    nested = nested_groups(found)
    _fill(groups, _GROUPS, (_group_row(study, one) for one in nested))
    _fill(deals, _DEALS, map(_deal_row, found.deals))
    _fill(
        others,
        _NOT_VALUED,
        (
            (one.row, one.name, reason_zh(one.reason.code), one.reason.code, str(one.reason))
            for one in found.not_valued
        ),
    )
    _tell_method(method, study)
    if nested:
        _draw_groups(groups, len(nested))
        _draw_deals(deals, len(found.deals))
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def _group_row(study: Study, group: Group) -> tuple[Any, ...]:
    record = study.records.get(group.code or "")
    spread, use = group.spread, group.use
    low, high = (None, None) if spread is None else spread.quartiles
    return (
        EVERYTHING.zh if use is None else use.label,
        group.code,
        None if record is None else record.standard_parcel,
        None if record is None else record.ground_price_cny_m2,
        group.deals,
        group.unsure,
        group.unadjusted,
        group.median,
        *(low, high),
        *((None, None) if spread is None else (spread.cod, spread.prd)),
        group.p_value,
        group.corrected_p_value,
        "{0.zh} {0.en}".format(VERDICTS[group.verdict]),
    )


def _deal_row(deal: ComparedDeal) -> tuple[Any, ...]:
    remarks = (
        ("区域不确定 unsure region", not deal.sure),
        ("按指数推算 by index", deal.by_index),
        ("未修正 unadjusted", deal.unadjusted),
    )
    return (
        deal.row,
        deal.name,
        "{0.zh} {0.en}".format(use_words(deal.use)),
        deal.date,
        deal.code,
        deal.probability,
        deal.edition,
        deal.price_cny_m2,
        deal.standard_cny_m2,
        deal.value_cny_m2,
        deal.deviation,
        "{0.zh} {0.en}".format(OUTLIERS[deal.outlier]).strip() or None,
        "；".join(text for text, holds in remarks if holds) or None,
    )


def _fill(
    sheet: Worksheet, columns: Sequence[tuple[str, str | None]], rows: Iterable[Sequence[Any]]
) -> None:
    """Write a table below its titles."""
    widths = [max(map(_width, title.split("\n"))) for title, _ in columns]
    sheet.append([title for title, _ in columns])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        cell.fill = _HEAD
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    for number, row in enumerate(rows, start=2):
        for place, value in enumerate(row):
            cell = sheet.cell(number, place + 1)
            _write(cell, value)
            if (form := columns[place][1]) is not None:
                cell.number_format = form
            if isinstance(value, str):
                widths[place] = max(widths[place], _width(value))
    for place, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = min(width, _WIDEST) + 3
    sheet.row_dimensions[1].height = 46
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions


def _write(cell: Any, value: Any) -> None:  # noqa: ANN401 - openpyxl has no types
    if isinstance(value, str):
        # Excel has no place for control characters, and "=1+1" would be a formula.
        cell.value = "".join(one for one in value if one.isprintable())[:32_000]
        cell.data_type = "s"
    else:
        cell.value = value


def _width(text: str) -> int:
    return sum(2 if ord(character) > 0x2E80 else 1 for character in text)


def _tell_method(sheet: Worksheet, study: Study) -> None:
    unit = UNITS[study.price_unit]
    lines = [
        f"成交与标定地价比较 Deals and the standard land price: {study.source}",
        *(f"{one.zh}\n{one.en}" for one in METHOD),
        f"价格单位 Price unit: {unit.zh} {unit.en}",
        *(
            f"{PROPERTIES[key].zh} {PROPERTIES[key].en}: {name}"
            for key, name in study.columns.items()
        ),
    ]
    for used in study.editions:
        invented = "，系数为虚构 with invented coefficients" if used.synthetic else ""
        facts = used.edition
        lines.append(f"{facts.id} {facts.document}: {used.deals}{invented}")
    lines.append(study.attribution)
    for number, line in enumerate(lines, start=1):
        cell = sheet.cell(number, 1)
        cell.value = line
        cell.data_type = "s"
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.cell(1, 1).font = Font(bold=True, size=14)
    sheet.column_dimensions["A"].width = 110


def _draw_groups(sheet: Worksheet, count: int) -> None:
    chart = BarChart()
    chart.type = "bar"
    chart.style = 10
    chart.title = "偏差中位数 Median deviation"
    chart.legend = None
    chart.add_data(Reference(sheet, min_col=8, min_row=2, max_row=count + 1))
    chart.set_categories(Reference(sheet, min_col=1, max_col=2, min_row=2, max_row=count + 1))
    chart.y_axis.number_format = _PERCENT
    chart.x_axis.scaling.orientation = "maxMin"  # the first row on top
    chart.x_axis.tickLblPos = "low"
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.gapWidth = 40
    chart.width, chart.height = 22, min(60, 5 + 0.55 * count)
    sheet.add_chart(chart, f"{get_column_letter(len(_GROUPS) + 2)}2")


def _draw_deals(sheet: Worksheet, count: int) -> None:
    chart = ScatterChart()
    chart.style = 13
    chart.title = "成交价与价值 Price and value, 元/平方米 yuan/m²"
    chart.legend = None
    chart.x_axis.title, chart.y_axis.title = "价值 Value", "成交价 Price"
    series = Series(
        Reference(sheet, min_col=8, min_row=2, max_row=count + 1),
        Reference(sheet, min_col=10, min_row=2, max_row=count + 1),
    )
    series.marker.symbol, series.marker.size = "circle", 4
    series.graphicalProperties.line.noFill = True
    chart.series.append(series)
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.width, chart.height = 20, 15
    sheet.add_chart(chart, f"{get_column_letter(len(_DEALS) + 2)}2")
