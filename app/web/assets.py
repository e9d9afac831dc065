"""Scripts, style sheets and pictures of the pages, under an address that changes with them.

A page names them below ``assets/<version>/``, where the version is the checksum of them all:
browsers keep what they have for good, and ask for new ones after an upgrade or a new edition.
"""

from __future__ import annotations

import functools
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.web.caching import CachedContent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import Request, Response

_HERE: Final = Path(__file__).parent / "static"
_VERSION: Final = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True)
class Assets:
    """Everything that pages name, by its path below ``assets/``.

    Attributes
    ----------
    contents : mapping of str to CachedContent
    version : str
    """

    contents: Mapping[str, CachedContent]
    version: str

    @classmethod
    def of(cls, generated: Mapping[str, str], packaged: Mapping[str, Path]) -> Assets:
        """Put scripts that are generated beside files.

        Parameters
        ----------
        generated : mapping of str to str
            JavaScript, by path.
        packaged : mapping of str to Path
            Files of other packages, by path.
        """
        files = {path.name: path for path in _HERE.iterdir()} | dict(packaged)
        contents = {
            path: CachedContent(text.encode(), "text/javascript")
            for path, text in generated.items()
        }
        for path, file in sorted(files.items()):
            kind, _ = mimetypes.guess_type(file.name)
            contents[path] = CachedContent(file.read_bytes(), kind or "application/octet-stream")
        tags = "".join(f"{path}{contents[path].etag}" for path in sorted(contents))
        return cls(contents, hashlib.sha256(tags.encode()).hexdigest()[:12])

    @functools.cached_property
    def prefix(self) -> str:
        """What pages put before a path, relative to the page."""
        return f"assets/{self.version}/"

    def answer(self, request: Request, path: str) -> Response | None:
        """Answer a request for a path below ``assets/``; None if there is no such file."""
        version, _, rest = path.partition("/")
        is_current = version == self.version
        # A page that was loaded before an upgrade or a new edition still finds what it needs.
        content = self.contents.get(rest if _VERSION.fullmatch(version) else path)
        return None if content is None else content.answer(request, for_good=is_current)
