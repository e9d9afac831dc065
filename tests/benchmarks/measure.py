"""A comparison: its two figures, their ratio and the bar, and how both are measured in turn."""

from __future__ import annotations

import gc
import time
import traceback
from dataclasses import dataclass
from importlib import import_module
from statistics import median
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


_REASON_LENGTH: Final = 100


class LackingError(Exception):
    """What a comparison needs is not on this machine; the message says what and how to get it."""


def installed(name: str) -> ModuleType:
    """Import a package that only a comparison needs.

    Raises
    ------
    LackingError
        It is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise LackingError(f"{name} is not installed: make .venv/bench") from error


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured.

    Attributes
    ----------
    points : int
        In memory, at once.
    single_points : int
        One a call.
    file_points : int
        In a Parquet file.
    batch_points : int
        In one request.
    places : int
        Different points that requests ask.
    seconds : int
        Of load on a server, a round.
    rounds : int
        That count, of each.
    """

    points: int = 10_000_000
    single_points: int = 200_000
    file_points: int = 100_000_000
    batch_points: int = 1_000_000
    places: int = 20_000
    seconds: int = 5
    rounds: int = 5


QUICK: Final = Scale(1_000_000, 50_000, 2_000_000, 100_000, 2_000, 2, 1)
"""To see whether every row runs; its figures say little."""


@dataclass(frozen=True, slots=True)
class Bar:
    """What the ratio of ours to the reference has to be.

    Attributes
    ----------
    ratio : float
    at_most : bool
        For times and sizes the ratio has to be at most this, for rates at least.
    """

    ratio: float
    at_most: bool = False

    def met_by(self, ratio: float) -> bool:
        """Whether a ratio meets the bar."""
        return ratio <= self.ratio if self.at_most else ratio >= self.ratio


@dataclass(frozen=True, slots=True)
class Measured:
    """The medians of one comparison.

    Attributes
    ----------
    ours, reference : float
        Both in the same unit.
    unit : str
        ``points/s``, ``requests/s``, ``s`` or ``MB``.
    """

    ours: float
    reference: float
    unit: str

    @property
    def ratio(self) -> float:
        """Ours over the reference."""
        return self.ours / self.reference


@dataclass(frozen=True, slots=True)
class Comparison:
    """A row of the table before it is measured.

    Attributes
    ----------
    key : str
        Names the row on the command line.
    ours, against : str
        What of ours is measured, and against what.
    bar : Bar or None
        None where a figure only informs.
    measure : callable
    """

    key: str
    ours: str
    against: str
    bar: Bar | None
    measure: Callable[[Scale], Measured]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table.

    Attributes
    ----------
    comparison : Comparison
    measured : Measured or None
        None where it could not be measured.
    reason : str
        Why it could not.
    failed : bool
        It could not although the machine has what it needs.
    """

    comparison: Comparison
    measured: Measured | None
    reason: str = ""
    failed: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None without a bar or without figures."""
        if self.comparison.bar is None or self.measured is None:
            return None
        return self.comparison.bar.met_by(self.measured.ratio)


def measure(comparison: Comparison, scale: Scale) -> Row:
    """Measure a row; what keeps it from being measured becomes its reason."""
    try:
        return Row(comparison, comparison.measure(scale))
    except LackingError as error:
        return Row(comparison, None, f"not measured: {error}")
    except Exception as error:  # whatever it is, the other rows go on
        traceback.print_exc()
        return Row(comparison, None, f"failed: {_first_line(error)}", failed=True)


def _first_line(error: Exception) -> str:
    """Return what an error says, short enough for a cell of the table."""
    line = next(iter(str(error).splitlines()), type(error).__name__)
    return line.replace("|", "/")[:_REASON_LENGTH]


def seconds(call: Callable[[], object]) -> float:
    """Time one call; what it returns is freed after the clock has stopped."""
    gc.collect()
    gc.disable()
    try:
        started = time.perf_counter()
        result = call()
        stopped = time.perf_counter()
    finally:
        gc.enable()
    del result
    return stopped - started


def alternate(
    ours: Callable[[], float], reference: Callable[[], float], rounds: int
) -> tuple[float, float]:
    """Measure two things in turn, so that noise of the machine hits both.

    Parameters
    ----------
    ours, reference : callable
        Each measures once and returns its figure.
    rounds : int
        Measurements of each that count; one more of each warms up.

    Returns
    -------
    ours, reference : float
        Medians.
    """
    pairs = [(ours(), reference()) for _ in range(rounds + 1)][1:]
    return median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)


def alternate_rates(
    ours: Callable[[], object], reference: Callable[[], object], count: int, rounds: int
) -> Measured:
    """Measure how many points a second two calls answer that answer ``count`` points each."""
    ours_s, reference_s = alternate(lambda: seconds(ours), lambda: seconds(reference), rounds)
    return Measured(count / ours_s, count / reference_s, "points/s")
