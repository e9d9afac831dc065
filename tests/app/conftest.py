"""What the tests of the service and of the command line share."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from app.cli import main
from app.settings import PREFIX, Settings
from app.web.app import create_app
from app.web.edition import LoadedEdition
from geo.editions.catalogue import today
from geo.symbology import PRICE_CLASSES_FILE
from tests.metric import SYSTEMS
from tests.processes import WAIT_S
from tests.synthetic import notice_text, regular_city
from tests.uses import USE_CODES, USES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from click.testing import Result

    from tests.synthetic import City


CheckAnswer = Callable[[Any], None]
Start = Callable[[ASGIApp], TestClient]


class Problem(NamedTuple):
    """The content of an error's body."""

    code: str
    message: str
    field: str | None


class Ask(Protocol):
    """Asks for the price at a coordinate and returns the body of a good answer."""

    def __call__(self, *, lon: float, lat: float, **others: str) -> dict[str, Any]: ...


class Refused(Protocol):
    """Asks for what must be refused with a status and returns what the body says."""

    def __call__(self, path: str, params: Mapping[str, str], *, status: int) -> Problem: ...


class Landprice(Protocol):
    """Runs the installed command in a process of its own."""

    def __call__(
        self, *args: str, data: Path | None = None
    ) -> subprocess.CompletedProcess[str]: ...


class Invoke(Protocol):
    """Runs the command in this process; an exception that it lets out is a failed test."""

    def __call__(self, *args: str, data: Path | None = None) -> Result: ...


def _a_date(value: object) -> bool:
    return isinstance(value, str) and str(date.fromisoformat(value)) == value


_AMOUNT = (float,)  # JSON 2.0, not 2: a field does not change its type with its value
_BOUND = {"line": (str,), "distance_m": _AMOUNT, "accuracy_m": _AMOUNT}
_USE = frozenset(use.code for use in USES)
_ANSWER: dict[str, Any] = {
    "query": {
        "lon": _AMOUNT,
        "lat": _AMOUNT,
        "crs": frozenset(crs.value for crs in SYSTEMS),
    },
    "edition": {
        "id": (str,),
        "city": (str,),
        "valuation_date": _a_date,
        "effective_from": _a_date,
        "valid_to": (str, type(None)),
        "document": (str,),
        "superseded_by": (str, type(None)),
        "valuation_age_years": _AMOUNT,
    },
    "covered": (bool,),
    "prices": [
        {
            "code": (str,),
            "use": _USE,
            "use_name": frozenset(use.label for use in USES),
            "ground_price_cny_m2": (int,),
            "floor_price_cny_m2": (int, type(None)),
            "plot_ratio": _AMOUNT,
            "tenure_years": (int,),
            "right_type": (str,),
            "development": (str,),
            "bounds": dict.fromkeys(("east", "west", "south", "north"), _BOUND),
            "standard_parcel": {"name": (str,), "location": (str,), "area_m2": _AMOUNT},
            "geometry_source": frozenset({"schematic", "centrelines", "official"}),
            "placement": frozenset({"tied", "free"}),
            "distance_to_boundary_m": _AMOUNT,
            "probability": _AMOUNT,
            "certainty": frozenset({"inside", "likely", "uncertain", "on_boundary"}),
            "drawn": (bool,),
            "likeliest": (bool,),
            "alternatives": [
                {
                    "code": (str,),
                    "ground_price_cny_m2": (int,),
                    "floor_price_cny_m2": (int, type(None)),
                    "probability": _AMOUNT,
                }
            ],
            "previous": (dict, type(None)),
        }
    ],
    "nearest": [
        {
            "code": (str,),
            "use": _USE,
            "distance_m": _AMOUNT,
            "probability": _AMOUNT,
            "within_accuracy": (bool,),
        }
    ],
    "chances": (dict,),
    "question": (dict, type(None)),
    "known": (dict, type(None)),
    "words": (dict, type(None)),
    "pasted": (dict, type(None)),
}
_CHANCE = {
    "none_probability": _AMOUNT,
    "ground_price_low_cny_m2": (int, type(None)),
    "ground_price_high_cny_m2": (int, type(None)),
}


