"""Connections to the database, and what goes wrong in sentences that hold no password."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict

from geo.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Connection = psycopg.Connection[tuple[Any, ...]]

BAD_ADDRESS: Final = "store_address"

_PARAMETERS: Final = {
    "application_name": "landprice",
    "client_encoding": "utf8",
    "connect_timeout": 5,
    # A machine that is gone is noticed after some ten seconds instead of hours.
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # ms
}
"""Of every connection, unless its address says otherwise."""


@contextmanager
def connected(dsn: str, *, autocommit: bool = False) -> Iterator[Connection]:
    """Connect to the database; commit when the block ends well, and roll back otherwise.

    Parameters
    ----------
    dsn : str
        ``postgresql://user:password@host:5432/database``, or libpq's ``host=… dbname=…``.
    autocommit : bool, optional
        Commit every statement by itself.

    Raises
    ------
    StoreError
        The address cannot be read, the database cannot be reached, or it refuses something in the
        block. The message holds no password.
    """
    address = _read_address(dsn)
    try:
        connection = psycopg.connect(**{**_PARAMETERS, **address}, autocommit=autocommit)
    except psycopg.Error as error:
        raise StoreError(
            f"{_name(address)} cannot be reached: {_reason(error, address)}.",
            code="store_unreachable",
        ) from None
    try:
        with connection:
            yield connection
    except psycopg.errors.InsufficientPrivilege as error:
        raise StoreError(
            f"{_name(address)} does not allow that: {_reason(error, address)}.",
            code="store_forbidden",
        ) from None
    except psycopg.errors.LockNotAvailable:
        raise StoreError(
            f"{_name(address)} is being published to by somebody else: try again later.",
            code="store_busy",
        ) from None
    except psycopg.Error as error:
        raise StoreError(
            f"{_name(address)} failed: {_reason(error, address)}.", code="store_failed"
        ) from None


def _read_address(dsn: str) -> Mapping[str, Any]:
    """Return libpq's parameters, or refuse an address without repeating any of it."""
    try:
        address = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        address = {"port": "unreadable"}
    # A password with a bare @ or / goes on in these, which messages name.
    host, port, database = (str(address.get(key, "")) for key in ("host", "port", "dbname"))
    if "@" in host or "@" in database or not all(one.isdecimal() for one in port.split(",") if one):
        raise StoreError(
            "The address of the database cannot be read; it must be like"
            " postgresql://user:password@host:5432/database, with %40 for an @ and %2F for a / in"
            " the password.",
            code=BAD_ADDRESS,
        )
    return address


def _name(address: Mapping[str, Any]) -> str:
    return f"The database {address.get('dbname', '')!r} at {address.get('host', 'its socket')!r}"


def _reason(error: psycopg.Error, address: Mapping[str, Any]) -> str:
    """Return what the server said, or the first line of what libpq did."""
    said = error.diag.message_primary or str(error).partition("\n")[0] or type(error).__name__
    for key in ("password", "sslpassword"):
        if secret := address.get(key):
            said = said.replace(str(secret), "***")
    return said.rstrip(".")
