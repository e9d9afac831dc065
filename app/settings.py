"""What an operator can set; nothing else in the product reads the environment."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.errors import SettingsError
from geo.editions.folder import PUBLICATIONS_FOLDER
from geo.editions.manifest import EDITION_FILES
from geo.parcels import GAZETTE_FOLDER, PARCELS_FILE, SHIPPED_DATA
from geo.symbology import PRICE_CLASSES_FILE
from maps.interactive.base_maps import OWN_BASE_MAP, BaseMap

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "LANDPRICE_"
_CITY = re.compile(r"[0-9]{6}")
_METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # as prometheus_client calls it, and looks for it
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,}")


def default_data() -> Path:
    """Return ``data/`` of the current folder if it is a city's folder, else the shipped one.

    Returns
    -------
    Path
        Absolute.
    """
    here = Path("data").resolve()
    is_city = (here / GAZETTE_FOLDER).is_dir() or (here / PARCELS_FILE).is_file()
    return here if is_city else SHIPPED_DATA


class Limits(NamedTuple):
    """What a connection may take, and for how long.

    Attributes
    ----------
    url_bytes, head_bytes : int
        Of the address of a request, and of it with all headers, or with trailers.
    head_s, body_s, send_s : float
        Until a head is there, until a body is there, and until a reader takes some of the answer.
    connections : int
        Open at a time, of one worker.
    proxies : tuple of network
        Whose ``X-Forwarded-`` headers count.
    """

    url_bytes: int
    head_bytes: int
    head_s: float
    body_s: float
    send_s: float
    connections: int
    proxies: tuple[IPv4Network | IPv6Network, ...]

    def trusts(self, address: str) -> bool:
        """Tell whether what a client says of another is believed."""
        try:
            given = ip_address(address)
        except ValueError:  # a socket of this machine has no address
            return True
        return any(given in network for network in self.proxies)


class Settings(BaseSettings):
    """Settings from environment variables that start with ``LANDPRICE_``."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, hide_input_in_errors=True)

    data: Path = Field(
        default_factory=default_data,
        description="The city's folder: gazette/, network/ and the parcels.geojson built of them.",
    )
    store: str = Field(
        default="",
        description="The database from which editions are served, postgresql://…; the city's folder"
        " if it is empty.",
        repr=False,
    )
    city: str = Field(
        default="",
        description="Administrative code of the city that is meant where none is named; the one"
        " that was published first if it is empty.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="How much the service logs."
    )
    access_log: Literal["off", "on", "with_places"] = Field(
        default="on",
        description="Whether to write a line of JSON for each request to the standard output, and"
        " whether with the place that was asked for; if so, all else that is logged is JSON too.",
    )
    metrics: Literal["off", "on"] = Field(
        default="on", description="Whether there are metrics for Prometheus at `/metrics`."
    )
    requests_per_minute: int = Field(
        default=0,
        ge=0,
        description="Most requests of one client in a minute to each worker (429); 0 for any.",
    )
    batch_max_mb: int = Field(
        default=256,
        ge=1,
        description="Most that a request for the prices of many points may have, in MB.",
    )
    batch_columns_max: int = Field(
        default=2000, ge=2, description="Most columns that its table may have (413)."
    )
    batch_cell_max_kb: int = Field(
        default=64, ge=1, description="Most that one text of its table may have, in kB (413)."
    )
    batch_unfolded_max_mb: int = Field(
        default=1024,
        ge=1,
        description="Most that a packed body may unfold to, in MB (413; or the answer is cut).",
    )
    batches_max: int = Field(
        default=8,
        ge=1,
        description="Most such requests that a worker answers at a time (503, to be repeated).",
    )
    url_max_kb: int = Field(
        default=16, ge=1, description="Most that the address of a request may have, in kB (414)."
    )
    head_max_kb: int = Field(
        default=64,
        ge=1,
        description="Most that a request's address and headers may have, or its trailers, in kB"
        " (431).",
    )
    head_timeout_s: float = Field(
        default=20.0, gt=0, description="Seconds until the head of a request must be there (408)."
    )
    body_timeout_s: float = Field(
        default=600.0, gt=0, description="Seconds until its body must be there (408)."
    )
    send_timeout_s: float = Field(
        default=60.0,
        gt=0,
        description="Seconds until a client must take some of the answer; then it is cut off.",
    )
    connections_max: int = Field(
        default=800,
        ge=1,
        description="Most connections that a worker has open (503); each needs a descriptor.",
    )
    shutdown_timeout_s: int = Field(
        default=30,
        ge=1,
        description="Seconds that answers have to end when the service is told to.",
    )
    trusted_proxies: str = Field(
        default="127.0.0.1,::1",
        description="Addresses or networks of the reverse proxies whose `X-Forwarded-` headers"
        " count, with commas; those of all others are left out.",
    )
    base_maps: str = Field(
        default="",
        description="Base maps from other hosts that readers may choose: osm, tianditu.",
    )
    tianditu_key: str = Field(
        default="",
        description="The operator's key for Tianditu; every reader of the map can see it.",
        validate_default=True,
    )
    survey_token: str = Field(
        default="",
        description="What the address of the field page has in it; without it there is no such"
        " page, and whoever knows it can hand in observations.",
        repr=False,
    )

    @field_validator("store")
    @classmethod
    def _an_address_of_a_database(cls, value: str) -> str:
        if value and not value.startswith(("postgresql://", "postgres://")):
            raise PydanticCustomError("store", "it must be empty, or start with postgresql://")
        return value

    @field_validator("city")
    @classmethod
    def _a_code_of_a_city(cls, value: str) -> str:
        if value and not _CITY.fullmatch(value):
            raise PydanticCustomError("city", "it must be empty, or six digits")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses_of_proxies(cls, value: str) -> str:
        try:
            list(map(ip_network, _listed(value)))
        except ValueError as error:
            wanted = "it must list addresses or networks, such as 10.0.0.7, 10.1.0.0/16: {why}"
            raise PydanticCustomError("trusted_proxies", wanted, {"why": str(error)}) from error
        return value

    @field_validator("base_maps")
    @classmethod
    def _only_known_base_maps(cls, value: str) -> str:
        if not set(_listed(value)) <= set(BaseMap):
            known = " and ".join(BaseMap)
            raise PydanticCustomError(
                "base_maps", "it must list no other base maps than {known}", {"known": known}
            )
        return value

    @field_validator("tianditu_key")
    @classmethod
    def _a_key_for_tianditu(cls, value: str, info: ValidationInfo) -> str:
        if not value and BaseMap.TIANDITU in _listed(info.data.get("base_maps", "")):
            raise PydanticCustomError(
                "tianditu_key", "the base map tianditu needs the key that its operator gave you"
            )
        return value

    @field_validator("survey_token")
    @classmethod
    def _a_token_that_nobody_guesses(cls, value: str) -> str:
        if value and not _TOKEN.fullmatch(value):
            raise PydanticCustomError(
                "survey_token", "it must be empty, or have 16 or more of A-Z, a-z, 0-9, - and _"
            )
        return value

    @property
    def limits(self) -> Limits:
        """What a connection may take."""
        return Limits(
            url_bytes=1000 * self.url_max_kb,
            head_bytes=1000 * self.head_max_kb,
            head_s=self.head_timeout_s,
            body_s=self.body_timeout_s,
            send_s=self.send_timeout_s,
            connections=self.connections_max,
            proxies=tuple(map(ip_network, _listed(self.trusted_proxies))),
        )

    @property
    def shown_base_maps(self) -> tuple[BaseMap, ...]:
        """The base maps that readers may choose."""
        return tuple(map(BaseMap, _listed(self.base_maps)))

    @property
    def parcels(self) -> Path:
        """The file that lookups read."""
        return self.data / PARCELS_FILE

    @property
    def basemap(self) -> Path:
        """The base map that the operator has imported, if there is one."""
        return self.data / OWN_BASE_MAP

    @property
    def network(self) -> Path:
        """The folder of what was observed of the lines."""
        return self.data / "network"

    @property
    def inputs(self) -> tuple[Path, ...]:
        """What nothing that is made of it may be written over."""
        names = (*EDITION_FILES, OWN_BASE_MAP, GAZETTE_FOLDER, "network", PUBLICATIONS_FOLDER)
        return tuple(self.data / name for name in names)

    @property
    def price_classes(self) -> Path:
        """The breaks between classes of price on maps."""
        return self.data / PRICE_CLASSES_FILE


def _listed(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


@contextmanager
def shared_metrics(folder: Path) -> Iterator[None]:
    """Have the processes that are started meanwhile count together, in a folder."""
    folder.mkdir()
    os.environ[_METRICS_FOLDER] = str(folder)
    try:
        yield
    finally:
        del os.environ[_METRICS_FOLDER]


def metrics_folder() -> Path | None:
    """Return the folder in which processes count together; None if this one is alone."""
    folder = os.environ.get(_METRICS_FOLDER)
    return Path(folder) if folder else None


def read_settings() -> Settings:
    """Read the settings from the environment.

    Raises
    ------
    SettingsError
        A variable has a value that it cannot have.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        is_shown = Settings.model_fields[field].repr
        value = repr(first["input"]) if is_shown else "not what it must be"
        message = f"{PREFIX}{field.upper()} is {value}: {first['msg']}"
        raise SettingsError(message) from error