def _check_shape(value: Any, shape: Any, place: str) -> None:  # noqa: ANN401
    if isinstance(shape, dict):
        assert isinstance(value, dict), place
        assert set(value) == set(shape), place
        for key, inner in shape.items():
            _check_shape(value[key], inner, f"{place}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), place
        for item in value:
            _check_shape(item, shape[0], f"{place}[]")
    elif isinstance(shape, frozenset):
        assert value in shape, place
    elif isinstance(shape, tuple):
        assert type(value) in shape, f"{place}: {value!r}"
    else:
        assert shape(value), f"{place}: {value!r}"


def _check_answer(answer: Any) -> None:  # noqa: ANN401
    _check_shape(answer, _ANSWER, "answer")
    for chance in answer["chances"].values():
        _check_shape(chance, _CHANCE, "answer.chances")
    ranks = [
        (USE_CODES.index(price["use"]), -price["probability"], price["code"])
        for price in answer["prices"]
    ]
    assert ranks == sorted(set(ranks))
    assert answer["covered"] is bool(answer["prices"])
    nearest = [near["use"] for near in answer["nearest"]]
    assert nearest == [use for use in USE_CODES if use in nearest]
    priced = {price["use"] for price in answer["prices"]}
    assert not priced & set(nearest)
    assert list(answer["chances"]) == [use for use in USE_CODES if use in {*priced, *nearest}]
    for price in answer["prices"]:
        distances_m = [bound["distance_m"] for bound in price["bounds"].values()]
        assert price["distance_to_boundary_m"] == min(distances_m)
        others = [other["probability"] for other in price["alternatives"]]
        assert others == sorted(others, reverse=True)


def strict_json(text: str) -> Any:  # noqa: ANN401
    """Read JSON and refuse the NaN and Infinity that Python would take."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.fixture(scope="session")
def edition() -> LoadedEdition:
    """The shipped edition, as the service loads it."""
    return LoadedEdition.read(Settings().parcels)


@pytest.fixture(scope="session")
def shipped() -> dict[str, Any]:
    """The content of the shipped file."""
    content: dict[str, Any] = strict_json(Settings().parcels.read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="session")
def edition_facts(shipped: dict[str, Any]) -> dict[str, Any]:
    """What the service says of the shipped edition: what its file says, and what follows today."""
    facts = shipped["edition"]
    age_days = (today() - date.fromisoformat(facts["valuation_date"])).days
    return {
        "id": f"{facts['admin_code']}-{facts['valuation_date'][:4]}",
        "valid_to": None,
        "superseded_by": None,
        "valuation_age_years": round(age_days / 365.25, 1),
        **{name: facts[name] for name in facts if not name.startswith("map_")},
    }


@pytest.fixture(scope="session")
def client() -> Iterator[TestClient]:
    """The service on the shipped data."""
    with TestClient(create_app(Settings())) as client:
        yield client


@pytest.fixture(scope="session")
def valuer(valued_data: Path) -> Iterator[TestClient]:
    """A client of a service that values by these coefficients."""
    with TestClient(create_app(Settings(data=valued_data)), raise_server_exceptions=False) as one:
        yield one


@pytest.fixture(scope="session")
def start() -> Start:
    """Make a client that starts an application, which answers with a 500 where it fails."""
    return lambda app: TestClient(app, raise_server_exceptions=False)


@pytest.fixture(scope="session")
def check_answer() -> CheckAnswer:
    """Check what must hold of the body of every price answer."""
    return _check_answer


@pytest.fixture(scope="session")
def ask(client: TestClient) -> Ask:
    def ask(*, lon: float, lat: float, **others: str) -> dict[str, Any]:
        response = client.get("/v1/price", params={"lon": repr(lon), "lat": repr(lat), **others})
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == "application/json"
        answer: dict[str, Any] = strict_json(response.text)
        _check_answer(answer)
        return answer

    return ask


@pytest.fixture(scope="session")
def refused(client: TestClient) -> Refused:
    def refused(path: str, params: Mapping[str, str], *, status: int) -> Problem:
        response = client.get(path, params=params)
        assert response.status_code == status, response.text
        assert response.headers["content-type"] == "application/json"
        body = strict_json(response.text)
        assert list(body) == ["error"]
        assert set(body["error"]) == set(Problem._fields)
        return Problem(**body["error"])

    return refused


def _environment(data: Path | None) -> dict[str, str]:
    return {} if data is None else {f"{PREFIX}DATA": str(data)}


@pytest.fixture(scope="session")
def landprice(command: str) -> Landprice:
    def landprice(*args: str, data: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - our own command
            [command, *args],
            capture_output=True,
            check=False,
            encoding="utf-8",
            env={**os.environ, **_environment(data)},
            timeout=WAIT_S,
        )

    return landprice


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let Ctrl-C through to this process and its children: in the background shells ignore it.

    So it is with what a terminal sends when it is closed.
    """
    numbers = (signal.SIGINT, signal.SIGHUP)
    before = {number: signal.signal(number, signal.default_int_handler) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def invoke() -> Invoke:
    def invoke(*args: str, data: Path | None = None) -> Result:
        return CliRunner().invoke(
            main,
            args,
            env=_environment(data),
            catch_exceptions=False,
            prog_name="landprice",
        )

    return invoke


@dataclass(frozen=True)
class CityFolder:
    """A synthetic city as files that an operator would hand in.

    Attributes
    ----------
    city : City
    data : Path
        What LANDPRICE_DATA points at; it holds no regions yet.
    centrelines : Path
        The true courses of all its lines.
    """

    city: City
    data: Path
    centrelines: Path

    @property
    def table(self) -> Path:
        """The gazette's table."""
        return self.data / "gazette" / "2030.tsv"


@pytest.fixture
def city_folder(tmp_path: Path) -> CityFolder:
    """A straight city of 4 by 4 blocks, commercial and residential, and no industry."""
    city = regular_city()
    folder = CityFolder(city, tmp_path / "city", tmp_path / "centrelines.geojson")
    folder.table.parent.mkdir(parents=True)
    folder.table.write_text(city.table, encoding="utf-8")
    folder.table.with_suffix(".toml").write_text(notice_text(city.notice), encoding="utf-8")
    breaks = "\n".join(f"{use} = [1000, 2000, 3000, 4000, 5000]" for use in USES)
    (folder.data / PRICE_CLASSES_FILE).write_text(breaks, encoding="utf-8")
    features = [
        {
            "type": "Feature",
            "properties": {"name": name, "accuracy_m": 5},
            "geometry": {"type": "LineString", "coordinates": list(line.geometry.coords)},
        }
        for name, line in city.true_lines().items()
    ]
    collection = {"type": "FeatureCollection", "features": features}
    folder.centrelines.write_text(json.dumps(collection), encoding="utf-8")
    return folder
