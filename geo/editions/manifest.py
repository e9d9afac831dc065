"""What is published: the editions, and the checksum of each of their files."""

from __future__ import annotations

import hashlib
from datetime import datetime  # noqa: TC003 - pydantic resolves it
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from geo.atomic.together import read_together
from geo.errors import CatalogueError
from geo.layouts.layouts import LAYOUTS_FILE
from geo.parcels import NETWORK_FILE, PARCELS_FILE
from geo.symbology import PRICE_CLASSES_FILE
from geo.valuation.coefficients import COEFFICIENTS_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MANIFEST_FILE: Final = "manifest.json"
BUILT_FILES: Final = (PARCELS_FILE, NETWORK_FILE, LAYOUTS_FILE)
_OPERATORS_FILES: Final = (PRICE_CLASSES_FILE, COEFFICIENTS_FILE)
EDITION_FILES: Final = (*BUILT_FILES, *_OPERATORS_FILES)
"""What an edition may have, of which it must have the first."""

_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Id = Annotated[str, Field(pattern=r"^[0-9]{6}-[0-9]{4}$")]


class Manifest(BaseModel):
    """What is published.

    Attributes
    ----------
    number : int
        Of the publication; 0 of a folder that was built and never published.
    previous : int
        Number of the publication that was in force before; 0 if there was none.
    published_at : datetime or None
        UTC.
    default_city : str
        Administrative code of the city that is meant where none is named.
    editions : dict of str to dict of str to str
        SHA-256 of each file by its name, by edition.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal["1.0"] = "1.0"
    number: Annotated[int, Field(ge=0)]
    previous: Annotated[int, Field(ge=0)] = 0
    published_at: datetime | None
    default_city: Annotated[str, Field(pattern=r"^[0-9]{6}$")]
    editions: Annotated[
        dict[_Id, dict[Literal[EDITION_FILES], _Sha256]],  # type: ignore[valid-type]
        Field(min_length=1),
    ]

    def digest(self, edition: str) -> str:
        """Return the checksum of all files of an edition."""
        return digest(self.editions[edition])

    def text(self) -> str:
        """Return it as JSON."""
        return self.model_dump_json(indent=1) + "\n"


def digest(files: Mapping[str, str]) -> str:
    """Return the checksum of several files: that of what ``sha256sum`` prints of them by name.

    Parameters
    ----------
    files : mapping of str to str
        SHA-256 of each by its name.
    """
    told = "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(files.items()))
    return hashlib.sha256(told.encode()).hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a publication.

    Raises
    ------
    CatalogueError
        It is missing or damaged.
    """
    path = folder / MANIFEST_FILE
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise CatalogueError(f"{path.name} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise CatalogueError(f"{path.name} is damaged: {place}: {first['msg']}") from error


def edition_files(folder: Path) -> dict[str, bytes]:
    """Read each of an edition's files that a folder has, by its name; all are of one build.

    Raises
    ------
    CatalogueError
        One cannot be read.
    """

    def read(parcels: Path) -> dict[str, bytes]:
        built = {name: parcels.with_name(name) for name in BUILT_FILES}
        return _contents({**built, **{name: folder / name for name in _OPERATORS_FILES}})

    return read_together(folder / PARCELS_FILE, read)


def _contents(paths: Mapping[str, Path]) -> dict[str, bytes]:
    found = {}
    for name, path in paths.items():
        try:
            found[name] = path.read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise CatalogueError(f"{name} cannot be read: {error.strerror}") from error
    return found


def checksums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each of an edition's files; errors as for `edition_files`."""
    files = edition_files(folder)
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def check_files(folder: Path, edition: str, expected: Mapping[str, str]) -> None:
    """Check that the files of an edition are those that were published.

    Raises
    ------
    CatalogueError
        One is missing, or not what it was.
    """
    found = checksums(folder)
    for name in EDITION_FILES:
        if (name in found) != (name in expected):
            wrong = "is not in the manifest" if name in found else "is missing"
            raise CatalogueError(f"{edition}: {name} {wrong}")
        if found.get(name) != expected.get(name):
            raise CatalogueError(
                f"{edition}: {name} is not the file that was published, as its SHA-256 is"
                f" {found[name][:12]}…, not {expected[name][:12]}…"
            )
