"""The pace a running campaign is judged by: the share that should have renewed, by days left."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True, slots=True)
class Pace:
    """Points (days left, percent), from the farthest to the deadline; linear between them."""

    points: tuple[tuple[int, int], ...]

    def expected(self, days_left: int) -> int:
        """Percent expected, rounded half up; before the first point its own, after the deadline the last."""
        for (far, low), (near, high) in zip(self.points, self.points[1:], strict=False):
            if near <= days_left <= far:
                part = Decimal(high - low) * (far - days_left) / (far - near)
                return int((low + part).quantize(Decimal(1), ROUND_HALF_UP))
        return self.points[0][1] if days_left > self.points[0][0] else self.points[-1][1]
