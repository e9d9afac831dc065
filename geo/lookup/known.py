"""What an asker knows of a place, on which side of which lines it lies, and what follows from it.

The notice's words come first: facts exclude regions, and facts that enclose a place on all four
sides settle it. What is left open, the layouts weigh.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import product
from typing import TYPE_CHECKING, Final, NamedTuple

from geo.errors import KnownError
from geo.gazette.constraints import LineOrder
from geo.gazette.locations import opposite
from geo.gazette.names import fold
from geo.gazette.order import read_order
from geo.model import SIDE_WORDS, Axis, Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geo.model import FourBounds, Region

MOST_FACTS: Final = 20

_ENGLISH: Final = re.compile(r"(?P<side>north|south|east|west)_of:(?P<line>.+)")
_CHINESE: Final = re.compile(r"(?P<line>.+?)(?:以|之)?(?P<side>[东西南北])(?:侧|边|面)?")
_STEM: Final = re.compile(r"(.+?)(?:大道|大街|路|街)")
_LONGEST: Final = 60


BEYOND: Final = frozenset({Side.EAST, Side.NORTH})
"""The sides on which a place lies beyond a line; on the others it lies short of it."""
SIDES: Final = ((Side.EAST, Side.WEST), (Side.NORTH, Side.SOUTH))
"""By axis, as `AXES` orders them: the side beyond a line, and the side short of it."""

RUNS: Final = {
    Axis.NS: ("north-south", "east or west"),
    Axis.EW: ("east-west", "north or south"),
}
"""How a line of an axis runs, and what a place can be of it."""


class Fact(NamedTuple):
    """A place lies on one side of a line.

    Attributes
    ----------
    side : Side
        On which the place lies.
    line : str
        Canonical name.
    """

    side: Side
    line: str

    def __str__(self) -> str:
        """Return it as it is asked."""
        return f"{self.side}_of:{self.line}"


@dataclass(frozen=True)
class Judged:
    """What follows from facts by the notice's words alone.

    Attributes
    ----------
    excluded : frozenset of int
        Numbers of the regions that cannot hold the place.
    settled : frozenset of int
        Those that must.
    """

    excluded: frozenset[int] = frozenset()
    settled: frozenset[int] = frozenset()


class LineNames:
    """The lines of an edition by all their names.

    Parameters
    ----------
    axes : mapping of str to Axis
        By canonical name.
    other : mapping of str to str
        Other names, to the canonical ones: spellings, old and short names.
    """

    def __init__(self, axes: Mapping[str, Axis], other: Mapping[str, str]) -> None:
        self.axes = dict(axes)
        self._names = {name: line for name, line in other.items() if line in axes}
        self._names |= {name: name for name in axes}
        stems: dict[str, set[str]] = {}
        for name, line in self._names.items():
            if match := _STEM.fullmatch(name):
                stems.setdefault(match[1], set()).add(line)
        self._stems = {stem: min(lines) for stem, lines in stems.items() if len(lines) == 1}

    def find(self, name: str) -> str | None:
        """Return the canonical name of a line, or None.

        文明路 stands for 文明大道 if no other line is called like that.
        """
        folded = fold(name)
        if folded in self._names:
            return self._names[folded]
        match = _STEM.fullmatch(folded)
        return self._stems.get(match[1]) if match else None

    def named_at_start(self, text: str) -> list[str]:
        """Return the names with which a folded text begins, the longest first."""
        return sorted(filter(text.startswith, self._names), key=len, reverse=True)

    def near(self, name: str) -> list[str]:
        """Return names of lines that are written nearly so."""
        return get_close_matches(fold(name), list(self._names), n=3, cutoff=0.5)


class Words:
    """What an edition says in words: its lines, their order, and the bounds of its regions.

    Immutable, and safe to share between threads.

    Parameters
    ----------
    regions : sequence of Region
        In the order of answers.
    names : mapping of str to str
        Canonical names of lines, by other names.
    axes : mapping of str to Axis, optional
        Of lines that the notice does not name, or whose direction it does not show.

    Attributes
    ----------
    bounds : tuple of FourBounds
        Canonical names of each region's lines.
    lines : LineNames
    own_locations : dict of str to frozenset of int
        The regions whose standard parcel lies where a text says, by that text.
    locations : tuple of Location
        Of each region's standard parcel, with canonical names.
    """

    def __init__(
        self,
        regions: Sequence[Region],
        names: Mapping[str, str],
        axes: Mapping[str, Axis] | None = None,
    ) -> None:
        constraints = read_order([region.record for region in regions], names)
        known = {**(axes or {}), **constraints.axes}
        self.bounds: tuple[FourBounds, ...] = tuple(
            constraints.bounds[region.code] for region in regions
        )
        self.lines = LineNames(known, names)
        self._told = functools.cache(self._find_told)
        self.locations = tuple(constraints.locations[region.code] for region in regions)
        texts = [fold(region.record.parcel_location or "") for region in regions]
        self.own_locations = {
            text: frozenset(i for i, other in enumerate(texts) if other == text)
            for text in texts
            if text
        }
        doubted = {fact for pair in constraints.disjoint for fact in pair.doubted}
        firm = [fact for fact in constraints.stated if fact not in doubted]
        self._order = LineOrder(known, firm)

    def read_facts(self, texts: Sequence[str]) -> tuple[Fact, ...]:
        """Read what an asker knows.

        Parameters
        ----------
        texts : sequence of str
            Each as ``north_of:开源大道``, or in Chinese 开源大道以北, 开源大道北侧.

        Raises
        ------
        KnownError
            There are too many, one cannot be read, names no line of the edition or a side that it
            does not have, or two cannot both be true.
        """
        if len(texts) > MOST_FACTS:
            raise KnownError(
                f"known is given {len(texts)} times; give at most {MOST_FACTS} facts.",
                code="too_many_facts",
            )
        facts = tuple(dict.fromkeys(map(self._read_fact, texts)))
        self.check(facts)
        return facts

    def check(self, facts: Sequence[Fact], *, said_by: str = "known has") -> None:
        """Refuse facts of which two cannot both be true.

        Parameters
        ----------
        facts : sequence of Fact
        said_by : str, optional
            What the message begins with.

        Raises
        ------
        KnownError
        """
        for one, other in product(facts, facts):
            if one.side in BEYOND and self._contradict(one, other):
                raise KnownError(
                    f"{said_by} {one} and {other}, which cannot both be true: by the notice"
                    f" {self._why(one, other)}.",
                    code="facts_contradict",
                )

    def leaves_open(self, facts: Sequence[Fact], line: str) -> bool:
        """Tell whether by the notice a place of which facts are true may lie on either side."""
        return not any(
            self._contradict(*((new, fact) if new.side in BEYOND else (fact, new)))
            for side in self.lines.axes[line].sides
            for new in (Fact(side, line),)
            for fact in facts
        )

    def judge(self, facts: Iterable[Fact]) -> Judged:
        """Tell which regions facts exclude, and which they settle."""
        excluded: set[int] = set()
        inner: dict[Side, set[int]] = {side: set() for side in Side}
        for fact in facts:
            beyond, within = self._told(fact)
            excluded |= beyond
            inner[opposite(fact.side)] |= within
        settled = set.intersection(*inner.values()) - excluded
        return Judged(frozenset(excluded), frozenset(settled))

    def _read_fact(self, text: str) -> Fact:
        shown = repr(text[:_LONGEST])
        match = _ENGLISH.fullmatch(text.strip()) or _CHINESE.fullmatch(fold(text))
        if len(text) > _LONGEST or match is None:
            raise KnownError(
                f"known is {shown}; it must be a side and a line, such as north_of:开源大道.",
                code="fact_unreadable",
            )
        line = self.lines.find(match["line"])
        if line is None:
            near = self.lines.near(match["line"])
            hint = f"did you mean {' or '.join(near)}?" if near else "it names none like it."
            raise KnownError(
                f"known is {shown}, but the notice names no line {match['line']}; {hint}",
                code="unknown_line",
            )
        word = match["side"]
        side = SIDE_WORDS[word] if word in SIDE_WORDS else Side(word)
        axis = self.lines.axes[line]
        if side not in axis.sides:
            runs, sides = RUNS[axis]
            raise KnownError(
                f"known is {shown}, but {line} runs {runs}; a place is {sides} of it.",
                code="side_unknown",
            )
        return Fact(side, line)

    def _contradict(self, after: Fact, before: Fact) -> bool:
        """Tell whether nothing is after one line and before another."""
        if before.side is not opposite(after.side):
            return False
        return after.line == before.line or self._order.holds(before.line, after.line)

    def _why(self, after: Fact, before: Fact) -> str:
        if after.line == before.line:
            return "a place lies on one side of a line"
        return f"{before.line} lies {before.side} of {after.line}"

    def _find_told(self, fact: Fact) -> tuple[frozenset[int], frozenset[int]]:
        """Find the regions of which a fact puts a place beyond an edge, or on an edge's inner side.

        What lies north of a region's north edge, or of a line north of it, is beyond the edge; what
        lies north of its south edge, or of a line north of that, is on the edge's inner side.
        """
        beyond, within = (
            frozenset(
                number
                for number, four in enumerate(self.bounds)
                if self._reaches(fact, getattr(four, side.value))
            )
            for side in (fact.side, opposite(fact.side))
        )
        return beyond, within

    def _reaches(self, fact: Fact, edge: str) -> bool:
        """Tell whether a fact puts a place on the same side of a region's edge."""
        if edge == fact.line:
            return True
        pair = (edge, fact.line) if fact.side in BEYOND else (fact.line, edge)
        return self._order.holds(*pair)
