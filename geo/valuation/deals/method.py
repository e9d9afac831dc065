"""How deals are compared, in plain words and in both languages, for reports and answers."""

from __future__ import annotations

from typing import Final, NamedTuple

from geo.model import LIKELY
from geo.valuation.deals.comparison import LEAST_FOR_SPREAD, LEAST_TESTED, LEVEL
from geo.valuation.deals.statistics import FENCES_IQR


class Words(NamedTuple):
    """A text in both languages.

    Attributes
    ----------
    zh, en : str
    """

    zh: str
    en: str


_NEAR, _FAR = FENCES_IQR

METHOD: Final = (
    Words(
        "价格比较：每宗成交的地面单价与其价值比较。价值由可能性最大的标定区域在成交日有效版本中的标定地价，"
        "按公布的系数修正到该宗地的年期、容积率、开发程度和成交日得出。"
        "偏差 = 成交价 ÷ 价值 − 1。统计均按每平方米土地计，大宗地与小宗地权重相同。",
        "Comparison: the ground price of each deal is compared with its value: the standard price"
        " of the likeliest region, of the edition in force on the day of the deal, adjusted by"
        " the published coefficients to the parcel's tenure, plot ratio, development and day."
        " Deviation = price ÷ value − 1. All statistics count per m² of land, so that a large"
        " parcel weighs as much as a small one.",
    ),
    Words(
        f"区域不确定的成交（概率低于 {LIKELY:.0%}）只计入其用途合计和全部，不计入任何一个区域。",
        f"A deal whose region is unsure (probability below {LIKELY:.0%}) counts in the totals of"
        " its use and of everything, and for no region.",
    ),
    Words(
        "离散程度按国际估价官协会（IAAO）《比率研究标准》（2013）：比率 = 价值 ÷ 成交价；"
        "COD = 100 × 各比率与中位数之差绝对值的平均 ÷ 中位数；"
        "PRD = 比率平均 ÷（价值合计 ÷ 成交价合计），大于 1 表示高价地估值相对偏低。"
        f"少于 {LEAST_FOR_SPREAD} 宗不计算。",
        "Spread, after IAAO, Standard on Ratio Studies (2013): ratio = value ÷ price; COD = 100 ×"
        " mean distance of the ratios from their median ÷ median; PRD = mean ratio ÷ (sum of"
        " values ÷ sum of prices), above 1 if dear land is valued lower, relative to its price,"
        f" than cheap land. Not told of fewer than {LEAST_FOR_SPREAD} deals.",
    ),
    Words(
        f"异常值按同一标准：同用途中比率超出四分位数 {_NEAR:g} 倍四分位距为异常，"
        f"超出 {_FAR:g} 倍为极端。只标出，不剔除。",
        f"Outliers, after the same standard: ratios beyond {_NEAR:g} interquartile ranges of a"
        f" quartile of their use; extreme beyond {_FAR:g}. They are named, and not left out.",
    ),
    Words(
        f"是否偏离：对有 {LEAST_TESTED} 宗及以上成交的每一组（区域、用途、全部），"
        "作偏差中位数的双侧精确符号检验，全部 p 值一并作 Holm 校正。"
        f"校正后低于 {LEVEL:g} 才说该组偏离：整个比较中误判任何一组的概率不超过 {LEVEL:.0%}。"
        "“未见偏离”不等于没有偏离；检验假定各宗成交相互独立。",
        f"Whether a group deviates: for each group (region, use, everything) of {LEAST_TESTED} or"
        " more deals, an exact two-sided sign test of the median deviation, all p-values corrected"
        f" together after Holm. A group is said to deviate only below {LEVEL:g}: the probability"
        f" that any is said to which does not is then at most {LEVEL:.0%}. “Not shown” is not the"
        " same as no deviation, and the test takes deals to be independent of each other.",
    ),
)
