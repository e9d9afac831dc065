"""A report of deals compared with the standard land price, as one file."""

from __future__ import annotations

import base64
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from geo.valuation.deals.comparison import LEVEL
from geo.valuation.deals.method import METHOD, Words
from geo.valuation.deals.verdict import Verdict
from maps.deals.charts import Chart, charts
from maps.deals.words import (
    EVERYTHING,
    OUTLIERS,
    PROPERTIES,
    UNITS,
    VERDICTS,
    nested_groups,
    percent,
    use_words,
)
from maps.interactive.documents import standalone_document

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from geo.valuation.deals.comparison import Group
    from geo.valuation.deals.deal import ComparedDeal, NotValued
    from geo.valuation.deals.study import Study

_HERE: Final = Path(__file__).parent
_MOST_LISTED: Final = 200
"""Rows of a list; a workbook has all."""


def report_html(study: Study, *, made: date, reason_zh: Callable[[str], str]) -> str:
    """Write a report that needs no other file and no network.

    Parameters
    ----------
    study : Study
    made : datetime.date
        The day that it says of itself.
    reason_zh : callable
        Says in Chinese what the code of an error means.

    Returns
    -------
    str
        HTML in Chinese that also speaks English, the same text for the same study and day.
    """
    found = study.comparison
    groups = [_group(study, one) for one in nested_groups(found)]
    outliers, others = found.outliers, found.not_valued
    reasons = Counter(one.reason.code for one in others)
    return standalone_document(
        "deal_report.html",
        scripts=[],
        script=(_HERE / "static" / "report.js").read_text(encoding="utf-8"),
        styles=[_HERE / "static" / "report.css"],
        study=study,
        found=found,
        made=made,
        cities=dict.fromkeys(used.edition.city for used in study.editions),
        synthetic=any(used.synthetic for used in study.editions),
        unit=UNITS[study.price_unit],
        columns=[(PROPERTIES[key], name) for key, name in study.columns.items()],
        groups=groups,
        deviating=[_group(study, one) for one in found.deviating],
        tested=sum(one.p_value is not None for one in found.groups),
        level=f"{LEVEL:.0%}",
        charts=[_shown(one) for one in charts(found, _shortener(study))] if found.deals else [],
        outliers=[_deal(study, one) for one in outliers[:_MOST_LISTED]],
        more_outliers=max(0, len(outliers) - _MOST_LISTED),
        reasons=[(code, reason_zh(code), count) for code, count in reasons.most_common()],
        not_valued=[_refused(one, reason_zh) for one in others[:_MOST_LISTED]],
        more_not_valued=max(0, len(others) - _MOST_LISTED),
        method=METHOD,
        percent=percent,
    )


def _shortener(study: Study) -> Callable[[str], str]:
    """Return what shortens codes of regions where all are of one city."""
    cities = {used.edition.admin_code for used in study.editions}
    own = next(iter(cities)) if len(cities) == 1 else ""
    return lambda code: code.removeprefix(own)


def _group(study: Study, group: Group) -> dict[str, Any]:
    record = study.records.get(group.code or "")
    name = EVERYTHING if group.use is None else use_words(group.use)
    if group.code is not None:
        name = Words(_shortener(study)(group.code), _shortener(study)(group.code))
    return {
        "name": name,
        "level": (group.use is not None) + (group.code is not None),
        "use": None if group.use is None else use_words(group.use),
        "parcel": None if record is None else record.standard_parcel,
        "standard": None if record is None else record.ground_price_cny_m2,
        "group": group,
        "quartiles": group.spread and tuple(map(percent, group.spread.quartiles)),
        "verdict": VERDICTS[group.verdict],
        "deviates": group.verdict in {Verdict.ABOVE, Verdict.BELOW},
        "p": _p_text(group.corrected_p_value),
    }


def _p_text(p_value: float | None) -> str:
    if p_value is None:
        return ""
    return "< 0.0001" if p_value < 1e-4 else f"{p_value:.4f}".rstrip("0").rstrip(".")


def _deal(study: Study, deal: ComparedDeal) -> dict[str, Any]:
    return {
        "deal": deal,
        "code": _shortener(study)(deal.code),
        "use": use_words(deal.use),
        "kind": OUTLIERS[deal.outlier],
    }


def _refused(one: NotValued, reason_zh: Callable[[str], str]) -> dict[str, Any]:
    return {"row": one, "reason": Words(reason_zh(one.reason.code), str(one.reason))}


def _shown(chart: Chart) -> dict[str, Any]:
    wide, narrow = (
        f"data:image/svg+xml;base64,{base64.b64encode(content).decode('ascii')}"
        for content in (chart.wide, chart.narrow)
    )
    return {"title": chart.title, "about": chart.about, "wide": wide, "narrow": narrow}
