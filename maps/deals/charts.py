"""Charts of deals, as SVG whose type is drawn: they look the same everywhere and need no script.

Each is drawn twice, for a desk and for a phone, as type that is scaled down cannot be read.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from geo.symbology import ACCENTS, CHANGE_COLOURS
from geo.valuation.deals.method import Words
from geo.valuation.deals.verdict import Verdict
from maps.deals.words import percent
from maps.sheet.fonts import font

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes

    from geo.valuation.deals.comparison import Comparison, Group
    from geo.valuation.deals.deal import ComparedDeal

MOST_GROUPS: Final = 60
"""Regions on the chart of groups: those with most deals."""
_WIDE_IN: Final = 7.6
_NARROW_IN: Final = 3.5
_TYPE_PT: Final = 9.0
_RULE: Final = "#c9cfd6"
_INK: Final = "#1f2933"
_MUTED: Final = "#52606d"
_COLOURS: Final = {
    Verdict.ABOVE: CHANGE_COLOURS[-1],
    Verdict.BELOW: CHANGE_COLOURS[0],
    Verdict.NOT_SHOWN: "#8a949e",
    Verdict.TOO_FEW: "#8a949e",
}
_SHOWN: Final = (-0.6, 1.0)
"""Deviations on the charts; what lies beyond is counted at their ends."""


class Chart(NamedTuple):
    """A chart in two widths.

    Attributes
    ----------
    title, about : Words
    wide, narrow : bytes
        SVG.
    """

    title: Words
    about: Words
    wide: bytes
    narrow: bytes


def charts(found: Comparison, short_code: Callable[[str], str]) -> list[Chart]:
    """Draw a comparison.

    Parameters
    ----------
    found : Comparison
        With at least one deal that could be valued.
    short_code : callable
        What a region is called on a chart.
    """
    made = [_chart(_HISTOGRAMS, lambda width: _histograms(found, width))]
    groups = sorted(
        (one for one in found.regions if one.spread is not None),
        key=lambda one: -one.deals,
    )[:MOST_GROUPS]
    if groups:
        groups.sort(key=lambda one: one.median)
        made.append(_chart(_GROUPS, lambda width: _groups(groups, short_code, width)))
    return [*made, _chart(_SCATTER, lambda width: _scatter(found, width))]


_HISTOGRAMS: Final = (
    Words("各用途的偏差分布", "Deviations by use"),
    Words("竖线为零偏差，圆点为中位数。", "The line is no deviation, the dot the median."),
)
_GROUPS: Final = (
    Words("各区域的偏差", "Deviation by region"),
    Words(
        f"圆点为中位数，横条为四分位距；有 5 宗及以上成交的区域，至多 {MOST_GROUPS} 个。"
        "红、蓝为可以说偏离的区域，灰为未见偏离或宗数太少。",
        "The dot is the median, the bar the interquartile range, of regions with 5 or more deals,"
        f" at most {MOST_GROUPS}. Red and blue regions deviate; grey ones are not shown to, or"
        " have too few deals.",
    ),
)
_SCATTER: Final = (
    Words("成交价与价值", "Price and value"),
    Words("每点一宗；斜线上成交价等于价值。", "A dot a deal; on the line the price is the value."),
)


def _chart(words: tuple[Words, Words], draw: Callable[[float], Figure]) -> Chart:
    return Chart(*words, _svg(draw(_WIDE_IN)), _svg(draw(_NARROW_IN)))


def _svg(figure: Figure) -> bytes:
    content = BytesIO()
    with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": "deals"}):
        figure.savefig(content, format="svg", dpi=200, metadata={"Date": None, "Creator": None})
    return content.getvalue()


def _figure(width_in: float, height_in: float, **grid: Any) -> tuple[Figure, Any]:  # noqa: ANN401
    figure = Figure(figsize=(width_in, height_in), layout="constrained", facecolor="white")
    return figure, figure.subplots(**grid)


def _dressed(axes: Axes, *, x: str, y: str = "") -> None:
    """Set type and frame of a chart."""
    axes.set_xlabel(x, fontproperties=font(_TYPE_PT), color=_INK)
    axes.set_ylabel(y, fontproperties=font(_TYPE_PT), color=_INK)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("bottom", "left"):
        axes.spines[side].set_color(_RULE)
    axes.tick_params(color=_RULE, length=3)
    _typeset(axes)
    axes.set_axisbelow(True)


def _typeset(axes: Axes) -> None:
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_fontproperties(font(_TYPE_PT - 0.5))
        label.set_color(_MUTED)


def _in_percent(axes: Axes) -> None:
    axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{percent(share)[:-3]}%"))
    axes.axvline(0, color=_INK, linewidth=0.9, zorder=1.5)
    axes.grid(visible=True, axis="x", color=_RULE, linewidth=0.5)


def _deviations(deals: Sequence[ComparedDeal]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([deal.deviation for deal in deals])


def _histograms(found: Comparison, width_in: float) -> Figure:
    count = len(found.uses)
    figure, panes = _figure(width_in, 0.7 + 1.25 * count, nrows=count, sharex=True, squeeze=False)
    everything = np.clip(_deviations(found.deals), *_SHOWN)
    low, high = min(-0.2, everything.min()), max(0.2, everything.max())
    edges = np.linspace(low, high, 41 if width_in == _WIDE_IN else 25)
    for group, axes in zip(found.uses, panes[:, 0], strict=True):
        use = group.use
        assert use is not None  # noqa: S101 - of a use
        own = np.clip(_deviations([one for one in found.deals if one.use == use]), *_SHOWN)
        axes.hist(own, bins=edges, color=ACCENTS[use.colours], alpha=0.85, rwidth=0.92)
        axes.plot(
            [np.clip(group.median, *_SHOWN)],
            [0],
            marker="o",
            markersize=6,
            color=_INK,
            markeredgecolor="white",
            clip_on=False,
            zorder=5,
        )
        axes.set_title(
            f"{use.label} {use.title_en}  n = {group.deals}  {percent(group.median)}",
            fontproperties=font(_TYPE_PT),
            color=_INK,
            loc="left",
        )
        _in_percent(axes)
        _dressed(axes, x="", y="")
    panes[-1, 0].set_xlabel("偏差 deviation", fontproperties=font(_TYPE_PT), color=_INK)
    return figure


def _groups(groups: Sequence[Group], short_code: Callable[[str], str], width_in: float) -> Figure:
    figure, axes = _figure(width_in, 0.7 + 0.17 * len(groups))
    for place, group in enumerate(groups):
        assert group.spread is not None  # noqa: S101 - only those with one are drawn
        colour = _COLOURS[group.verdict]
        low, high = np.clip(group.spread.quartiles, *_SHOWN)
        axes.barh(place, high - low, left=low, height=0.5, color=colour, alpha=0.35)
        axes.plot(
            [np.clip(group.median, *_SHOWN)],
            [place],
            marker="o",
            markersize=4.5,
            color=colour,
            markeredgecolor="white",
            markeredgewidth=0.5,
        )
    names = [f"{short_code(str(one.code))}  n {one.deals}" for one in groups]
    axes.set_yticks(range(len(groups)), names)
    axes.set_ylim(-0.8, len(groups) - 0.2)
    _in_percent(axes)
    _dressed(axes, x="偏差 deviation")
    return figure


def _scatter(found: Comparison, width_in: float) -> Figure:
    figure, axes = _figure(width_in, min(width_in, 5.2))
    values = [float(one.value_cny_m2) for one in found.deals]
    prices = [float(one.price_cny_m2) for one in found.deals]
    low, high = min(*values, *prices) * 0.9, max(*values, *prices) * 1.1
    axes.set_xscale("log")
    axes.set_yscale("log")
    for group in found.uses:
        use = group.use
        assert use is not None  # noqa: S101 - of a use
        own = [place for place, one in enumerate(found.deals) if one.use == use]
        axes.scatter(
            [values[place] for place in own],
            [prices[place] for place in own],
            s=9 if len(found.deals) < 500 else 4,
            color=ACCENTS[use.colours],
            alpha=0.75 if len(found.deals) < 500 else 0.4,
            linewidths=0,
            label=f"{use.label} {use.title_en}",
            rasterized=True,
        )
    axes.plot([low, high], [low, high], color=_INK, linewidth=0.9)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(FuncFormatter(lambda amount, _: f"{amount:g}"))
        axis.set_minor_formatter(NullFormatter())
    axes.set_xlim(low, high)
    axes.set_ylim(low, high)
    axes.grid(visible=True, color=_RULE, linewidth=0.5)
    axes.legend(prop=font(_TYPE_PT - 0.5), frameon=False, loc="upper left", markerscale=2)
    _dressed(axes, x="价值 value, 元/平方米 yuan/m²", y="成交价 price, 元/平方米 yuan/m²")
    return figure
