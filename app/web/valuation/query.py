"""What is asked of a valuation, and the valuation, whoever asks."""

from __future__ import annotations

from decimal import Decimal  # noqa: TC003 - pydantic resolves it
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple, cast

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from app.errors import ParameterError
from app.web.parameters import Day, text
from app.web.price import PriceQuery, check_place, edition_of, prices_of
from geo.editions.basis import Basis, basis_of, check_carried, edition_on
from geo.errors import UnknownRegionError
from geo.lookup.result import Alternative
from geo.model import parse_use
from geo.valuation.candidates import candidates_at, value
from geo.valuation.parcel import BOUNDS, Parcel, read_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.web.edition import LoadedEdition
    from app.web.served import Served
    from geo.lookup.price import PriceResult
    from geo.model import Region, Use
    from geo.valuation.candidates import Valuation

MOST_FACTORS: Final = 20


def _read(field: str) -> BeforeValidator:
    """Read a decimal number, given as a JSON number or as text."""

    def read(given: object) -> Decimal | None:
        return None if given is None else read_number(field, str(given))

    return BeforeValidator(read)


def _schema(field: str, example: float) -> WithJsonSchema:
    """Describe a decimal number."""
    most, places, _ = BOUNDS[field]
    number = {"type": "number", "minimum": 10**-places, "maximum": most}
    written = {"type": "string", "pattern": rf"^[0-9]+(\.[0-9]{{1,{places}}})?$"}
    return WithJsonSchema({"anyOf": [number, written], "examples": [example]})


