"""What is told of the coefficients of each edition."""

from __future__ import annotations

import tomllib
from hashlib import sha256
from typing import TYPE_CHECKING

from geo.valuation.coefficients import COEFFICIENTS_FILE

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi.testclient import TestClient


def test_the_list_of_editions_tells_what_parcels_are_valued_by(
    valuer: TestClient, valued_data: Path
) -> None:
    content = (valued_data / COEFFICIENTS_FILE).read_bytes()
    given = tomllib.loads(content.decode())["uses"]
    [edition] = valuer.get("/v1/editions").json()["editions"]
    told = edition["coefficients"]
    assert told["synthetic"] is True
    assert told["sha256"] == sha256(content).hexdigest()
    assert list(told["uses"]) == list(given)
    for code, known in told["uses"].items():
        for name in ("tenure", "plot_ratio", "date", "development"):
            assert known[name] == given[code].get(name, {}).get("method")
        assert known["levels"] == list(given[code]["development"]["costs_cny_m2"])
        assert known["factors"] == list(given[code].get("factors", {}))
    assert (told["uses"]["commercial"]["since"], told["uses"]["commercial"]["until"]) == (
        str(given["commercial"]["date"]["index"][0][0]),
        str(given["commercial"]["date"]["until"]),
    )
    assert told["uses"]["industrial"]["since"] is None


def test_without_coefficients_there_is_nothing_to_tell(client: TestClient) -> None:
    [edition] = client.get("/v1/editions").json()["editions"]
    assert edition["coefficients"] is None
