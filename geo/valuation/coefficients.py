"""The coefficients of an edition: what an operator publishes, or a valuer uses, for each use.

They stand in ``coefficients.toml`` beside the edition; ``coefficients.example.toml`` shows one.
Nothing is assumed where the file says nothing.
"""

from __future__ import annotations

import hashlib
import tomllib
from datetime import date  # noqa: TC003 - pydantic resolves it
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from geo.errors import CoefficientsError, UnknownUseError
from geo.model import parse_use
from geo.valuation.factors import months_between
from geo.valuation.parcel import STEPS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from geo.model import Edition, Use

COEFFICIENTS_FILE: Final = "coefficients.toml"

_MOST_MONTHS: Final = 600

_Positive = Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=6)]
_Text = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
_Name = Annotated[str, StringConstraints(pattern=r"^\w[\w .()（）-]{0,59}$")]


class _Sourced(BaseModel):
    """A rule, and who says so."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: _Text


class NoAdjustment(_Sourced):
    """A property of the parcel that the price does not depend on."""

    method: Literal["none"]


class CapitalisedTenure(_Sourced):
    """Remaining years by the land capitalisation rate.

    Attributes
    ----------
    rate : Decimal
        A year: 0.06 for 6 %.
    """

    method: Literal["capitalised"]
    rate: Annotated[Decimal, Field(gt=0, lt=1, decimal_places=6)]


class LinearTenure(_Sourced):
    """Remaining years in proportion."""

    method: Literal["linear"]


class PlotRatioTable(_Sourced):
    """Factors of the ground price by plot ratio.

    Attributes
    ----------
    table : tuple of (Decimal, Decimal)
        Plot ratios, ascending, and factors, none less than the one before.
    """

    method: Literal["table"]
    table: Annotated[tuple[tuple[_Positive, _Positive], ...], Field(min_length=2)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for (low, low_factor), (high, high_factor) in pairwise(self.table):
            if high <= low:
                raise ValueError(f"plot ratio {high} follows {low}; they must ascend")
            if high_factor < low_factor:
                raise ValueError(
                    f"the factor falls from {low_factor} to {high_factor} at plot ratio {high};"
                    " factors are of the ground price, which does not fall"
                )
        return self


class DateIndex(_Sourced):
    """Price index; each entry holds from its day to the next.

    Attributes
    ----------
    index : tuple of (date, Decimal)
        Days, ascending, and the index from then on.
    until : date
        The last day that the last entry holds for.
    """

    method: Literal["index"]
    index: Annotated[tuple[tuple[date, _Positive], ...], Field(min_length=1)]
    until: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        days = [*(day for day, _ in self.index), self.until]
        for first, second in pairwise(days):
            if second <= first:
                raise ValueError(f"{second} follows {first}; days must ascend, until the last")
        return self

    @property
    def since(self) -> date:
        """The first day that it holds for."""
        return self.index[0][0]

    def on(self, day: date) -> Decimal:
        """Return the index of a day from `since` to `until`."""
        return [value for first, value in self.index if first <= day][-1]


class MonthlyRate(_Sourced):
    """Compound change of price a month.

    Attributes
    ----------
    rate : Decimal
        A month: 0.002 for 0.2 %.
    since, until : date
        The first and the last day that it holds for.
    """

    method: Literal["monthly_rate"]
    rate: Annotated[Decimal, Field(ge=Decimal("-0.05"), le=Decimal("0.05"), decimal_places=6)]
    since: date
    until: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not 0 < months_between(self.since, self.until) <= _MOST_MONTHS:
            raise ValueError("until must be after since, by a month to 50 years")
        return self


class DevelopmentCosts(_Sourced):
    """What levels of development cost.

    Attributes
    ----------
    costs_cny_m2 : dict of str to Decimal
        By level, such as 七通一平, yuan per m² of land.
    """

    method: Literal["costs"]
    costs_cny_m2: Annotated[
        dict[_Name, Annotated[Decimal, Field(ge=0, decimal_places=2)]], Field(min_length=1)
    ]


class NamedFactor(_Sourced):
    """A factor that applies where it is asked for by name, such as that of a corner."""

    value: _Positive


_Tenure = Annotated[NoAdjustment | CapitalisedTenure | LinearTenure, Field(discriminator="method")]
_PlotRatio = Annotated[NoAdjustment | PlotRatioTable, Field(discriminator="method")]
_Date = Annotated[NoAdjustment | DateIndex | MonthlyRate, Field(discriminator="method")]
_Development = Annotated[NoAdjustment | DevelopmentCosts, Field(discriminator="method")]


class UseCoefficients(BaseModel):
    """The coefficients of one use; None for what is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tenure: _Tenure | None = None
    plot_ratio: _PlotRatio | None = None
    date: _Date | None = None
    development: _Development | None = None
    factors: dict[_Name, NamedFactor] = Field(default_factory=dict)

    @field_validator("factors")
    @classmethod
    def _called_otherwise(cls, value: dict[str, NamedFactor]) -> dict[str, NamedFactor]:
        if taken := sorted(value.keys() & set(STEPS)):
            raise ValueError(f"{taken[0]} is a step of every valuation; call it otherwise")
        return value


