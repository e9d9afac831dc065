"""Whether lines are where they claim to be, and certain answers right, on synthetic cities."""

from __future__ import annotations

import pytest

from tests.calibration import ask_ensemble, calibrate

pytestmark = pytest.mark.slow


WITHIN_AT_LEAST = 0.95
WRONG_AT_MOST = 0.015


def test_a_sample_of_cities() -> None:
    tally = calibrate(range(6))
    assert tally.lines > 100
    assert tally.share_within >= WITHIN_AT_LEAST, tally


def test_certain_answers_of_well_observed_cities() -> None:
    answers = ask_ensemble(range(4), observed_share=0.75, layouts=200)
    share, _, right = answers.band(0.99)
    assert share > 0.2, answers
    assert right >= 1 - WRONG_AT_MOST, answers


@pytest.mark.soak
@pytest.mark.parametrize("observed_share", [0.25, 0.75])
def test_two_hundred_cities(observed_share: float, capsys: pytest.CaptureFixture[str]) -> None:
    tally = calibrate(range(1_000, 1_200), observed_share=observed_share)
    with capsys.disabled():
        print(f"\n{observed_share:.0%} of the lines observed: {tally}")  # noqa: T201
    assert tally.share_within >= WITHIN_AT_LEAST, tally
