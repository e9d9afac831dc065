"""Deals compared with the standard land price, as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.commands.language import general, is_chinese, say
from geo.valuation.deals.deal import Outlier
from geo.valuation.deals.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geo.valuation.deals.comparison import Comparison, Group
    from geo.valuation.deals.deal import ComparedDeal, NotValued
    from geo.valuation.deals.study import Study

_MOST_LINES: Final = 20
"""Lines of a kind; files have all."""
_MOST_LETTERS: Final = 40

_VERDICTS: Final = {
    Verdict.ABOVE: ("成交高于价值", "deals are above values"),
    Verdict.BELOW: ("成交低于价值", "deals are below values"),
    Verdict.NOT_SHOWN: ("未见偏离", "no deviation shown"),
    Verdict.TOO_FEW: ("宗数太少，不作判断", "too few to say"),
}


def compare_text(study: Study) -> str:
    """Return a comparison as lines: what was compared, groups, outliers, what is not valued."""
    found = study.comparison
    return "\n".join(
        [
            *_head(study),
            *(_group(one) for one in (found.everything, *found.uses) if one is not None),
            *_deviating(found),
            *_listed(say("异常成交", "Outliers"), [_outlier(deal) for deal in found.outliers]),
            *_listed(say("未估价", "Not valued"), [_not_valued(one) for one in found.not_valued]),
        ]
    )


def _head(study: Study) -> Iterator[str]:
    found = study.comparison
    valued, other = len(found.deals), len(found.not_valued)
    yield say(
        f"{study.source}：{found.rows} 宗成交，{valued} 宗已比较，{other} 宗未估价",
        f"{study.source}: {found.rows} deals, {valued} compared, {other} not valued",
    )
    for used in study.editions:
        invented = say("，系数为虚构", ", with invented coefficients") if used.synthetic else ""
        yield say(
            f"  {used.edition.id}（{used.edition.document}）：{used.deals} 宗{invented}",
            f"  {used.edition.id} ({used.edition.document}): {used.deals} deals{invented}",
        )


def _group(group: Group) -> str:
    use, code = group.use, group.code
    name = say("全部", "All") if use is None else say(use.label, f"{use.title_en} land")
    if code is not None:
        name = f"  {code}"
    parts = [say(f"{group.deals} 宗", f"{group.deals} deals")]
    if group.unsure:
        parts.append(say(f"其中 {group.unsure} 宗区域不确定", f"{group.unsure} of unsure region"))
    if group.unadjusted:
        parts.append(say(f"{group.unadjusted} 宗未修正", f"{group.unadjusted} unadjusted"))
    parts.append(say(f"偏差中位数 {group.median:+.1%}", f"median deviation {group.median:+.1%}"))
    if group.spread is not None:
        low, high = group.spread.quartiles
        parts.append(
            say(f"四分位 {low:+.1%} 至 {high:+.1%}", f"quartiles {low:+.1%} to {high:+.1%}")
        )
        parts.append(f"COD {group.spread.cod:.1f}")
        parts.append(f"PRD {group.spread.prd:.3f}")
    verdict = say(*_VERDICTS[group.verdict])
    if group.corrected_p_value is not None:
        verdict += f" (p {group.corrected_p_value:.2g})"
    return f"{name}  {say('，', ', ').join([*parts, verdict])}"


def _deviating(found: Comparison) -> Iterator[str]:
    regions = [one for one in found.deviating if one.code is not None]
    tested = sum(one.p_value is not None for one in found.regions)
    yield say(
        f"区域：{len(found.regions)} 个有成交，{tested} 个可检验，{len(regions)} 个偏离",
        f"Regions: {len(found.regions)} with deals, {tested} tested, {len(regions)} deviate",
    )
    yield from map(_group, regions)


def _listed(title: str, lines: list[str]) -> Iterator[str]:
    if not lines:
        return
    yield say(f"{title}：{len(lines)} 宗", f"{title}: {len(lines)}")
    yield from lines[:_MOST_LINES]
    if (more := len(lines) - _MOST_LINES) > 0:
        yield say(f"  …… 另有 {more} 宗，见 -o 或 --json", f"  … and {more} more, see -o or --json")


def _row(one: ComparedDeal | NotValued) -> str:
    shown = "".join(letter for letter in one.name or "" if letter.isprintable())[:_MOST_LETTERS]
    name = f" {shown}" if shown else ""
    return say(f"  第 {one.row} 行{name}", f"  row {one.row}{name}")


def _outlier(deal: ComparedDeal) -> str:
    extreme = say("，极端", ", extreme") if deal.outlier is Outlier.EXTREME else ""
    return (
        f"{_row(deal)}  {deal.code}  {deal.price_cny_m2} / {deal.value_cny_m2}"
        f"  {deal.deviation:+.1%}{extreme}"
    )


def _not_valued(one: NotValued) -> str:
    exactly = str(one.reason)
    if is_chinese():
        return f"{_row(one)}：{general(one.reason.code)}{exactly}"
    return f"{_row(one)}: {exactly}"
