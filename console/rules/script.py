"""The call script as a graph of steps. It is content: this module knows nothing of files or templates."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from console.base.vocabulary import (
    CallOutcome,
    Channel,
    Direction,
    Gesture,
    Objection,
    Relation,
    RetentionOption,
)

PAUSED = "paused"
"""Fact of a call: the client is on a pause, under way or agreed."""
ANNUAL = "annual"
"""Fact of a call: the client pays by the year, and compares what is proposed over a year."""

PROMISED, SPOKEN = "promised", "spoken"
"""Facts of a call: the client was promised it, or was spoken to already about this term."""

OBJECTED = "objected:"
"""Among the facts of a call, before the objection of the last conversation about the same term."""

CALLBACK = "callback"
ESCALATE = "escalate"
HUNG_UP = "hung_up"
DEFINITIVE = "definitive"
THINKS, QUESTION = "thinks", "question"
"""An answered call in which nothing is decided; a script may do without."""
SETTLED = "settled"
"""Where a call goes by itself when its term was settled elsewhere; no agent is offered it."""
RENEWED_MEANWHILE, SETTLED_MEANWHILE = "renewed_meanwhile", "settled_meanwhile"
"""How such a move is named in the journal: what the term has become tells how the call will have ended."""

INTERRUPTED = "interrupted"
"""How the journal names that a call left unfinished was closed."""

JUMP_LABELS = {
    CALLBACK: "Promettre un rappel",
    ESCALATE: "Passer la main au superviseur",
    HUNG_UP: "Le client a raccroché",
    DEFINITIVE: "Le client refuse, définitivement",
    THINKS: "Le client va réfléchir",
    QUESTION: "Le client n’avait qu’une question",
    INTERRUPTED: "Clos comme interrompu",
    RENEWED_MEANWHILE: "Renouvelé entre-temps",
    SETTLED_MEANWHILE: "Réglé entre-temps",
}
"""What a step that is one key away is called where it is offered, and where a call is read again."""


class CaptureKind(StrEnum):
    """What is typed. MOMENT: the stored text is an ISO 8601 instant with its offset."""

    TEXT = "text"
    MOMENT = "datetime"


@dataclass(frozen=True, slots=True)
class Capture:
    """What a step asks to type. `prefill` names an earlier capture that the field starts from.

    `farewell` is a template: what to say once a moment is understood, before it is validated.
    """

    name: str  # verbatim | callback | summary | analysis | words
    label: str
    kind: CaptureKind = CaptureKind.TEXT
    required: bool = True
    prefill: str = ""
    farewell: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One key of a step: exactly one of `to` (the next step) and `outcome` (the call is over) is set."""

    label: str
    to: str | None = None
    outcome: CallOutcome | None = None
    needs: tuple[str, ...] = ()  # facts that open it; « !fact » for one that closes it
    why_not: str = ""  # said beside it while it is closed
    objection: Objection | None = None
    accepts: RetentionOption | None = None
    declines: tuple[RetentionOption, ...] = ()
    agrees: CallOutcome | None = None  # from here on a hang-up keeps this outcome
    gesture: Gesture | None = None
    commits: str | None = None  # code of a commitment of ours: what the client accepts is owed from here on
    reason: str | None = None  # its code
    relation: Relation | None = None
    rating: int | None = None  # satisfaction, 1 to 5
    by_link: bool = False  # the client renews alone, from a link
    dials: bool = False  # places the outbound call: calling hours bind it
    direction: Direction | None = None  # turns the call into an inbound one
    opposes: tuple[Channel, ...] = ()
    preferred: bool = False  # highlighted on arrival

    def is_open(self, facts: frozenset[str]) -> bool:
        """Whether it may be taken in a call of which these facts are true."""
        return all((need[1:] not in facts) if need.startswith("!") else need in facts for need in self.needs)


