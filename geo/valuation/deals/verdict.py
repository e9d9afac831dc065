"""What is said of a group of deals; apart, for the tests that lead to it are slow to import."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """What is said of the median deviation of a group."""

    ABOVE = "above"  # prices are above values
    BELOW = "below"
    NOT_SHOWN = "not_shown"  # tested, and the deals do not show that it deviates
    TOO_FEW = "too_few"  # not tested