class AppraiseQuery(PriceQuery):
    """A parcel to be valued: where it is, and how it differs from the standard parcel."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Annotated[
        str | None,
        text(examples=["411700S50002"]),
        Field(
            title="Region code 标定区域编号",
            description="In the place of a coordinate: the region is known.",
        ),
    ] = None
    plot_ratio: Annotated[
        Decimal | None,
        _read("plot_ratio"),
        _schema("plot_ratio", 2.5),
        Field(title="Plot ratio 容积率", description="The standard parcel's if it is not given."),
    ] = None
    remaining_years: Annotated[
        Decimal | None,
        _read("remaining_years"),
        _schema("remaining_years", 30),
        Field(
            title="Remaining years 剩余使用年期",
            description="Of the land-use right; the standard parcel's if they are not given.",
        ),
    ] = None
    date: Annotated[
        Day,
        Field(
            title="Valuation date 估价期日",
            description="The day to value the parcel for; that of the edition if it is not given.",
        ),
    ] = None
    development: Annotated[
        str | None,
        text(examples=["六通一平"], maxLength=60),
        Field(
            title="Development level 开发程度",
            description="The standard parcel's if it is not given.",
        ),
    ] = None
    area_m2: Annotated[
        Decimal | None,
        _read("area_m2"),
        _schema("area_m2", 5000),
        Field(title="Area of the land, m² 土地面积（平方米）", description="For the total."),
    ] = None
    factor: Annotated[
        tuple[str, ...],
        Field(
            title="Further factors 其他修正系数",
            description="Each a name and a number, such as `形状:0.98`; or the name alone of one"
            " that the coefficients have. At most 20.",
            examples=[["形状:0.98"]],
        ),
    ] = ()

    @property
    def parcel(self) -> Parcel:
        """How the parcel differs from the standard parcel."""
        return Parcel(
            plot_ratio=self.plot_ratio,
            remaining_years=self.remaining_years,
            date=self.date,
            development=self.development,
            area_m2=self.area_m2,
            factors=_factors(self.factor),
        )


class Appraised(NamedTuple):
    """A valuation, and what it rests on.

    Attributes
    ----------
    query : AppraiseQuery
    edition : LoadedEdition
    basis : Basis
        Why that edition.
    valuation : Valuation
    place : PriceResult or None
        The prices at the place; None where a region was named.
    """

    query: AppraiseQuery
    edition: LoadedEdition
    basis: Basis
    valuation: Valuation
    place: PriceResult | None


def appraise(
    served: Served, query: AppraiseQuery, *, edition: LoadedEdition | None = None
) -> Appraised:
    """Value a parcel.

    Parameters
    ----------
    served : Served
    query : AppraiseQuery
    edition : LoadedEdition, optional
        The one to value by, whatever was in force on the day; that of the query if it is not given.

    Raises
    ------
    ParameterError
        There is no use, or the place is given in two ways.
    CoordinateError, LocationError, KnownError, NoEditionError, UnknownCityError, UnknownUseError
        As for a price.
    UnknownRegionError
        The edition has no such region.
    CoefficientMissingError, AppraisalError
        The parcel cannot be valued as it is described.
    """
    parcel = query.parcel
    _check(query)
    if edition is None:
        chosen, basis = _edition(served, query)
    else:
        is_asked = query.as_of is not None
        chosen, basis = edition, Basis.IN_FORCE if is_asked else basis_of(edition, query.date)
    return _appraised(chosen, basis, query, parcel)


def _check(query: AppraiseQuery) -> None:
    """Refuse a query without a use or a place, or with two places."""
    if query.code is None and query.use is None:
        raise ParameterError(
            "use is missing; give the use of the land, such as commercial.",
            code="missing",
            field="use",
        )
    if query.code is None:
        check_place(query.given)
        return
    for name in ("lon", "lat", "at", "known"):
        if name in query.given:
            raise ParameterError(
                f"code says which region holds the parcel; leave out {name}.",
                code="at_and_coordinate",
                field=name,
            )


def _appraised(
    edition: LoadedEdition, basis: Basis, query: AppraiseQuery, parcel: Parcel
) -> Appraised:
    place = None
    if query.code is not None:
        region = _region(edition, query)
        use: Use = region.use
        regions: Sequence[Alternative] = [Alternative(region, 1.0)]
        none = 0.0
    else:
        place = prices_of(edition, query)
        use = cast("Use", parse_use(query.use, edition.uses))
        regions, none = candidates_at(place, use)
    coefficients = edition.coefficients_of(use)
    check_carried(basis, coefficients, edition.parcels.edition, query.date)
    valuation = value(use, regions, none, parcel, coefficients, edition.parcels.edition)
    return Appraised(query, edition, basis, valuation, place)


def _edition(served: Served, query: AppraiseQuery) -> tuple[LoadedEdition, Basis]:
    """Return the edition to value by: that of `as_of`, or of the date of the valuation."""
    catalogue = served.catalogue
    if query.code is None:
        city = edition_of(catalogue, query, None).parcels.edition.admin_code
    elif query.city is None:
        city = catalogue.city_of_region.get(query.code, catalogue.default_city)
    else:
        city = catalogue.city(query.city)
    if query.as_of is not None:
        return catalogue.in_force(city, query.as_of), Basis.IN_FORCE
    return edition_on(catalogue, city, query.date)


def _region(edition: LoadedEdition, query: AppraiseQuery) -> Region:
    for region in edition.regions:
        if region.code == query.code:
            use = parse_use(query.use, edition.uses)
            if use not in {None, region.use}:
                raise ParameterError(
                    f"use is {query.use}, but {query.code} is a region of {region.use}; leave use"
                    " out.",
                    code="use_of_region",
                    field="use",
                )
            return region
    raise UnknownRegionError(
        f"There is no region {str(query.code)[:40]!r} in edition {edition.parcels.edition.id}."
    )


def _factors(given: tuple[str, ...]) -> tuple[tuple[str, Decimal | None], ...]:
    if len(given) > MOST_FACTORS:
        raise ParameterError(
            f"factor is given {len(given)} times; at most {MOST_FACTORS} are taken.",
            code="repeated_parameter",
            field="factor",
        )
    found = []
    for text_ in given:
        name, colon, number = text_.replace("：", ":").rpartition(":")
        if not colon:
            name, number = number, ""
        value_ = read_number("factor", number) if colon else None
        found.append((_name(name), value_))
    return tuple(found)


def _name(given: str) -> str:
    name = given.strip()
    if not name or len(name) > 40 or not name.isprintable():
        raise ParameterError(
            f"factor is {given[:60]!r}; it must be a name of at most 40 characters, with a colon"
            " and a number behind it if the coefficients have no such factor.",
            code="factor_unreadable",
            field="factor",
        )
    return name
