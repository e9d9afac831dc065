"""What goes wrong with a connection is said in a sentence, and never with the password."""

from __future__ import annotations

import logging
import re
import traceback
from typing import TYPE_CHECKING, Final

import pytest

from geo.editions.postgis.fetch import current
from geo.errors import StoreError
from tests.processes import HOST, free_port, run_script

if TYPE_CHECKING:
    from tests.postgres import Cluster

pytestmark = pytest.mark.slow

SECRET: Final = "geheim-7291"  # noqa: S105 - of a database that is gone afterwards


def refused(dsn: str, caplog: pytest.LogCaptureFixture) -> StoreError:
    """Return the error, after a search for the secret in all that is said of it."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(StoreError) as raised:
        current(dsn)
    shown = "".join(traceback.format_exception(raised.value))
    for text in (str(raised.value), repr(raised.value), shown, caplog.text):
        assert not re.search("geheim|7291", text), text
    assert "\n" not in str(raised.value)
    return raised.value


@pytest.mark.parametrize(
    "dsn",
    [
        f"postgresql://otto:{SECRET}@db@host/x",
        f"postgresql://otto:{SECRET}/7@host/x",
        f"postgresql://otto:7/{SECRET}@host/x",
        f"postgresql://otto:{SECRET}%zz@host/x",
        f"postgresql//otto:{SECRET}@host/x",
        f"host=h password=my {SECRET}",
        f"host=h {SECRET}=x",
        f"host=h port={SECRET}",
        f"postgresql://otto:x@host/x?{SECRET}=1",
        SECRET,
    ],
)
def test_an_address_that_cannot_be_read(dsn: str, caplog: pytest.LogCaptureFixture) -> None:
    error = refused(dsn, caplog)
    assert error.code == "store_address"
    assert "it must be like postgresql://user:password@host:5432/database" in str(error)


def test_nobody_there(caplog: pytest.LogCaptureFixture) -> None:
    error = refused(f"postgresql://otto:{SECRET}@{HOST}:{free_port()}/x", caplog)
    assert error.code == "store_unreachable"
    assert str(error).startswith(f"The database 'x' at '{HOST}' cannot be reached: ")
    assert "Connection refused" in str(error)


def test_a_wrong_password_or_database(
    cluster: Cluster, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    right = "offen"
    cluster.sql(f"CREATE ROLE otto LOGIN PASSWORD '{right}'")
    try:
        wrong = refused(cluster.tcp_url(database, user="otto", password=SECRET), caplog)
        assert (wrong.code, "authentication failed" in str(wrong)) == ("store_unreachable", True)
        missing = refused(cluster.tcp_url("none", user="otto", password=right), caplog)
        assert 'database "none" does not exist' in str(missing)
        assert current(cluster.tcp_url(database, user="otto", password=right)) is None
    finally:
        cluster.sql("DROP ROLE otto")


def test_a_password_that_the_server_repeats(
    cluster: Cluster, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    """As happens where it is also somebody's name."""
    named = f"postgresql://{SECRET}:{SECRET}@{HOST}:{cluster.port}/{database}"
    assert 'for user "***"' in str(refused(named, caplog))


def test_without_psycopg_it_says_what_to_install() -> None:
    said = run_script(
        "import sys\n"
        "sys.modules['psycopg'] = None\n"
        "from geo.errors import StoreError\n"
        "try:\n"
        "    import geo.editions.postgis.publish\n"
        "except StoreError as error:\n"
        "    print(error.code, error)\n"
    )
    assert said.startswith("store_extra_missing ")
    assert 'pip install "zhumadian-landprice[postgis]"' in said