NO_COEFFICIENTS: Final = UseCoefficients()


class Coefficients(BaseModel):
    """The coefficients of an edition.

    Attributes
    ----------
    edition : str
        Which, as ``411700-2022``.
    synthetic : bool
        Whether they are invented, which every answer then says.
    uses : dict of str to UseCoefficients
        By the code of the use.
    sha256 : str
        Checksum of the file.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    edition: str
    synthetic: bool
    uses: dict[str, UseCoefficients]
    sha256: str = ""

    def of(self, use: Use) -> UseCoefficients:
        """Return those of a use; empty ones if there are none."""
        return self.uses.get(use.code, NO_COEFFICIENTS)


def read_coefficients(path: Path, edition: Edition, uses: Sequence[Use]) -> Coefficients | None:
    """Read the coefficients of an edition.

    Parameters
    ----------
    path : Path
    edition : Edition
        The one that they must be of.
    uses : sequence of Use
        Of the edition.

    Returns
    -------
    Coefficients or None
        None if there is no such file.

    Raises
    ------
    CoefficientsError
        The file is damaged, of another edition, or says what cannot be.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CoefficientsError(f"{path.name} cannot be read: {error.strerror}") from error
    try:
        given = tomllib.loads(content.decode(), parse_float=Decimal)
        found = Coefficients.model_validate(given | {"sha256": hashlib.sha256(content).hexdigest()})
    except ValidationError as error:
        raise CoefficientsError(f"{path.name}: {_problems(error)}") from error
    except ValueError as error:  # of TOML, of UTF-8
        raise CoefficientsError(f"{path.name} is not TOML in UTF-8: {error}") from error
    if found.edition != edition.id:
        raise CoefficientsError(
            f"{path.name} is of edition {found.edition[:40]!r}; this one is {edition.id}"
        )
    by_code = {}
    for name, one in found.uses.items():
        try:
            use = parse_use(name, uses)
        except UnknownUseError as error:
            raise CoefficientsError(f"{path.name}: uses: {error}") from error
        assert use is not None  # noqa: S101 - for a name is given
        if use.code in by_code:
            raise CoefficientsError(f"{path.name}: uses: {use.code} is there twice")
        _check_dates(path.name, name, one.date, edition.valuation_date)
        by_code[use.code] = one
    return found.model_copy(update={"uses": by_code})


def _check_dates(
    file: str, use: str, rule: NoAdjustment | DateIndex | MonthlyRate | None, valued_on: date
) -> None:
    if isinstance(rule, (DateIndex, MonthlyRate)) and not rule.since <= valued_on <= rule.until:
        raise CoefficientsError(
            f"{file}: uses.{use}.date holds from {rule.since} to {rule.until}, without"
            f" {valued_on}, the valuation date of the edition"
        )


def _problems(error: ValidationError) -> str:
    """Return all that is wrong, each with its place in the file."""
    found: Mapping[str, None] = {
        f"{'.'.join(map(str, one['loc'])) or 'the file'}: {one['msg']}": None
        for one in error.errors(include_url=False)
    }
    return "; ".join(found)
