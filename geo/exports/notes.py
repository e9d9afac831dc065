"""What every exported file says of itself: edition, sources, accuracy, version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geo.model import GeometrySource, Placement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.model import Region
    from geo.parcels import Parcels


@dataclass(frozen=True, slots=True)
class Note:
    """One statement about the data.

    Attributes
    ----------
    key : str
        For programs.
    title : str
        In Chinese and English.
    value : str
    """

    key: str
    title: str
    value: str


def notes_of(parcels: Parcels, crs: str | None) -> tuple[Note, ...]:
    """Return what a file must say of itself.

    Parameters
    ----------
    parcels : Parcels
    crs : str or None
        CRS of the file's coordinates; None if it has none.

    Returns
    -------
    tuple of Note
        Keys ``title``, ``document``, ``publisher``, ``valuation_date``, ``effective_from``,
        ``valid_to`` where it is stated, ``attribution``, ``accuracy``, ``data_version`` and, with
        coordinates, ``crs``.
    """
    edition = parcels.edition
    notes = (
        Note("title", "名称 Title", edition.title),
        Note("document", "文号 Document number", edition.document),
        Note("publisher", "发布机构 Publisher", edition.publisher),
        Note("valuation_date", "估价期日 Valuation date", str(edition.valuation_date)),
        Note("effective_from", "执行日期 In force from", str(edition.effective_from)),
        *(
            [Note("valid_to", "有效期至 Valid to", str(edition.valid_to))]
            if edition.valid_to is not None
            else []
        ),
        Note("attribution", "数据来源 Attribution", parcels.attribution),
        Note("accuracy", "界线精度 Accuracy of the boundaries", accuracy_of(parcels.regions)),
        Note("data_version", "数据版本 Data version", f"parcels.geojson SHA-256 {parcels.sha256}"),
    )
    return notes if crs is None else (*notes, Note("crs", "坐标系统 Coordinate system", crs))


def notes_text(notes: Sequence[Note]) -> str:
    """Return notes as text, one a line."""
    return "\n".join(f"{note.title}: {note.value}" for note in notes)


def accuracy_of(regions: Sequence[Region]) -> str:
    """Say how far the boundaries of regions can be trusted, in Chinese and English."""
    inferred = sum(region.geometry_source is GeometrySource.SCHEMATIC for region in regions)
    free = sum(region.placement is Placement.FREE for region in regions)
    zh = en = ""
    if inferred:
        zh = (
            f"{len(regions)}个区域中有{inferred}个的图形由公告文字所述四至推定，不是测量成果，"
            "不得用作定界依据。"
        )
        en = (
            f"The geometry of {inferred} of {len(regions)} regions is inferred from the notice's"
            " wording, not surveyed, and must not be used to fix boundaries. "
        )
    if free:
        zh += f"{free}个区域（placement 为 free）的位置没有依据，只表示相互次序。"
        en += f"No fact fixes the position of {free} regions (placement: free). "
    zh += "各边可能的偏差（米）见界线精度各字段。"
    en += "The accuracy fields say how far each side may be off, in metres."
    return f"{zh} {en}"
