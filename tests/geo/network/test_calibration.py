"""Whether lines are where they claim to be, and certain answers right, on synthetic cities."""

from __future__ import annotations

import pytest

from tests.calibration import calibrate

pytestmark = pytest.mark.slow


WITHIN_AT_LEAST = 0.95
WRONG_AT_MOST = 0.01


def test_a_sample_of_cities() -> None:
    tally = calibrate(range(6))
    assert tally.lines > 100
    assert tally.share_within >= WITHIN_AT_LEAST, tally


def test_certain_answers_of_well_observed_cities() -> None:
    tally = calibrate(range(4), observed_share=0.75)
    assert tally.inside > 50, tally
    assert tally.share_wrong <= WRONG_AT_MOST, tally
    assert tally.inside_wrong <= WRONG_AT_MOST * tally.inside, tally


@pytest.mark.soak
@pytest.mark.parametrize("observed_share", [0.25, 0.75])
def test_two_hundred_cities(observed_share: float, capsys: pytest.CaptureFixture[str]) -> None:
    tally = calibrate(range(1_000, 1_200), observed_share=observed_share)
    with capsys.disabled():
        print(f"\n{observed_share:.0%} of the lines observed: {tally}")  # noqa: T201
    assert tally.share_within >= WITHIN_AT_LEAST, tally
    assert tally.inside_m2 > 0
    assert tally.share_wrong <= WRONG_AT_MOST, tally
    assert tally.inside_wrong <= WRONG_AT_MOST * tally.inside, tally
