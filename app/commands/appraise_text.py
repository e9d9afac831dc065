"""A valuation as text for people: by region that may hold the parcel, every step, and amounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.commands.language import say
from app.commands.price_text import edition_line, place_line, question_lines
from geo.editions.basis import Basis
from geo.fields import STEP_TITLES
from geo.lookup.ranking import percent
from geo.valuation.appraisal import DEVELOPMENT, Rule
from geo.valuation.factors import PRICE_PLACES, rounded
from geo.valuation.parcel import shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from app.web.models import EditionSummary
    from app.web.valuation.query import Appraised
    from geo.valuation.appraisal import Amounts, Step
    from geo.valuation.candidates import Candidate, Valuation

_YUAN_OF_WAN: Final = 10_000
_BASES: Final = {
    Basis.NEWEST: ("现行版本", "the edition in force today"),
    Basis.IN_FORCE: ("该日有效的版本", "the edition in force on the day"),
    Basis.BY_INDEX: (
        "该日没有有效的版本，由指数推算至该日",
        "no edition was in force on the day; an index carries its prices there",
    ),
}
_RULES: Final = {
    Rule.AS_STANDARD: ("与标准宗地相同", "as the standard parcel"),
    Rule.NONE: ("系数规定不修正", "does not count by the coefficients"),
    Rule.NAMED: ("系数中列名的因素", "a factor of the coefficients"),
    Rule.STATED: ("由查询人给出", "given by who asks"),
}
"""What is said of a step that has no formula."""


def appraise_text(found: Appraised, edition: EditionSummary) -> str:
    """Return a valuation as lines for a terminal, in its language.

    Parameters
    ----------
    found : Appraised
    edition : EditionSummary
        What is told of its edition.
    """
    valuation = found.valuation
    basis = say(*_BASES[found.basis])
    lines = [
        *_place(found),
        edition_line(edition),
        say(f"依据版本 {edition.id}：{basis}", f"edition {edition.id}: {basis}"),
        *_coefficients(found),
        "",
        say(f"{valuation.use.label}估价", f"{valuation.use.title_en} land, valued"),
    ]
    for candidate in valuation.candidates:
        lines += _candidate(candidate, is_named=found.place is None)
    lines += _together(valuation)
    if found.place is not None:
        lines += question_lines(found.place.question)
    return "\n".join(lines)


def _place(found: Appraised) -> Iterator[str]:
    if found.place is None:
        yield say(f"标定区域 {found.query.code}", f"region {found.query.code}")
    else:
        yield place_line(found.place)


def _coefficients(found: Appraised) -> Iterator[str]:
    coefficients = found.edition.coefficients
    if coefficients is None:
        yield say(
            "没有修正系数：与标准宗地不同之处无法估价",
            "no coefficients: what differs from the standard parcel cannot be valued",
        )
    elif coefficients.synthetic:
        yield say(
            "注意：修正系数为虚构的示例，估价结果不能使用！",
            "ATTENTION: the coefficients are invented; this is no valuation to be used.",
        )


def _candidate(candidate: Candidate, *, is_named: bool) -> Iterator[str]:
    record = candidate.appraisal.record
    price, of_code = record.ground_price_cny_m2, record.code
    if not is_named:
        share = percent(float(candidate.probability), decimals=1)
        of_code += say(f"（概率 {share}%）", f" (probability {share}%)")
    yield say(
        f"  {of_code}  标定地价 {price} 元/平方米", f"  {of_code}  standard price {price} yuan/m²"
    )
    yield from map(_step, candidate.appraisal.steps)
    yield f"    = {_amounts(candidate.appraisal.amounts)}"


def _step(step: Step) -> str:
    zh, en = STEP_TITLES.get(step.name, (step.name, step.name))
    name = say(zh, en)
    if step.name == DEVELOPMENT:
        added = f"{step.value:+f}".replace("-", "−")
        value = say(f"{added} 元/平方米", f"{added} yuan/m²")
    else:
        value = f"× {shown(step.value)}"
    basis = step.formula or say(*_RULES[step.rule])
    source = say(f"，依据：{step.source}", f", source: {step.source}") if step.source else ""
    return say(f"    {name} {value}（{basis}{source}）", f"    {name} {value} ({basis}{source})")


def _amounts(amounts: Amounts) -> str:
    told = [
        say(
            f"地面单价 {amounts.ground_price_cny_m2:,} 元/平方米",
            f"ground price {amounts.ground_price_cny_m2:,} yuan/m²",
        )
    ]
    if (floor := amounts.floor_price_cny_m2) is not None:
        told.append(say(f"楼面单价 {floor:,} 元/平方米", f"floor price {floor:,} yuan/m²"))
    if (total := amounts.total_cny) is not None:
        told.append(say(f"总价 {_total(total)}", f"total {_total(total)}"))
    return say("，", ", ").join(told)


def _total(total_cny: Decimal) -> str:
    wan = rounded(total_cny / _YUAN_OF_WAN, PRICE_PLACES)
    return say(f"{total_cny:,} 元（{wan:,} 万元）", f"{total_cny:,} yuan ({wan:,} × 10 000 yuan)")


def _together(valuation: Valuation) -> Iterator[str]:
    """Say what holds over all candidates, where there are not one alone."""
    none = f"{percent(float(valuation.none_probability), decimals=1)}%"
    expected, low, high = valuation.expected, valuation.low, valuation.high
    if expected is None or low is None or high is None:
        yield say(
            f"  此处没有标定区域（概率 {none}），无法估价",
            f"  no region here (with {none}), so that there is no value",
        )
        return
    if len(valuation.candidates) > 1:
        yield say(f"  期望值：{_amounts(expected)}", f"  expected: {_amounts(expected)}")
        yield f"  {say('有 95% 的把握：', 'with 95 %: ')}{_range(low, high)}"
    if valuation.none_probability:
        yield say(f"  不在任何区域内的概率 {none}", f"  in no region with {none}")


def _range(low: Amounts, high: Amounts) -> str:
    least, most = f"{low.ground_price_cny_m2:,}", f"{high.ground_price_cny_m2:,}"
    ground = say(f"地面单价 {least} 至 {most} 元/平方米", f"ground price {least} to {most} yuan/m²")
    if low.total_cny is None or high.total_cny is None:
        return ground
    least, most = _total(low.total_cny), _total(high.total_cny)
    return say(f"{ground}，总价 {least}至 {most}", f"{ground}, total {least} to {most}")
