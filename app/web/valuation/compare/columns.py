"""Which columns of a table say what of deals."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Final

from geo.errors import TableError
from geo.valuation.deals.deal import PRICE, PriceUnit
from geo.valuation.titles import PARCEL_TITLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TITLES: Final[Mapping[str, tuple[str, ...]]] = {
    **PARCEL_TITLES,
    "date": (
        *("date", "deal_date", "日期", "成交日期", "交易日期", "合同日期", "签订日期"),
        "合同签订日期",
    ),
    "area_m2": (
        "area_m2",
        *(
            f"{what}({unit})"
            for what in ("面积", "土地面积", "宗地面积")
            for unit in ("m2", "平方米")
        ),
    ),
    "code": ("code", "region_code", "区域编号", "标定区域编号"),
    "name": (
        *("id", "name", "编号", "宗地编号", "宗地号", "地块编号", "成交编号", "宗地名称"),
        "地块名称",
    ),
}
"""What columns are called, without the price; one that says no unit of area is not found."""

_PRICE: Final = re.compile(
    r"(?:成交|交易|出让)?(?:地面单价|地面地价|土地单价|单价|地价|价格|价|价款|总价|总地价|土地总价)"
    r"(?:\((?P<unit>[^()]+)\))?"
)
_UNITS: Final = {
    **dict.fromkeys(("元/平方米", "元/m2", "元/平米", "元每平方米"), PriceUnit.YUAN_M2),
    "万元/亩": PriceUnit.WAN_MU,
    "元": PriceUnit.YUAN,
    "万元": PriceUnit.WAN,
}
_ENGLISH_PRICES: Final = {
    **dict.fromkeys(("price_cny_m2", "deal_price_cny_m2"), PriceUnit.YUAN_M2),
    **dict.fromkeys(("total_cny", "total_price_cny"), PriceUnit.YUAN),
    **dict.fromkeys(("price", "deal_price"), None),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DealColumns:
    """Names of columns; None for one that is to be found, or that there is not.

    Attributes
    ----------
    price : str or None
    price_unit : PriceUnit or None
        None if the column's name says it.
    use, date, area_m2, plot_ratio, remaining_years, development, code, name : str or None
    """

    price: str | None = None
    price_unit: PriceUnit | None = None
    use: str | None = None
    date: str | None = None
    area_m2: str | None = None
    plot_ratio: str | None = None
    remaining_years: str | None = None
    development: str | None = None
    code: str | None = None
    name: str | None = None

    @property
    def named(self) -> dict[str, str]:
        """The column of each property that has one."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return {key: name for key, name in found.items() if name and key != "price_unit"}


def found_columns(names: Sequence[str], asked: DealColumns, *, needs_use: bool) -> DealColumns:
    """Find the columns of a table that say something of deals.

    Parameters
    ----------
    names : sequence of str
        Of the table's columns.
    asked : DealColumns
        Those that are named.
    needs_use : bool
        Whether a row may have a use of its own.

    Returns
    -------
    DealColumns
        With a price, its unit, and a date.

    Raises
    ------
    TableError
        A column that is named is not there, several may be meant, there is no price or date, or
        nothing says the unit of the price.
    """
    for name in asked.named.values():
        if list(names).count(name) != 1:
            there = "is there more than once among" if name in names else "is not in"
            raise TableError(f"The column {name!r} {there} the columns {', '.join(names)}.")
    plain = {name: _plain(name) for name in names}
    found = {
        key: getattr(asked, key) or _one(key, [n for n in names if plain[n] in titles], titles)
        for key, titles in _TITLES.items()
        if key != "use" or needs_use
    }
    price = asked.price or _one(PRICE, [name for name in names if _says_price(plain[name])])
    if price is None:
        raise TableError(
            "No column is called like a price, such as price_cny_m2 or 成交单价（元/平方米）, in"
            f" the columns {', '.join(names)}; name it."
        )
    if found["date"] is None:
        raise TableError(
            "No column is called like the date of a deal, such as date or 成交日期, in the columns"
            f" {', '.join(names)}; name it."
        )
    return replace(asked, **found, price=price, price_unit=_unit(price, plain[price], asked))


def _plain(name: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", name)).casefold()


def _one(key: str, found: Sequence[str], titles: Sequence[str] = ()) -> str | None:
    if key == "name" and found:  # which only helps to find a row again
        return min(found, key=lambda name: titles.index(_plain(name)))
    if len(found) > 1:
        raise TableError(
            f"The columns {' and '.join(found)} may both be meant for {key}; name one of them."
        )
    return found[0] if found else None


def _says_price(plain: str) -> bool:
    return plain in _ENGLISH_PRICES or _PRICE.fullmatch(plain) is not None


def _unit(name: str, plain: str, asked: DealColumns) -> PriceUnit:
    said = _ENGLISH_PRICES.get(plain)
    written = _PRICE.fullmatch(plain)
    if written is not None and written["unit"] is not None:
        said = _UNITS.get(written["unit"])
        if said is None:
            raise TableError(
                f"The column {name!r} has a unit that is not known; prices are in"
                f" {', '.join(_UNITS)}."
            )
    if said is not None and asked.price_unit not in {None, said}:
        raise TableError(
            f"The price unit is given as {asked.price_unit}, but the column {name!r} says {said};"
            " leave the unit out, or rename the column."
        )
    unit = said or asked.price_unit
    if unit is None:
        raise TableError(
            f"The column {name!r} does not say in what prices are; give the price unit, one of"
            f" {', '.join(PriceUnit)}, or rename it, such as 成交单价（元/平方米）."
        )
    return unit
