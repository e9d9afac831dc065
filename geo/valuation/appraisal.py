"""The value of a parcel from the standard land price of one region.

Standard price × tenure × plot ratio × date × further factors + development, each relative to the
standard parcel. The ground price is rounded to the fen; floor price and total follow from it as
rounded, so that a reader can check each figure from those before it.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from geo.errors import AppraisalError, CoefficientMissingError
from geo.valuation.coefficients import (
    CapitalisedTenure,
    DateIndex,
    DevelopmentCosts,
    LinearTenure,
    NoAdjustment,
)
from geo.valuation.factors import (
    FACTOR_PLACES,
    INDEX_PLACES,
    PRICE_PLACES,
    capitalised_tenure,
    interpolated,
    linear_tenure,
    months_between,
    rounded,
)
from geo.valuation.parcel import shown

if TYPE_CHECKING:
    from datetime import date

    from geo.model import Edition, Record
    from geo.valuation.coefficients import UseCoefficients
    from geo.valuation.parcel import Parcel

DEVELOPMENT: Final = "development"
_MOST_CNY_M2: Final = 10**12


class Rule(StrEnum):
    """What a step of a derivation follows."""

    AS_STANDARD = "as_standard"  # nothing was said, or the standard parcel is the same
    NONE = "none"  # the coefficients say that it does not count
    CAPITALISED = "capitalised"
    LINEAR = "linear"
    TABLE = "table"
    INDEX = "index"
    MONTHLY_RATE = "monthly_rate"
    COSTS = "costs"
    NAMED = "named"  # a factor that the coefficients have by name
    STATED = "stated"  # a factor of the asker


class Step(NamedTuple):
    """One step of a derivation.

    Attributes
    ----------
    name : str
        ``tenure``, ``plot_ratio``, ``date``, ``development``, or the name of a further factor.
    rule : Rule
    value : Decimal
        What is multiplied; for ``development`` what is added, yuan per m² of land.
    formula : str
        With the numbers that were used; empty where nothing was computed.
    source : str
        Who says so; empty where nothing was adjusted, or the asker does.
    """

    name: str
    rule: Rule
    value: Decimal
    formula: str = ""
    source: str = ""


class Amounts(NamedTuple):
    """What a parcel is worth.

    Attributes
    ----------
    ground_price_cny_m2 : Decimal
        Yuan per m² of land.
    floor_price_cny_m2 : Decimal or None
        Yuan per m² of floor; None where the use has none, or no plot ratio is known.
    total_cny : Decimal or None
        None where no area is known.
    """

    ground_price_cny_m2: Decimal
    floor_price_cny_m2: Decimal | None
    total_cny: Decimal | None


class Appraisal(NamedTuple):
    """The value of a parcel from the price of one region, and how it was derived.

    Attributes
    ----------
    record : Record
        The region.
    steps : tuple of Step
        In the order in which they apply.
    amounts : Amounts
    """

    record: Record
    steps: tuple[Step, ...]
    amounts: Amounts


def appraise(
    record: Record, parcel: Parcel, coefficients: UseCoefficients, edition: Edition
) -> Appraisal:
    """Derive the value of a parcel from the standard price of a region.

    Parameters
    ----------
    record : Record
        The region.
    parcel : Parcel
    coefficients : UseCoefficients
        Of the region's use.
    edition : Edition
        Of the region.

    Raises
    ------
    CoefficientMissingError
        The parcel differs from the standard parcel in what no coefficient is known for.
    AppraisalError
        Its years are more than the standard parcel's, or nothing is left of its value.
    """
    steps = (
        tenure_step(record, parcel.remaining_years, coefficients),
        plot_ratio_step(record, parcel.plot_ratio, coefficients),
        date_step(record, parcel.date, coefficients, edition.valuation_date),
        *(factor_step(record, name, value, coefficients) for name, value in parcel.factors),
        development_step(record, parcel.development, coefficients),
    )
    ground = Decimal(record.ground_price_cny_m2)
    for step in steps:
        ground = ground + step.value if step.name == DEVELOPMENT else ground * step.value
    return Appraisal(record, steps, amounts(record, parcel, ground))


def amounts(record: Record, parcel: Parcel, ground_cny_m2: Decimal) -> Amounts:
    """Round a ground price, and derive the floor price and the total from it.

    Raises
    ------
    AppraisalError
        It is not more than 0, or far too much.
    """
    if ground_cny_m2 > _MOST_CNY_M2:
        raise AppraisalError(
            f"the ground price of {record.code} comes to more than {_MOST_CNY_M2} yuan per m²; the"
            " factors cannot be meant.",
            code="out_of_range",
            field="factor",
        )
    ground = rounded(ground_cny_m2, PRICE_PLACES)
    if ground <= 0:
        raise AppraisalError(
            f"the ground price of {record.code} comes to {shown(ground)} yuan per m²; the factors"
            " or the development level leave nothing of it.",
            code="no_value_left",
            field="factor" if parcel.factors else DEVELOPMENT,
        )
    ratio = parcel.plot_ratio or standard_plot_ratio(record)
    has_floor = record.use.floor_price and ratio is not None
    return Amounts(
        ground,
        rounded(ground / ratio, PRICE_PLACES) if has_floor and ratio else None,
        None if parcel.area_m2 is None else rounded(ground * parcel.area_m2, PRICE_PLACES),
    )


def standard_plot_ratio(record: Record) -> Decimal | None:
    """Return the plot ratio that a region's price is for."""
    return None if record.plot_ratio is None else Decimal(str(record.plot_ratio))


