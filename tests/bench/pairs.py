"""Two programs measured turn by turn, and what is said of them."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table. `limit` is None for a figure that is only reported."""

    name: str
    ours: str
    yardstick: str
    ratio: float
    limit: float | None = None

    @property
    def line(self) -> str:
        """The Markdown row."""
        limit = f"≤ {number(self.limit)}" if self.limit is not None else "–"
        verdict = "–" if self.limit is None else "tenu" if self.ratio <= self.limit else "**non tenu**"
        return (
            f"| {self.name} | {self.ours} | {self.yardstick} | {number(self.ratio)} | {limit} | {verdict} |"
        )


@dataclass(frozen=True, slots=True)
class Pair:
    """Medians of both, and of the ratios of the rounds: noise that lasts a round weighs on both alike."""

    ours: float
    yardstick: float
    ratio: float


def alternate(
    ours: Callable[[], float], yardstick: Callable[[], float], rounds: int, warm_up: int = 1
) -> Pair:
    """Measure A B, B A, A B…; the first rounds are not counted."""
    pairs: list[tuple[float, float]] = []
    for n in range(warm_up + rounds):
        if n % 2:
            second = yardstick()
            pairs.append((ours(), second))
        else:
            pairs.append((ours(), yardstick()))
    counted = pairs[warm_up:]
    return Pair(
        median(a for a, _ in counted), median(b for _, b in counted), median(a / b for a, b in counted)
    )


def number(value: float) -> str:
    """« 1,25 »."""
    return f"{value:.2f}".replace(".", ",")


def milliseconds(value: float) -> str:
    """« 412 ms », « 4,7 ms »."""
    return f"{value:.0f} ms" if value >= 100 else f"{value:.1f} ms".replace(".", ",")


def mebibytes(value: float) -> str:
    """« 84 Mio »."""
    return f"{value / 2**20:.0f} Mio"
