"""A PostgreSQL cluster of its own with PostGIS and the table of regions; dropped afterwards."""

from __future__ import annotations

import json
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

from tests.benchmarks.inputs import PARCELS
from tests.benchmarks.measure import LackingError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SUPERUSER: Final = "postgres"
_DEBIAN: Final = Path("/usr/lib/postgresql")
_START_S: Final = 60.0
_STOP_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class _Programs:
    """PostgreSQL's programs, run by a user that it accepts, in a folder of that user's."""

    bin: Path
    user: str | None
    folder: Path

    def run(self, name: str, *args: object, text: str = "") -> subprocess.CompletedProcess[str]:
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
        done = self.run(name, *args, text=text)
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stderr}")

    @contextmanager
    def server(self, data: Path) -> Iterator[None]:
        """Run a cluster that listens on a socket in the folder alone."""
        with (
            (self.folder / "log").open("wb") as log,
            subprocess.Popen(  # noqa: S603 - PostgreSQL's own program
                [self.bin / "postgres", "-D", data, "-k", self.folder, "-c", "listen_addresses="],
                user=self.user,
                cwd=self.folder,
                stdout=log,
                stderr=log,
            ) as process,
        ):
            try:
                end_s = time.monotonic() + _START_S
                while self.run("pg_isready", "-q", "-h", self.folder).returncode:
                    if process.poll() is not None or time.monotonic() > end_s:
                        raise RuntimeError((self.folder / "log").read_text(encoding="utf-8"))
                    time.sleep(0.1)
                yield
            finally:
                process.send_signal(signal.SIGINT)  # ends sessions, then itself
                try:
                    process.wait(timeout=_STOP_S)
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGQUIT)


@contextmanager
def database() -> Iterator[str]:
    """Make a cluster in a temporary folder, with the table and a function that looks up in it.

    ``parcels`` has the regions; ``prices(lon, lat)`` returns those that hold a point.

    PostgreSQL refuses to run as root: then it runs as Debian's user ``postgres``.

    Yields
    ------
    str
        The URL of the database, by a Unix socket: the cluster listens on nothing else.

    Raises
    ------
    LackingError
        There is no PostgreSQL or no PostGIS.
    """
    programs = _newest_programs()
    # The name of a socket is limited to 107 bytes, so the folder's is short.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    try:
        user = _SUPERUSER if os.geteuid() == 0 else None
        if user:
            shutil.chown(folder, user)
        cluster = _Programs(programs, user, folder)
        data = folder / "data"
        cluster.must("initdb", "-D", data, "-U", _SUPERUSER, "-A", "trust", "-E", "UTF8")
        with cluster.server(data):
            where = ("-h", folder, "-U", _SUPERUSER, "-d", "postgres")
            cluster.must("psql", "-q", "-v", "ON_ERROR_STOP=1", *where, text=_regions_sql())
            yield f"postgresql://{_SUPERUSER}@{quote(str(folder), safe='')}/postgres"
    finally:
        shutil.rmtree(folder)


def versions() -> tuple[str, str]:
    """Return the versions of PostgreSQL and PostGIS that `database` uses.

    Raises
    ------
    LackingError
        There is no PostgreSQL or no PostGIS.
    """
    programs = _newest_programs()
    server = _stdout(programs / "postgres", "--version").split()[2]
    control = _control_file(programs).read_text(encoding="utf-8")
    return server, re.findall(r"default_version = '(.*)'", control)[0]


def _newest_programs() -> Path:
    """Return the folder of the newest PostgreSQL that has PostGIS, Debian's or another."""
    found = sorted(_DEBIAN.glob("*/bin/pg_config"), key=lambda path: int(path.parts[-3]))
    config = shutil.which("pg_config")
    for path in [*reversed(found), *([Path(config)] if config else [])]:
        programs = Path(_stdout(path, "--bindir"))
        if (programs / "initdb").exists() and _control_file(programs).exists():
            return programs
    raise LackingError("there is no PostGIS: Debian's postgresql-15-postgis-3 (or -16-, -17-)")


def _control_file(programs: Path) -> Path:
    return Path(_stdout(programs / "pg_config", "--sharedir"), "extension/postgis.control")


def _stdout(*command: object) -> str:
    return subprocess.run(  # noqa: S603 - PostgreSQL's own programs
        [str(part) for part in command], check=True, capture_output=True, text=True
    ).stdout.strip()


def _regions_sql() -> str:
    """Return SQL that makes the table, with the properties of ``parcels.geojson``, and function."""
    content = json.loads(PARCELS.read_text(encoding="utf-8"))
    first = content["features"][0]["properties"]
    columns = ", ".join(
        f'"{name}" {"text" if isinstance(value, str) else "double precision"}'
        for name, value in first.items()
    )
    return f"""
        CREATE EXTENSION postgis;
        CREATE TABLE parcels ({columns}, geometry geometry(Polygon, 4326), PRIMARY KEY (code));
        INSERT INTO parcels
            SELECT (jsonb_populate_record(NULL::parcels, (feature -> 'properties')
                || jsonb_build_object('geometry', feature -> 'geometry'))).*
            FROM jsonb_array_elements($json${json.dumps(content["features"])}$json$) AS feature;
        CREATE INDEX ON parcels USING gist (geometry);
        VACUUM ANALYZE parcels;
        CREATE FUNCTION prices(lon double precision DEFAULT 0, lat double precision DEFAULT 0)
            RETURNS TABLE ({columns}, geometry geometry) LANGUAGE sql STABLE PARALLEL SAFE AS $$
                SELECT * FROM parcels
                WHERE ST_Intersects(geometry, ST_SetSRID(ST_Point(lon, lat), 4326))
            $$;
    """  # noqa: S608 - the product's own file
