"""The analysis of reasons: what is counted, by which rows, and which refusals stand behind a figure."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from heapq import nsmallest
from typing import NamedTuple

from console.base.dates import plus_days
from console.records.filters import Filters, search_words

DAYS_A_WEEK = 7
_WORD = re.compile(r"[^\W_]+")


class Topic(StrEnum):
    """What the refusals of a period are counted by."""

    REASONS = "reasons"
    WEEKS = "weeks"
    OBJECTIONS = "objections"
    PROPOSALS = "proposals"
    PLANS = "plans"
    SENIORITY = "seniority"
    AGENTS = "agents"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Band:
    """A range of seniority, in whole months, both included; `last` None: and more."""

    code: str
    label: str
    first: int
    last: int | None


BANDS = (
    Band("0", "moins de 6 mois", 0, 5),
    Band("6", "6 à 11 mois", 6, 11),
    Band("12", "12 à 17 mois", 12, 17),
    Band("18", "18 à 35 mois", 18, 35),
    Band("36", "3 ans et plus", 36, None),
)
BANDS_BY_CODE: Mapping[str, Band] = {band.code: band for band in BANDS}


class Cell(NamedTuple):
    """`n` out of `of`."""

    n: int
    of: int


@dataclass(frozen=True, slots=True)
class Row:
    """What a row counts: over every reason first, then for each column."""

    key: str
    label: str
    cells: tuple[Cell, ...]


def monday(day: date) -> date:
    """The first day of its week."""
    return plus_days(day, -day.weekday())


_CRITERIA = {
    Topic.OBJECTIONS: "objection",
    Topic.PLANS: "plan",
    Topic.SENIORITY: "seniority",
    Topic.AGENTS: "agent",
    Topic.WORDS: "said",
}


def narrowed(topic: Topic, first: date, last: date, key: str, reason: str = "") -> Filters:
    """The refusals that a row counts in these days, or those of one reason in force.

    Not for proposals: those who took one have not refused.
    """
    found = Filters(since=first, until=last, reasons=(reason,) if reason else ())
    if topic is Topic.REASONS:
        return replace(found, reasons=(key,))
    if topic is Topic.WEEKS:
        begins = date.fromisoformat(key)
        ends = plus_days(begins, DAYS_A_WEEK - 1)
        return replace(found, since=max(first, begins), until=min(last, ends))
    name = _CRITERIA[topic]
    return replace(found, **{name: key})  # type: ignore[arg-type]


class WordTally:
    """How many of the verbatims given so far have each word, by reason; function words are left out.

    Words are told apart without accents nor capitals, and shown as they are most often written.
    """

    def __init__(self, ignored: Iterable[str]) -> None:
        self._ignored = frozenset(ignored)
        self._counts: Counter[tuple[str, str]] = Counter()
        self._whole: Counter[str] = Counter()
        self._spelt: Counter[str] = Counter()
        self._folded: dict[str, str] = {}
        self.reasons: Counter[str] = Counter()

    @property
    def read(self) -> int:
        """How many verbatims were given."""
        return self.reasons.total()

    def add(self, verbatim: str, reason: str) -> None:
        """One more verbatim, and the reason in force of its record."""
        self.reasons[reason] += 1
        words = set(search_words(verbatim).split()) - self._ignored
        self._whole.update(words)
        self._counts.update((word, reason) for word in words)
        self._spelt.update(set(_WORD.findall(verbatim.lower())))

    def rows(self, limit: int, columns: Iterable[str]) -> tuple[Row, ...]:
        """The words that most verbatims have: out of all of them, then out of the word's own verbatims."""
        columns = tuple(columns)
        told = ((word, n) for word, n in self._whole.items() if len(word) > 1 and not word.isdigit())
        top = nsmallest(limit, told, key=lambda one: (-one[1], one[0]))
        spelling = self._spelling({word for word, _ in top})
        return tuple(
            Row(
                word,
                spelling[word],
                (Cell(n, self.read), *(Cell(self._counts[word, reason], n) for reason in columns)),
            )
            for word, n in top
        )

    def _spelling(self, wanted: set[str]) -> dict[str, str]:
        best = {word: (0, word) for word in wanted}
        for raw in self._spelt.keys() - self._folded.keys():
            self._folded[raw] = search_words(raw)
        for raw, n in self._spelt.items():
            if (word := self._folded[raw]) in best:
                best[word] = max(best[word], (n, raw))
        return {word: raw for word, (_, raw) in best.items()}
