"""A short walk is as short as the shortest, wherever all can be tried."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from geo.survey.route import short_walk


@pytest.mark.parametrize("seed", range(12))
def test_as_short_as_the_shortest(seed: int) -> None:
    places_m = np.random.default_rng(seed).uniform(0, 10_000, (7, 2))
    order, length_m = short_walk(places_m)
    assert sorted(order) == list(range(7))
    legs_m = np.hypot(*np.diff(places_m[order], axis=0).T)
    assert length_m == pytest.approx(legs_m.sum())
    shortest_m = min(
        np.hypot(*np.diff(places_m[list(way)], axis=0).T).sum() for way in permutations(range(7))
    )
    assert length_m <= 1.02 * shortest_m


def test_many_places_have_no_crossed_legs() -> None:
    angles = np.random.default_rng(1).permutation(np.linspace(0, 2 * np.pi, 30, endpoint=False))
    circle_m = 1000 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    _, length_m = short_walk(circle_m)
    assert length_m == pytest.approx(29 * 2 * 1000 * np.sin(np.pi / 30))


def test_few_places() -> None:
    assert short_walk(np.empty((0, 2))) == ([], 0.0)
    assert short_walk(np.array([[5.0, 5.0]])) == ([0], 0.0)
    assert short_walk(np.array([[0.0, 0.0], [3.0, 4.0]]))[1] == 5.0
