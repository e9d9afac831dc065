"""Reads the cells of a row: codes, texts, and numbers in the unit of their column."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from geo.fields import FIELDS, GAZETTE_FIELDS, FieldKind
from geo.gazette.cells import NONE, folded, read_number, rounded
from geo.gazette.columns import PRICES, cell_factor
from geo.model import REGION_CODE

if TYPE_CHECKING:
    from geo.gazette.columns import Column

CODE: Final = r"[0-9]{6}[A-Z][0-9]{5}"
"""Pattern of the code of a region, where the metadata have no other."""
WHOLE: Final = re.compile(r"[1-9][0-9]{0,8}")

OPTIONAL: Final = tuple(field.name for field in GAZETTE_FIELDS if field.optional)
"""What a city need not print."""

_AT_MOST: Final = frozenset({"≤", "<", "<=", "不大于", "不高于"})
_FORMULA: Final = ("=", "+", "-", "@")
_LARGEST: Final = 1_000_000_000
_MOST: Final = {"plot_ratio": 20, "tenure_years": 100}
"""Above what a number must be something else; the law grants land for 70 years at most."""


def read_serial(cell: str) -> int:
    """Read the number of a row."""
    if not WHOLE.fullmatch(folded(cell)):
        raise ValueError(
            f"{cell[:40]!r} is not a positive whole number" if cell else "the cell is empty"
        )
    return int(folded(cell))


def read_code(cell: str, pattern: str | None) -> str:
    """Read the code of a region.

    Parameters
    ----------
    cell : str
    pattern : str or None
        What the metadata say of codes, a regular expression.

    Raises
    ------
    ValueError
        It is no such code, or has other characters than files and addresses can hold.
    """
    code = folded(cell)
    if not re.fullmatch(pattern or CODE, code):
        like = f"like code_pattern {pattern}" if pattern else "six digits, a letter and five digits"
        raise ValueError(f"{cell!r} is not {like}")
    if not re.fullmatch(REGION_CODE, code):
        raise ValueError(
            f"{cell!r} is no code of at most 31 digits, capital letters, dots, hyphens and"
            " underscores"
        )
    return code


def read_fact(
    column: Column, cell: str, caption_factor: Fraction | None, remarks: list[str]
) -> str | float | int | None:
    """Read what a cell says of a region or of its standard parcel.

    Parameters
    ----------
    column : Column
    cell : str
    caption_factor : Fraction or None
        By which prices become yuan per m², as a caption above the table says.
    remarks : list of str
        Gets what somebody should know of how the cell was read.

    Returns
    -------
    str, float, int or None
        Text; yuan per m², m² or years; None for nothing.

    Raises
    ------
    ValueError
        It is no such fact; the message says why.
    """
    field, text = column.field, folded(cell)
    if field in OPTIONAL and (not text or text in NONE):
        if not text:
            remarks.append(f"{field} is blank and taken as none")
        return None
    if FIELDS[field].kind is FieldKind.TEXT:
        if text.startswith(_FORMULA):
            raise ValueError(f"{cell[:40]!r} begins as a formula of a spreadsheet does")
        return cell
    number = read_number(cell)
    if number.limit:
        if field != "plot_ratio" or number.limit not in _AT_MOST:
            raise ValueError(f"{cell[:40]!r} is a limit, not a number")
        remarks.append(f"{field} is {cell}, taken as {float(number.value):g}")
    factor = _factor(column, number.unit, cell, caption_factor, remarks)
    value = number.value * factor
    if value > _MOST.get(field, _LARGEST):
        raise ValueError(f"{cell[:40]!r} is more than {_MOST.get(field, _LARGEST)}")
    if FIELDS[field].kind is FieldKind.REAL:
        return float(value) if factor == 1 else round(float(value), 2)
    whole = rounded(value)
    if factor == 1 and "." in text:
        remarks.append(f"{field} is printed with decimals")
    if whole != value and field not in PRICES:
        raise ValueError(f"{cell[:40]!r} is not a positive whole number")
    if whole != value:
        remarks.append(f"{field} is {cell}, {float(value):.6g}, taken as {whole}")
    if whole == 0:
        raise ValueError(f"{cell[:40]!r} is not a positive whole number")
    return whole


def _factor(
    column: Column, unit: str, cell: str, caption_factor: Fraction | None, remarks: list[str]
) -> Fraction:
    """Return by which a number becomes yuan per m², m² or years."""
    field, given = column.field, column.factor
    if given is None and field in PRICES:
        given = caption_factor
    try:
        own = cell_factor(field, unit) if unit else None
    except ValueError as error:
        raise ValueError(f"{cell[:40]!r}: {error}") from None
    if own is not None and given is not None and own != given:
        raise ValueError(f"{cell[:40]!r} has another unit than the header {column.title}")
    if own is None and given is None:
        unit_of = "元/平方米" if field in PRICES else "平方米"
        remarks.append(f"{field} has no unit and is taken as {unit_of}")
    return own or given or Fraction(1)
