"""What is told of the coefficients of an edition: by what its parcels can be valued."""

from __future__ import annotations

import datetime  # noqa: TC003 - pydantic resolves it
from typing import TYPE_CHECKING, Annotated, Self

from app.web.models import Body, titled
from app.web.valuation.models import CoefficientsSummary
from geo.valuation.coefficients import DateIndex, DevelopmentCosts, MonthlyRate

if TYPE_CHECKING:
    from geo.valuation.coefficients import Coefficients, UseCoefficients


class KnownOfUse(Body):
    """The coefficients of a use; null for what is not known, so that no parcel may differ in it."""

    tenure: Annotated[
        str | None, titled("Tenure method 年期修正方法", "capitalised, linear or none.")
    ]
    plot_ratio: Annotated[str | None, titled("Plot ratio method 容积率修正方法", "table or none.")]
    date: Annotated[str | None, titled("Date method 期日修正方法", "index, monthly_rate or none.")]
    since: Annotated[
        datetime.date | None,
        titled("Since 起始日", "First day of the date coefficient."),
    ]
    until: Annotated[
        datetime.date | None,
        titled("Until 截止日", "Last day of the date coefficient."),
    ]
    development: Annotated[
        str | None, titled("Development method 开发程度修正方法", "costs or none.")
    ]
    levels: Annotated[list[str], titled("Development levels 开发程度", "With known costs.")]
    factors: Annotated[
        list[str], titled("Further factors 其他修正系数", "Names of those that are known.")
    ]

    @classmethod
    def of(cls, known: UseCoefficients) -> Self:
        """Describe the coefficients of a use."""
        methods = {
            name: None if rule is None else rule.method
            for name in ("tenure", "plot_ratio", "date", "development")
            for rule in [getattr(known, name)]
        }
        dated = known.date if isinstance(known.date, (DateIndex, MonthlyRate)) else None
        costs = known.development
        return cls(
            **methods,
            since=None if dated is None else dated.since,
            until=None if dated is None else dated.until,
            levels=list(costs.costs_cny_m2) if isinstance(costs, DevelopmentCosts) else [],
            factors=list(known.factors),
        )


class KnownCoefficients(CoefficientsSummary):
    """The coefficients of an edition."""

    uses: Annotated[dict[str, KnownOfUse], titled("Uses 各用途", "By the code of the use.")]

    @classmethod
    def of(cls, known: Coefficients) -> Self:
        """Describe the coefficients of an edition."""
        uses = {code: KnownOfUse.of(one) for code, one in known.uses.items()}
        return cls(synthetic=known.synthetic, sha256=known.sha256, uses=uses)
