"""The chains return what they should: the prior, the posterior, and order."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from geo.gazette.constraints import OrderConstraints, Precedence
from geo.model import Axis
from geo.network.ensemble import plausibility, sampler
from geo.network.ensemble.courses import _covariance, bendings
from geo.network.ensemble.mixing import split_r_hat
from geo.network.ensemble.observed import AxisPoints, Limit, Observed
from geo.network.ensemble.plausibility import draw_spacing, gap_energy
from geo.network.ensemble.sampler import draw_positions

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

NAMES = tuple("甲乙丙丁戊己庚")
NO_POINTS = AxisPoints(np.array([], dtype=np.int64), *(np.array([]),) * 3)


def constraints_of(pairs: list[tuple[str, str]], count: int = len(NAMES)) -> OrderConstraints:
    """Return what a gazette says that states an order of north-south lines."""
    return OrderConstraints(
        bounds={},
        locations={},
        axes=dict.fromkeys(NAMES[:count], Axis.NS),
        bounding=NAMES[:count],
        stated=tuple(Precedence(before, after, 0.0, "") for before, after in pairs),
        implied=(),
        disjoint=(),
        overlapping=(),
        contradictions=(),
    )


def observed_lines(
    count: int = len(NAMES), points: AxisPoints = NO_POINTS, limits: tuple[Limit, ...] = ()
) -> Observed:
    """Return north-south lines of which some points were observed."""
    return Observed(
        names=NAMES[:count],
        axis=np.zeros(count, dtype=np.int64),
        is_bounding=np.ones(count, dtype=bool),
        centre_m=(500_000.0, 3_650_000.0),
        points=(points, NO_POINTS),
        limits=limits,
        seen_m=(np.array([]), np.array([])),
    )


@pytest.fixture
def without_growth(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let lines follow each other alike everywhere, so that the prior can be drawn directly."""
    monkeypatch.setattr(plausibility, "_GROWTH", (0.0, 1e-9))
    monkeypatch.setattr(sampler, "_SPACING_STEPS", (0.2, 0.2, 0.0, 600.0))


