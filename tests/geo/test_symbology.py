"""Price classes: the shipped breaks, what is refused, and colours that anyone can tell apart."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from geo.errors import PriceClassesError
from geo.model import COMMERCIAL, RESIDENTIAL
from geo.parcels import read_parcels
from geo.symbology import (
    CHANGE_BREAKS_PERCENT,
    CHANGE_COLOURS,
    PRICE_CLASSES_FILE,
    RAMPS,
    change_class,
    read_price_classes,
)
from tests.paths import DATA
from tests.uses import USES

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt


# Severity 1.0 in Machado, Oliveira and Fernandes (2009), "A physiologically-based model for
# simulation of color vision deficiency", table 1; applied to linear RGB.
VISION = {
    "full": np.eye(3),
    "no red cones": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "no green cones": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "no blue cones": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
BREAKS = """\
commercial = [1, 2, 3, 4, 5]
residential = [10, 20, 30, 40, 50]
industrial = [100, 200, 300, 400, 500]
"""


def linear_rgb(colour: str) -> npt.NDArray[np.float64]:
    """Return linear components of an sRGB colour (IEC 61966-2-1)."""
    encoded = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def lightness(rgb: npt.NDArray[np.float64]) -> float:
    """Return CIE 1976 L* of linear sRGB."""
    luminance = float(np.clip(rgb, 0, 1) @ [0.2126, 0.7152, 0.0722])
    return 116 * float(luminance ** (1 / 3)) - 16


def breaks_file(folder: Path, text: str) -> Path:
    path = folder / "price_classes.toml"
    path.write_text(text, encoding="utf-8")
    return path


ONE_PRICE = {use: [1000] for use in USES}


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("family", RAMPS)
def test_every_eye_and_a_grey_copier_see_the_order_of_the_classes(family: str, vision: str) -> None:
    seen = [lightness(VISION[vision] @ linear_rgb(colour)) for colour in RAMPS[family]]
    steps = [lighter - darker for lighter, darker in pairwise(seen)]
    assert min(steps) > 4.5, steps


@pytest.mark.parametrize("family", RAMPS)
def test_black_type_is_readable_on_every_class(family: str) -> None:
    ink = float(linear_rgb("#222222") @ [0.2126, 0.7152, 0.0722])
    for colour in RAMPS[family]:
        ground = float(linear_rgb(colour) @ [0.2126, 0.7152, 0.0722])
        # WCAG 2.2, 1.4.3: large type needs 3:1; no price is smaller than 11 points.
        assert (ground + 0.05) / (ink + 0.05) > 3.5


def test_shipped_classes_hold_every_price() -> None:
    classes = read_price_classes(DATA / PRICE_CLASSES_FILE, ONE_PRICE)
    for region in read_parcels(DATA / "parcels.geojson").regions:
        price = region.record.ground_price_cny_m2
        found = classes[region.use].of(price)
        assert (found.low_cny_m2 or 0) <= price <= (found.high_cny_m2 or price)
        assert len(classes[region.use].classes) == 6


def test_a_price_on_a_break_belongs_to_the_class_above(tmp_path: Path) -> None:
    classes = read_price_classes(breaks_file(tmp_path, BREAKS), ONE_PRICE)[RESIDENTIAL]
    assert [classes.of(price).label for price in (9, 10, 19, 20, 49, 50, 10_000)] == [
        "9 及以下",
        "10–19",
        "10–19",
        "20–29",
        "40–49",
        "50 及以上",
        "50 及以上",
    ]
    assert [price_class.colour for price_class in classes.classes] == list(
        RAMPS[RESIDENTIAL.colours]
    )


@pytest.mark.parametrize(
    "line",
    [
        "industrial = 100",
        "industrial = [100, 200, 300, 400]",
        "industrial = [100, 200, 300, 400, 500, 600]",
        "industrial = [100, 200, 300, 300, 500]",
        "industrial = [500, 400, 300, 200, 100]",
        "industrial = [0, 200, 300, 400, 500]",
        "industrial = [100.5, 200, 300, 400, 500]",
        "industrial = [true, 200, 300, 400, 500]",
    ],
)
def test_breaks_that_make_no_six_classes_are_refused(line: str, tmp_path: Path) -> None:
    text = "\n".join(BREAKS.splitlines()[:2]) + f"\n{line}\n"
    message = r"^price_classes\.toml: industrial is .*; it must be 5 whole prices that increase$"
    with pytest.raises(PriceClassesError, match=message):
        read_price_classes(breaks_file(tmp_path, text), ONE_PRICE)


@pytest.mark.parametrize("content", [b"commercial = ", b"\xff"])
def test_a_file_that_is_not_toml(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "price_classes.toml"
    path.write_bytes(content)
    with pytest.raises(PriceClassesError, match=r"^price_classes\.toml: not readable as TOML: "):
        read_price_classes(path, ONE_PRICE)


@pytest.mark.parametrize(
    ("prices", "breaks"),
    [
        (list(range(1000, 7000, 100)), (2000, 3000, 4000, 4900, 5900)),
        ([4415], (4400, 4500, 4600, 4700, 4800)),
        ([361, 361, 364, 384], (360, 370, 380, 390, 400)),
        ([1, 2, 3], (1, 2, 3, 4, 5)),
        ([30_000, 90_000], (40_000, 50_000, 60_000, 70_000, 80_000)),
    ],
)
def test_without_a_file_classes_begin_at_round_quantiles(
    prices: list[int], breaks: tuple[int, ...], tmp_path: Path
) -> None:
    classes = read_price_classes(tmp_path / PRICE_CLASSES_FILE, {RESIDENTIAL: prices})[RESIDENTIAL]
    assert classes.breaks_cny_m2 == breaks
    assert len(classes.classes) == 6
    for price in prices:
        found = classes.of(price)
        assert (found.low_cny_m2 or 0) <= price <= (found.high_cny_m2 or price)


def test_a_use_that_the_file_lacks_has_classes_of_its_own(tmp_path: Path) -> None:
    path = breaks_file(tmp_path, "residential = [10, 20, 30, 40, 50]")
    classes = read_price_classes(path, {RESIDENTIAL: [25], COMMERCIAL: [4415]})
    assert classes[RESIDENTIAL].breaks_cny_m2 == (10, 20, 30, 40, 50)
    assert classes[COMMERCIAL].breaks_cny_m2[0] == 4400


@pytest.mark.parametrize("vision", VISION)
def test_every_eye_sees_how_much_a_price_changed_and_which_way(vision: str) -> None:
    rgb = [VISION[vision] @ linear_rgb(colour) for colour in CHANGE_COLOURS]
    seen = [lightness(one) for one in rgb]
    middle = len(seen) // 2
    for half in (seen[middle:], seen[middle::-1]):  # from no change to the largest
        assert min(lighter - darker for lighter, darker in pairwise(half)) > 4.5, half
    for fall, rise in zip(rgb[:middle], rgb[:middle:-1], strict=True):
        bluer = [one[2] - one[0] for one in (fall, rise)]
        assert bluer[0] - bluer[1] > 0.15, bluer


def test_a_fall_and_a_rise_of_one_class_are_equally_light() -> None:
    seen = [lightness(linear_rgb(colour)) for colour in CHANGE_COLOURS]
    assert len(seen) == 2 * len(CHANGE_BREAKS_PERCENT) + 1
    assert seen == pytest.approx(seen[::-1], abs=2.5)


def test_classes_of_change_are_the_same_both_ways() -> None:
    changes = [0.0, 0.9, 1.0, 4.9, 5.0, 9.9, 10.0, 80.0]
    assert [change_class(one) for one in changes] == [3, 3, 4, 4, 5, 5, 6, 6]
    assert [change_class(-one) for one in changes] == [3, 3, 2, 2, 1, 1, 0, 0]
