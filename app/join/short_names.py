"""Names of the columns of answers for Shapefiles, which hold ten bytes of a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geo.lookup.table import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

_COLUMNS: Final = {
    Column.CODE: "code",
    Column.GROUND_PRICE: "ground",
    Column.FLOOR_PRICE: "floor",
    Column.PLOT_RATIO: "ratio",
    Column.TENURE: "years",
    Column.CERTAINTY: "certn",
    Column.PROBABILITY: "prob",
    Column.NONE_PROBABILITY: "nprob",
    Column.RIGHT_TYPE: "right",
    Column.DEVELOPMENT: "devel",
    Column.GEOMETRY_SOURCE: "source",
    Column.PLACEMENT: "placed",
    Column.DISTANCE: "dist_m",
}
_ERRORS: Final = ("error", "error_text")


def short_names(uses: Sequence[str], columns: Sequence[Column]) -> list[str]:
    """Return short names of the columns of each use, and of those for errors.

    Parameters
    ----------
    uses : sequence of str
        Codes, of which the first three letters are used; or, where two begin alike, ``u1``, ``u2``
        and so on.
    columns : sequence of Column

    Returns
    -------
    list of str
        Such as ``com_ground``; at most ten characters each.
    """
    starts = [use[:3] for use in uses]
    if len(set(starts)) < len(starts):
        starts = [f"u{number}" for number in range(1, len(uses) + 1)]
    return [*(f"{start}_{_COLUMNS[column]}" for start in starts for column in columns), *_ERRORS]
