"""What reports of deals say, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geo.valuation.deals.deal import Outlier, PriceUnit
from geo.valuation.deals.method import Words
from geo.valuation.deals.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.model import Use
    from geo.valuation.deals.comparison import Comparison, Group

VERDICTS: Final[Mapping[Verdict, Words]] = {
    Verdict.ABOVE: Words("成交高于价值", "Above values"),
    Verdict.BELOW: Words("成交低于价值", "Below values"),
    Verdict.NOT_SHOWN: Words("未见偏离", "No deviation shown"),
    Verdict.TOO_FEW: Words("宗数太少", "Too few to say"),
}
OUTLIERS: Final[Mapping[Outlier, Words]] = {
    Outlier.NONE: Words("", ""),
    Outlier.OUTLIER: Words("异常", "Outlier"),
    Outlier.EXTREME: Words("极端", "Extreme"),
}
UNITS: Final[Mapping[PriceUnit, Words]] = {
    PriceUnit.YUAN_M2: Words("元/平方米（土地）", "yuan per m² of land"),
    PriceUnit.WAN_MU: Words("万元/亩", "10 000 yuan per mu"),
    PriceUnit.YUAN: Words("元（总价）", "yuan for the whole parcel"),
    PriceUnit.WAN: Words("万元（总价）", "10 000 yuan for the whole parcel"),
}
PROPERTIES: Final[Mapping[str, Words]] = {
    "price": Words("价格", "Price"),
    "use": Words("用途", "Use"),
    "date": Words("成交日期", "Date"),
    "area_m2": Words("土地面积", "Area"),
    "plot_ratio": Words("容积率", "Plot ratio"),
    "remaining_years": Words("剩余使用年期", "Remaining years"),
    "development": Words("开发程度", "Development level"),
    "code": Words("标定区域", "Region"),
    "name": Words("名称", "Name"),
}
EVERYTHING: Final = Words("全部", "Everything")


def use_words(use: Use) -> Words:
    """Return what a use is called."""
    return Words(use.label, f"{use.title_en} land")


def nested_groups(found: Comparison) -> list[Group]:
    """Return everything, then each use with its regions behind it."""
    nested = [one for one in (found.everything,) if one is not None]
    for group in found.uses:
        nested += [group, *(one for one in found.regions if one.use == group.use)]
    return nested


def percent(share: float) -> str:
    """Return a deviation in percent with its sign, as typeset."""
    text = f"{100 * share:+.1f}%"
    return "0.0%" if text[1:] == "0.0%" else text.replace("-", "−")