@dataclass(frozen=True, slots=True)
class Step:
    """What the hotliner sees at once: a text to say, hints, something to type, choices."""

    id: str
    phase: str
    title: str
    said: str  # template
    hints: tuple[str, ...] = ()  # templates
    proposes: tuple[RetentionOption, ...] = ()
    capture: Capture | None = None
    choices: tuple[Choice, ...] = ()
    online: bool = True  # the client is on the line
    jumps: Mapping[str, str] | None = None  # None: all those of the script
    paused: str = ""  # the step that takes its place for a client on a pause
    promised: str = ""  # in a call that was promised
    again: str = ""  # in another conversation about the same term
    annual: str = ""  # the step that takes its place for a client who pays by the year
    place: str = field(default="", compare=False)  # file it was read from

    @property
    def stand_ins(self) -> Mapping[str, str]:
        """The steps that take its place, by the fact that calls for each; the first that is true wins."""
        places = (
            (PAUSED, self.paused),
            (PROMISED, self.promised),
            (SPOKEN, self.again),
            (ANNUAL, self.annual),
        )
        return {fact: step for fact, step in places if step}


@dataclass(frozen=True, slots=True)
class Script:
    """A directed graph of steps. `source` is canonical: the same script always has the same hash."""

    steps: Mapping[str, Step]
    starts: Mapping[Direction, str]
    anywhere: Mapping[str, str]  # callback, escalate, hung_up, definitive, settled → step
    hash: str
    source: str

    @classmethod
    def build(
        cls, steps: Mapping[str, Step], starts: Mapping[Direction, str], anywhere: Mapping[str, str]
    ) -> "Script":
        """Seal a graph: `source` is canonical JSON, `hash` its SHA-256, whatever the files it came from."""
        bare = {"steps": _bare(steps), "starts": _bare(starts), "anywhere": _bare(anywhere)}
        source = json.dumps(bare, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return cls(steps, starts, anywhere, sha256(source.encode()).hexdigest(), source)

    def proposed_from(self, step: str) -> frozenset[RetentionOption]:
        """What a call may come to propose from this step on, whatever is chosen."""
        found: set[RetentionOption] = set()
        seen, ahead = {step}, [step]
        while ahead:
            here = self.steps[ahead.pop()]
            found.update(here.proposes)
            new = {choice.to for choice in here.choices if choice.to is not None} - seen
            seen |= new
            ahead += new
        return frozenset(found)

    @classmethod
    def from_source(cls, source: str) -> "Script":
        """The script that this source was built from, for a call that began with it.

        Raises ValueError, KeyError or TypeError when it is no such source.
        """
        bare = json.loads(source)
        steps = {key: _step(step) for key, step in bare["steps"].items()}
        starts = {Direction(key): step for key, step in bare["starts"].items()}
        return cls.build(steps, starts, bare["anywhere"])


def _bare(value: Any) -> Any:
    """Plain data; what has its default is left out, so that a new field does not change old hashes."""
    if is_dataclass(value):
        return {
            one.name: _bare(got)
            for one in fields(value)
            if (got := getattr(value, one.name)) != one.default or one.default is MISSING
            if one.compare
        }
    if isinstance(value, Mapping):
        return {str(key): _bare(one) for key, one in value.items()}
    return [_bare(one) for one in value] if isinstance(value, tuple) else value


_ENUMS: dict[str, type[StrEnum]] = {
    "outcome": CallOutcome,
    "agrees": CallOutcome,
    "objection": Objection,
    "accepts": RetentionOption,
    "declines": RetentionOption,
    "gesture": Gesture,
    "relation": Relation,
    "direction": Direction,
    "opposes": Channel,
    "proposes": RetentionOption,
    "kind": CaptureKind,
}


def _typed(bare: dict[str, Any]) -> dict[str, Any]:
    """The same fields with lists as tuples and words as members of their enum."""
    typed: dict[str, Any] = {}
    for key, value in bare.items():
        kind = _ENUMS.get(key, str)
        if isinstance(value, list):
            typed[key] = tuple(kind(one) for one in value)
        else:
            typed[key] = kind(value) if isinstance(value, str) else value
    return typed


def _step(bare: dict[str, Any]) -> Step:
    plain = {key: value for key, value in bare.items() if key not in ("capture", "choices")}
    capture = Capture(**_typed(bare["capture"])) if bare.get("capture") else None
    choices = tuple(Choice(**_typed(choice)) for choice in bare.get("choices", ()))
    return Step(**_typed(plain), capture=capture, choices=choices)
