"""The body of an answer about deals."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - pydantic resolves it
from decimal import Decimal  # noqa: TC003
from typing import TYPE_CHECKING, Annotated, Self

from app.web.models import Body, described, titled
from geo.valuation.deals.deal import Outlier, PriceUnit  # noqa: TC001 - pydantic resolves it
from geo.valuation.deals.verdict import Verdict  # noqa: TC001

if TYPE_CHECKING:
    from geo.valuation.deals.comparison import Group
    from geo.valuation.deals.deal import ComparedDeal, NotValued
    from geo.valuation.deals.study import Study, UsedEdition

_SHARE_PLACES = 4
_INDEX_PLACES = 3

_ROW = titled("Row 行号", "Of the table, the first one after the names being 1.")
_NAME = titled("Name 名称", "What the table calls the deal.")


class DealEdition(Body):
    """An edition that deals were compared with."""

    id: Annotated[str, titled("Edition 版本")]
    city: Annotated[str, titled("City 城市")]
    document: Annotated[str, titled("Document number 文号")]
    valuation_date: Annotated[date, titled("Valuation date 估价期日")]
    deals: Annotated[int, titled("Deals 成交宗数")]
    synthetic_coefficients: Annotated[
        bool | None,
        titled("Synthetic coefficients 系数为虚构", "Null where the operator gives none."),
    ]

    @classmethod
    def of(cls, used: UsedEdition) -> Self:
        """Describe an edition."""
        facts = used.edition
        return cls(
            id=facts.id,
            city=facts.city,
            document=facts.document,
            valuation_date=facts.valuation_date,
            deals=used.deals,
            synthetic_coefficients=used.synthetic,
        )


class DealGroup(Body):
    """Deals of one region, of one use, or all."""

    use: Annotated[str | None, titled("Use 用途", "Null for all deals.")]
    code: Annotated[str | None, titled("Region 标定区域", "Null for all of the use.")]
    deals: Annotated[int, titled("Deals 成交宗数")]
    unsure: Annotated[int, titled("Of an unsure region 区域不确定", "How many of them.")]
    unadjusted: Annotated[
        int, titled("Unadjusted 未修正", "Compared with the standard price as it stands.")
    ]
    median_deviation: Annotated[
        float, titled("Median deviation 偏差中位数", "Of price ÷ value − 1.")
    ]
    lower_quartile: Annotated[float | None, titled("Lower quartile 下四分位数")]
    upper_quartile: Annotated[float | None, titled("Upper quartile 上四分位数")]
    cod: Annotated[float | None, titled("COD 离散系数", "Coefficient of dispersion, percent.")]
    prd: Annotated[float | None, titled("PRD 价格相关差", "Price-related differential.")]
    p_value: Annotated[
        float | None, titled("p-value 检验 p 值", "Of the sign test; null of too few deals.")
    ]
    corrected_p_value: Annotated[
        float | None, titled("Corrected p-value 校正后 p 值", "After Holm, over all groups.")
    ]
    verdict: Annotated[
        Verdict,
        titled(
            "Verdict 判断",
            "above, below: the group deviates. not_shown: tested, and not shown to. too_few: not"
            " tested.",
        ),
    ]

    @classmethod
    def of(cls, group: Group) -> Self:
        """Describe a group."""
        spread = group.spread
        low, high = (None, None) if spread is None else spread.quartiles
        return cls(
            use=None if group.use is None else group.use.code,
            code=group.code,
            deals=group.deals,
            unsure=group.unsure,
            unadjusted=group.unadjusted,
            median_deviation=round(group.median, _SHARE_PLACES),
            lower_quartile=None if low is None else round(low, _SHARE_PLACES),
            upper_quartile=None if high is None else round(high, _SHARE_PLACES),
            cod=None if spread is None else round(spread.cod, _INDEX_PLACES),
            prd=None if spread is None else round(spread.prd, _INDEX_PLACES),
            p_value=group.p_value,
            corrected_p_value=group.corrected_p_value,
            verdict=group.verdict,
        )


class DealCompared(Body):
    """A deal, and what it was compared with; amounts are text, so that no reader rounds them."""

    row: Annotated[int, _ROW]
    name: Annotated[str | None, _NAME]
    use: Annotated[str, described("use")]
    date: Annotated[date, titled("Date of the deal 成交日期")]
    code: Annotated[str, titled("Region 标定区域", "The likeliest of the use.")]
    probability: Annotated[float, titled("Probability 概率", "That the region holds the parcel.")]
    edition: Annotated[str, titled("Edition 版本")]
    price_cny_m2: Annotated[Decimal, titled("Price, yuan/m² 成交地面单价（元/平方米）")]
    standard_cny_m2: Annotated[Decimal, titled("Standard price, yuan/m² 标定地价（元/平方米）")]
    value_cny_m2: Annotated[
        Decimal,
        titled("Value, yuan/m² 价值（元/平方米）", "The standard price adjusted to the deal."),
    ]
    deviation: Annotated[float, titled("Deviation 偏差", "Price ÷ value − 1.")]
    unsure: Annotated[bool, titled("Unsure 区域不确定", "Counts for no region.")]
    by_index: Annotated[
        bool,
        titled("By index 按指数推算", "No edition was in force on the day; an index carries it."),
    ]
    unadjusted: Annotated[
        bool, titled("Unadjusted 未修正", "A coefficient is missing: the price as it stands.")
    ]
    outlier: Annotated[
        Outlier,
        titled("Outlier 异常值", "Beyond 1.5 or, extreme, 3 interquartile ranges in its use."),
    ]

    @classmethod
    def of(cls, deal: ComparedDeal) -> Self:
        """Describe a deal."""
        return cls(
            row=deal.row,
            name=deal.name,
            use=deal.use.code,
            date=deal.date,
            code=deal.code,
            probability=deal.probability,
            edition=deal.edition,
            price_cny_m2=deal.price_cny_m2,
            standard_cny_m2=deal.standard_cny_m2,
            value_cny_m2=deal.value_cny_m2,
            deviation=round(deal.deviation, _SHARE_PLACES),
            unsure=not deal.sure,
            by_index=deal.by_index,
            unadjusted=deal.unadjusted,
            outlier=deal.outlier,
        )


class DealNotValued(Body):
    """A deal that cannot be compared, and why."""

    row: Annotated[int, _ROW]
    name: Annotated[str | None, _NAME]
    code: Annotated[str, titled("Code 代码", "Of the reason, for programs.")]
    field: Annotated[str | None, titled("Field 字段")]
    message: Annotated[str, titled("Reason 原因")]

    @classmethod
    def of(cls, one: NotValued) -> Self:
        """Describe a deal."""
        reason = one.reason
        return cls(
            row=one.row, name=one.name, code=reason.code, field=reason.field, message=str(reason)
        )


class CompareAnswer(Body):
    """Deals compared with the standard land price."""

    rows: Annotated[int, titled("Rows 行数")]
    columns: Annotated[
        dict[str, str],
        titled("Columns 所用的列", "The table's column that each property was read from."),
    ]
    price_unit: Annotated[
        PriceUnit,
        titled(
            "Price unit 价格单位",
            "yuan_m2: yuan per m² of land. wan_mu: 10 000 yuan per mu. yuan, wan: for the whole"
            " parcel, in yuan and 10 000 yuan.",
        ),
    ]
    editions: Annotated[list[DealEdition], titled("Editions 所用版本")]
    everything: Annotated[
        DealGroup | None, titled("Everything 全部", "Null where no deal could be valued.")
    ]
    uses: Annotated[list[DealGroup], titled("By use 按用途")]
    regions: Annotated[list[DealGroup], titled("By region 按区域")]
    deals: Annotated[list[DealCompared], titled("Deals 成交")]
    not_valued: Annotated[list[DealNotValued], titled("Not valued 未估价")]
    method: Annotated[list[str], titled("Method 方法")]

    @classmethod
    def of(cls, study: Study) -> Self:
        """Describe a comparison."""
        from geo.valuation.deals.method import METHOD  # noqa: PLC0415 - brings scipy

        found = study.comparison
        return cls(
            rows=found.rows,
            columns=dict(study.columns),
            price_unit=study.price_unit,
            editions=[DealEdition.of(one) for one in study.editions],
            everything=None if found.everything is None else DealGroup.of(found.everything),
            uses=[DealGroup.of(one) for one in found.uses],
            regions=[DealGroup.of(one) for one in found.regions],
            deals=[DealCompared.of(one) for one in found.deals],
            not_valued=[DealNotValued.of(one) for one in found.not_valued],
            method=[f"{one.zh} {one.en}" for one in METHOD],
        )
