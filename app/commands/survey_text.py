"""Plans and observations as text for a terminal, in its language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from app.commands.language import say
from geo.network.evidence import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geo.lookup.edition import OpenEdition
    from geo.survey.notebook import Entry
    from geo.survey.plan import Plan

_WORTH_SAYING_M: Final = 50.0
_MOST: Final = 5
_STATUS: Final = {
    Status.CONFIRMED: ("采用", "counts"),
    Status.DOUBTFUL: ("存疑", "doubtful"),
    Status.WITHDRAWN: ("已撤回", "withdrawn"),
}


def entries_text(entries: Sequence[Entry]) -> Iterator[str]:
    """Return a line for each place or track."""
    from geo.survey.doubts import in_chinese  # noqa: PLC0415 - slow to import

    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.id, []).append(entry)
    for number, group in groups.items():
        first = group[0]
        lines = " × ".join(dict.fromkeys(entry.line for entry in group))
        points = len(group) // len(dict.fromkeys(entry.line for entry in group))
        many = say(f"，{points} 点", f", {points} places") if points > 1 else ""
        status = say(*_STATUS[Status(first.status)])
        yield f"{number}  {lines}{many}  ±{first.error_m} m  {first.crs}  {first.who}  {status}"
        if first.status == Status.DOUBTFUL:
            yield f"    {say(in_chinese(first.reason), first.reason)}"


def gain_text(edition: OpenEdition, entries: Sequence[Entry]) -> Iterator[str]:
    """Say what the new observations settle, and what to do next."""
    from geo.survey.answers import shares_of  # noqa: PLC0415 - slow to import
    from geo.survey.condition import conditioned  # noqa: PLC0415 - slow to import
    from geo.survey.intake import observed_by  # noqa: PLC0415 - slow to import
    from geo.survey.plan import settled_share  # noqa: PLC0415 - slow to import
    from geo.survey.redraw import moves_m, outlines  # noqa: PLC0415 - slow to import

    layouts, zone = shares_of(edition).layouts, edition.parcels.metric_crs
    good = [observed_by(entry, zone) for entry in entries if entry.status == Status.CONFIRMED]
    moved = conditioned(layouts, good, np.random.default_rng(0))
    before, after = settled_share(edition, layouts), settled_share(edition, moved)
    yield say(
        f"公布面积中有把握的答案：{before:.0%} → 约 {after:.0%}。运行 landprice build 重新绘制。",
        f"Settled answers in the published area: {before:.0%} → about {after:.0%}."
        " Draw anew with landprice build.",
    )
    moves = moves_m(outlines(edition, layouts), outlines(edition, moved))
    by_move = sorted(moves.items(), key=lambda one: -one[1])
    far = [(code, move_m) for code, move_m in by_move if move_m >= _WORTH_SAYING_M]
    if far:
        short = edition.parcels.edition.short_code
        first = say("、", ", ").join(
            f"{short(code)} {move_m:.0f} m" for code, move_m in far[:_MOST]
        )
        yield say(
            f"约 {len(far)} 个区域移动 {_WORTH_SAYING_M:.0f} 米以上，最多的：{first}。",
            f"About {len(far)} regions move by {_WORTH_SAYING_M:.0f} m or more, most: {first}.",
        )
    if any(entry.status == Status.DOUBTFUL for entry in entries):
        yield say(
            "存疑的暂不采用：核实后用 landprice survey confirm 编号 确认，或用 withdraw 撤回。",
            "What is doubtful does not count yet: landprice survey confirm ID, or withdraw ID.",
        )


def plan_text(found: Plan, length_m: float | None, *, given: bool) -> Iterator[str]:
    """Return a plan as a table.

    Parameters
    ----------
    found : Plan
    length_m : float or None
        Of the walk, where it is in the order of one.
    given : bool
        Whether it is made for places that were given, not for the published area.
    """
    of = say("所给地点", "the places given") if given else say("公布面积", "the published area")
    yield say(
        f"{of}中，现在有 {found.settled:.0%} 的答案有把握（概率 0.95 以上）。",
        f"Of {of}, {found.settled:.0%} have a settled answer now (probability 0.95 or more).",
    )
    if not found.crossings:
        yield say("没有需要观测的路口。", "There is no crossing to observe.")
        return
    yield ""
    heading = say("位次", "rank") if length_m is not None else say("把握", "settled")
    yield say(
        f"序     {heading}  大致位置（WGS84）     范围  路口",
        f" #  {heading:>7}  likely (WGS84)      within  crossing",
    )
    for number, one in enumerate(found.crossings, start=1):
        worth = f"{one.settled:.0%}" if length_m is None else f"{one.rank}"
        yield (
            f"{number:>2}  {worth:>7}  {one.lon:.4f}, {one.lat:.4f}"
            f"  {_about(one.radius_m):>7}  {' × '.join(one.lines)}"
        )
    yield ""
    best = max(one.settled for one in found.crossings)
    yield say(
        f"全部观测之后，预计 {best:.0%} 有把握。",
        f"Once all are observed, {best:.0%} are expected to be settled.",
    )
    if length_m is not None:
        yield say(
            f"依次走完约 {length_m / 1000:.0f} 公里（直线相连）。",
            f"The walk is about {length_m / 1000:.0f} km as the crow flies.",
        )


def _about(length_m: float) -> str:
    return f"{length_m / 1000:.1f} km" if length_m >= 1000 else f"{length_m:.0f} m"