def draw_gaps_m(count: int, size: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Draw distances of neighbours from the prior, and their spacing's logarithms."""
    spacing = draw_spacing(size, rng)
    z = rng.standard_t(plausibility._FREEDOM, (count, size))
    return np.exp(spacing.typical[0] + spacing.spread[0] * z), spacing.typical[0]


@pytest.mark.usefixtures("without_growth")
def test_without_any_evidence_the_prior_comes_back() -> None:
    rng = np.random.default_rng(1)
    drawn = draw_positions(constraints_of([]), observed_lines(), 2_000, rng)
    found = np.diff(np.sort(drawn.positions_m, axis=0), axis=0)
    expected, _ = draw_gaps_m(len(NAMES) - 1, 20_000, rng)
    # One distance of each layout: those of one layout share its spacing.
    test = stats.ks_2samp(np.log(found[2]), np.log(expected[2]))
    assert test.pvalue > 0.01, test
    shares = [0.05, 0.25, 0.5, 0.75, 0.95]
    quantiles = [np.quantile(np.log(one), shares) for one in (found, expected)]
    assert quantiles[0] == pytest.approx(quantiles[1], abs=0.08)
    middle_m = drawn.positions_m.mean(axis=0)
    assert middle_m.std() == pytest.approx(plausibility._CENTRE_DEVIATION_M, rel=0.06)
    # Any line may be any: nothing is stated.
    first = np.bincount(drawn.positions_m.argmin(axis=0), minlength=len(NAMES))
    assert stats.chisquare(first).pvalue > 0.001


def test_statements_hold_and_may_be_let_go() -> None:
    rng = np.random.default_rng(2)
    pairs = [(NAMES[0], NAMES[1]), (NAMES[1], NAMES[2]), (NAMES[3], NAMES[4])]
    drawn = draw_positions(constraints_of(pairs), observed_lines(), 500, rng)
    number = {name: i for i, name in enumerate(NAMES)}
    for before, after in pairs:
        held = drawn.positions_m[number[before]] < drawn.positions_m[number[after]] + 60.0
        assert 0.95 < held.mean() <= 1.0
    # What nothing says is open.
    share = (drawn.positions_m[number[NAMES[5]]] < drawn.positions_m[number[NAMES[0]]]).mean()
    assert 0.1 < share < 0.9


def test_a_side_of_a_line_holds() -> None:
    limit = Limit(0, 500.0, is_before=True, deviation_m=30.0)
    rng = np.random.default_rng(3)
    drawn = draw_positions(constraints_of([]), observed_lines(limits=(limit,)), 300, rng)
    assert (drawn.positions_m[0] < 700.0).mean() > 0.95
    assert (drawn.positions_m[1] < 700.0).mean() < 0.9


def some_city(rng: np.random.Generator, count: int) -> tuple[Array, AxisPoints]:
    """Draw true positions from the prior, and points of two lines as the model has them."""
    gaps_m, _ = draw_gaps_m(count - 1, 1, rng)
    true_m = np.concatenate([[0.0], np.cumsum(gaps_m[:, 0])])
    true_m += rng.normal(0.0, plausibility._CENTRE_DEVIATION_M) - true_m.mean()
    line = np.repeat(rng.choice(count, 2, replace=False), 2)
    along_m = rng.uniform(-3_000.0, 3_000.0, line.size)
    points = AxisPoints(line, true_m[line], along_m, np.full(line.size, 50.0))
    strengths = bendings(observed_lines(count, points))
    strength = strengths[int(rng.integers(len(strengths)))]
    covariance = _covariance(points, strength.shared, strength.own)
    across_m = true_m[line] - np.linalg.cholesky(covariance) @ rng.standard_normal(line.size)
    return true_m, AxisPoints(line, across_m, along_m, points.deviation_m)


@pytest.mark.slow
@pytest.mark.usefixtures("without_growth")
def test_true_positions_lie_anywhere_among_the_drawn_ones() -> None:
    """Simulation-based calibration (Talts et al. 2018): their ranks are uniform."""
    ranks, seen_ranks = [], []
    count = 5
    order = list(pairwise(NAMES[:count]))
    for seed in range(60):
        rng = np.random.default_rng([7, seed])
        true_m, points = some_city(rng, count)
        observed = observed_lines(count, points)
        drawn = draw_positions(constraints_of(order, count), observed, 40, rng, sweeps=100)
        share = (drawn.positions_m < true_m[:, None]).mean(axis=1)
        seen = np.isin(np.arange(count), points.line)
        ranks.append(share[~seen][0])  # one a city: neighbours go together
        seen_ranks.append(share[seen][0])
    for found in (ranks, seen_ranks):
        counts, _ = np.histogram(found, bins=5, range=(0.0, 1.0))
        assert stats.chisquare(counts).pvalue > 0.005, counts


def test_neighbours_far_apart_and_close_are_implausible() -> None:
    spacing = draw_spacing(1, np.random.default_rng(4)).of(0)
    gaps_m = np.array([5.0, 665.0, 20_000.0])
    # Of the logarithm of the distance, whose density has no factor for its own scale.
    energy = gap_energy(np.zeros(3), gaps_m, spacing) - np.log(gaps_m)
    assert energy[1] < min(energy[0], energy[2]) - 3


def test_the_same_seed_gives_the_same_positions() -> None:
    found = [
        draw_positions(
            constraints_of([]), observed_lines(), 20, np.random.default_rng(seed), sweeps=10
        ).positions_m
        for seed in (5, 5, 6)
    ]
    assert np.array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])


class TestSplitRHat:
    def test_of_chains_that_agree(self) -> None:
        trace = np.random.default_rng(8).standard_normal((100, 3, 50))
        assert split_r_hat(trace) == pytest.approx(1.0, abs=0.02)

    def test_of_chains_that_stay_apart(self) -> None:
        rng = np.random.default_rng(9)
        trace = rng.standard_normal((100, 1, 50)) + 5.0 * np.arange(50)
        assert split_r_hat(trace)[0] > 5

    def test_of_chains_that_drift(self) -> None:
        drift = np.linspace(0.0, 10.0, 100)[:, None, None]
        trace = np.random.default_rng(10).standard_normal((100, 1, 50)) + drift
        assert split_r_hat(trace)[0] > 1.5
