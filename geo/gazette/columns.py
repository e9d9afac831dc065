"""Finds the columns of a gazette's table by their titles, and the units in which they count."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from geo.gazette.cells import folded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TITLES: Final[Mapping[str, tuple[str, ...]]] = {
    "serial": ("序号",),
    "use": ("用途", "土地用途", "用地类型", "用地性质", "规划用途", "设定用途", "地类", "用地类别"),
    "code": (
        *("标定区域编号", "标定区域编码", "标定区域代码", "区域编号", "区域编码", "区域代码"),
        *("标区编号", "标区编码", "区片编号", "公示区域编号", "编号", "编码", "代码"),
    ),
    "bounds": (
        *("标定区域四至", "四至", "四至范围", "四至界线", "四至界限", "区域四至", "区域四至范围"),
        *("标定区域范围", "标定区域四至范围", "区域范围", "公示范围", "范围"),
    ),
    "standard_parcel": ("标准宗地名称", "标准宗地", "宗地名称"),
    "parcel_location": (
        *("土地位置", "宗地位置", "标准宗地位置", "位置", "坐落", "土地坐落", "宗地坐落"),
        *("座落", "土地座落"),
    ),
    "right_type": ("权利类型", "土地权利类型", "权利性质", "使用权类型", "土地使用权类型"),
    "parcel_area_m2": ("土地面积", "宗地面积", "标准宗地面积", "面积"),
    "plot_ratio": ("设定容积率", "容积率", "标准容积率", "规划容积率"),
    "development": ("设定开发程度", "开发程度", "土地开发程度", "设定土地开发程度"),
    "tenure_years": (
        *("设定使用年期", "使用年期", "设定使用年限", "使用年限", "土地使用年期", "土地使用年限"),
        *("设定年期", "年期", "年限"),
    ),
    "ground_price_cny_m2": (
        *(
            "地面单价",
            "地面地价",
            "单位地面地价",
            "地面单位地价",
            "地面价格",
            "地面价",
            "地面标定地价",
        ),
        *("土地单价", "标定地价", "标定地价单价", "地面", "地价", "单价"),
    ),
    "floor_price_cny_m2": (
        *(
            "楼面单价",
            "楼面地价",
            "单位楼面地价",
            "楼面单位地价",
            "楼面价格",
            "楼面价",
            "楼面标定地价",
        ),
        "楼面",
    ),
}
"""Titles under which the columns are printed, the gazette's own first."""
_PLAIN_PRICES: Final = frozenset({"土地单价", "标定地价", "标定地价单价", "地价", "单价"})
"""Titles that do not say whether land or floor is meant; where both are published, land."""

REQUIRED: Final = ("code", "bounds", "ground_price_cny_m2")

_FIELDS_OF: Final = {title: field for field, titles in _TITLES.items() for title in titles}
_SIMILAR: Final = 0.8
_HEADER_TITLES: Final = 2

_M2_OF: Final = {
    "平方米": Fraction(1),
    "平米": Fraction(1),
    "m2": Fraction(1),
    "亩": Fraction(2000, 3),
    "公顷": Fraction(10_000),
    "hm2": Fraction(10_000),
}
_TIMES: Final = {"": 1, "千": 1_000, "万": 10_000, "亿": 100_000_000}
_PRICE: Final = re.compile(
    rf"(?<![美欧日港澳韩])(?:人民币)?(?P<times>[千万亿]?)元(?:人民币)?[/每·](?P<area>{'|'.join(_M2_OF)})"
)
_AREA: Final = re.compile(rf"(?P<times>[千万]?)(?P<area>{'|'.join(_M2_OF)})")
_MONEY: Final = re.compile(r"元|钱|币|\$|￥|¥|/")
_BRACKETS: Final = re.compile(r"[(\[【〔](?P<inner>[^)\]】〕]*)[)\]】〕]?")

PRICES: Final = frozenset({"ground_price_cny_m2", "floor_price_cny_m2"})


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table.

    Attributes
    ----------
    field : str
        What it holds.
    title : str
        As printed.
    factor : Fraction or None
        By which its numbers become yuan per m², m² or years; None if the header does not say.
    """

    field: str
    title: str
    factor: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a table.

    Attributes
    ----------
    columns : tuple of (Column or None)
        By place; None for a column that is not read.
    remarks : tuple of str
        Where titles are not the usual ones.
    """

    columns: tuple[Column | None, ...]
    remarks: tuple[str, ...]


