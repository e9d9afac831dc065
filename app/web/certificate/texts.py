"""The words of certificates, by language, and how numbers and days are written in them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from geo.fields import STEP_TITLES
from geo.lookup.ranking import percent

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

    from geo.model import Use

_TEXTS: Final[dict[str, dict[str, str]]] = json.loads(
    (Path(__file__).parent / "templates" / "texts.json").read_text(encoding="utf-8")
)
_KILOMETRES_FROM_M: Final = 10_000.0


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts in one language.

    Attributes
    ----------
    lang : {"zh", "en"}
    """

    lang: str

    def __call__(self, key: str, **values: object) -> str:
        """Return a text, with what is filled in."""
        return _TEXTS[key][self.lang].format(**values)

    def step(self, name: str) -> str:
        """Return what a step of a valuation is called; a further factor has its own name."""
        return STEP_TITLES[name][self.lang == "en"] if name in STEP_TITLES else name

    def listed(self, texts: list[str]) -> str:
        """Return texts in a row."""
        return ("；" if self.lang == "zh" else "; ").join(texts)

    def use(self, use: Use) -> str:
        """Return what a use is called."""
        return use.label if self.lang == "zh" else f"{use.title_en} land"

    def day(self, day: date) -> str:
        """Write a day."""
        return f"{day.year}年{day.month}月{day.day}日" if self.lang == "zh" else day.isoformat()

    def time(self, time: datetime) -> str:
        """Write a time in China."""
        return self("time", day=self.day(time.date()), clock=f"{time:%H:%M:%S}")

    def metres(self, value: float) -> str:
        """Write a length."""
        if value >= _KILOMETRES_FROM_M:
            return self("kilometres", length=f"{value / 1000:.1f}")
        return self("metres", length=f"{value:,.0f}")


def amount(value: Decimal | float) -> str:
    """Write an amount, with commas between thousands."""
    return f"{value:,}"


def share(probability: Decimal | float) -> str:
    """Write a probability; what is inferred is never sure."""
    return f"{percent(float(probability), decimals=1)} %"
