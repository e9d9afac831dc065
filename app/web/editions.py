"""The editions that are served, and what changed between them, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Depends, Path

from app.web.edition_models import (
    DifferenceAnswer,
    EditionItem,
    Editions,
    History,
    HistoryEntry,
    RegionChange,
    RegionPriceItem,
    UseSummary,
)
from app.web.models import ProblemBody
from app.web.parameters import CodeParameter, Serving, only_known_parameters
from app.web.served import Served
from app.web.valuation.known import KnownCoefficients
from geo.editions.compare import compare, price_change
from geo.errors import UnknownEditionError, UnknownRegionError

if TYPE_CHECKING:
    from app.web.edition import LoadedEdition
    from app.web.served import Served
    from geo.editions.compare import Changed, Difference
    from geo.model import Region

routes = APIRouter(
    prefix="/v1",
    tags=["Standard land price 标定地价"],
    dependencies=[Depends(only_known_parameters)],
)

_NOT_FOUND: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": ProblemBody, "description": "There is no such region or edition"},
    "default": {"model": ProblemBody, "description": "Any other error"},
}
_EditionId = Annotated[
    str,
    Path(
        title="Edition 版本编号",
        description="The city's code and the year of valuation.",
        examples=["411700-2022"],
    ),
]


@routes.get(
    "/editions",
    summary="Editions of all cities",
    responses={"default": {"model": ProblemBody, "description": "Any error"}},
)
def editions(served: Serving) -> Editions:
    """All editions that are served, and which of them are in force."""
    catalogue = served.catalogue
    return Editions(
        default_city=catalogue.default_city,
        editions=[item_of(served, edition) for edition in catalogue.editions],
    )


@routes.get(
    "/editions/{before}/diff/{after}",
    summary="What changed between editions",
    responses=_NOT_FOUND
    | {422: {"model": ProblemBody, "description": "The two editions are of two cities"}},
)
def difference(served: Serving, before: _EditionId, after: _EditionId) -> DifferenceAnswer:
    """Regions that were added, removed or redrawn, and what changed of the others."""
    found = [edition_called(served, name) for name in (before, after)]
    return difference_answer(compare(*found))


@routes.get(
    "/regions/{code}/history", summary="A region through all editions", responses=_NOT_FOUND
)
def history(served: Serving, code: CodeParameter) -> History:
    """Return what each edition says of a region, or of the region that it follows."""
    for edition in reversed(served.catalogue.editions):
        for region in edition.regions:
            if region.code == code:
                return History(code=code, entries=_entries(served, edition, region))
    raise UnknownRegionError(f"There is no region {code[:40]!r} in any edition.")


def item_of(served: Served, edition: LoadedEdition) -> EditionItem:
    """Return what is told of an edition in a list."""
    current = served.catalogue.in_force(edition.parcels.edition.admin_code)
    known = edition.coefficients
    return EditionItem(
        **served.facts(edition).model_dump(),
        in_force=edition is current,
        regions=len(edition.regions),
        sha256=edition.parcels.sha256,
        coefficients=None if known is None else KnownCoefficients.of(known),
    )


def difference_answer(found: Difference) -> DifferenceAnswer:
    """Return what changed as a body."""
    changed = found.changed
    return DifferenceAnswer(
        before=found.before.id,
        after=found.after.id,
        added=[_item(region) for region in found.added],
        removed=[_item(region) for region in found.removed],
        changed=[_change(one) for one in changed],
        unchanged=len(found.common) - len(changed),
        uses=[
            UseSummary(
                use=one.use.code,
                regions=one.regions,
                median=round(one.median, 4),
                lowest=round(one.lowest, 4),
                highest=round(one.highest, 4),
            )
            for one in found.uses
        ],
    )


def edition_called(served: Served, name: str) -> LoadedEdition:
    """Return the edition of a name, such as ``411700-2022``.

    Raises
    ------
    UnknownEditionError
        There is none.
    """
    by_id = served.catalogue.by_id
    if name not in by_id:
        known = ", ".join(by_id)
        raise UnknownEditionError(f"There is no edition {name[:40]!r}; there are {known}.")
    return by_id[name]


def _item(region: Region) -> RegionPriceItem:
    return RegionPriceItem(
        code=region.code,
        use=region.use.code,
        ground_price_cny_m2=region.record.ground_price_cny_m2,
    )


def _change(one: Changed) -> RegionChange:
    return RegionChange(
        code=one.after.code,
        use=one.after.use.code,
        ground_price_before_cny_m2=one.before.record.ground_price_cny_m2,
        ground_price_cny_m2=one.after.record.ground_price_cny_m2,
        change=round(one.price_change, 4),
        area_before_m2=round(one.area_before_m2),
        area_m2=round(one.area_m2),
        moved_share=round(one.moved_share, 4),
        redrawn=one.redrawn,
        values=dict(one.values),
    )


def _entries(served: Served, edition: LoadedEdition, region: Region) -> list[HistoryEntry]:
    entries = []
    at: LoadedEdition | None = edition
    while at is not None:
        was = served.followed(at).get(region.code)
        facts, record = at.parcels.edition, region.record
        entries.append(
            HistoryEntry(
                edition=facts.id,
                valuation_date=facts.valuation_date,
                effective_from=facts.effective_from,
                code=region.code,
                use=region.use.code,
                ground_price_cny_m2=record.ground_price_cny_m2,
                floor_price_cny_m2=record.floor_price_cny_m2,
                plot_ratio=record.plot_ratio,
                tenure_years=record.tenure_years,
                bounds={side.value: line for side, line in record.bounds},
                change=None if was is None else round(price_change(was, region), 4),
            )
        )
        if was is None:
            break
        at, region = served.catalogue.before(at), was
    return entries
