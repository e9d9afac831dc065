"""What an operator can set; nothing else in the product reads the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from geo.errors import GeoError

PREFIX = "LANDPRICE_"


class SettingsError(GeoError):
    """An environment variable that is not what it must be."""

    code = "settings_invalid"


class Settings(BaseSettings):
    """Settings from environment variables that start with ``LANDPRICE_``."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True)

    data: Path = Field(
        default=Path(__file__).resolve().parent.parent / "data",
        description="The city's folder: gazette/, network/ and the parcels.geojson built of them.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="How much the service logs."
    )

    @property
    def parcels(self) -> Path:
        """The file that lookups read."""
        return self.data / "parcels.geojson"


def read_settings() -> Settings:
    """Read the settings from the environment.

    Returns
    -------
    Settings

    Raises
    ------
    SettingsError
        A variable has a value that it cannot have.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"{PREFIX}{first['loc'][0]}".upper()
        raise SettingsError(f"{name} is {first['input']!r}: {first['msg']}") from error
