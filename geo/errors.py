"""One exception tree for everything the product refuses, each kind with a stable code."""


class GeoError(Exception):
    """Base of every error this product raises on purpose.

    ``str(error)`` is one sentence for the person who gave the input; ``code`` is what a
    program may test for and does not change between versions; ``field`` is the parameter at fault,
    where it is always the same one.
    """

    code = "error"
    field: str | None = None


class CodedError(GeoError):
    """Something that can be wrong in several ways, each with a code of its own.

    Parameters
    ----------
    message : str
        The sentence shown to the caller.
    code : str
        What exactly is wrong, for programs.
    """

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class FieldError(CodedError):
    """Something that can be wrong in several ways and in several places.

    Parameters
    ----------
    message : str
        The sentence shown to the caller.
    code : str
        What exactly is wrong, for programs.
    field : str, optional
        The parameter at fault, if it is one.
    """

    def __init__(self, message: str, *, code: str, field: str | None = None) -> None:
        super().__init__(message, code=code)
        self.field = field


class CoordinateError(FieldError):
    """A coordinate that cannot be read in the coordinate system it claims."""


def missing(field: str) -> CoordinateError:
    """Return the error of a coordinate that was not given."""
    return CoordinateError(f"{field} is missing.", code="missing", field=field)


def not_a_number(field: str, value: object) -> CoordinateError:
    """Return the error of a coordinate that is no number."""
    message = f"{field} is {str(value)[:60]!r}; it must be a number."
    return CoordinateError(message, code="not_a_number", field=field)


class WrittenError(CodedError):
    """Something that went wrong when files had been replaced already."""


class GazetteError(GeoError):
    """A gazette table that is damaged; every problem found is listed, one a line."""

    code = "gazette_damaged"


class EditionError(GeoError):
    """Edition metadata that is missing, incomplete or of another city."""

    code = "edition_invalid"


class NetworkError(GeoError):
    """Boundary lines, or the evidence for them, that cannot bound the regions."""

    code = "network_invalid"


class ParcelsError(GeoError):
    """A ``parcels.geojson`` that is missing, damaged or not of this product's schema."""

    code = "parcels_invalid"


class RegionsError(GeoError):
    """Official region polygons that cannot be taken as the edition's regions."""

    code = "regions_invalid"


class PriceClassesError(GeoError):
    """Classes of price that are missing or do not follow one another."""

    code = "price_classes_invalid"


class UnknownRegionError(GeoError):
    """A region code that the edition does not have."""

    code = "unknown_region"
    field = "code"


class KnownError(CodedError):
    """Something that an asker knows of a place that cannot be used."""

    field = "known"


class LocationError(CodedError):
    """A location in words that cannot be read."""

    field = "at"


class UnknownUseError(GeoError):
    """A land use that there is not."""

    code = "unknown_use"
    field = "use"


class UnknownColumnError(GeoError):
    """A column of the answer that does not exist."""

    code = "unknown_column"
    field = "columns"


class CatalogueError(GeoError):
    """Editions that cannot be published, or served, together."""

    code = "catalogue"


class UnknownCityError(GeoError):
    """A city that no edition is of."""

    code = "unknown_city"
    field = "city"


class DifferentCitiesError(GeoError):
    """Editions of two cities, which cannot be compared."""

    code = "different_cities"


class UnknownEditionError(GeoError):
    """An edition that there is not."""

    code = "unknown_edition"


class NoEditionError(GeoError):
    """A date on which no edition was in force."""

    code = "no_edition"
    field = "as_of"


class CoefficientsError(GeoError):
    """A file of coefficients that is damaged, or of another edition."""

    code = "coefficients_invalid"


class CoefficientMissingError(GeoError):
    """A parcel that differs from the standard parcel in what no coefficient is known for.

    Parameters
    ----------
    message : str
        The sentence shown to the caller.
    field : str
        What the parcel differs in.
    """

    code = "coefficient_missing"

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


class AppraisalError(FieldError):
    """A parcel that cannot be valued as it is described."""


class ExportError(FieldError):
    """An export that cannot be made as it is asked for."""


class StoreError(CodedError):
    """A shared store of editions that cannot be used, or editions that it cannot take."""


class SurveyError(CodedError):
    """Observations that cannot be used."""


class NotebookChangedError(SurveyError):
    """Observations that somebody else has changed meanwhile."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="notebook_changed")


class NothingToObserveError(GeoError):
    """An edition of which no observation would make anything more certain."""

    code = "nothing_to_observe"

    def __init__(self) -> None:
        super().__init__(
            "the edition has no layouts, as its regions are official or layouts.parquet is missing;"
            " there is nothing to observe, or run landprice build first"
        )


class TableError(GeoError):
    """A table that lacks the columns it must have, or has no numbers in them."""

    code = "table_invalid"