def tenure_step(
    record: Record, remaining_years: Decimal | None, coefficients: UseCoefficients
) -> Step:
    """Return the step for the remaining years; errors as for `appraise`."""
    name, full = "tenure", record.tenure_years or record.use.tenure_years
    if remaining_years is None or remaining_years == full:
        return _as_standard(name)
    if full is None:
        raise CoefficientMissingError(
            f"the edition says no tenure for {record.code}, so that remaining_years cannot be"
            " compared; leave remaining_years out.",
            field="remaining_years",
        )
    if remaining_years > full:
        raise AppraisalError(
            f"remaining_years is {shown(remaining_years)}; it must be at most {full}, the tenure"
            f" that the price of {record.code} is for.",
            code="more_than_tenure",
            field="remaining_years",
        )
    rule = coefficients.tenure
    if rule is None:
        raise _missing(name, record, f"{shown(remaining_years)} remaining years")
    years = {"remaining_years": remaining_years, "full_years": Decimal(full)}
    m = shown(remaining_years)
    if isinstance(rule, CapitalisedTenure):
        value = capitalised_tenure(**years, rate=rule.rate)
        growth = shown(1 + rule.rate)
        formula = f"(1 − 1/{growth}^{m}) / (1 − 1/{growth}^{full})"
        return Step(name, Rule.CAPITALISED, rounded(value, FACTOR_PLACES), formula, rule.source)
    if isinstance(rule, LinearTenure):
        value = rounded(linear_tenure(**years), FACTOR_PLACES)
        return Step(name, Rule.LINEAR, value, f"{m} / {full}", rule.source)
    return _uncounted(name, rule)


def plot_ratio_step(
    record: Record, plot_ratio: Decimal | None, coefficients: UseCoefficients
) -> Step:
    """Return the step for the plot ratio; errors as for `appraise`."""
    name, standard = "plot_ratio", standard_plot_ratio(record)
    if plot_ratio is None or plot_ratio == standard:
        return _as_standard(name)
    rule = coefficients.plot_ratio
    if rule is None:
        raise _missing(name, record, f"plot ratio {shown(plot_ratio)}")
    if isinstance(rule, NoAdjustment):
        return _uncounted(name, rule)
    if standard is None:
        raise CoefficientMissingError(
            f"the edition says no plot ratio for {record.code}, so that plot_ratio cannot be"
            " compared; leave plot_ratio out.",
            field=name,
        )
    own, its = interpolated(rule.table, plot_ratio), interpolated(rule.table, standard)
    formula = (
        f"K({shown(plot_ratio)}) / K({shown(standard)})"
        f" = {shown(rounded(own, FACTOR_PLACES))} / {shown(rounded(its, FACTOR_PLACES))}"
    )
    return Step(name, Rule.TABLE, rounded(own / its, FACTOR_PLACES), formula, rule.source)


