"""What a process serves at a time: the published editions, and what every answer says of them."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Final, NamedTuple

from app.web.edition import LoadedEdition
from app.web.headers import FIVE_MINUTES
from app.web.models import EditionFacts, EditionSummary, PreviousPrice
from app.web.price_json import PriceEncoder
from geo.editions.catalogue import today
from geo.editions.compare import predecessors, price_change
from geo.editions.folder import Publication, read_publication

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from geo.editions.catalogue import Catalogue
    from geo.lookup.price import PriceResult
    from geo.model import Region

DISTRIBUTION: Final = "zhumadian-landprice"
_DAYS_A_YEAR: Final = 365.25
_MOST_SUMMARIES: Final = 1 << 10


class Tag(NamedTuple):
    """Headers of every answer from what is served on a day, by which it may be kept.

    Attributes
    ----------
    etag : str
        Strong: with the URL, the data, the day and the software decide an answer.
    headers : dict of str to str
    raw_headers : list of (bytes, bytes)
        The same as ASGI has them.
    """

    etag: str
    headers: dict[str, str]
    raw_headers: list[tuple[bytes, bytes]]


@dataclass(frozen=True, eq=False)
class Served:
    """The editions that are served together; a request is answered from one such object.

    Attributes
    ----------
    publication : Publication
    """

    publication: Publication[LoadedEdition]

    @classmethod
    def read(
        cls, data: Path, before: Served | None = None, *, default_city: str | None = None
    ) -> Served:
        """Read what is published in a folder, or was built there.

        Parameters
        ----------
        data : Path
        before : Served, optional
            What was served until now: editions that are the same are not read again.
        default_city : str, optional
            The one that was published first if it is not given.

        Raises
        ------
        CatalogueError, ParcelsError, PriceClassesError
            Something is missing or damaged.
        """
        kept = {} if before is None else before.publication.by_digest
        found = read_publication(data, LoadedEdition.read, default_city=default_city, kept=kept)
        return cls(found)

    @property
    def catalogue(self) -> Catalogue[LoadedEdition]:
        """The editions."""
        return self.publication.catalogue

    @property
    def edition(self) -> LoadedEdition:
        """The edition of the default city that is in force today."""
        return self.catalogue.in_force(self.catalogue.default_city)

    @property
    def names_of_uses(self) -> list[str]:
        """What the uses of all editions may be called."""
        uses = (use for edition in self.catalogue.editions for use in edition.uses)
        names = (name for use in uses for name in (use.code, use.label, *use.other_names))
        return list(dict.fromkeys(names))

    @property
    def names_of_cities(self) -> list[str]:
        """Codes and names of the cities."""
        facts = (edition.parcels.edition for edition in self.catalogue.editions)
        return list(dict.fromkeys(name for one in facts for name in (one.admin_code, one.city)))

    @functools.cached_property
    def digest(self) -> str:
        """Checksum of all files of all editions."""
        manifest = self.publication.manifest
        told = "".join(f"{one}{manifest.digest(one)}" for one in sorted(manifest.editions))
        return hashlib.sha256(f"{self.catalogue.default_city}{told}".encode()).hexdigest()

    @property
    def tag(self) -> Tag:
        """Headers of answers that are given today."""
        return self._tag(today())

    @functools.cached_property
    def _tag(self) -> functools._lru_cache_wrapper[Tag]:
        return functools.lru_cache(2)(self._make_tag)

    def _make_tag(self, day: date) -> Tag:
        etag = f'"{self.digest[:16]}-{day:%Y%m%d}-{version(DISTRIBUTION)}"'
        headers = {"etag": etag, "cache-control": FIVE_MINUTES}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        return Tag(etag, headers, raw)

    def facts(self, edition: LoadedEdition, as_of: date | None = None) -> EditionFacts:
        """Return what an answer may say of an edition.

        Parameters
        ----------
        edition : LoadedEdition
            One of these.
        as_of : date, optional
            The day that is asked about; today if it is not given.
        """
        facts, now = edition.parcels.edition, today()
        after = self.catalogue.superseded_by(edition, now)
        age_days = ((as_of or now) - facts.valuation_date).days
        return EditionFacts(
            **asdict(facts),
            id=facts.id,
            superseded_by=None if after is None else after.parcels.edition.id,
            valuation_age_years=round(age_days / _DAYS_A_YEAR, 1),
        )

    def summary(self, edition: LoadedEdition, as_of: date | None = None) -> EditionSummary:
        """Return what every answer repeats of an edition; parameters as for `facts`."""
        facts = self.facts(edition, as_of)
        return EditionSummary(**facts.model_dump(include=set(EditionSummary.model_fields)))

    def encode(self, edition: LoadedEdition, result: PriceResult, as_of: date | None) -> bytes:
        """Return the answer to a query as JSON, UTF-8."""
        return self._encoder(edition).encode(result, self._summary_json(edition, as_of or today()))

    @functools.cached_property
    def _encoder(self) -> functools._lru_cache_wrapper[PriceEncoder]:
        return functools.lru_cache(None)(self._make_encoder)

    def _make_encoder(self, edition: LoadedEdition) -> PriceEncoder:
        return PriceEncoder(edition.regions, self.previous(edition))

    @functools.cached_property
    def _summary_json(self) -> functools._lru_cache_wrapper[bytes]:
        return functools.lru_cache(_MOST_SUMMARIES)(
            lambda edition, day: self.summary(edition, day).model_dump_json().encode()
        )

    def previous(self, edition: LoadedEdition) -> Mapping[str, PreviousPrice]:
        """Return the prices of the edition before, by the code of the region that followed."""
        before = self.catalogue.before(edition)
        if before is None:
            return {}
        regions = {region.code: region for region in edition.regions}
        return {
            code: PreviousPrice(
                edition=before.parcels.edition.id,
                code=was.code,
                ground_price_cny_m2=was.record.ground_price_cny_m2,
                floor_price_cny_m2=was.record.floor_price_cny_m2,
                change=round(price_change(was, regions[code]), 4),
            )
            for code, was in self.followed(edition).items()
        }

    @functools.cached_property
    def followed(self) -> functools._lru_cache_wrapper[Mapping[str, Region]]:
        """Finds the region of the edition before that each region of an edition follows."""
        return functools.lru_cache(None)(self._followed)

    def _followed(self, edition: LoadedEdition) -> Mapping[str, Region]:
        before = self.catalogue.before(edition)
        return {} if before is None else predecessors(before, edition)