def read_header(cells: Sequence[str], below: Sequence[str] = ()) -> Header | None:
    """Read a header.

    Parameters
    ----------
    cells : sequence of str
    below : sequence of str
        The row below, where a header has two rows.

    Returns
    -------
    Header or None
        None if the row is no header of the table: it lacks a column that every table has.

    Raises
    ------
    ValueError
        Two columns say the same, or count in a unit that is not known; the message says which.
    """
    if not (looks_like_header(cells) or looks_like_header(below)):
        return None
    width = max(len(cells), len(below))
    above, under = ([*row, *[""] * (width - len(row))] for row in (cells, below))
    found = [_find(upper, lower) for upper, lower in zip(above, under, strict=True)]
    fields = [one[0] for one in found if one]
    if not set(REQUIRED) <= set(fields):
        return None
    columns: list[Column | None] = []
    remarks: list[str] = []
    for one, upper, lower in zip(found, above, under, strict=True):
        printed = lower or upper
        if one is None:
            if printed.strip():
                remarks.append(f"the column {printed} is not read")
            columns.append(None)
            continue
        field, usual = one
        if rivals := [c.title for c in columns if c is not None and c.field == field]:
            if rivals[0] == printed and not below:
                return None  # merged cells, whose parts the row below names
            raise ValueError(f"the columns {rivals[0]} and {printed} both say {field}")
        title = _TITLES[field][0]
        if not usual:
            remarks.append(f"the header reads {printed}, it should read {title}")
        elif _bare(printed) in _PLAIN_PRICES and "floor_price_cny_m2" not in fields:
            remarks.append(f"the header {printed} is taken for the price of land ({title})")
        columns.append(Column(field, printed, _factor(field, upper + lower)))
    return Header(tuple(columns), tuple(remarks))


def looks_like_header(cells: Sequence[str]) -> bool:
    """Tell whether a row is a header, of this table or of another."""
    return sum(_bare(cell) in _FIELDS_OF for cell in cells) >= _HEADER_TITLES


def price_factor(text: str) -> Fraction | None:
    """Return by which a price becomes yuan per m².

    Parameters
    ----------
    text : str
        With a unit somewhere in it, such as ``单位：万元/亩``.

    Returns
    -------
    Fraction or None
        None if there is no unit of a price.
    """
    match = _PRICE.search(folded(text))
    return match and Fraction(_TIMES[match["times"]]) / _M2_OF[match["area"]]


def cell_factor(field: str, unit: str) -> Fraction | None:
    """Return the factor of a unit in a cell; None for ``元``, which leaves the area open.

    Raises
    ------
    ValueError
        There is no such unit.
    """
    if field in PRICES and unit == "元":
        return None
    patterns = {"parcel_area_m2": _AREA, **dict.fromkeys(PRICES, _PRICE)}
    if field in patterns and (match := patterns[field].fullmatch(unit)):
        return _unit_factor(field, match)
    if field == "tenure_years" and unit == "年":
        return Fraction(1)
    raise ValueError(f"the unit {unit!r} is not known")


def _unit_factor(field: str, match: re.Match[str]) -> Fraction:
    times, area_m2 = Fraction(_TIMES[match["times"]]), _M2_OF[match["area"]]
    return times * area_m2 if field == "parcel_area_m2" else times / area_m2


def _factor(field: str, printed: str) -> Fraction | None:
    text = folded(printed)
    inner = "".join(match["inner"] for match in _BRACKETS.finditer(text))
    if field in PRICES:
        if (factor := price_factor(text)) is not None:
            return factor
        if _MONEY.search(inner):
            raise ValueError(f"the unit of {printed} is not known; it must be 元/平方米 or 万元/亩")
        return None
    if field == "parcel_area_m2":
        match = _AREA.search(inner or text)
        if match is None and inner:
            raise ValueError(f"the unit of {printed} is not known; it must be 平方米, 亩 or 公顷")
        return match and _unit_factor(field, match)
    if field == "tenure_years" and inner not in {"", "年"}:
        raise ValueError(f"the unit of {printed} is not known; it must be 年")
    return Fraction(1)


def _find(upper: str, lower: str) -> tuple[str, bool] | None:
    """Return the field of a column, and whether its title is a usual one."""
    candidates = [_bare(text) for text in (upper + lower if lower else "", lower, upper)]
    for title in candidates:
        if title in _FIELDS_OF:
            return _FIELDS_OF[title], True
    for title in candidates:
        if len(title) > 3 and (near := get_close_matches(title, _FIELDS_OF, 1, _SIMILAR)):
            return _FIELDS_OF[near[0]], False
    return None


def _bare(title: str) -> str:
    """Return a title without its unit."""
    text = _BRACKETS.sub("", folded(title))
    return _PRICE.sub("", text).replace("单位", "").strip(":：,，、")
