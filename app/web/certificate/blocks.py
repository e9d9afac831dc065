"""What a certificate says of each use: prices at a place, or the value of a parcel."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from app.web.certificate.texts import amount, share
from geo.symbology import ACCENTS
from geo.valuation.appraisal import DEVELOPMENT, Rule
from geo.valuation.parcel import shown
from maps.sheet.certificate.content import Block, Column, Fact, Figure, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.web.certificate.texts import Texts
    from app.web.valuation.query import Appraised
    from geo.lookup.price import PriceResult
    from geo.lookup.result import Alternative, Chance, Nearest, RegionPrice
    from geo.model import Edition, Region
    from geo.valuation.appraisal import Amounts, Appraisal, Step
    from geo.valuation.candidates import Candidate, Valuation
    from geo.valuation.parcel import Parcel

_MOST_ALTERNATIVES: Final = 5
_MOST_CANDIDATES: Final = 8
_PROPERTIES: Final = ("plot_ratio", "remaining_years", "development", "area_m2")


def price_blocks(place: PriceResult, say: Texts) -> Iterator[Block]:
    """Tell the prices at a place, use by use."""
    nearest = {one.region.use: one for one in place.nearest}
    for chance in place.chances:
        price = next((one for one in place.prices if one.use == chance.use), None)
        if price is not None:
            yield _price(price, chance, say)
        else:
            yield _no_price(chance, nearest.get(chance.use), say)


def _price(price: RegionPrice, chance: Chance, say: Texts) -> Block:
    region = price.region
    figures = [Figure(say("ground_price"), amount(price.ground_price_cny_m2), say("unit_m2"))]
    if price.floor_price_cny_m2 is not None:
        floor = amount(price.floor_price_cny_m2)
        figures.append(Figure(say("floor_price"), floor, say("unit_m2")))
    facts = [*_region_facts(region, price.distances_m, say)]
    if price.alternatives:
        facts.append(Fact(say("alternatives"), _alternatives(price.alternatives, say)))
        if chance.price_range_cny_m2:
            low, high = map(amount, chance.price_range_cny_m2)
            facts.append(Fact(say("range"), say("range_text", low=low, high=high)))
    if chance.none_probability:
        facts.append(_none(chance.none_probability, say))
    return Block(
        title=say.use(price.use),
        colour=ACCENTS[price.use.colours],
        remark=say(f"sure_{price.certainty}", share=share(price.probability)),
        figures=tuple(figures),
        facts=tuple(facts),
    )


def _no_price(chance: Chance, nearest: Nearest | None, say: Texts) -> Block:
    return Block(
        title=say.use(chance.use),
        colour=ACCENTS[chance.use.colours],
        remark=say("none_here", share=share(chance.none_probability)),
        facts=() if nearest is None else (_nearest(nearest, say),),
    )


def _nearest(nearest: Nearest, say: Texts) -> Fact:
    told = say(
        "nearest_text",
        code=nearest.region.code,
        price=amount(nearest.region.record.ground_price_cny_m2),
        away=say.metres(nearest.distance_m),
    )
    if nearest.probability:
        told += say("nearest_may", share=share(nearest.probability))
    return Fact(say("nearest"), told)


def _none(probability: Decimal | float, say: Texts) -> Fact:
    return Fact(say("none"), say("none_text", share=share(probability)))


def _region_facts(
    region: Region, distances_m: Sequence[float] | None, say: Texts
) -> Iterator[Fact]:
    record = region.record
    yield Fact(say("region"), say(f"region_source_{region.geometry_source}", code=record.code))
    terms = (
        ("terms_plot_ratio", record.plot_ratio),
        ("terms_tenure", record.tenure_years),
        ("terms_plain", record.right_type),
        ("terms_plain", record.development),
    )
    if told := [say(key, value=value) for key, value in terms if value is not None]:
        yield Fact(say("terms"), say.listed(told))
    bounds = []
    for number, (side, line) in enumerate(record.bounds):
        error = say.metres(region.accuracy_m[side])
        text = say(f"bound_{side}", line=line)
        if distances_m is None:
            text += say("bound_error", error=error)
        else:
            text += say("bound_away", away=say.metres(distances_m[number]), error=error)
        bounds.append(text)
    yield Fact(say("bounds"), "\n".join(bounds))


def _alternatives(found: Sequence[Alternative], say: Texts) -> str:
    told = [
        say(
            "alternative",
            code=one.region.code,
            price=amount(one.region.record.ground_price_cny_m2),
            share=share(one.probability),
        )
        for one in found[:_MOST_ALTERNATIVES]
    ]
    if rest := found[_MOST_ALTERNATIVES:]:
        together = share(sum(one.probability for one in rest))
        told.append(say("alternatives_rest", count=len(rest), share=together))
    return say.listed(told)


def value_block(found: Appraised, regions: Sequence[Region], say: Texts) -> Block:
    """Tell the value of a parcel.

    Parameters
    ----------
    found : Appraised
    regions : sequence of Region
        Those of the candidates, in their order.
    say : Texts
    """
    valuation, coefficients = found.valuation, found.edition.coefficients
    candidates, expected = valuation.candidates, valuation.expected
    facts = [Fact(say("parcel"), _parcel(found.query.parcel, say))]
    facts += _not_in_force(found.query.parcel, found.edition.parcels.edition, say)
    if regions:
        distances = [
            price.distances_m
            for price in (found.place.prices if found.place else ())
            if price.code == regions[0].code
        ]
        facts += _region_facts(regions[0], distances[0] if distances else None, say)
    elif found.place is not None:
        facts += [_nearest(one, say) for one in found.place.nearest]
    if len(candidates) > 1:
        facts.append(Fact(say("range"), _range(valuation, say)))
    if candidates and valuation.none_probability:
        facts.append(_none(valuation.none_probability, say))
    used = [_derivation(one.appraisal, say) for one in candidates]
    return Block(
        title=say("valued_use", use=say.use(valuation.use)),
        colour=ACCENTS[valuation.use.colours],
        remark=_remark(found, say),
        warning=say("synthetic") if coefficients is not None and coefficients.synthetic else "",
        figures=()
        if expected is None
        else tuple(
            Figure(say(f"expected_{name}" if len(candidates) > 1 else name), amount(value), unit)
            for name, value, unit in _named(expected, say)
        ),
        facts=tuple(facts),
        tables=(*used[:1], *([_candidates(candidates, say)] if len(candidates) > 1 else [])),
        details=tuple(used[1:]),
    )


def _remark(found: Appraised, say: Texts) -> str:
    valuation = found.valuation
    if found.place is None:
        return say("valued_named")
    if not valuation.candidates:
        return say("valued_none", share=share(valuation.none_probability))
    if len(valuation.candidates) > 1:
        return say("valued_of", count=len(valuation.candidates))
    [only] = valuation.candidates
    certainty = [one.certainty for one in found.place.prices if one.code == _code(only)]
    word = certainty[0] if certainty else "uncertain"
    return say(f"sure_{word}", share=share(only.probability))


def _code(candidate: Candidate) -> str:
    return candidate.appraisal.record.code


def _parcel(parcel: Parcel, say: Texts) -> str:
    told = []
    for name in _PROPERTIES:
        value = getattr(parcel, name)
        if value is not None:
            text = amount(value) if isinstance(value, Decimal) else value
            told.append(say(f"parcel_{name}", value=text))
    if parcel.date is not None:
        told.append(say("parcel_date", value=say.day(parcel.date)))
    return say.listed(told) if told else say("parcel_as_standard")


def _not_in_force(parcel: Parcel, edition: Edition, say: Texts) -> Iterator[Fact]:
    day = parcel.date
    if day is None:
        return
    if day < edition.effective_from or (edition.valid_to is not None and day > edition.valid_to):
        yield Fact(say("not_in_force"), say("not_in_force_text", day=say.day(day)))


def _named(amounts: Amounts, say: Texts) -> Iterator[tuple[str, Decimal, str]]:
    """Yield the amounts that there are: their names, values and units."""
    units = (say("unit_m2"), say("unit_m2"), say("unit_cny"))
    names = ("ground_price", "floor_price", "total")
    for name, value, unit in zip(names, amounts, units, strict=True):
        if value is not None:
            yield name, value, unit


def _range(valuation: Valuation, say: Texts) -> str:
    assert valuation.low is not None  # noqa: S101 - there are candidates
    assert valuation.high is not None  # noqa: S101
    ends = zip(_named(valuation.low, say), _named(valuation.high, say), strict=True)
    return "\n".join(
        say("range_value", name=say(name), low=amount(low), high=amount(high), unit=unit)
        for (name, low, unit), (_, high, _) in ends
    )


def _derivation(appraisal: Appraisal, say: Texts) -> Table:
    record = appraisal.record
    price = amount(record.ground_price_cny_m2)
    rows = [
        (say("step_standard"), price, "", ""),
        *(_step(step, say) for step in appraisal.steps),
        (say("step_result"), amount(appraisal.amounts.ground_price_cny_m2), "", ""),
    ]
    return Table(
        say("derivation", code=record.code, price=price),
        (
            Column(say("step"), share=1.0),
            Column(say("step_value"), is_number=True),
            Column(say("step_formula"), share=1.5),
            Column(say("step_source"), share=1.2),
        ),
        tuple(rows),
    )


def _step(step: Step, say: Texts) -> tuple[str, str, str, str]:
    if step.name == DEVELOPMENT:
        sign = "−" if step.value < 0 else "+"
        value = f"{sign} {shown(abs(step.value))}"
    else:
        value = f"× {shown(step.value)}"
    formula = step.formula
    if step.rule in {Rule.AS_STANDARD, Rule.NONE}:
        formula = say(f"rule_{step.rule}")
    source = say("rule_stated") if step.rule is Rule.STATED else step.source
    return say.step(step.name), value, formula, source


def _candidates(candidates: Sequence[Candidate], say: Texts) -> Table:
    first = candidates[0].appraisal.amounts
    names = [name for name, _, _ in _named(first, say)]
    rows = []
    for one in candidates[:_MOST_CANDIDATES]:
        record = one.appraisal.record
        own = {name: amount(value) for name, value, _ in _named(one.appraisal.amounts, say)}
        told = [record.code, share(one.probability), amount(record.ground_price_cny_m2)]
        rows.append((*told, *(own.get(name, "") for name in names)))
    if rest := candidates[_MOST_CANDIDATES:]:
        together = share(sum((one.probability for one in rest), Decimal(0)))
        rest_text = say("candidates_rest", count=len(rest))
        rows.append((rest_text, together, "", *("" for _ in names)))
    return Table(
        say("candidates"),
        (
            Column(say("candidate_code"), share=1.0),
            *(
                Column(title, is_number=True, share=1.0)
                for title in (
                    say("candidate_share"),
                    say("candidate_standard"),
                    *(say(name) for name in names),
                )
            ),
        ),
        tuple(rows),
    )
