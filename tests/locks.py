"""The lock files, read as pip reads them, and what is missing in them."""

from __future__ import annotations

import tomllib
from collections import deque
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Environment = Mapping[str, str]

_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
_DEPENDENCIES: list[str] = _PROJECT["project"]["dependencies"]
_GROUPS: dict[str, list[str]] = _PROJECT["dependency-groups"]

ROOTS = {
    "requirements-build.lock": _GROUPS["build"],
    "requirements.lock": _DEPENDENCIES,
    "requirements-dev.lock": _DEPENDENCIES + _GROUPS["dev"],
    "requirements-bench.lock": _DEPENDENCIES + _GROUPS["bench"],
}
"""What `make lock` makes each lock of, by the lock's name."""


def read_pins(lock: str) -> list[Requirement]:
    """Read the pins of a lock file of this project, without their hashes."""
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    return [Requirement(line.removesuffix("\\")) for line in lines if line[:1] not in {" ", "#"}]


def in_force(pins: Iterable[Requirement], environment: Environment) -> dict[str, Requirement]:
    """Select the pins that pip installs in an environment, by canonical name."""
    return {canonicalize_name(pin.name): pin for pin in pins if _applies(pin, environment)}


def unmet(
    pins: Mapping[str, Requirement], roots: Sequence[str], environment: Environment
) -> list[str]:
    """Find what an installation of pins without resolution would lack.

    Parameters
    ----------
    pins : mapping of str to Requirement
        As `in_force` returns them.
    roots : sequence of str
        What the project itself requires.
    environment : mapping of str to str
        Values of environment markers that differ from this Python's.

    Returns
    -------
    list of str
        Each requirement, of the project or of a pinned distribution, that no pin satisfies. What a
        distribution requires is read from its installed metadata; if it is not installed in the
        pinned version, that is reported as well, unless `environment` is another one than this.
    """
    problems: list[str] = []
    asked: set[tuple[str, str]] = set()
    waiting = deque(
        ("the project", requirement)
        for requirement in map(Requirement, roots)
        if _applies(requirement, environment)
    )
    for name in pins:
        waiting += _required(name, "", pins, environment, problems)
    while waiting:
        by, requirement = waiting.popleft()
        name = canonicalize_name(requirement.name)
        pin = pins.get(name)
        if pin is None or not requirement.specifier.contains(_version(pin), prereleases=True):
            problems.append(f"{by} requires {requirement}, the lock has {pin}")
            continue
        for extra in requirement.extras - {extra for of, extra in asked if of == name}:
            asked.add((name, extra))
            waiting += _required(name, extra, pins, environment, problems)
    return problems


def _required(
    name: str,
    extra: str,
    pins: Mapping[str, Requirement],
    environment: Environment,
    problems: list[str],
) -> list[tuple[str, Requirement]]:
    """Return what a pinned distribution requires, without an extra or because of one."""
    version, requirements = _installed(name)
    if version != _version(pins[name]):
        if not environment:
            problems.append(f"{pins[name]} is not what is installed: {version}")
        return []
    return [
        (f"{name}[{extra}]" if extra else name, requirement)
        for requirement in requirements
        if _applies(requirement, environment, extra)
        and not (extra and _applies(requirement, environment))
    ]


@cache
def _installed(name: str) -> tuple[str | None, tuple[Requirement, ...]]:
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return None, ()
    return found.version, tuple(map(Requirement, found.requires or ()))


def _version(pin: Requirement) -> str:
    (specifier,) = pin.specifier
    return specifier.version


def _applies(requirement: Requirement, environment: Environment, extra: str = "") -> bool:
    marker = requirement.marker
    return marker is None or marker.evaluate({**environment, "extra": extra})
