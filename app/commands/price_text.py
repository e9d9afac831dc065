"""An answer as text for people: by use the price, how sure it is, its terms and bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.commands.language import say
from geo.lookup.ranking import percent
from geo.model import LIKELY, Certainty, Side

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.web.models import EditionSummary, PreviousPrice
    from geo.lookup.price import PriceResult
    from geo.lookup.result import Chance, Known, Nearest, Question, RegionPrice
    from geo.model import Use

_KILOMETRES_FROM_M: Final = 10_000.0
_SIDES: Final = {
    Side.EAST: ("东至", "east"),
    Side.WEST: ("西至", "west"),
    Side.SOUTH: ("南至", "south"),
    Side.NORTH: ("北至", "north"),
}
_CERTAIN: Final = {
    Certainty.INSIDE: ("可以确定", "certain"),
    Certainty.LIKELY: ("很可能", "likely"),
    Certainty.UNCERTAIN: ("还不能确定", "not certain"),
    Certainty.ON_BOUNDARY: ("还不能确定，正好在所绘界线上", "not certain, on a line as drawn"),
}


def price_text(
    result: PriceResult, edition: EditionSummary, previous: Mapping[str, PreviousPrice]
) -> str:
    """Return an answer as lines for a terminal, in its language.

    Parameters
    ----------
    result : PriceResult
    edition : EditionSummary
        What is told of its edition.
    previous : mapping of str to PreviousPrice
        Prices of the edition before, by region.
    """
    lines = [place_line(result), edition_line(edition), ""]
    nearest = {one.region.use: one for one in result.nearest}
    for chance in result.chances:
        prices = [price for price in result.prices if price.use == chance.use]
        if prices:
            lines += _use(prices, chance, previous.get(prices[0].code))
        else:
            lines += _no_price(chance.use, nearest.get(chance.use), chance)
    lines += _known(result.known)
    lines += question_lines(result.question)
    return "\n".join(lines)


def place_line(result: PriceResult) -> str:
    """Return the place that was asked for, as it was understood."""
    lon, lat = f"{result.lon:.7g}", f"{result.lat:.7g}"
    if abs(result.lon) > 180:
        lon, lat = f"{result.lon:.2f}", f"{result.lat:.2f}"
    if result.whereabouts is not None:
        radius = _metres(result.whereabouts.radius_m)
        return say(
            f"{result.at}：约在 {result.lon:.4f}, {result.lat:.4f}（wgs84），{radius}以内",
            f"{result.at}: about {result.lon:.4f}, {result.lat:.4f} (wgs84), within {radius}",
        )
    if result.crs_stated is False:
        return say(f"{lon}, {lat}（按 {result.crs} 读取）", f"{lon}, {lat} (read as {result.crs})")
    return say(f"{lon}, {lat}（{result.crs}）", f"{lon}, {lat} ({result.crs})")


def edition_line(edition: EditionSummary) -> str:
    """Return which edition answers, and how old it is."""
    years, later = edition.valuation_age_years, edition.superseded_by
    return say(
        f"{edition.document}，估价期日 {edition.valuation_date}（距今 {years} 年）"
        + (f"，已被 {later} 取代" if later else ""),
        f"{edition.document}, valuation date {edition.valuation_date} ({years} years ago)"
        + (f", superseded by {later}" if later else ""),
    )


def _use(
    prices: list[RegionPrice], chance: Chance, previous: PreviousPrice | None
) -> Iterator[str]:
    first = prices[0]
    candidates = [(first.region, first.probability)]
    candidates += [(other.region, other.probability) for other in first.alternatives]
    heading: list[str] = []
    together = 0.0
    for region, probability in candidates:
        if (price := str(region.record.ground_price_cny_m2)) not in heading:
            heading.append(price)
        together += probability
        if together >= LIKELY or len(heading) == 2:
            break
    values = say(" 或 ", " or ").join(heading)
    certain = say(*_CERTAIN[first.certainty])
    name = say(first.use.label, f"{first.use.title_en} land")
    unit, share = say("元/平方米", "yuan/m²"), f"{percent(first.probability, decimals=1)}%"
    yield say(
        f"{name}  {values} {unit}  {certain}（概率 {share}）",
        f"{name}  {values} {unit}  {certain} (probability {share})",
    )
    yield f"  {first.code}  {_terms(first)}"
    if previous is not None:
        before, change = previous.ground_price_cny_m2, f"{previous.change:+.1%}"
        yield say(
            f"  上一版（{previous.edition}） {before} {unit}，{change}",
            f"  in the edition before ({previous.edition}) {before} {unit}, {change} since",
        )
    yield f"  {_bounds(first)}"
    for region, probability in candidates[1:]:
        other = region.record.ground_price_cny_m2
        yield say(
            f"  也可能是 {region.code}  {other}  概率 {percent(probability, decimals=1)}%",
            f"  or {region.code}  {other}  probability {percent(probability, decimals=1)}%",
        )
    if chance.price_range_cny_m2 and len(candidates) > 1:
        low, high = chance.price_range_cny_m2
        yield say(
            f"  有 95% 的把握在 {low} 至 {high} 之间", f"  with 95 % between {low} and {high}"
        )
    if chance.none_probability:
        none = f"{percent(chance.none_probability, decimals=1)}%"
        yield say(f"  不在任何区域内的概率 {none}", f"  in no region with {none}")


def _terms(price: RegionPrice) -> str:
    """Return what a price is for, as far as the gazette says."""
    terms = (
        (price.floor_price_cny_m2, ("楼面 {} 元/平方米", "floor {} yuan/m²")),
        (price.plot_ratio, ("容积率 {:g}", "plot ratio {:g}")),
        (price.tenure_years, ("{} 年", "{} years")),
        (price.region.record.right_type, ("{}", "{}")),
        (price.region.record.development, ("{}", "{}")),
    )
    told = [say(*forms).format(term) for term, forms in terms if term is not None]
    return say("，", ", ").join(told)


def _bounds(price: RegionPrice) -> str:
    parts = []
    for (side, line), distance_m in zip(price.region.record.bounds, price.distances_m, strict=True):
        off_m = price.region.accuracy_m[side]
        parts.append(
            say(
                f"{_SIDES[side][0]} {line} {_metres(distance_m)}（±{_metres(off_m)}）",
                f"{_SIDES[side][1]} {line} {_metres(distance_m)} (±{_metres(off_m)})",
            )
        )
    return say("，", ", ").join(parts)


def _no_price(use: Use, nearest: Nearest | None, chance: Chance) -> Iterator[str]:
    name = say(use.label, f"{use.title_en} land")
    none = f"{percent(chance.none_probability, decimals=1)}%"
    yield say(f"{name}  此处没有标定区域（概率 {none}）", f"{name}  no region here (with {none})")
    if nearest is not None:
        code, away = nearest.region.code, _metres(nearest.distance_m)
        held = nearest.probability
        may = (
            say(
                f"，也可能在其中（{percent(held, decimals=1)}%）",
                f", which may hold it ({percent(held, decimals=1)}%)",
            )
            if held
            else ""
        )
        yield say(f"  最近的是 {code}，距此 {away}{may}", f"  nearest {code}, {away} away{may}")


def _known(known: Known | None) -> Iterator[str]:
    if known is None:
        return
    facts = say("、", ", ").join(known.facts)
    words = say("；太少，只按公告文字判断", "; too few, so only the notice's words count")
    few = words if known.by_words else ""
    yield say(
        f"已知：{facts}；{known.of} 个布局中有 {known.layouts} 个符合{few}",
        f"known: {facts}; true in {known.layouts} of {known.of} layouts{few}",
    )


def question_lines(question: Question | None) -> Iterator[str]:
    """Return what would settle most, and what to add once it is known."""
    if question is None:
        return
    yield say(
        f"在{question.line}的哪一边？知道的话，请加上：",
        f"On which side of {question.line}? If you know, add one of:",
    )
    for side, likeliest in question.sides:
        told = say("，", ", ").join(
            f"{say(one.region.use.label, one.region.use.title_en.lower())}"
            f" {one.region.record.ground_price_cny_m2} ({percent(one.probability)}%)"
            for one in likeliest
        )
        yield f"  --known {side}_of:{question.line}  {told or say('无标定地价', 'no price')}"


def _metres(value: float) -> str:
    if value >= _KILOMETRES_FROM_M:
        return say(f"{value / 1000:.1f} 公里", f"{value / 1000:.1f} km")
    return say(f"{value:.0f} 米", f"{value:.0f} m")
