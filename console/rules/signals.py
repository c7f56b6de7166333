"""What a client lets us know about price or service: signals, and the words of a note that tell them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from console.base.history import EventKind
from console.base.text import fold
from console.base.vocabulary import Objection


class Signal(StrEnum):
    """What rule 5 and the offer of who is at risk live from; its value is its name in the data."""

    PRICE = "prix"
    COMPLAINT = "plainte"

    @property
    def told(self) -> EventKind:
        """The event that tells it."""
        return _EVENTS[self][0]

    @property
    def taken_back(self) -> EventKind:
        """The event of an agent who says that it was none."""
        return _EVENTS[self][1]

    @property
    def label(self) -> str:
        """As it is read on a file, in French."""
        return _LABELS[self]


_EVENTS: Mapping[Signal, tuple[EventKind, EventKind]] = {
    Signal.PRICE: (EventKind.PRICE_REQUEST, EventKind.PRICE_REQUEST_WITHDRAWN),
    Signal.COMPLAINT: (EventKind.COMPLAINT, EventKind.COMPLAINT_WITHDRAWN),
}
_LABELS = {Signal.PRICE: "demande un prix plus bas", Signal.COMPLAINT: "réclamation"}

DOORS: Mapping[Objection, Signal] = {Objection.PRICE: Signal.PRICE, Objection.SERVICE: Signal.COMPLAINT}
"""The signal that a client gives by the door of a call they are led through."""


@dataclass(frozen=True, slots=True)
class SignalWords:
    """The words of one signal, folded when they are looked for; « * » at the end of a word: any ending.

    verbs may be denied by what follows them (« se plaint pas »), nouns only by what comes before (« pas de
    plainte »). besides: phrases that hold such a word and mean something else. denials: what denies.
    """

    nouns: tuple[str, ...]
    verbs: tuple[str, ...] = ()
    besides: tuple[str, ...] = ()
    denials: frozenset[str] = frozenset()
    _patterns: Mapping[str, "re.Pattern[str]"] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found = {name: _pattern(getattr(self, name)) for name in ("nouns", "verbs", "besides")}
        object.__setattr__(self, "_patterns", found)

    def said_in(self, text: str) -> bool:
        """Whether a text says it."""
        answered = _ANSWERED.sub(self._answered, fold(text))
        return any(self._said(clause) for clause in _CLAUSE.split(answered))

    def _answered(self, found: re.Match[str]) -> str:
        """« plaintes : aucune » read as « aucune plaintes »."""
        return f"{found[2]} {found[1]}" if found[2] in self.denials else found[0]

    def _said(self, clause: str) -> bool:
        clause = self._patterns["besides"].sub(" ", clause)
        return any(
            not self._denied(clause, match, verb=name == "verbs")
            for name in ("nouns", "verbs")
            for match in self._patterns[name].finditer(clause)
        )

    def _denied(self, clause: str, match: re.Match[str], *, verb: bool) -> bool:
        """Whether what is around a word takes it back; words such as « pas content » deny nothing twice."""
        words = _WORD.findall(match[0])
        if words and words[0] in self.denials:
            return False
        before = _WORD.findall(clause[: match.start()])[-_BEFORE:]
        after = _WORD.findall(clause[match.end() :])[:1] if verb else []
        return any(word in self.denials for word in (*before, *after))


_BEFORE = 4
"""How many words before one a denial reaches: « n’a pas fait de réclamation »."""
_WORD = re.compile(r"[a-z0-9]+")
_ANSWERED = re.compile(r"(\w+)\s*[:=]\s*(\w+)\b")
_CLAUSE = re.compile(r"[.,;:!?()\n]|\b(?:car|mais|et|puisque|donc|parce qu|sauf|tant|alors)\b")


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    ways = []
    for phrase in words:
        parts = [
            re.escape(part.removesuffix("*")) + (r"\w*" if part.endswith("*") else "")
            for part in re.split(r"[\s'-]+", fold(phrase))
        ]
        ways.append(r"[\s'-]+".join(parts))
    return re.compile(rf"\b(?:{'|'.join(ways)})(?!\w)" if ways else r"(?!)")


def signals_in(text: str, words: Mapping[Signal, SignalWords]) -> frozenset[Signal]:
    """The signals that a text tells."""
    return frozenset(signal for signal, own in words.items() if own.said_in(text))
