"""The city on the workbench: its edition, what was observed, and the layouts that agree with it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geo.build.sources import read_sources
from geo.errors import NetworkError, SurveyError
from geo.lookup.edition import OpenEdition
from geo.network.ensemble.draw import draw_layouts
from geo.network.evidence import MANIFEST, SURVEY, Status, constraints_of
from geo.survey.answers import shares_of
from geo.survey.condition import conditioned
from geo.survey.intake import observed_by, take_in
from geo.survey.notebook import add_entries, read_entries, set_status, version_of
from geo.survey.plan import plan

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from app.settings import Settings
    from app.web.workbench.models import Hint
    from geo.layouts.layouts import Layouts
    from geo.network.evidence import Observation
    from geo.survey.notebook import Entry
    from geo.survey.plan import Plan

    Group = tuple[Entry, ...]


class _Known(NamedTuple):
    """Layouts, and the observations that they have in them beside what the build had."""

    observations: frozenset[Observation]
    layouts: Layouts


class Drawn(NamedTuple):
    """The layouts with some hints in them.

    Attributes
    ----------
    layouts : Layouts
    groups : list of tuple of Entry
        What each hint says, and whether it is doubtful.
    is_exact : bool
        Drawn anew with all of the hints, not moved.
    """

    layouts: Layouts
    groups: list[Group]
    is_exact: bool


@dataclass(frozen=True)
class Observed:
    """What was observed and saved.

    Attributes
    ----------
    entries : tuple of Entry
    version : str
        See `version_of`.
    """

    entries: tuple[Entry, ...]
    version: str


class Desk:
    """A city on the workbench; several threads may use it.

    Parameters
    ----------
    settings : Settings

    Raises
    ------
    NetworkError
        The city's folder has no evidence, so that there is nowhere to write to.
    NothingToObserveError
        The edition has no layouts.
    ParcelsError
        It is missing or damaged.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.edition = OpenEdition.read(settings.parcels)
        self.shares = shares_of(self.edition)
        self.folder = settings.network
        if not (self.folder / MANIFEST).exists():
            raise NetworkError(
                f"{self.folder} has no {MANIFEST}, which says of which city its observations are"
            )
        self._exact = _Known(frozenset(), self.shares.layouts)
        self._drawing = Lock()

    def observed(self) -> Observed:
        """Read what was observed until now."""
        # The version first: what is saved in between is refused, not missed.
        version = version_of(self.folder)
        return Observed(read_entries(self.folder), version)

    def draw(self, hints: Sequence[Hint]) -> Drawn:
        """Move the layouts to where hints have lines, in a second.

        Raises
        ------
        LocationError, SurveyError
            A hint cannot be read.
        """
        entries = read_entries(self.folder)
        groups = self._groups(hints, entries)
        wanted = self._counted(groups, entries)
        known = self._exact
        if not known.observations <= set(wanted):
            known = _Known(frozenset(), self.shares.layouts)
        new = [one for one in wanted if one not in known.observations]
        moved = conditioned(known.layouts, new, np.random.default_rng(0))
        return Drawn(moved, groups, bool(wanted) and not new)

    def draw_anew(self, hints: Sequence[Hint]) -> Drawn:
        """Draw layouts that have the hints among their facts, the same as a build will.

        Raises
        ------
        LocationError, SurveyError
            A hint cannot be read, or the edition was built with files that are not in its folder.
        """
        if any(name.startswith("centrelines/") for name in self.edition.parcels.inputs):
            raise SurveyError(
                "the edition was built with centrelines of a file of its own; draw it anew with"
                " landprice build --network.",
                code="built_with_centrelines",
            )
        count = self.shares.layouts.count
        with self._drawing:  # one at a time: it takes all that a processor has
            entries = read_entries(self.folder)
            groups = self._groups(hints, entries)
            wanted = self._counted(groups, entries)
            sources = read_sources(self.settings.data, None, None)
            # What was saved is in the evidence; the hints are not.
            hinted = self._observations(chain.from_iterable(groups))
            seen = (*sources.evidence.observations, *hinted)
            evidence = replace(sources.evidence, observations=seen)
            constraints = constraints_of(sources.gazette.records, evidence)
            layouts = draw_layouts(constraints, evidence, sources.notice, count=count)
        self._exact = _Known(frozenset(wanted), layouts)
        return Drawn(layouts, groups, is_exact=True)

    def plan(self, hints: Sequence[Hint], most: int) -> Plan:
        """Plan which crossings to observe once the hints are known."""
        layouts = self.draw(hints).layouts
        return plan(OpenEdition.of(self.edition.parcels, layouts), most=most)

    def save(self, hints: Sequence[Hint], who: str, version: str) -> Group:
        """Write hints into the city's notebook, as ``landprice survey add`` does.

        Raises
        ------
        NotebookChangedError
            Somebody has saved since `version`.
        SurveyError
            A hint cannot be read, or the notebook cannot be written.
        """
        groups = self._groups(hints, read_entries(self.folder), who=who)
        return add_entries(self.folder, groups, seen=version)

    def set_status(self, ids: Collection[str], status: Status, version: str) -> Group:
        """Confirm observations, or take them back; raises as `save` does."""
        return set_status(self.folder, ids, status, seen=version)

    def _groups(
        self, hints: Sequence[Hint], entries: Collection[Entry], who: str = ""
    ) -> list[Group]:
        added = datetime.now(UTC).isoformat(timespec="seconds")
        known = list(entries)
        groups: list[Group] = []
        for number, hint in enumerate(hints, start=1):
            [group] = take_in(hint.given(number), self.edition, known, who=who, added=added)
            if hint.is_confirmed:
                group = tuple(replace(entry, status=Status.CONFIRMED) for entry in group)
            known += group
            groups.append(group)
        return groups

    def _counted(self, groups: Sequence[Group], entries: Sequence[Entry]) -> list[Observation]:
        """Return the observations that count and that the edition was not built with."""
        built_with = self.edition.parcels.inputs.get(f"network/{SURVEY}")
        path = self.folder / SURVEY
        is_built = path.exists() and _sha256(path) == built_with
        saved = () if is_built else entries
        return self._observations((*saved, *chain.from_iterable(groups)))

    def _observations(self, entries: Sequence[Entry] | chain[Entry]) -> list[Observation]:
        zone = self.edition.parcels.metric_crs
        return [
            # Without its id: what is saved stays the same observation.
            replace(observed_by(entry, zone), id="")
            for entry in entries
            if entry.status == Status.CONFIRMED and entry.line in self.shares.layouts.place
        ]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
