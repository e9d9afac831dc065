"""Errors of the service and the commands, besides those of `geo.errors`."""

from __future__ import annotations

import os

from geo.errors import FieldError, GeoError


class SettingsError(GeoError):
    """An environment variable that is not what it must be."""

    code = "settings_invalid"


class UnknownExportError(GeoError):
    """A file that the service does not make."""

    code = "unknown_export"


class UnknownSheetError(GeoError):
    """A sheet that the edition does not have."""

    code = "unknown_sheet"


class ParameterError(FieldError):
    """A parameter that the address does not have, that is given twice, or contradicts another."""


class UnsupportedMediaTypeError(GeoError):
    """A body of a kind that is not taken."""

    code = "unsupported_media_type"


class TooLargeError(GeoError):
    """A body with more than is taken at a time."""

    code = "too_large"


class BusyError(GeoError):
    """A request that costs much, while others of that kind are being answered.

    Parameters
    ----------
    message : str
        The sentence shown to the caller.
    retry_s : int, optional
        Seconds after which to try again.
    """

    code = "busy"

    def __init__(self, message: str, *, retry_s: int = 5) -> None:
        super().__init__(message)
        self.retry_s = retry_s


class TooManyRequestsError(BusyError):
    """A request of a client that has made as many as it may."""

    code = "too_many_requests"


class DamagedBodyError(GeoError):
    """A body that is not of the kind it is said to be, or lacks what it must have."""

    code = "table_invalid"


class NoteError(FieldError):
    """A note from the spot that cannot be taken as it is; the field is of the note."""


class NotebookError(GeoError):
    """A notebook of the survey that cannot take anything now, whatever the note."""

    code = "notebook_unavailable"


class ClusterError(GeoError):
    """A cluster that is missing or not fit, or a result that it cannot write."""

    code = "cluster_failed"


def error_summary(error: BaseException) -> str:
    """Return what an error says, in one line of at most 200 characters."""
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)  # pyarrow's own text has the whole path
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
