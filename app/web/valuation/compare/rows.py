"""Rows of a table to deals."""

from __future__ import annotations

import math
import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from geo.errors import AppraisalError, GeoError, missing
from geo.valuation.deals.deal import read_price
from geo.valuation.parcel import Parcel, read_number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    import pyarrow as pa

    from app.web.valuation.compare.columns import DealColumns

_DATE: Final = re.compile(
    r"(\d{4})(?:-(\d{1,2})-|/(\d{1,2})/|\.(\d{1,2})\.|年(\d{1,2})月)(\d{1,2})日?"
    r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
)


class Row(NamedTuple):
    """What a row says of a deal, as it was read.

    Attributes
    ----------
    number : int
        Of the row, the first one being 1.
    name, code, use : str or None
    parcel : Parcel or None
        With the date of the deal; None if a property cannot be read.
    price_cny_m2 : Decimal or None
    problem : GeoError or None
        Why there is no parcel or price.
    """

    number: int
    name: str | None
    code: str | None
    use: str | None
    parcel: Parcel | None
    price_cny_m2: Decimal | None
    problem: GeoError | None


def read_rows(
    batch: pa.RecordBatch, columns: DealColumns, *, before: int, latest: date
) -> Iterator[Row]:
    """Read what rows say of deals, without their places.

    Parameters
    ----------
    batch : pyarrow.RecordBatch
    columns : DealColumns
        As they were found in the table.
    before : int
        How many rows there are before these.
    latest : date
        The last day on which a deal may be.
    """
    named = columns.named
    texts = {key: [_text(one) for one in batch.column(name)] for key, name in named.items()}
    for place in range(batch.num_rows):
        row = {key: column[place] for key, column in texts.items()}
        said = before + place + 1, row.get("name"), row.get("code"), row.get("use")
        try:
            parcel = _parcel(row, latest)
            price = _price(row, columns, parcel.area_m2)
        except GeoError as error:
            yield Row(*said, None, None, error)
        else:
            yield Row(*said, parcel, price, None)


def _text(scalar: pa.Scalar) -> str | None:
    """Return a cell as it is written; None if it is empty."""
    value: Any = scalar.as_py()
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, datetime):
        return value.date().isoformat()
    return str(value).strip() or None


def _parcel(row: dict[str, str | None], latest: date) -> Parcel:
    def number(field: str) -> Decimal | None:
        text = row.get(field)
        return None if text is None else read_number(field, text)

    development = row.get("development")
    if development is not None and len(development) > 60:
        raise AppraisalError(
            f"development is {development[:40]!r}…; it must be a level such as 七通一平.",
            code="value_too_long",
            field="development",
        )
    return Parcel(
        plot_ratio=number("plot_ratio"),
        remaining_years=number("remaining_years"),
        date=_date(row["date"], latest),
        development=development,
        area_m2=number("area_m2"),
    )


def _date(text: str | None, latest: date) -> date:
    if text is None:
        raise missing("date")
    found = _DATE.fullmatch(text)
    try:
        day = date(*(int(part) for part in found.groups() if part)) if found else None
    except ValueError:  # no such day
        day = None
    if day is None:
        raise AppraisalError(
            f"date is {text[:40]!r}; it must be a day such as 2024-05-31 or 2024年5月31日.",
            code="not_a_date",
            field="date",
        )
    if day > latest:
        raise AppraisalError(
            f"date is {day}; it must not be after today, {latest}.",
            code="out_of_range",
            field="date",
        )
    return day


def _price(row: dict[str, str | None], columns: DealColumns, area_m2: Decimal | None) -> Decimal:
    text = row["price"]
    if text is None:
        raise missing("price")
    assert columns.price_unit is not None  # noqa: S101 - it was found
    return read_price(text, columns.price_unit, area_m2)