def date_step(
    record: Record, day: date | None, coefficients: UseCoefficients, valued_on: date
) -> Step:
    """Return the step from the valuation date of an edition to a day; errors as for `appraise`."""
    name = "date"
    if day is None or day == valued_on:
        return _as_standard(name)
    rule = coefficients.date
    if rule is None:
        raise CoefficientMissingError(
            f"date is {day}, but the prices are of {valued_on}, and there is no date coefficient"
            f" for {record.use.code} to carry them there; leave date out, or ask the operator for"
            " one.",
            field=name,
        )
    if isinstance(rule, NoAdjustment):
        return _uncounted(name, rule)
    if not rule.since <= day <= rule.until:
        raise CoefficientMissingError(
            f"date is {day}, but the date coefficient for {record.use.code} holds from"
            f" {rule.since} to {rule.until}.",
            field=name,
        )
    if isinstance(rule, DateIndex):
        own, base = rule.on(day), rule.on(valued_on)
        formula = f"{shown(own)} / {shown(base)}"
        return Step(name, Rule.INDEX, rounded(own / base, INDEX_PLACES), formula, rule.source)
    months = months_between(valued_on, day)
    value = rounded((1 + rule.rate) ** months, INDEX_PLACES)
    return Step(name, Rule.MONTHLY_RATE, value, f"{shown(1 + rule.rate)}^{months}", rule.source)


def development_step(
    record: Record, development: str | None, coefficients: UseCoefficients
) -> Step:
    """Return the step for the level of development; errors as for `appraise`."""
    name, standard = DEVELOPMENT, record.development
    if development is None or development == standard:
        return _as_standard(name)._replace(value=Decimal(0))
    rule = coefficients.development
    if rule is None:
        raise _missing(name, record, development)
    if isinstance(rule, NoAdjustment):
        return _uncounted(name, rule)._replace(value=Decimal(0))
    own = _cost(rule, record, development)
    if standard is None:
        raise CoefficientMissingError(
            f"the edition says no development level for {record.code}, so that development cannot"
            " be compared; leave development out.",
            field=name,
        )
    its = _cost(rule, record, standard)
    formula = f"{development} − {standard} = {shown(own)} − {shown(its)}"
    return Step(name, Rule.COSTS, own - its, formula, rule.source)


def factor_step(
    record: Record, name: str, value: Decimal | None, coefficients: UseCoefficients
) -> Step:
    """Return the step for a further factor; errors as for `appraise`."""
    if value is not None:
        return Step(name, Rule.STATED, value)
    known = coefficients.factors.get(name)
    if known is None:
        names = ", ".join(coefficients.factors) or "none"
        raise CoefficientMissingError(
            f"factor names {name[:60]!r} without a number, and the coefficients for"
            f" {record.use.code} have no such factor, but: {names}.",
            field="factor",
        )
    return Step(name, Rule.NAMED, known.value, source=known.source)


def _as_standard(name: str) -> Step:
    return Step(name, Rule.AS_STANDARD, Decimal(1))


def _uncounted(name: str, rule: NoAdjustment) -> Step:
    return Step(name, Rule.NONE, Decimal(1), source=rule.source)


_FIELDS: Final = {"tenure": "remaining_years"}


def _missing(name: str, record: Record, asked: str) -> CoefficientMissingError:
    field = _FIELDS.get(name, name)
    return CoefficientMissingError(
        f"there is no {name} coefficient for {record.use.code}, which {asked} needs; leave"
        f" {field} out for the standard parcel's, or ask the operator for it.",
        field=field,
    )


def _cost(rule: DevelopmentCosts, record: Record, level: str) -> Decimal:
    if level not in rule.costs_cny_m2:
        raise CoefficientMissingError(
            f"there is no development coefficient for {level[:40]!r}; {record.use.code} has"
            f" {', '.join(rule.costs_cny_m2)}.",
            field=DEVELOPMENT,
        )
    return rule.costs_cny_m2[level]
