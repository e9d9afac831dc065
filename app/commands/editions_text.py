"""Editions, publications and what changed, as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.commands.language import say
from geo.fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.web.edition_models import EditionItem, Editions
    from geo.editions.compare import Changed, Difference, UseChange
    from geo.model import Region


def published_text(number: int, editions: Iterable[str]) -> str:
    """Return which publication is in force now, and what its editions are called."""
    names = ", ".join(editions)
    return say(
        f"第 {number} 次发布现行有效，含 {names}",
        f"publication {number} is in force, with {names}",
    )


def editions_text(editions: Editions) -> str:
    """Return editions as lines, those in force marked."""
    return "\n".join(map(_edition, editions.editions))


def _edition(one: EditionItem) -> str:
    state = say("历史", "past")
    if one.in_force:
        state = say("现行", "in force")
    elif one.superseded_by is None:
        state = say("尚未执行", "to come")
    until = one.valid_to
    return say(
        f"{one.id}  {state}  {one.city}，{one.document}，{one.effective_from} 起执行"
        + (f"，有效期至 {until}" if until else "")
        + f"；{one.regions} 个区域，估价距今 {one.valuation_age_years} 年",
        f"{one.id}  {state}  {one.city}, {one.document}, in force from {one.effective_from}"
        + (f" to {until}" if until else "")
        + f"; {one.regions} regions, valued {one.valuation_age_years} years ago",
    )


def difference_text(found: Difference) -> str:
    """Return what changed from one edition to another as lines."""
    changed = found.changed
    lines = [
        say(
            f"{found.before.id} → {found.after.id}：新增 {len(found.added)}，取消"
            f" {len(found.removed)}，变动 {len(changed)}，未变动"
            f" {len(found.common) - len(changed)}",
            f"{found.before.id} → {found.after.id}: {len(found.added)} added,"
            f" {len(found.removed)} removed, {len(changed)} changed,"
            f" {len(found.common) - len(changed)} unchanged",
        ),
        *map(_use, found.uses),
        *(_only_one(region, "+", say("新增", "added")) for region in found.added),
        *(_only_one(region, "-", say("取消", "removed")) for region in found.removed),
    ]
    for one in changed:
        lines += _changed(one)
    return "\n".join(lines)


def _use(one: UseChange) -> str:
    return say(
        f"{one.use.label}：{one.regions} 个区域，中位数 {one.median:+.1%}，"
        f"{one.lowest:+.1%} 至 {one.highest:+.1%}",
        f"{one.use.title_en} land: {one.regions} regions, median {one.median:+.1%},"
        f" {one.lowest:+.1%} to {one.highest:+.1%}",
    )


def _only_one(region: Region, sign: str, word: str) -> str:
    price = region.record.ground_price_cny_m2
    return say(
        f"{sign} {region.code} {word}：{price} 元/平方米",
        f"{sign} {region.code} {word}: {price} yuan/m²",
    )


def _changed(one: Changed) -> Iterator[str]:
    before, after = one.before.record, one.after.record
    prices = f"{before.ground_price_cny_m2} → {after.ground_price_cny_m2}"
    yield say(
        f"~ {after.code}：{prices} 元/平方米（{one.price_change:+.1%}）",
        f"~ {after.code}: {prices} yuan/m² ({one.price_change:+.1%})",
    )
    for name, (was, now) in one.values.items():
        if name not in {"ground_price_cny_m2", "floor_price_cny_m2"}:
            field = FIELDS[name]
            label = say(field.label_zh, field.label_en)
            yield f"    {label}{say('：', ': ')}{_value(was)} → {_value(now)}"
    if one.redrawn:
        yield say(
            f"    重划：{one.area_before_m2:.0f} → {one.area_m2:.0f} 平方米，"
            f"{one.moved_share:.0%} 变动（按图形）",
            f"    redrawn: {one.area_before_m2:.0f} → {one.area_m2:.0f} m², {one.moved_share:.0%}"
            " moved (as drawn)",
        )


def _value(value: str | float | None) -> str:
    return say("无", "none") if value is None else str(value)
