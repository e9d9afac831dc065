"""A PostgreSQL cluster with PostGIS in a temporary folder, and its programs."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from tests.processes import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator

SUPERUSER: Final = "postgres"
_DEBIAN: Final = Path("/usr/lib/postgresql")
_START_S: Final = 60.0
_STOP_S: Final = 20.0


class NoPostgisError(Exception):
    """There is no PostgreSQL with PostGIS; the message says what is lacking."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that is made, and runs or not; it listens on a socket in its folder.

    Attributes
    ----------
    bin : Path
        Folder of PostgreSQL's programs.
    user : str or None
        Who runs them: PostgreSQL refuses to run as root.
    folder : Path
        Which belongs to that user.
    port : int
        Also of the socket. Over TCP only with a password.
    """

    bin: Path
    user: str | None
    folder: Path
    port: int

    def run(self, name: str, *args: object, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs."""
        return subprocess.run(  # noqa: S603 - PostgreSQL's own programs
            [str(self.bin / name), *map(str, args)],
            user=self.user,
            cwd=self.folder,
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )

    def must(self, name: str, *args: object, text: str = "") -> None:
        """Run one that must succeed."""
        done = self.run(name, *args, text=text)
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stderr}")

    def sql(self, text: str, *, database: str = "postgres") -> None:
        """Run statements as the superuser."""
        where = ("-h", self.folder, "-p", self.port, "-U", SUPERUSER, "-d", database)
        self.must("psql", "-q", "-v", "ON_ERROR_STOP=1", *where, text=text)

    def url(self, database: str = "postgres", *, user: str = SUPERUSER) -> str:
        """Return the address of a database by the socket, without a password."""
        folder = quote(str(self.folder), safe="")
        return f"postgresql://{user}@{folder}:{self.port}/{database}"

    def tcp_url(self, database: str, *, user: str, password: str, port: int | None = None) -> str:
        """Return its address by TCP, which needs a password."""
        secret = quote(password, safe="")
        return f"postgresql://{user}:{secret}@{HOST}:{port or self.port}/{database}"

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run the server until the block ends."""
        where = ("-k", self.folder, "-p", self.port, "-c", f"listen_addresses={HOST}")
        options = (*where, "-c", "fsync=off")  # nothing outlives the machine
        with (
            (self.folder / "log").open("ab") as log,
            subprocess.Popen(  # noqa: S603 - PostgreSQL's own program
                [self.bin / "postgres", "-D", self.folder / "data", *map(str, options)],
                user=self.user,
                cwd=self.folder,
                stdout=log,
                stderr=log,
            ) as process,
        ):
            try:
                end_s = time.monotonic() + _START_S
                ready = ("pg_isready", "-q", "-h", self.folder, "-p", self.port)
                while self.run(*ready).returncode:
                    if process.poll() is not None or time.monotonic() > end_s:
                        raise RuntimeError((self.folder / "log").read_text(encoding="utf-8"))
                    time.sleep(0.05)
                yield process
            finally:
                process.send_signal(signal.SIGINT)  # ends sessions, then itself
                try:
                    process.wait(timeout=_STOP_S)
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGQUIT)


@contextmanager
def made_cluster(port: int) -> Iterator[Cluster]:
    """Make a cluster, which is gone when the block ends.

    Raises
    ------
    NoPostgisError
        There is no PostgreSQL or no PostGIS.
    """
    programs = newest_programs()
    # The name of a socket is limited to 107 bytes, so the folder's is short.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    try:
        user = SUPERUSER if os.geteuid() == 0 else None  # Debian's package makes that user
        if user:
            shutil.chown(folder, user)
        cluster = Cluster(programs, user, folder, port)
        access = ("--auth-local=trust", "--auth-host=scram-sha-256", "-U", SUPERUSER)
        cluster.must("initdb", "-D", folder / "data", *access, "-E", "UTF8", "--no-sync")
        yield cluster
    finally:
        shutil.rmtree(folder)


def versions() -> tuple[str, str]:
    """Return the versions of PostgreSQL and PostGIS of which clusters are made.

    Raises
    ------
    NoPostgisError
        There is no PostgreSQL or no PostGIS.
    """
    programs = newest_programs()
    server = _stdout(programs / "postgres", "--version").split()[2]
    control = _control_file(programs).read_text(encoding="utf-8")
    return server, re.findall(r"default_version = '(.*)'", control)[0]


def newest_programs() -> Path:
    """Return the folder of the newest PostgreSQL that has PostGIS, Debian's or another.

    Raises
    ------
    NoPostgisError
        There is none.
    """
    found = sorted(_DEBIAN.glob("*/bin/pg_config"), key=lambda path: int(path.parts[-3]))
    config = shutil.which("pg_config")
    for path in [*reversed(found), *([Path(config)] if config else [])]:
        programs = Path(_stdout(path, "--bindir"))
        if (programs / "initdb").exists() and _control_file(programs).exists():
            return programs
    raise NoPostgisError("there is no PostGIS: Debian's postgresql-postgis")


def _control_file(programs: Path) -> Path:
    return Path(_stdout(programs / "pg_config", "--sharedir"), "extension/postgis.control")


def _stdout(*command: object) -> str:
    return subprocess.run(  # noqa: S603 - PostgreSQL's own programs
        [str(part) for part in command], check=True, capture_output=True, text=True
    ).stdout.strip()
