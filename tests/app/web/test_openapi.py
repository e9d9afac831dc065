"""The OpenAPI document says exactly what is accepted: schemathesis asks, good things and bad.

It asks a service in a process of its own, over HTTP: what it must bear begins with the server's
reading of addresses and headers, which no application sees in process.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.paths import ROOT

if TYPE_CHECKING:
    from tests.processes import Service

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")


@pytest.mark.server
@pytest.mark.parametrize(
    ("examples", "least"), [(5, 150), pytest.param(2500, 5000, marks=pytest.mark.soak)]
)
def test_everything_is_accepted_and_refused_as_documented(
    service: Service, tmp_path: Path, examples: int, least: int
) -> None:
    """No check of schemathesis fails; `tests.app.web.openapi_inputs` makes what it cannot."""
    asked = subprocess.run(  # noqa: S603 - our own interpreter
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION)),
            *("run", f"{service.url}/openapi.json", "--checks", "all", "--mode", "all"),
            *("--max-examples", str(examples), "--seed", "1", "--generation-database", "none"),
            *("--continue-on-failure", "--no-color"),
        ],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        encoding="utf-8",
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SCHEMATHESIS_HOOKS": "tests.app.web.openapi_inputs",
        },
    )
    assert asked.returncode == 0, asked.stdout + asked.stderr
    [cases] = re.findall(r"^ +(\d+) generated", asked.stdout, re.MULTILINE)
    assert int(cases) >= least, asked.stdout
