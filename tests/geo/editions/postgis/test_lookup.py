"""The price at a point by SQL: the regions that the product itself finds, on edges too."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import psycopg
import pytest
import shapely
from shapely import MultiPolygon, Polygon

from geo import open_edition, price_at
from geo.editions.postgis.publish import publish, rollback
from geo.geojson import DECIMALS
from geo.lookup.grid_tables import UNRESOLVED
from geo.model import RESIDENTIAL, GeometrySource
from geo.parcels import PARCELS_FILE
from tests.editions import shipped_edition, small_edition
from tests.factories import LAT, LON, rectangle, region

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from geo.lookup.edition import OpenEdition

    Places = npt.NDArray[np.float64]

pytestmark = pytest.mark.slow

SHIPPED: Final = open_edition()

Found = list[set[str]]


def by_sql(dsn: str, places: Places) -> Found:
    """Ask the database for the codes at places of shape (n, 2), every bit of them kept."""
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TEMP TABLE place (n int, lon float8, lat float8)")
        with connection.cursor() as cursor, cursor.copy("COPY place FROM STDIN") as copy:
            for number, (lon, lat) in enumerate(places.tolist()):
                copy.write_row((number, lon, lat))
        rows = connection.execute(
            "SELECT array_agg(price.code) FROM place"
            " LEFT JOIN LATERAL landprice.price_at(lon, lat) AS price ON true"
            " GROUP BY n ORDER BY n"
        ).fetchall()
    return [set(codes) - {None} for (codes,) in rows]


def by_point(edition: OpenEdition, places: Places) -> Found:
    """Ask the product for what is drawn at one place after the other."""
    answers = (price_at(edition, lon=lon, lat=lat) for lon, lat in places.tolist())
    return [{price.code for price in answer.prices if price.drawn} for answer in answers]


def by_grid(edition: OpenEdition, places: Places) -> Found:
    """Ask the product for many places at once."""
    regions, grid = edition.regions, edition.field.table.grid
    lon, lat = places.T.copy()
    sets = grid.find_many(lon=lon, lat=lat)
    found: Found = [
        {regions[i].code for i in grid.tables.sets[number]} if number != UNRESOLVED else set()
        for number in sets.tolist()
    ]
    unsure = np.flatnonzero(sets == UNRESOLVED)
    for place, region_ in zip(*grid.query_exact(lon=lon[unsure], lat=lat[unsure]), strict=True):
        found[unsure[place]].add(regions[region_].code)
    return found


def places_on_edges(edition: OpenEdition, rng: np.random.Generator, count: int) -> Places:
    """Vertices, and places along edges: as near as floating point comes, and of 7 decimals."""
    rings = shapely.get_rings(shapely.get_parts([one.polygon for one in edition.regions]))
    positions, ring = shapely.get_coordinates(rings, return_index=True)
    ends = np.stack([positions[:-1], positions[1:]], axis=1)[ring[:-1] == ring[1:]]
    chosen = ends[rng.integers(len(ends), size=count)]
    along = rng.uniform(size=(count, 1))
    near = chosen[:, 0] + along * (chosen[:, 1] - chosen[:, 0])
    exact = np.concatenate([np.unique(ends[:, 0], axis=0), near, chosen.mean(axis=1)])
    step = rng.choice([-np.inf, np.inf], size=exact.shape)
    return np.concatenate([exact, exact.round(DECIMALS), np.nextafter(exact, step)])


def places_anywhere(edition: OpenEdition, rng: np.random.Generator, count: int) -> Places:
    west, south, east, north = edition.extent
    return rng.uniform((west - 0.01, south - 0.01), (east + 0.01, north + 0.01), (count, 2))


def test_points_on_edges_and_vertices(dsn: str) -> None:
    publish(dsn, [shipped_edition()])
    places = places_on_edges(SHIPPED, np.random.default_rng(1), 500)
    found = by_sql(dsn, places)
    assert found == by_grid(SHIPPED, places)
    assert found[::20] == by_point(SHIPPED, places[::20])
    # On a shared edge two regions of one use hold the point, which their codes' letters tell.
    shared = [codes for codes in found if len({code[6] for code in codes}) < len(codes)]
    assert len(shared) > 100


def test_points_on_long_edges_holes_and_several_parts(dsn: str, tmp_path: Path) -> None:
    """With ST_Covers in its place, some of these points are on the wrong side."""
    slanted = [(114.0, 33.0), (116.7411, 34.1139), (117.3, 35.2), (114.6513, 35.5173)]
    hole = [(114.8, 34.0), (115.1, 34.7), (115.6, 34.3)]
    far = Polygon(rectangle(lon=118.0, lat=33.0))
    official = replace(
        region("Z70001", slanted, use=RESIDENTIAL),
        polygon=MultiPolygon([Polygon(slanted, [hole]), far]),
        geometry_source=GeometrySource.OFFICIAL,
    )
    files = small_edition(year=2020, regions=(official,))
    (tmp_path / PARCELS_FILE).write_bytes(files[PARCELS_FILE])
    edition = open_edition(tmp_path)
    publish(dsn, [files])
    places = places_on_edges(edition, np.random.default_rng(4), 3_000)
    found = by_sql(dsn, places)
    assert found == by_grid(edition, places)
    assert 2_000 < sum(map(bool, found)) < len(places) - 2_000


def test_points_anywhere(dsn: str) -> None:
    publish(dsn, [shipped_edition()])
    places = places_anywhere(SHIPPED, np.random.default_rng(2), 3_000)
    assert by_sql(dsn, places) == by_grid(SHIPPED, places)


@pytest.mark.soak
def test_a_hundred_thousand_points(dsn: str) -> None:
    publish(dsn, [shipped_edition()])
    rng = np.random.default_rng(3)
    on_edges = places_on_edges(SHIPPED, rng, 9_000)
    places = np.concatenate([places_anywhere(SHIPPED, rng, 50_000), on_edges])
    assert len(places) >= 100_000
    assert by_sql(dsn, places) == by_grid(SHIPPED, places)


def asked(dsn: str, columns: str, arguments: str) -> list[tuple[Any, ...]]:
    query = f"SELECT {columns} FROM landprice.price_at({arguments})"  # noqa: S608 - our own
    with psycopg.connect(dsn) as connection:
        return connection.execute(query.encode()).fetchall()


def test_the_answer_is_the_products(dsn: str) -> None:
    publish(dsn, [shipped_edition()])
    told = (
        *("code", "ground_price_cny_m2", "floor_price_cny_m2", "plot_ratio", "tenure_years"),
        *("right_type", "development", "standard_parcel"),
    )
    records = [price.region.record for price in price_at(SHIPPED, lon=LON, lat=LAT).prices]
    expected = [tuple(getattr(record, name) for name in told) for record in records]
    assert asked(dsn, ", ".join(told), f"{LON}, {LAT}") == expected
    edition = SHIPPED.parcels.edition
    facts = edition.city, edition.document, edition.effective_from, SHIPPED.parcels.attribution
    columns = "city, document, effective_from, attribution"
    assert asked(dsn, columns, f"{LON}, {LAT}") == [facts, facts]


@pytest.mark.parametrize(
    ("use", "codes"),
    [
        ("NULL", ["411700S50002", "411700Z70007"]),
        ("'residential'", ["411700Z70007"]),
        ("'商服用地'", ["411700S50002"]),
        ("'industrial'", []),
        ("'nonsense'", []),
    ],
)
def test_only_one_use(dsn: str, use: str, codes: list[str]) -> None:
    publish(dsn, [shipped_edition()])
    assert [code for (code,) in asked(dsn, "code", f"{LON}, {LAT}, {use}")] == codes
    assert [code for (code,) in asked(dsn, "code", f"{LON}, {LAT}, use => {use}")] == codes


IN_CITY: Final = "114.305, 33.005"


@pytest.mark.parametrize(
    ("day", "prices"),
    [
        ("'2020-03-31'", []),
        ("'2020-04-01'", [4000]),
        ("'2021-03-31'", [4000]),
        ("'2021-04-01'", [5000]),
        ("NULL", [5000]),
        ("'2199-12-31'", [5000]),
        ("'2201-01-01'", [6000]),
    ],
)
def test_the_edition_in_force_on_a_day(dsn: str, day: str, prices: list[int]) -> None:
    years = {2020: 4000, 2021: 5000, 2200: 6000}
    publish(dsn, [small_edition(year=year, price_cny_m2=price) for year, price in years.items()])
    found = asked(dsn, "ground_price_cny_m2", f"{IN_CITY}, as_of => {day}")
    assert [price for (price,) in found] == prices


def test_the_current_publication_alone_answers(dsn: str) -> None:
    publish(dsn, [small_edition(year=2020, price_cny_m2=4000), shipped_edition()])
    publish(dsn, [small_edition(year=2020, price_cny_m2=9000)])
    assert asked(dsn, "ground_price_cny_m2", IN_CITY) == [(9000,)]
    assert len(asked(dsn, "code", f"{LON}, {LAT}")) == 2  # of the other city, which was kept
    rollback(dsn)
    assert asked(dsn, "ground_price_cny_m2", IN_CITY) == [(4000,)]


@pytest.mark.parametrize(
    "place",
    [
        *("NULL, 33", "114, NULL", "'NaN', 33", "114, 'NaN'", "33, 114"),
        *("'Infinity', '-Infinity'", "1e308, 1"),
    ],
)
def test_what_is_no_place_has_no_price(dsn: str, place: str) -> None:
    publish(dsn, [small_edition(year=2020)])
    assert asked(dsn, "code", place) == []
