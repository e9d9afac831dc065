"""Bodies of answers about what a parcel is worth."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - pydantic resolves it
from decimal import Decimal  # noqa: TC003
from typing import TYPE_CHECKING, Annotated, Self

from app.web.models import Body, EditionSummary, PriceAnswer, described, titled
from geo.editions.basis import Basis  # noqa: TC001 - pydantic resolves it
from geo.valuation.appraisal import Rule  # noqa: TC001

if TYPE_CHECKING:
    from geo.model import Record
    from geo.valuation import appraisal as valued
    from geo.valuation.parcel import Parcel


class ValuedParcel(Body):
    """How the parcel differs from the standard parcel; null is as the standard parcel has it."""

    plot_ratio: Annotated[Decimal | None, titled("Plot ratio 容积率")]
    remaining_years: Annotated[Decimal | None, titled("Remaining years 剩余使用年期")]
    date: Annotated[date | None, titled("Valuation date 估价期日")]
    development: Annotated[str | None, titled("Development level 开发程度")]
    area_m2: Annotated[Decimal | None, titled("Area of the land, m² 土地面积（平方米）")]

    @classmethod
    def of(cls, parcel: Parcel) -> Self:
        """Describe a parcel."""
        return cls(**{name: getattr(parcel, name) for name in cls.model_fields})


class StandardTerms(Body):
    """What a region's price is for."""

    ground_price_cny_m2: Annotated[int, described("ground_price_cny_m2")]
    floor_price_cny_m2: Annotated[int | None, described("floor_price_cny_m2")]
    plot_ratio: Annotated[float | None, described("plot_ratio")]
    tenure_years: Annotated[int | None, described("tenure_years")]
    development: Annotated[str | None, described("development")]
    right_type: Annotated[str | None, described("right_type")]

    @classmethod
    def of(cls, record: Record) -> Self:
        """Describe the record of a region."""
        return cls(**{name: getattr(record, name) for name in cls.model_fields})


class Amounts(Body):
    """What a parcel is worth: decimal numbers as text, so that no reader rounds them."""

    ground_price_cny_m2: Annotated[
        Decimal, titled("Ground price, yuan/m² 地面单价（元/平方米）", "Per m² of land.")
    ]
    floor_price_cny_m2: Annotated[
        Decimal | None,
        titled("Floor price, yuan/m² 楼面单价（元/平方米）", "The ground price ÷ the plot ratio."),
    ]
    total_cny: Annotated[
        Decimal | None, titled("Total, yuan 总价（元）", "The ground price × the area.")
    ]

    @classmethod
    def of(cls, amounts: valued.Amounts) -> Self:
        """Describe amounts."""
        return cls(**amounts._asdict())


class DerivationStep(Body):
    """One step of a derivation; the steps apply in their order."""

    name: Annotated[
        str,
        titled(
            "Step 步骤",
            "tenure, plot_ratio, date, development, or the name of a further factor.",
        ),
    ]
    rule: Annotated[
        Rule,
        titled(
            "Rule 规则",
            "as_standard: as the standard parcel. none: the coefficients say that it does not"
            " count. named: a factor of the coefficients. stated: a factor of the asker.",
        ),
    ]
    value: Annotated[
        Decimal,
        titled("Value 取值", "Multiplied; for development added, in yuan per m² of land."),
    ]
    formula: Annotated[str, titled("Formula 计算式", "With its numbers.")]
    source: Annotated[str, titled("Source 依据")]


class AppraisedCandidate(Body):
    """The value by one region that may hold the parcel."""

    code: Annotated[str, described("code")]
    probability: Annotated[Decimal, titled("Probability 概率", "That the region holds the parcel.")]
    standard: Annotated[StandardTerms, titled("Standard parcel 标准宗地")]
    steps: Annotated[list[DerivationStep], titled("Derivation 推算过程")]
    amounts: Annotated[Amounts, titled("Value 估值")]

    @classmethod
    def of(cls, appraisal: valued.Appraisal, probability: Decimal) -> Self:
        """Describe a candidate."""
        return cls(
            code=appraisal.record.code,
            probability=probability,
            standard=StandardTerms.of(appraisal.record),
            steps=[DerivationStep(**step._asdict()) for step in appraisal.steps],
            amounts=Amounts.of(appraisal.amounts),
        )


class CoefficientsSummary(Body):
    """The coefficients that are in use."""

    synthetic: Annotated[bool, titled("Synthetic 虚构", "Whether their numbers are invented.")]
    sha256: Annotated[str, titled("SHA-256 of the coefficients 系数文件哈希")]


class AppraiseAnswer(Body):
    """What a parcel is worth by the standard land price, and how that was derived."""

    edition: Annotated[EditionSummary, titled("Edition 版本")]
    basis: Annotated[
        Basis,
        titled(
            "Why this edition 版本依据",
            "newest: no day was asked for. in_force: it was in force on the day. by_index: none"
            " was; the prices are carried there by their index.",
        ),
    ]
    coefficients: Annotated[
        CoefficientsSummary | None,
        titled("Coefficients 修正系数", "Null where the operator gives none."),
    ]
    use: Annotated[str, described("use")]
    use_name: Annotated[str, described("use_name")]
    parcel: Annotated[ValuedParcel, titled("Parcel 待估宗地")]
    expected: Annotated[
        Amounts | None,
        titled("Expected value 期望值", "Mean of the candidates by probability; null if none."),
    ]
    low: Annotated[
        Amounts | None,
        titled(
            "Low 低值",
            "With `high`: the values of the likeliest candidates that together hold 95 % of the"
            " probability that any region does.",
        ),
    ]
    high: Annotated[Amounts | None, titled("High 高值")]
    none_probability: Annotated[
        Decimal,
        titled("Probability of no region 无区域的概率", "That no region of the use holds it."),
    ]
    candidates: Annotated[
        list[AppraisedCandidate], titled("Candidates 可能的区域", "The likeliest first.")
    ]
    rounding: Annotated[str, titled("Rounding 取整规则")]
    place: Annotated[
        PriceAnswer | None,
        titled(
            "Place 位置",
            "The answer of `/v1/price` for the same place; null where a region was named.",
        ),
    ]
