"""An edition that is ready to answer."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from geo.atomic.together import read_together
from geo.layouts.layouts import LAYOUTS_FILE
from geo.lookup.batch import BatchIndex
from geo.lookup.field import ProbabilityField
from geo.lookup.point import PointIndex
from geo.lookup.regions import RegionTable
from geo.parcels import PARCELS_FILE, SHIPPED_DATA, Parcels, read_parcels

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from geo.layouts.layouts import Layouts
    from geo.model import Region, Use


@dataclass(frozen=True, eq=False)
class OpenEdition:
    """An edition that is ready to answer.

    Immutable, and safe to share between threads.

    Attributes
    ----------
    parcels : Parcels
        The content of its file.
    layouts : Layouts or None
        The layouts of its lines; without them probabilities follow from the accuracies of lines
        alone.
    regions : tuple of Region
        In the order of answers: by use, then by code.
    names : dict of str to str
        Canonical names of lines, by other names.
    field : ProbabilityField
    point_index : PointIndex
    batch_index : BatchIndex
    """

    parcels: Parcels
    layouts: Layouts | None
    regions: tuple[Region, ...]
    names: dict[str, str]
    field: ProbabilityField
    point_index: PointIndex
    batch_index: BatchIndex

    @classmethod
    def of(cls, parcels: Parcels, layouts: Layouts | None = None) -> Self:
        """Make the content of files ready to answer."""
        table = RegionTable(parcels.regions, parcels.uses, parcels.metric_crs)
        field = ProbabilityField(table, layouts, parcels.spellings)
        names = {**(layouts.other_names if layouts else {}), **parcels.spellings}
        return cls(
            parcels,
            layouts,
            table.regions,
            names,
            field,
            PointIndex(table, field, names),
            BatchIndex(table, field),
        )

    def __reduce__(
        self,
    ) -> tuple[Callable[[Parcels, Layouts | None], OpenEdition], tuple[Parcels, Layouts | None]]:
        """Pickle the content only; the indexes are made again."""
        return type(self).of, (self.parcels, self.layouts)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read an edition from ``parcels.geojson``, and ``layouts.parquet`` beside it.

        Raises
        ------
        ParcelsError
            The file is missing, one is damaged, or the two are not of one build.
        """
        return cls.of(*read_together(path, _read))

    @functools.cached_property
    def uses(self) -> tuple[Use, ...]:
        """The uses that have regions, in the order of answers."""
        return self.parcels.uses

    @functools.cached_property
    def extent(self) -> tuple[float, float, float, float]:
        """West, south, east and north edge of all regions, WGS84 degrees."""
        return self.field.table.extent

    def holds(self, *, lon: float, lat: float) -> bool:
        """Tell whether a place, WGS84 degrees, lies in the extent."""
        west, south, east, north = self.extent
        return west <= lon <= east and south <= lat <= north


def _read(path: Path) -> tuple[Parcels, Layouts | None]:
    parcels, layouts = read_parcels(path), None
    if (beside := path.with_name(LAYOUTS_FILE)).exists():
        from geo.layouts.file import read_layouts  # noqa: PLC0415 - brings pyarrow

        layouts = read_layouts(beside, parcels_sha256=parcels.sha256)
    return parcels, layouts


def open_edition(path: str | os.PathLike[str] | None = None) -> OpenEdition:
    """Open an edition, to ask it for prices.

    Parameters
    ----------
    path : str or path-like, optional
        A ``parcels.geojson``, or the folder that has it; the shipped edition if it is not given.

    Raises
    ------
    ParcelsError
        The file is missing or damaged.

    Examples
    --------
    >>> edition = open_edition()
    >>> edition.parcels.edition.document
    '驻政〔2023〕13号'
    """
    given = SHIPPED_DATA if path is None else Path(path)
    return OpenEdition.read(given / PARCELS_FILE if given.is_dir() else given)
