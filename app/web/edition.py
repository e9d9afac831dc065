"""An edition with what every answer over HTTP repeats of it."""

from __future__ import annotations

import functools
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from app.web.headers import FIVE_MINUTES
from app.web.models import EditionFacts, EditionSummary
from app.web.price_json import PriceEncoder
from geo.lookup.edition import OpenEdition
from geo.lookup.prefetch import prefetch
from maps.certainty import certainty_grid

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from geo.exports.areas import LikelyArea
    from geo.survey.plan import Crossing
    from maps.certainty import CertaintyGrid

_PAUSE_S: Final = 0.0005  # between two steps of what is prefetched, for those who are waiting
DISTRIBUTION: Final = "zhumadian-landprice"


class LoadedEdition(OpenEdition):
    """An edition that is ready to answer over HTTP."""

    @functools.cached_property
    def facts(self) -> EditionFacts:
        """What the edition says of itself."""
        return EditionFacts(**asdict(self.parcels.edition))

    @functools.cached_property
    def summary(self) -> EditionSummary:
        """What every answer repeats of it."""
        fields = set(EditionSummary.model_fields)
        return EditionSummary(**self.facts.model_dump(include=fields))

    @functools.cached_property
    def etag(self) -> str:
        """Strong entity tag of every answer from it: with the URL, data and software decide it."""
        return f'"{self.parcels.sha256[:16]}-{version(DISTRIBUTION)}"'

    @functools.cached_property
    def headers(self) -> dict[str, str]:
        """Headers of every answer from it, by which it may be kept."""
        return {"etag": self.etag, "cache-control": FIVE_MINUTES}

    @functools.cached_property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The same as ASGI has them."""
        return [(name.encode(), value.encode()) for name, value in self.headers.items()]

    @functools.cached_property
    def certainty(self) -> CertaintyGrid | None:
        """How sure its map is; None without layouts."""
        return certainty_grid(self)

    @functools.cached_property
    def crossing_for(self) -> Callable[[str], Crossing | None]:
        """Finds by a region's code which crossing to observe to settle where it lies."""
        from geo.survey.plan import crossing_for  # noqa: PLC0415 - slow to import

        by_code = {region.code: region for region in self.regions}
        return functools.cache(lambda code: crossing_for(self, by_code[code]))

    @functools.cached_property
    def areas(self) -> tuple[LikelyArea, ...]:
        """Where its regions lie by probability."""
        from geo.exports.areas import likely_areas  # noqa: PLC0415 - slow to import

        return likely_areas(self.field)

    def prefetch(self, stopped: Event) -> None:
        """Fill the caches, so that no reader waits for what is computed when first asked for.

        Parameters
        ----------
        stopped : Event
            Ends it when it is set.
        """
        for _ in prefetch(self):
            if stopped.wait(_PAUSE_S):
                return
        if self.layouts is not None:
            self.areas  # noqa: B018 - kept once it is made

    @functools.cached_property
    def encoder(self) -> PriceEncoder:
        """Encodes its prices as JSON."""
        return PriceEncoder(self.regions, self.summary)
