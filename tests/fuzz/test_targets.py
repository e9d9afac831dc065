"""Whatever is handed in is read, or refused in words: mutations of good files, and a fuzzer.

What was found is kept as a plain test beside those of the reader.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.seeds import seeds
from tests.fuzz.targets import TARGETS
from tests.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = os.environ.get("FUZZ_SECONDS", "60")
"""How long each target is fuzzed by `make soak`."""

EDITS = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True),  # where, as a share of the content
        st.integers(0, 30),  # how many bytes go
        st.binary(max_size=6)  # and what comes
        | st.sampled_from([b"-1", b"nan", b"1e999", b"\xff", b"\0", b'"', b"<", b"9" * 30, b"\n"]),
    ),
    min_size=1,
    max_size=4,
)


def edited(content: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    for share, count, put in edits:
        place = int(share * len(content))
        content = content[:place] + put + content[place + count :]
    return content


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of GDAL and the like, of what is odd in a file
@pytest.mark.parametrize("name", TARGETS)
def test_a_good_file_with_some_bytes_changed(name: str) -> None:
    good = seeds(name)

    @settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(content=st.sampled_from(good), edits=EDITS)
    def check(content: bytes, edits: list[tuple[float, int, bytes]]) -> None:
        TARGETS[name].read(edited(content, edits))

    check()


@pytest.mark.soak
@pytest.mark.parametrize("name", TARGETS)
def test_a_fuzzer_finds_nothing(name: str, tmp_path: Path) -> None:
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris is not installed, which has wheels for Linux on x86-64 alone")
    fuzzed = subprocess.run(  # noqa: S603 - our own interpreter
        [
            *(sys.executable, "-m", "tests.fuzz", name),
            *("--seconds", SECONDS, "--found", str(tmp_path)),
        ],
        capture_output=True,
        check=False,
        cwd=ROOT,
        encoding="utf-8",
        errors="replace",
    )
    found = [path.read_text(encoding="utf-8") for path in (tmp_path / name).glob("*.txt")]
    assert found == []
    assert fuzzed.returncode == 0, fuzzed.stderr[-4000:]
    assert "Done " in fuzzed.stderr
