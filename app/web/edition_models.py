"""Bodies of answers about editions, and what changed between them."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - pydantic resolves it
from typing import Annotated

from app.web.models import Body, EditionFacts, described, titled
from app.web.valuation.known import KnownCoefficients  # noqa: TC001 - pydantic resolves it
from geo.fields import FIELDS

_PRICE = FIELDS["ground_price_cny_m2"].heading


class EditionItem(EditionFacts):
    """An edition that is served."""

    in_force: Annotated[bool, titled("In force 现行", "Whether it answers for its city today.")]
    regions: Annotated[int, titled("Regions 区域数")]
    sha256: Annotated[str, titled("SHA-256 of parcels.geojson 文件哈希")]
    coefficients: Annotated[
        KnownCoefficients | None,
        titled(
            "Coefficients 修正系数",
            "By what `/v1/appraise` values parcels; null where the operator gives none.",
        ),
    ]


class Editions(Body):
    """The editions that are served."""

    default_city: Annotated[str, titled("Default city 默认城市", "Its administrative code.")]
    editions: Annotated[
        list[EditionItem],
        titled("Editions 各版本", "By city, then by the day they came into force."),
    ]


class HistoryEntry(Body):
    """What one edition says of a region, or of the one that it follows."""

    edition: Annotated[str, titled("Edition 版本编号")]
    valuation_date: Annotated[date, titled("Valuation date 估价期日")]
    effective_from: Annotated[date, titled("In force from 执行日期")]
    code: Annotated[str, described("code")]
    use: Annotated[str, described("use")]
    ground_price_cny_m2: Annotated[int, described("ground_price_cny_m2")]
    floor_price_cny_m2: Annotated[int | None, described("floor_price_cny_m2")]
    plot_ratio: Annotated[float | None, described("plot_ratio")]
    tenure_years: Annotated[int | None, described("tenure_years")]
    bounds: Annotated[dict[str, str], titled("Four bounds 四至")]
    change: Annotated[
        float | None,
        titled("Change 涨跌幅", "Of the ground price since the edition before, as a share."),
    ]


class History(Body):
    """A region through the editions of its city."""

    code: Annotated[str, described("code")]
    entries: Annotated[list[HistoryEntry], titled("Entries 各版本", "The newest edition first.")]


class RegionPriceItem(Body):
    """A region that only one of two editions has."""

    code: Annotated[str, described("code")]
    use: Annotated[str, described("use")]
    ground_price_cny_m2: Annotated[int, titled(_PRICE)]


class RegionChange(Body):
    """A region that two editions have, and of which anything changed."""

    code: Annotated[str, described("code")]
    use: Annotated[str, described("use")]
    ground_price_before_cny_m2: Annotated[int, titled("Ground price before 原地面单价")]
    ground_price_cny_m2: Annotated[int, titled(_PRICE)]
    change: Annotated[float, titled("Change 涨跌幅", "Of the ground price, as a share.")]
    area_before_m2: Annotated[float, titled("Area before, m² 原面积（平方米）", "As drawn.")]
    area_m2: Annotated[float, titled("Area, m² 面积（平方米）", "As drawn.")]
    moved_share: Annotated[
        float,
        titled(
            "Share moved 图形变动比例",
            "Of the ground that either drawing covers, what only one of them does.",
        ),
    ]
    redrawn: Annotated[bool, titled("Redrawn 重划", "Whether more than 1 % of that ground moved.")]
    values: Annotated[
        dict[str, tuple[str | int | float | None, str | int | float | None]],
        titled("Values 变动的内容", "What differs, by its name: before, and after."),
    ]


class UseSummary(Body):
    """How the ground prices of a use changed, in the regions that both editions have."""

    use: Annotated[str, described("use")]
    regions: Annotated[int, titled("Regions 区域数")]
    median: Annotated[float, titled("Median change 涨跌幅中位数", "As a share.")]
    lowest: Annotated[float, titled("Lowest change 最小涨跌幅")]
    highest: Annotated[float, titled("Highest change 最大涨跌幅")]


class DifferenceAnswer(Body):
    """What changed from one edition of a city to another."""

    before: Annotated[str, titled("Edition before 前一版本")]
    after: Annotated[str, titled("Edition after 后一版本")]
    added: Annotated[list[RegionPriceItem], titled("Added 新增区域")]
    removed: Annotated[list[RegionPriceItem], titled("Removed 取消区域")]
    changed: Annotated[list[RegionChange], titled("Changed 变动区域")]
    unchanged: Annotated[int, titled("Unchanged 未变动区域数")]
    uses: Annotated[list[UseSummary], titled("By use 分用途")]
