"""``landprice compare``; all deals and coefficients are invented."""

from __future__ import annotations

import json
import time
from datetime import date
from typing import TYPE_CHECKING, Any

import geopandas
import pytest
import shapely
from openpyxl import Workbook

from app.settings import Settings
from app.web.edition import LoadedEdition
from geo.valuation.deals.comparison import LEAST_TESTED
from tests.deals import BIASED, invented_deals, write_deals
from tests.editions import another_city, valued_folder, write_edition
from tests.factories import LAT, LON
from tests.paths import DATA

if TYPE_CHECKING:
    from pathlib import Path

    from tests.app.conftest import Invoke, Landprice

DAY = date(2024, 5, 1)


@pytest.fixture(scope="module")
def valued_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return valued_folder(tmp_path_factory.mktemp("valued") / "data")


@pytest.fixture(scope="module")
def valued(valued_data: Path) -> LoadedEdition:
    return LoadedEdition.read(Settings(data=valued_data).parcels)


def as_json(invoke: Invoke, data: Path, *args: str) -> dict[str, Any]:
    done = invoke("compare", *args, "--json", data=data)
    assert (done.exit_code, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.slow
def test_a_bias_in_one_region_is_found_and_no_other_group_accused(
    valued: LoadedEdition, valued_data: Path, invoke: Invoke, tmp_path: Path
) -> None:
    """8 % in one region among 10 000 deals with a noise of 10 %."""
    deals = invented_deals(valued, 10_000, day=DAY, bias={BIASED: 0.08})
    path = write_deals(tmp_path / "deals.csv", deals, "lon", "lat")
    start_s = time.monotonic()
    found = as_json(invoke, valued_data, path)
    assert time.monotonic() - start_s < 20
    assert found["not_valued"] == []
    groups = [found["everything"], *found["uses"], *found["regions"]]
    assert sum(one["deals"] for one in found["regions"]) == 10_000
    assert min(one["deals"] for one in groups) >= LEAST_TESTED
    accused = [one for one in groups if one["verdict"] in {"above", "below"}]
    assert [(one["code"], one["verdict"]) for one in accused] == [(BIASED, "above")]
    assert accused[0]["median_deviation"] == pytest.approx(0.08, abs=0.02)
    # Of 1000 seeds 50 would accuse somebody: without a bias, this one accuses nobody.
    path = write_deals(tmp_path / "none.csv", invented_deals(valued, 10_000, day=DAY), "lon", "lat")
    none = as_json(invoke, valued_data, path)
    verdicts = {one["verdict"] for one in [none["everything"], *none["uses"], *none["regions"]]}
    assert verdicts == {"not_shown"}


def test_files_of_every_kind_say_the_same(
    valued: LoadedEdition, valued_data: Path, invoke: Invoke, tmp_path: Path
) -> None:
    deals = invented_deals(valued, 12, day=DAY)
    plain = as_json(invoke, valued_data, write_deals(tmp_path / "a.csv", deals, "code"))
    assert len(plain["deals"]) == 12
    assert [one["name"] for one in plain["deals"]] == [one["id"] for one in deals]
    titles = {
        "id": "编号",
        "lon": "经度",
        "lat": "纬度",
        "use": "用途",
        "date": "成交日期",
        "price_cny_m2": "成交地面单价（元/㎡）",
        "plot_ratio": "容积率",
        "remaining_years": "剩余使用年期",
    }
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(titles.values()))
    for one in deals:
        sheet.append([DAY if name == "date" else one[name] for name in titles])
    book.save(tmp_path / "a.xlsx")
    frame = geopandas.GeoDataFrame(
        [
            {name: str(one[name]) for name in one if name not in {"lon", "lat", "code"}}
            for one in deals
        ],
        geometry=[shapely.Point(one["lon"], one["lat"]) for one in deals],
        crs="EPSG:4326",
    )
    frame.to_file(tmp_path / "a.gpkg")
    frame.to_parquet(tmp_path / "a.parquet")
    for name in ("a.xlsx", "a.gpkg", "a.parquet"):
        found = as_json(invoke, valued_data, str(tmp_path / name))
        for key in ("deals", "regions", "uses", "everything"):
            assert found[key] == plain[key], name


