"""ZIP archives that have the same bytes for the same content."""

from __future__ import annotations

import zipfile
from io import BytesIO
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO_DATE: Final = (1980, 1, 1, 0, 0, 0)  # the earliest that the format can state
_UNIX: Final = 3
_READABLE: Final = 0o644 << 16


def zip_bytes(contents: Mapping[str, bytes]) -> bytes:
    """Return a ZIP archive.

    Parameters
    ----------
    contents : mapping of str to bytes
        By name, in the order of the archive.
    """
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in contents.items():
            entry = zipfile.ZipInfo(name, _NO_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = _UNIX, _READABLE
            archive.writestr(entry, content)
    return buffer.getvalue()
