"""The table of regions in a PostGIS of its own; dropped afterwards."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.benchmarks.inputs import PARCELS
from tests.benchmarks.measure import LackingError
from tests.postgres import NoPostgisError, made_cluster
from tests.processes import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def database() -> Iterator[str]:
    """Make a cluster in a temporary folder, with the table and a function that looks up in it.

    ``parcels`` has the regions; ``prices(lon, lat)`` returns those that hold a point.

    Yields
    ------
    str
        The URL of the database, by a Unix socket.

    Raises
    ------
    LackingError
        There is no PostgreSQL or no PostGIS.
    """
    try:
        with made_cluster(free_port()) as cluster, cluster.running():
            cluster.sql(_regions_sql())
            yield cluster.url()
    except NoPostgisError as error:
        raise LackingError(str(error)) from error


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