@pytest.mark.slow
def test_in_words(
    valued: LoadedEdition,
    valued_data: Path,
    invoke: Invoke,
    landprice: Landprice,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deals = invented_deals(valued, 400, day=DAY, bias={BIASED: 1.0})
    deals[4] |= {"price_cny_m2": "1.1234567"}
    deals[7] |= {"remaining_years": -1}
    path = write_deals(tmp_path / "deals.csv", deals, "lon", "lat")
    told = invoke("compare", path, data=valued_data).stdout.splitlines()
    assert told[0] == "deals.csv: 400 deals, 398 compared, 2 not valued"
    assert told[1] == "  411700-2022 (驻政〔2023〕13号): 398 deals, with invented coefficients"
    assert told[2].startswith("All  398 deals, median deviation ")
    assert any("extreme" in one and BIASED in one for one in told)
    assert told[-2].startswith("  row 5 虚构-5: price is 1.1234567; ")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    chinese = landprice("compare", path, data=valued_data).stdout.splitlines()
    assert chinese[0] == "deals.csv：400 宗成交，398 宗已比较，2 宗未估价"
    assert "系数为虚构" in chinese[1]
    assert chinese[-1].startswith("  第 8 行 虚构-8：")


@pytest.mark.slow
def test_each_deal_finds_its_city_and_the_edition_of_its_day(
    invoke: Invoke, tmp_path: Path
) -> None:
    """Two years of the shipped city, and another city; all but 2022's is synthetic."""
    data = tmp_path / "data"
    data.mkdir()
    later = write_edition(tmp_path / "later", 2024, share=0.5)
    other = another_city(tmp_path / "other", 2022, admin_code="999900", city="虚构市", east_deg=1.0)
    assert invoke("publish", str(DATA), str(later), str(other), data=data).exit_code == 0
    there = {"lon": LON, "lat": LAT, "code": "", "use": "commercial", "price_cny_m2": 4000}
    deals = [
        {**there, "date": "2024-06-30"},
        {**there, "date": "2024-07-01"},
        {**there, "date": "2024-07-01", "lon": LON + 1},
        {**there, "date": "2024-07-01", "code": BIASED.replace("411700", "999900"), "lon": "x"},
        {**there, "date": "2024-07-01", "code": "411700S99999"},
        {**there, "date": "2022-06-01", "lon": LON + 1},
    ]
    path = write_deals(tmp_path / "deals.csv", deals)
    found = as_json(invoke, data, path, "--unadjusted")
    told = [(one["row"], one["edition"], one["standard_cny_m2"]) for one in found["deals"]]
    assert told == [
        (1, "411700-2022", "4415"),
        (2, "411700-2024", str(round(4415 * 1.5))),
        (3, "999900-2022", "4415"),
        (4, "999900-2022", "4415"),
    ]
    assert [one["code"] for one in found["not_valued"]] == ["unknown_region", "no_edition"]
    done = invoke("compare", path, "--unadjusted", "--map", str(tmp_path / "m.html"), data=data)
    assert done.exit_code == 0
    told_city = as_json(invoke, data, path, "--unadjusted", "--city", "虚构市")
    assert {one["edition"] for one in told_city["deals"]} == {"999900-2022"}


@pytest.mark.slow
def test_reports_and_a_map_are_written(
    valued: LoadedEdition, valued_data: Path, invoke: Invoke, tmp_path: Path
) -> None:
    path = write_deals(tmp_path / "deals.csv", invented_deals(valued, 30, day=DAY), "code")
    files = [str(tmp_path / name) for name in ("a.html", "a.xlsx", "map.html")]
    html, book, drawn = files
    done = invoke("compare", path, "-o", html, "-o", book, "--map", drawn, data=valued_data)
    assert (done.exit_code, done.stderr) == (0, "")
    for name in files:
        assert f"{name}: " in done.stdout
    assert {one.name for one in tmp_path.iterdir()} == {"deals.csv", "a.html", "a.xlsx", "map.html"}


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("-o", "report.pdf"), "must end in .html or .xlsx"),
        (("--map", "{path}"), "is read to make this"),
        (
            (
                "--use",
                "commercial",
                "--price",
                "remaining_years",
                "--price-unit",
                "wan_mu",
                "--map",
                "x.html",
                "--date",
                "id",
            ),
            "No deal could be valued",
        ),
        (("--price-unit", "wan"), "the column 'price_cny_m2' says yuan_m2"),
        (("--price", "none"), "The column 'none' is not in the columns"),
        (("--date", "none"), "The column 'none' is not in the columns"),
        (("--use", "forest"), "use is 'forest'"),
        (("--city", "北京"), "city is '北京'"),
        (("--use", "commercial", "--use-column", "use"), "--use stands in the place"),
        (("--location", "id", "--crs", "gcj02"), "--location stands in the place"),
        (("--lon", "none"), "The column 'none' for lon is not in"),
        (("--layer", "x"), "leave out --layer"),
    ],
)
def test_bad_usage(
    valued: LoadedEdition,
    valued_data: Path,
    invoke: Invoke,
    tmp_path: Path,
    args: tuple[str, ...],
    says: str,
) -> None:
    path = write_deals(tmp_path / "deals.csv", invented_deals(valued, 2, day=DAY), "code")
    args = tuple(one.format(path=path) for one in args)
    done = invoke("compare", path, *args, data=valued_data)
    assert (done.exit_code, done.stdout) == (2, "")
    assert says in done.stderr


def test_a_column_is_named_where_its_name_says_nothing(
    valued: LoadedEdition, valued_data: Path, invoke: Invoke, tmp_path: Path
) -> None:
    deals = invented_deals(valued, 3, day=DAY)
    for one in deals:
        one |= {"p": one["price_cny_m2"], "when": one["date"], "kind": one["use"], "x": one["code"]}
    left_out = ("price_cny_m2", "date", "use", "code", "lon", "lat")
    path = write_deals(tmp_path / "deals.csv", deals, *left_out)
    args = ("--price", "p", "--date", "when", "--use-column", "kind", "--code", "x")
    assert "does not say in what" in invoke("compare", path, *args, data=valued_data).stderr
    found = as_json(invoke, valued_data, path, *args, "--price-unit", "yuan_m2")
    assert [one["code"] for one in found["deals"]] == [one["code"] for one in deals]
