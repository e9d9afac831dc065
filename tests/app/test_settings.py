"""Settings: all documented, all from the environment, none read before they are asked for."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from app.errors import SettingsError
from app.settings import PREFIX, Settings, read_settings
from app.web.app import app_from_environment, create_app
from geo.errors import ParcelsError
from tests.paths import DATA, ROOT
from tests.processes import run_script

if TYPE_CHECKING:
    from pathlib import Path

    from tests.app.conftest import Start


@pytest.mark.parametrize("field", sorted(Settings.model_fields))
def test_every_setting_is_in_the_readme(field: str) -> None:
    name = f"{PREFIX}{field.upper()}"
    assert re.search(rf"\b{name}\b", (ROOT / "README.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("field", sorted(Settings.model_fields))
def test_every_setting_is_described_and_has_a_default(field: str) -> None:
    info = Settings.model_fields[field]
    assert info.description
    assert not info.is_required()


def test_the_readme_names_no_setting_that_does_not_exist() -> None:
    named = re.findall(rf"\b{PREFIX}[A-Z_]+\b", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert set(named) <= {f"{PREFIX}{field.upper()}" for field in Settings.model_fields}


def test_defaults() -> None:
    settings = Settings()
    assert settings.data == DATA
    assert settings.parcels == DATA / "parcels.geojson"
    assert settings.log_level == "info"
    assert settings.batch_max_mb == 256


def test_values_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDPRICE_DATA", str(tmp_path))
    monkeypatch.setenv("LANDPRICE_LOG_LEVEL", "warning")
    settings = read_settings()
    assert (settings.data, settings.log_level) == (tmp_path, "warning")
    assert settings.parcels == tmp_path / "parcels.geojson"


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().log_level = "debug"


def test_a_log_level_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDPRICE_LOG_LEVEL", "loud")
    for read in (read_settings, app_from_environment):
        with pytest.raises(SettingsError, match="LANDPRICE_LOG_LEVEL is 'loud'") as caught:
            read()
        assert caught.value.code == "settings_invalid"
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "many", ""])
def test_a_cap_that_is_none(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("LANDPRICE_BATCH_MAX_MB", value)
    with pytest.raises(SettingsError, match=f"LANDPRICE_BATCH_MAX_MB is '{value}'"):
        read_settings()


@pytest.mark.slow
def test_nothing_is_read_at_import() -> None:
    """Nonsense in the environment harms neither the import nor the making of the app."""
    script = (
        "import app.web.app, app.cli, geo.build.edition, maps\n"
        "import os\n"
        "os.environ['LANDPRICE_LOG_LEVEL'] = 'info'\n"
        "app.web.app.app_from_environment()\n"
        "print('made')\n"
    )
    nonsense = {"LANDPRICE_DATA": "/nowhere\n", "LANDPRICE_LOG_LEVEL": "nonsense"}
    assert run_script(script, **nonsense) == "made\n"


def test_only_starting_needs_the_data(tmp_path: Path, start: Start) -> None:
    client = start(create_app(Settings(data=tmp_path / "nowhere")))
    with pytest.raises(ParcelsError, match=r"parcels\.geojson cannot be read"), client:
        pytest.fail("the service has started without data")


def test_the_app_of_a_server_process_reads_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: Start
) -> None:
    shutil.copy(Settings().parcels, tmp_path)
    monkeypatch.setenv("LANDPRICE_DATA", str(tmp_path))
    with start(app_from_environment()) as client:
        assert client.get("/v1/health").status_code == 200
    (tmp_path / "parcels.geojson").write_text("{}", encoding="utf-8")
    damaged = start(app_from_environment())
    with pytest.raises(ParcelsError, match="is damaged"), damaged:
        pytest.fail("the service has started with damaged data")


@pytest.mark.parametrize("value", ["everyone", "10.0.0.1/8", "10.0.0", "*"])
def test_proxies_that_are_no_addresses(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("LANDPRICE_TRUSTED_PROXIES", f"127.0.0.1, {value}")
    with pytest.raises(SettingsError, match="it must list addresses or networks"):
        read_settings()


def test_limits_trust_whom_they_list() -> None:
    limits = Settings(trusted_proxies="10.1.0.0/16, ::1").limits
    told = ["10.1.2.3", "::1", "10.2.0.1", "127.0.0.1", "unix"]
    assert [limits.trusts(one) for one in told] == [True, True, False, False, True]
