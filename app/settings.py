"""What an operator can set; nothing else in the product reads the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "LANDPRICE_"


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
