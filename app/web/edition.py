"""An edition with what is made of it to be served."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Self

from geo.lookup.edition import OpenEdition
from geo.lookup.prefetch import prefetch
from geo.symbology import PRICE_CLASSES_FILE, read_price_classes
from geo.valuation.coefficients import COEFFICIENTS_FILE, NO_COEFFICIENTS, read_coefficients
from maps.certainty import certainty_grid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from threading import Event

    from geo.exports.areas import LikelyArea
    from geo.model import Use
    from geo.survey.plan import Crossing
    from geo.symbology import PriceClasses
    from geo.valuation.coefficients import Coefficients, UseCoefficients
    from maps.certainty import CertaintyGrid

_PAUSE_S: Final = 0.0005  # between two steps of what is prefetched, for those who are waiting


@dataclass(frozen=True, eq=False)
class LoadedEdition(OpenEdition):
    """An edition that is ready to be served.

    Attributes
    ----------
    classes : mapping of Use to PriceClasses
        Classes of price on its maps.
    coefficients : Coefficients or None
        What parcels are valued by; None if the operator gives none.
    """

    classes: Mapping[Use, PriceClasses] = field(default_factory=dict)
    coefficients: Coefficients | None = None

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read an edition from ``parcels.geojson`` and what is beside it.

        Raises
        ------
        CoefficientsError, ParcelsError, PriceClassesError
            A file is damaged, or ``parcels.geojson`` is missing.
        """
        edition = super().read(path)
        prices_cny_m2 = edition.parcels.prices_cny_m2
        classes = read_price_classes(path.with_name(PRICE_CLASSES_FILE), prices_cny_m2)
        coefficients = read_coefficients(
            path.with_name(COEFFICIENTS_FILE), edition.parcels.edition, edition.parcels.uses
        )
        return replace(edition, classes=classes, coefficients=coefficients)

    def coefficients_of(self, use: Use) -> UseCoefficients:
        """Return what parcels of a use are valued by; empty if nothing is known."""
        return NO_COEFFICIENTS if self.coefficients is None else self.coefficients.of(use)

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
