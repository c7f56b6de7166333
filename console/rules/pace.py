"""The pace a running campaign is judged by: the share that should have renewed, by days left."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Pace:
    """Points (days left, percent of the cohort), from the farthest to the deadline; linear between them."""

    points: tuple[tuple[int, int], ...]

    def expected(self, days_left: int) -> Decimal:
        """Percent expected of one term, not rounded; before the first point its own, past expiry the last."""
        for (far, low), (near, high) in zip(self.points, self.points[1:], strict=False):
            if near <= days_left <= far:
                return low + Decimal(high - low) * (far - days_left) / (far - near)
        return Decimal(self.points[0][1] if days_left > self.points[0][0] else self.points[-1][1])

    def expected_of(self, ending: Mapping[date, int], today: date) -> Decimal | None:
        """Percent expected of a campaign: the mean over its terms, each at its own day.

        ending: how many terms end each day. None where none does.
        """
        terms = sum(ending.values())
        if not terms:
            return None
        return sum((n * self.expected((day - today).days) for day, n in ending.items()), Decimal(0)) / terms
