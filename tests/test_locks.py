"""The lock files hold everything that is installed: pip resolves nothing."""

from __future__ import annotations

import re

import pytest

from tests.locks import ROOTS, in_force, read_pins, unmet
from tests.paths import ROOT

INSTALLED = [lock for lock in ROOTS if lock != "requirements-bench.lock"]
"""What `make setup` installs; `tests/benchmarks` checks the other one."""

OTHER_PYTHONS = [{"python_version": v, "python_full_version": f"{v}.0"} for v in ("3.12", "3.13")]


@pytest.mark.parametrize("lock", ROOTS)
def test_locks_have_hashes_and_no_addresses(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index" not in text
    pins = re.findall(r"^[a-z0-9-]+==[^\\\n]+ (\\?)$", text, re.MULTILINE)
    assert len(pins) == len(read_pins(lock)) > 0
    assert all(pins), "a pin without a hash"


@pytest.mark.parametrize("lock", INSTALLED)
def test_every_requirement_is_met_inside_its_lock(lock: str) -> None:
    assert unmet(in_force(read_pins(lock), {}), ROOTS[lock], {}) == []


@pytest.mark.parametrize("environment", OTHER_PYTHONS, ids=lambda e: e["python_version"])
@pytest.mark.parametrize("lock", INSTALLED)
def test_so_it_is_on_other_pythons(lock: str, environment: dict[str, str]) -> None:
    assert unmet(in_force(read_pins(lock), environment), ROOTS[lock], environment) == []


@pytest.mark.parametrize("lock", INSTALLED)
def test_a_pin_that_is_gone_is_missed(lock: str) -> None:
    pins = in_force(read_pins(lock), {})
    for name in pins:
        others = {other: pin for other, pin in pins.items() if other != name}
        assert unmet(others, ROOTS[lock], {}), name


def test_other_pythons_run_what_the_tests_ran() -> None:
    for lock in ROOTS:
        here, *others = (
            {name: pin.specifier for name, pin in in_force(read_pins(lock), environment).items()}
            for environment in (
                {"python_version": "3.11", "python_full_version": "3.11.0"},
                *OTHER_PYTHONS,
            )
        )
        for other in others:
            assert {name: pin for name, pin in other.items() if here.get(name) != pin} == {}
