"""Scans on the ground: where their points come to lie, and what is said of how well they fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import SurveyError
from geo.survey.georeference import Fit, georeference

if TYPE_CHECKING:
    from geo.crs import FloatArray

# A sheet of 4 m a pixel, turned by two degrees: columns to the east, rows to the south.
TURN = np.deg2rad(2.0)
TRUE = 4.0 * np.array([[np.cos(TURN), -np.sin(TURN)], [-np.sin(TURN), -np.cos(TURN)]])
ORIGIN_M = np.array([510_000.0, 3_655_000.0])
PIXELS = np.array([[100.0, 120.0], [3_800.0, 400.0], [1_900.0, 2_700.0], [300.0, 2_500.0]])


def ground(pixels: FloatArray) -> FloatArray:
    placed: FloatArray = pixels @ TRUE.T + ORIGIN_M
    return placed


@pytest.mark.parametrize(
    ("fit", "count"), [(Fit.SIMILARITY, 2), (Fit.SIMILARITY, 3), (Fit.AFFINE, 3)]
)
def test_a_scan_lies_where_its_points_are(fit: Fit, count: int) -> None:
    found = georeference(PIXELS[:count], ground(PIXELS[:count]), fit)
    assert found.to_ground(PIXELS) == pytest.approx(ground(PIXELS), abs=1e-6)
    assert found.to_pixels(ground(PIXELS)) == pytest.approx(PIXELS, abs=1e-6)
    assert found.metres_a_pixel == pytest.approx(4.0)
    assert found.residuals_m == pytest.approx(np.zeros(count), abs=1e-6)
    needed = 2 if fit is Fit.SIMILARITY else 3
    assert (found.rms_m is None) == (count == needed)


def test_a_point_that_is_off_shows() -> None:
    rng = np.random.default_rng(4)
    off_m = np.zeros((4, 2))
    off_m[2] = 40.0, -30.0
    found = georeference(PIXELS, ground(PIXELS) + off_m, Fit.SIMILARITY)
    assert found.residuals_m.argmax() == 2
    assert found.rms_m is not None
    # By least squares, of n points with an error s each way, the fit leaves about s.
    errors_m = rng.normal(0, 10.0, (300, 6, 2))
    pixels = rng.uniform((0, 0), (4_000, 3_000), (300, 6, 2))
    rms_m = [
        georeference(one, ground(one) + off, Fit.AFFINE).rms_m
        for one, off in zip(pixels, errors_m, strict=True)
    ]
    assert np.sqrt(np.mean(np.square(np.array(rms_m, dtype=float)))) == pytest.approx(
        10.0 * np.sqrt(2), rel=0.1
    )


def test_an_affine_fit_takes_paper_that_shrank() -> None:
    shrunk = PIXELS * [1.0, 0.985]
    assert georeference(shrunk, ground(PIXELS), Fit.AFFINE).residuals_m.max() < 1e-6
    assert georeference(shrunk, ground(PIXELS), Fit.SIMILARITY).residuals_m.max() > 20


@pytest.mark.parametrize(
    ("pixels", "fit", "message"),
    [
        (PIXELS[:1], Fit.SIMILARITY, "there are 1 control points; similarity needs 2 to 6."),
        (PIXELS[:2], Fit.AFFINE, "there are 2 control points; affine needs 3 to 6."),
        (np.tile(PIXELS, (2, 1)), Fit.AFFINE, "there are 8 control points; affine needs 3 to 6."),
        (PIXELS[[0, 0]], Fit.SIMILARITY, "the control points lie on one spot on the scan; "),
        (
            np.array([[0.0, 0.0], [10.0, 10.0], [20.0, 20.0]]),
            Fit.AFFINE,
            "the control points lie on one line on the scan; ",
        ),
    ],
)
def test_points_that_are_not_enough(pixels: FloatArray, fit: Fit, message: str) -> None:
    with pytest.raises(SurveyError) as refused:
        georeference(pixels, ground(pixels), fit)
    assert str(refused.value).startswith(message)
    assert refused.value.code == "control_points"


def test_points_on_one_spot_of_the_ground() -> None:
    with pytest.raises(SurveyError, match="on one spot on the ground"):
        georeference(PIXELS[:2], np.tile(ORIGIN_M, (2, 1)), Fit.SIMILARITY)


COORDINATES = st.integers(-1_000, 1_000).map(float) | st.floats(-1e7, 1e7)
PAIRS = st.tuples(COORDINATES, COORDINATES)


@given(
    points=st.lists(st.tuples(PAIRS, PAIRS), max_size=8),
    fit=st.sampled_from(Fit),
)
def test_any_points_are_fitted_or_refused(
    points: list[tuple[tuple[float, float], tuple[float, float]]], fit: Fit
) -> None:
    pixels = np.array([pixel for pixel, _ in points]).reshape(-1, 2)
    places_m = np.array([place for _, place in points]).reshape(-1, 2)
    try:
        found = georeference(pixels, places_m, fit)
    except SurveyError as error:
        assert error.code == "control_points"  # noqa: PT017 - they may be fitted as well
        return
    assert np.isfinite(found.matrix).all()
    off_m = np.hypot(*(found.to_ground(pixels) - places_m).T)
    assert off_m == pytest.approx(found.residuals_m, abs=1e-3)
