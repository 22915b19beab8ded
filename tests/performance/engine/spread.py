"""Figures of several rounds: the middle one, with the least and the greatest."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Spread:
    low: float
    middle: float
    high: float

    @classmethod
    def of(cls, figures: Iterable[float]) -> "Spread":
        ordered = sorted(figures)
        return cls(ordered[0], median(ordered), ordered[-1])

    def said(self, unit: str = "") -> str:
        """ "12.1 us (11.8 to 14.0)", without the brackets where there was one round."""
        if self.low == self.high:
            return f"{shown(self.middle)}{unit}"
        return f"{shown(self.middle)}{unit} ({shown(self.low)} to {shown(self.high)})"


def shown(figure: float) -> str:
    """Two digits that matter, or all before the point."""
    if figure >= 100:
        return f"{figure:,.0f}"
    return f"{figure:.1f}" if figure >= 10 else f"{figure:.2f}"


def quantile(figures: Iterable[float], share: float) -> float:
    """The figure that so large a share does not exceed."""
    ordered = sorted(figures)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
