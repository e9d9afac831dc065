"""The tables as other programs find them: described, guarded, readable and nothing more."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import shapely

from geo.editions.postgis.fetch import current, fetch
from geo.editions.postgis.migrate import migrate
from geo.editions.postgis.publish import publish
from geo.errors import StoreError
from geo.fields import FIELDS
from geo.parcels import read_parcels
from tests.editions import shipped_edition, small_edition
from tests.factories import REGION_PROPERTIES
from tests.paths import DATA
from tests.postgres import made_cluster
from tests.processes import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.postgres import Cluster

pytestmark = pytest.mark.slow


def rows(dsn: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query.encode()).fetchall()


def run(dsn: str, statement: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(statement.encode())


@pytest.fixture
def reader(cluster: Cluster, dsn: str) -> Iterator[str]:
    """The address of a published database for a user with the role, and nothing else."""
    publish(dsn, [shipped_edition(), small_edition()])
    cluster.sql("CREATE ROLE anna LOGIN IN ROLE landprice_reader")
    yield dsn.replace("postgres@", "anna@")
    cluster.sql("DROP ROLE anna")


def test_every_table_and_column_is_described_in_chinese(dsn: str) -> None:
    migrate(dsn)
    described = rows(
        dsn,
        "SELECT c.relname, a.attname, obj_description(c.oid), col_description(c.oid, a.attnum)"
        " FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0"
        " WHERE c.relnamespace = 'landprice'::regnamespace AND c.relkind IN ('r', 'v', 'c')",
    )
    assert len(described) > 150
    for table, column, of_table, of_column in described:
        if table != "price":  # a type has its description elsewhere
            assert of_table, table
        assert of_column, (table, column)
        assert any("\u4e00" <= one <= "\u9fff" for one in of_column + (of_table or "用"))


def test_regions_have_every_property_under_its_own_title(dsn: str) -> None:
    migrate(dsn)
    columns = dict(
        rows(
            dsn,
            "SELECT attname, col_description(attrelid, attnum) FROM pg_attribute"
            " WHERE attrelid = 'landprice.region'::regclass AND attnum > 0 ORDER BY attnum",
        )
    )
    assert [name for name in columns if name in FIELDS] == REGION_PROPERTIES
    assert columns.keys() - FIELDS.keys() == {"id", "edition", "geom", "parcel"}
    for name in REGION_PROPERTIES:
        assert columns[name].startswith(FIELDS[name].label_zh), name


def test_what_is_in_the_tables_is_what_is_in_the_files(dsn: str) -> None:
    publish(dsn, [shipped_edition()])
    parcels = read_parcels(DATA / "parcels.geojson")
    stored = rows(
        dsn,
        "SELECT code, ground_price_cny_m2, accuracy_east_m, encode(ST_AsBinary(geom), 'hex'),"
        " ST_SRID(geom), encode(ST_AsBinary(parcel), 'hex') FROM landprice.region ORDER BY code",
    )
    assert len(stored) == len(parcels.regions)
    for region, (code, price, accuracy_m, polygon, srid, parcel) in zip(
        parcels.regions, stored, strict=True
    ):
        assert (code, srid) == (region.code, 4490)
        assert price == region.record.ground_price_cny_m2
        assert accuracy_m == region.accuracy_m["east"]  # type: ignore[index]
        assert shapely.from_wkb(polygon).geoms[0].equals_exact(region.polygon, 0.0)
        point = parcel and shapely.get_coordinates(shapely.from_wkb(parcel))[0].tolist()
        assert point == (region.parcel_crossing and list(region.parcel_crossing))
    network = json.loads((DATA / "network.geojson").read_bytes())["features"]
    lines = rows(
        dsn,
        "SELECT name, kind, axis, accuracy_m, source, ST_AsGeoJSON(geom, 7)::jsonb -> 'coordinates'"
        " FROM landprice.line",
    )
    assert sorted(lines) == sorted(
        (*one["properties"].values(), one["geometry"]["coordinates"]) for one in network
    )


def test_a_reader_reads_everything(reader: str, tmp_path: Path) -> None:
    assert current(reader) == 1
    fetch(reader, 1, tmp_path / "out")
    assert {one.name for one in (tmp_path / "out").iterdir()} == {"411700-2022", "999900-2030"}
    assert rows(reader, "SELECT count(*) FROM landprice.current_region") == [(68,)]
    assert rows(reader, "SELECT count(*) FROM landprice.current_region WHERE in_force") == [(66,)]
    assert rows(reader, "SELECT count(*) FROM landprice.current_line") == [(59,)]
    assert rows(reader, "SELECT count(*) FROM landprice.price_at(114.0127, 32.9930)") == [(2,)]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM landprice.region",
        "UPDATE landprice.region SET ground_price_cny_m2 = 1",
        "INSERT INTO landprice.activation (publication) VALUES (1)",
        "TRUNCATE landprice.edition_file",
        "CREATE TABLE landprice.mine (x int)",
        "DROP VIEW landprice.current_region",
        "CREATE OR REPLACE FUNCTION landprice.price_at() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
)
def test_a_reader_changes_nothing(reader: str, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run(reader, statement)


def test_a_reader_cannot_publish(reader: str) -> None:
    with pytest.raises(StoreError, match="does not allow that: permission denied") as raised:
        publish(reader, [small_edition()])
    assert raised.value.code == "store_forbidden"
    assert current(reader) == 1


def test_others_see_nothing(cluster: Cluster, dsn: str) -> None:
    publish(dsn, [small_edition()])
    cluster.sql("CREATE ROLE stranger LOGIN")
    try:
        with pytest.raises(StoreError, match="permission denied for schema landprice"):
            current(dsn.replace("postgres@", "stranger@"))
    finally:
        cluster.sql("DROP ROLE stranger")


@pytest.fixture
def other_cluster() -> Iterator[Cluster]:
    """A cluster with PostGIS and a user who owns a schema in it, for roles belong to clusters."""
    with made_cluster(free_port()) as cluster, cluster.running():
        cluster.sql("CREATE EXTENSION postgis; CREATE ROLE paul LOGIN")
        cluster.sql("CREATE SCHEMA landprice AUTHORIZATION paul")
        yield cluster


def test_a_publisher_needs_no_more_than_its_schema(
    cluster: Cluster, other_cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    paul, anna = other_cluster.url(user="paul"), other_cluster.url(user="anna")
    assert publish(paul, [small_edition()]) == 1
    [said] = [record.getMessage() for record in caplog.records]
    assert said.startswith("the role landprice_reader is missing and paul may not create roles: ")
    other_cluster.sql("CREATE ROLE landprice_reader")  # as it says
    other_cluster.sql("CREATE ROLE anna LOGIN IN ROLE landprice_reader")
    with pytest.raises(StoreError, match="permission denied"):
        current(anna)
    assert publish(paul, [small_edition()]) == 2
    assert current(anna) == 2
    assert len(caplog.records) == 1


def test_without_postgis_it_says_who_can_help(other_cluster: Cluster) -> None:
    other_cluster.sql("CREATE DATABASE bare OWNER paul")
    with pytest.raises(StoreError, match="CREATE EXTENSION postgis") as raised:
        migrate(other_cluster.url("bare", user="paul"))
    assert raised.value.code == "store_without_postgis"
    assert rows(other_cluster.url("bare"), "SELECT to_regnamespace('landprice')") == [(None,)]
    migrate(other_cluster.url("bare"))  # a superuser makes it, as the first publisher


def test_postgis_may_be_in_a_schema_of_its_own(cluster: Cluster, database: str, dsn: str) -> None:
    cluster.sql(
        "DROP EXTENSION postgis; CREATE SCHEMA gis; CREATE EXTENSION postgis SCHEMA gis",
        database=database,
    )
    publish(dsn, [shipped_edition()])
    found = "SELECT count(*) FROM landprice.price_at(114.0127, 32.9930)"
    assert rows(dsn, found) == [(2,)]


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("ground_price_cny_m2 = 0", "region_ground_price_cny_m2_check"),
        ("floor_price_cny_m2 = -1", "region_floor_price_cny_m2_check"),
        ("plot_ratio = 'NaN'", "region_plot_ratio_check"),
        ("parcel_area_m2 = 'Infinity'", "region_parcel_area_m2_check"),
        ("tenure_years = 0", "region_tenure_years_check"),
        ("accuracy_east_m = -0.1", "region_accuracy_east_m_check"),
        ("accuracy_north_m = 'NaN'", "region_accuracy_north_m_check"),
        ("code = 'a b'", "region_code_check"),
        ("use = 'Shops'", "region_use_check"),
        ("bound_east = ''", "region_bound_east_check"),
        ("geometry_source = 'surveyed'", "region_geometry_source_check"),
        ("placement = 'fixed'", "region_placement_check"),
        (
            "geom = 'SRID=4490;MULTIPOLYGON(((0 0, 1 1, 1 0, 0 1, 0 0)))'",
            "region_geom_valid",
        ),
        ("geom = 'SRID=4490;MULTIPOLYGON EMPTY'", "region_geom_valid"),
        ("geom = ST_FlipCoordinates(geom)", "region_geom_in_degrees"),
        ("parcel = 'SRID=4490;POINT EMPTY'", "region_parcel_check"),
    ],
)
def test_the_tables_refuse_what_cannot_be(dsn: str, change: str, constraint: str) -> None:
    publish(dsn, [small_edition()])
    with pytest.raises(psycopg.errors.CheckViolation) as raised:
        run(dsn, f"UPDATE landprice.region SET {change}")  # noqa: S608 - our own
    assert raised.value.diag.constraint_name == constraint


@pytest.mark.parametrize(
    "change",
    [
        "landprice.region SET geom = ST_SetSRID(geom, 4326)",
        "landprice.region SET geom = ST_Centroid(geom)",
        "landprice.region SET ground_price_cny_m2 = NULL",
        "landprice.region SET code = '999900S50001'",
        "landprice.edition_file SET content = 'other'",
        "landprice.edition_file SET name = '../parcels.geojson'",
        "landprice.edition SET id = '999900-2031'",
        "landprice.edition SET sha256 = 'x'",
        "landprice.activation SET publication = 9",
    ],
)
def test_the_tables_refuse_what_does_not_fit(dsn: str, change: str) -> None:
    publish(dsn, [small_edition()])
    with pytest.raises((psycopg.IntegrityError, psycopg.DataError)):
        run(dsn, f"UPDATE {change}")


def test_a_dump_is_restored_whole(
    cluster: Cluster, database: str, dsn: str, tmp_path: Path
) -> None:
    publish(dsn, [shipped_edition()])
    where = ("-h", cluster.folder, "-p", cluster.port, "-U", "postgres")
    dump = cluster.run("pg_dump", *where, database)
    assert (dump.returncode, dump.stderr) == (0, "")
    cluster.sql(f"CREATE DATABASE {database}_restored")
    cluster.sql(dump.stdout, database=f"{database}_restored")
    restored = cluster.url(f"{database}_restored")
    fetch(restored, 1, tmp_path / "out")
    edition = tmp_path / "out" / "411700-2022"
    assert {one.name: one.read_bytes() for one in edition.iterdir()} == shipped_edition()
    assert publish(restored, [small_edition()]) == 2
    assert rows(restored, "SELECT count(*) FROM landprice.price_at(114.0127, 32.9930)") == [(2,)]


def test_gdal_reads_the_layers(reader: str) -> None:
    """As QGIS and ArcGIS do, by GDAL or as it does."""
    program = shutil.which("ogrinfo")
    if program is None:
        pytest.skip("Debian's package gdal-bin, whose GDAL reads PostGIS, is not installed")
    regions = read_parcels(DATA / "parcels.geojson").regions
    parcels = sum(region.parcel_crossing is not None for region in regions)
    layers = {
        "current_region": ("Multi Polygon", 68),
        "current_parcel": ("Point", parcels + 1),
        "current_line": ("Line String", 59),
    }
    for layer, (kind, count) in layers.items():
        command = [program, "-ro", "-so", f"PG:{reader}", f"landprice.{layer}"]
        told = subprocess.check_output(command, encoding="utf-8")  # noqa: S603 - GDAL's own
        assert f"Geometry: {kind}\n" in told
        assert f"Feature Count: {count}\n" in told
        assert 'ID["EPSG",4490]]' in told
        assert "Geometry Column = geom\n" in told
        assert "Extent: (113.9" in told
