"""What the panel of a sheet says, from the edition's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geo.build.checks import overlaps
from geo.crs import central_meridian
from geo.model import GeometrySource, LineKind, Placement
from geo.symbology import ACCURACY_SIGNS, accuracy_sign
from maps.interactive.base_maps import OWN_ATTRIBUTION
from maps.sheet.blocks import COLUMN_MM, Notes, Panel, Table, TableRow, arrangements
from maps.sheet.legend import Legend
from maps.sheet.scale_bar import ScaleBar, scale_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from geo.model import Region
    from geo.network.boundary_lines import BoundaryLine
    from geo.parcels import Parcels
    from geo.symbology import PriceClasses
    from maps.sheet.inset import Inset


FACTORS: Final = (1.5, 1.25, 1.0)
"""By how much the panel may be magnified, the most that has room first."""


def sheet_panels(
    parcels: Parcels,
    regions: Sequence[Region],
    lines: Sequence[BoundaryLine],
    classes: PriceClasses,
    *,
    scale: int,
    with_base: bool,
    inset: Inset | None,
) -> tuple[Panel, ...]:
    """Compose the panel of one use's sheet, in each arrangement it can take.

    Parameters
    ----------
    parcels : Parcels
    regions : sequence of Region
        Those of the use.
    lines : sequence of BoundaryLine
        The lines that bound them.
    classes : PriceClasses
    scale : int
        Denominator.
    with_base : bool
        Whether a base map lies below.
    inset : Inset or None
        How sure the map is.

    Returns
    -------
    tuple of Panel
        The preferred one first.
    """
    before, after = parcels.edition.map_title.split("{use}")
    sample = regions[0]
    found = [classes.of(region.record.ground_price_cny_m2) for region in regions]
    legend = Legend(
        classes=classes,
        counts=tuple(found.count(price_class) for price_class in classes.classes),
        kinds=tuple(kind for kind in LineKind if any(line.kind is kind for line in lines)),
        accuracies=tuple(
            sign
            for sign in ACCURACY_SIGNS
            if any(
                line.kind is LineKind.ROAD and accuracy_sign(line.accuracy_m) is sign
                for line in lines
            )
        ),
        free=any(region.placement is Placement.FREE for region in regions),
        overlap=bool(overlaps(regions)),
        crossings=any(region.parcel_crossing for region in regions),
        others=len({region.use for region in parcels.regions}) > 1,
        sample=(parcels.edition.short_code(sample.code), str(sample.record.ground_price_cny_m2)),
    )
    table = _table(parcels, regions, classes)
    notes = Notes("说明", _notes(parcels, regions, lines, with_base=with_base))
    valued = _chinese_day(parcels.edition.valuation_date)
    number = parcels.uses.index(sample.use) + 1
    subtitle = (
        f"估价期日：{valued}　　比例尺 {scale_text(scale)}　　图号 {number}/{len(parcels.uses)}"
    )
    title = (before + sample.use.label, after)
    insets = () if inset is None else (inset,)
    return tuple(
        panel
        for factor in FACTORS
        for panel in arrangements(
            title, subtitle, (table, legend, *insets, ScaleBar(scale, factor), notes), factor
        )
    )


def _table(parcels: Parcels, regions: Sequence[Region], classes: PriceClasses) -> Table:
    has_floor = any(region.record.floor_price_cny_m2 is not None for region in regions)
    titles = ("编号", "标准宗地", "容积率", "地面单价", "楼面单价")[: 5 if has_floor else 4]
    rows = tuple(
        TableRow(
            classes.of(region.record.ground_price_cny_m2).colour,
            (
                parcels.edition.short_code(region.code),
                region.record.standard_parcel or "—",
                f"{region.record.plot_ratio:.1f}" if region.record.plot_ratio else "—",
                f"{region.record.ground_price_cny_m2}",
                f"{region.record.floor_price_cny_m2 or '—'}",
            )[: len(titles)],
        )
        for region in regions
    )
    code, figures = 20.0, (14.0, *(15.0,) * (len(titles) - 3))
    return Table(
        heading="标定区域与标准宗地",
        note="单价：元/平方米",
        titles=titles,
        widths_mm=(code, COLUMN_MM - code - sum(figures), *figures),
        rows=rows,
    )


def _notes(
    parcels: Parcels, regions: Sequence[Region], lines: Sequence[BoundaryLine], *, with_base: bool
) -> tuple[tuple[str, str], ...]:
    edition = parcels.edition
    source = (
        f"{edition.document}《{edition.title}》，{edition.publisher}公布，"
        f"自{_chinese_day(edition.effective_from)}起执行"
    )
    if edition.valid_to is not None:
        source += f"，有效期至{_chinese_day(edition.valid_to)}"
    crs = parcels.metric_crs
    system = (
        f"CGCS2000，3度带高斯—克吕格投影，中央经线{central_meridian(crs)}°E（{crs.upper()}）；"
        "图廓注记为经纬度，上方为坐标北"
    )
    items = [
        ("资料来源", source),
        ("公报原图", f"{edition.map_compiler}{_chinese_month(edition.map_date)}编制"),
        ("坐标系统", system),
    ]
    if any(region.geometry_source is GeometrySource.SCHEMATIC for region in regions):
        items.append(("本图", "由程序按公告文字推绘，不是编制单位的成果"))
        items.append(("界线精度", _accuracy_sentence(regions, lines)))
    if with_base:
        items.append(("底图", f"真实道路、水面和绿地，{OWN_ATTRIBUTION}；与推定的界线不合属正常"))
    if parcels.attribution:
        items.append(("数据许可", parcels.attribution))
    items += [
        ("数据版本", f"parcels.geojson，SHA-256 {parcels.sha256[:12]}"),
        ("审图号", ""),
    ]
    return tuple(items)


def _accuracy_sentence(regions: Sequence[Region], lines: Sequence[BoundaryLine]) -> str:
    accuracies_m = sorted(line.accuracy_m for line in lines)
    free = sum(region.placement is Placement.FREE for region in regions)
    sentence = (
        "本图界线由公告文字所述四至推定，不是测量成果，不得用作定界依据。"
        f"{len(lines)}条界线的位置误差估计为{_length(accuracies_m[0])}至{_length(accuracies_m[-1])}，"
        f"中位数{_length(accuracies_m[len(accuracies_m) // 2])}"
    )
    if free:
        sentence += f"；{free}个区域（斜线）的位置没有依据，只表示相互次序"
    return sentence + "。"


def _length(length_m: float) -> str:
    return f"{length_m / 1000:.1f}千米" if length_m >= 1000 else f"{length_m:.0f}米"


def _chinese_day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _chinese_month(month: str) -> str:
    """Write ``2022-12`` as 二〇二二年十二月."""
    year, number = month.split("-")
    names = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
    return "".join("〇一二三四五六七八九"[int(d)] for d in year) + f"年{names[int(number) - 1]}月"
